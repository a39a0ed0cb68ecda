"""Registry leaves: what the contract hashes when the registrar acts (contracts/Parties.sol).

digest = SHA-256 of the ABI-encoded fields, 32 bytes each.
"""

import hashlib
from enum import IntEnum

from verifier.eip712 import uint
from verifier.kinds import CODE_BY_NAME
from verifier.record import Word, registry_book

REGISTRAR_PARTY = 1


class KeyType(IntEnum):
    """What a key is for."""

    BATCH = 1
    ISSUER = 2
    LINE = 3


def _record(party: int, kind: str, site: int, fields: bytes) -> bytes:
    word = Word(registry_book(party), site, CODE_BY_NAME[kind], 0)
    return word.to_bytes() + hashlib.sha256(fields).digest()


def party_record(party: int, roles: int) -> bytes:
    """The record of a party's roles (PARTY)."""
    return _record(party, "PARTY", 0, uint(roles))


def key_record(party: int, key_type: int, key_id: bytes, valid_from: int, valid_to: int, is_custodial: bool) -> bytes:
    """The record of a new key (KEY). Times in unix seconds; ``key_id`` has 32 bytes."""
    fields = uint(key_type) + key_id + uint(valid_from) + uint(valid_to) + uint(is_custodial)
    return _record(party, "KEY", 0, fields)


def key_end_record(party: int, key_id: bytes, valid_to: int) -> bytes:
    """The record of a key's end (KEY_END)."""
    return _record(party, "KEY_END", 0, key_id + uint(valid_to))


def site_record(site: int, operator: int) -> bytes:
    """The record of a site opened (SITE), in its operator's book."""
    return _record(operator, "SITE", site, uint(operator))


def key_id_of_address(address: bytes) -> bytes:
    """The id of a batch key: its address, left-padded to 32 bytes."""
    return address.rjust(32, b"\x00")


def key_id_of_line(spki: bytes) -> bytes:
    """The id of a line key: SHA-256 of its DER SubjectPublicKeyInfo."""
    return hashlib.sha256(spki).digest()
