"""POST /v1/events, GET /v1/events/{event_id}/proof, GET /v1/events/{event_id}.

An id may have slashes in it, so the proof comes first. In an id that itself ends in ``/proof`` that slash is escaped,
as it should be in all of them: ``…/SO%2Fproof`` asks for the event, ``…/SO%2Fproof/proof`` for its proof.
"""

import time
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response

from service.api.access import CallerDep, require_event
from service.api.body import read_events
from service.api.document import may_answer
from service.api.examples import EVENTS_ANSWER, EVENTS_BODY
from service.api.intake import Intake, IntakeFullError
from service.api.metrics import EVENTS
from service.api.problems import ProblemError, not_found, problem
from service.core.access import may_read_groups
from service.core.allocation import Allocation
from service.core.caller import Caller
from service.core.details import erased_groups, open_slots
from service.core.events import event_key
from service.core.times import utc_text
from service.flow.allocate import parts_to_json
from service.flow.capture_group import Result
from service.flow.promise import promise
from service.runtime import Runtime
from service.store.trail import EventView, SqlTrail
from verifier.canonical import to_base64url
from verifier.inclusion import Inclusion
from verifier.merkle import inclusion_path
from verifier.record import MAX_PARTY, lot_to_hex

router = APIRouter(prefix="/v1", tags=["events"])

Sender = Annotated[int | None, Query(ge=1, le=MAX_PARTY, description="who sent the event, if it is not you")]
_STATIONS = ("accepted", "sealed", "anchored")
_STATUS = {"accepted": 201, "duplicate": 200, "held": 202}


@router.post(
    "/events",
    summary="Post events 上报事件",
    openapi_extra=EVENTS_BODY,
    responses=EVENTS_ANSWER,
    response_class=Response,
)
async def post_events(request: Request, caller: CallerDep) -> Response:
    """Take in one event, or an array of up to 5,000. Repeating is safe: the same id and payload is a `duplicate`.

    Each event is answered `accepted`, `duplicate`, `held` (it waits for another event) or `refused`, with a code. What
    is accepted or held is saved. `promise` is a signed promise (JWS) to anchor the accepted ones by `due`.
    """
    body = await read_events(request)
    results = await _submit(request, caller, body)
    for result in results:
        EVENTS.labels(result.status).inc()
    if body.lstrip()[:1] != b"[":
        return _answer_one(request, caller, results[0])
    answer = {"results": [result.to_json() for result in results], "promise": _promise(request, caller, results)}
    return Response(orjson.dumps(answer), media_type="application/json")


async def _submit(request: Request, caller: Caller, body: bytes) -> list[Result]:
    intake: Intake = request.app.state.intake
    try:
        return await intake.submit(caller.party, body, caller.speaks_in)
    except IntakeFullError as error:
        raise ProblemError(503, "Busy", "too many requests wait; nothing was taken in, try again") from error


def _answer_one(request: Request, caller: Caller, result: Result) -> Response:
    if result.status == "refused":
        members = result.to_json()
        del members["status"]
        return problem(422, members.pop("code"), members.pop("detail"), **members)
    answer = result.to_json() | {"promise": _promise(request, caller, [result])}
    return Response(orjson.dumps(answer), _STATUS[result.status], media_type="application/json")


def _promise(request: Request, caller: Caller, results: list[Result]) -> str | None:
    digests = [digest for result in results for digest in result.digests]
    runtime: Runtime = request.app.state.runtime
    return promise(runtime.custody.issuer_key(), caller.party, digests, int(time.time())) if digests else None


@router.get(
    "/events/{event_id:path}/proof", summary="Inclusion proof of an event 事件存证证明", responses=may_answer(409)
)
def get_proof(request: Request, caller: CallerDep, event_id: str, party: Sender = None) -> dict[str, Any]:
    """The inclusion proof of one event in the newest tree: record, attester, leaf index, path, root."""
    if request.scope.get("raw_path", b"").lower().endswith(b"%2fproof"):
        return get_event(request, caller, event_id + "/proof", party)
    with request.app.state.trails.trail() as trail:
        event = require_event(request, trail, caller, trail.find_event(event_key(party or caller.party, event_id)))
        leaf, last = trail.leaf_of(event.lot, event.position), trail.last_segment()
        if leaf is None or last is None:
            raise ProblemError(409, "NotAnchored", "the event is accepted and not on chain yet; ask again")
        size = last.first_leaf + last.count
        path = tuple(inclusion_path(leaf, size, trail.node))
        return {
            "event": orjson.loads(event.body),
            "lot": lot_to_hex(event.lot),
            "attester": event.party,
            **Inclusion(leaf, path).to_json(),
            "tree_size": size,
            "root": to_base64url(last.root),
            "block_number": last.block_number,
            "block_hash": "0x" + last.block_hash.hex(),
        }


@router.get("/events/{event_id:path}", summary="One event 查询事件")
def get_event(request: Request, caller: CallerDep, event_id: str, party: Sender = None) -> dict[str, Any]:
    """One event and where it stands: `held`, `accepted`, `sealed` in a batch, or `anchored` at a leaf of the tree.

    Ids are scoped by sender; `party` names the sender if it is not you. An event that named no lot is shown with its
    `parts`, and stands where the last of them does.
    """
    sender = party or caller.party
    with request.app.state.trails.trail() as trail:
        key = event_key(sender, event_id)
        event = trail.find_event(key)
        allocation = trail.find_allocation(key) if event is None else None
        if allocation is not None:
            return _describe_parts(request, trail, caller, sender, event_id, allocation)
        if event is None:
            held = trail.find_held(key, int(time.time())) if may_read_groups(caller, sender=sender) else None
            if held is None:
                raise not_found()
            ended = held.pop("ended_code")
            return {
                "event_id": event_id,
                "status": "held" if ended is None else "refused",
                "code": ended or held["code"],
                "received_at": utc_text(held["received_at"]),
                "expires_at": utc_text(held["expires_at"]),
            }
        return describe(trail, require_event(request, trail, caller, event), caller)


def _describe_parts(
    request: Request, trail: SqlTrail, caller: Caller, sender: int, event_id: str, allocation: Allocation
) -> dict[str, Any]:  # fmt: skip
    found = [
        require_event(request, trail, caller, trail.find_event(event_key(sender, p.event_id))) for p in allocation.parts
    ]
    status = [describe(trail, event, caller)["status"] for event in found]
    parts = [part | {"status": at} for part, at in zip(parts_to_json(allocation), status, strict=True)]
    return {"event_id": event_id, "status": min(status, key=_STATIONS.index), "party": sender, "parts": parts}


def describe(trail: SqlTrail, event: EventView, caller: Caller) -> dict[str, Any]:
    """An event as its readers see it. The groups are shown to the sender only: others ask for a credential."""
    leaf = trail.leaf_of(event.lot, event.position)
    shown: dict[str, Any] = {
        "status": "accepted",
        **orjson.loads(event.body),
        "party": event.party,
        "position": event.position,
        "received_at": utc_text(event.received_at),
    }
    if may_read_groups(caller, sender=event.party):
        shown["disclosures"] = open_slots(event.disclosures)
        if erased := erased_groups(event.disclosures):
            shown["erased"] = erased
    if leaf is not None:
        segment = trail.segment_of(leaf)
        assert segment is not None
        anchored = {"leaf_index": leaf, "block_number": segment.block_number, "tx_hash": "0x" + segment.tx_hash.hex()}
        return shown | {"status": "anchored", "recorded_at": utc_text(segment.block_time)} | anchored
    batch = trail.batch_of(event.seq)
    return shown if batch is None else shown | {"status": "sealed", "batch": batch}
