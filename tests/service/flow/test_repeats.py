"""Repeating is safe: the same id and payload change nothing, the same id with another payload is refused."""

import os
from typing import Any

import orjson
import pytest

from service.core.events import parse_events
from service.flow.receive import Post, receive
from tests.service.check_ledger import check_ledger
from tests.service.house import NOW, House, statuses
from tests.service.market import (
    CARRIER,
    LINE,
    OTHER_LINE,
    PLATFORM,
    WEST_COAST,
    Event,
    a_declare,
    a_sale,
    an_admission,
    an_event,
    an_opening,
    lot_of,
)


@pytest.fixture
def open_house(any_house: House) -> House:
    """1,000 pieces on hand."""
    any_house.tell(*an_opening(), an_admission())
    return any_house


def test_a_repeat_is_a_duplicate_at_the_same_place(open_house: House) -> None:
    ship = an_event("SHIP", 3, goods={"sku": "A-1"}, logistics={"tracking_no": "é\u2028"})
    first, second = (open_house.post(WEST_COAST, ship)[0] for _ in range(2))
    assert (first["status"], second["status"]) == ("accepted", "duplicate")
    assert (first["lot"], first["position"]) == (second["lot"], second["position"])
    assert open_house.counts()["accepted"] == 6


def test_a_repeat_in_the_same_request_is_a_duplicate(open_house: House) -> None:
    ship = an_event("SHIP", 3)
    assert statuses(open_house.post(WEST_COAST, ship, ship)) == ["accepted", "duplicate"]


def test_a_whole_history_can_be_posted_again(open_house: House) -> None:
    ship = an_event("SHIP", 5)
    sale = a_sale(ship)
    open_house.tell(ship, sale)
    open_house.settle()
    assert statuses(open_house.post(WEST_COAST, ship)) + statuses(open_house.post(PLATFORM, sale)) == ["duplicate"] * 2
    open_house.settle()
    assert check_ledger(open_house) == 7


CHANGES: dict[str, dict[str, Any]] = {
    "quantity": {"quantity": 4},
    "time": {"event_time": "2026-05-02T09:30:01-07:00"},
    "the same time in another zone": {"event_time": "2026-05-02T16:30:00+00:00"},
    "kind": {"kind": "GIVE"},
    "site": {"site": 2},
    "a member more": {"goods": {"sku": "A-1", "name": "lamp"}},
    "another member": {"goods": {"sku": "A-2"}},
    "a member less": {"goods": {}},
    "another declared line": {"line": OTHER_LINE},
    "a line that is not declared": {"line": f"{LINE[:-2]}09"},
    "a target": {"target_id": "E-0"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_same_id_with_another_payload_is_refused(open_house: House, change: str) -> None:
    open_house.tell(a_declare(5, line=OTHER_LINE))
    ship = an_event("SHIP", 3, goods={"sku": "A-1"})
    open_house.tell(ship)
    (answer,) = open_house.post(WEST_COAST, ship | CHANGES[change])
    assert (answer["status"], answer.get("code")) == ("refused", "EventIdTaken")


def test_another_target_under_the_same_id_is_refused(open_house: House) -> None:
    ships = [an_event("SHIP", 3), an_event("SHIP", 3)]
    sale = a_sale(ships[0])
    open_house.tell(*ships, sale)
    (answer,) = open_house.post(PLATFORM, sale | {"target_id": ships[1]["event_id"]})
    assert answer["code"] == "EventIdTaken"


def test_the_same_movement_by_lot_number_is_the_same_event(open_house: House) -> None:
    ship = an_event("SHIP", 3)
    open_house.tell(ship)
    by_number = {name: value for name, value in ship.items() if name != "line"} | {"lot": lot_of(LINE)}
    assert statuses(open_house.post(WEST_COAST, by_number)) == ["duplicate"]


def test_a_refused_id_is_free_again(open_house: House) -> None:
    ship = an_event("SHIP", 0)
    assert statuses(open_house.post(WEST_COAST, ship, ship | {"quantity": 1})) == ["refused", "accepted"]


def test_an_id_belongs_to_its_sender(open_house: House) -> None:
    count = an_event("COUNT", event_id="1")
    lost = an_event("LOST_IN_DELIVERY", 1, event_id="1")
    open_house.tell(an_admission(CARRIER), ship := an_event("SHIP", 1))
    lost |= {"target_id": ship["event_id"], "target_party": WEST_COAST}
    assert statuses(open_house.post(WEST_COAST, count)) + statuses(open_house.post(CARRIER, lost)) == ["accepted"] * 2


def test_a_group_is_saved_whole_or_not_at_all(open_house: House) -> None:
    salts = iter([os.urandom(96), os.urandom(96)])

    def random(_: int) -> bytes:
        return next(salts)  # the third one fails

    posts = [Post(WEST_COAST, parse_events(orjson.dumps([an_event("SHIP", 1), an_event("SHIP", 1)]))) for _ in range(2)]
    with pytest.raises(StopIteration):
        receive(open_house.runtime.captures, posts, NOW, random)
    open_house.settle()
    assert check_ledger(open_house) == 5


def test_requests_of_one_group_see_each_other(open_house: House) -> None:
    ship = an_event("SHIP", 2)
    posts = [_post(WEST_COAST, ship), _post(PLATFORM, a_sale(ship)), _post(WEST_COAST, ship)]
    results = receive(open_house.runtime.captures, posts, NOW)
    assert [result.status for (result,) in results] == ["accepted", "accepted", "duplicate"]


def test_an_empty_group_changes_nothing(open_house: House) -> None:
    assert receive(open_house.runtime.captures, [], NOW) == []
    assert open_house.counts()["accepted"] == 5


def test_a_bad_event_does_not_disturb_its_neighbours(open_house: House) -> None:
    bad = an_event("SHIP", 1) | {"site": -1}
    answers = open_house.post(WEST_COAST, an_event("SHIP", 1), bad, an_event("SHIP", 1))
    assert statuses(answers) == ["accepted", "refused", "accepted"]
    open_house.settle()
    assert check_ledger(open_house) == 7


@pytest.mark.parametrize("value", [1 << 53, 1 << 62, -(1 << 53)])
def test_an_event_that_cannot_be_sealed_moves_nothing(open_house: House, value: int) -> None:
    event = an_event("SHIP", 1, order={"order_line": value})
    with pytest.raises(Exception, match="2\\^53"):
        open_house.post(WEST_COAST, event)
    open_house.settle()
    assert check_ledger(open_house) == 5


def _post(party: int, event: Event) -> Post:
    return Post(party, parse_events(orjson.dumps([event])))
