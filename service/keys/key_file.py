"""The key file: keys under a random data key, which lies wrapped in a slot for each master key that opens the file.

``{"version": 2, "slots": [{"master", "since", "wrapped"}, …], "nonce", "data"}``, the newest slot last. Version 1, a
box under a passphrase without a data key, is still read, and becomes version 2 when it is saved next. A file is
replaced as a whole: a temporary one is written, synchronised, renamed over it, and the folder synchronised. Whoever
dies between two of these leaves the old file or the new one.
"""

import base64
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.keys.master import DATA_KEY_BYTES, MasterKey, MasterKeyError

_AAD = b"cangsu key file 2"


class KeyringError(Exception):
    """The key file cannot be opened, or has no such key. Never carries key material."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened key file: its keys by name, its data key and the slots that this lies in."""

    secrets: dict[str, str] = field(repr=False)
    data_key: bytes = field(repr=False)
    slots: tuple[dict[str, Any], ...]


def make_slot(master: MasterKey, data_key: bytes) -> dict[str, Any]:
    """A slot that a master key opens, which is tried: what it cannot unwrap would be lost once the file is saved."""
    wrapped = master.wrap(data_key)
    if master.unwrap(wrapped) != data_key:
        raise MasterKeyError(f"the master key ({master.kind}) does not unwrap what it has wrapped")
    return {"master": master.kind, "since": int(time.time()), "wrapped": wrapped}


def find_slot(slots: tuple[dict[str, Any], ...], master: MasterKey) -> tuple[int, bytes]:
    """The newest slot that a master key opens, with the data key in it. Raises MasterKeyError if there is none."""
    refusal = MasterKeyError(f"it is under {' and '.join(slot['master'] for slot in slots)}, not {master.kind}")
    for place in reversed(range(len(slots))):
        if slots[place]["master"] == master.kind:
            try:
                return place, master.unwrap(slots[place]["wrapped"])
            except MasterKeyError as error:
                refusal = error
    raise refusal


def new_keys(master: MasterKey, secrets: dict[str, str] | None = None) -> Opened:
    """Keys under a fresh data key that one master key opens."""
    data_key = os.urandom(DATA_KEY_BYTES)
    return Opened(secrets or {}, data_key, (make_slot(master, data_key),))


class KeyFile:
    """A key file at a path. Only ``locked`` may lead to ``save``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def changed_at(self) -> int:
        """When it was replaced last, in ns; 0 if there is none."""
        try:
            return self.path.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def open(self, master: MasterKey, known: Opened | None = None) -> Opened:
        """Open it: with the data key of what was opened before, or else with the master key. Raises KeyringError."""
        try:
            content = json.loads(self.path.read_bytes())
            if content["version"] == 1:
                return self._open_box(content, master)
            if content["version"] != 2:
                raise ValueError("another version")
            slots = tuple(content["slots"])
            sealed = [base64.b64decode(content[name], validate=True) for name in ("nonce", "data")]
            if known is not None and (secrets := _decrypt(known.data_key, *sealed)) is not None:
                return Opened(secrets, known.data_key, slots)
            return self._open_slot(slots, sealed, master)
        except MasterKeyError as error:
            raise KeyringError(f"{self.path.name} does not open: {error}") from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise KeyringError(f"{self.path.name} is not a key file") from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from saving: of two that add a key at once, the later would lose the other's."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def save(self, opened: Opened) -> None:
        """Replace the file. What was returned from survives a power cut, and may be registered."""
        nonce = os.urandom(12)
        data = AESGCM(opened.data_key).encrypt(nonce, json.dumps(opened.secrets).encode(), _AAD)
        parts = {"nonce": base64.b64encode(nonce).decode(), "data": base64.b64encode(data).decode()}
        temporary = self.path.with_suffix(".new")
        temporary.unlink(missing_ok=True)  # one that a crash left may have another mode
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"version": 2, "slots": opened.slots, **parts}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _open_box(self, box: dict[str, Any], master: MasterKey) -> Opened:
        if master.kind != "passphrase":
            raise MasterKeyError("it is under a passphrase")
        secrets = json.loads(master.unwrap(box))
        return new_keys(master, secrets)

    def _open_slot(self, slots: tuple[dict[str, Any], ...], sealed: list[bytes], master: MasterKey) -> Opened:
        _, data_key = find_slot(slots, master)
        secrets = _decrypt(data_key, *sealed)
        if secrets is None:
            raise MasterKeyError("it was changed")
        return Opened(secrets, data_key, slots)


def _decrypt(data_key: bytes, nonce: bytes, data: bytes) -> dict[str, str] | None:
    try:
        secrets: dict[str, str] = json.loads(AESGCM(data_key).decrypt(nonce, data, _AAD))
    except InvalidTag:
        return None
    return secrets
