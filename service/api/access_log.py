"""GET /v1/access-log: who has read an owner's data, chained and anchored, to be checked without this service."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request

from service.api.access import CallerDep, note_read
from service.api.document import may_answer
from service.api.problems import not_found
from service.core.access import may_read_access_log
from service.core.access_entry import Leaf, day_path
from service.core.events import event_key
from service.flow.close_access_day import event_id
from service.store.access_log import SqlAccessLog, SqlAccessStore
from service.store.trail import SqlTrail
from verifier.canonical import to_base64url
from verifier.event import GROUPS
from verifier.inclusion import Inclusion
from verifier.merkle import inclusion_path
from verifier.record import MAX_PARTY
from verifier.shapes import to_hex

router = APIRouter(prefix="/v1", tags=["access log"])


@router.get("/access-log", summary="Who has read your data 访问日志", responses=may_answer(404))
def get_access_log(
    request: Request,
    caller: CallerDep,
    owner: Annotated[int | None, Query(ge=1, le=MAX_PARTY, description="for an auditor: whose log")] = None,
    first: Annotated[int, Query(ge=0, lt=2**53, description="number of the first entry to show")] = 0,
    limit: Annotated[int, Query(ge=0, le=10_000)] = 1_000,
) -> dict[str, Any]:
    """Every read of your data by others, oldest first, a page at a time: chained, and anchored once a day.

    Keep the answer: `cangsu access-log verify` checks it without this service. For the owner, and for an auditor that
    it admitted.
    """
    owner = owner or caller.party
    runtime = request.app.state.runtime
    with request.app.state.trails.trail() as trail, SqlAccessStore(runtime.engine).view() as log:
        if not may_read_access_log(caller, owner=owner, is_admitted=trail.is_admitted(owner, caller.party)):
            raise not_found()
        note_read(request, owner, "access-log")
        entries = log.entries_of(owner, first, limit)
        length, head = log.length_of(owner)
        days = log.days_of(owner, first, first + len(entries))
        return {
            "owner": owner,
            "length": length,
            "head": to_hex(head),
            "first": first,
            "start_head": to_hex(log.head_before(owner, first)),
            "entries": [entry.to_json() for entry in entries],
            "anchors": [_anchor(trail, log, runtime.settings.issuer_party, *day) for day in days],
        }


def _anchor(trail: SqlTrail, log: SqlAccessLog, party: int, day: str, root: bytes, leaf: Leaf) -> dict[str, Any]:
    leaves = log.leaves_of(day)
    index, path = day_path(leaves, leaf.owner)
    return {
        "day": day,
        "length": leaf.length,
        "head": to_hex(leaf.head),
        "index": index,
        "owners": len(leaves),
        "path": [to_base64url(item) for item in path],
        "root": to_base64url(root),
        "party": party,
        "event_id": event_id(day),
        "proof": _proof(trail, party, event_id(day)),
    }


def _proof(trail: SqlTrail, party: int, name: str) -> dict[str, Any] | None:
    """The event of a day with its document and its place in the newest tree; None until it is on chain."""
    event = trail.find_event(event_key(party, name))
    leaf = None if event is None else trail.leaf_of(event.lot, event.position)
    last = trail.last_segment()
    if event is None or event.disclosures is None or leaf is None or last is None:
        return None
    size = last.first_leaf + last.count
    disclosures = dict(zip(GROUPS, event.disclosures.decode().split("~"), strict=True))
    return {
        "event": orjson.loads(event.body),
        "disclosure": disclosures["document"],
        **Inclusion(leaf, tuple(inclusion_path(leaf, size, trail.node))).to_json(),
        "tree_size": size,
        "root": to_base64url(last.root),
        "block_number": last.block_number,
        "block_hash": to_hex(last.block_hash),
    }
