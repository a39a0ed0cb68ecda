"""API keys: shown once, kept as a hash, narrowed to verbs and roles, running out, ended for good."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Row, select, update

from service.core.caller import ALL_VERBS, Caller, Verb
from service.store import schema
from service.store.database import insert_rows, reading, writing
from verifier.kinds import Role

DEFAULT_DAYS = 365
DAY_SECONDS = 86_400
_ID_DIGITS = 8


class ApiKeyError(Exception):
    """There is no such party or key; the message says which."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a key is good for, and until when (unix seconds). None: everything that its party may do; without an end."""

    verbs: frozenset[Verb] | None = None
    roles: int | None = None
    valid_until: int | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as one may show it: ``key_id`` is the beginning of its hash, in hex. ``made_by`` names a credential."""

    key_id: str
    label: str
    scope: Scope
    made_by: str | None
    ended_at: int | None


def find_excess(giver: Caller, scope: Scope) -> str | None:
    """What a scope has that its giver has not: ``verbs``, ``roles`` or ``days``; None if nothing.

    A key can never give more than it has, nor for longer.
    """
    if scope.verbs is None or not scope.verbs <= giver.verbs:
        return "verbs"
    if (scope.roles is not None and scope.roles & ~giver.roles) or (scope.roles is None and giver.is_narrowed):
        return "roles"
    is_longer = scope.valid_until is None or (giver.valid_until is not None and scope.valid_until > giver.valid_until)
    return "days" if giver.valid_until is not None and is_longer else None


def make_key(engine: Engine, party: int, label: str, scope: Scope, made_by: str | None = None) -> str:
    """A new key of a party: 256 random bits, stored as a hash only. Raises ApiKeyError for an unknown party."""
    key = f"cangsu_{secrets.token_urlsafe(32)}"
    verbs = None if scope.verbs is None else " ".join(sorted(scope.verbs))
    row = (hash_of(key), party, label, scope.roles, verbs, scope.valid_until, made_by)
    with writing(engine) as connection:
        if connection.execute(select(schema.party.c.number).where(schema.party.c.number == party)).first() is None:
            raise ApiKeyError(f"party {party} is not registered")
        columns = ("key_hash", "party", "label", "roles", "verbs", "valid_until", "made_by")
        insert_rows(connection, "api_key", columns, [row])
    return key


def list_keys(engine: Engine, party: int) -> list[ApiKey]:
    """Every key that a party ever had, those that were not ended first."""
    query = select(schema.api_key).where(schema.api_key.c.party == party)
    with reading(engine) as connection:
        found = [_to_key(row) for row in connection.execute(query)]
    return sorted(found, key=lambda key: (key.ended_at is not None, key.label, key.key_id))


def end_key(engine: Engine, party: int, key_id: str, now: int) -> ApiKey:
    """End one key for good. It may be taken for a few seconds more (``api.access``).

    Raises ApiKeyError unless exactly one key of the party that was not ended has this id.
    """
    known = schema.api_key.c
    query = select(schema.api_key).where(known.party == party, known.ended_at.is_(None))
    with writing(engine) as connection:
        found = [row for row in connection.execute(query) if id_of(bytes(row.key_hash)) == key_id.lower()]
        if len(found) != 1:
            raise ApiKeyError(f"party {party} has {len(found)} keys in force with the id {key_id}, expected 1")
        connection.execute(update(schema.api_key).where(known.key_hash == found[0].key_hash).values(ended_at=now))
        return _to_key(connection.execute(select(schema.api_key).where(known.key_hash == found[0].key_hash)).one())


def to_caller(row: Row[Any], key_hash: bytes) -> Caller:
    """Who comes in with a key, as the store knows it (``SqlTrail.find_api_key``)."""
    roles = row.party_roles if row.roles is None else row.party_roles & row.roles
    verbs = to_verbs(row.verbs)
    name = f"key:{id_of(key_hash)}"
    is_narrowed = roles != row.party_roles
    return Caller(row.number, roles, ALL_VERBS if verbs is None else verbs, name, row.valid_until, is_narrowed)


def hash_of(key: str) -> bytes:
    """What is kept of a key."""
    return hashlib.sha256(key.encode()).digest()


def id_of(key_hash: bytes) -> str:
    """The id under which a key is listed, ended and logged."""
    return key_hash.hex()[:_ID_DIGITS]


def to_verbs(text: str | None) -> frozenset[Verb] | None:
    """Verbs as they are stored; a verb that this release no longer has opens nothing."""
    return None if text is None else frozenset(verb for verb in Verb if verb in text.split())


def role_names(roles: int) -> list[str]:
    """The names of the roles in a mask."""
    return [role.name or "" for role in Role if role & roles]


def to_roles(names: Iterable[str]) -> int:
    """A mask of roles by their names; ApiKeyError for one that there is not."""
    mask = 0
    for name in names:
        if name.upper() not in Role.__members__:
            raise ApiKeyError(f"there is no role {name}")
        mask |= Role[name.upper()]
    return mask


def _to_key(row: Row[Any]) -> ApiKey:
    scope = Scope(to_verbs(row.verbs), row.roles, row.valid_until)
    return ApiKey(id_of(bytes(row.key_hash)), row.label, scope, row.made_by, row.ended_at)
