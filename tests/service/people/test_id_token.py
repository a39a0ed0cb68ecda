"""What an id_token has to say (S-114), and every way in which it may not."""

import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from service.core.oidc import Expected, Identity, IdTokenError, UnknownKeyError, bind, verify_id_token
from verifier.canonical import to_base64url

ISSUER, CLIENT, NONCE, NOW = "https://login.bank.example", "cangsu", "the nonce", 1_780_000_000
EXPECTED = Expected(ISSUER, CLIENT, amr=frozenset({"mfa", "otp"}), acr=frozenset({"loa3"}))
RSA, EC = RSAKey.generate_key(2048, {"kid": "rsa"}), ECKey.generate_key("P-256", {"kid": "ec"})
OTHER = RSAKey.generate_key(2048, {"kid": "rsa"})
KEYS = [RSA.as_dict(private=False), EC.as_dict(private=False)]
CLAIMS = {"iss": ISSUER, "aud": CLIENT, "sub": "f81d4fae", "nonce": NONCE, "iat": NOW, "exp": NOW + 300}


def sign(claims: Any, algorithm: str = "RS256", key: Any = RSA, **header: Any) -> str:
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    named = {"alg": algorithm, "kid": key.kid} | header
    body = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    return jws.serialize_compact({k: v for k, v in named.items() if v is not None}, body, key, registry=registry)


def verify(token: str, keys: list[Any] = KEYS, expected: Expected = EXPECTED) -> Identity:
    return verify_id_token(token, keys, expected, NONCE, NOW)


def why(token: str, keys: list[Any] = KEYS) -> str:
    with pytest.raises(IdTokenError) as caught:
        verify(token, keys)
    return str(caught.value)


@pytest.mark.parametrize(("algorithm", "key"), [("RS256", RSA), ("PS256", RSA), ("ES256", EC)])
def test_a_token_says_who_somebody_is(algorithm: str, key: Any) -> None:
    assert verify(sign(CLAIMS, algorithm, key)) == Identity(ISSUER, "f81d4fae", has_second_factor=False)


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "another issuer": ("iss", {"iss": "https://login.bank.example.evil.test"}),
    "the issuer with a slash": ("iss", {"iss": ISSUER + "/"}),
    "no issuer": ("iss", {"iss": None}),
    "another audience": ("aud", {"aud": "another"}),
    "a further audience": ("aud", {"aud": [CLIENT, "another"], "azp": CLIENT}),
    "no audience": ("aud", {"aud": []}),
    "an audience that is no text": ("aud", {"aud": {CLIENT: True}}),
    "given to another party": ("azp", {"azp": "another"}),
    "expired": ("exp", {"iat": NOW - 400, "exp": NOW - 60}),
    "no expiry": ("times", {"exp": None}),
    "an expiry that is text": ("times", {"exp": str(NOW + 300)}),
    "an expiry that is true": ("times", {"exp": True}),
    "an expiry that is no number": ("signature", {"exp": float("nan")}),
    "issued long ago": ("iat", {"iat": NOW - 601}),
    "issued in the future": ("iat", {"iat": NOW + 61}),
    "not in force yet": ("nbf", {"nbf": NOW + 61}),
    "another nonce": ("nonce", {"nonce": "another"}),
    "no nonce": ("nonce", {"nonce": None}),
    "nobody": ("sub", {"sub": ""}),
    "a sub that is a number": ("sub", {"sub": 7}),
    "a sub that is too long": ("sub", {"sub": "a" * 256}),
    "a sub with a line break": ("sub", {"sub": "a\nb"}),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_token_that_says_something_else_is_not_taken(what: str) -> None:
    reason, change = WRONG[what]
    claims = {name: value for name, value in (CLAIMS | change).items() if value is not None}
    assert why(sign(claims)) == reason


def test_clocks_may_differ_by_a_minute() -> None:
    verify(sign(CLAIMS | {"iat": NOW + 60, "nbf": NOW + 60}))
    verify(sign(CLAIMS | {"exp": NOW - 59}))


def test_the_key_of_another_is_none() -> None:
    assert why(sign(CLAIMS, key=OTHER)) == "signature"


def test_a_token_without_signature_is_none() -> None:
    head, body = (to_base64url(json.dumps(part).encode()) for part in ({"alg": "none"}, CLAIMS))
    assert why(f"{head}.{body}.") == "algorithm"
    assert why(".".join(sign(CLAIMS).split(".")[:2]) + ".") == "signature"


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_public_key_is_no_secret(algorithm: str) -> None:
    head, body = (to_base64url(json.dumps(part).encode()) for part in ({"alg": algorithm, "kid": "rsa"}, CLAIMS))
    for secret in (RSA.as_pem(private=False), json.dumps(KEYS[0]).encode()):
        mac = hmac.digest(secret, f"{head}.{body}".encode(), algorithm.replace("HS", "sha"))
        forged = f"{head}.{body}.{to_base64url(mac)}"
        assert why(forged) == "algorithm"
        assert why(forged, [{"kty": "oct", "kid": "rsa", "k": to_base64url(secret)}]) == "algorithm"


