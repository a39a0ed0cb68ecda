"""The batch key of a party that keeps it itself (自持密钥): made here, encrypted in a file of its own, never sent."""

import json
import os
import secrets
from pathlib import Path

from eth_keys.datatypes import PrivateKey

from service.core.box import BoxError, lock, unlock


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
        try:
            return cls(unlock(json.loads(path.read_bytes()), passphrase))
        except OSError as error:
            raise KeyFileError(f"{path.name} cannot be read: {error.strerror}") from error
        except (BoxError, ValueError) as error:
            raise KeyFileError(f"{path.name}: {error}") from error

    def save(self, path: Path, passphrase: str) -> None:
        """Write the key into a new file that only its owner may read. Raises KeyFileError if there is one already."""
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                json.dump(lock(self._key.to_bytes(), passphrase), file)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError as error:
            raise KeyFileError(f"there is a file {path} already: a key is never overwritten") from error

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
