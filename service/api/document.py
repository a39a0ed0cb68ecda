"""Puts the OpenAPI document right where the framework writes its own habits: errors here are problem documents."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from service.api.problems import MEDIA_TYPE

_PROBLEM = {
    "title": "Problem",
    "description": "An error (RFC 9457). `code` is stable; further members say what was expected and what came.",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "additionalProperties": True,
    "properties": {
        "type": {"type": "string", "format": "uri", "examples": ["urn:cangsu:problem:Malformed"]},
        "title": {"type": "string"},
        "status": {"type": "integer", "examples": [422]},
        "code": {"type": "string", "examples": ["Malformed"]},
        "detail": {"type": "string", "description": "for people"},
        "field": {"type": "string", "description": "which member or parameter"},
        "got": {"description": "what came in its place"},
    },
}
_ANSWERS = {
    401: "No API key, or one that is not in force",
    403: "Not for you, or not with this key",
    404: "Absent, or not for you",
    408: "The body took too long",
    409: "Not as things are now: `code` and its figures say why",
    413: "The body is too long",
    422: "Not the shape that is expected, or refused: `code` says why",
    429: "Too many requests",
    503: "Not now: too much waits, or chain or database cannot be asked",
}
_RETRY_AFTER = {"description": "seconds to wait", "schema": {"type": "integer", "minimum": 1}}
_UNLIMITED = "/healthz"
_OF_THE_FRAMEWORK = ("HTTPValidationError", "ValidationError")


def describe_problems(app: FastAPI) -> None:
    """Give every refusal in the application's OpenAPI document the shape that it has."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        document = made()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for name in _OF_THE_FRAMEWORK:
            schemas.pop(name, None)
        schemas["Problem"] = _PROBLEM
        for path, methods in document["paths"].items():
            for operation in methods.values():
                _describe(path, operation)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def may_answer(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route says of its own refusals: ``responses=may_answer(404, 409)``; the rest is said for it."""
    return {status: {"description": _ANSWERS[status]} for status in statuses}


def _describe(path: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    for status in _statuses(path, operation):
        answers.setdefault(str(status), {"description": _ANSWERS[status]})
    for status, answer in answers.items():
        if status.startswith(("4", "5")):
            if "HTTPValidationError" in str(answer.get("content")):
                answer["description"] = _ANSWERS[422]
            answer["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        if status in ("429", "503"):
            answer["headers"] = {"Retry-After": _RETRY_AFTER | {"required": status == "429"}}


def _statuses(path: str, operation: dict[str, Any]) -> Iterator[int]:
    """The refusals that follow from what an operation is."""
    if operation.get("security"):
        yield from (401, 403)
    if any(parameter["in"] == "path" for parameter in operation.get("parameters", ())):
        yield 404
    if "requestBody" in operation:
        yield from (408, 413, 422)
    if path != _UNLIMITED:
        yield from (429, 503)
