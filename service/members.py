"""Registers parties, keys and sites: on chain as the registrar, names and API keys in the store."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from service.api_keys import DAY_SECONDS, DEFAULT_DAYS, Scope, make_key
from service.flow.register import change_registry
from service.keys.keyring import ISSUER, REGISTRAR, party_key
from service.runtime import Runtime
from service.store import schema
from service.store.database import reading, writing
from verifier.eip712 import add_key_digest
from verifier.es256 import Jwk
from verifier.kinds import Role
from verifier.registry import KeyType, key_id_of_address, key_id_of_line

NEVER = 2**40
"""valid_to of a key that is ended when it is ended (unix seconds, in the year 36812)."""


class MembersError(Exception):
    """A party cannot be registered like that; the message says why."""


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
    """A key for everything that a party may do, for a year: the first one, which may make others."""
    valid_until = int(time.time()) + DEFAULT_DAYS * DAY_SECONDS
    return make_key(runtime.engine, party, label, Scope(valid_until=valid_until))


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
