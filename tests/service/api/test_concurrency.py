"""A real server, real connections, many at once: each event is accepted once, and nothing is lost."""

import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import uvicorn

from service.app import create_app
from tests.service.check_ledger import check_ledger
from tests.service.house import House
from tests.service.market import WEST_COAST, Event, an_admission, an_event, an_opening

pytestmark = pytest.mark.chain

CLIENTS = 20


@pytest.fixture
def url(any_house: House) -> Iterator[str]:
    """A server on a port of its own. Who connects before it has started waits in the socket's queue."""
    any_house.tell(an_admission(), *an_opening(100))
    with socket.create_server(("127.0.0.1", 0), backlog=CLIENTS) as listening:
        server = uvicorn.Server(uvicorn.Config(create_app(any_house.runtime), log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def at_once(house: House, url: str, event: Callable[[int], Event]) -> list[httpx.Response]:
    """The answers to events that are posted at the same time, each over a connection of its own."""
    barrier = threading.Barrier(CLIENTS)
    headers = {"Authorization": f"Bearer {house.api_keys[WEST_COAST]}"}

    def post(number: int) -> httpx.Response:
        posted: Any = event(number)
        with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            barrier.wait()
            return client.post("/v1/events", json=posted)

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(post, range(CLIENTS)))


def test_of_identical_posts_exactly_one_is_accepted(any_house: House, url: str) -> None:
    ship = an_event("SHIP", 60)
    answers = at_once(any_house, url, lambda _: ship)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: CLIENTS - 1}
    assert {answer.json()["position"] for answer in answers} == {4}
    any_house.settle()
    assert check_ledger(any_house) == 6


def test_no_more_is_shipped_than_there_is(any_house: House, url: str) -> None:
    answers = at_once(any_house, url, lambda number: an_event("SHIP", 7) | {"event_id": f"SHIP-{number}"})
    assert Counter(answer.status_code for answer in answers) == {201: 14, 422: CLIENTS - 14}
    any_house.settle()
    assert check_ledger(any_house) == 5 + 14


def test_two_payloads_under_one_id_are_one_event_and_a_refusal(any_house: House, url: str) -> None:
    answers = at_once(any_house, url, lambda number: an_event("SHIP", 1 + number % 2) | {"event_id": "SAME"})
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: CLIENTS // 2 - 1, 422: CLIENTS // 2}
    assert {answer.json()["code"] for answer in answers if answer.is_error} == {"EventIdTaken"}
