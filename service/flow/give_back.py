"""give back: free on chain all that a claim has taken, because it is revoked or was refused half-way."""

from service.flow.claim_calls import revoke_calls
from service.flow.claim_ports import ClaimRow
from service.flow.issue import IssueError
from service.flow.outbox import Outbox, OutboxError
from verifier.claims.record import ClaimRecord


def give_back(outbox: Outbox, issuer: int, claim: ClaimRow) -> None:
    """Send what frees the positions of a claim, the last part first, and wait for it. Raises IssueError."""
    calls = revoke_calls(outbox, issuer, claim.claim_id, ClaimRecord.from_json(claim.record))
    try:
        outbox.check(calls[0])
    except OutboxError as error:
        raise IssueError("ChainRefuses", "the chain does not let this claim be revoked", reason=error.reason) from error
    with outbox.store.claims() as claims:
        txs = outbox.save(claims, calls)
    outbox.wait(txs)
