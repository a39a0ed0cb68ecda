"""GET /v1/checkpoint, its key and its cosignatures, GET /v1/consistency, GET /v1/log/entries.

Checkpoint, key and consistency proofs are open to everybody: they tell sizes, hashes and block numbers, and a reader
who holds a credential, or watches the log, need not be a member.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from service.api.access import CallerDep
from service.api.body import read_body
from service.api.document import may_answer
from service.api.problems import ProblemError, not_found
from service.core.access import may_read_log_entries
from service.flow.checkpoints import (
    MAX_ENTRIES,
    CheckpointError,
    OurLog,
    checkpoint_at,
    consistency_proof,
    read_entries,
    take_cosignatures,
)
from service.runtime import Runtime
from verifier.canonical import to_base64url
from verifier.checkpoint import parse_note
from verifier.errors import MalformedError

router = APIRouter(prefix="/v1", tags=["checkpoints"])

_TEXT: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {}}}}
_MEDIA_TYPE = "text/plain; charset=utf-8"
_MAX_NOTE_BYTES = 1 << 16
_WANTED = 100
"""Blocks named in one answer."""
_STATUS = {"NotOurCheckpoint": 409, "BadCosignature": 422, "UnknownWitness": 403, "NoSuchTree": 422}

BlockNo = Annotated[int | None, Query(ge=0, lt=1 << 53, description="a block in which leaves were recorded")]
Size = Annotated[int, Query(ge=0, lt=1 << 53)]
Count = Annotated[int, Query(ge=1, le=MAX_ENTRIES)]


async def _note(request: Request, _: CallerDep) -> bytes:
    """The body, read only after the caller is known and only up to its size."""
    return await read_body(request, _MAX_NOTE_BYTES)


def _ours(runtime: Runtime) -> OurLog:
    return OurLog(runtime.settings.log_host, runtime.log.domain)


@router.get(
    "/checkpoint",
    summary="The newest checkpoint, or a block's 检查点",
    response_class=Response,
    responses=_TEXT
    | {404: {"description": "Nothing was recorded in that block"}, 409: {"description": "Nothing is on chain yet"}},
)
def get_checkpoint(request: Request, block: BlockNo = None) -> Response:
    """What the log was at the end of a block, by default of the newest with leaves: a C2SP note, signed by the log.

    It carries the cosignatures of witnesses. With a quorum of those that a reader trusts (or if the reader fetched and
    kept it) it verifies a credential of the same block without a node. No API key is needed.
    """
    runtime: Runtime = request.app.state.runtime
    with request.app.state.witnesses.view() as log:
        checkpoint = checkpoint_at(log, _ours(runtime), block)
        if checkpoint is None and block is not None:
            raise ProblemError(404, "NoCheckpoint", "no leaves were recorded in this block", field="block")
        if checkpoint is None:
            raise ProblemError(409, "NotAnchored", "nothing is on chain yet")
        cosigned = log.cosignatures(checkpoint)
    note = checkpoint.note((runtime.sign_note(checkpoint), *cosigned))
    return Response(note, headers={"Cache-Control": "public, max-age=1"}, media_type=_MEDIA_TYPE)


@router.get("/checkpoint/key", summary="The log's public key 日志公钥", response_class=Response, responses=_TEXT)
def get_checkpoint_key(request: Request) -> Response:
    """The key that checkpoints are signed with, as a C2SP verifier key. No API key is needed.

    Compare it with one that came by another way: who could forge checkpoints could forge this answer as well.
    """
    runtime: Runtime = request.app.state.runtime
    return Response(runtime.note_key.to_text() + "\n", media_type=_MEDIA_TYPE)


@router.get("/checkpoint/wanted", summary="Checkpoints that want your cosignature 待联署的检查点")
def get_wanted(request: Request, _: CallerDep, witness: Annotated[str, Query(max_length=200)]) -> dict[str, Any]:
    """The blocks at which credentials are anchored and that a witness has not cosigned, newest first, at most 100."""
    with request.app.state.witnesses.view() as log:
        return {"blocks": log.wanted(witness, _WANTED)}


@router.post(
    "/checkpoint/cosignatures",
    summary="Cosign a checkpoint 联署检查点",
    responses={
        403: {"description": "No signature of a registered witness"},
        409: {"description": "Not a checkpoint of this log"},
        413: {"description": "Too large"},
        422: {"description": "Not a signed note, or a signature that does not hold"},
    },
    openapi_extra={"requestBody": {"required": True, "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def post_cosignatures(request: Request, note: Annotated[bytes, Depends(_note)]) -> dict[str, Any]:
    """A checkpoint of this log, with the signature lines of witnesses that are registered here. Repeating is safe."""
    runtime: Runtime = request.app.state.runtime
    try:
        checkpoint, signatures = parse_note(note.decode())
    except (MalformedError, UnicodeDecodeError) as error:
        raise ProblemError(422, "Malformed", f"expected a checkpoint as a signed note: {error}") from error
    try:
        taken = take_cosignatures(request.app.state.witnesses, _ours(runtime), checkpoint, signatures)
    except CheckpointError as error:
        raise ProblemError(_STATUS[error.code], error.code, error.detail) from error
    return {"cosigned": taken}


@router.get("/consistency", summary="That the log only grew 日志一致性证明")
def get_consistency(
    request: Request, old_size: Annotated[Size, Query(alias="from")], size: Annotated[Size, Query(alias="to")]
) -> dict[str, Any]:
    """The proof that the tree of `to` leaves continues the one of `from` (RFC 9162 §2.1.4). No API key is needed."""
    with request.app.state.witnesses.view() as log:
        try:
            proof = consistency_proof(log, old_size, size)
        except CheckpointError as error:
            raise ProblemError(_STATUS[error.code], error.code, error.detail) from error
    return {"from": old_size, "to": size, "proof": [to_base64url(item) for item in proof]}


@router.get(
    "/log/entries",
    summary="The entries of the log 日志条目",
    response_class=Response,
    responses=may_answer(404) | {200: {"content": {"application/octet-stream": {}}}},
)
def get_entries(
    request: Request, caller: CallerDep, first: Annotated[Size, Query(alias="from")], count: Count = MAX_ENTRIES
) -> Response:
    """What the leaves from one on are made of: record and party, 52 bytes each. For offices, banks and auditors.

    At most 4,096, and fewer where they lie far apart on chain: ask again behind the last. Nothing behind the end.
    """
    runtime: Runtime = request.app.state.runtime
    if not may_read_log_entries(caller):
        raise not_found()
    with request.app.state.witnesses.view() as log:
        entries = read_entries(log, runtime.chain, first, count)
    return Response(entries, media_type="application/octet-stream")
