"""The payload of a credential (docs/formats.md §6), typed. Shapes only: ``verifier.steps`` judges it.

One shape serves every kind of credential: ``vct`` says which kind it is, and so what ``claim`` holds
(``verifier.claims.kinds``). ``events`` are whole histories of lots and books, one after the other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from verifier.anchor import Anchor
from verifier.books import Book
from verifier.canonical import from_base64url, to_base64url
from verifier.claims.record import ClaimRecord
from verifier.errors import MalformedError
from verifier.es256 import Jwk
from verifier.event import CLEAR_MEMBERS, GROUPS, event_time
from verifier.multiproof import proof_from_json
from verifier.record import MAX_PARTY, lot_from_hex
from verifier.shapes import integer, items, members, string
from verifier.status import StatusPlace

RULES = "cangsu-rules-2026-11"
_MEMBERS = (
    "iss",
    "vct",
    "iat",
    "exp",
    "_sd_alg",
    "issuer",
    "rules",
    "cutoff",
    "claim",
    "events",
    "registry",
    "proof",
    "anchor",
)
_EVENT_MEMBERS = (*CLEAR_MEMBERS, "_sd", "attester", "leaf_index")


@dataclass(frozen=True, slots=True)
class Event:
    """A sealed event and its place in the tree. ``clear`` is not judged yet."""

    clear: dict[str, Any]
    digests: tuple[str, ...]
    attester: int
    leaf_index: int

    @classmethod
    def from_json(cls, value: Any) -> "Event":
        """Read one of ``events``."""
        found = members(value, "an event", _EVENT_MEMBERS, ("target",))
        digests = items(found["_sd"], "_sd")
        if len(digests) != len(GROUPS):
            raise MalformedError(f"_sd has {len(digests)} digests, not {len(GROUPS)}")
        for digest in digests:
            from_base64url(digest, 32)
        clear = {name: found[name] for name in (*CLEAR_MEMBERS, "target") if name in found}
        attester = integer(found["attester"], "attester", MAX_PARTY, 1)
        return cls(clear, tuple(digests), attester, integer(found["leaf_index"], "leaf_index"))

    def to_json(self) -> dict[str, Any]:
        """One of ``events``."""
        placed = {"attester": self.attester, "leaf_index": self.leaf_index}
        return {**self.clear, "_sd": list(self.digests), **placed}


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs the credential: a party of the log, by this key."""

    party: int
    jwk: Jwk

    @classmethod
    def from_json(cls, value: Any) -> "Issuer":
        """Read the member ``issuer``."""
        found = members(value, "issuer", ("party", "jwk"))
        return cls(integer(found["party"], "issuer.party", MAX_PARTY, 1), Jwk.from_json(found["jwk"], "issuer.jwk"))

    def to_json(self) -> dict[str, Any]:
        """The member ``issuer``."""
        return {"party": self.party, "jwk": self.jwk.to_json()}


@dataclass(frozen=True, slots=True)
class Cutoff:
    """T and R, as written: no event tells of a time after T, none was recorded after R."""

    event_time: str
    record_time: str

    @classmethod
    def from_json(cls, value: Any) -> "Cutoff":
        """Read the member ``cutoff``."""
        found = members(value, "cutoff", ("event_time", "record_time"))
        cutoff = cls(found["event_time"], found["record_time"])
        cutoff.event_at()
        cutoff.record_at()
        return cutoff

    def event_at(self) -> datetime:
        """T."""
        return event_time({"event_time": self.event_time})

    def record_at(self) -> datetime:
        """R."""
        return event_time({"event_time": self.record_time})

    def to_json(self) -> dict[str, str]:
        """The member ``cutoff``."""
        return {"event_time": self.event_time, "record_time": self.record_time}


@dataclass(frozen=True, slots=True)
class History:
    """The whole history of a lot or book, oldest event first; an event's position is its index."""

    lot: int
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Payload:
    """A whole payload. ``holder`` is the key of ``cnf``, if there is one; ``claim`` is not judged yet."""

    vct: str
    iss: str
    iat: int
    exp: int
    issuer: Issuer
    holder: Jwk | None
    status: StatusPlace | None
    cutoff: Cutoff
    claim: dict[str, Any]
    record: ClaimRecord | None
    histories: tuple[History, ...]
    registry: tuple[Book, ...]
    proof: tuple[bytes, ...]
    anchor: Anchor

    @property
    def events(self) -> tuple[Event, ...]:
        """The events of all histories, in the order of the payload."""
        return tuple(event for history in self.histories for event in history.events)

    @classmethod
    def from_json(cls, value: Any) -> "Payload":
        """Read a payload; MalformedError unless it has exactly the members of docs/formats.md §6."""
        found = members(value, "the payload", _MEMBERS, ("cnf", "record", "status"))
        for name, expected in (("_sd_alg", "sha-256"), ("rules", RULES)):
            if found[name] != expected:
                raise MalformedError(f"{name} is not {expected}")
        if not isinstance(found["claim"], dict):
            raise MalformedError("claim is not an object")
        events = [Event.from_json(event) for event in items(found["events"], "events")]
        holder = Jwk.from_json(members(found["cnf"], "cnf", ("jwk",))["jwk"], "cnf.jwk") if "cnf" in found else None
        return cls(
            string(found["vct"], "vct"),
            string(found["iss"], "iss"),
            integer(found["iat"], "iat"),
            integer(found["exp"], "exp"),
            Issuer.from_json(found["issuer"]),
            holder,
            StatusPlace.from_json(found["status"]) if "status" in found else None,
            Cutoff.from_json(found["cutoff"]),
            found["claim"],
            ClaimRecord.from_json(found["record"], len(events)) if "record" in found else None,
            to_histories(events),
            tuple(Book.from_json(book) for book in items(found["registry"], "registry")),
            proof_from_json(found["proof"]),
            Anchor.from_json(found["anchor"]),
        )

    def to_json(self) -> dict[str, Any]:
        """The payload that the issuer signs."""
        found: dict[str, Any] = {
            "iss": self.iss,
            "vct": self.vct,
            "iat": self.iat,
            "exp": self.exp,
            "_sd_alg": "sha-256",
            "issuer": self.issuer.to_json(),
            "rules": RULES,
            "cutoff": self.cutoff.to_json(),
            "claim": self.claim,
            "events": [event.to_json() for event in self.events],
            "registry": [book.to_json() for book in self.registry],
            "proof": [to_base64url(item) for item in self.proof],
            "anchor": self.anchor.to_json(),
        }
        if self.holder is not None:
            found["cnf"] = {"jwk": self.holder.to_json()}
        if self.status is not None:
            found["status"] = self.status.to_json()
        if self.record is not None:
            found["record"] = self.record.to_json()
        return found


def to_histories(events: Iterable[Event]) -> tuple[History, ...]:
    """Events grouped by the lot or book that their clear parts name; MalformedError if one comes in two groups."""
    histories = tuple(
        History(lot_from_hex(lot), tuple(group)) for lot, group in groupby(events, key=lambda event: event.clear["lot"])
    )
    if len({history.lot for history in histories}) != len(histories):
        raise MalformedError("the events of a lot do not stand together")
    return histories
