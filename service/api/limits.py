"""Who may ask how often, and how much heavy work is done at once. Every number is of one process (ADR 0021).

1. A request that shows a key (or the cookie of a session) has that key's own rates: posts, proofs, everything else.
2. A request that shows none, and one whose key has not served yet, has the rate of its address.
3. A key that is not in force, and an invitation that is none, cost the address one of few guesses. When they are used
   up, only keys that have served before are let in from there.
4. Proofs (claims, credentials, certificates, verifying) are worked out a few at once; some wait, the rest come back.
"""

import asyncio
import hashlib
import ipaddress
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum

from starlette.types import Scope

from service.api.access import ASKING
from service.api.problems import ProblemError
from service.api.session_access import COOKIE
from service.config import Settings
from service.core.rate import MAX_NAMES, Rate

_PROOF = re.compile(
    r"POST /v1/(?:claims(?:/preview|/[^/]+/endorsements)?|credentials/(?:provenance|disclose)|certificates|verify"
    r"|endorsements/[^/]+/release|invitations/join|batches/own/keys(?:/[^/]+/end)?)"
    r"|DELETE /v1/claims/[^/]+|GET /v1/credentials/[^/]+/certificate"
)
_POST = re.compile(r"POST /v1/(?:events|batches)")
_COOKIE = re.compile(re.escape(COOKIE).encode() + rb"=([^;]+)")
_SESSION = b"session "
"""Before the name of a session. One that has run out is no guess: its browser would be kept from signing in."""
WAITING_FOR_EACH = 8
"""Proofs that may wait for each one that is worked on."""


class Kind(Enum):
    """What a request costs."""

    POST = "posts"
    PROOF = "proof requests"
    OTHER = "requests"


def kind_of(method: str, path: str) -> Kind:
    """What a request for a path costs."""
    line = f"{method} {path}"
    if _POST.fullmatch(line):
        return Kind.POST
    return Kind.PROOF if _PROOF.fullmatch(line) else Kind.OTHER


class Limits:
    """The rates and turns of one process."""

    def __init__(self, settings: Settings) -> None:
        self._of_keys = {
            Kind.POST: Rate(settings.posts_per_minute),
            Kind.PROOF: Rate(settings.proofs_per_minute),
            Kind.OTHER: Rate(settings.requests_per_minute),
        }
        self._of_addresses = Rate(settings.open_requests_per_minute)
        self._guesses = Rate(settings.bad_keys_per_minute)
        self._served: dict[bytes, None] = {}
        self._turns = asyncio.Semaphore(settings.proofs_at_once)
        self._waiting = 0
        self._most_waiting = settings.proofs_at_once * WAITING_FOR_EACH

    def admit(self, scope: Scope, kind: Kind, now: float) -> bytes | None:
        """The name of the key that a request shows; ProblemError 429 if it comes too early."""
        name = _name_of_key(scope)
        if name in self._served:
            assert name is not None
            _require(self._of_keys[kind].take(name, now), self._of_keys[kind], f"{kind.value} of a key")
            return name
        address = _address(scope)
        _require(self._guesses.wait(address, now), self._guesses, "keys that are not in force, from an address")
        _require(self._of_addresses.take(address, now), self._of_addresses, "requests of an address without a key")
        return name

    def note(self, scope: Scope, name: bytes | None, status: int, now: float) -> None:
        """What came of a request: its key has served, or it was a guess."""
        is_bad_key = status == 401 and name is not None and not name.startswith(_SESSION)
        if is_bad_key or (status == 404 and scope["path"].startswith("/v1/invitations/")):
            self._guesses.take(_address(scope), now)
        if name is None:
            return
        if status == 401:
            self._served.pop(name, None)
        elif ASKING in scope and name not in self._served:
            if len(self._served) >= MAX_NAMES:
                del self._served[next(iter(self._served))]
            self._served[name] = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn to work out a proof; ProblemError 503 if too many wait."""
        if self._turns.locked() and self._waiting >= self._most_waiting:
            raise ProblemError(503, "Busy", "too many proofs are being worked out; nothing was done, try again")
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()


def _require(seconds: float, rate: Rate, what: str) -> None:
    if seconds > 0:
        detail = f"expected at most {rate.per_minute} {what} a minute"
        raise ProblemError(429, "TooManyRequests", detail, retry_after_seconds=int(seconds) + 1)


def _name_of_key(scope: Scope) -> bytes | None:
    """A digest of the key or session that the request shows: itself it is kept nowhere."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            return hashlib.sha256(value).digest()
        if name == b"cookie":
            found = _COOKIE.search(value)
            return None if found is None else _SESSION + hashlib.sha256(found[1]).digest()
    return None


def _address(scope: Scope) -> bytes:
    """The client's address; of IPv6 the first 64 bits, for who has one address there has them all."""
    client = scope.get("client")
    host = client[0] if client else ""
    if ":" in host:
        try:
            return ipaddress.IPv6Address(host.partition("%")[0]).packed[:8]
        except ValueError:
            return b"?"
    return str(host).encode()
