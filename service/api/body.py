"""Reads a request's body, up to a size, and tells the documentation what is expected of it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, TypeAdapter, ValidationError

from service.api.access import CallerDep
from service.api.problems import ProblemError
from service.core.caller import Caller
from verifier.credential import MAX_BYTES

ModelT = TypeVar("ModelT", bound=BaseModel)

MAX_BODY_BYTES = 2**20
"""Of a body that is not one of those below: a claim over 200 lines has 20 kB."""
MAX_EVENTS_BYTES = 32 * 2**20
MAX_CREDENTIAL_BYTES = MAX_BYTES
"""A credential, or a certificate, may be as long as the verifier reads."""

BODY_SECONDS = 120
"""A body that takes longer is not waited for: 32 MiB come in time at 2.2 Mbit/s."""


async def read_body(request: Request, most_bytes: int | None = None) -> bytes:
    """The whole body; a problem 413 beyond 1 MiB or so many bytes, whatever the header says, and 408 if it is slow."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read(request, MAX_BODY_BYTES if most_bytes is None else most_bytes)
    except TimeoutError as error:
        raise ProblemError(408, "TooSlow", f"expected the whole body within {BODY_SECONDS} s") from error


async def _read(request: Request, most: int) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > most:
        raise ProblemError(413, "TooLarge", f"expected at most {most} bytes", got=int(length))
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise ProblemError(413, "TooLarge", f"expected at most {most} bytes")
        parts.append(part)
    return b"".join(parts)


async def read_events(request: Request) -> bytes:
    """A body that is one event or many."""
    return await read_body(request, MAX_EVENTS_BYTES)


async def read_credential(request: Request) -> bytes:
    """A body that is a credential or a certificate."""
    return await read_body(request, MAX_CREDENTIAL_BYTES)


def json_body(model: type[ModelT], most_bytes: int | None = None) -> Callable[[Request, Caller], Awaitable[ModelT]]:
    """A dependency that reads a JSON body, once the caller is known and only up to a size."""

    async def read(request: Request, _: CallerDep) -> ModelT:
        try:
            return model.model_validate_json(await read_body(request, most_bytes))
        except ValidationError as error:
            raise RequestValidationError(error.errors(include_url=False)) from error

    return read


def secret_body(model: type[ModelT], most_bytes: int = 4096) -> Callable[[Request], Awaitable[ModelT]]:
    """A dependency that reads a JSON body with secrets in it, from whomever: what is refused is not read out."""

    async def read(request: Request) -> ModelT:
        body = await read_body(request, most_bytes)
        try:
            return model.model_validate_json(body)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            raise ProblemError(422, "Malformed", first["msg"], field=".".join(map(str, first["loc"]))) from None

    return read


def openapi_body(model: type[BaseModel]) -> dict[str, Any]:
    """What the documentation says of a body that ``json_body`` reads."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema_of(model)}}}}


def schema_of(shape: Any) -> dict[str, Any]:
    """The JSON schema of a body that is read by hand, complete in itself: the document has no place for parts of it."""
    schema = TypeAdapter(shape).json_schema()
    parts = schema.pop("$defs", {})

    def put_in(value: Any) -> Any:
        match value:
            case {"$ref": str(name)}:
                return put_in(parts[name.rpartition("/")[2]])
            case dict():
                return {name: put_in(item) for name, item in value.items()}
            case list():
                return [put_in(item) for item in value]
        return value

    complete: dict[str, Any] = put_in(schema)
    return complete
