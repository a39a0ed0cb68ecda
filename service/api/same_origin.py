"""Refuses what another site makes a browser ask: for requests that change something, where a browser is at work.

A cookie is ambient: the browser sends it along whoever asks. So a caller by cookie sends a token too that only our own
pages can read, and whoever signs in must at least not come from another site. An API key is never sent by itself.
"""

import hmac
from urllib.parse import urlsplit

from fastapi import Request

from service.api.problems import ProblemError
from service.flow.sessions import csrf_token

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "X-CSRF-Token"


def refuse_other_origin(request: Request) -> None:
    """Raise a problem 403 if the browser says that another origin asks. What is no browser says nothing."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site != "same-origin":
        raise _refused("expected Sec-Fetch-Site: same-origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        raise _refused("expected the Origin of this service")


def refuse_forged(request: Request, token: str) -> None:
    """Raise a problem 403 unless a request that changes something comes from a page of ours."""
    if request.method in SAFE_METHODS:
        return
    refuse_other_origin(request)
    sent = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(sent.encode(), csrf_token(token).encode()):
        raise _refused(f"expected {CSRF_HEADER} as GET /v1/session tells it")


def _refused(detail: str) -> ProblemError:
    return ProblemError(403, "ForgedRequest", detail)
