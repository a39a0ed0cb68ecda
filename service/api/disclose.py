"""POST /v1/credentials/disclose: the same cut as ``python -m verifier disclose``, for those who have no verifier."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.api.access import CallerDep
from service.api.body import MAX_CREDENTIAL_BYTES, read_body, schema_of
from service.api.problems import ProblemError
from verifier.disclose import Cut, disclose
from verifier.errors import HolderError, VerificationError

router = APIRouter(prefix="/v1", tags=["credentials"])

Group = Literal["document", "goods", "logistics", "money", "order", "person"]


class DiscloseIn(BaseModel):
    """A credential, and what to take out of it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"credential": "eyJ…~", "drop": ["money"], "kinds": ["SALE"]}]},
    )
    credential: str
    only: list[Group] | None = Field(None, description="groups that stay; all others go")
    drop: list[Group] = Field([], description="groups that go")
    kinds: list[str] = Field([], description="cut events of these kinds only; all without any")


class DiscloseOut(BaseModel):
    """The credential after the cut: `kept` of the `shown` groups are left."""

    credential: str
    kept: int
    shown: int


async def _asked(request: Request, _: CallerDep) -> DiscloseIn:
    """The body, read only after the caller is known and only up to the usual size."""
    try:
        return DiscloseIn.model_validate_json(await read_body(request, MAX_CREDENTIAL_BYTES))
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_url=False, include_input=False)) from error


@router.post(
    "/credentials/disclose",
    summary="Cut a credential 裁剪凭证",
    response_model=DiscloseOut,
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema_of(DiscloseIn)}}}
    },
)
async def post_disclose(asked: Annotated[DiscloseIn, Depends(_asked)]) -> dict[str, Any]:
    """Take groups out of a credential, so that the next reader sees less. Nothing is signed anew, nothing is kept."""
    try:
        cut = Cut(None if asked.only is None else frozenset(asked.only), frozenset(asked.drop), frozenset(asked.kinds))
        presented = await run_in_threadpool(disclose, asked.credential.encode(), cut)
    except HolderError as error:
        raise ProblemError(422, "HolderBound", str(error), field="credential") from error
    except VerificationError as error:
        raise ProblemError(422, "Malformed", str(error), field="credential") from error
    return {"credential": presented.text, "kept": presented.kept, "shown": presented.shown}
