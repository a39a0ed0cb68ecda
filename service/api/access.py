"""Who is asking. Default deny; a credential that is not in force is not told apart from none."""

import time
from typing import Annotated, Protocol

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param

from service.api.problems import ProblemError, not_found
from service.api.verbs import verb_of
from service.api_keys import hash_of, to_caller
from service.core.access import may_read_event, may_read_lot
from service.core.caller import Caller
from service.store.trail import EventView, LotView, SqlTrail, SqlTrailStore
from verifier.kinds import Role

_CACHE_SECONDS = 5.0
"""How long an ended key may still be taken."""


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


async def find_caller(request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> Caller:
    """Who is asking, if it may ask for this route; 401 without anything in force, 403 if that is not for this verb."""
    authenticators: list[Authenticator] = request.app.state.authenticators
    for authenticator in authenticators:
        caller = await authenticator.caller_of(request)
        if caller is not None:
            verb = verb_of(request.method, request.scope["route"])
            if verb not in caller.verbs:
                raise ProblemError(403, "OutOfScope", "this credential is not for that", needed=verb)
            return caller
    raise ProblemError(401, "Unauthorized", "expected Authorization: Bearer <API key>")


CallerDep = Annotated[Caller, Depends(find_caller)]
"""The one way for a route to learn who is asking."""


def reads_all(caller: Caller) -> bool:
    """Customs and tax read every trail."""
    return bool(caller.roles & (Role.GATEWAY | Role.TAX))


def require_lot(trail: SqlTrail, caller: Caller, lot: LotView | None) -> LotView:
    """The lot, if it exists and the caller may read it; else NotFound."""
    if lot is None or not _may_read(trail, caller, lot):
        raise not_found()
    return lot


def require_event(trail: SqlTrail, caller: Caller, event: EventView | None) -> EventView:
    """The event, if it exists and the caller may read it; else NotFound."""
    if event is None:
        raise not_found()
    lot = trail.find_lot(lot=event.lot)
    may_lot = lot is not None and _may_read(trail, caller, lot)
    if not may_read_event(caller.party, event.party, may_read_lot=may_lot):
        raise not_found()
    return event


def _may_read(trail: SqlTrail, caller: Caller, lot: LotView) -> bool:
    is_admitted = trail.is_admitted(lot.owner, caller.party)
    return may_read_lot(caller.party, caller.roles, owner=lot.owner, is_admitted=is_admitted)
