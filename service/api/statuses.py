"""GET /v1/status/1. Open to everybody, by its standard: whoever holds a credential must be able to ask."""

from fastapi import APIRouter, Request, Response

from service.flow.publish import TTL_SECONDS, StatusPublisher
from verifier.status_list import TYPE

router = APIRouter(prefix="/v1", tags=["credentials"])

MEDIA_TYPE = f"application/{TYPE}"


@router.get(
    "/status/1",
    summary="The status list 状态列表",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {}}}, 304: {"description": "unchanged"}},
)
def get_status_list(request: Request) -> Response:
    """Which credentials no longer stand: a Token Status List, signed by the issuer. No API key is needed.

    A credential names its place in it (`status.status_list.idx`). Give the file to the verifier with `--status`.
    """
    publisher: StatusPublisher = request.app.state.claims.statuses
    published = publisher.newest()
    tag = f'"{published.tag}"'
    headers = {"ETag": tag, "Cache-Control": f"public, max-age={TTL_SECONDS}"}
    if tag in [part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(published.token, media_type=MEDIA_TYPE, headers=headers)
