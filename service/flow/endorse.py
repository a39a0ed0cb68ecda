"""endorse: a bank marks how much of a claim it has used (签注), so that no other bank can use it again.

The owner consents to a bank, a currency and a maximum; the bank endorses an amount against one of its receipts. The
chain keeps cumulative shares of both and takes an endorsement only if neither moved since it was signed: of two banks
that endorse the last amount at one moment, one wins. A release gives back what the bank endorsed, citing its payment.
"""

import time
from dataclasses import dataclass
from secrets import token_bytes

from service.flow.claim_calls import endorse_call
from service.flow.claim_ports import (
    FAILED,
    LIVE,
    RELEASING,
    SENT,
    ClaimRow,
    Claims,
    ConsentRow,
    EndorsementRow,
)
from service.flow.issue import IssueError
from service.flow.once import Once, find_repeated, keep_request, wait_for
from service.flow.outbox import Outbox, OutboxError
from service.flow.untaken import check_taken
from verifier.claims.kinds import ENDORSEMENT
from verifier.claims.record import ClaimRecord, Tank
from verifier.sdjwt import parse
from verifier.status import Status


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


def endorse(outbox: Outbox, claim: ClaimRow, asked: Request, once: Once | None = None) -> tuple[EndorsementRow, bool]:
    """Endorse an amount, and wait until the chain has it: (endorsement, whether it is new).

    A request that was named and is repeated gives the endorsement that it made before. One without a name that asks for
    just what stands already is refused (EndorsedAlready): it may be a repeat, or a second part of the receipt, and only
    its caller knows. Raises IssueError with the figures: RemainingExceeded, ConsentExceeded, ReceiptExceeded,
    ReceiptDiffers, NoConsent, ClaimNotLive, ClaimBehind, or ChainRefuses with the contract's reason (another bank was
    faster, a return came).
    """
    with outbox.store.view() as claims:
        made = _made_before(claims, outbox, claim, asked, once)
    if made is not None:
        return _await(outbox, made), False
    try:
        return _endorse(outbox, claim, asked, once)
    except IssueError:
        with outbox.store.view() as claims:  # the same request at the same moment may be why nothing is left
            subject = find_repeated(claims, once)
            made = None if subject is None else claims.find_endorsement(subject)
        if made is None or made.state == FAILED:
            raise
        return _await(outbox, made), False


def endorse_effect(claims: Claims, subject: bytes, failure: str | None) -> None:
    """An endorsement was mined, or refused because another one came first."""
    claims.set_endorsement_state(subject, FAILED if failure else LIVE, None)
    row = claims.find_endorsement(subject)
    if failure is not None and row is not None:
        withdraw_endorsement(claims, row, failure)


def endorse_loss(claims: Claims, subject: bytes) -> None:
    """The chain lost an endorsement: it is on its way again."""
    claims.set_endorsement_state(subject, SENT, None)


def withdraw_endorsement(claims: Claims, row: EndorsementRow, reason: str) -> None:
    """The credentials of an endorsement are invalid: those of its bank that state the same part of the claim.

    Unless another endorsement of that part stands: of two that the bank sent at one moment, one was refused.
    """
    part = (row.bank, row.currency, row.claim_from, row.claim_to)
    for other in claims.endorsements_of(row.claim_id):
        is_same_part = part == (other.bank, other.currency, other.claim_from, other.claim_to)
        if is_same_part and other.endorsement_id != row.endorsement_id and other.state in (LIVE, RELEASING):
            return
    for issued in claims.credentials_of(row.claim_id):
        if issued.kind != ENDORSEMENT.name or issued.reader != row.bank or issued.status == Status.INVALID:
            continue
        asked = parse(claims.text_of(issued.digest)).payload["claim"]["asked"]
        tank = Tank.from_json({name: asked[name] for name in ("currency", "whole_minor", "salt")})
        stated = (tank.currency, asked["used_before_minor"], asked["used_after_minor"])
        if stated == (row.currency, tank.amount(row.claim_from), tank.amount(row.claim_to)):
            claims.set_status(issued.digest, Status.INVALID, reason, None)


