"""OpenID Connect (Core 1.0): what a sign-in is bound to, and what an id_token has to say. No I/O and no clock.

JSON is read by orjson, which ends at a depth: py_ecc (by web3) lifts Python's, and deep JSON would end the process.

``verify_id_token`` goes in this order: 1. the algorithm is one of ours and the header names a key of the provider that
fits it; 2. the signature; 3. issuer and audience; 4. the times; 5. the nonce; 6. who it is. The access token is not
used, so nothing is asked of ``at_hash``.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from verifier.canonical import from_base64url, to_base64url
from verifier.errors import MalformedError

SKEW_SECONDS = 60
"""How far the provider's clock may be from ours."""
_MAX_AGE_SECONDS = 600
_TYPE_BY_ALGORITHM = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}
"""Never ``none``, and never HS256, whose key would be what everybody may read."""
_MIN_RSA_BITS = 2048
_MAX_SUB = 255


class IdTokenError(Exception):
    """An id_token is not taken. The message is a word for our log, and holds nothing of the token."""


class UnknownKeyError(IdTokenError):
    """It names no key that is known of the provider: it may have a new one."""


class ProviderUnavailableError(Exception):
    """A provider does not answer, or not as OpenID Connect asks."""


class CodeRefusedError(Exception):
    """A provider does not give an id_token for a code: it was used, is over, or is none."""


class Step(StrEnum):
    """What somebody is about to do."""

    SIGN_IN = "sign-in"
    LINK = "link"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Pending:
    """What was begun in one browser. ``user_id`` is whose name links, or whose code is awaited."""

    step: Step
    provider: str
    expires_at: int
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """What ties a callback to the browser that began: all of it follows from the token in that browser's cookie."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)

    @property
    def challenge(self) -> str:
        """The PKCE challenge (RFC 7636 §4.2, S256)."""
        return to_base64url(hashlib.sha256(self.verifier.encode()).digest())


def bind(token: str) -> Binding:
    """State, nonce and PKCE verifier of a token; each says nothing of the others."""
    return Binding(*(hmac.digest(token.encode(), use, "sha256").hex() for use in (b"state", b"nonce", b"pkce")))


@dataclass(frozen=True, slots=True)
class Expected:
    """What we know of a provider. Any one of ``amr`` or ``acr`` says that it has asked for a second factor itself."""

    issuer: str
    client_id: str
    amr: frozenset[str] = frozenset()
    acr: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a provider says that somebody is, and whether by two factors."""

    issuer: str
    sub: str
    has_second_factor: bool


def verify_id_token(
    unverified_token: str, keys: Sequence[Mapping[str, Any]], expected: Expected, nonce: str, now: int
) -> Identity:
    """Who a token is about. Raises IdTokenError, and UnknownKeyError if it names a key that is not there."""
    claims = _read_signed(unverified_token, keys)  # 1, 2
    _check_parties(claims, expected)  # 3
    _check_times(claims, now)  # 4
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):  # 5
        raise IdTokenError("nonce")
    if not is_sub(claims.get("sub")):  # 6
        raise IdTokenError("sub")
    methods = claims.get("amr")
    has_amr = isinstance(methods, list) and any(isinstance(one, str) and one in expected.amr for one in methods)
    level = claims.get("acr")
    has_acr = isinstance(level, str) and level in expected.acr
    return Identity(expected.issuer, claims["sub"], has_amr or has_acr)


def is_sub(value: object) -> bool:
    """Whether this can be a ``sub`` (OpenID Connect Core §2: at most 255 ASCII characters)."""
    return isinstance(value, str) and 0 < len(value) <= _MAX_SUB and value.isascii() and value.isprintable()


def _read_signed(token: str, keys: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    try:
        header = orjson.loads(from_base64url(token.split(".")[0]))
    except (MalformedError, ValueError):
        raise IdTokenError("header") from None
    algorithm = header.get("alg") if isinstance(header, dict) and "crit" not in header else None
    if not isinstance(algorithm, str) or algorithm not in _TYPE_BY_ALGORITHM:
        raise IdTokenError("algorithm")
    key = _import(_find_key(keys, header))
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    try:
        claims = orjson.loads(jws.deserialize_compact(token, key, registry=registry).payload)
    except (JoseError, ValueError):
        raise IdTokenError("signature") from None
    if not isinstance(claims, dict):
        raise IdTokenError("claims")
    return claims


def _find_key(keys: Sequence[Mapping[str, Any]], header: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one key that fits; what a key itself says of its use counts (RFC 7517 §4.2, §4.4)."""
    fitting = [
        key
        for key in keys
        if key.get("kty") == _TYPE_BY_ALGORITHM[header["alg"]]
        and key.get("use", "sig") == "sig"
        and key.get("alg", header["alg"]) == header["alg"]
        and ("kid" not in header or key.get("kid") == header["kid"])
    ]
    if len(fitting) != 1:
        raise UnknownKeyError("key")
    return fitting[0]


def _import(key: Mapping[str, Any]) -> RSAKey | ECKey:
    names = ("kty", "n", "e") if key["kty"] == "RSA" else ("kty", "crv", "x", "y")
    public = {name: key[name] for name in names if isinstance(key.get(name), str)}
    try:
        if key["kty"] == "EC":
            return ECKey.import_key(public)
        if int.from_bytes(from_base64url(public["n"])).bit_length() < _MIN_RSA_BITS:
            raise IdTokenError("key")
        return RSAKey.import_key(public)
    except (JoseError, MalformedError, ValueError, KeyError):
        raise IdTokenError("key") from None


def _check_parties(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise IdTokenError("iss")
    # A further audience is one that we do not trust (Core §3.1.3.7, 3): it could hand the token on to us.
    if claims.get("aud") not in (expected.client_id, [expected.client_id]):
        raise IdTokenError("aud")
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise IdTokenError("azp")


def _check_times(claims: Mapping[str, Any], now: int) -> None:
    times = [claims.get("exp"), claims.get("iat"), claims.get("nbf", now)]
    if not all(isinstance(time, int | float) and not isinstance(time, bool) for time in times):
        raise IdTokenError("times")
    expires_at, issued_at, not_before = times
    if not now - SKEW_SECONDS < expires_at:
        raise IdTokenError("exp")
    if not now - _MAX_AGE_SECONDS <= issued_at <= now + SKEW_SECONDS:
        raise IdTokenError("iat")
    if not not_before <= now + SKEW_SECONDS:
        raise IdTokenError("nbf")
