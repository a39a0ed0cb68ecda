"""claim: compute a claim, sign it, have the chain record what it uses up, and verify it whole before it is handed out.

    draft and sign  →  our own verifier, all but step 9  →  save claim, credential and transactions  →  chain
    →  our own verifier, step 9 too

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
from service.flow.claim_calls import issue_calls, revoke_calls
from service.flow.claim_ports import FAILED, LIVE, REVOKED, SENT, ClaimRow, Claims, CredentialRow
from service.flow.histories import ShownFor
from service.flow.issue import Issued, IssueError, IssuerDesk, Wanted, issue_credential
from service.flow.outbox import Outbox, OutboxError
from verifier.claim_record import digest_of
from verifier.claims.kinds import SETTLEMENT, ClaimKind, Purpose
from verifier.claims.record import ClaimRecord, Deduction
from verifier.es256 import Jwk
from verifier.policy import Policy
from verifier.record import lot_to_hex
from verifier.report import Answer, Report
from verifier.status import StatusPlace
from verifier.steps import verify

VALID, INVALID, SUSPENDED = 0, 1, 2
"""Values of a status list (draft-ietf-oauth-status-list §7)."""
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
    """A claim that was made. ``state`` is live, or sent while the chain has not taken it up."""

    claim_id: bytes | None
    state: str
    issued: Issued
    report: Report


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


def make_claim(desk: ClaimDesk, wish: ClaimWish) -> Claimed:
    """Make a claim. Raises IssueError: the rules forbid it, or the chain refuses it (its reason is in ``figures``)."""
    outbox, claim_id = desk.outbox, token_bytes(32)
    with outbox.store.claims() as claims:
        index = claims.reserve_status(wish.kind.name, wish.owner, int(time.time()))
    with outbox.store.view() as claims:
        issued = _draft(claims, desk, wish, claim_id, StatusPlace(index, desk.status_uri))
    record = issued.case.record
    row = _credential_row(issued, wish, index, record)
    if record is None:
        with outbox.store.claims() as claims:
            claims.save_credential(replace(row, status=VALID, reason=None))
        return Claimed(None, LIVE, issued, issued.report)
    calls = issue_calls(outbox, desk.issuer.party, wish.owner, record, digest_of(issued.signing_input))
    try:
        outbox.check(calls[0])
    except OutboxError as error:
        raise IssueError("ChainRefuses", "the chain refuses this claim", reason=error.reason) from error
    with outbox.store.claims() as claims:
        if any(_overlaps(claims, lot, record) for lot in wish.lots):
            raise IssueError("ClaimUnderWay", "another claim took some of these sales just now: try again")
        claims.save_credential(row)
        claims.save_claim(_claim_row(claim_id, wish, issued, record), lengths(issued.case))
        txs = outbox.save(claims, calls)
    outbox.wait(txs)
    return _finish(desk, claim_id, issued)


def revoke_claim(desk: ClaimDesk, claim: ClaimRow) -> str:
    """Take a claim back, which frees its sales; the new state. Raises IssueError if banks have endorsed any of it."""
    outbox = desk.outbox
    calls = revoke_calls(outbox, desk.issuer.party, claim.claim_id, ClaimRecord.from_json(claim.record))
    try:
        outbox.check(calls[0])
    except OutboxError as error:
        raise IssueError("ChainRefuses", "the chain does not let this claim be revoked", reason=error.reason) from error
    with outbox.store.claims() as claims:
        txs = outbox.save(claims, calls)
    outbox.wait(txs)
    with outbox.store.view() as claims:
        found = claims.find_claim(claim.claim_id)
    return SENT if found is None else found.state


def issue_effect(claims: Claims, subject: bytes, failure: str | None) -> None:
    """A claim's last transaction was mined: it is live, its credential valid; or it failed, and frees what it took."""
    claims.set_claim_state(subject, FAILED if failure else LIVE, failure)
    claim = claims.find_claim(subject)
    for row in claims.credentials_of(subject):
        if failure is None and row.version == 1 and row.reason == RESERVED:
            claims.set_status(row.digest, VALID, "", None)
    if claim is not None and failure is None:
        claims.settle_overdrawn([Deduction.from_json(entry).claim_id for entry in claim.record["deducted"]])


def part_effect(claims: Claims, subject: bytes, failure: str | None) -> None:
    """One of several transactions of a claim: alone it means nothing, but a refusal ends the claim."""
    if failure is not None:
        claims.set_claim_state(subject, FAILED, failure)


def revoke_effect(claims: Claims, subject: bytes, failure: str | None) -> None:
    """A claim was revoked: every credential of it is invalid."""
    if failure is not None:
        return
    claims.set_claim_state(subject, REVOKED, None)
    for row in claims.credentials_of(subject):
        if row.status != INVALID:
            claims.set_status(row.digest, INVALID, "revoked", None)


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
    deducted = _deductions(claims, desk, owner) if kind.purpose is Purpose.EXCHANGE else ()
    return Taking(kind, claim_id, lambda: token_bytes(16), used, cursors, deducted)


def _deductions(claims: Claims, desk: ClaimDesk, owner: int) -> list[Deduction]:
    """What overdrawn lineages of the owner took too much: the next claim must make up for it."""
    found = []
    for claim_id in desk.outbox.chain.overdrawn_of(owner):  # as the chain will ask for them
        claim = claims.find_claim(claim_id)
        for tank in ClaimRecord.from_json(claim.record).tanks if claim is not None else ():
            share, limit = desk.outbox.chain.tank(claim_id, tank.currency)
            if share > limit:
                found.append(Deduction(claim_id, tank, tank.amount(share) - tank.amount(limit)))
    return sorted(found, key=lambda entry: (entry.claim_id, entry.currency))


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
        status=INVALID,
        reason=RESERVED,
        successor=None,
        issued_at=payload["iat"],
        expires_at=payload["exp"],
        figures=json.loads(json.dumps(payload["claim"].get("figures", payload["claim"]))),
        text=issued.text,
    )


def _finish(desk: ClaimDesk, claim_id: bytes, issued: Issued) -> Claimed:
    """Verify the claim whole, as its reader will, once the chain has it."""
    with desk.outbox.store.view() as claims:
        found = claims.find_claim(claim_id)
    assert found is not None
    if found.state == FAILED:
        raise IssueError("ChainRefuses", "the chain refused this claim", reason=found.failure)
    if found.state != LIVE:
        return Claimed(claim_id, found.state, issued, issued.report)
    report = verify(issued.text.encode(), Policy(now=int(time.time())), desk.issuer.view)
    if report.answer is not Answer.VALID:
        step = report.deciding_step
        raise IssueError("OwnVerifierRefuses", "unknown" if step is None else f"step {step.number}: {step.reason}")
    return Claimed(claim_id, LIVE, issued, report)


EFFECTS: dict[str, Callable[[Claims, bytes, str | None], None]] = {
    "issue": issue_effect,
    "part": part_effect,
    "revoke": revoke_effect,
    "unwind": lambda claims, subject, failure: None,
}
