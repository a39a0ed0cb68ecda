"""POST /v1/claims and what becomes of them: preview, list, look at, hand over, revoke."""

import time
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from service.api.access import CallerDep, note_read, require_lot
from service.api.body import json_body, openapi_body
from service.api.claim_access import list_consents, may_read, require_claim, require_own_claim, sees_endorsement
from service.api.document import may_answer
from service.api.examples import CLAIM_EXAMPLES
from service.api.problems import ProblemError, not_found
from service.api.refusals import Members, carry_out, check_asked, tell_of_lots
from service.claim_runtime import shown_for
from service.core.access import (
    claim_kinds_for,
    may_be_shown_claims,
    may_change_claim,
)
from service.core.caller import Caller
from service.core.times import utc_text
from service.flow.claim import ClaimDesk, ClaimWish, make_claim, preview_claim
from service.flow.claim_ports import SIGHT, ClaimRow, ConsentRow, CredentialRow
from service.flow.endorse import standings_of
from service.flow.issue import IssueError
from service.flow.once import Once
from service.flow.revoke import revoke_claim
from service.store.claims import SqlClaimStore
from verifier.claims.kinds import ENDORSEMENT, KIND_BY_NAME, PROVENANCE
from verifier.shapes import to_hex

router = APIRouter(prefix="/v1/claims", tags=["claims"])

KindName = Literal["exchange-collection", "pre-refund", "settlement", "return-to-origin", "loss", "stock"]
RequestName = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="a name of the caller's own for this request: repeated with the same name, it acts once",
    ),
]
ClaimId = Annotated[str, Path(pattern=r"^0x[0-9a-f]{64}$", description="id of the claim, 32 bytes in hex")]


class LineIn(BaseModel):
    """An item line of a declaration, or a part of it."""

    model_config = ConfigDict(extra="forbid")
    declaration_no: Annotated[str, Field(pattern=r"^[0-9]{18}$")]
    item_no: Annotated[int, Field(ge=1, le=99)]
    part_no: Annotated[int, Field(ge=0, le=99)] = 0


class ClaimIn(BaseModel):
    """What is claimed, over which lines, and what the kind asks to be told (docs/api.md)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": CLAIM_EXAMPLES},
    )
    kind: KindName
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=200)]
    asked: dict[str, Any] = Field(
        default_factory=dict,
        description="what the kind asks the exporter to state, amounts in CNY fen, rates as decimal strings; "
        "nothing for exchange-collection, return-to-origin, loss and stock",
    )


@router.post(
    "/preview",
    summary="What a claim would say 申请预览",
    openapi_extra=openapi_body(ClaimIn),
    responses=may_answer(404, 409),
)
def post_preview(
    request: Request, caller: CallerDep, asked: Annotated[ClaimIn, Depends(json_body(ClaimIn))]
) -> dict[str, Any]:
    """The figures of a claim as they would be now. Nothing is recorded and no credential is handed out."""
    desk = _desk(request)
    wish = _wish(request, _store(request), caller, asked)
    issued = carry_out(lambda: preview_claim(desk, wish), _teller(request, caller, wish))
    return {"kind": asked.kind, "figures": issued.payload["claim"]["figures"], "cutoff": issued.payload["cutoff"]}


@router.post(
    "",
    summary="Make a claim 申请证明",
    status_code=201,
    responses=may_answer(404, 409) | {200: {"description": "what the same request made before"}},
    openapi_extra=openapi_body(ClaimIn),
)
def post_claim(
    request: Request,
    response: Response,
    caller: CallerDep,
    asked: Annotated[ClaimIn, Depends(json_body(ClaimIn))],
    name: RequestName = None,
) -> dict[str, Any]:
    """Make a claim: compute it, sign it, have the chain record what it uses up, and verify it.

    The credential shows what its reader needs: a bank money and orders, customs goods and logistics, the tax office
    goods, money and cost. Refused with a code and the figures where the rules forbid it.
    """
    desk = _desk(request)
    wish = _wish(request, _store(request), caller, asked)
    once = Once.of(caller.party, name, {"claim": asked.model_dump()})
    made = carry_out(lambda: make_claim(desk, wish, once), _teller(request, caller, wish))
    response.status_code = 201 if made.is_new else 200
    return {
        "claim_id": None if made.claim_id is None else to_hex(made.claim_id),
        "state": made.state,
        "kind": asked.kind,
        "figures": made.figures,
        "credential": made.text,
        "report": made.report.to_json() | {"says": None},
    }


@router.get("", summary="Claims 证明列表")
def get_claims(request: Request, caller: CallerDep) -> dict[str, Any]:
    """The caller's claims, those that their owners have shown it, and those made for its office, newest first."""
    with _store(request).view() as claims:
        now = int(time.time())
        shown = claims.claims_open_to(caller.party, now) if may_be_shown_claims(caller) else []
        admitted = claims.owners_who_admitted(caller.party)
        found = claims.claims_for(owners=admitted | {caller.party}, ids=shown, kinds=claim_kinds_for(caller))
        readable = [claim for claim in found if may_read(caller, claim, shown, admitted)]
        for claim in readable:
            note_read(request, claim.owner, "claims")
        return {"claims": [describe_claim(claim) for claim in readable]}


