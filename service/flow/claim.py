"""claim: compute a claim, sign it, have the chain record what it uses up, and verify it whole before it is handed out.

    draft and sign  →  our own verifier, all but step 9  →  save claim, credential and transactions  →  chain
    →  our own verifier, step 9

A kind that uses nothing up ends after the second. A crash after saving loses nothing: the outbox goes on from there.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from secrets import token_bytes
from typing import Any

from service.core.take import Taking, lengths
from service.flow.books import needed_books
from service.flow.claim_calls import issue_calls
from service.flow.claim_ports import FAILED, LIVE, REVOKED, SENT, ClaimRow, Claims, CredentialRow
from service.flow.give_back import give_back
from service.flow.histories import ShownFor
from service.flow.issue import Issued, IssueError, IssuerDesk, UnrecordedView, Wanted, issue_credential
from service.flow.once import Once, find_repeated, keep_request, wait_for
from service.flow.outbox import Call, Outbox, OutboxError
from service.flow.overdrawn import find_deductions
from service.flow.reserve import reserved_place
from verifier.claim_record import digest_of, verify_claim_record
from verifier.claims.kinds import SETTLEMENT, ClaimKind, Purpose
from verifier.claims.record import ClaimRecord, Deduction
from verifier.credential import parse_credential
from verifier.errors import VerificationError
from verifier.es256 import Jwk
from verifier.policy import Policy
from verifier.record import lot_to_hex
from verifier.report import Report
from verifier.status import Status, StatusPlace
from verifier.steps import verify, with_record

RESERVED = "not issued"


@dataclass(frozen=True, slots=True)
class ClaimWish:
    """What an exporter asks for: a kind of claim over lots, for a reader who may see certain groups."""

    kind: ClaimKind
    owner: int
    lots: Sequence[int]
    asked: dict[str, Any]
    shown_for: ShownFor
    holder: Jwk | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim that was made. ``state`` is live, or sent while the chain has not taken it up.

    What a repeated request made before is not new, and its state may be any.
    """

    claim_id: bytes | None
    state: str
    figures: dict[str, Any]
    text: str
    report: Report
    is_new: bool


@dataclass(frozen=True, slots=True)
class ClaimDesk:
    """Who issues claims, and how they get to the chain. ``status_uri`` is where the status list is published."""

    issuer: IssuerDesk
    outbox: Outbox
    status_uri: str


def preview_claim(desk: ClaimDesk, wish: ClaimWish) -> Issued:
    """What a claim would say now. Nothing is saved, and the credential is not handed out. Raises IssueError."""
    with desk.outbox.store.view() as claims:
        return _draft(claims, desk, wish, bytes(32), None)


def make_claim(desk: ClaimDesk, wish: ClaimWish, once: Once | None = None) -> Claimed:
    """Make a claim; a request that was named and is repeated gives what it made before.

    Raises IssueError: the rules forbid it, or the chain refuses it (its reason is in ``figures``).
    """
    with desk.outbox.store.view() as claims:
        made = _made_before(claims, once)
    if made is not None:
        return _give(desk, made)
    try:
        with reserved_place(desk.outbox.store, wish.kind.name, wish.owner) as index:
            return _make(desk, wish, once, index)
    except IssueError:
        with desk.outbox.store.view() as claims:  # the same request at the same moment may be why nothing is left
            made = _made_before(claims, once)
        if made is None:
            raise
        return _give(desk, made)


def issue_effect(claims: Claims, subject: bytes, failure: str | None) -> None:
    """A claim's last transaction was mined: it is live, its credential valid; or it failed, and frees what it took."""
    claims.set_claim_state(subject, FAILED if failure else LIVE, failure)
    claim = claims.find_claim(subject)
    for row in claims.credentials_of(subject):
        if failure is None and row.version == 1 and row.reason == RESERVED:
            claims.set_status(row.digest, Status.VALID, "", None)
        elif failure is not None and row.status != Status.INVALID:
            claims.set_status(row.digest, Status.INVALID, failure, None)
    if claim is not None and failure is None:
        claims.settle_overdrawn([Deduction.from_json(entry).claim_id for entry in claim.record["deducted"]])


