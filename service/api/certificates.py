"""POST /v1/certificates, GET /v1/credentials/{digest}/certificate."""

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

from service.api.access import CallerDep
from service.api.body import read_credential
from service.api.credentials import CredentialDigest, require_text
from service.api.judge import judge
from service.api.problems import ProblemError
from service.certificate.press import NotCertifiableError
from service.certificate.render import FontsMissingError
from service.runtime import Runtime
from verifier.pdf import is_pdf

router = APIRouter(prefix="/v1", tags=["credentials"])


@router.post(
    "/certificates",
    summary="Make the certificate of a credential 制作凭证的 PDF 证明",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}},
    openapi_extra={"requestBody": {"content": {"application/dc+sd-jwt": {}}, "required": True}},
)
async def post_certificate(request: Request, _: CallerDep) -> Response:
    """A signed bilingual PDF of a credential that this service issued, with the credential attached inside.

    The credential is verified first. The verifier reads the PDF as it reads the credential.
    """
    return _answer(await run_in_threadpool(_make, request.app, await read_credential(request)))


@router.get(
    "/credentials/{digest}/certificate",
    summary="The certificate of a credential 凭证的 PDF 证明",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}},
)
def get_certificate(request: Request, caller: CallerDep, digest: CredentialDigest) -> Response:
    """The certificate of a credential that this service keeps, for whoever may read that credential."""
    return _answer(_make(request.app, require_text(request, caller, digest).encode("ascii")))


def _answer(pdf: bytes) -> Response:
    headers = {"Content-Disposition": 'attachment; filename="certificate.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


def _make(app: FastAPI, body: bytes) -> bytes:
    runtime: Runtime = app.state.runtime
    if is_pdf(body):
        raise ProblemError(422, "Malformed", "expected a credential (SD-JWT), got a PDF")
    try:
        credential = body.decode("ascii").strip()
        return runtime.press.make(credential, judge(app, credential.encode()))
    except UnicodeDecodeError as error:
        raise ProblemError(422, "Malformed", "expected a credential (SD-JWT), which is ASCII text") from error
    except NotCertifiableError as error:
        raise ProblemError(422, error.code, error.detail) from error
    except FontsMissingError as error:
        raise ProblemError(503, "FontsMissing", str(error)) from error
