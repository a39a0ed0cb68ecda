"""People who act for a party, how they are named, and what they may do at most: what their party may.

A person signs in as ``<handle>@<party number>``. A handle is unique within a party and says nothing of another party's
people: who invites learns only of its own.
"""

import re
import unicodedata
from dataclasses import dataclass, field

from service.core.caller import Verb

MAX_HANDLE = 40
_HANDLE = re.compile(r"[\w](?:[\w.-]*[\w])?")
_NAME = re.compile(r"(.{1,40})@([1-9][0-9]{0,7})")


@dataclass(frozen=True, slots=True)
class User:
    """A person who acts for a party.

    ``roles`` is a mask, None for whatever the party has. ``password_hash`` and ``totp`` (the secret, encrypted) are
    missing until the person has taken up an invitation. ``totp_step`` is the newest step whose code was taken.
    """

    id: str
    party: int
    handle: str
    name: str
    roles: int | None
    verbs: frozenset[Verb]
    language: str
    created_at: int
    password_hash: str | None = field(default=None, repr=False)
    totp: bytes | None = field(default=None, repr=False)
    totp_step: int = 0
    disabled_at: int | None = None

    @property
    def user(self) -> str:
        """The name that the person signs in with."""
        return f"{self.handle}@{self.party}"

    @property
    def state(self) -> str:
        """``active``, ``invited`` or ``disabled``."""
        if self.disabled_at is not None:
            return "disabled"
        return "invited" if self.password_hash is None or self.totp is None else "active"

    def roles_within(self, of_party: int) -> int:
        """The roles that the person acts in; never one that the party does not have now."""
        return of_party if self.roles is None else self.roles & of_party


@dataclass(frozen=True, slots=True)
class Session:
    """A person who is signed in. Times in unix seconds; ``expires_at`` comes however busy the session is."""

    id: str
    user_id: str
    created_at: int
    seen_at: int
    expires_at: int
    agent: str


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A person who has been asked to choose a password and a second factor. ``totp`` is the one offered, encrypted."""

    token_hash: bytes
    user_id: str
    expires_at: int
    totp: bytes | None = field(default=None, repr=False)


def read_handle(text: str) -> str | None:
    """A handle as it is kept; None if it is none."""
    handle = unicodedata.normalize("NFKC", text).strip().casefold()
    return handle if len(handle) <= MAX_HANDLE and _HANDLE.fullmatch(handle) else None


def handle_of_name(name: str) -> str:
    """The handle that a person's name suggests: ``Li Wei`` becomes ``li.wei``."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[^\w]+", ".", plain).strip(".")[:MAX_HANDLE].strip(".")


def read_user(text: str) -> tuple[int, str] | None:
    """Party and handle of the name that a person signs in with; None if it is none."""
    found = _NAME.fullmatch(unicodedata.normalize("NFKC", text).strip().casefold())
    return None if found is None else (int(found[2]), found[1])