def issue_loss(claims: Claims, subject: bytes) -> None:
    """The chain lost a claim: it is on its way again, and its credentials are as before it was there."""
    claims.set_claim_state(subject, SENT, None)
    for row in claims.credentials_of(subject):
        if row.version == 1 and row.status == Status.VALID:
            claims.set_status(row.digest, Status.INVALID, RESERVED, None)


def part_effect(claims: Claims, subject: bytes, failure: str | None) -> None:
    """One of several transactions of a claim: alone it means nothing, but a refusal ends the claim."""
    if failure is not None:
        claims.set_claim_state(subject, FAILED, failure)


def taking(
    claims: Claims, desk: ClaimDesk, kind: ClaimKind, claim_id: bytes, owner: int, lots: Sequence[int]
) -> Taking:
    """What standing claims of a kind's purpose have used of these lots and of the owner's books."""
    used: dict[int, frozenset[int]] = {lot: frozenset() for lot in lots}
    for claim in claims.claims_on(lots, kind.purpose) if kind.purpose is not Purpose.NONE else ():
        record = ClaimRecord.from_json(claim.record)
        for lot in lots:
            used[lot] |= record.positions(lot)
    books = claims.books_of(owner) if kind.takes_books else []
    cursors = {book: desk.outbox.chain.book_cursor(kind.purpose, book) for book in books}
    deducted = find_deductions(claims, desk.outbox.chain, owner) if kind.purpose is Purpose.EXCHANGE else ()
    return Taking(kind, claim_id, lambda: token_bytes(16), used, cursors, deducted)


def _draft(claims: Claims, desk: ClaimDesk, wish: ClaimWish, claim_id: bytes, status: StatusPlace | None) -> Issued:
    _check_held(claims, wish)
    books = needed_books(claims, wish.kind, wish.owner, wish.lots)
    taken = taking(claims, desk, wish.kind, claim_id, wish.owner, wish.lots)
    wanted = Wanted(
        kind=wish.kind,
        owner=wish.owner,
        histories=[*wish.lots, *books],
        shown_for=wish.shown_for,
        asked=wish.asked,
        take=taken.first,
        status=status,
        holder=wish.holder,
    )
    return issue_credential(claims, desk.issuer, wanted, datetime.now(UTC))


def _check_held(claims: Claims, wish: ClaimWish) -> None:
    """A reconciliation is final for its window: what still waits for another event must be settled first."""
    held = claims.held_on(wish.lots, int(time.time())) if wish.kind is SETTLEMENT else []
    if held:
        raise IssueError(
            "EventsHeld", "events of these lots still wait for others: post what they wait for, or let them expire",
            lots=sorted({lot_to_hex(row.lot) for row in held}), codes=sorted({row.code for row in held}),
            expected=0, got=len(held),
        )  # fmt: skip


def _overlaps(claims: Claims, lot: int, record: ClaimRecord) -> bool:
    """Whether a claim that was saved since we drafted has taken some of the same positions."""
    others = claims.claims_on([lot], record.purpose)
    return any(ClaimRecord.from_json(other.record).positions(lot) & record.positions(lot) for other in others)


def _claim_row(claim_id: bytes, wish: ClaimWish, issued: Issued, record: ClaimRecord) -> ClaimRow:
    histories = (*wish.lots, *sorted(book.book for book in issued.case.books))
    return ClaimRow(
        claim_id, wish.kind.name, record.purpose, wish.owner, 1, SENT, wish.asked, histories, record.to_json(),
        False, None, int(time.time()),
    )  # fmt: skip


def _credential_row(issued: Issued, wish: ClaimWish, index: int, record: ClaimRecord | None) -> CredentialRow:
    payload = issued.payload
    return CredentialRow(
        status_index=index,
        digest=digest_of(issued.signing_input),
        kind=wish.kind.name,
        owner=wish.owner,
        reader=None,
        claim_id=None if record is None else record.claim_id,
        version=None if record is None else record.version,
        status=Status.INVALID,
        reason=RESERVED,
        successor=None,
        issued_at=payload["iat"],
        expires_at=payload["exp"],
        figures=json.loads(json.dumps(payload["claim"].get("figures", payload["claim"]))),
    )