@pytest.mark.parametrize("algorithm", ["RS512", "ES384", "EdDSA", "nOnE", None, 7, ["RS256"]])
def test_other_algorithms_are_not_taken(algorithm: Any) -> None:
    signed = sign(CLAIMS).split(".")
    head = to_base64url(json.dumps({"alg": algorithm, "kid": "rsa"}).encode())
    assert why(".".join([head, *signed[1:]])) == "algorithm"


def test_one_algorithm_does_not_pass_for_another() -> None:
    signed = sign(CLAIMS, "PS256").split(".")
    head = to_base64url(json.dumps({"alg": "RS256", "kid": "rsa"}).encode())
    assert why(".".join([head, *signed[1:]])) == "signature"


def test_a_key_that_the_token_brings_along_is_not_used() -> None:
    brought = {"jwk": OTHER.as_dict(private=False), "jku": "https://evil.test/jwks"}
    assert why(sign(CLAIMS, key=OTHER, **brought)) == "signature"


def test_an_extension_that_must_be_understood_is_not() -> None:
    signed = sign(CLAIMS).split(".")
    head = to_base64url(json.dumps({"alg": "RS256", "kid": "rsa", "crit": ["b64"], "b64": False}).encode())
    assert why(".".join([head, *signed[1:]])) == "algorithm"


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [KEYS[1]],
        [KEYS[0] | {"kid": "new"}],
        [KEYS[0] | {"use": "enc"}],
        [KEYS[0] | {"alg": "PS256"}],
        [KEYS[0], OTHER.as_dict(private=False)],
    ],
)
def test_a_key_that_is_not_there_may_be_new(keys: list[Any]) -> None:
    with pytest.raises(UnknownKeyError):
        verify(sign(CLAIMS), keys)


def test_a_token_need_not_name_the_only_key() -> None:
    verify(sign(CLAIMS, kid=None))


@pytest.mark.parametrize(
    "change", [{"n": "AQAB"}, {"n": "!"}, {"n": 7}, {"e": ""}, {"n": None}, {"n": to_base64url(b"\xff" * 128)}]
)
def test_a_weak_or_broken_key_is_not_used(change: dict[str, Any]) -> None:
    assert why(sign(CLAIMS), [KEYS[0] | change]) == "key"


def test_a_key_on_another_curve_is_not_used() -> None:
    other = ECKey.generate_key("P-384", {"kid": "ec"})
    assert why(sign(CLAIMS, "ES256", EC), [other.as_dict(private=False)]) == "signature"


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b.c", "€.€.€", "bnVsbA.e30.AA", "W10.e30.AA", "e30.e30.AA", "W" * 9 + ".e30.", "[" * 9999],
)
def test_what_is_no_token_is_not_taken(token: str) -> None:
    assert why(token) in ("header", "algorithm")


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b"\xff", b"[" * 90_000])
def test_a_signed_text_that_is_no_claims_is_not_taken(body: bytes) -> None:
    assert why(sign(body)) in ("claims", "signature")


def test_whichever_bit_is_turned_the_token_is_not_taken() -> None:
    token = sign(CLAIMS, "ES256", EC)
    for place in range(0, len(token), 3):
        other = "A" if token[place] != "A" else "B"
        with pytest.raises(IdTokenError):
            verify(token[:place] + other + token[place + 1 :])


FACTORS: list[tuple[dict[str, Any], bool]] = [
    ({"amr": ["pwd", "mfa"]}, True),
    ({"amr": ["otp"]}, True),
    ({"acr": "loa3"}, True),
    ({"amr": ["pwd"]}, False),
    ({"amr": "mfa"}, False),
    ({"amr": [["mfa"]]}, False),
    ({"amr": {"mfa": True}}, False),
    ({"acr": "loa2"}, False),
    ({"acr": ["loa3"]}, False),
]


@pytest.mark.parametrize(("change", "is_there"), FACTORS, ids=str)
def test_a_second_factor_is_what_the_settings_say(change: dict[str, Any], is_there: bool) -> None:
    assert verify(sign(CLAIMS | change)).has_second_factor is is_there
    none = replace(EXPECTED, amr=frozenset(), acr=frozenset())
    assert verify(sign(CLAIMS | change), expected=none).has_second_factor is False


def test_what_binds_a_callback_is_of_three_kinds_and_follows_from_the_token() -> None:
    one, other = bind("a"), bind("b")
    assert one == bind("a")
    assert len({one.state, one.nonce, one.verifier, other.state, other.nonce, other.verifier}) == 6
    assert one.challenge != one.verifier
    shown: Callable[[object], str] = repr
    assert one.state not in shown(one)
