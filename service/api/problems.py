"""Errors as application/problem+json (RFC 9457): code, field, what was expected and what came. Never a secret."""

from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from service.chain.errors import ChainError
from service.core.errors import EventError

MEDIA_TYPE = "application/problem+json"


class ProblemError(Exception):
    """An answer that is not a result. ``code`` is stable; ``detail`` is for people."""

    def __init__(self, status: int, code: str, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.members = status, code, detail, members


def not_found() -> ProblemError:
    """Absent or not for this reader: the two look the same."""
    return ProblemError(404, "NotFound", "there is nothing here that you may see")


def problem(status: int, code: str, detail: str, **members: Any) -> Response:
    """A problem document."""
    body = {"type": f"urn:cangsu:problem:{code}", "title": code, "status": status, "code": code, "detail": detail}
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return Response(orjson.dumps(body | members), status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Turn every error into a problem document."""

    @app.exception_handler(ProblemError)
    async def _problem(_: Request, error: ProblemError) -> Response:
        return problem(error.status, error.code, error.detail, **error.members)

    @app.exception_handler(EventError)
    async def _event(_: Request, error: EventError) -> Response:
        members = error.to_json()
        return problem(422, members.pop("code"), members.pop("detail"), **members)

    @app.exception_handler(ChainError)
    async def _chain(_: Request, error: ChainError) -> Response:
        return problem(503, "ChainUnavailable", "the chain cannot be asked now; nothing is lost, try again")

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> Response:
        return problem(error.status_code, "Http" + str(error.status_code), str(error.detail))

    @app.exception_handler(RequestValidationError)
    async def _request(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        return problem(422, "Malformed", first["msg"], field=field, got=str(first.get("input"))[:40])
