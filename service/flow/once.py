"""once: a request that its caller names is carried out once, however often it is posted.

The reply of a claim or an endorsement may be lost on its way, and whoever waited for it asks again. The name (the
header ``Idempotency-Key``) is saved with what was made, in one transaction; a refusal is not kept, so that the same
request may be posted again when its reason is gone.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.flow.claim_ports import Claims
from service.flow.issue import IssueError
from service.flow.outbox import Outbox
from verifier.canonical import canonical_bytes


@dataclass(frozen=True, slots=True)
class Once:
    """A request by the name that its party gave it. Names of two parties never meet."""

    party: int
    name_hash: bytes
    body_hash: bytes

    @classmethod
    def of(cls, party: int, name: str | None, body: Mapping[str, Any]) -> "Once | None":
        """The request that asks for ``body``; None if its caller gave it no name."""
        if name is None:
            return None
        return cls(party, hashlib.sha256(name.encode()).digest(), hashlib.sha256(canonical_bytes(dict(body))).digest())


def find_repeated(claims: Claims, once: Once | None) -> bytes | None:
    """What a request of this name made before; None if it is new. Raises IssueError (KeyReused) for another body."""
    if once is None:
        return None
    found = claims.find_request(once.party, once.name_hash)
    if found is None:
        return None
    body_hash, subject = found
    if body_hash != once.body_hash:
        raise IssueError("KeyReused", "this Idempotency-Key was given to another request")
    return subject


def keep_request(claims: Claims, once: Once | None, subject: bytes) -> None:
    """Note what a request has made, in the transaction that makes it."""
    if once is not None:
        claims.save_request(once.party, once.name_hash, once.body_hash, subject)


def wait_for(outbox: Outbox, subject: bytes) -> None:
    """Wait for whatever of a claim or endorsement is on its way to the chain."""
    with outbox.store.view() as claims:
        txs = [tx for tx in claims.pending_txs() if tx.subject == subject]
    outbox.wait(txs)
