"""The payload of a provenance credential (docs/formats.md §6), typed. Shapes only: ``verifier.steps`` judges it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from verifier.anchor import Anchor
from verifier.books import Book
from verifier.canonical import from_base64url
from verifier.errors import MalformedError
from verifier.es256 import Jwk
from verifier.event import CLEAR_MEMBERS, GROUPS, event_time
from verifier.inclusion import MEMBERS, Inclusion
from verifier.record import MAX_PARTY, lot_from_hex, lot_to_hex
from verifier.shapes import integer, items, members, string

VCT = "urn:cangsu:vct:provenance:1"
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
    "anchor",
)
_EVENT_MEMBERS = (*CLEAR_MEMBERS, "_sd", "attester", *MEMBERS)
_MAX_PIECES = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Event:
    """A sealed event and its place in the tree. ``clear`` is not judged yet."""

    clear: dict[str, Any]
    digests: tuple[str, ...]
    attester: int
    inclusion: Inclusion

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
        return cls(clear, tuple(digests), attester, Inclusion.from_json(found))

    def to_json(self) -> dict[str, Any]:
        """One of ``events``."""
        return {**self.clear, "_sd": list(self.digests), "attester": self.attester, **self.inclusion.to_json()}


@dataclass(frozen=True, slots=True)
class Claim:
    """Where the pieces of a lot are. ``accounts``: site number → lane name → pieces, lanes of 0 left out."""

    lot: int
    owner: int
    declared: int
    accounts: dict[str, dict[str, int]]

    @classmethod
    def from_json(cls, value: Any) -> "Claim":
        """Read the member ``claim``."""
        found = members(value, "claim", ("lot", "owner", "declared", "accounts"))
        accounts = found["accounts"]
        if not (isinstance(accounts, dict) and all(isinstance(account, dict) for account in accounts.values())):
            raise MalformedError("accounts is not an object of objects")
        for account in accounts.values():
            for pieces in account.values():
                integer(pieces, "pieces", _MAX_PIECES, 1)
        owner = integer(found["owner"], "owner", MAX_PARTY, 1)
        return cls(lot_from_hex(found["lot"]), owner, integer(found["declared"], "declared", _MAX_PIECES), accounts)

    def to_json(self) -> dict[str, Any]:
        """The member ``claim``."""
        lot = lot_to_hex(self.lot)
        return {"lot": lot, "owner": self.owner, "declared": self.declared, "accounts": self.accounts}


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
class Provenance:
    """A whole payload. ``events`` is the lot's history in its order; ``holder`` the key of ``cnf``, if there is one."""

    iss: str
    iat: int
    exp: int
    issuer: Issuer
    holder: Jwk | None
    cutoff: Cutoff
    claim: Claim
    events: tuple[Event, ...]
    registry: tuple[Book, ...]
    anchor: Anchor

    @classmethod
    def from_json(cls, value: Any) -> "Provenance":
        """Read a payload; MalformedError unless it has exactly the members of docs/formats.md §6."""
        found = members(value, "the payload", _MEMBERS, ("cnf",))
        for name, expected in (("vct", VCT), ("_sd_alg", "sha-256"), ("rules", RULES)):
            if found[name] != expected:
                raise MalformedError(f"{name} is not {expected}")
        holder = Jwk.from_json(members(found["cnf"], "cnf", ("jwk",))["jwk"], "cnf.jwk") if "cnf" in found else None
        return cls(
            string(found["iss"], "iss"),
            integer(found["iat"], "iat"),
            integer(found["exp"], "exp"),
            Issuer.from_json(found["issuer"]),
            holder,
            Cutoff.from_json(found["cutoff"]),
            Claim.from_json(found["claim"]),
            tuple(Event.from_json(event) for event in items(found["events"], "events")),
            tuple(Book.from_json(book) for book in items(found["registry"], "registry")),
            Anchor.from_json(found["anchor"]),
        )

    def to_json(self) -> dict[str, Any]:
        """The payload that the issuer signs."""
        found: dict[str, Any] = {
            "iss": self.iss,
            "vct": VCT,
            "iat": self.iat,
            "exp": self.exp,
            "_sd_alg": "sha-256",
            "issuer": self.issuer.to_json(),
            "rules": RULES,
            "cutoff": self.cutoff.to_json(),
            "claim": self.claim.to_json(),
            "events": [event.to_json() for event in self.events],
            "registry": [book.to_json() for book in self.registry],
            "anchor": self.anchor.to_json(),
        }
        return found if self.holder is None else found | {"cnf": {"jwk": self.holder.to_json()}}
