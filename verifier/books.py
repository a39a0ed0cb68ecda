"""Registry books in a credential: the roles, keys, sites and admissions of a party, as leaves (docs/formats.md §4, §6).

An entry carries its fields in clear; its record is built from them, never sent beside them. ADMIT and ADMIT_END are
events that the owner sealed, so they carry the event digest and their attester.
"""

from dataclasses import dataclass
from typing import Any

from verifier import registry
from verifier.canonical import to_base64url
from verifier.errors import MalformedError
from verifier.kinds import CODE_BY_NAME
from verifier.record import MAX_PARTY, Word, registry_book
from verifier.registry import REGISTRAR_PARTY, KeyType
from verifier.shapes import base64url_bytes, boolean, hex_bytes, integer, items, members, to_hex

_MAX_ROLES = (1 << 32) - 1
_MAX_SITE = (1 << 24) - 1
_FIELDS = {
    "PARTY": ("roles",),
    "KEY": ("key_type", "key_id", "valid_from", "valid_to", "is_custodial"),
    "KEY_END": ("key_id", "valid_to"),
    "SITE": ("site",),
    "ADMIT": ("site", "digest", "attester"),
    "ADMIT_END": ("site", "digest", "attester"),
}


@dataclass(frozen=True, slots=True)
class PartyEntry:
    """The party's roles from here on, a mask of ``Role``."""

    leaf_index: int
    roles: int


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A key of the party. Times in unix seconds, ``valid_to`` excluded."""

    leaf_index: int
    key_type: int
    key_id: bytes
    valid_from: int
    valid_to: int
    is_custodial: bool


@dataclass(frozen=True, slots=True)
class KeyEndEntry:
    """The end of a key."""

    leaf_index: int
    key_id: bytes
    valid_to: int


@dataclass(frozen=True, slots=True)
class SiteEntry:
    """A site that the party operates, for good."""

    leaf_index: int
    site: int


@dataclass(frozen=True, slots=True)
class GrantEntry:
    """The party admits another one to act for it (``is_admitted``), or ends that."""

    leaf_index: int
    is_admitted: bool
    party: int
    digest: bytes
    attester: int


Entry = PartyEntry | KeyEntry | KeyEndEntry | SiteEntry | GrantEntry


@dataclass(frozen=True, slots=True)
class Book:
    """The whole registry book of a party, oldest entry first."""

    party: int
    entries: tuple[Entry, ...]

    @classmethod
    def from_json(cls, value: Any) -> "Book":
        """Read ``{party, entries}``."""
        found = members(value, "a registry book", ("party", "entries"))
        party = integer(found["party"], "party", MAX_PARTY, 1)
        return cls(party, tuple(_entry_from_json(entry) for entry in items(found["entries"], "entries")))

    def to_json(self) -> dict[str, Any]:
        """``{party, entries}``."""
        return {"party": self.party, "entries": [_entry_to_json(entry) for entry in self.entries]}


def to_record(party: int, entry: Entry) -> bytes:
    """The 48 bytes that the log holds for an entry in the registry book of ``party``."""
    match entry:
        case PartyEntry():
            return registry.party_record(party, entry.roles)
        case KeyEntry():
            return registry.key_record(
                party, entry.key_type, entry.key_id, entry.valid_from, entry.valid_to, entry.is_custodial
            )
        case KeyEndEntry():
            return registry.key_end_record(party, entry.key_id, entry.valid_to)
        case SiteEntry():
            return registry.site_record(entry.site, party)
        case GrantEntry():
            code = CODE_BY_NAME["ADMIT" if entry.is_admitted else "ADMIT_END"]
            return Word(registry_book(party), entry.party, code, 0).to_bytes() + entry.digest


def attester(entry: Entry) -> int:
    """Who attested an entry: the owner an admission, the registrar all else."""
    return entry.attester if isinstance(entry, GrantEntry) else REGISTRAR_PARTY


def _entry_from_json(value: Any) -> Entry:
    kind = value.get("kind") if isinstance(value, dict) else None
    if not (isinstance(kind, str) and kind in _FIELDS):
        raise MalformedError("a registry entry has no known kind")
    found = members(value, f"a {kind} entry", ("kind", *_FIELDS[kind], "leaf_index"))
    leaf_index = integer(found["leaf_index"], "leaf_index")
    match kind:
        case "PARTY":
            return PartyEntry(leaf_index, integer(found["roles"], "roles", _MAX_ROLES))
        case "KEY":
            return KeyEntry(
                leaf_index,
                integer(found["key_type"], "key_type", max(KeyType), 1),
                hex_bytes(found["key_id"], "key_id", 32),
                integer(found["valid_from"], "valid_from"),
                integer(found["valid_to"], "valid_to"),
                boolean(found["is_custodial"], "is_custodial"),
            )
        case "KEY_END":
            key_id = hex_bytes(found["key_id"], "key_id", 32)
            return KeyEndEntry(leaf_index, key_id, integer(found["valid_to"], "valid_to"))
        case "SITE":
            return SiteEntry(leaf_index, integer(found["site"], "site", _MAX_SITE, 1))
        case _:
            return GrantEntry(
                leaf_index,
                kind == "ADMIT",
                integer(found["site"], "site", MAX_PARTY, 1),
                base64url_bytes(found["digest"], "digest", 32),
                integer(found["attester"], "attester", MAX_PARTY, 1),
            )


def _entry_to_json(entry: Entry) -> dict[str, Any]:
    match entry:
        case PartyEntry():
            fields: dict[str, Any] = {"kind": "PARTY", "roles": entry.roles}
        case KeyEntry():
            fields = {
                "kind": "KEY",
                "key_type": entry.key_type,
                "key_id": to_hex(entry.key_id),
                "valid_from": entry.valid_from,
                "valid_to": entry.valid_to,
                "is_custodial": entry.is_custodial,
            }
        case KeyEndEntry():
            fields = {"kind": "KEY_END", "key_id": to_hex(entry.key_id), "valid_to": entry.valid_to}
        case SiteEntry():
            fields = {"kind": "SITE", "site": entry.site}
        case GrantEntry():
            kind = "ADMIT" if entry.is_admitted else "ADMIT_END"
            fields = {"kind": kind, "site": entry.party, "digest": to_base64url(entry.digest)}
            fields["attester"] = entry.attester
    return fields | {"leaf_index": entry.leaf_index}
