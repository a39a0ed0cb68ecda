"""correct: run a claim again when something has followed on what it took, and tell everyone who holds the old proof.

A late return, a refund or a correction of a claimed sale makes a new version: the chain takes the new digest and the
lower limits, the old credential becomes invalid in the status list with the reason and its successor, and a correction
notice says what changed. A lineage of which banks have endorsed more than its new ceiling is overdrawn: nothing more
can be endorsed, and its owner's next claim must make up for it.
"""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from service.core.take import has_followed, lengths
from service.flow.claim import ClaimDesk, taking
from service.flow.claim_calls import supersede_call
from service.flow.claim_ports import LIVE, ClaimRow, Claims, CredentialRow
from service.flow.histories import ShownFor
from service.flow.issue import Issued, IssueError, Wanted, issue_credential
from service.flow.outbox import OutboxError
from service.flow.overdrawn import is_overdrawn, newest_version
from service.flow.reserve import reserved_place
from verifier.claim_record import digest_of
from verifier.claims.kinds import KIND_BY_NAME, ClaimKind
from verifier.claims.record import SHARES, ClaimRecord
from verifier.kinds import NAME_BY_CODE
from verifier.record import BOOK_BIT
from verifier.sdjwt import parse
from verifier.status import Status, StatusPlace

log = logging.getLogger("cangsu.correct")

RETRY_SECONDS = 60.0
"""Computing a claim over thousands of sales takes seconds: one that fails is not tried every second."""
NOT_RECORDED = "superseding version not recorded yet"


def correct_claims(desk: ClaimDesk, shown_for: Callable[[str], ShownFor], retry_at: dict[bytes, float]) -> int:
    """Supersede every live claim that something has followed on; how many. Safe to repeat.

    ``shown_for`` gives what the reader of a kind of claim may see. A claim that can't be run again keeps standing, and
    the reason is logged: its chain record is what it was. ``retry_at`` remembers when (monotonic) it is tried again.
    """
    with desk.outbox.store.view() as claims:
        stale = claims.stale_claims()
        under_way = {tx.subject for tx in claims.pending_txs()}
    count = 0
    for claim in stale:
        if claim.claim_id in under_way or time.monotonic() < retry_at.get(claim.claim_id, 0):
            continue
        try:
            count += _correct(desk, claim, shown_for(claim.kind))
        except (IssueError, OutboxError) as error:
            retry_at[claim.claim_id] = time.monotonic() + RETRY_SECONDS
            if str(error) == claim.failure:  # said before
                continue
            log.warning("claim %s cannot be run again: %s", claim.claim_id.hex()[:16], error)
            with desk.outbox.store.claims() as claims:
                found = claims.find_claim(claim.claim_id)
                if found is not None and found.state == LIVE:  # it may have been revoked meanwhile
                    claims.set_claim_state(claim.claim_id, LIVE, str(error))
    return count


def supersede_effect(claims: Claims, subject: bytes, failure: str | None) -> None:
    """A superseding version was mined: it takes the place of the one before."""
    claim = claims.find_claim(subject)
    newest = None if claim is None else newest_version(claims, claim)
    if claim is None or newest is None or newest.version != claim.version + 1:
        return
    if failure is not None:
        claims.set_status(newest.digest, Status.INVALID, failure, None)
        return
    record = ClaimRecord.from_json(parse(claims.text_of(newest.digest)).payload["record"])
    is_over = is_overdrawn(claims, subject, newest.figures)
    claims.save_claim(
        replace(claim, version=record.version, record=record.to_json(), is_overdrawn=is_over, failure=None), {}
    )
    claims.set_status(
        newest.digest, Status.SUSPENDED if is_over else Status.VALID, "overdrawn" if is_over else "", None
    )
    for row in claims.credentials_of(subject):
        if row.kind == claim.kind and row.digest != newest.digest and row.successor is None:
            claims.set_status(row.digest, Status.INVALID, "superseded: " + _why(claim, newest), newest.digest)


