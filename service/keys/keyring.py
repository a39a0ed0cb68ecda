"""Keys in one file, encrypted with a passphrase (scrypt, AES-256-GCM). The default; a KMS can fill the same ports.

Names: ``relayer`` pays for batches and ``claims`` for claims, ``registrar`` keeps the registry, ``issuer`` signs
credentials and ``log`` checkpoints, ``references`` hides banks' references of receipts, ``party-<number>`` signs for a
party whose key is in custody. ``subjects`` and ``logins`` encrypt secrets that lie in the database: they never sign.
"""

import fcntl
import hmac
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_keys.datatypes import PrivateKey

from service.core.box import WrongPassphraseError, lock, unlock
from verifier.canonical import to_base64url

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
RELAYER, REGISTRAR, ISSUER = "relayer", "registrar", "issuer"
CLAIMS, REFERENCES, LOG = "claims", "references", "log"
SUBJECTS, LOGINS = "subjects", "logins"
_WRAPPED = b"\x01"
"""The first byte of what ``wrap`` gives: the form of the rest, a nonce of 12 bytes and AES-256-GCM's output."""


class KeyringError(Exception):
    """The key file cannot be opened, or has no such key. Never carries key material."""


def party_key(party: int) -> str:
    """The name of a party's batch key."""
    return f"party-{party}"


class Keyring:
    """The keys of one installation."""

    def __init__(self, path: Path, passphrase: str) -> None:
        self._path = path
        self._passphrase = passphrase
        self._secrets: dict[str, str] = {}
        self._modified = 0.0
        if path.exists():
            self._load()

    def __contains__(self, name: str) -> bool:
        return name in self._secrets or (self._is_stale() and name in self._reload())

    def create(self, name: str) -> None:
        """Make a new random key under a name that is free, and save the file."""
        with self._locked() as folder:
            self._reload()
            if name in self._secrets:
                raise KeyringError(f"there is a key named {name} already")
            self._save(self._secrets | {name: secrets.token_bytes(32).hex()}, folder)

    def account(self, name: str) -> LocalAccount:
        """A key as an account that signs transactions."""
        account: LocalAccount = Account.from_key(bytes.fromhex(self._secret(name)))
        return account

    def address(self, name: str) -> bytes:
        """The 20-byte address of a secp256k1 key."""
        return PrivateKey(bytes.fromhex(self._secret(name))).public_key.to_canonical_address()

    def sign_digest(self, name: str, digest: bytes) -> bytes:
        """r ‖ s ‖ v (27 or 28) over a 32-byte digest, secp256k1."""
        signature = PrivateKey(bytes.fromhex(self._secret(name))).sign_msg_hash(digest)
        return signature.r.to_bytes(32, "big") + signature.s.to_bytes(32, "big") + bytes([signature.v + 27])

    def mac(self, message: bytes, name: str = REFERENCES) -> bytes:
        """HMAC-SHA256 of a message: 32 bytes that nobody without the key can guess or compare."""
        return hmac.digest(bytes.fromhex(self._secret(name)), message, "sha256")

    def wrap(self, name: str, plaintext: bytes, context: bytes) -> bytes:
        """A secret of the database, encrypted under a key that serves nothing else, and 29 bytes longer.

        It opens again only under the same ``context``, which says what it belongs to: a row cannot lend it to another.
        Nonces are random: one key is good for 2^32 secrets.
        """
        nonce = os.urandom(12)
        return _WRAPPED + nonce + self._cipher(name).encrypt(nonce, plaintext, context)

    def unwrap(self, name: str, wrapped: bytes, context: bytes) -> bytes:
        """What ``wrap`` was given. Raises KeyringError if the key or the context is another, or a bit was changed."""
        if wrapped[:1] == _WRAPPED:
            try:
                return self._cipher(name).decrypt(wrapped[1:13], wrapped[13:], context)
            except (InvalidTag, ValueError):
                pass
        raise KeyringError(f"this was not wrapped with the key {name} for what it is read as")

    def _cipher(self, name: str) -> AESGCM:
        if name not in (SUBJECTS, LOGINS):
            raise KeyringError(f"the key {name} is not one that encrypts")
        return AESGCM(bytes.fromhex(self._secret(name)))

    def sign_es256(self, message: bytes, name: str = ISSUER) -> bytes:
        """r ‖ s over SHA-256 of a message, P-256 (RFC 7518 §3.4), s in the lower half."""
        r, s = decode_dss_signature(self._p256(name).sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + min(s, _P256_ORDER - s).to_bytes(32, "big")

    def jwk(self, name: str = ISSUER) -> dict[str, str]:
        """The public half of a P-256 key as a JWK (RFC 7517)."""
        numbers = self._p256(name).public_key().public_numbers()
        x, y = (to_base64url(value.to_bytes(32, "big")) for value in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}

    def sign_ed25519(self, message: bytes, name: str = LOG) -> bytes:
        """64 bytes over a message (RFC 8032)."""
        return self._ed25519(name).sign(message)

    def ed25519_public(self, name: str = LOG) -> bytes:
        """The 32 bytes of the public half of an Ed25519 key."""
        return self._ed25519(name).public_key().public_bytes_raw()

    def _ed25519(self, name: str) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self._secret(name)))

    def _p256(self, name: str) -> ec.EllipticCurvePrivateKey:
        scalar = int(self._secret(name), 16) % (_P256_ORDER - 1) + 1
        return ec.derive_private_key(scalar, ec.SECP256R1())

    def _secret(self, name: str) -> str:
        if name not in self:
            raise KeyringError(f"no key named {name}")
        return self._secrets[name]

    def _is_stale(self) -> bool:
        return self._path.exists() and self._path.stat().st_mtime_ns != self._modified

    def _reload(self) -> dict[str, str]:
        if self._path.exists():
            self._load()
        return self._secrets

    def _load(self) -> None:
        modified = self._path.stat().st_mtime_ns
        try:
            self._secrets = json.loads(unlock(json.loads(self._path.read_bytes()), self._passphrase))
        except WrongPassphraseError as error:
            raise KeyringError(f"the passphrase does not open {self._path.name}") from error
        except ValueError as error:
            raise KeyringError(f"{self._path.name} is not a key file") from error
        self._modified = modified

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Keep other processes from saving: of two that add a key at once, the later would lose the other's."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield folder
        finally:
            os.close(folder)

    def _save(self, changed: dict[str, str], folder: int) -> None:
        temporary = self._path.with_suffix(".new")
        temporary.unlink(missing_ok=True)  # one that a crash left may have another mode
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(lock(json.dumps(changed).encode(), self._passphrase), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
        os.fsync(folder)  # from here on the key survives a power cut, and may be registered
        self._secrets = changed
        self._modified = self._path.stat().st_mtime_ns
