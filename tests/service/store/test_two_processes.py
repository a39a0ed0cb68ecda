"""Several processes take events in on one database: the order of the sequence is the order of every history."""

import asyncio
import json
from collections import Counter

from sqlalchemy import select

from service.api.intake import Intake
from service.flow.capture_group import Result
from service.store import schema
from service.store.capture import SqlCaptureStore
from service.store.database import open_engine, reading
from tests.service.check_ledger import check_ledger
from tests.service.house import House
from tests.service.market import (
    HAMBURG,
    HANSA,
    OTHER_LINE,
    PLATFORM,
    WEST_COAST,
    Event,
    a_sale,
    an_admission,
    an_event,
    an_opening,
)

Request = tuple[int, list[Event]]


async def _submit_all(intakes: list[Intake], requests: list[Request]) -> list[list[Result]]:
    submitted = [
        intakes[number % len(intakes)].submit(party, json.dumps(events).encode())
        for number, (party, events) in enumerate(requests)
    ]
    return list(await asyncio.gather(*submitted))


def post_at_once(house: House, requests: list[Request], processes: int = 2) -> Counter[str]:
    """Post through several capturing threads, each with an engine of its own, all at the same time."""
    engines = [open_engine(house.settings.database) for _ in range(processes)]
    intakes = [Intake(SqlCaptureStore(engine, house.runtime.details)) for engine in engines]
    for intake in intakes:
        intake.start()
    try:
        answers = asyncio.run(_submit_all(intakes, requests))
    finally:
        for intake, engine in zip(intakes, engines, strict=True):
            intake.stop()
            engine.dispose()
    return Counter(result.status for results in answers for result in results)


def in_order(house: House) -> bool:
    """Whether in every lot a later position has a later sequence number."""
    with reading(house.runtime.engine) as connection:
        rows = connection.execute(
            select(schema.event.c.lot, schema.event.c.position).order_by(schema.event.c.seq)
        ).all()
    last: dict[int, int] = {}
    return all(last.setdefault(lot, -1) < position and not last.update({lot: position}) for lot, position in rows)


def test_two_processes_share_a_lot(any_house: House) -> None:
    any_house.tell(*an_opening(1000))
    requests = [(WEST_COAST, [an_event("SHIP", 1), an_event("COUNT")]) for _ in range(120)]
    assert post_at_once(any_house, requests) == {"accepted": 240}
    assert in_order(any_house)
    any_house.settle()
    assert check_ledger(any_house) == 244


def test_stock_is_not_given_out_twice(any_house: House) -> None:
    any_house.tell(*an_opening(50))
    requests = [(WEST_COAST, [an_event("SHIP", 1)]) for _ in range(120)]
    assert post_at_once(any_house, requests) == {"accepted": 50, "refused": 70}
    any_house.settle()
    assert check_ledger(any_house) == 54


def test_the_same_events_posted_everywhere_are_accepted_once(any_house: House) -> None:
    any_house.tell(*an_opening(1000))
    requests = [(WEST_COAST, [an_event("SHIP", 1) for _ in range(5)]) for _ in range(20)]
    assert post_at_once(any_house, requests * 4, processes=3) == {"accepted": 100, "duplicate": 300}
    any_house.settle()
    assert check_ledger(any_house) == 104


def test_one_id_with_many_payloads_is_accepted_once(any_house: House) -> None:
    any_house.tell(*an_opening(1000))
    requests = [(WEST_COAST, [an_event("SHIP", pieces, event_id="SAME")]) for pieces in range(1, 41)]
    assert post_at_once(any_house, requests) == {"accepted": 1, "refused": 39}


def test_sales_that_overtake_their_shipments_are_held_and_applied(any_house: House) -> None:
    any_house.tell(an_admission(), *an_opening(1000), *an_opening(1000, line=OTHER_LINE, site=HAMBURG))
    requests: list[Request] = []
    for _ in range(30):
        ship = an_event("SHIP", 2)
        requests += [(PLATFORM, [a_sale(ship)]), (WEST_COAST, [ship])]
        requests.append((HANSA, [an_event("SHIP", 1, line=OTHER_LINE, site=HAMBURG)]))
    outcome = post_at_once(any_house, requests)
    assert outcome["accepted"] + outcome["held"] == 90
    assert any_house.counts()["held"] == 0
    assert in_order(any_house)
    any_house.settle()
    assert check_ledger(any_house) == 9 + 90


def test_more_requests_than_can_wait_are_turned_away(house: House) -> None:
    from service.api import intake

    idle = intake.Intake(house.runtime.captures)  # its thread is never started: whatever comes waits

    async def fill() -> list[object]:
        body = json.dumps(an_event("COUNT")).encode()
        tasks = [asyncio.ensure_future(idle.submit(WEST_COAST, body)) for _ in range(intake.QUEUE_REQUESTS + 3)]
        done, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        return [task.exception() for task in done]

    refused = asyncio.run(fill())
    assert [type(error) for error in refused] == [intake.IntakeFullError] * 3
