"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when it is lost."""

import base64
import hashlib
import hmac
import secrets

import pyotp

STEP_SECONDS = 30
_DRIFT = 1
"""Steps that a clock may be ahead or behind."""
_SECRET_BYTES = 20
_RECOVERY_CODES, _RECOVERY_BYTES = 10, 10
ISSUER_NAME = "Cangsu"
NOBODYS_SECRET = secrets.token_bytes(_SECRET_BYTES)
"""What codes are compared with where there is nobody: the work is the same."""


def new_secret() -> bytes:
    """160 random bits, as RFC 4226 §4 recommends."""
    return secrets.token_bytes(_SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """A secret as it is typed into an app that reads no QR code."""
    return base64.b32encode(secret).decode()


def otpauth_uri(secret: bytes, user: str) -> str:
    """What an authenticator app reads."""
    return pyotp.TOTP(secret_text(secret)).provisioning_uri(name=user, issuer_name=ISSUER_NAME)


def matching_step(secret: bytes, code: str, now: int, after: int) -> int | None:
    """The step whose code this is, if that is near and newer than ``after``: none is taken twice (RFC 6238 §5.2)."""
    totp, current, found = pyotp.TOTP(secret_text(secret)), now // STEP_SECONDS, None
    for step in range(current - _DRIFT, current + _DRIFT + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.strip().encode()) and step > after:
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Ten codes of 80 random bits, in groups of four characters."""
    texts = (base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower() for _ in range(_RECOVERY_CODES))
    return ["-".join(text[start : start + 4] for start in range(0, 16, 4)) for text in texts]


def recovery_hash(code: str) -> bytes:
    """What a recovery code is kept as: it is random enough for a plain hash."""
    return hashlib.sha256(code.replace("-", "").replace(" ", "").lower().encode()).digest()
