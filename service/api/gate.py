"""What every request passes, whatever its route: limits on the way in; headers and a measurement on the way out.

Plain ASGI: the framework's own kind of middleware costs more than all that is done here.
"""

import base64
import hashlib
import logging
import re
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.limits import Kind, Limits, kind_of
from service.api.metrics import REQUEST_SECONDS
from service.api.problems import ProblemError, answer_problem, problem

log = logging.getLogger("cangsu.api")

Headers = list[tuple[bytes, bytes]]

ALWAYS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"x-frame-options", b"DENY"),
]
_NOTHING = b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_NO_STORE = (b"cache-control", b"no-store")
_HSTS = (b"strict-transport-security", b"max-age=31536000")
_PAGES = ("/docs", "/redoc", "/docs/oauth2-redirect")
_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
_STATIC = "/static-offline-docs/"
_FREE = "/healthz"
"""Whoever watches the process is never turned away; the answer costs nothing."""


class Gate:
    """The outermost layer of ours."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send)
        started = time.perf_counter()
        try:
            await self._pass(scope, receive, answer)
        except ProblemError as error:  # of ours: the routes' own are answered further in
            await answer_problem(error)(scope, receive, answer)
        except Exception:
            if not answer.status:
                await problem(500, "Internal", "a fault of this service; its log says more")(scope, receive, answer)
            raise  # the server logs it
        finally:
            route = getattr(scope.get("route"), "path", "none")
            REQUEST_SECONDS.labels(scope["method"], route, str(answer.status)).observe(time.perf_counter() - started)

    async def _pass(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        if scope["path"] == _FREE:
            await self._app(scope, receive, answer)
            return
        kind = kind_of(scope["method"], scope["path"])
        now = time.monotonic()
        name = self._limits.admit(scope, kind, now)
        if kind is Kind.PROOF:
            async with self._limits.turn():
                await self._app(scope, receive, answer)
        else:
            await self._app(scope, receive, answer)
        self._limits.note(scope, name, answer.status, now)


class _Answer:
    """Sends an answer on, with the headers that it must have."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.status = 0
        self._scope = scope
        self._send = send
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self._scope["path"] in _PAGES:
                self._start = message  # its policy names the scripts in it, so it waits for them
                return
            message["headers"] = [*message["headers"], *self._headers(message, _NOTHING)]
        elif self._start is not None:
            start, self._start = self._start, None
            start["headers"] = [*start["headers"], *self._headers(start, _page_policy(message.get("body", b"")))]
            await self._send(start)
        await self._send(message)

    def _headers(self, message: Message, policy: bytes) -> Headers:
        headers = [*ALWAYS, (b"content-security-policy", policy)]
        is_said = any(name == b"cache-control" for name, _ in message["headers"])
        if not is_said and not self._scope["path"].startswith(_STATIC):
            headers.append(_NO_STORE)
        if self._scope["scheme"] == "https":
            headers.append(_HSTS)
        return headers


def _page_policy(body: bytes) -> bytes:
    """The documentation page runs its own scripts and talks to this service, and to nobody else."""
    digests = [base64.b64encode(hashlib.sha256(script).digest()) for script in _SCRIPT.findall(body)]
    scripts = b" ".join([b"'self'", *(b"'sha256-" + digest + b"'" for digest in digests)])
    return (
        b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'self'; "
        b"img-src 'self' data:; font-src 'self'; style-src 'self' 'unsafe-inline'; worker-src blob:; script-src "
        + scripts
    )
