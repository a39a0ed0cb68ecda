"""Who is asking: an API key names a party. Default deny; a key that is not in force is not told apart from none."""

import hashlib
import time
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service.api.problems import ProblemError, not_found
from service.core.access import may_read_event, may_read_lot
from service.store.trail import EventView, LotView, SqlTrail, SqlTrailStore
from verifier.kinds import Role

_CACHE_SECONDS = 5.0
"""How long an ended key may still be taken."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The party behind a request."""

    party: int
    roles: int

    @property
    def reads_all(self) -> bool:
        """Customs and tax read every trail."""
        return bool(self.roles & (Role.GATEWAY | Role.TAX))


class Doorman:
    """Looks API keys up, and remembers them for a few seconds."""

    def __init__(self, trails: SqlTrailStore) -> None:
        self._trails = trails
        self._seen: dict[bytes, tuple[float, Caller]] = {}

    def find(self, key_hash: bytes) -> Caller | None:
        """The caller remembered under a key hash."""
        seen = self._seen.get(key_hash)
        return seen[1] if seen is not None and time.monotonic() - seen[0] < _CACHE_SECONDS else None

    def look_up(self, key_hash: bytes) -> Caller | None:
        """The caller that the store knows under a key hash."""
        with self._trails.trail() as trail:
            found = trail.party_of_key(key_hash)
        if found is None:
            self._seen.pop(key_hash, None)
            return None
        caller = Caller(*found)
        self._seen[key_hash] = (time.monotonic(), caller)
        return caller


_BEARER = HTTPBearer(auto_error=False, description="the API key of a party")


async def _caller(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> Caller:
    key = "" if credentials is None else credentials.credentials
    key_hash = hashlib.sha256(key.encode()).digest()
    doorman: Doorman = request.app.state.doorman
    caller = doorman.find(key_hash) or await run_in_threadpool(doorman.look_up, key_hash)
    if caller is None:
        raise ProblemError(401, "Unauthorized", "expected Authorization: Bearer <API key>")
    return caller


CallerDep = Annotated[Caller, Depends(_caller)]


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
