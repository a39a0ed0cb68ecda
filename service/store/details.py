"""Locks the ``order`` and ``person`` groups of events under the keys of their subjects, and opens them again.

A box is nonce ‖ AES-256-GCM of the decoded disclosure; the data authenticated beside it are slot and subject. Which
event it belongs to is held by the event's own digests: a box in the wrong place opens, and no verifier takes it.

Keys: each subject has a random one, wrapped under the *root*, and the root is wrapped under a key of the key file. One
root for all, so that the key file (or a KMS in its place) is asked once for each process, not once for each order. No
subject's key is remembered between transactions, so none outlives its erasure.
"""

import binascii
import hashlib
import hmac
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from service.core.details import LOCKED, NOBODY, ORDER, PERSON, Subjects, slots_of
from service.flow.ports import Wrapping
from service.store.database import insert_rows, select_in
from service.store.subject_schema import subject, subject_root

_NAME, _CONTEXT = "subjects", b"cangsu-subject-root-1"
"""The key of the key file that wraps the root, and what it is wrapped for."""
_KEY_BYTES, _NONCE_BYTES, _ID_BYTES = 32, 12, 16
_TO_URL_SAFE, _FROM_URL_SAFE = bytes.maketrans(b"+/", b"-_"), bytes.maketrans(b"-_", b"+/")

Locked = tuple[bytes, int | None, int | None]
"""Stored disclosures, and the numbers of the order and the buyer that they are locked for."""
_Name = tuple[int, str]
_Subject = tuple[int, AESGCM]


class Lockable(Protocol):
    """Disclosures in clear, and whose details they hold."""

    @property
    def party(self) -> int: ...
    @property
    def disclosures(self) -> bytes: ...
    @property
    def subjects(self) -> Subjects: ...


@dataclass(frozen=True, slots=True)
class _Root:
    """What the root gives: the key of the ids, and the cipher that wraps keys."""

    id_key: bytes
    cipher: AESGCM

    def id_of(self, name: _Name) -> bytes:
        """What a subject is found by: keyed BLAKE2 (RFC 7693), so the database alone does not tell who it is."""
        data = name[0].to_bytes(4, "big") + name[1].encode()
        return hashlib.blake2b(data, digest_size=_ID_BYTES, key=self.id_key).digest()

    def wrap(self, key: bytes, nonce: bytes, subject_id: bytes) -> bytes:
        return nonce + self.cipher.encrypt(nonce, key, subject_id)

    def unwrap(self, wrapped: bytes, subject_id: bytes) -> AESGCM:
        return AESGCM(self.cipher.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], subject_id))


class Details:
    """What the keys of subjects are needed for. One for all connections."""

    def __init__(self, open_keys: Callable[[], Wrapping]) -> None:
        self._open_keys = open_keys
        self._root: _Root | None = None

    def lock(self, connection: Connection, rows: Sequence[Lockable]) -> list[Locked]:
        """Lock the details of rows; subjects that are new get a key. In a transaction that holds the capture lock."""
        told = [row for row in rows if row.subjects is not NOBODY]
        names = {(row.party, name) for row in told for name in row.subjects if name is not None}
        if not names:
            return [(row.disclosures, None, None) for row in rows]
        subjects, nonces = self._subjects(connection, names), _random(2 * len(told), _NONCE_BYTES)
        return [_lock(row, subjects, nonces) for row in rows]

    def open(self, connection: Connection, stored: Sequence[bytes | None]) -> list[bytes | None]:
        """Stored disclosures with every box opened whose key is there; the others are erased."""
        numbers = {_subject_of(slot) for one in stored for slot in _boxes(one)}
        if not numbers:
            return list(stored)
        root = self._find_root(connection)
        assert root is not None, "a box without the root of its key"
        query = "SELECT number, id, wrapped FROM subject WHERE wrapped IS NOT NULL AND number IN (:keys)"
        ciphers = {
            number: root.unwrap(bytes(wrapped), bytes(subject_id))
            for number, subject_id, wrapped in select_in(connection, query, list(numbers))
        }
        return [None if one is None else _open(one, ciphers) for one in stored]

    def find_subject(self, connection: Connection, party: int, name: str) -> int | None:
        """The number of a subject whose key is there."""
        root = self._find_root(connection)
        if root is None:
            return None
        query = "SELECT number FROM subject WHERE id IN (:keys)"
        rows = select_in(connection, query, [root.id_of((party, name))])
        return int(rows[0][0]) if rows else None

    def _subjects(self, connection: Connection, names: Collection[_Name]) -> dict[_Name, _Subject]:
        """Number and cipher of each of these subjects."""
        root = self._find_root(connection) or self._make_root(connection)
        name_by_id = {root.id_of(name): name for name in names}
        found: dict[_Name, _Subject] = {}
        query = "SELECT number, id, wrapped FROM subject WHERE id IN (:keys)"
        for number, subject_id, wrapped in select_in(connection, query, list(name_by_id)):
            name = name_by_id.pop(bytes(subject_id))
            found[name] = number, root.unwrap(bytes(wrapped), bytes(subject_id))
        number = int(connection.exec_driver_sql("SELECT coalesce(max(number), 0) FROM subject").scalar_one())
        keys, nonces = _random(len(name_by_id), _KEY_BYTES), _random(len(name_by_id), _NONCE_BYTES)
        new = []
        for subject_id, name in name_by_id.items():
            number, key = number + 1, next(keys)
            new.append((number, subject_id, name[0], root.wrap(key, next(nonces), subject_id)))
            found[name] = number, AESGCM(key)
        insert_rows(connection, subject.name, ("number", "id", "party", "wrapped"), new)
        return found

    def _find_root(self, connection: Connection) -> _Root | None:
        """The root, if there is one. Remembered only once it was read: the capture that makes it may fail."""
        if self._root is None:
            query = "SELECT wrapped FROM subject_root WHERE id = 1"
            wrapped = connection.exec_driver_sql(query).scalar_one_or_none()
            if wrapped is not None:
                self._root = _to_root(self._open_keys().unwrap(_NAME, bytes(wrapped), _CONTEXT))
        return self._root

    def _make_root(self, connection: Connection) -> _Root:
        secret = os.urandom(_KEY_BYTES)
        wrapped = self._open_keys().wrap(_NAME, secret, _CONTEXT)
        insert_rows(connection, subject_root.name, ("id", "wrapped"), [(1, wrapped)])
        return _to_root(secret)