def _make(desk: ClaimDesk, wish: ClaimWish, once: Once | None, index: int) -> Claimed:
    outbox, claim_id = desk.outbox, token_bytes(32)
    with outbox.store.view() as claims:
        issued = _draft(claims, desk, wish, claim_id, StatusPlace(index, desk.status_uri))
    record = issued.case.record
    row = _credential_row(issued, wish, index, record)
    calls: list[Call] = []
    if record is not None:
        calls = issue_calls(outbox, desk.issuer.party, wish.owner, record, row.digest)
        try:
            outbox.check(calls[0])
        except OutboxError as error:
            raise IssueError("ChainRefuses", "the chain refuses this claim", reason=error.reason) from error
    with outbox.store.claims() as claims:
        made = _made_before(claims, once)  # the same request may have come twice at one moment
        if made is None:
            _save(claims, desk, wish, issued, row, calls)
            keep_request(claims, once, row.digest)
    return _give(desk, row, issued) if made is None else _give(desk, made)


def _save(
    claims: Claims, desk: ClaimDesk, wish: ClaimWish, issued: Issued, row: CredentialRow, calls: Sequence[Call]
) -> None:
    """Claim, credential and transactions at once; nothing has left the house yet."""
    record = issued.case.record
    if record is None or row.claim_id is None:
        claims.save_credential(replace(row, status=Status.VALID, reason=None), issued.text, issued.anchor.block_number)
        claims.save_rests_on(row.status_index, lengths(issued.case))
        return
    if any(_overlaps(claims, lot, record) for lot in wish.lots):
        raise IssueError("ClaimUnderWay", "another claim took some of these sales just now: try again")
    claims.save_credential(row, issued.text, issued.anchor.block_number)
    claims.save_claim(_claim_row(row.claim_id, wish, issued, record), lengths(issued.case))
    desk.outbox.save(claims, calls)


def _made_before(claims: Claims, once: Once | None) -> CredentialRow | None:
    """The credential that this very request gave before; one that the chain refused is none."""
    digest = find_repeated(claims, once)
    row = None if digest is None else claims.find_credential(digest)
    claim = None if row is None or row.claim_id is None else claims.find_claim(row.claim_id)
    was_refused = claim is not None and (
        claim.state == FAILED or (claim.state == REVOKED and row is not None and row.reason == RESERVED)
    )
    return None if was_refused else row


def _give(desk: ClaimDesk, row: CredentialRow, issued: Issued | None = None) -> Claimed:
    """Hand a credential out once the chain has its claim. One that was ``issued`` just now is verified but for that."""
    state = LIVE if row.claim_id is None else _await(desk, row.claim_id)
    if issued is None:
        with desk.outbox.store.view() as claims:
            text = claims.text_of(row.digest)
        view = UnrecordedView(desk.issuer.view) if state == SENT else desk.issuer.view
        report = verify(text.encode(), Policy(now=int(time.time())), view)
    else:
        text = issued.text
        report = issued.report if row.claim_id is None or state != LIVE else _verify_record(desk, issued)
    return Claimed(row.claim_id, state, row.figures, text, report, is_new=issued is not None)


def _verify_record(desk: ClaimDesk, issued: Issued) -> Report:
    """Step 9: the chain bears the credential out. All else was verified before."""
    credential = parse_credential(issued.text.encode())
    signed = credential.sd_jwt.signing_input
    try:
        recorded = verify_claim_record(credential.payload, issued.case, signed, desk.issuer.view)
    except VerificationError as error:
        raise IssueError("OwnVerifierRefuses", f"step 9: {error}") from error
    return with_record(issued.report, recorded)


def _await(desk: ClaimDesk, claim_id: bytes) -> str:
    """The state of a claim, once what is on its way to the chain has come there."""
    wait_for(desk.outbox, claim_id)
    with desk.outbox.store.view() as claims:
        found = claims.find_claim(claim_id)
    assert found is not None
    if found.state == FAILED:
        # A set of several transactions may have been refused half-way: what it has taken on chain goes back.
        if desk.outbox.chain.claim_version(claim_id):
            give_back(desk.outbox, desk.issuer.party, found)
        raise IssueError("ChainRefuses", "the chain refused this claim", reason=found.failure)
    return found.state


EFFECTS: dict[str, Callable[[Claims, bytes, str | None], None]] = {
    "issue": issue_effect,
    "part": part_effect,
}