def _correct(desk: ClaimDesk, claim: ClaimRow, shown_for: ShownFor) -> int:
    kind, record = KIND_BY_NAME[claim.kind], ClaimRecord.from_json(claim.record)
    store = desk.outbox.store
    with store.view() as claims:
        length_by_lot, is_followed = _look(claims, claim, kind, record)
    if not is_followed:
        with store.claims() as claims:
            claims.set_lengths(claim.claim_id, length_by_lot)
        return 0
    with reserved_place(store, claim.kind, claim.owner) as index:
        return _run_again(desk, claim, shown_for, index)


def _run_again(desk: ClaimDesk, claim: ClaimRow, shown_for: ShownFor, index: int) -> int:
    kind, record = KIND_BY_NAME[claim.kind], ClaimRecord.from_json(claim.record)
    outbox = desk.outbox
    lots = [number for number in claim.histories if not number & BOOK_BIT]
    with outbox.store.view() as claims:
        taken = taking(claims, desk, kind, claim.claim_id, claim.owner, lots)
        wanted = Wanted(
            kind=kind,
            owner=claim.owner,
            histories=claim.histories,
            shown_for=shown_for,
            asked=claim.asked,
            take=lambda case: taken.next(record, case),
            status=StatusPlace(index, desk.status_uri),
        )
        issued = issue_credential(claims, desk.issuer, wanted, datetime.now(UTC))
    if issued.case.record is not None and not issued.case.record.parts[-1].lots:
        with outbox.store.claims() as claims:  # another claim has taken what made this one stale
            claims.set_lengths(claim.claim_id, lengths(issued.case))
        return 0
    _supersede(desk, claim, issued, index)
    return 1


def _look(claims: Claims, claim: ClaimRow, kind: ClaimKind, record: ClaimRecord) -> tuple[dict[int, int], bool]:
    """How long a claim's lots are on chain, and whether anything has followed on it since it was last looked at.

    Only what is new is read: a lot that goes on selling grows all day, and most of it is none of the claim's business.
    """
    length_by_lot, is_followed = {}, False
    for lot, length in claims.lengths_of(claim.claim_id).items():
        runs = claims.runs_of(lot)
        length_by_lot[lot] = runs[-1].length if runs else 0
        news = claims.events_of(lot, length, length_by_lot[lot])
        told = ((NAME_BY_CODE[event.kind], json.loads(event.body).get("target")) for event in news)
        is_followed = is_followed or has_followed(kind, record.positions(lot), told)
    return length_by_lot, is_followed


def _supersede(desk: ClaimDesk, claim: ClaimRow, issued: Issued, index: int) -> None:
    outbox, record = desk.outbox, issued.case.record
    assert record is not None
    digest = digest_of(issued.signing_input)
    call = supersede_call(outbox, desk.issuer.party, record, digest, _limits(desk, record, issued))
    outbox.check(call)
    row = CredentialRow(
        status_index=index,
        digest=digest,
        kind=claim.kind,
        owner=claim.owner,
        reader=None,
        claim_id=claim.claim_id,
        version=record.version,
        status=Status.INVALID,
        reason=NOT_RECORDED,
        successor=None,
        issued_at=issued.payload["iat"],
        expires_at=issued.payload["exp"],
        figures=issued.payload["claim"]["figures"],
    )
    with outbox.store.claims() as claims:
        claims.save_credential(row, issued.text, issued.anchor.block_number)
        claims.set_lengths(claim.claim_id, lengths(issued.case))
        txs = outbox.save(claims, [call])
    outbox.wait(txs)


def _limits(desk: ClaimDesk, record: ClaimRecord, issued: Issued) -> dict[str, int]:
    """The limits that fall with the new ceilings; one that would rise stays where it is."""
    currencies = issued.payload["claim"]["figures"].get("currencies", {})
    found = {}
    for tank in record.tanks:
        ceiling = max(0, currencies.get(tank.currency, {"ceiling_minor": 0})["ceiling_minor"])
        limit = min(SHARES, tank.share(ceiling))
        if limit < desk.outbox.chain.tank(record.claim_id, tank.currency)[1]:
            found[tank.currency] = limit
    return found


def _why(claim: ClaimRow, newest: CredentialRow) -> str:
    return f"version {newest.version} takes in what followed on version {claim.version}"
