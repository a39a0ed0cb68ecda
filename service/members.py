"""Registers parties, keys and sites: on chain as the registrar, names and API keys in the store."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from service.flow.register import change_registry
from service.keys.keyring import ISSUER, REGISTRAR, party_key
from service.runtime import Runtime
from service.store import schema
from service.store.database import insert_rows, reading, writing
from verifier.eip712 import add_key_digest
from verifier.es256 import Jwk
from verifier.kinds import Role
from verifier.registry import KeyType, key_id_of_address, key_id_of_line

NEVER = 2**40
"""valid_to of a key that is ended when it is ended (unix seconds, in the year 36812)."""


_ID_DIGITS = 8


class MembersError(Exception):
    """There is no such party or key; the message says which."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as one may show it: ``key_id`` is the beginning of its hash, in hex. Times in unix seconds."""

    key_id: str
    label: str
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class Party:
    """A party to register. ``sites`` maps site numbers to names; ``line_key`` is a gateway's RSA key (DER, public).

    ``own_key`` is the address of a batch key that the party keeps itself; without one, a key is made and kept here.
    """

    number: int
    name: str
    roles: Role
    sites: tuple[tuple[int, str], ...] = ()
    line_key: bytes | None = None
    own_key: bytes | None = None


def register(runtime: Runtime, parties: Sequence[Party]) -> dict[int, str]:
    """Register parties, their keys (in custody) and sites, and give each an API key; the keys by party number.

    An API key is shown here once and kept as a hash. Parties that are registered already only get their API key.
    """
    calls: list[tuple[str, Sequence[Any]]] = []
    with reading(runtime.engine) as connection:
        registered = set(connection.execute(select(schema.party.c.number)).scalars())
    for party in parties:
        if party.number not in registered:
            calls += _calls(runtime, party)
    change_registry(runtime.logs, runtime.chain, runtime.keyring.account(REGISTRAR), calls)
    keep_names(runtime, parties)
    return {party.number: issue_api_key(runtime, party.number, "first key") for party in parties}


def keep_names(runtime: Runtime, parties: Sequence[Party]) -> None:
    """Keep the names of parties and sites, which the chain does not know."""
    with writing(runtime.engine) as connection:
        for party in parties:
            known = schema.party.c
            connection.execute(update(schema.party).where(known.number == party.number).values(name=party.name))
            for site, name in party.sites:
                connection.execute(update(schema.site).where(schema.site.c.number == site).values(name=name))


def issue_api_key(runtime: Runtime, party: int, label: str) -> str:
    """A new API key of a party: 256 random bits, stored as a hash only. Raises MembersError for an unknown party."""
    key = f"cangsu_{secrets.token_urlsafe(32)}"
    row = (hashlib.sha256(key.encode()).digest(), party, label)
    with writing(runtime.engine) as connection:
        if connection.execute(select(schema.party.c.number).where(schema.party.c.number == party)).first() is None:
            raise MembersError(f"party {party} is not registered")
        insert_rows(connection, "api_key", ("key_hash", "party", "label"), [row])
    return key


def api_keys(runtime: Runtime, party: int) -> list[ApiKey]:
    """Every API key that a party ever had."""
    known = schema.api_key.c
    query = select(known.key_hash, known.label, known.ended_at).where(known.party == party)
    with reading(runtime.engine) as connection:
        found = [ApiKey(_key_id(row.key_hash), row.label, row.ended_at) for row in connection.execute(query)]
    return sorted(found, key=lambda key: (key.ended_at is not None, key.label, key.key_id))


def end_api_key(runtime: Runtime, party: int, key_id: str, now: int) -> ApiKey:
    """End one API key for good. It may be taken for a few seconds more (``api.access``).

    Raises MembersError unless exactly one key of the party that is in force has this id.
    """
    known = schema.api_key.c
    query = select(known.key_hash, known.label).where(known.party == party, known.ended_at.is_(None))
    with writing(runtime.engine) as connection:
        found = [row for row in connection.execute(query) if _key_id(row.key_hash) == key_id.lower()]
        if len(found) != 1:
            raise MembersError(f"party {party} has {len(found)} keys in force with the id {key_id}, expected 1")
        connection.execute(update(schema.api_key).where(known.key_hash == found[0].key_hash).values(ended_at=now))
    return ApiKey(key_id.lower(), found[0].label, now)


def _key_id(key_hash: bytes) -> str:
    return bytes(key_hash).hex()[:_ID_DIGITS]


def _calls(runtime: Runtime, party: Party) -> list[tuple[str, Sequence[Any]]]:
    if party.own_key is not None:
        return _calls_of_own(party, party.own_key)
    keyring, number, name = runtime.keyring, party.number, party_key(party.number)
    if name not in keyring:
        keyring.create(name)  # one that is there already is of a registration that did not get through
    address = key_id_of_address(keyring.address(name))
    calls: list[tuple[str, Sequence[Any]]] = [
        ("setParty", (number, int(party.roles))),
        ("addKey", (number, int(KeyType.BATCH), address, 0, NEVER, True, b"")),
    ]
    further = []
    if party.roles & Role.ISSUER:
        further.append((KeyType.ISSUER, Jwk.from_json(keyring.jwk(ISSUER)).thumbprint(), True))
    if party.line_key is not None:
        further.append((KeyType.LINE, key_id_of_line(party.line_key), False))
    for key_type, key_id, is_custodial in further:
        # A further key of an active party needs the consent of one of its keys, or 48 hours.
        digest = add_key_digest(runtime.log.domain, number, key_type, key_id, 0, NEVER, is_custodial)
        consent = keyring.sign_digest(name, digest)
        calls.append(("addKey", (number, int(key_type), key_id, 0, NEVER, is_custodial, consent)))
    calls += [("openSite", (site, number)) for site, _ in party.sites]
    return calls


def _calls_of_own(party: Party, address: bytes) -> list[tuple[str, Sequence[Any]]]:
    if party.line_key is not None or party.roles & Role.ISSUER:
        raise MembersError("a gateway's line key and an issuer's key need a batch key in custody to consent to them")
    return [
        ("setParty", (party.number, int(party.roles))),
        ("addKey", (party.number, int(KeyType.BATCH), key_id_of_address(address), 0, NEVER, False, b"")),
        *(("openSite", (site, party.number)) for site, _ in party.sites),
    ]
