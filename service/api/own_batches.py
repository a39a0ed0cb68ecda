"""Batches that a party seals and signs itself: POST /v1/events/resolve, /v1/batches, what waits, a new signature."""

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from service.api.access import CallerDep
from service.api.body import json_body, openapi_body, read_events
from service.api.document import may_answer
from service.api.examples import EVENTS_BODY
from service.api.problems import ProblemError
from service.chain.errors import ChainError
from service.core.caller import Caller
from service.core.events import parse_events
from service.core.scope import keep_in_scope
from service.core.sealing import SALTS_BYTES
from service.flow.own_batch import (
    MAX_LANE,
    OwnBatchError,
    OwnEvent,
    OwnPost,
    renew_signature,
    resolve_events,
    take_own_batch,
)
from service.flow.ports import OwnSignature
from service.flow.promise import promise
from service.keys.recover import recover_address
from service.runtime import Runtime
from verifier.canonical import from_base64url
from verifier.errors import MalformedError
from verifier.shapes import to_hex

router = APIRouter(prefix="/v1", tags=["events"])

LaneNo = Annotated[int, Path(ge=1, le=MAX_LANE)]
NonceNo = Annotated[int, Path(ge=0, lt=1 << 53)]
Salts = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{128}$")]
_MAX_BATCH_BYTES = 16 * 2**20


class SignatureIn(BaseModel):
    """An EIP-712 signature over ``Batch(party, lane · 2^64 + nonce, deadline, keccak256 of the sorted records)``."""

    model_config = ConfigDict(extra="forbid")
    nonce: Annotated[int, Field(ge=0, lt=1 << 53, description="the next one of the lane")]
    deadline: Annotated[int, Field(ge=0, lt=1 << 53, description="unix seconds; from 1 hour to 30 days ahead")]
    signature: Annotated[str, Field(pattern=r"^0x[0-9a-f]{130}$", description="r, s and v (27 or 28)")]
    lane: Annotated[int, Field(ge=1, le=MAX_LANE, description="one for each worker that signs by itself")] = 1

    def to_own(self) -> OwnSignature:
        """The signature as the flow takes it."""
        return OwnSignature(self.lane, self.nonce, self.deadline, bytes.fromhex(self.signature[2:]))


class OwnEventIn(BaseModel):
    """An event as for ``POST /v1/events``, and the salts under which its party has sealed it."""

    model_config = ConfigDict(extra="forbid")
    event: dict[str, Any]
    salts: Annotated[
        list[Salts],
        Field(min_length=1, max_length=999, description="for each part: six salts of 16 bytes, base64url of all 96"),
    ]


class OwnBatchIn(SignatureIn):
    """A batch that its party has signed."""

    events: Annotated[list[OwnEventIn], Field(min_length=1, max_length=2048)]


SignatureDep = Annotated[SignatureIn, Depends(json_body(SignatureIn))]


BatchDep = Annotated[OwnBatchIn, Depends(json_body(OwnBatchIn, _MAX_BATCH_BYTES))]


@dataclass(frozen=True, slots=True)
class _Log:
    """What signing and checking need of the log."""

    runtime: Runtime

    def chain_nonce(self, party: int, lane: int) -> int:
        """The next nonce of a lane on chain; 0 if the chain cannot be asked now."""
        with suppress(ChainError):
            return self.runtime.chain.nonce_of(party, lane)
        return 0


@router.post(
    "/events/resolve", summary="What events would become 事件预解析", openapi_extra=EVENTS_BODY, response_class=Response
)
async def resolve(request: Request, caller: CallerDep) -> Response:
    """What a party that signs itself does not know: lots, positions of targets, the parts of an event without a lot.

    Answers for each event its parts (`clear` and `groups`, as they are to be sealed), or the reason why it would be
    held or refused. Nothing is saved.
    """
    runtime: Runtime = request.app.state.runtime
    events = parse_events(await read_events(request))
    found = await run_in_threadpool(resolve_events, runtime.captures, caller.party, events, datetime.now(UTC))
    return Response(orjson.dumps({"results": found}), media_type="application/json")


