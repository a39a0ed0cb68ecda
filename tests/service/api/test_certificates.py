"""POST /v1/certificates: a signed PDF of a credential of ours, which any verifier reads; nothing else gets one."""

import io
import time
from dataclasses import replace

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from service.runtime import Runtime
from tests.service.api.caller import Api, problem_of
from tests.service.market import EXPORTER, PLATFORM
from verifier.canonical import from_base64url
from verifier.chain import Node, NodeView
from verifier.policy import Policy
from verifier.report import Answer
from verifier.steps import verify

pytestmark = pytest.mark.chain


@pytest.fixture(scope="module")
def credential(anchored: Api) -> str:
    text: str = anchored.issue(EXPORTER).json()["credential"]
    return text


@pytest.fixture(scope="module")
def pdf(anchored: Api, credential: str) -> bytes:
    answer = anchored.send(EXPORTER, "/v1/certificates", credential.encode())
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
    return answer.content


def test_the_certificate_is_verified_as_the_credential_is(anchored: Api, pdf: bytes) -> None:
    policy = Policy(now=int(time.time()), log=anchored.house.runtime.pin)
    report = verify(pdf, policy, NodeView(Node(anchored.house.settings.rpc_url)))
    assert report.answer is Answer.VALID
    assert "printed" in {note.code for note in report.not_checked}


def test_the_service_verifies_a_certificate_too(anchored: Api, pdf: bytes) -> None:
    assert anchored.send(PLATFORM, "/v1/verify", pdf).json()["answer"] == "valid"


def test_the_pdf_is_signed_with_the_issuers_key_and_whole(anchored: Api, pdf: bytes) -> None:
    signature = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0]
    context = ValidationContext(trust_roots=[signature.signer_cert])
    status = validate_pdf_signature(signature, context)
    assert status.bottom_line
    assert signature.signer_cert.public_key.native["public_key"] == _point(anchored.house.runtime.keyring.jwk())
    changed = bytearray(pdf)
    changed[changed.index(b"/Kids[") - 2] ^= 1
    broken = PdfFileReader(io.BytesIO(bytes(changed))).embedded_signatures[0]
    assert not validate_pdf_signature(broken, context).bottom_line


def test_a_changed_credential_gets_none(anchored: Api, credential: str) -> None:
    problem = problem_of(anchored.send(EXPORTER, "/v1/certificates", f"{credential[:-9]}~".encode()), 422)
    assert problem["code"] == "NotValid"
    assert "answers invalid, because step" in problem["detail"]


@pytest.mark.parametrize("body", [b"\xff\xfe", b"%PDF-1.7\n"])
def test_what_is_no_credential_gets_none(anchored: Api, body: bytes) -> None:
    assert problem_of(anchored.send(EXPORTER, "/v1/certificates", body), 422)["code"] == "Malformed"


def test_a_stranger_gets_none(anchored: Api, credential: str) -> None:
    assert anchored.client.post("/v1/certificates", content=credential).status_code == 401


def test_missing_fonts_are_named_with_what_installs_them(
    anchored: Api, credential: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = anchored.house.runtime
    monkeypatch.setattr(Runtime, "press", replace(runtime.press, fonts=runtime.settings.var))
    problem = problem_of(anchored.send(EXPORTER, "/v1/certificates", credential.encode()), 503)
    assert problem["code"] == "FontsMissing"
    assert "npm ci" in problem["detail"]


def _point(jwk: dict[str, str]) -> bytes:
    return b"\x04" + from_base64url(jwk["x"]) + from_base64url(jwk["y"])
