"""Consents of owners, endorsements of banks, and what banks give back."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from service.api.access import CallerDep
from service.api.body import json_body, openapi_body
from service.api.claims import ClaimId, RequestName, describe_consent, require_claim
from service.api.problems import ProblemError, not_found
from service.api.refusals import refusal
from service.flow.claim import ClaimDesk
from service.flow.claim_ports import LIVE, EndorsementRow
from service.flow.consent import give_consent, withdraw_consent
from service.flow.endorse import Request as Endorsing
from service.flow.endorse import endorse, standing_of
from service.flow.issue import IssueError
from service.flow.notices import issue_endorsement
from service.flow.once import Once
from service.flow.release import release
from service.store.claims import SqlClaimStore
from verifier.canonical import MAX_INTEGER
from verifier.kinds import Role
from verifier.shapes import to_hex

router = APIRouter(prefix="/v1", tags=["endorsements"])

Minor = Annotated[int, Field(ge=1, le=MAX_INTEGER)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217")]
EndorsementId = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


class ConsentIn(BaseModel):
    """Which bank may see a claim and endorse how much of a currency of it."""

    model_config = ConfigDict(extra="forbid")
    bank: Annotated[int, Field(ge=1, lt=1 << 24, description="party number of the bank")]
    currency: Currency
    maximum_minor: Minor | None = Field(None, description="cumulative, in minor units; the ceiling if left out")


class EndorsementIn(BaseModel):
    """How much of a claim a bank has used, and the receipt that it rests on."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"currency": "USD", "amount_minor": 700000, "reference": "SH26061500417", "receipt_minor": 700000}
            ]
        },
    )
    currency: Currency
    amount_minor: Minor
    reference: Annotated[str, Field(min_length=1, max_length=100, description="the bank's reference of its receipt")]
    receipt_minor: Minor = Field(description="the whole receipt, in minor units of its currency")
    receipt_currency: Currency | None = Field(None, description="the receipt's currency; the claim's if left out")
    receipt_amount_minor: Minor | None = Field(None, description="how much of the receipt; amount_minor if left out")


class ReleaseIn(BaseModel):
    """The outward payment with which the bank gave the money back (退汇)."""

    model_config = ConfigDict(extra="forbid")
    payment: Annotated[str, Field(min_length=1, max_length=100)]


ConsentDep = Annotated[ConsentIn, Depends(json_body(ConsentIn))]
EndorsementDep = Annotated[EndorsementIn, Depends(json_body(EndorsementIn))]
ReleaseDep = Annotated[ReleaseIn, Depends(json_body(ReleaseIn))]


@router.post(
    "/claims/{claim_id}/consents",
    summary="Let a bank see and endorse a claim 授权银行",
    status_code=201,
    openapi_extra=openapi_body(ConsentIn),
)
def post_consent(request: Request, caller: CallerDep, claim_id: ClaimId, asked: ConsentDep) -> dict[str, Any]:
    """The owner of a claim consents that a bank sees it, and endorses up to a maximum of a currency."""
    desk = _desk(request)
    with _store(request).view() as claims:
        claim = require_claim(claims, caller, claim_id)
    if claim.owner != caller.party:
        raise not_found()
    try:
        row = give_consent(desk.outbox, claim, asked.bank, asked.currency, asked.maximum_minor)
    except IssueError as error:
        raise refusal(error) from error
    return describe_consent(row)


@router.delete("/claims/{claim_id}/consents/{bank}", summary="Withdraw a consent 撤回授权")
def delete_consent(
    request: Request, caller: CallerDep, claim_id: ClaimId, bank: Annotated[int, Path(ge=1, lt=1 << 24)]
) -> dict[str, Any]:
    """The owner of a claim withdraws a bank's consent, for every currency. What the bank has endorsed stays."""
    desk = _desk(request)
    with _store(request).view() as claims:
        claim = require_claim(claims, caller, claim_id)
    if claim.owner != caller.party:
        raise not_found()
    withdraw_consent(desk.outbox, claim, bank)
    return {"claim_id": claim_id, "bank": bank, "consents": []}


