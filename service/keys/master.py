"""The master key: what wraps the key of the key file, and comes from a passphrase, a file or a program that asks a KMS.

It never encrypts the keys themselves: each key file has a random *data key*, and lies in as many *slots* as there are
master keys that open it. So a master key can be changed without touching what it protects, and a KMS sees 32 bytes.
"""

import base64
import json
import os
import shlex
import stat
import subprocess
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.core.box import BoxError, lock, unlock

DATA_KEY_BYTES = 32
KMS_SECONDS = 30
_CONTEXT = "cangsu data key"
_PROTOCOL = "cangsu-kms/1"


class MasterKeyError(Exception):
    """The master key cannot be had, or is not the one that is needed. Never carries key material."""


class MasterKey(Protocol):
    """What wraps a data key for a slot. ``kind`` names the slots that it may open."""

    @property
    def kind(self) -> str: ...
    def wrap(self, data_key: bytes) -> dict[str, Any]:
        """A data key as JSON that only this master key unwraps."""
        ...

    def unwrap(self, wrapped: dict[str, Any]) -> bytes:
        """A data key again. Raises MasterKeyError if another master key wrapped it, or it was changed."""
        ...


class Passphrase:
    """A master key that scrypt makes of a passphrase."""

    kind = "passphrase"

    def __init__(self, passphrase: str) -> None:
        self._passphrase = passphrase

    @classmethod
    def of_file(cls, path: Path) -> "Passphrase":
        """The passphrase in a file, without white space around it."""
        passphrase = path.read_text().strip()
        if not passphrase:
            raise MasterKeyError(f"{path.name} holds no passphrase")
        return cls(passphrase)

    def wrap(self, data_key: bytes) -> dict[str, Any]:
        """A box (``core.box``) with the data key inside."""
        return lock(data_key, self._passphrase)

    def unwrap(self, wrapped: dict[str, Any]) -> bytes:
        """What lies in the box."""
        try:
            return unlock(wrapped, self._passphrase)
        except BoxError as error:
            raise MasterKeyError("the passphrase does not open it") from error


class MasterKeyFile:
    """A master key of 32 random bytes in a file that nobody but its owner may read."""

    kind = "file"

    def __init__(self, path: Path) -> None:
        self._name = path.name
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            key = file.read(DATA_KEY_BYTES + 1)
        if not stat.S_ISREG(mode) or mode & 0o077:
            raise MasterKeyError(f"others than its owner may read {path.name}: its mode must be 0600 or 0400")
        if len(key) != DATA_KEY_BYTES:
            raise MasterKeyError(f"{path.name} is no master key: expected {DATA_KEY_BYTES} bytes")
        self._cipher = AESGCM(key)

    def wrap(self, data_key: bytes) -> dict[str, Any]:
        """Under AES-256-GCM and a fresh nonce."""
        nonce = os.urandom(12)
        return {"nonce": _text(nonce), "data": _text(self._cipher.encrypt(nonce, data_key, _CONTEXT.encode()))}

    def unwrap(self, wrapped: dict[str, Any]) -> bytes:
        """Undo ``wrap``."""
        try:
            return self._cipher.decrypt(_bytes(wrapped["nonce"]), _bytes(wrapped["data"]), _CONTEXT.encode())
        except (InvalidTag, ValueError, KeyError) as error:
            raise MasterKeyError(f"{self._name} does not open it") from error


class KmsCommand:
    """A master key that stays in a KMS: a program asks it to wrap and unwrap.

    The program reads ``{protocol, operation, context, data}`` on standard input and answers ``{data}``, all bytes in
    base64. What it writes to standard error is shown to the operator, what it answers never is.
    """

    kind = "kms"

    def __init__(self, command: str) -> None:
        self._command = shlex.split(command)
        if not self._command:
            raise MasterKeyError("no program is named that asks the KMS")

    def wrap(self, data_key: bytes) -> dict[str, Any]:
        """What the KMS makes of the data key, whatever that is."""
        wrapped = self._ask("wrap", data_key)
        if data_key in wrapped:
            raise MasterKeyError(f"{Path(self._command[0]).name} gave the key back in the clear")
        return {"data": _text(wrapped)}

    def unwrap(self, wrapped: dict[str, Any]) -> bytes:
        """What the KMS made of ``wrap``'s answer."""
        data = wrapped.get("data")
        if not isinstance(data, str):
            raise MasterKeyError("its slot is damaged")
        return self._ask("unwrap", _bytes(data))

    def _ask(self, operation: str, data: bytes) -> bytes:
        name = Path(self._command[0]).name
        request = {"protocol": _PROTOCOL, "operation": operation, "context": _CONTEXT, "data": _text(data)}
        try:
            done = subprocess.run(
                self._command,
                input=json.dumps(request).encode(),
                stdout=subprocess.PIPE,
                timeout=KMS_SECONDS,
                check=False,
            )
        except OSError as error:
            raise MasterKeyError(f"{name} does not start: {error.strerror}") from None
        except subprocess.TimeoutExpired:  # it holds the request, and so the data key: it must not be chained
            raise MasterKeyError(f"{name} gave no answer in {KMS_SECONDS} s") from None
        if done.returncode:
            raise MasterKeyError(f"{name} did not {operation}: exit status {done.returncode}")
        return _answered(done.stdout, name)


def new_master_key(path: Path) -> None:
    """Make a file with a random master key, mode 0600. Raises FileExistsError if there is a file of that name."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(os.urandom(DATA_KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())


def _answered(output: bytes, name: str) -> bytes:
    try:
        return _bytes(json.loads(output)["data"])
    except (ValueError, TypeError, KeyError):  # the message of a JSON error would hold the answer
        raise MasterKeyError(f"{name} gave an answer that is none") from None


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
