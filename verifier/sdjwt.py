"""Compact SD-JWTs (RFC 9901) signed with ES256, as docs/formats.md §6 narrows them.

    issuer-signed JWT ~ disclosure ~ … ~ [key-binding JWT]

``parse`` takes the string apart and judges no signature; what must hold of the disclosures is said in
``verifier.disclosures``. Signing is the caller's: ``make_signing_input`` gives the bytes, ``assemble`` takes the
signature.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from verifier.canonical import canonical_bytes, parse_json, to_base64url
from verifier.errors import HolderError, InvalidError, MalformedError
from verifier.es256 import Jwk, to_low_s, verify_es256
from verifier.shapes import base64url_bytes, integer, members, string

TYPE = "dc+sd-jwt"
KEY_BINDING_TYPE = "kb+jwt"
ALGORITHM = "ES256"


@dataclass(frozen=True, slots=True)
class KeyBinding:
    """A key-binding JWT (RFC 9901 §4.3), its signature not judged yet."""

    audience: str
    nonce: str
    issued_at: int
    sd_hash: bytes
    signing_input: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class SdJwt:
    """An SD-JWT taken apart; nothing of it is verified yet.

    ``presented`` is all that a key-binding JWT signs over: everything up to and with the last tilde.
    """

    kid: str
    payload: dict[str, Any]
    signing_input: bytes
    signature: bytes
    disclosures: tuple[str, ...]
    presented: str
    key_binding: KeyBinding | None


def parse(text: str) -> SdJwt:
    """Take a compact SD-JWT apart; MalformedError unless it has exactly the shape of docs/formats.md §6."""
    if not text.isascii():
        raise MalformedError("an SD-JWT has ASCII characters only")
    issuer_jwt, *disclosures = text.split("~")
    if not disclosures:
        raise MalformedError("an SD-JWT without key binding ends with ~")
    header, payload, signing_input, signature = parse_jwt(issuer_jwt)
    _check_header(header, TYPE)
    key_binding = disclosures.pop()
    return SdJwt(
        header["kid"],
        payload,
        signing_input,
        signature,
        tuple(disclosures),
        text[: len(text) - len(key_binding)],
        _parse_key_binding(key_binding) if key_binding else None,
    )


def make_signing_input(issuer: Jwk, payload: dict[str, Any]) -> bytes:
    """The ASCII ``header.payload`` that the issuer's key signs with ES256."""
    return make_jwt_input(issuer, TYPE, payload)


def make_jwt_input(issuer: Jwk, jwt_type: str, payload: dict[str, Any]) -> bytes:
    """The same of any JWT that an issuer signs."""
    header = {"alg": ALGORITHM, "kid": issuer.kid(), "typ": jwt_type}
    return f"{to_base64url(canonical_bytes(header))}.{to_base64url(canonical_bytes(payload))}".encode()


def make_key_binding_input(presented: str, *, audience: str, nonce: str, issued_at: int) -> bytes:
    """What a holder's key signs to present a credential to one reader."""
    header = {"alg": ALGORITHM, "typ": KEY_BINDING_TYPE}
    payload = {"aud": audience, "iat": issued_at, "nonce": nonce, "sd_hash": to_base64url(sd_hash(presented))}
    return f"{to_base64url(canonical_bytes(header))}.{to_base64url(canonical_bytes(payload))}".encode()


def assemble(signing_input: bytes, signature: bytes, disclosures: Iterable[str]) -> str:
    """The credential, from the signing input, the 64 bytes r ‖ s over it and the disclosures to show."""
    parts = [f"{signing_input.decode('ascii')}.{to_base64url(to_low_s(signature))}", *disclosures]
    return "~".join(parts) + "~"


def sd_hash(presented: str) -> bytes:
    """SHA-256 over the presented SD-JWT (RFC 9901 §4.3.1)."""
    return hashlib.sha256(presented.encode("ascii")).digest()


def verify_issuer_signature(sd_jwt: SdJwt, issuer: Jwk) -> None:
    """Check that the kid is the issuer's key and that the key signed; InvalidError otherwise."""
    _verify_issuer(issuer, sd_jwt.kid, sd_jwt.signing_input, sd_jwt.signature)


def verify_signed_by(issuer: Jwk, jwt_type: str, header: Any, signing_input: bytes, signature: bytes) -> None:
    """Check that a JWT has this ``typ`` and is the issuer's: MalformedError or InvalidError otherwise."""
    _check_header(header, jwt_type)
    _verify_issuer(issuer, header["kid"], signing_input, signature)


def verify_key_binding(sd_jwt: SdJwt, holder: Jwk) -> None:
    """Check that the holder's key signed exactly this presentation; HolderError otherwise."""
    binding = sd_jwt.key_binding
    if binding is None:
        raise HolderError("there is no key-binding JWT")
    if binding.sd_hash != sd_hash(sd_jwt.presented):
        raise HolderError("the key-binding JWT is of another presentation")
    try:
        verify_es256(holder, binding.signing_input, binding.signature, "holder")
    except InvalidError as error:
        raise HolderError(str(error)) from error


def _check_header(header: Any, jwt_type: str) -> None:
    members(header, "header", ("alg", "typ", "kid"))
    if (header["alg"], header["typ"]) != (ALGORITHM, jwt_type):
        raise MalformedError(f"the header is not of alg {ALGORITHM} and typ {jwt_type}")
    base64url_bytes(header["kid"], "kid", 32)


def _verify_issuer(issuer: Jwk, kid: str, signing_input: bytes, signature: bytes) -> None:
    if kid != issuer.kid():
        raise InvalidError("the kid is not the thumbprint of the issuer's key")
    if to_low_s(signature) != signature:
        raise InvalidError("the issuer's signature is the high-s twin, which no issuer writes")
    verify_es256(issuer, signing_input, signature, "issuer")


def parse_jwt(text: str) -> tuple[Any, dict[str, Any], bytes, bytes]:
    """(header, payload, signing input, signature) of a compact JWT; nothing of it is judged."""
    parts = text.split(".")
    if len(parts) != 3:
        raise MalformedError("a JWT has three parts")
    header = parse_json(base64url_bytes(parts[0], "header"))
    payload = parse_json(base64url_bytes(parts[1], "payload"))
    if not isinstance(payload, dict):
        raise MalformedError("the payload is not an object")
    signature = base64url_bytes(parts[2], "signature", 64)
    return header, payload, f"{parts[0]}.{parts[1]}".encode(), signature


def _parse_key_binding(text: str) -> KeyBinding:
    header, payload, signing_input, signature = parse_jwt(text)
    members(header, "the key-binding header", ("alg", "typ"), ("kid",))
    if (header["alg"], header["typ"]) != (ALGORITHM, KEY_BINDING_TYPE):
        raise MalformedError(f"the key-binding header is not of alg {ALGORITHM} and typ {KEY_BINDING_TYPE}")
    found = members(payload, "the key-binding payload", ("aud", "nonce", "iat", "sd_hash"))
    return KeyBinding(
        string(found["aud"], "aud"),
        string(found["nonce"], "nonce"),
        integer(found["iat"], "iat"),
        base64url_bytes(found["sd_hash"], "sd_hash", 32),
        signing_input,
        signature,
    )
