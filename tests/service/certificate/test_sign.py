"""The PDF's own signature, judged by pyHanko: whole, by the issuer's key, under its X.509 certificate if any."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from service.certificate.press import Press
from service.certificate.sign import FIELD, OtherKeyError
from tests.service.certificate.issuer import AnIssuer
from tests.service.certificate.reports import CREDENTIAL, a_provenance_report
from verifier.pdf import extract_credential


@pytest.fixture(scope="session")
def pdf(press: Press) -> bytes:
    return press.make(CREDENTIAL, a_provenance_report())


def judge(pdf: bytes) -> PdfSignatureStatus:
    signature = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0]
    assert signature.field_name == FIELD
    return validate_pdf_signature(signature, ValidationContext(trust_roots=[signature.signer_cert]))


def issuers_x509(key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey) -> bytes:
    """A certificate for a key as an authority gives it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Cangsu")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, now, now + timedelta(days=1))
    return builder.sign(by, SHA256()).public_bytes(Encoding.DER)


def test_the_signature_is_whole_and_certifies_the_document(pdf: bytes) -> None:
    status = judge(pdf)
    assert status.bottom_line
    assert status.coverage.name == "ENTIRE_FILE"
    assert PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0].docmdp_level.name == "NO_CHANGES"


def test_signing_leaves_the_credential_as_it_was(pdf: bytes) -> None:
    assert extract_credential(pdf, 1_000).decode() == CREDENTIAL


@pytest.mark.parametrize("place", [0.05, 0.3, 0.6, 0.9])
def test_a_changed_byte_breaks_the_signature(pdf: bytes, place: float) -> None:
    start = pdf.index(b"stream\n") + 7
    changed = bytearray(pdf)
    changed[start + int(place * 500)] ^= 1
    assert not judge(bytes(changed)).intact


def test_the_self_signed_certificate_names_the_issuer_and_lasts_as_long_as_the_credential(pdf: bytes) -> None:
    der = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0].signer_cert.dump()
    cert = x509.load_der_x509_certificate(der)
    assert cert.subject == cert.issuer
    assert cert.subject.rfc4514_string() == "CN=https://cangsu.example,O=Cangsu party 10"
    statement = a_provenance_report().statement
    assert statement is not None
    assert cert.not_valid_before_utc.timestamp() == statement.iat
    assert cert.not_valid_after_utc.timestamp() == statement.exp
    cert.verify_directly_issued_by(cert)


def test_an_x509_certificate_of_the_issuer_is_used(press: Press) -> None:
    issuer = AnIssuer()
    der = issuers_x509(issuer.key, ec.generate_private_key(ec.SECP256R1()))
    pdf = Press(press.issuer, issuer, press.verify_url, press.fonts, der).make(CREDENTIAL, a_provenance_report())
    assert PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0].signer_cert.dump() == der


def test_an_x509_certificate_for_another_key_is_refused(press: Press) -> None:
    other = AnIssuer().key
    with pytest.raises(OtherKeyError):
        Press(press.issuer, AnIssuer(), press.verify_url, press.fonts, issuers_x509(other, other)).make(
            CREDENTIAL, a_provenance_report()
        )
