"""The API as its callers see it: the real application over ASGI, on a house of its own."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import httpx
import orjson
from fastapi import FastAPI
from starlette.testclient import TestClient

from service.app import create_app
from tests.service.house import House
from tests.service.market import Event, a_sale, an_event

PROBLEM = "application/problem+json"
LOT_PATH = "/v1/lots/223320260001234567/1"
LOT_ASKED = {"declaration_no": "223320260001234567", "item_no": 1}
SHIP = an_event("SHIP", 3, goods={"sku": "A-100"}, logistics={"carrier": "Parcel Co", "tracking_no": "1Z9"})
SALE = a_sale(SHIP)


class Api:
    """A running application and the house behind it. Each call is made as a party."""

    def __init__(self, house: House, client: TestClient) -> None:
        self.house = house
        self.client = client
        self.app: Any = client.app

    def headers(self, party: int) -> dict[str, str]:
        """What shows who is asking."""
        return {"Authorization": f"Bearer {self.house.api_keys[party]}"}

    def get(self, asking: int, path: str, **parameters: Any) -> httpx.Response:
        """Read something."""
        return self.client.get(path, params=parameters or None, headers=self.headers(asking))

    def post(self, party: int, posted: Event | list[Event]) -> httpx.Response:
        """Post one event, or an array."""
        return self.send(party, "/v1/events", orjson.dumps(posted))

    def send(self, party: int, path: str, body: bytes) -> httpx.Response:
        """Post bytes as they are."""
        return self.client.post(path, content=body, headers=self.headers(party))

    def issue(self, party: int, **asked: Any) -> httpx.Response:
        """Ask for a provenance credential of the usual lot."""
        return self.send(party, "/v1/credentials/provenance", orjson.dumps(LOT_ASKED | asked))


@contextmanager
def open_api(house: House) -> Iterator[Api]:
    """The application of a house, started and stopped as a server would."""
    app = create_app(house.runtime)
    with TestClient(app) as client:
        client.event_hooks["response"] = [partial(check_documented, app)]
        client.app.openapi()  # made once, before threads ask for it  # type: ignore[attr-defined]
        yield Api(house, client)


def check_documented(app: FastAPI, answer: httpx.Response) -> None:
    """Every answer that a test gets stands in the OpenAPI document, with its media type: a route that forgets to say
    what it answers fails its own tests."""
    asked = answer.request
    for path, methods in app.openapi()["paths"].items():
        pattern = re.sub(r"{(\w+)}", lambda name: ".+" if name[1] in SLASHED else "[^/]+", path)
        operation = methods.get(asked.method.lower())
        if operation is None or not re.fullmatch(pattern, asked.url.path):
            continue
        if path.endswith("/{event_id}") and asked.url.path.endswith("/proof"):
            continue  # the proof's own
        status, media_type = str(answer.status_code), answer.headers.get("content-type", "").partition(";")[0]
        assert status == "500" or status in operation["responses"], f"{asked.method} {path} does not say {status}"
        content = operation["responses"].get(status, {}).get("content")
        assert not content or media_type in content, f"{asked.method} {path} {status} does not say {media_type}"
        return


SLASHED = ("event_id", "kit_sku")
"""Parameters that may have slashes in them."""


def problem_of(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem document of an answer, which must be one."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), answer.text
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    assert document["type"] == f"urn:cangsu:problem:{document['code']}"
    return document