@router.get("/{claim_id}", summary="A claim 证明详情")
def get_claim(request: Request, caller: CallerDep, claim_id: ClaimId) -> dict[str, Any]:
    """A claim: its versions with their figures and status, and what is left of each currency.

    Another bank than the one that endorsed sees what was used, and by whom not.
    """
    desk = _desk(request)
    with _store(request).view() as claims:
        claim = require_claim(request, claims, caller, claim_id)
        rows = claims.credentials_of(claim.claim_id)
        # A bank is told what others used in all, and never which endorsement was how much.
        versions = [
            describe_credential(row)
            for row in rows
            if row.kind != ENDORSEMENT.name or sees_endorsement(claims, caller, claim, row.reader)
        ]
        endorsements = [
            row for row in claims.endorsements_of(claim.claim_id) if sees_endorsement(claims, caller, claim, row.bank)
        ]
        consents = list_consents(claims, caller, claim)
    standings = standings_of(desk.outbox, claim) if claim.state == "live" else []
    return describe_claim(claim) | {
        "credentials": versions,
        "currencies": [standing.figures() for standing in standings],
        "consents": [describe_consent(row) for row in consents],
        "endorsements": [
            {
                "endorsement_id": row.endorsement_id.hex(),
                "bank": row.bank,
                "currency": row.currency,
                "amount_minor": row.amount_minor,
                "state": row.state,
                "version": row.version,
            }
            for row in endorsements
        ],
    }


@router.get("/{claim_id}/credential", summary="The newest credential of a claim 证明凭证", response_class=Response)
def get_credential(request: Request, caller: CallerDep, claim_id: ClaimId) -> Response:
    """The credential of the newest version, as it was issued for its reader."""
    with _store(request).view() as claims:
        claim = require_claim(request, claims, caller, claim_id)
        rows = [row for row in claims.credentials_of(claim.claim_id) if row.kind == claim.kind]
        newest = next((row for row in reversed(rows) if row.version == claim.version), None)
        if newest is None:
            raise not_found()
        text = claims.text_of(newest.digest)
    return Response(text, media_type="application/dc+sd-jwt")


@router.delete("/{claim_id}", summary="Take a claim back 撤销证明", responses=may_answer(409))
def delete_claim(request: Request, caller: CallerDep, claim_id: ClaimId) -> dict[str, Any]:
    """Take a claim back: its sales are free for another claim. Only its owner, and only while no bank has endorsed."""
    desk = _desk(request)
    with _store(request).view() as claims:
        claim = require_own_claim(request, claims, caller, claim_id)
    return {"claim_id": claim_id, "state": carry_out(lambda: revoke_claim(desk, claim))}


def describe_claim(claim: ClaimRow) -> dict[str, Any]:
    """A claim as a list shows it."""
    return {
        "claim_id": to_hex(claim.claim_id),
        "kind": claim.kind,
        "owner": claim.owner,
        "version": claim.version,
        "state": claim.state,
        "is_overdrawn": claim.is_overdrawn,
        "failure": claim.failure,
        "asked": claim.asked,
    }


def describe_consent(row: ConsentRow) -> dict[str, Any]:
    """What an owner lets a bank do, or another reader see, and until when."""
    consent: dict[str, Any] = {"reader": row.bank}
    if row.currency != SIGHT:
        consent = {"bank": row.bank, "currency": row.currency, "maximum_minor": row.maximum_minor}
    return consent | {"until": utc_text(row.deadline)}


def describe_credential(row: CredentialRow) -> dict[str, Any]:
    """A credential and its status: why it is no longer valid, and which one took its place."""
    return {
        "digest": to_hex(row.digest),
        "kind": row.kind,
        "version": row.version,
        "status": ("valid", "invalid", "suspended")[row.status],
        "reason": row.reason or None,
        "successor": None if row.successor is None else to_hex(row.successor),
        "figures": row.figures,
    }


def _store(request: Request) -> SqlClaimStore:
    store: SqlClaimStore = request.app.state.claims.store
    return store


def _desk(request: Request) -> ClaimDesk:
    desk: ClaimDesk = request.app.state.claims.desk
    return desk


def _teller(request: Request, caller: Caller, wish: ClaimWish) -> Callable[[IssueError], Members]:
    def tell(error: IssueError) -> Members:
        with _store(request).view() as claims:
            return tell_of_lots(claims, caller, wish, error)

    return tell


def _wish(
    request: Request, store: SqlClaimStore, caller: Caller, asked: Annotated[ClaimIn, Depends(json_body(ClaimIn))]
) -> ClaimWish:
    """The lots behind the lines; only their owner may claim."""
    check_asked(asked.asked)
    lots = []
    with store.view() as claims:
        for line in asked.lines:
            name = f"{line.declaration_no}-{line.item_no:02d}-{line.part_no:02d}"
            lot = require_lot(request, claims, caller, claims.find_lot(line=name))
            if not may_change_claim(caller, owner=lot.owner):
                raise ProblemError(403, "OwnerOnly", "only the owner of a lot makes claims on it", field="lines")
            lots.append(lot.lot)
    if len(set(lots)) != len(lots):
        raise ProblemError(422, "Malformed", "expected each line once", field="lines")
    kind = KIND_BY_NAME.get(asked.kind)
    if kind is None or kind is PROVENANCE:
        raise ProblemError(422, "Malformed", "expected a kind of claim", field="kind", got=asked.kind)
    return ClaimWish(
        kind=kind,
        owner=caller.party,
        lots=sorted(lots),
        asked=asked.asked,
        shown_for=shown_for(asked.kind),
    )
