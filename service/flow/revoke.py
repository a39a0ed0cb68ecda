"""revoke: an owner takes a claim back, and its sales are free for another one; never once a bank has endorsed any."""

from service.flow.claim import ClaimDesk
from service.flow.claim_ports import REVOKED, SENT, ClaimRow, Claims
from service.flow.endorse import standings_of
from service.flow.give_back import give_back
from service.flow.issue import IssueError
from verifier.status import Status


def revoke_claim(desk: ClaimDesk, claim: ClaimRow) -> str:
    """Take a claim back, which frees its sales; the new state. Raises IssueError (Endorsed) if banks have some of it.

    Safe to repeat.
    """
    if claim.state == REVOKED:
        return REVOKED
    _check_endorsed(desk, claim)
    try:
        give_back(desk.outbox, desk.issuer.party, claim)
    except IssueError:
        _check_endorsed(desk, claim)  # a bank may have come first
        raise
    with desk.outbox.store.view() as claims:
        found = claims.find_claim(claim.claim_id)
    return SENT if found is None else found.state


def revoke_effect(claims: Claims, subject: bytes, failure: str | None) -> None:
    """A claim was revoked: every credential of it is invalid."""
    if failure is not None:
        return
    claims.set_claim_state(subject, REVOKED, None)
    for row in claims.credentials_of(subject):
        if row.status != Status.INVALID:
            claims.set_status(row.digest, Status.INVALID, "revoked", None)


def _check_endorsed(desk: ClaimDesk, claim: ClaimRow) -> None:
    endorsed = {found.tank.currency: found.endorsed_minor for found in standings_of(desk.outbox, claim) if found.share}
    if endorsed:
        raise IssueError(
            "Endorsed", "banks have endorsed some of this claim: they release first, then it is taken back",
            endorsed_minor=endorsed,
        )  # fmt: skip
