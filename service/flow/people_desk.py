"""What the verbs of people share: the store, the safe, the hasher, the clock, and how long things last."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from service.core.passwords import Hasher
from service.flow.people_ports import PeopleStore, Safe

_KEY = "logins"
"""The key of the key file that encrypts what codes are made of."""


@dataclass(frozen=True, slots=True)
class PeopleDesk:
    """Where people sign in. Seconds are those of the settings."""

    store: PeopleStore
    safe: Safe
    idle_seconds: int
    most_seconds: int
    hasher: Hasher = field(default_factory=Hasher)
    clock: Callable[[], float] = time.time

    def now(self) -> int:
        """Unix seconds."""
        return int(self.clock())

    def lock_totp(self, user_id: str, secret: bytes) -> bytes:
        """A secret as it may lie in the store: it opens for this user only."""
        return self.safe.wrap(_KEY, secret, _context(user_id))

    def open_totp(self, user_id: str, locked: bytes) -> bytes:
        """The secret inside."""
        return self.safe.unwrap(_KEY, locked, _context(user_id))


def _context(user_id: str) -> bytes:
    return f"totp {user_id}".encode()
