"""endorse: a bank marks how much of a claim it has used (签注), so that no other bank can use it again.

The owner consents to a bank, a currency and a maximum; the bank endorses an amount against one of its receipts. The
chain keeps cumulative shares of both and takes an endorsement only if neither moved since it was signed: of two banks
that endorse the last amount at one moment, one wins. A release gives back what the bank endorsed, citing its payment.
"""

import hashlib
import json
import time
from dataclasses import dataclass
from secrets import token_bytes
from typing import Any

from service.flow.claim_calls import endorse_call, release_call, sign_consent
from service.flow.claim_ports import (
    FAILED,
    LIVE,
    RELEASED,
    SENT,
    ClaimRow,
    Claims,
    ConsentRow,
    EndorsementRow,
)
from service.flow.issue import IssueError
from service.flow.outbox import Outbox, OutboxError
from verifier.claim_messages import EndorseConsent
from verifier.claims.kinds import KIND_BY_NAME
from verifier.claims.record import SHARES, ClaimRecord, Tank
from verifier.kinds import NAME_BY_CODE

CONSENT_SECONDS = 90 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of a currency of a claim, in minor units; less than 0 if it is overdrawn."""

    tank: Tank
    share: int
    limit: int

    @property
    def endorsed_minor(self) -> int:
        """What banks have endorsed."""
        return self.tank.amount(self.share)

    @property
    def ceiling_minor(self) -> int:
        """Up to where they may."""
        return self.tank.amount(self.limit)

    @property
    def remaining_minor(self) -> int:
        """What is left."""
        return self.ceiling_minor - self.endorsed_minor

    def figures(self) -> dict[str, int | str]:
        """The standing as an answer states it."""
        return {
            "currency": self.tank.currency,
            "ceiling_minor": self.ceiling_minor,
            "endorsed_minor": self.endorsed_minor,
            "remaining_minor": self.remaining_minor,
        }


@dataclass(frozen=True, slots=True)
class Request:
    """What a bank wants to endorse: an amount of the claim's currency, against a receipt of its own.

    ``receipt_minor`` is the whole receipt in its currency, ``receipt_amount_minor`` how much of it this endorsement
    rests on; both equal ``amount_minor``'s side of a conversion if the platform converted.
    """

    bank: int
    currency: str
    amount_minor: int
    reference: str
    receipt_currency: str
    receipt_minor: int
    receipt_amount_minor: int


def standing_of(outbox: Outbox, claim: ClaimRow, currency: str) -> Standing:
    """What the chain says of a currency of a claim. IssueError (NoSuchCurrency) if the claim has no ceiling in it."""
    tanks = {tank.currency: tank for tank in ClaimRecord.from_json(claim.record).tanks}
    tank = tanks.get(currency)
    if tank is None:
        raise IssueError(
            "NoSuchCurrency", "the claim has no ceiling in this currency", expected=sorted(tanks), got=currency
        )
    share, limit = outbox.chain.tank(claim.claim_id, currency)
    return Standing(tank, share, limit)


def standings_of(outbox: Outbox, claim: ClaimRow) -> list[Standing]:
    """Every currency of a claim."""
    return [standing_of(outbox, claim, tank.currency) for tank in ClaimRecord.from_json(claim.record).tanks]


def give_consent(outbox: Outbox, claim: ClaimRow, bank: int, currency: str, maximum_minor: int | None) -> ConsentRow:
    """The owner lets a bank see a claim and endorse up to a cumulative maximum of a currency; None is the ceiling."""
    standing = standing_of(outbox, claim, currency)
    maximum = standing.ceiling_minor if maximum_minor is None else maximum_minor
    if maximum > standing.ceiling_minor:
        raise IssueError("AboveCeiling", "more than the ceiling", expected=standing.ceiling_minor, got=maximum)
    share = min(standing.limit, SHARES if maximum >= standing.tank.whole_minor else standing.tank.share(maximum))
    deadline = int(time.time()) + CONSENT_SECONDS
    signature = sign_consent(outbox, claim.owner, EndorseConsent(claim.claim_id, bank, currency, share, deadline))
    row = ConsentRow(claim.claim_id, bank, currency, maximum, share, deadline, signature)
    with outbox.store.claims() as claims:
        claims.save_consent(row)
    return row


def endorse(outbox: Outbox, claim: ClaimRow, asked: Request) -> EndorsementRow:
    """Endorse an amount, and wait until the chain has it.

    Raises IssueError with the figures: RemainingExceeded, ReceiptExceeded, ReceiptDiffers, NoConsent, ClaimNotLive,
    ClaimBehind, or ChainRefuses with the contract's reason (another bank was faster, a return came in between).
    """
    if claim.state != LIVE:
        raise IssueError("ClaimNotLive", "this claim is not on chain, or was revoked", got=claim.state)
    adverse = outbox.chain.adverse_sum(claim.claim_id)  # first: the chain refuses us if anything comes behind it
    with outbox.store.view() as claims:
        behind = _count_untaken(claims, claim)
        consent = claims.find_consent(claim.claim_id, asked.bank, asked.currency)
        earlier = claims.receipt_endorsements(asked.bank, _reference(outbox, asked))
    standing = standing_of(outbox, claim, asked.currency)
    if behind:
        raise IssueError(
            "ClaimBehind", "refunds, returns or corrections of its sales are in no version of this claim yet",
            expected=0, got=behind,
        )  # fmt: skip
    if consent is None or consent.deadline < time.time():
        raise IssueError("NoConsent", "the owner has not consented, or its consent has ended")
    allowed = min(standing.remaining_minor, consent.maximum_minor - standing.endorsed_minor)
    if asked.amount_minor > allowed:
        raise IssueError(
            "RemainingExceeded", "more than what is left of this claim",
            **standing.figures(), consented_minor=consent.maximum_minor, asked_minor=asked.amount_minor,
        )  # fmt: skip
    receipt = _receipt(outbox, asked, earlier)
    used = standing.endorsed_minor + asked.amount_minor
    claim_to = standing.limit if used == standing.ceiling_minor else standing.tank.share(used)
    row = EndorsementRow(
        endorsement_id=token_bytes(32),
        claim_id=claim.claim_id,
        version=claim.version,
        bank=asked.bank,
        currency=asked.currency,
        amount_minor=asked.amount_minor,
        claim_from=standing.share,
        claim_to=claim_to,
        reference=_reference(outbox, asked),
        receipt_minor=asked.receipt_minor,
        receipt_currency=asked.receipt_currency,
        receipt_salt=receipt.salt,
        receipt_amount_minor=asked.receipt_amount_minor,
        receipt_from=receipt.share_from,
        receipt_to=receipt.share_to,
        state=SENT,
        created_at=int(time.time()),
    )
    call = endorse_call(outbox, row, adverse, consent)
    return _carry_out(outbox, row, call)


def release(outbox: Outbox, claim: ClaimRow, row: EndorsementRow, payment: str) -> EndorsementRow:
    """Give back a whole endorsement, citing the bank's outward payment (退汇). Raises IssueError as ``endorse``."""
    if row.state != LIVE:
        raise IssueError("NotEndorsed", "this endorsement is not on chain, or was released", got=row.state)
    standing = standing_of(outbox, claim, row.currency)
    share = standing.tank.share(standing.endorsed_minor - row.amount_minor)
    receipt_share = outbox.chain.receipt_share(row.bank, row.reference)
    receipt_to = receipt_share - (row.receipt_to - row.receipt_from)
    payment_hash = hashlib.sha256(payment.encode()).digest()
    call = release_call(outbox, row, (standing.share, share), (receipt_share, receipt_to), payment_hash)
    try:
        outbox.check(call)
    except OutboxError as error:
        raise IssueError("ChainRefuses", "the chain refuses this release", reason=error.reason) from error
    with outbox.store.claims() as claims:
        claims.set_endorsement_state(row.endorsement_id, "releasing", payment_hash)
        txs = outbox.save(claims, [call])
    outbox.wait(txs)
    return _reload(outbox, row)


