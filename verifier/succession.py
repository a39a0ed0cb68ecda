"""How an issuer's key names the one that follows it (docs/formats.md §6).

A status list is signed by the issuer's newest key. A credential that an older key signed carries the registry as it was
then, which does not know the newer one. So each key signs, while it is still had, which key comes next: a JWT with
``typ`` cangsu-succession+jwt and the payload {jwk}. It states no time, since whoever has the key could state any.
"""

from typing import Any

from verifier.errors import MalformedError
from verifier.es256 import Jwk
from verifier.sdjwt import make_jwt_input, parse_jwt, verify_signed_by
from verifier.shapes import items, members, string

TYPE = "cangsu-succession+jwt"
MAX_SUCCESSIONS = 100
"""A key a quarter for 25 years."""
_MAX_CHARACTERS = 2_000


def make_succession_input(key: Jwk, successor: Jwk) -> bytes:
    """The ASCII ``header.payload`` that an issuer's key signs to name its successor."""
    return make_jwt_input(key, TYPE, {"jwk": successor.to_json()})


def follow_successions(key: Jwk, statements: Any) -> Jwk:
    """The newest key that an issuer's key leads to, over statements from the oldest on; itself if none is its own.

    What stands before the first statement of ``key`` is of its predecessors and not looked at. Raises MalformedError or
    InvalidError.
    """
    texts = items(statements, "succession")
    if len(texts) > MAX_SUCCESSIONS:
        raise MalformedError(f"more than {MAX_SUCCESSIONS} keys follow one another")
    has_begun = False
    for text in texts:
        header, payload, signing_input, signature = parse_jwt(string(text, "succession", _MAX_CHARACTERS))
        if not has_begun and not _is_of(header, key):
            continue
        has_begun = True
        verify_signed_by(key, TYPE, header, signing_input, signature)
        key = Jwk.from_json(members(payload, "a succession", ("jwk",))["jwk"])
    return key


def _is_of(header: Any, key: Jwk) -> bool:
    return isinstance(header, dict) and header.get("kid") == key.kid()
