"""notices: credentials that speak of a claim: a bank's endorsement (P3), and a correction notice (P9).

They are issued after the fact, so that the chain bears them out the moment they exist. A crash before that loses no
fact: the notice is made when it is asked for, or in the worker's next round.
"""

import logging
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from service.flow.claim import ClaimDesk
from service.flow.claim_ports import ClaimRow, Claims, CredentialRow, EndorsementRow
from service.flow.endorse import standing_of
from service.flow.issue import Issued, IssueError, Wanted, issue_credential
from service.flow.reserve import reserved_place
from verifier.canonical import to_base64url
from verifier.claim_record import digest_of
from verifier.claims.correction import REASONS
from verifier.claims.kinds import CORRECTION, ENDORSEMENT, ClaimKind
from verifier.claims.record import ClaimRecord
from verifier.kinds import NAME_BY_CODE
from verifier.policy import Policy
from verifier.record import BOOK_BIT, lot_to_hex
from verifier.report import Answer
from verifier.shapes import to_hex
from verifier.status import Status, StatusPlace
from verifier.steps import verify

log = logging.getLogger("cangsu.notices")


def issue_endorsement(desk: ClaimDesk, claim: ClaimRow, row: EndorsementRow) -> str:
    """The credential of an endorsement that the chain holds, for the bank and the exporter. Raises IssueError."""
    tank = standing_of(desk.outbox, claim, row.currency).tank
    ceiling = standing_of(desk.outbox, claim, row.currency).ceiling_minor
    asked = {
        "claim_id": to_hex(claim.claim_id),
        "version": row.version,
        "currency": row.currency,
        "whole_minor": tank.whole_minor,
        "salt": to_base64url(tank.salt),
        "ceiling_minor": ceiling,
        "used_before_minor": tank.amount(row.claim_from),
        "used_after_minor": tank.amount(row.claim_to),
        "amount_minor": row.amount_minor,
        "bank": row.bank,
    }
    return _issue(desk, claim, ENDORSEMENT, asked, (), reader=row.bank, version=row.version)


def issue_corrections(desk: ClaimDesk) -> int:
    """Issue the correction notice of every superseded claim that has none yet; how many."""
    with desk.outbox.store.view() as claims:
        found = [(claim, _correction(claims, claim)) for claim in claims.claims_without_notice()]
    count = 0
    for claim, asked in found:
        lots = sorted({int(reason["lot"], 16) for reason in asked["reasons"]}) if asked else []
        if asked is None:
            continue
        try:
            _issue(desk, claim, CORRECTION, asked, lots, reader=None, version=claim.version)
        except IssueError as error:  # not on chain yet, or another version has come since: the next round tells
            log.warning("no notice of claim %s yet: %s", claim.claim_id.hex()[:16], error)
            continue
        count += 1
    return count


def _correction(claims: Claims, claim: ClaimRow) -> dict[str, Any] | None:
    """What the notice says: the figures of the last two versions, and the events that came between them."""
    rows = {row.version: row for row in claims.credentials_of(claim.claim_id) if row.kind == claim.kind}
    old, new = rows.get(claim.version - 1), rows.get(claim.version)
    if old is None or new is None:
        return None
    added = ClaimRecord.from_json(claim.record).parts[-1]
    reasons = [
        {"lot": lot_to_hex(lot.lot), "position": event.position, "kind": NAME_BY_CODE[event.kind]}
        for lot in added.lots
        for event in claims.events_of(lot.lot)
        if event.position in lot.positions and NAME_BY_CODE[event.kind] in REASONS
    ]
    states = {"old": _state(old), "new": _state(new)}
    is_same = all(states["old"][name] == states["new"][name] for name in ("amounts_minor", "pieces"))
    if is_same or not reasons:
        return None
    return {"claim_id": to_hex(claim.claim_id), **states, "reasons": reasons}


def _state(row: CredentialRow) -> dict[str, Any]:
    currencies = row.figures.get("currencies", {})
    return {
        "version": row.version,
        "digest": to_hex(row.digest),
        "amounts_minor": {currency: figures["ceiling_minor"] for currency, figures in currencies.items()},
        "pieces": row.figures["pieces"],
    }


def _issue(
    desk: ClaimDesk,
    claim: ClaimRow,
    kind: ClaimKind,
    asked: dict[str, Any],
    lots: Sequence[int],
    *,
    reader: int | None,
    version: int,
) -> str:
    """Issue a notice, verify it whole, and keep it with its claim."""
    store = desk.outbox.store
    with reserved_place(store, kind.name, claim.owner) as index:
        return _issue_at(desk, claim, kind, asked, lots, index=index, reader=reader, version=version)


def _issue_at(
    desk: ClaimDesk,
    claim: ClaimRow,
    kind: ClaimKind,
    asked: dict[str, Any],
    lots: Sequence[int],
    *,
    index: int,
    reader: int | None,
    version: int,
) -> str:
    store = desk.outbox.store
    wanted = Wanted(
        kind=kind,
        owner=claim.owner,
        histories=_lots_first(lots),
        shown_for=lambda event_kind: frozenset(),
        asked=asked,
        status=StatusPlace(index, desk.status_uri),
    )
    with store.view() as claims:
        issued = issue_credential(claims, desk.issuer, wanted, datetime.now(UTC))
    report = verify(issued.text.encode(), Policy(now=int(time.time())), desk.issuer.view)
    if report.answer is not Answer.VALID:
        step = report.deciding_step
        raise IssueError("OwnVerifierRefuses", "unknown" if step is None else f"step {step.number}: {step.reason}")
    with store.claims() as claims:
        row = _row(issued, claim, kind, index, reader, version)
        claims.save_credential(row, issued.text, issued.anchor.block_number)
    return issued.text


def _row(
    issued: Issued, claim: ClaimRow, kind: ClaimKind, index: int, reader: int | None, version: int
) -> CredentialRow:
    return CredentialRow(
        status_index=index,
        digest=digest_of(issued.signing_input),
        kind=kind.name,
        owner=claim.owner,
        reader=reader,
        claim_id=claim.claim_id,
        version=version,
        status=Status.VALID,
        reason=None,
        successor=None,
        issued_at=issued.payload["iat"],
        expires_at=issued.payload["exp"],
        figures=issued.payload["claim"]["figures"],
    )


def _lots_first(histories: Iterable[int]) -> list[int]:
    return sorted(histories, key=lambda number: (bool(number & BOOK_BIT), number))
