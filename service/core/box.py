"""A box for secrets at rest: AES-256-GCM under a key that scrypt makes of a passphrase. As JSON-ready text."""

import base64
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

_N, _R, _P = 2**15, 8, 1
_PARTS = ("salt", "nonce", "data")


class BoxError(ValueError):
    """This is no box. Never carries what is inside."""


class WrongPassphraseError(BoxError):
    """The passphrase does not open the box, or the box was changed."""


def lock(data: bytes, passphrase: str) -> dict[str, Any]:
    """A box with ``data`` inside, under a fresh salt and nonce."""
    salt, nonce = os.urandom(16), os.urandom(12)
    parts = (salt, nonce, AESGCM(_key(salt, passphrase)).encrypt(nonce, data, None))
    return {"version": 1, "kdf": "scrypt"} | {
        name: base64.b64encode(part).decode() for name, part in zip(_PARTS, parts, strict=True)
    }


def unlock(box: Any, passphrase: str) -> bytes:
    """What lies in a box. Raises BoxError."""
    try:
        salt, nonce, data = (base64.b64decode(box[name]) for name in _PARTS)
        return AESGCM(_key(salt, passphrase)).decrypt(nonce, data, None)
    except InvalidTag as error:
        raise WrongPassphraseError("the passphrase does not open it") from error
    except (ValueError, TypeError, KeyError) as error:
        raise BoxError("not a box") from error


def _key(salt: bytes, passphrase: str) -> bytes:
    return Scrypt(salt=salt, length=32, n=_N, r=_R, p=_P).derive(passphrase.encode())
