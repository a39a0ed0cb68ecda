"""Puts the OpenAPI document right where the framework writes its own habits: errors here are problem documents."""

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
    "401": "No API key, or one that is not in force",
    "404": "Absent, or not for you",
    "422": "Not the shape that is expected",
}
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
        for methods in document["paths"].values():
            for operation in methods.values():
                _describe(operation)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _describe(operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    if operation.get("security"):
        answers.setdefault("401", {"description": _ANSWERS["401"]})
    if any(parameter["in"] == "path" for parameter in operation.get("parameters", ())):
        answers.setdefault("404", {"description": _ANSWERS["404"]})
    for status, answer in answers.items():
        if status.startswith(("4", "5")):
            if "HTTPValidationError" in str(answer.get("content")):
                answer["description"] = _ANSWERS["422"]
            answer["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
