"""GET /.well-known/jwt-vc-issuer: the issuer's public keys (SD-JWT VC, §5). Open to everybody, by its standard."""

from typing import Any

from fastapi import APIRouter, Request, Response

from service.runtime import Runtime
from verifier.es256 import Jwk

router = APIRouter(tags=["credentials"])

MAX_AGE_SECONDS = 300


@router.get("/.well-known/jwt-vc-issuer", summary="The issuer's public keys 签发方公钥")
def get_issuer_metadata(request: Request, response: Response) -> dict[str, Any]:
    """Every key that this issuer has signed with, by its `kid`, the ended ones too. No API key is needed.

    It tells which key made a signature. Whether the key was in force then is for the registry on chain to say.
    """
    runtime: Runtime = request.app.state.runtime
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
    keys = [key.jwk() for key in runtime.custody.issuer_keys()]
    described = [key | {"kid": Jwk.from_json(key).kid(), "use": "sig", "alg": "ES256"} for key in keys]
    return {"issuer": runtime.settings.issuer_uri, "jwks": {"keys": described}}