def _to_root(secret: bytes) -> _Root:
    id_key, wrap_key = (hmac.digest(secret, use, "sha256") for use in (b"cangsu-subject-id-1", b"cangsu-subject-key-1"))
    return _Root(id_key, AESGCM(wrap_key))


def _random(count: int, size: int) -> Iterator[bytes]:
    """Random values, drawn at once: asking the system for each takes longer than using it."""
    drawn = os.urandom(count * size)
    return (drawn[i : i + size] for i in range(0, count * size, size))


def _lock(row: Lockable, subjects: dict[_Name, _Subject], nonces: Iterator[bytes]) -> Locked:
    order, buyer = row.subjects
    if order is None and buyer is None:
        return row.disclosures, None, None
    slots = row.disclosures.split(b"~")
    of_order = None if order is None else subjects[row.party, order]
    of_person = of_order if buyer is None else subjects[row.party, buyer]
    if of_order is not None:
        slots[ORDER] = _box(slots[ORDER], b"order", next(nonces), *of_order)
    if of_person is not None and (buyer is not None or len(slots[PERSON]) > _EMPTY_PERSON):
        slots[PERSON] = _box(slots[PERSON], b"person", next(nonces), *of_person)
    numbers = (of_order[0] if of_order else None), (of_person[0] if buyer is not None and of_person else None)
    return b"~".join(slots), *numbers


_EMPTY_PERSON = -(-len('["AAAAAAAAAAAAAAAAAAAAAA","person",{}]') * 4 // 3)
"""Characters of the disclosure of a person group that says nothing: there is nothing to lock."""
_NAME_BY_SLOT = {ORDER: b"order", PERSON: b"person"}


def _box(disclosure: bytes, group: bytes, nonce: bytes, owner: int, cipher: AESGCM) -> bytes:
    number = b"%d" % owner
    box = nonce + cipher.encrypt(nonce, _decode(disclosure), group + number)
    return LOCKED + number + b"." + binascii.b2a_base64(box, newline=False).translate(_TO_URL_SAFE).rstrip(b"=")


def _open(stored: bytes, ciphers: dict[int, AESGCM]) -> bytes:
    slots = slots_of(stored)
    for place, group in _NAME_BY_SLOT.items():
        if slots[place].startswith(LOCKED):
            number, _, text = slots[place][1:].partition(b".")
            cipher = ciphers.get(int(number))
            slots[place] = b"" if cipher is None else _unbox(text, group + number, cipher)
    return b"~".join(slots)


def _unbox(text: bytes, data: bytes, cipher: AESGCM) -> bytes:
    """Raises InvalidTag for a box that was changed: the database is damaged, and nothing else would say so."""
    box = _decode(text)
    disclosure = cipher.decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], data)
    return binascii.b2a_base64(disclosure, newline=False).translate(_TO_URL_SAFE).rstrip(b"=")


def _boxes(stored: bytes | None) -> list[bytes]:
    if stored is None or LOCKED not in stored:
        return []
    return [slot for slot in stored.split(b"~")[ORDER:] if slot.startswith(LOCKED)]


def _subject_of(slot: bytes) -> int:
    return int(slot[1 : slot.index(b".")])


def _decode(text: bytes) -> bytes:
    return binascii.a2b_base64(text.translate(_FROM_URL_SAFE) + b"==")