def endorse_effect(claims: Claims, subject: bytes, failure: str | None) -> None:
    """An endorsement was mined, or refused because another one came first."""
    claims.set_endorsement_state(subject, FAILED if failure else LIVE, None)


def release_effect(claims: Claims, subject: bytes, failure: str | None) -> None:
    """A release was mined: the amount is free again. What the owner's lineage was overdrawn by may be made up for."""
    claims.set_endorsement_state(subject, LIVE if failure else RELEASED, None)


@dataclass(frozen=True, slots=True)
class _Receipt:
    salt: bytes
    share_from: int
    share_to: int


def _count_untaken(claims: Claims, claim: ClaimRow) -> int:
    """Events that follow on sales of a claim, and that its newest version has not taken: its ceiling may be wrong."""
    consumed = KIND_BY_NAME[claim.kind].consumed
    record, count = ClaimRecord.from_json(claim.record), 0
    for lot in record.pieces():
        known = set(record.positions(lot))
        for event in claims.events_of(lot):
            if event.position in known or NAME_BY_CODE[event.kind] not in consumed:
                continue
            if json.loads(event.body).get("target") in known:
                known.add(event.position)
                count += 1
    return count


def _receipt(outbox: Outbox, asked: Request, earlier: list[EndorsementRow]) -> _Receipt:
    """The shares of the receipt that this endorsement drains. The whole is fixed by the first endorsement."""
    if asked.receipt_amount_minor > asked.receipt_minor:
        raise IssueError(
            "ReceiptExceeded",
            "more than the whole receipt",
            expected=asked.receipt_minor,
            got=asked.receipt_amount_minor,
        )
    whole = (asked.receipt_currency, asked.receipt_minor)
    first = earlier[0] if earlier else None
    if first is not None and (first.receipt_currency, first.receipt_minor) != whole:
        raise IssueError(
            "ReceiptDiffers", "this receipt was endorsed as another amount",
            expected=[first.receipt_currency, first.receipt_minor], got=list(whole),
        )  # fmt: skip
    salt = token_bytes(16) if first is None else first.receipt_salt
    tank = Tank(asked.receipt_currency, asked.receipt_minor, salt)
    share_from = outbox.chain.receipt_share(asked.bank, _reference(outbox, asked))
    used = tank.amount(share_from)
    if used + asked.receipt_amount_minor > asked.receipt_minor:
        raise IssueError(
            "ReceiptExceeded", "more than what is left of this receipt",
            receipt_minor=asked.receipt_minor, remaining_minor=asked.receipt_minor - used,
            asked_minor=asked.receipt_amount_minor,
        )  # fmt: skip
    return _Receipt(salt, share_from, tank.share(used + asked.receipt_amount_minor))


def _reference(outbox: Outbox, asked: Request) -> bytes:
    """What the chain knows a receipt by: keyed, since a bank's references are easily guessed, and always the same."""
    return outbox.signer.mac(f"cangsu-receipt-v1\0{asked.bank}\0{asked.reference}".encode())


def _carry_out(outbox: Outbox, row: EndorsementRow, call: Any) -> EndorsementRow:
    try:
        outbox.check(call)
    except OutboxError as error:
        raise IssueError("ChainRefuses", "the chain refuses this endorsement", reason=error.reason) from error
    with outbox.store.claims() as claims:
        claims.save_endorsement(row)
        txs = outbox.save(claims, [call])
    outbox.wait(txs)
    found = _reload(outbox, row)
    if found.state == FAILED:
        raise IssueError("EndorsedElsewhere", "another endorsement came first, or a return: look again and repeat")
    return found


def _reload(outbox: Outbox, row: EndorsementRow) -> EndorsementRow:
    with outbox.store.view() as claims:
        return claims.find_endorsement(row.endorsement_id) or row
