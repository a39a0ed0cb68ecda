"""publish: the status list of everything that was issued, as a signed token that anyone may fetch.

It tells nothing but two bits a place. For claims that the chain records the chain's word counts, and the list is for
readers who have no node; for all other credentials the list decides (docs/formats.md §6).
"""

import hashlib
import threading
import time
from dataclasses import dataclass
from typing import Any, Protocol

from service.flow.claim_ports import ClaimStore
from verifier.canonical import to_base64url
from verifier.es256 import Jwk, to_low_s
from verifier.status_list import make_token_input

TTL_SECONDS = 300
"""How long a reader may keep a list, and how often one that has not changed is signed anew."""
VALID_SECONDS = 24 * 3600
"""How long a list that was fetched counts, for a reader who verifies off line."""
LOOK_SECONDS = 2.0
"""How long the store is not asked again: anybody may fetch the list, as often as he likes."""


class Signers(Protocol):
    """The keys of the issuer: the one that signs now, and the statements that lead to it from the first."""

    def issuer_key(self) -> Any: ...
    def successions(self, last: Any) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Published:
    """A status list token. ``tag`` changes when it does."""

    token: bytes
    tag: str
    iat: int


class StatusPublisher:
    """Keeps the newest token, so that fetching it costs no signature. Threads may share one."""

    def __init__(self, store: ClaimStore, signers: Signers, uri: str) -> None:
        self._store, self._signers, self.uri = store, signers, uri
        self._lock = threading.Lock()
        self._statuses: list[tuple[int, int]] = []
        self._published: Published | None = None
        self._looked_at = 0.0

    def newest(self) -> Published:
        """The token, at most ``LOOK_SECONDS`` behind the store."""
        with self._lock:
            if self._published is None or time.monotonic() - self._looked_at >= LOOK_SECONDS:
                self._published = self._look()
                self._looked_at = time.monotonic()
            return self._published

    def fresh(self) -> Published:
        """The token as of now, for our own verifier."""
        with self._store.view() as claims:
            statuses = claims.statuses()
        return self.sign(statuses, int(time.time()))

    def _look(self) -> Published:
        with self._store.view() as claims:
            statuses = claims.statuses()
        now = int(time.time())
        known = self._published
        if known is not None and statuses == self._statuses and now < known.iat + TTL_SECONDS:
            return known
        self._statuses = statuses
        return self.sign(statuses, now)

    def sign(self, statuses: list[tuple[int, int]], now: int) -> Published:
        """A token of these (place, status), by the issuer's newest key."""
        key = self._signers.issuer_key()
        signing_input = make_token_input(
            Jwk.from_json(key.jwk()), self.uri, statuses, iat=now, exp=now + VALID_SECONDS, ttl=TTL_SECONDS,
            successions=self._signers.successions(key),
        )  # fmt: skip
        token = signing_input + b"." + to_base64url(to_low_s(key.sign_es256(signing_input))).encode()
        return Published(token, to_base64url(hashlib.sha256(token).digest()[:12]), now)
