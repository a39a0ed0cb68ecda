"""Who is asking, and what it may ask for: a party, its roles, and the verbs of the credential that it came in with."""

from dataclasses import dataclass
from enum import StrEnum


class Verb(StrEnum):
    """What a credential lets its holder do; every route below /v1 asks for one of these (``api.verbs``)."""

    EVENTS_WRITE = "events:write"
    EVENTS_READ = "events:read"
    LOTS_READ = "lots:read"
    KITS = "kits"
    CLAIMS_WRITE = "claims:write"
    CLAIMS_READ = "claims:read"
    CONSENTS = "consents"
    ENDORSE = "endorse"
    VERIFY = "verify"
    CHECKPOINT = "checkpoint"
    KEYS = "keys"
    ACCESS_LOG_READ = "access-log:read"
    METRICS = "metrics"
    USERS = "users"
    ERASE = "erase"


ALL_VERBS = frozenset(Verb)
USUAL_VERBS = ALL_VERBS - {Verb.KEYS, Verb.USERS, Verb.ERASE}
"""What a credential may do if nothing else is said: whoever may give keys away, or erase, must be told so."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A party and the roles that it acts in: all that decides what it sees (``core.access``)."""

    party: int
    roles: int


@dataclass(frozen=True, slots=True)
class Caller(Reader):
    """The party behind a request.

    ``credential`` is the name under which the access log keeps what it came in with: ``key:1a2b3c4d`` or ``user:…``.
    ``valid_until`` is when that ends, in unix seconds; None if it does not by itself. ``is_narrowed`` says that the
    roles are not all that the party has.
    """

    verbs: frozenset[Verb]
    credential: str
    valid_until: int | None = None
    is_narrowed: bool = False

    @property
    def speaks_in(self) -> int | None:
        """The roles that its events must be posted in; None if they are all that the party has."""
        return self.roles if self.is_narrowed else None
