"""Which log this installation keeps: chain id, contract, log id. Written once."""

from dataclasses import dataclass

from sqlalchemy import Engine, select

from service.store import schema
from service.store.database import insert_rows, reading, writing
from verifier.eip712 import Domain


@dataclass(frozen=True, slots=True)
class LogState:
    """Our log and the block in which it was deployed."""

    domain: Domain
    first_block: int


def find_log_state(engine: Engine) -> LogState | None:
    """Our log, or None before it is deployed."""
    with reading(engine) as connection:
        row = connection.execute(select(schema.log_state)).first()
    if row is None:
        return None
    return LogState(Domain(row.chain_id, bytes(row.contract), bytes(row.log_id)), row.first_block)


def save_log_state(engine: Engine, state: LogState) -> None:
    """Take a log as ours. Its first leaves are read from the block of its deployment on."""
    domain, first = state.domain, state.first_block
    row = (1, domain.chain_id, domain.contract, domain.log_id, first, first - 1)
    with writing(engine) as connection:
        columns = ("id", "chain_id", "contract", "log_id", "first_block", "scanned_block")
        insert_rows(connection, "log_state", columns, [row])
