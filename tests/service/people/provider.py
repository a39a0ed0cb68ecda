"""A provider of OpenID Connect over real HTTP: checks what it is asked, signs real tokens, can be made to lie."""

import base64
import hashlib
import json
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

import uvicorn
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID, SECRET = "cangsu & co", "a secret/of the client"
Key = RSAKey | ECKey | OctKey


def rsa(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid})


@dataclass
class Grant:
    """What a code stands for."""

    sub: str
    nonce: str
    challenge: str
    redirect_uri: str


@dataclass
class Behaviour:
    """Switches of the provider; each test has its own."""

    sub: str = "f81d4fae"
    claims: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    signer: Key | None = None
    header: dict[str, Any] = field(default_factory=dict)
    rewrite: Callable[[str], str] = str
    metadata: dict[str, Any] = field(default_factory=dict)
    ways: list[str] = field(default_factory=lambda: ["client_secret_basic"])
    status: int = 200
    body: bytes | None = None
    delay: float = 0.0


class OpenProvider:
    """One issuer. ``asked`` counts requests by path."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock, self.does = clock, Behaviour()
        self.keys: dict[str, Key] = {"rsa": rsa("rsa"), "ec": ECKey.generate_key("P-256", {"kid": "ec"})}
        self.grants: dict[str, Grant] = {}
        self.asked: dict[str, int] = {}
        self.parameters: dict[str, str] = {}
        self.issuer = ""

    @property
    def app(self) -> Starlette:
        routes = [
            Route("/.well-known/openid-configuration", self._describe),
            Route("/jwks", self._jwks),
            Route("/authorize", self._authorize),
            Route("/token", self._token, methods=["POST"]),
        ]
        return Starlette(routes=routes)

    def issue(self, grant: Grant) -> str:
        """An id_token, signed."""
        now = int(self.clock())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "sub": grant.sub, "nonce": grant.nonce}
        claims |= {"iat": now, "exp": now + 300} | self.does.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        signer = self.does.signer or self.keys["ec" if self.does.algorithm == "ES256" else "rsa"]
        header = {"alg": self.does.algorithm, "kid": signer.kid} | self.does.header
        registry = jws.JWSRegistry(algorithms=[self.does.algorithm], strict_check_header=False)
        token = jws.serialize_compact(header, json.dumps(claims).encode(), signer, registry=registry)
        return self.does.rewrite(token)

    def _count(self, request: Request) -> None:
        self.asked[request.url.path] = self.asked.get(request.url.path, 0) + 1

    def _describe(self, request: Request) -> Response:
        self._count(request)
        if self.does.delay:
            time.sleep(self.does.delay)
        if self.does.body is not None or self.does.status != 200:
            return Response(self.does.body or b"", self.does.status, {"Location": f"{self.issuer}/elsewhere"})
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?tenant=1",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "token_endpoint_auth_methods_supported": self.does.ways,
        }
        return JSONResponse(told | self.does.metadata)

    def _jwks(self, request: Request) -> Response:
        self._count(request)
        return JSONResponse({"keys": [key.as_dict(private=False) for key in self.keys.values()]})

    def _authorize(self, request: Request) -> Response:
        """The person is signed in here already: go back with a code."""
        asked = self.parameters = dict(request.query_params)
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT_ID)
        assert (asked["code_challenge_method"], asked["tenant"]) == ("S256", "1")
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.grants[code] = Grant(self.does.sub, asked["nonce"], asked["code_challenge"], asked["redirect_uri"])
        back = {"code": code, "state": asked["state"], "iss": self.issuer}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 303)

    async def _token(self, request: Request) -> Response:
        self._count(request)
        form = {name: value for name, (value,) in parse_qs((await request.body()).decode()).items()}
        if not self._is_client(request.headers.get("authorization"), form):
            return JSONResponse({"error": "invalid_client"}, 401)
        grant = self.grants.pop(form["code"], None)  # once
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if grant is None or grant.challenge != challenge or grant.redirect_uri != form["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": self.issue(grant)})

    def _is_client(self, header: str | None, form: dict[str, Any]) -> bool:
        if "client_secret_basic" in self.does.ways:
            name, _, secret = base64.b64decode((header or "").removeprefix("Basic ")).decode().partition(":")
            return (unquote(name), unquote(secret)) == (CLIENT_ID, SECRET)
        return header is None and (form["client_id"], form["client_secret"]) == (CLIENT_ID, SECRET)


@contextmanager
def running(provider: OpenProvider) -> Iterator[OpenProvider]:
    """Serve it on a free port of this machine."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    provider.issuer = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(provider.app, log_level="warning", access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield provider
    server.should_exit = True
    thread.join()
    listener.close()
