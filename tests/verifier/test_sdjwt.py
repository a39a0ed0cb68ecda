"""SD-JWT: strict parsing, and what a standard library makes of what we write."""

import json
import time
import warnings
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey
from openvc.proof.sd_jwt import SdJwtVcProofSuite

from tests.verifier.credential_factory import CredentialFactory, Issued, bind, sign_es256
from verifier import sdjwt
from verifier.canonical import canonical_bytes, to_base64url
from verifier.claims.kinds import PROVENANCE
from verifier.disclosures import place_disclosures
from verifier.errors import InvalidError, MalformedError
from verifier.es256 import Jwk, to_low_s, verify_es256
from verifier.event import GROUPS, disclosure_digest, make_disclosure

KEY = ec.generate_private_key(ec.SECP256R1())
JWK = Jwk.from_key(KEY.public_key())


def sealed(count: int = 1) -> tuple[list[str], list[list[str]]]:
    disclosures = [
        make_disclosure(to_base64url(bytes([position, slot]) * 8), group, {"n": slot})
        for position in range(count)
        for slot, group in enumerate(GROUPS)
    ]
    digests = [disclosure_digest(disclosure) for disclosure in disclosures]
    return disclosures, [digests[i : i + len(GROUPS)] for i in range(0, len(digests), len(GROUPS))]


def jwt(header: Any, payload: Any = None, signature: bytes = bytes(64)) -> str:
    parts = (canonical_bytes(header), canonical_bytes(payload or {}), signature)
    return ".".join(to_base64url(part) for part in parts)


def header(**changes: Any) -> dict[str, Any]:
    return {"alg": "ES256", "typ": "dc+sd-jwt", "kid": to_base64url(JWK.thumbprint())} | changes


def test_what_is_assembled_is_parsed_and_verifies() -> None:
    signing_input = sdjwt.make_signing_input(JWK, {"a": 1})
    disclosures, _ = sealed()
    parsed = sdjwt.parse(sdjwt.assemble(signing_input, sign_es256(KEY, signing_input), disclosures))
    assert (parsed.payload, parsed.disclosures, parsed.key_binding) == ({"a": 1}, tuple(disclosures), None)
    sdjwt.verify_issuer_signature(parsed, JWK)


def test_a_signature_is_written_with_the_lower_s() -> None:
    for data in (bytes([n]) for n in range(20)):
        signature = to_low_s(sign_es256(KEY, data))
        verify_es256(JWK, data, signature, "issuer")
        assert to_low_s(signature) == signature


def test_the_thumbprint_is_that_of_rfc_7638() -> None:
    assert to_base64url(JWK.thumbprint()) == ECKey.import_key(JWK.to_json()).thumbprint()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(jwt(header()), id="no tilde"),
        pytest.param(jwt(header()) + "~x", id="no tilde at the end"),
        pytest.param(jwt(header(alg="none")) + "~", id="alg none"),
        pytest.param(jwt(header(alg="ES384")) + "~", id="another alg"),
        pytest.param(jwt(header(typ="vc+sd-jwt")) + "~", id="another typ"),
        pytest.param(jwt(header(crit=["b64"])) + "~", id="a further header"),
        pytest.param(jwt({"alg": "ES256", "typ": "dc+sd-jwt"}) + "~", id="no kid"),
        pytest.param(jwt(header(kid="A")) + "~", id="kid that is no thumbprint"),
        pytest.param(jwt([]) + "~", id="header that is no object"),
        pytest.param(jwt(header(), signature=bytes(63)) + "~", id="short signature"),
        pytest.param(jwt(header(), [1]) + "~", id="payload that is no object"),
        pytest.param(jwt(header()).replace(".", "=.", 1) + "~", id="padding"),
        pytest.param(jwt(header()) + ".AA~", id="four parts"),
        pytest.param(to_base64url(b'{"alg":"ES256","alg":"ES256"}') + ".e30.AA~", id="duplicate names"),
        pytest.param(jwt(header()) + "~" + jwt(header()), id="a second JWT that binds nothing"),
        pytest.param(to_base64url(json.dumps(header()).encode("utf-16")) + ".e30.AA~", id="UTF-16"),
    ],
)
def test_anything_else_is_malformed(text: str) -> None:
    with pytest.raises(MalformedError):
        sdjwt.parse(text)


