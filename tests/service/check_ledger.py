"""Re-proves a whole installation from what the chain says, trusting nothing that the store concluded.

The product's own audit does it (``service/flow/audit.py``, held to its word by ``tests/service/audit``). Here
everything has come to rest besides: what was accepted is on chain, and what is on chain was accepted, each once.
"""

from sqlalchemy import func, select

from service.flow.audit import Audit
from service.flow.audit_report import AuditReport
from service.store import schema
from service.store.audit import SqlAuditStore
from service.store.database import reading
from tests.service.house import House
from verifier.checkpoint import Checkpoint


def audit(house: House, *kept: Checkpoint) -> AuditReport:
    """The audit of a house."""
    runtime = house.runtime
    store = SqlAuditStore(runtime.engine, runtime.details)
    return Audit(runtime.log.domain, runtime.log.first_block, store, runtime.chain, kept).run()


def check_ledger(house: House) -> int:
    """AssertionError if anything is lost, doubled, out of place or contradicted; else the number of events."""
    assert house.is_settled(), house.counts()
    report = audit(house)
    assert report.is_sound, report
    with reading(house.runtime.engine) as connection:
        seqs = list(connection.execute(select(schema.event.c.seq).order_by(schema.event.c.seq)).scalars())
        written = connection.execute(select(func.count()).select_from(schema.registry_entry)).scalar_one()
        lengths = connection.execute(select(func.sum(schema.lot.c.length))).scalar_one()
    assert seqs == list(range(1, len(seqs) + 1))
    assert len(seqs) + written == lengths == report.events == report.leaves
    return len(seqs)
