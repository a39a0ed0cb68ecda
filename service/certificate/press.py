"""Makes certificates: compose, render, sign."""

from dataclasses import dataclass
from pathlib import Path

from service.certificate.compose import compose
from service.certificate.render import render
from service.certificate.sign import IssuerSigner, sign
from verifier.report import Answer, Report


class NotCertifiableError(Exception):
    """The credential gets no certificate of ours. ``code`` is stable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Press:
    """Who signs certificates, as (iss, party) and signer; the page that verifies; fonts; the key's X.509 if any."""

    issuer: tuple[str, int]
    signer: IssuerSigner
    verify_url: str
    fonts: Path
    x509_der: bytes | None = None

    def make(self, credential: str, report: Report) -> bytes:
        """The signed PDF of a credential that was just verified.

        Raises NotCertifiableError unless the report answers valid for a credential of this issuer,
        FontsMissingError, OtherKeyError.
        """
        statement = report.statement
        if report.answer is not Answer.VALID or statement is None:
            step = report.deciding_step
            reason = "" if step is None else f", because step {step.number}: {step.reason}"
            detail = f"expected a valid credential, the verifier answers {report.answer.value}{reason}"
            raise NotCertifiableError("NotValid", detail)
        if (statement.iss, statement.issuer) != self.issuer:
            detail = f"expected a credential of {self.issuer}, got one of {(statement.iss, statement.issuer)}"
            raise NotCertifiableError("OtherIssuer", detail)
        certificate = compose(credential, report, statement, self.verify_url)
        return sign(render(certificate, self.fonts), certificate, self.signer, self.x509_der)