def test_a_key_that_is_no_point_is_refused() -> None:
    with pytest.raises(InvalidError):
        verify_es256(Jwk(bytes(31) + b"\x01", bytes(31) + b"\x01"), b"", bytes(63) + b"\x01", "issuer")
    with pytest.raises(MalformedError):
        Jwk.from_json(JWK.to_json() | {"crv": "P-384"})
    with pytest.raises(MalformedError):
        Jwk.from_json(JWK.to_json() | {"d": "secret"})


def test_a_binding_signs_over_all_that_is_presented() -> None:
    signing_input = sdjwt.make_signing_input(JWK, {})
    text = sdjwt.assemble(signing_input, sign_es256(KEY, signing_input), ())
    bound = sdjwt.parse(bind(text, KEY, audience="bank", nonce="n", issued_at=5))
    assert bound.key_binding is not None
    assert (bound.presented, bound.key_binding.audience, bound.key_binding.issued_at) == (text, "bank", 5)
    sdjwt.verify_key_binding(bound, JWK)
    with pytest.raises(InvalidError):
        sdjwt.verify_key_binding(bound, Jwk.from_key(ec.generate_private_key(ec.SECP256R1()).public_key()))
    with pytest.raises(InvalidError):
        sdjwt.verify_key_binding(sdjwt.parse(text), JWK)


def test_disclosures_are_found_in_their_slots() -> None:
    disclosures, digests = sealed(2)
    shown = place_disclosures([disclosures[9], disclosures[0]], digests)
    assert shown == ({"document": {"n": 0}}, {"money": {"n": 3}})


def test_a_disclosure_in_the_wrong_slot_is_refused() -> None:
    disclosures, digests = sealed()
    digests[0][1], digests[0][3] = digests[0][3], digests[0][1]
    with pytest.raises(InvalidError, match="lies in the slot"):
        place_disclosures([disclosures[3]], digests)


def test_a_digest_that_stands_twice_is_refused() -> None:
    disclosures, digests = sealed(2)
    digests[1][3] = digests[0][3]
    with pytest.raises(InvalidError, match="two places"):
        place_disclosures(disclosures[:1], digests)


@pytest.mark.parametrize("value", [{"_sd": []}, {"a": [{"...": "x"}]}, {"a": {"b": {"_sd": ["x"]}}}])
def test_digests_inside_a_group_are_refused(value: dict[str, Any]) -> None:
    disclosure = make_disclosure("A" * 22, "money", value)
    _, digests = sealed()
    digests[0][3] = disclosure_digest(disclosure)
    with pytest.raises(InvalidError, match="digests of its own"):
        place_disclosures([disclosure], digests)


@pytest.mark.parametrize(
    "parsed",
    [["A" * 22, "money"], ["A" * 21, "money", {}], ["A" * 22, "price", {}], ["A" * 22, "money", []], {}, None],
)
def test_a_disclosure_of_another_shape_is_malformed(parsed: Any) -> None:
    with pytest.raises(MalformedError):
        place_disclosures([to_base64url(canonical_bytes(parsed))], sealed()[1])


def test_the_python_reference_accepts_our_credential(story: Issued) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library is not kept up
        from jwcrypto.jwk import JWK as ReferenceJwk
        from sd_jwt.verifier import SDJWTVerifier

        key = ReferenceJwk(**story.payload["issuer"]["jwk"])
        seen = SDJWTVerifier(story.text, lambda issuer, header: key, None, None).get_verified_payload()
    assert seen["events"][9]["money"] == {"currency": "USD", "gross_minor": 150_000}
    assert seen["claim"] == story.payload["claim"]


def test_a_strict_library_accepts_our_credential(story: Issued) -> None:
    checked = SdJwtVcProofSuite().verify(
        story.text, public_key_jwk=story.payload["issuer"]["jwk"], expected_vct=PROVENANCE.vct, check_temporal=False
    )
    assert checked.claims["events"][0]["document"]["item_no"] == 1
    assert checked.claims["events"][9]["money"] == {"currency": "USD", "gross_minor": 150_000}


def test_a_strict_library_accepts_our_key_binding(factory: CredentialFactory, small_lot: int) -> None:
    issued = factory.issue(small_lot, holder=JWK)
    now = int(time.time())
    bound = bind(issued.text, KEY, audience="bank", nonce="n", issued_at=now)
    checked = SdJwtVcProofSuite().verify(
        bound,
        public_key_jwk=factory.jwk.to_json(),
        audience="bank",
        nonce="n",
        require_key_binding=True,
        check_temporal=False,
    )
    assert checked.key_bound
