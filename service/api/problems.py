"""Errors as application/problem+json (RFC 9457): code, field, what was expected and what came. Never a secret."""

import logging
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from service.chain.errors import ChainError
from service.core.errors import EventError
from service.core.shown import shown
from service.runtime import NotDeployedError

log = logging.getLogger("cangsu.api")

MEDIA_TYPE = "application/problem+json"

RETRY_SECONDS = {
    "Busy": 1,
    "ChainUnavailable": 5,
    "ClaimBehind": 5,
    "ClaimUnderWay": 5,
    "NotAnchored": 1,
    "NotReady": 5,
    "StoreUnavailable": 5,
}
"""Where waiting helps, and about how long."""


class ProblemError(Exception):
    """An answer that is not a result. ``code`` is stable; ``detail`` is for people."""

    def __init__(self, status: int, code: str, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.members = status, code, detail, members


def not_found() -> ProblemError:
    """Absent or not for this reader: the two look the same."""
    return ProblemError(404, "NotFound", "there is nothing here that you may see")


def problem(status: int, code: str, detail: str, **members: Any) -> Response:
    """A problem document. A 401 names the way to say who one is, as it must; where waiting helps, it says how long."""
    body = {"type": f"urn:cangsu:problem:{code}", "title": code, "status": status, "code": code, "detail": detail}
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    seconds = members.get("retry_after_seconds", RETRY_SECONDS.get(code))
    if seconds is not None:
        headers["Retry-After"] = str(seconds)
    return Response(orjson.dumps(body | members), status, headers, MEDIA_TYPE)


def answer_problem(error: ProblemError) -> Response:
    """The problem document of an error."""
    return problem(error.status, error.code, error.detail, **error.members)


def install(app: FastAPI) -> None:
    """Turn every error into a problem document."""

    @app.exception_handler(ProblemError)
    async def _problem(_: Request, error: ProblemError) -> Response:
        return answer_problem(error)

    @app.exception_handler(EventError)
    async def _event(_: Request, error: EventError) -> Response:
        members = error.to_json()
        return problem(422, members.pop("code"), members.pop("detail"), **members)

    @app.exception_handler(ChainError)
    async def _chain(_: Request, error: ChainError) -> Response:
        return problem(503, "ChainUnavailable", "the chain cannot be asked now; nothing is lost, try again")

    @app.exception_handler(OperationalError)
    async def _store(_: Request, error: OperationalError) -> Response:
        log.warning("the database does not answer: %s", error.orig)
        return problem(503, "StoreUnavailable", "the database cannot be asked now; repeating is safe, try again")

    @app.exception_handler(NotDeployedError)
    async def _not_deployed(_: Request, error: NotDeployedError) -> Response:
        return problem(503, "NotDeployed", str(error))

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> Response:
        answer = problem(error.status_code, "Http" + str(error.status_code), str(error.detail))
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(RequestValidationError)
    async def _request(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":  # who sends a private key by mistake does not get it read out
            return problem(422, "Malformed", first["msg"], field=field)
        return problem(422, "Malformed", first["msg"], field=field, got=shown(first.get("input")))
