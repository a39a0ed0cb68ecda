"""The keys of an installation, in one encrypted file (``keys.key_file``) that a master key opens (``keys.master``).

Names: ``relayer`` pays for batches and ``claims`` for claims, ``registrar`` keeps the registry, ``issuer`` signs
credentials and ``log`` checkpoints, ``references`` hides banks' references of receipts, ``party-<number>`` signs for a
party whose key is in custody. A key that follows one of these ends in ``-2``, ``-3``, …; which of them signs now,
``service.custody`` says. ``subjects`` and ``logins`` encrypt secrets that lie in the database: they never sign.
"""

import hmac
import os
import secrets
from dataclasses import replace
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

from service.keys.key_file import KeyFile, KeyringError, Opened, new_keys
from service.keys.master import MasterKey
from verifier.canonical import to_base64url

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
RELAYER, REGISTRAR, ISSUER = "relayer", "registrar", "issuer"
CLAIMS, REFERENCES, LOG = "claims", "references", "log"
SUBJECTS, LOGINS = "subjects", "logins"
_WRAPPED = b"\x01"
"""The first byte of what ``wrap`` gives: the form of the rest, a nonce of 12 bytes and AES-256-GCM's output."""


def party_key(party: int) -> str:
    """The name of a party's batch key."""
    return f"party-{party}"


class Keyring:
    """The keys of one installation."""

    def __init__(self, path: Path, master: MasterKey) -> None:
        self._file = KeyFile(path)
        self._master = master
        self._opened: Opened | None = None
        self._changed_at = 0
        self._renew()

    def __contains__(self, name: str) -> bool:
        return name in self._secrets() or name in self._renew()

    def create(self, name: str) -> None:
        """Make a new random key under a name that is free, and save the file."""
        with self._file.locked():
            known = self._renew()
            if name in known:
                raise KeyringError(f"there is a key named {name} already")
            opened = self._opened or new_keys(self._master)
            changed = replace(opened, secrets=known | {name: secrets.token_bytes(32).hex()})
            self._file.save(changed)
            self._opened, self._changed_at = changed, self._file.changed_at()

    def generations(self, name: str) -> list[str]:
        """The names of a key and of those that were made to follow it, the oldest first."""
        names = [name] if name in self else []
        while names and (following := f"{name}-{len(names) + 1}") in self:
            names.append(following)
        return names

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
        return self._secrets()[name]

    def _secrets(self) -> dict[str, str]:
        return self._opened.secrets if self._opened else {}

    def _renew(self) -> dict[str, str]:
        """What the file holds now: another process may have added a key."""
        changed_at = self._file.changed_at()
        if changed_at and changed_at != self._changed_at:
            self._opened, self._changed_at = self._file.open(self._master, self._opened), changed_at
        return self._secrets()