@router.post(
    "/batches",
    summary="Post a batch that you have signed 提交自签批次",
    openapi_extra=openapi_body(OwnBatchIn),
    status_code=201,
    responses=may_answer(409) | {200: {"description": "What was taken in before"}},
)
def post_batch(request: Request, response: Response, caller: CallerDep, batch: BatchDep) -> dict[str, Any]:
    """Take in a batch that its party has sealed and signed itself: whole or not at all.

    The service builds each record anew from event and salts, and relays the batch; it can change nothing of it, since
    the contract checks the signature. Repeating is safe.
    """
    runtime: Runtime = request.app.state.runtime
    post = OwnPost(caller.party, _own_events(caller, batch), batch.to_own())
    chain_nonce = _Log(runtime).chain_nonce(caller.party, batch.lane)
    try:
        taken = take_own_batch(
            runtime.captures, runtime.log.domain, recover_address, post, datetime.now(UTC), chain_nonce
        )
    except OwnBatchError as error:
        raise _refusal(error) from error
    response.status_code = 201 if taken.is_new else 200
    digests = taken.digests
    return {
        "records_hash": to_hex(taken.records_hash),
        "results": [result.to_json() for result in taken.results],
        "promise": promise(runtime.custody.issuer_key(), caller.party, digests, int(time.time())) if digests else None,
    }


@router.get("/batches/own", summary="What signing needs, and what waits for it 自签信息")
def get_own(request: Request, caller: CallerDep, lane: Annotated[int, Query(ge=1, le=MAX_LANE)] = 1) -> dict[str, Any]:
    """The log's domain, the next nonce of a lane, your batch keys, and batches that want a new signature.

    A batch wants one when the contract has refused the old one: its deadline passed, its key or nonce was ended.
    """
    runtime: Runtime = request.app.state.runtime
    domain, chain_nonce = runtime.log.domain, _Log(runtime).chain_nonce(caller.party, lane)
    with runtime.captures.view() as capture:
        keys = capture.batch_keys(caller.party)
        unsigned = capture.find_unsigned(caller.party)
        nonce = max(capture.next_own_nonce(caller.party, lane), chain_nonce)
    return {
        "party": caller.party,
        "domain": {
            "chain_id": domain.chain_id,
            "contract": to_hex(domain.contract),
            "log_id": to_hex(domain.log_id),
        },
        "lane": lane,
        "next_nonce": nonce,
        "chain_nonce": chain_nonce,
        "keys": [
            {
                "address": to_hex(key.address),
                "valid_from": key.valid_from,
                "valid_to": key.valid_to,
                "is_custodial": key.is_custodial,
            }
            for key in keys
        ],
        "unsigned": [
            {
                "lane": chunk.own.lane,
                "nonce": chunk.own.nonce,
                "count": chunk.count,
                "records": to_hex(chunk.records),
                "failure": chunk.failure,
            }
            for chunk in unsigned
            if chunk.own is not None
        ],
    }


@router.put(
    "/batches/own/{lane}/{nonce}",
    summary="Sign a batch anew 重新签名",
    status_code=204,
    response_class=Response,
    openapi_extra=openapi_body(SignatureIn),
    responses=may_answer(409),
)
def put_signature(request: Request, caller: CallerDep, lane: LaneNo, nonce: NonceNo, signed: SignatureDep) -> Response:
    """Put a new signature under a batch of yours that the contract has refused: same records, another deadline.

    Its nonce stays; where that is used up, sign for another `lane`, at the next nonce there."""
    runtime: Runtime = request.app.state.runtime
    chain_nonce = _Log(runtime).chain_nonce(caller.party, signed.lane)
    domain, own = runtime.log.domain, signed.to_own()
    try:
        renew_signature(
            runtime.captures, domain, recover_address, caller.party, (lane, nonce), own, datetime.now(UTC), chain_nonce
        )
    except OwnBatchError as error:
        raise _refusal(error) from error
    return Response(status_code=204)


def _own_events(caller: Caller, batch: OwnBatchIn) -> list[OwnEvent]:
    events = parse_events(orjson.dumps([item.event for item in batch.events]))
    if caller.speaks_in is not None:
        events = keep_in_scope(events, caller.speaks_in)
    return [
        OwnEvent(event, tuple(_salts(text, place) for text in item.salts))
        for place, (event, item) in enumerate(zip(events, batch.events, strict=True))
    ]


def _salts(text: str, place: int) -> bytes:
    try:
        return from_base64url(text, SALTS_BYTES)
    except MalformedError as error:
        raise ProblemError(422, "Malformed", str(error), field=f"events.{place}.salts") from error


def _refusal(error: OwnBatchError) -> ProblemError:
    status = 404 if error.code == "NothingToSign" else 422 if error.code == "Malformed" else 409
    return ProblemError(status, error.code, error.detail, **error.members)
