"""POST /v1/erasures, GET /v1/erasures: a party forgets what it has told of an order or a buyer (docs/erasure.md)."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from service.api.access import CallerDep
from service.api.body import json_body, openapi_body
from service.api.document import may_answer
from service.api.problems import ProblemError
from service.core.erasure import Asked, ErasureRow, Outlook, SubjectKind
from service.core.retention import Kept
from service.core.times import utc_text
from service.flow.erase import NotLockedError, RetainedError, erase, preview_erasure
from service.runtime import Runtime
from verifier.calendar import beijing_day

router = APIRouter(prefix="/v1", tags=["erasures"])

Value = Annotated[str, Field(min_length=1, max_length=1_000)]


class ErasureIn(BaseModel):
    """Which order or buyer, as your events name it; one of the two."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"buyer_pseudonym": "b-5f0c", "preview": True}]}
    )
    order_ref: Value | None = None
    buyer_pseudonym: Value | None = None
    preview: Annotated[bool, Field(description="only say what would be erased")] = False

    @model_validator(mode="after")
    def _one(self) -> "ErasureIn":
        if (self.order_ref is None) == (self.buyer_pseudonym is None):
            raise ValueError("expected order_ref or buyer_pseudonym, one of the two")
        return self

    def to_asked(self, party: int) -> Asked:
        """The wish as the flow takes it."""
        if self.order_ref is not None:
            return Asked(party, SubjectKind.ORDER, self.order_ref, f"party {party}")
        return Asked(party, SubjectKind.BUYER, self.buyer_pseudonym or "", f"party {party}")


BodyDep = Annotated[ErasureIn, Depends(json_body(ErasureIn))]


@router.post(
    "/erasures",
    summary="Erase an order or a buyer 擦除订单或买家明细",
    openapi_extra=openapi_body(ErasureIn),
    responses=may_answer(409),
)
def post_erasure(request: Request, caller: CallerDep, body: BodyDep) -> dict[str, Any]:
    """Erase what you have told of an order or a buyer: salts and values of its `order` and `person` groups.

    The details of an order that are evidence of a tax claim or a collection stay as long as the law keeps them; `kept`
    says until when and why. Proofs that were given before verify for what they disclose. Repeating is safe.
    """
    runtime: Runtime = request.app.state.runtime
    asked, today = body.to_asked(caller.party), beijing_day(datetime.now(UTC))
    try:
        act = preview_erasure if body.preview else erase
        return to_json(act(runtime.erasures, asked, today))
    except RetainedError as error:
        raise ProblemError(409, "Retained", str(error), kept=kept_to_json(error.kept)) from error
    except NotLockedError as error:
        raise ProblemError(409, "DetailsInClear", str(error)) from error


@router.get("/erasures", summary="Your erasures 擦除记录")
def get_erasures(request: Request, caller: CallerDep) -> dict[str, Any]:
    """What was erased of yours, newest first: which groups, of how many events, when, at whose word. Never whose."""
    runtime: Runtime = request.app.state.runtime
    with runtime.erasures.view() as erasures:
        return {"erasures": [_row_to_json(row) for row in erasures.erasures_of(caller.party)]}


def to_json(outlook: Outlook) -> dict[str, Any]:
    """What was erased, or would be."""
    return {
        "erasure": outlook.number,
        "events": outlook.events if outlook.groups else 0,
        "groups": list(outlook.groups),
        "waiting": len(outlook.waiting),
        "kept": None if outlook.kept is None else kept_to_json(outlook.kept),
    }


def kept_to_json(kept: Kept) -> dict[str, Any]:
    """What stays: until when, and the rule that says so."""
    rule = kept.rule
    return {
        "group": "order",
        "until": kept.until.isoformat(),
        "rule": {"id": rule.id, "en": rule.en, "zh": rule.zh, "source": rule.source, "basis": rule.basis},
    }


def _row_to_json(row: ErasureRow) -> dict[str, Any]:
    return {
        "erasure": row.number,
        "kind": row.kind,
        "groups": list(row.groups),
        "events": row.events,
        "asked_by": row.asked_by,
        "asked_at": utc_text(row.asked_at),
        "finished_at": None if row.finished_at is None else utc_text(row.finished_at),
    }
