"""Who is asking. Default deny; a credential that is not in force is not told apart from none."""

import time
from typing import Annotated, Protocol

import orjson
from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param

from service.api.problems import ProblemError, not_found
from service.api.reads import showing_of
from service.api.verbs import verb_of
from service.api_keys import hash_of, to_caller
from service.core.access import Sight, may_read_event, sight_of_lot
from service.core.caller import Caller
from service.store.trail import EventView, LotView, SqlTrail, SqlTrailStore
from verifier.record import lot_to_hex

_CACHE_SECONDS = 5.0
"""How long an ended key may still be taken."""
ASKING = "cangsu.caller"
"""Where a request's scope names the caller, once it is known."""


class Authenticator(Protocol):
    """One way in: an API key, a session. ``app.state.authenticators`` are asked in turn."""

    async def caller_of(self, request: Request) -> Caller | None:
        """The caller behind a request; None if it shows nothing that this one knows, or nothing in force."""


class ApiKeys:
    """The way in for machines: ``Authorization: Bearer <API key>``. Looked up, and remembered for a few seconds."""

    def __init__(self, trails: SqlTrailStore) -> None:
        self._trails = trails
        self._seen: dict[bytes, tuple[float, Caller]] = {}

    async def caller_of(self, request: Request) -> Caller | None:
        """The caller whose key the request shows, if that is in force."""
        scheme, key = get_authorization_scheme_param(request.headers.get("authorization"))
        if scheme.lower() != "bearer":
            return None
        key_hash = hash_of(key)
        caller = self._remembered(key_hash) or await run_in_threadpool(self._look_up, key_hash)
        is_over = caller is not None and caller.valid_until is not None and caller.valid_until <= time.time()
        return None if is_over else caller

    def _remembered(self, key_hash: bytes) -> Caller | None:
        seen = self._seen.get(key_hash)
        return seen[1] if seen is not None and time.monotonic() - seen[0] < _CACHE_SECONDS else None

    def _look_up(self, key_hash: bytes) -> Caller | None:
        with self._trails.trail() as trail:
            found = trail.find_api_key(key_hash)
        if found is None:
            self._seen.pop(key_hash, None)
            return None
        caller = to_caller(found, key_hash)
        self._seen[key_hash] = (time.monotonic(), caller)
        return caller


_BEARER = HTTPBearer(auto_error=False, description="the API key of a party")


_Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


async def find_caller_if_any(request: Request, _: _Bearer) -> Caller | None:
    """Who is asking, by the first way in that knows; None if it shows nothing in force."""
    authenticators: list[Authenticator] = request.app.state.authenticators
    for authenticator in authenticators:
        caller = await authenticator.caller_of(request)
        if caller is not None:
            request.scope[ASKING] = caller
            return caller
    return None


AnyCallerDep = Annotated[Caller | None, Depends(find_caller_if_any)]
"""For the routes that are open to everybody, and say more to some."""


async def find_caller(request: Request, caller: AnyCallerDep) -> Caller:
    """Who is asking, if it may ask for this route; 401 without anything in force, 403 if that is not for this verb."""
    if caller is None:
        raise ProblemError(401, "Unauthorized", "expected Authorization: Bearer <API key>")
    verb = verb_of(request.method, request.scope["route"])
    if verb not in caller.verbs:
        raise ProblemError(403, "OutOfScope", "this credential is not for that", needed=verb)
    showing = showing_of(request)
    showing.caller, showing.verb = caller, verb
    return caller


CallerDep = Annotated[Caller, Depends(find_caller)]
"""The one way for a route to learn who is asking."""


def note_read(request: Request, owner: int, kind: str, resource: str = "") -> None:
    """Keep in mind that the answer shows data of another party: it is logged before the answer goes out."""
    showing_of(request).note(owner, kind, resource)


def see_lot(request: Request, trail: SqlTrail, caller: Caller, lot: LotView | None) -> tuple[LotView, Sight]:
    """The lot and how much of it the caller sees; NotFound if nothing, or if there is no such lot."""
    sight = sight_of(trail, caller, lot)
    if lot is None or sight is Sight.NOTHING:
        raise not_found()
    note_read(request, lot.owner, "lot", lot.line or lot_to_hex(lot.lot))
    return lot, sight


def require_lot(request: Request, trail: SqlTrail, caller: Caller, lot: LotView | None) -> LotView:
    """The lot, if it exists and the caller sees it whole; else NotFound."""
    found, sight = see_lot(request, trail, caller, lot)
    if sight is not Sight.WHOLE:
        raise not_found()
    return found


def require_event(request: Request, trail: SqlTrail, caller: Caller, event: EventView | None) -> EventView:
    """The event, if it exists and the caller may read it; else NotFound."""
    lot = trail.find_lot(lot=0 if event is None else event.lot)
    sight = sight_of(trail, caller, lot)
    if event is None or not may_read_event(caller, sender=event.party, sight=sight):
        raise not_found()
    if event.party != caller.party and lot is not None:
        note_read(request, lot.owner, "event", orjson.loads(event.body)["event_id"])
    return event


def sight_of(trail: SqlTrail, caller: Caller, lot: LotView | None) -> Sight:
    """How much of a lot the caller sees. What is asked of the store is the same whether there is such a lot or not."""
    owner = 0 if lot is None else lot.owner
    sites = set() if lot is None else lot.accounts.by_site.keys()
    is_admitted = trail.is_admitted(owner, caller.party)
    has_site = not trail.sites_of(caller.party).isdisjoint(sites)
    return sight_of_lot(caller, owner=owner, is_admitted=is_admitted, has_site=has_site)
