"""Keys that their owner keeps itself (自持密钥): made here, encrypted in a file of their own, never sent.

A party's batch key is secp256k1, a witness's Ed25519.
"""

import json
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_keys.datatypes import PrivateKey

from service.core.box import BoxError, lock, unlock
from verifier.checkpoint import Checkpoint, Signature
from verifier.signed_note import KeyType, VerifierKey, signed_message


class KeyFileError(Exception):
    """The key file cannot be opened or written. Never carries key material."""


class LocalKey:
    """A secp256k1 key in this process."""

    def __init__(self, secret: bytes) -> None:
        self._key = PrivateKey(secret)

    @classmethod
    def create(cls) -> "LocalKey":
        """A new random key."""
        return cls(secrets.token_bytes(32))

    @classmethod
    def load(cls, path: Path, passphrase: str) -> "LocalKey":
        """The key in a file. Raises KeyFileError."""
        return cls(_read(path, passphrase))

    def save(self, path: Path, passphrase: str) -> None:
        """Write the key into a new file that only its owner may read. Raises KeyFileError if there is one already."""
        _write(path, self._key.to_bytes(), passphrase)

    @property
    def address(self) -> bytes:
        """The 20 bytes by which the registry on chain knows the key."""
        return self._key.public_key.to_canonical_address()

    def sign_digest(self, digest: bytes) -> bytes:
        """r ‖ s ‖ v (27 or 28) over 32 bytes."""
        signature = self._key.sign_msg_hash(digest)
        return signature.r.to_bytes(32, "big") + signature.s.to_bytes(32, "big") + bytes([signature.v + 27])

    def __repr__(self) -> str:
        return f"LocalKey(0x{self.address.hex()})"


class WitnessKey:
    """An Ed25519 key in this process that cosigns checkpoints under a name."""

    def __init__(self, name: str, secret: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.public = VerifierKey(name, KeyType.WITNESS, self._key.public_key().public_bytes_raw())

    @classmethod
    def create(cls, name: str, path: Path, passphrase: str) -> "WitnessKey":
        """A new random key in a new file. Raises KeyFileError, and MalformedError for a name that cannot be."""
        secret = secrets.token_bytes(32)
        key = cls(name, secret)
        _write(path, secret, passphrase)
        return key

    @classmethod
    def load(cls, name: str, path: Path, passphrase: str) -> "WitnessKey":
        """The key in a file. Raises KeyFileError."""
        return cls(name, _read(path, passphrase))

    def cosign(self, checkpoint: Checkpoint, time: int) -> Signature:
        """Our word that we have checked a checkpoint. ``time`` in unix seconds."""
        return self.public.signature(self._key.sign(signed_message(KeyType.WITNESS, checkpoint.body(), time)), time)

    def __repr__(self) -> str:
        return f"WitnessKey({self.public.to_text()})"


def _read(path: Path, passphrase: str) -> bytes:
    try:
        return unlock(json.loads(path.read_bytes()), passphrase)
    except OSError as error:
        raise KeyFileError(f"{path.name} cannot be read: {error.strerror}") from error
    except (BoxError, ValueError) as error:
        raise KeyFileError(f"{path.name}: {error}") from error


def _write(path: Path, secret: bytes, passphrase: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(lock(secret, passphrase), file)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise KeyFileError(f"there is a file {path} already: a key is never overwritten") from error
