"""Consents of owners, endorsements of banks, and what banks give back."""

import time
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from service.api.access import CallerDep
from service.api.body import json_body, openapi_body
from service.api.claim_access import list_consents, require_claim, require_own_claim
from service.api.claims import ClaimId, RequestName, describe_consent
from service.api.document import may_answer
from service.api.problems import ProblemError, not_found
from service.api.refusals import carry_out
from service.core.access import may_endorse, may_release
from service.flow.claim import ClaimDesk
from service.flow.claim_ports import LIVE, EndorsementRow
from service.flow.consent import CONSENT_SECONDS, MAX_CONSENT_SECONDS, give_consent, show_claim, withdraw_consent
from service.flow.endorse import Request as Endorsing
from service.flow.endorse import endorse, standing_of
from service.flow.notices import issue_endorsement
from service.flow.once import Once
from service.flow.release import release
from service.store.claims import SqlClaimStore
from verifier.canonical import MAX_INTEGER
from verifier.shapes import to_hex

router = APIRouter(prefix="/v1", tags=["endorsements"])

Minor = Annotated[int, Field(ge=1, le=MAX_INTEGER)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217")]
PartyNo = Annotated[int, Field(ge=1, lt=1 << 24)]
EndorsementId = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


class ConsentIn(BaseModel):
    """Which bank may see a claim and endorse how much of a currency of it; or which reader may see it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"bank": 8, "currency": "USD", "until": "2027-03-31T16:00:00Z"}]},
    )
    bank: PartyNo | None = Field(None, description="party number of the bank that may endorse")
    reader: PartyNo | None = Field(
        None, description="in its place: a bank, SAFE or an auditor that may see it, no more"
    )
    currency: Currency | None = Field(None, description="of what the bank may endorse, ISO 4217")
    maximum_minor: Minor | None = Field(None, description="cumulative, in minor units; the ceiling if left out")
    until: AwareDatetime | None = Field(None, description="when it ends; 90 days from now if left out")

    @model_validator(mode="after")
    def check_members(self) -> "ConsentIn":
        """A bank goes with a currency, a reader with none."""
        if (self.bank is None) == (self.reader is None):
            raise ValueError("expected bank or reader")
        if (self.bank is None) != (self.currency is None):
            raise ValueError("expected a currency with bank, and none with reader")
        if self.reader is not None and self.maximum_minor is not None:
            raise ValueError("a reader endorses nothing: no maximum_minor")
        return self


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
    responses=may_answer(409),
)
def post_consent(request: Request, caller: CallerDep, claim_id: ClaimId, asked: ConsentDep) -> dict[str, Any]:
    """The owner of a claim consents that a bank sees it, and endorses up to a maximum of a currency."""
    outbox = _desk(request).outbox
    with _store(request).view() as claims:
        claim = require_own_claim(request, claims, caller, claim_id)
    until = _end(asked.until)
    if asked.reader is not None:
        reader = asked.reader
        return describe_consent(carry_out(lambda: show_claim(outbox, claim, reader, until)))
    bank, currency, maximum = asked.bank or 0, asked.currency or "", asked.maximum_minor
    return describe_consent(carry_out(lambda: give_consent(outbox, claim, bank, currency, maximum, until)))


@router.get("/claims/{claim_id}/consents", summary="Whom you let see a claim 授权列表")
def get_consents(request: Request, caller: CallerDep, claim_id: ClaimId) -> dict[str, Any]:
    """The consents of a claim with their ends, for its owner. One that has ended opens nothing any more."""
    with _store(request).view() as claims:
        claim = require_own_claim(request, claims, caller, claim_id)
        rows = list_consents(claims, caller, claim)
    now = time.time()
    return {"consents": [describe_consent(row) | {"is_over": row.deadline <= now} for row in rows]}


@router.delete("/claims/{claim_id}/consents/{reader}", summary="Withdraw a consent 撤回授权")
def delete_consent(
    request: Request, caller: CallerDep, claim_id: ClaimId, reader: Annotated[int, Path(ge=1, lt=1 << 24)]
) -> dict[str, Any]:
    """The owner of a claim withdraws a reader's consents, for every currency. What a bank has endorsed stays."""
    with _store(request).view() as claims:
        claim = require_own_claim(request, claims, caller, claim_id)
    withdraw_consent(_desk(request).outbox, claim, reader)
    return {"claim_id": claim_id, "reader": reader, "consents": []}


def _end(until: datetime | None) -> int:
    """The end of a consent in unix seconds: from now on to ten years ahead."""
    now = int(time.time())
    end = now + CONSENT_SECONDS if until is None else int(until.timestamp())
    if not now < end <= now + MAX_CONSENT_SECONDS:
        raise ProblemError(422, "Malformed", "expected a time from now to ten years ahead", field="until")
    return end


@router.post(
    "/claims/{claim_id}/endorsements",
    summary="Endorse an amount 签注",
    status_code=201,
    openapi_extra=openapi_body(EndorsementIn),
    responses=may_answer(409) | {200: {"description": "What the same request made before"}},
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
        claim = require_claim(request, claims, caller, claim_id)
    if not may_endorse(caller):
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
    once = Once.of(caller.party, name, {"endorse": claim_id, **asked.model_dump()})
    row, is_new = carry_out(lambda: endorse(desk.outbox, claim, wanted, once))
    response.status_code = 201 if is_new else 200
    credential = carry_out(lambda: issue_endorsement(desk, claim, row)) if row.state == LIVE else None
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
    responses=may_answer(409),
)
def post_release(
    request: Request, caller: CallerDep, endorsement_id: EndorsementId, asked: ReleaseDep
) -> dict[str, Any]:
    """Only the bank that endorsed gives it back, citing its outward payment; a payment serves once."""
    desk = _desk(request)
    with _store(request).view() as claims:
        row = claims.find_endorsement(bytes.fromhex(endorsement_id))
        claim = None if row is None else claims.find_claim(row.claim_id)
    if row is None or claim is None or not may_release(caller, bank=row.bank):
        raise not_found()
    return describe(carry_out(lambda: release(desk.outbox, claim, row, asked.payment)))


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