@router.post(
    "/claims/{claim_id}/endorsements",
    summary="Endorse an amount 签注",
    status_code=201,
    openapi_extra=openapi_body(EndorsementIn),
)
def post_endorsement(
    request: Request,
    response: Response,
    caller: CallerDep,
    claim_id: ClaimId,
    asked: EndorsementDep,
    name: RequestName = None,
) -> dict[str, Any]:
    """A bank marks an amount of a claim as used, against a receipt. The chain lets only one bank have each amount.

    Give each request a name (`Idempotency-Key`): repeated, it gives the endorsement that it made. Without a name, an
    amount that stands against the same receipt is refused with `EndorsedAlready`.

    Refused with the figures if less is left, if another bank was faster, or if a return came in between.
    """
    desk = _desk(request)
    with _store(request).view() as claims:
        claim = require_claim(claims, caller, claim_id)
    if not caller.roles & Role.BANK:
        raise ProblemError(
            403, "BanksOnly", "only banks endorse; an owner consents: POST /v1/claims/{claim_id}/consents"
        )
    wanted = Endorsing(
        bank=caller.party,
        currency=asked.currency,
        amount_minor=asked.amount_minor,
        reference=asked.reference,
        receipt_currency=asked.receipt_currency or asked.currency,
        receipt_minor=asked.receipt_minor,
        receipt_amount_minor=asked.receipt_amount_minor or asked.amount_minor,
    )
    try:
        once = Once.of(caller.party, name, {"endorse": claim_id, **asked.model_dump()})
        row, is_new = endorse(desk.outbox, claim, wanted, once)
        response.status_code = 201 if is_new else 200
        credential = issue_endorsement(desk, claim, row) if row.state == LIVE else None
    except IssueError as error:
        raise refusal(error) from error
    standing = standing_of(desk.outbox, claim, row.currency).figures()
    return describe(row) | standing | {"credential": credential}


@router.get("/endorsements", summary="The bank's own ledger 本行签注台账")
def get_endorsements(request: Request, caller: CallerDep) -> dict[str, Any]:
    """Everything that the calling bank has endorsed, newest first."""
    with _store(request).view() as claims:
        return {"endorsements": [describe(row) for row in claims.endorsements_by(caller.party)]}


@router.post(
    "/endorsements/{endorsement_id}/release",
    summary="Give an endorsement back 释放签注",
    openapi_extra=openapi_body(ReleaseIn),
)
def post_release(
    request: Request, caller: CallerDep, endorsement_id: EndorsementId, asked: ReleaseDep
) -> dict[str, Any]:
    """Only the bank that endorsed gives it back, citing its outward payment; a payment serves once."""
    desk = _desk(request)
    with _store(request).view() as claims:
        row = claims.find_endorsement(bytes.fromhex(endorsement_id))
        claim = None if row is None else claims.find_claim(row.claim_id)
    if row is None or claim is None or row.bank != caller.party:
        raise not_found()
    try:
        return describe(release(desk.outbox, claim, row, asked.payment))
    except IssueError as error:
        raise refusal(error) from error


def describe(row: EndorsementRow) -> dict[str, Any]:
    """An endorsement as its bank sees it."""
    return {
        "endorsement_id": row.endorsement_id.hex(),
        "claim_id": to_hex(row.claim_id),
        "version": row.version,
        "bank": row.bank,
        "currency": row.currency,
        "amount_minor": row.amount_minor,
        "state": row.state,
    }


def _store(request: Request) -> SqlClaimStore:
    store: SqlClaimStore = request.app.state.claims.store
    return store


def _desk(request: Request) -> ClaimDesk:
    desk: ClaimDesk = request.app.state.claims.desk
    return desk
