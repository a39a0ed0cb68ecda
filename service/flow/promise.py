"""The signed promise that goes with "accepted": these events will be on chain by then (docs/formats.md §3).

An overdue promise is evidence against the relayer. One signature covers all events of an answer: it signs the RFC 9162
tree head over their digests, in the order of the answer.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Protocol

from verifier.canonical import canonical_bytes, to_base64url
from verifier.es256 import Jwk
from verifier.merkle import tree_head

DUE_SECONDS = 600


class Issuer(Protocol):
    """Signs as the service."""

    def sign_es256(self, message: bytes) -> bytes: ...
    def jwk(self) -> dict[str, str]: ...


def promise(issuer: Issuer, party: int, digests: Sequence[bytes], now: int) -> str:
    """A compact JWS: for whom, how many events, the head over their digests, when it was given, when it is due."""
    leaves = [hashlib.sha256(b"\x00" + digest).digest() for digest in digests]
    header = {
        "alg": "ES256",
        "typ": "cangsu-promise+jwt",
        "kid": Jwk.from_json(issuer.jwk()).kid(),
    }
    payload: dict[str, Any] = {
        "party": party,
        "count": len(leaves),
        "digests_root": to_base64url(tree_head(leaves)),
        "iat": now,
        "due": now + DUE_SECONDS,
    }
    signed = f"{to_base64url(canonical_bytes(header))}.{to_base64url(canonical_bytes(payload))}"
    return f"{signed}.{to_base64url(issuer.sign_es256(signed.encode()))}"
