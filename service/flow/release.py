"""release: a bank gives back what it endorsed, citing the payment with which it sent the money back (退汇)."""

import hashlib

from service.flow.claim_calls import release_call
from service.flow.claim_ports import LIVE, RELEASED, RELEASING, ClaimRow, Claims, EndorsementRow
from service.flow.endorse import reload_endorsement, standing_of, withdraw_endorsement
from service.flow.issue import IssueError
from service.flow.once import wait_for
from service.flow.outbox import Outbox, OutboxError
from service.flow.overdrawn import is_overdrawn, newest_version
from verifier.claims.record import Tank
from verifier.status import Status


def release(outbox: Outbox, claim: ClaimRow, row: EndorsementRow, payment: str) -> EndorsementRow:
    """Give back a whole endorsement, citing the bank's outward payment (退汇). Raises IssueError as ``endorse``.

    Repeating it with the same payment gives what it gave before.
    """
    payment_hash = hashlib.sha256(payment.encode()).digest()
    if row.state in (RELEASING, RELEASED) and row.payment == payment_hash:
        wait_for(outbox, row.endorsement_id)
        return reload_endorsement(outbox, row)
    _check_live(row)
    standing = standing_of(outbox, claim, row.currency)
    receipt = Tank(row.receipt_currency, row.receipt_minor, row.receipt_salt)
    receipt_share = outbox.chain.receipt_share(row.bank, row.reference)
    claim_to = share_without(standing.tank, standing.share, row.amount_minor, row.claim_to - row.claim_from)
    receipt_to = share_without(receipt, receipt_share, row.receipt_amount_minor, row.receipt_to - row.receipt_from)
    call = release_call(outbox, row, (standing.share, claim_to), (receipt_share, receipt_to), payment_hash)
    try:
        outbox.check(call)
    except OutboxError as error:
        raise IssueError("ChainRefuses", "the chain refuses this release", reason=error.reason) from error
    with outbox.store.claims() as claims:
        _check_live(claims.find_endorsement(row.endorsement_id) or row)  # another release may have come first
        claims.set_endorsement_state(row.endorsement_id, RELEASING, payment_hash)
        outbox.save(claims, [call])
    wait_for(outbox, row.endorsement_id)
    found = reload_endorsement(outbox, row)
    if found.state == LIVE:
        raise IssueError("EndorsedElsewhere", "an endorsement came in between: look again and repeat")
    return found


def share_without(tank: Tank, share: int, amount_minor: int, drawn: int) -> int:
    """The share of a tank without an amount; no less than what was drawn of it then may be given back on chain."""
    return max(tank.share(tank.amount(share) - amount_minor), share - drawn)


def release_effect(claims: Claims, subject: bytes, failure: str | None) -> None:
    """A release was mined: the amount is free again, and what said that it was used is invalid."""
    row = claims.find_endorsement(subject)
    if row is None:
        return
    if failure is not None:
        if row.state == RELEASING:
            claims.set_endorsement_state(subject, LIVE, None)
        return
    claims.set_endorsement_state(subject, RELEASED, None)
    _lift(claims, row.claim_id)
    withdraw_endorsement(claims, row, "released")


def release_loss(claims: Claims, subject: bytes) -> None:
    """The chain lost a release: it is on its way again."""
    claims.set_endorsement_state(subject, RELEASING, None)


def _check_live(row: EndorsementRow) -> None:
    if row.state != LIVE:
        raise IssueError("NotEndorsed", "this endorsement is not on chain, or was released", got=row.state)


def _lift(claims: Claims, claim_id: bytes) -> None:
    """A lineage that is no longer overdrawn: its newest credential is suspended no more."""
    claim = claims.find_claim(claim_id)
    if claim is None or not claim.is_overdrawn:
        return
    newest = newest_version(claims, claim)
    if newest is not None and not is_overdrawn(claims, claim_id, newest.figures):
        claims.settle_overdrawn([claim_id])
        claims.set_status(newest.digest, Status.VALID, "", None)
