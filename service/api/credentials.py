"""POST /v1/credentials/provenance, POST /v1/verify."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.api.access import CallerDep, note_read, require_lot
from service.api.body import read_body, read_credential, schema_of
from service.api.claim_access import sees_claim, sees_endorsement
from service.api.claims import describe_credential
from service.api.document import may_answer
from service.api.judge import judge
from service.api.problems import ProblemError, not_found
from service.api.refusals import carry_out
from service.core.access import Sight, may_change_claim, may_issue_provenance, may_read_credential
from service.core.caller import Caller
from service.flow.claim_ports import CredentialRow
from service.flow.issue import issue_credential, provenance
from service.flow.withdraw import withdraw_credential
from service.runtime import Runtime
from service.store.claims import SqlClaims, SqlClaimStore
from verifier.claims.kinds import ENDORSEMENT
from verifier.errors import VerificationError
from verifier.es256 import Jwk
from verifier.report import Answer

router = APIRouter(prefix="/v1", tags=["credentials"])

CredentialDigest = Annotated[
    str, Path(pattern=r"^0x[0-9a-f]{64}$", description="SHA-256 of the credential's `header.payload`, in hex")
]
Group = Literal["document", "goods", "logistics", "money", "order", "person"]


class Holder(BaseModel):
    """A P-256 key that the holder will sign with when it shows the credential."""

    model_config = ConfigDict(extra="forbid")
    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str
    y: str


class ProvenanceIn(BaseModel):
    """Which lot, and which groups of its events the reader of the credential may see."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"declaration_no": "223320260001234567", "item_no": 1, "show": ["document", "goods"]}]
        },
    )
    declaration_no: Annotated[str, Field(pattern=r"^[0-9]{18}$")]
    item_no: Annotated[int, Field(ge=1, le=99)]
    part_no: Annotated[int, Field(ge=0, le=99)] = 0
    show: list[Group] = Field(["document", "goods"], description="groups to disclose; the rest stays sealed")
    holder_jwk: Holder | None = None


class ProvenanceOut(BaseModel):
    """The credential, and what our own verifier says of it."""

    credential: str
    report: dict[str, Any]


async def _asked(request: Request, _: CallerDep) -> ProvenanceIn:
    """The body, read only after the caller is known and only up to the usual size."""
    try:
        return ProvenanceIn.model_validate_json(await read_body(request))
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_url=False)) from error


@router.post(
    "/credentials/provenance",
    summary="Issue a provenance credential 签发溯源凭证",
    status_code=201,
    response_model=ProvenanceOut,
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema_of(ProvenanceIn)}}}
    },
    responses=may_answer(404, 409),
)
def post_provenance(
    request: Request, caller: CallerDep, asked: Annotated[ProvenanceIn, Depends(_asked)]
) -> dict[str, Any]:
    """A provenance credential (SD-JWT) of one lot: its whole history, where every piece is, anchored on chain.

    The credential was verified by our own verifier before it is handed out. Only the lot's owner may ask for groups
    beyond `document` and `goods`.
    """
    runtime: Runtime = request.app.state.runtime
    line = f"{asked.declaration_no}-{asked.item_no:02d}-{asked.part_no:02d}"
    holder = None if asked.holder_jwk is None else _holder_key(asked.holder_jwk)
    with request.app.state.trails.trail() as trail:
        lot = require_lot(request, trail, caller, trail.find_lot(line=line))
        if not may_issue_provenance(caller, owner=lot.owner, sight=Sight.WHOLE, groups=frozenset(asked.show)):
            raise ProblemError(403, "OwnerOnly", "only the owner shows more than document and goods", field="show")
        wanted = provenance(lot.lot, lot.owner, frozenset(asked.show), holder)
        issued = carry_out(lambda: issue_credential(trail, runtime.desk, wanted, datetime.now(UTC)))
    with request.app.state.witnesses.witnesses() as witnesses:
        witnesses.save_anchor(issued.anchor.block_number)
    return {"credential": issued.text, "report": issued.report.to_json()}