def _endorse(outbox: Outbox, claim: ClaimRow, asked: Request, once: Once | None) -> tuple[EndorsementRow, bool]:
    if claim.state != LIVE:
        raise IssueError("ClaimNotLive", "this claim is not on chain, or was revoked", got=claim.state)
    adverse = outbox.chain.adverse_sum(claim.claim_id)  # first: the chain refuses us if anything comes behind it
    with outbox.store.view() as claims:
        check_taken(claims, claim)
        consent = claims.find_consent(claim.claim_id, asked.bank, asked.currency)
        earlier = claims.receipt_endorsements(asked.bank, _reference(outbox, asked))
    standing = standing_of(outbox, claim, asked.currency)
    if consent is None or consent.deadline < time.time():
        raise IssueError("NoConsent", "the owner has not consented, or its consent has ended")
    _check_amount(standing, consent, asked.amount_minor)
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
    held = len(ClaimRecord.from_json(claim.record).pieces())
    call = endorse_call(outbox, row, adverse, consent, held=held)
    try:
        outbox.check(call)
    except OutboxError as error:
        raise IssueError("ChainRefuses", "the chain refuses this endorsement", reason=error.reason) from error
    with outbox.store.claims() as claims:
        made = _made_before(claims, outbox, claim, asked, once)  # the same request may have come twice at one moment
        if made is None:
            claims.save_endorsement(row)
            keep_request(claims, once, row.endorsement_id)
            outbox.save(claims, [call])
    return _await(outbox, made or row), made is None


def _check_amount(standing: Standing, consent: ConsentRow, asked_minor: int) -> None:
    figures = {**standing.figures(), "consented_minor": consent.maximum_minor, "asked_minor": asked_minor}
    if asked_minor > standing.remaining_minor:
        raise IssueError("RemainingExceeded", "more than what is left of this claim", **figures)
    consent_left = consent.maximum_minor - standing.endorsed_minor
    if asked_minor > consent_left:
        raise IssueError("ConsentExceeded", "more than the owner consented", **figures, consent_left_minor=consent_left)


@dataclass(frozen=True, slots=True)
class _Receipt:
    salt: bytes
    share_from: int
    share_to: int


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


def _made_before(
    claims: Claims, outbox: Outbox, claim: ClaimRow, asked: Request, once: Once | None
) -> EndorsementRow | None:
    """The endorsement that this very request made before. Without a name, one that stands and is alike is refused."""
    if once is not None:
        subject = find_repeated(claims, once)
        row = None if subject is None else claims.find_endorsement(subject)
        return None if row is None or row.state == FAILED else row
    for row in claims.receipt_endorsements(asked.bank, _reference(outbox, asked)):
        figures = (row.claim_id, row.currency, row.amount_minor, row.receipt_amount_minor)
        is_alike = figures == (claim.claim_id, asked.currency, asked.amount_minor, asked.receipt_amount_minor)
        if is_alike and row.state in (SENT, LIVE):
            raise IssueError(
                "EndorsedAlready", "this amount was endorsed against this receipt: name the request if it is another",
                endorsement_id=row.endorsement_id.hex(), state=row.state,
            )  # fmt: skip
    return None


def _await(outbox: Outbox, row: EndorsementRow) -> EndorsementRow:
    wait_for(outbox, row.endorsement_id)
    found = reload_endorsement(outbox, row)
    if found.state == FAILED:
        raise IssueError("EndorsedElsewhere", "another endorsement came first, or a return: look again and repeat")
    return found


def reload_endorsement(outbox: Outbox, row: EndorsementRow) -> EndorsementRow:
    """An endorsement as it is now."""
    with outbox.store.view() as claims:
        return claims.find_endorsement(row.endorsement_id) or row
