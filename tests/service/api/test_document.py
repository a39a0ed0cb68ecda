"""The OpenAPI document: complete, readable in two languages, and its examples are events that are really taken."""

import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from service.app import create_app
from service.config import Settings
from service.core.errors import RefusedError
from service.core.events import EventIn, parse_events
from service.runtime import Runtime
from tests.service.api.caller import PROBLEM, Api, problem_of
from tests.service.market import TAX

DOCUMENT = create_app(Runtime(Settings())).openapi()
OPERATIONS = {f"{method} {path}": it for path, methods in DOCUMENT["paths"].items() for method, it in methods.items()}
SIGNING_IN = {"post /v1/session", "post /v1/enrolment/look", "post /v1/enrolment"}
OPEN = {"get /v1/status/1", "post /v1/invitations/look", "post /v1/invitations/join"} | SIGNING_IN
OPEN |= {"get /v1/checkpoint", "get /v1/checkpoint/key", "get /v1/consistency"}
OPEN |= {"get /.well-known/jwt-vc-issuer"}
OPEN |= {"get /v1/oidc/{provider}/start", "get /v1/oidc/{provider}/callback", "post /v1/oidc/{provider}/code"}
LOCKED = [name for name in OPERATIONS if " /v1/" in name and name not in OPEN]
EVENTS_BODY = OPERATIONS["post /v1/events"]["requestBody"]["content"]["application/json"]


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a document."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(item)


def test_the_document_says_what_it_is() -> None:
    assert DOCUMENT["openapi"].startswith("3.")
    assert DOCUMENT["info"]["title"] == "Cangsu 仓溯"
    assert {"version", "description"} <= DOCUMENT["info"].keys()


def test_every_reference_leads_somewhere() -> None:
    for reference in [node["$ref"] for node in nodes(DOCUMENT) if isinstance(node.get("$ref"), str)]:
        found: Any = DOCUMENT
        for name in reference.removeprefix("#/").split("/"):
            assert name in found, reference
            found = found[name]


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_is_named_in_chinese_and_english_and_described(name: str) -> None:
    operation = OPERATIONS[name]
    assert re.search(r"[A-Za-z]{3}", operation["summary"])
    assert re.search(r"[\u4e00-\u9fff]{2}", operation["summary"])
    assert operation["description"]
    assert all(answer["description"] for answer in operation["responses"].values())


@pytest.mark.parametrize("name", LOCKED)
def test_every_operation_below_v1_says_that_it_wants_a_key(name: str) -> None:
    ((scheme, _),) = OPERATIONS[name]["security"][0].items()
    described = DOCUMENT["components"]["securitySchemes"][scheme]
    kind = (described["type"], described.get("scheme"), described.get("in"))
    assert kind == (("apiKey", None, "cookie") if "/v1/session" in name else ("http", "bearer", None))


def test_operations_have_ids_of_their_own() -> None:
    assert len({operation["operationId"] for operation in OPERATIONS.values()}) == len(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_parameter_of_a_path_is_declared(name: str) -> None:
    declared = {item["name"] for item in OPERATIONS[name].get("parameters", []) if item["in"] == "path"}
    assert declared == set(re.findall(r"\{(\w+)\}", name))


@pytest.mark.parametrize(
    "name", [name for name in OPERATIONS if name.startswith("post ") and not name.endswith("/reset")]
)
def test_every_post_says_what_it_takes(name: str) -> None:
    body = OPERATIONS[name]["requestBody"]
    assert body["required"]
    assert body["content"]


@pytest.mark.parametrize("name", EVENTS_BODY["examples"])
def test_the_examples_are_events_that_are_taken(name: str) -> None:
    events = parse_events(orjson.dumps(EVENTS_BODY["examples"][name]["value"]))
    assert events
    assert all(isinstance(event, EventIn) for event in events)


def test_the_schema_of_an_event_has_the_members_that_are_taken_and_no_others() -> None:
    one, many = EVENTS_BODY["schema"]["oneOf"]
    assert one["properties"].keys() == EventIn.__dataclass_fields__.keys()
    assert one["additionalProperties"] is False
    assert (many["items"], many["maxItems"]) == (one, 5_000)


def test_a_member_that_is_required_is_really_missed() -> None:
    one, _ = EVENTS_BODY["schema"]["oneOf"]
    example = EVENTS_BODY["examples"]["ship"]["value"]
    for name in one["required"]:
        (refusal,) = parse_events(orjson.dumps({key: value for key, value in example.items() if key != name}))
        assert isinstance(refusal, RefusedError)
        assert refusal.field == name


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_refusal_is_a_problem_document(name: str) -> None:
    answers = OPERATIONS[name]["responses"]
    for status, answer in answers.items():
        if status[0] in "45":
            assert answer["content"] == {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}, status
    if name in LOCKED:
        assert "401" in answers
    if "{" in name:
        assert {"404", "422"} <= answers.keys()


def test_the_document_knows_no_validation_error_of_the_framework() -> None:
    assert "HTTPValidationError" not in str(DOCUMENT)
    described = DOCUMENT["components"]["schemas"]["Problem"]
    assert set(described["required"]) == {"type", "title", "status", "code", "detail"}


def test_a_refusal_has_the_members_that_the_document_promises(anchored: Api) -> None:
    problem = problem_of(anchored.get(TAX, "/v1/lots/1/1"), 422)
    assert set(DOCUMENT["components"]["schemas"]["Problem"]["required"]) <= problem.keys()
