"""Real processes, killed in the middle of their work: what was answered "accepted" is on chain exactly once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

import httpx
import pytest

from tests.service.check_ledger import check_ledger
from tests.service.faults.processes import Process, wait_until
from tests.service.house import House
from tests.service.market import (
    HAMBURG,
    HANSA,
    OTHER_LINE,
    WEST_COAST,
    Event,
    an_event,
    an_opening,
)

pytestmark = [pytest.mark.chain, pytest.mark.e2e]
KILLS = 4


@pytest.fixture
def open_house(any_house: House) -> House:
    """Stock of two lines, and a chain that mines every second."""
    any_house.tell(*an_opening(100_000), *an_opening(100_000, line=OTHER_LINE, site=HAMBURG))
    any_house.settle()
    any_house.chain.rpc("evm_setIntervalMining", 1)
    return any_house


def shipments(count: int) -> list[tuple[int, list[Event]]]:
    """Requests of 20 shipments each, by two warehouses in turn."""
    return [
        (WEST_COAST, [an_event("SHIP", 1) for _ in range(20)])
        if number % 2
        else (HANSA, [an_event("SHIP", 1, line=OTHER_LINE, site=HAMBURG) for _ in range(20)])
        for number in range(count)
    ]


def test_a_worker_is_killed_again_and_again_while_events_come_in(open_house: House) -> None:
    before = open_house.counts()["tree_size"]
    with Process(open_house, "worker") as worker:
        for party, events in shipments(KILLS * 5):
            open_house.post(party, *events)
            size = open_house.counts()["tree_size"]
            if size > before:  # it has just taken something over, and is in the middle of the next
                before = size
                worker.kill()
                worker.start()
        wait_until(open_house.is_settled, "all is on chain")
    assert check_ledger(open_house) == 8 + KILLS * 5 * 20


def test_api_processes_are_killed_under_load(open_house: House) -> None:
    """On PostgreSQL two of them share the work; on SQLite one has to do."""
    count = 2 if open_house.settings.database_url else 1
    requests, answered = shipments(60), Counter[str]()
    apis = [Process(open_house, "serve") for _ in range(count)]
    turns = cycle(apis)

    def post(request: tuple[int, list[Event]]) -> None:
        """Post until somebody answers, as a careful client does: the same events again."""
        party, events = request
        headers = {"Authorization": f"Bearer {open_house.api_keys[party]}"}
        answers: list[dict[str, str]] = []

        def is_answered() -> bool:
            try:
                answer = http.post(f"{next(turns).url}/v1/events", json=events, headers=headers)
            except httpx.TransportError:
                return False
            answers.extend(answer.json()["results"])
            return True

        wait_until(is_answered, "a request is answered")
        answered.update(answer["status"] for answer in answers)

    with Process(open_house, "worker"), ThreadPoolExecutor(4) as clients, httpx.Client(timeout=30) as http:
        try:
            for api in apis:
                api.start()
            wait_until(apis[0].is_ready, "the API is ready")
            posted = [clients.submit(post, request) for request in requests]
            for done in range(1, KILLS + 1):
                wait_until(lambda done=done: sum(answered.values()) >= done * 200, "requests are answered")
                victim = apis[done % count]
                victim.kill()
                victim.start()
            for future in posted:
                future.result()
            assert answered.keys() <= {"accepted", "duplicate"}, answered
            again = [clients.submit(post, request) for request in requests]
            for future in again:
                future.result()
            assert answered["accepted"] + answered["duplicate"] == 2 * 60 * 20
            assert answered["duplicate"] >= 60 * 20
            wait_until(open_house.is_settled, "all is on chain")
        finally:
            for api in apis:
                api.kill()
    assert check_ledger(open_house) == 8 + 60 * 20


def test_a_worker_on_the_wrong_chain_ends_with_an_error(house: House) -> None:
    house.chain.stop()
    house.chain.state.unlink()
    house.chain.start()
    with Process(house, "worker") as worker:
        assert worker.exit_status() != 0
        assert worker.log.read_text().splitlines()[-1].startswith("error: no contract at 0x")
