"""Invites parties that keep their own key, and registers the keys that they bring, add and end.

What comes in here is decided by signatures: a token alone takes up nothing for a key that is not there, and an API key
alone neither adds nor ends one.
"""

import hashlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from service import api_keys
from service.core.possession import end_key_digest, join_digest, rotate_digest
from service.flow.register import change_registry
from service.keys.keyring import REGISTRAR
from service.keys.recover import recover_address
from service.members import NEVER, Party, issue_api_key, keep_names
from service.runtime import Runtime
from service.store import schema
from service.store.database import insert_rows, reading, writing
from verifier.eip712 import add_key_digest
from verifier.registry import KeyType, key_id_of_address

VALID_SECONDS = 7 * 24 * 3600
_LABEL = "joined"


class InvitationError(Exception):
    """There is no such invitation for this key: unknown, run out, taken by another key, or a signature that fails."""


class KeyRefusedError(Exception):
    """A key is not added or ended: the signatures that this needs are not there."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that may be taken up."""

    party: int
    name: str
    roles: int
    token_hash: bytes
    key_id: bytes | None


def invite(runtime: Runtime, party: Party) -> str:
    """Register a party without any key, and give the token with which it brings its own. Shown once, kept as a hash."""
    with reading(runtime.engine) as connection:
        known = connection.execute(select(schema.party.c.roles).where(schema.party.c.number == party.number)).first()
    if known is None:
        calls: list[tuple[str, Sequence[Any]]] = [("setParty", (party.number, int(party.roles)))]
        calls += [("openSite", (site, party.number)) for site, _ in party.sites]
        _change(runtime, calls)
    keep_names(runtime, [party])
    token = secrets.token_urlsafe(32)
    row = (hash_token(token), party.number, int(time.time()) + VALID_SECONDS)
    with writing(runtime.engine) as connection:
        insert_rows(connection, "invitation", ("token_hash", "party", "expires_at"), [row])
    return token


def find_invitation(runtime: Runtime, token: str, now: int) -> Invitation:
    """What a token invites to. Raises InvitationError."""
    with reading(runtime.engine) as connection:
        found = _find(connection, hash_token(token), now)
    if found is None:
        raise InvitationError
    return found


def join(runtime: Runtime, token: str, address: bytes, signature: bytes, now: int) -> str:
    """Register the key that a newcomer brings, as held by itself, and give its party an API key.

    Safe to repeat with the same key, until the invitation runs out: the API key that was given before ends. Raises
    InvitationError.
    """
    found, key_id = find_invitation(runtime, token, now), key_id_of_address(address)
    digest = join_digest(runtime.log.domain, found.party, key_id, found.token_hash)
    if recover_address(digest, signature) != address or found.key_id not in (None, key_id):
        raise InvitationError
    with writing(runtime.engine) as connection:  # from here on no other key can take it up
        mine = schema.invitation
        taken = update(mine).where(mine.c.token_hash == found.token_hash, mine.c.key_id.is_(None))
        connection.execute(taken.values(key_id=key_id))
        if (row := _find(connection, found.token_hash, now)) is None or row.key_id != key_id:
            raise InvitationError
    if not _is_registered(runtime, key_id):
        _add_key(runtime, found.party, key_id, b"")
    return _renew_api_key(runtime, found.party, now)


def add_key(runtime: Runtime, party: int, address: bytes, possession: bytes, consent: bytes) -> None:
    """Register a further key of a party: it shows that it is there, and a key in force consents to it (``AddKey``).

    Safe to repeat. Raises KeyRefusedError.
    """
    domain, key_id = runtime.log.domain, key_id_of_address(address)
    if recover_address(rotate_digest(domain, party, key_id), possession) != address:
        raise KeyRefusedError("the new key has not signed that it is there")
    digest = add_key_digest(domain, party, int(KeyType.BATCH), key_id, 0, NEVER, False)
    if not _is_signed(runtime, party, digest, consent):
        raise KeyRefusedError("none of your keys in force consents to it")
    if not _is_registered(runtime, key_id):
        _add_key(runtime, party, key_id, consent)


def end_key(runtime: Runtime, party: int, address: bytes, signature: bytes) -> None:
    """End a key of a party, as one of its keys in force asks. Safe to repeat. Raises KeyRefusedError."""
    key_id = key_id_of_address(address)
    if not _is_signed(runtime, party, end_key_digest(runtime.log.domain, party, key_id), signature):
        raise KeyRefusedError("none of your keys in force asks for it")
    with runtime.captures.view() as capture:
        now = int(time.time())
        is_in_force = any(key.address == address and key.valid_to > now for key in capture.batch_keys(party))
    if is_in_force:
        _change(runtime, [("endKey", (key_id,))])


def hash_token(token: str) -> bytes:
    """What an invitation is known by."""
    return hashlib.sha256(token.encode()).digest()


def _find(connection: Connection, token_hash: bytes, now: int) -> Invitation | None:
    mine, party = schema.invitation.c, schema.party.c
    query = (
        select(party.number, party.name, party.roles, mine.token_hash, mine.key_id)
        .join(schema.party, mine.party == party.number)
        .where(mine.token_hash == token_hash, mine.expires_at > now)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return Invitation(row[0], row[1], row[2], bytes(row[3]), None if row[4] is None else bytes(row[4]))


def _is_registered(runtime: Runtime, key_id: bytes) -> bool:
    with reading(runtime.engine) as connection:
        known = schema.batch_key.c.key_id
        return connection.execute(select(known).where(known == key_id)).first() is not None


def _is_signed(runtime: Runtime, party: int, digest: bytes, signature: bytes) -> bool:
    """By a key that the party holds itself and that is in force."""
    signer, now = recover_address(digest, signature), int(time.time())
    with runtime.captures.view() as capture:
        keys = [
            key for key in capture.batch_keys(party) if not key.is_custodial and key.valid_from <= now < key.valid_to
        ]
    return signer in [key.address for key in keys]


def _add_key(runtime: Runtime, party: int, key_id: bytes, consent: bytes) -> None:
    _change(runtime, [("addKey", (party, int(KeyType.BATCH), key_id, 0, NEVER, False, consent))])


def _change(runtime: Runtime, calls: Sequence[tuple[str, Sequence[Any]]]) -> None:
    change_registry(runtime.logs, runtime.chain, runtime.keyring.account(REGISTRAR), calls)


def _renew_api_key(runtime: Runtime, party: int, now: int) -> str:
    for key in api_keys.list_keys(runtime.engine, party):
        if key.label == _LABEL and key.ended_at is None:
            api_keys.end_key(runtime.engine, party, key.key_id, now)
    return issue_api_key(runtime, party, _LABEL)