def _holder_key(holder: Holder) -> Jwk:
    try:
        jwk = Jwk.from_json(holder.model_dump(), "holder_jwk")
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + jwk.x + jwk.y)
    except (VerificationError, ValueError) as error:
        detail = "expected the 32-byte coordinates of a point of P-256"
        raise ProblemError(422, "Malformed", detail, field="holder_jwk") from error
    return jwk


@router.get("/credentials", summary="Your credentials 凭证列表")
def get_credentials(
    request: Request,
    caller: CallerDep,
    first: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    limit: Annotated[int, Query(ge=0, le=1_000)] = 100,
) -> dict[str, Any]:
    """The credentials of claims that the caller owns, and the endorsements that were issued to it, newest first.

    Each with its status: why it no longer stands, and which one took its place. Provenance credentials are not kept.
    """
    store: SqlClaimStore = request.app.state.claims.store
    with store.view() as claims:
        rows = claims.credentials_for(caller.party, first, limit)
        for row in rows:
            note_read(request, row.owner, "credentials")
    return {"credentials": [describe_credential(row) for row in rows]}


@router.get("/credentials/{digest}", summary="A credential 凭证原文", response_class=Response)
def get_credential(request: Request, caller: CallerDep, digest: CredentialDigest) -> Response:
    """A credential as it was issued (`application/dc+sd-jwt`), for its owner and whom it was issued to.

    Whoever may read a claim gets its versions, and the notices that correct them, but no other bank's endorsement.
    """
    return Response(require_text(request, caller, digest), media_type="application/dc+sd-jwt")


def require_text(request: Request, caller: Caller, digest: str) -> str:
    """The text of a credential that the caller may read; else NotFound."""
    store: SqlClaimStore = request.app.state.claims.store
    with store.view() as claims:
        row = claims.find_credential(bytes.fromhex(digest[2:]))
        if row is None or not _may_read(claims, caller, row):
            raise not_found()
        note_read(request, row.owner, "credential", digest)
        return claims.text_of(row.digest)


def _may_read(claims: SqlClaims, caller: Caller, row: CredentialRow) -> bool:
    claim = None if row.claim_id is None else claims.find_claim(row.claim_id)
    is_of_endorsement = row.kind == ENDORSEMENT.name
    return may_read_credential(
        caller,
        owner=row.owner,
        named=row.reader,
        sees_claim=claim is not None and sees_claim(claims, caller, claim),
        sees_endorsement=not is_of_endorsement
        or (claim is not None and sees_endorsement(claims, caller, claim, row.reader)),
    )


@router.delete("/credentials/{digest}", summary="Withdraw a credential 撤回凭证", responses=may_answer(409))
def delete_credential(request: Request, caller: CallerDep, digest: CredentialDigest) -> dict[str, Any]:
    """Withdraw a credential that the chain does not record, a stock position say: the status list calls it invalid.

    Only its owner. A claim that the chain records is taken back with `DELETE /v1/claims/{claim_id}`.
    """
    store: SqlClaimStore = request.app.state.claims.store
    with store.view() as claims:
        row = claims.find_credential(bytes.fromhex(digest[2:]))
    if row is None or not may_change_claim(caller, owner=row.owner):
        raise not_found()
    carry_out(lambda: withdraw_credential(store, row))
    return {"digest": digest, "status": "invalid"}


@router.post(
    "/verify",
    summary="Verify a credential 核验凭证",
    openapi_extra={"requestBody": {"content": {"application/dc+sd-jwt": {}}, "required": True}},
)
async def post_verify(request: Request, _: CallerDep) -> dict[str, Any]:
    """Verify a credential against this service's own node and status list. To trust nobody, verify it yourself."""
    report = await run_in_threadpool(judge, request.app, await read_credential(request))
    return report.to_json() | {"is_valid": report.answer is Answer.VALID}
