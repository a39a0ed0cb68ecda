"""The certificate's own signature: PAdES (ETSI EN 319 142-1, B-B) with the issuer's key.

It keeps the page and the credential inside together and shows in any PDF reader that neither was changed. Whose key it
is, a reader learns from the registry on chain: the X.509 certificate around the key is self-signed unless one is given.
The document is certified with no changes allowed, so a reader flags whatever is appended.
"""

import hashlib
import io
from datetime import datetime
from typing import Protocol

from asn1crypto import keys, x509
from asn1crypto.algos import SignedDigestAlgorithm
from asn1crypto.core import OctetString
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from service.certificate.compose import Certificate
from verifier.es256 import Jwk

FIELD = "Issuer"
_ES256 = SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"})


class IssuerSigner(Protocol):
    """Signs as the issuer. The private key stays where it is."""

    def sign_es256(self, message: bytes) -> bytes: ...
    def jwk(self) -> dict[str, str]: ...


class OtherKeyError(Exception):
    """The X.509 certificate that was given is for another key than the issuer's."""


def sign(pdf: bytes, certificate: Certificate, signer: IssuerSigner, x509_der: bytes | None = None) -> bytes:
    """The PDF with the issuer's signature appended; ``x509_der`` is the issuer's certificate if it has one.

    Raises OtherKeyError if that certificate is for another key.
    """
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        name=certificate.iss,
        reason=f"Cangsu certificate {certificate.data['digest']}",
    )
    public = _public_key(signer)
    if x509_der is None:
        cert = self_signed(certificate, signer)
    else:
        cert = x509.Certificate.load(x509_der)
        if cert.public_key.dump() != public.dump():
            raise OtherKeyError("the issuer's X.509 certificate is for another key than the issuer signs with")
    out = io.BytesIO()
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    signers.PdfSigner(metadata, signer=_Signer(cert, signer)).sign_pdf(writer, output=out)
    return out.getvalue()


def self_signed(certificate: Certificate, signer: IssuerSigner) -> x509.Certificate:
    """An X.509 certificate for the issuer's key by the issuer's key, good as long as the credential is."""
    public = _public_key(signer)
    name = x509.Name.build(
        {"common_name": certificate.iss[:64], "organization_name": f"Cangsu party {certificate.party}"}
    )
    key_id = hashlib.sha256(public.dump()).digest()[:20]
    body = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": int.from_bytes(hashlib.sha256(certificate.data["digest"].encode()).digest()[:16], "big"),
            "signature": _ES256,
            "issuer": name,
            "validity": {"not_before": _time(certificate.issued_at), "not_after": _time(certificate.expires_at)},
            "subject": name,
            "subject_public_key_info": public,
            "extensions": [
                {"extn_id": "basic_constraints", "critical": True, "extn_value": {"ca": False}},
                {
                    "extn_id": "key_usage",
                    "critical": True,
                    "extn_value": x509.KeyUsage({"digital_signature", "non_repudiation"}),
                },
                {"extn_id": "key_identifier", "extn_value": OctetString(key_id)},
            ],
        }
    )
    return x509.Certificate(
        {
            "tbs_certificate": body,
            "signature_algorithm": _ES256,
            "signature_value": _der(signer.sign_es256(body.dump())),
        }
    )


class _Signer(signers.Signer):
    """pyHanko's signer around a key that we cannot hold."""

    def __init__(self, cert: x509.Certificate, signer: IssuerSigner) -> None:
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register(cert)
        super().__init__(signing_cert=cert, cert_registry=store, signature_mechanism=_ES256)
        self._key = signer

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        if digest_algorithm != "sha256":
            raise ValueError(f"expected sha256, got {digest_algorithm}")
        return bytes(72) if dry_run else _der(self._key.sign_es256(data))


def _public_key(signer: IssuerSigner) -> keys.PublicKeyInfo:
    jwk = Jwk.from_json(signer.jwk())
    return keys.PublicKeyInfo(
        {
            "algorithm": {"algorithm": "ec", "parameters": keys.ECDomainParameters("named", "secp256r1")},
            "public_key": keys.ECPointBitString(b"\x04" + jwk.x + jwk.y),
        }
    )


def _der(raw: bytes) -> bytes:
    """r ‖ s as X.509 and CMS want it."""
    return encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))


def _time(at: datetime) -> x509.Time:
    name = "utc_time" if at.year < 2050 else "general_time"  # RFC 5280 §4.1.2.5
    return x509.Time({name: at})
