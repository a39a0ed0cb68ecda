"""ES256 keys and signatures (RFC 7518 §3.4, RFC 7638), as issuers and holders use them.

A signature is r ‖ s, 64 bytes. With every valid (r, s) its twin (r, n − s) is valid too, so anyone can write a second
signature over the same bytes. Issuers therefore write the lower s (``to_low_s`` makes any signature so), and only that
one is accepted of them (docs/formats.md §6).
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from verifier.canonical import canonical_bytes, to_base64url
from verifier.errors import InvalidError, MalformedError
from verifier.shapes import base64url_bytes, members

SIGNATURE_BYTES = 64
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order n of P-256."""


@dataclass(frozen=True, slots=True)
class Jwk:
    """A P-256 public key. The coordinates have 32 bytes each."""

    x: bytes
    y: bytes

    @classmethod
    def from_json(cls, value: Any, name: str = "jwk") -> "Jwk":
        """Read a JWK with exactly the members kty, crv, x and y."""
        found = members(value, name, ("kty", "crv", "x", "y"))
        if (found["kty"], found["crv"]) != ("EC", "P-256"):
            raise MalformedError(f"{name} is not an EC key on P-256")
        return cls(base64url_bytes(found["x"], f"{name}.x", 32), base64url_bytes(found["y"], f"{name}.y", 32))

    @classmethod
    def from_key(cls, key: ec.EllipticCurvePublicKey) -> "Jwk":
        """The JWK of a P-256 key of ``cryptography``."""
        numbers = key.public_numbers()
        return cls(numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big"))

    def to_json(self) -> dict[str, str]:
        """The four members of a JWK."""
        return {"kty": "EC", "crv": "P-256", "x": to_base64url(self.x), "y": to_base64url(self.y)}

    def kid(self) -> str:
        """The thumbprint as a JWT's header names it."""
        return to_base64url(self.thumbprint())

    def thumbprint(self) -> bytes:
        """RFC 7638: SHA-256 of the canonical JWK. The id of an issuer key in the registry; in base64url the ``kid``."""
        return hashlib.sha256(canonical_bytes(self.to_json())).digest()


def to_low_s(signature: bytes) -> bytes:
    """The one of the two twins (r, s) and (r, n − s) with the lower s. Both verify; only this one is accepted."""
    if len(signature) != 64:
        raise MalformedError("an ES256 signature has 64 bytes")
    s = int.from_bytes(signature[32:], "big")
    return signature[:32] + min(s, _ORDER - s).to_bytes(32, "big") if s < _ORDER else signature


def verify_es256(key: Jwk, data: bytes, signature: bytes, who: str) -> None:
    """Check a raw ES256 signature r ‖ s (RFC 7518 §3.4); InvalidError if it does not hold."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(key.x, "big"), int.from_bytes(key.y, "big"), ec.SECP256R1())
    try:
        numbers.public_key().verify(utils.encode_dss_signature(r, s), data, ec.ECDSA(SHA256()))
    except InvalidSignature as error:
        raise InvalidError(f"the {who}'s signature does not hold") from error
    except ValueError as error:
        raise InvalidError(f"the {who}'s key is no point of P-256") from error
