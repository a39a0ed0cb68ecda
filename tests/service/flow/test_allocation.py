"""Events that name a SKU and a site, and no lot: allocated first in, first out, once, whole or not at all."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.service.check_ledger import check_ledger
from tests.service.house import House, statuses
from tests.service.market import (
    EXPORTER,
    GATEWAY,
    HANSA,
    LINE,
    LOS_ANGELES,
    OTHER_LINE,
    PLATFORM,
    RIVAL,
    USD,
    WEST_COAST,
    Event,
    a_declare,
    an_admission,
    an_event,
    lot_of,
)

THIRD_LINE = f"{LINE[:-2]}03"
SKU = "LAMP"


def a_lot(
    line: str, pieces: int, export_date: str | None, *, sku: str = SKU, fob_minor: int = 1000, owner: int = EXPORTER,
    site: int = LOS_ANGELES, received: int | None = None,
) -> list[tuple[int, Event]]:  # fmt: skip
    """Steps of a lot that lies on hand, with what customs say of it."""
    goods = {"sku": sku, "fob_minor": fob_minor, "fob_currency": "USD"}
    document = {"export_date": export_date} if export_date else {}
    received = pieces if received is None else received
    steps = [
        (GATEWAY, a_declare(pieces, line=line, owner=owner, goods=goods)),
        (GATEWAY, an_event("DEPART", pieces, line=line, document=document)),
        (owner, an_event("ASN", pieces, line=line, site=site)),
        (HANSA if site == 2 else WEST_COAST, an_event("RECEIVE", received, line=line, site=site)),
    ]
    return steps if received else steps[:3]


def post_all(house: House, *steps: Sequence[tuple[int, Event]]) -> None:
    for party, event in (step for lot in steps for step in lot):
        (answer,) = house.post(party, event)
        assert answer["status"] == "accepted", answer


def bare(kind: str, quantity: int = 0, *, sku: str | None = SKU, target: Event | None = None, **members: Any) -> Event:
    """An event as one posts it who does not know the lot."""
    event = an_event(kind, quantity, target=target, **members)
    del event["line"]
    return event | ({"goods": {"sku": sku}} if sku else {})


def a_bare_sale(ship: Event, quantity: int, gross_minor: int, **members: Any) -> Event:
    money = USD | {"gross_minor": gross_minor, "order_gross_minor": gross_minor}
    return bare("SALE", quantity, sku=None, target=ship, money=money, **members)


def taken(answer: dict[str, Any]) -> list[tuple[str, int]]:
    """Lot and pieces of each part."""
    return [(part["lot"], part["quantity"]) for part in answer["parts"]]


@pytest.fixture
def two_lots(any_house: House) -> House:
    """5 pieces exported in March on the second line, 5 exported in April on the first."""
    any_house.tell(an_admission())
    post_all(any_house, a_lot(LINE, 5, "2026-04-01"), a_lot(OTHER_LINE, 5, "2026-03-01"))
    return any_house


def test_a_shipment_takes_the_lot_that_was_exported_first(two_lots: House) -> None:
    ship = bare("SHIP", 7)
    (answer,) = two_lots.post(WEST_COAST, ship)
    assert (answer["status"], taken(answer)) == ("accepted", [(lot_of(OTHER_LINE), 5), (lot_of(LINE), 2)])
    assert [part["event_id"] for part in answer["parts"]] == [f"{ship['event_id']}#1", f"{ship['event_id']}#2"]
    two_lots.settle()
    assert check_ledger(two_lots) == 11


def test_a_sale_is_split_over_the_lots_of_its_shipment(two_lots: House) -> None:
    ship = bare("SHIP", 7)
    sale = a_bare_sale(ship, 7, 1001)
    two_lots.post(WEST_COAST, ship)
    (answer,) = two_lots.post(PLATFORM, sale)
    assert taken(answer) == [(lot_of(OTHER_LINE), 5), (lot_of(LINE), 2)]
    two_lots.settle()
    assert check_ledger(two_lots) == 13


def test_a_repeat_is_a_duplicate_with_the_same_parts(two_lots: House) -> None:
    ship = bare("SHIP", 7)
    first, again = (two_lots.post(WEST_COAST, ship)[0] for _ in range(2))
    assert (again["status"], again["parts"]) == ("duplicate", first["parts"])
    assert statuses(two_lots.post(WEST_COAST, ship, ship)) == ["duplicate"] * 2


CHANGES: dict[str, dict[str, Any]] = {
    "quantity": {"quantity": 6},
    "another SKU": {"goods": {"sku": "LAMP-2"}},
    "a line": {"line": LINE},
    "an owner": {"owner": EXPORTER},
    "site": {"site": 2},
    "time": {"event_time": "2026-05-02T09:30:01-07:00"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_another_payload_under_the_id_of_an_allocated_event_is_refused(two_lots: House, change: str) -> None:
    ship = bare("SHIP", 7)
    two_lots.post(WEST_COAST, ship)
    (answer,) = two_lots.post(WEST_COAST, ship | CHANGES[change])
    assert (answer["status"], answer.get("code")) == ("refused", "EventIdTaken")


def test_a_decision_stands_whatever_comes_later(two_lots: House) -> None:
    ship = bare("SHIP", 3)
    (first,) = two_lots.post(WEST_COAST, ship)
    post_all(two_lots, a_lot(THIRD_LINE, 5, "2026-01-01"))
    (again,) = two_lots.post(WEST_COAST, ship)
    assert (again["status"], again["parts"]) == ("duplicate", first["parts"])


@pytest.mark.parametrize("kind", ["SHIP", "GIVE", "LOSE", "HOLD", "TRANSFER_OUT"])
def test_everything_that_takes_from_the_stock_can_be_allocated(two_lots: House, kind: str) -> None:
    (answer,) = two_lots.post(WEST_COAST, bare(kind, 6))
    assert taken(answer) == [(lot_of(OTHER_LINE), 5), (lot_of(LINE), 1)]


def test_lots_of_one_day_go_by_declaration_and_item(any_house: House) -> None:
    days = [(THIRD_LINE, "2026-03-01"), (LINE, "2026-03-01"), (OTHER_LINE, None)]
    post_all(any_house, *(a_lot(line, 2, day) for line, day in days))
    (answer,) = any_house.post(WEST_COAST, bare("SHIP", 6))
    assert taken(answer) == [(lot_of(LINE), 2), (lot_of(THIRD_LINE), 2), (lot_of(OTHER_LINE), 2)]


def test_one_request_takes_on_where_it_left(two_lots: House) -> None:
    answers = two_lots.post(WEST_COAST, *(bare("SHIP", 4) for _ in range(3)))
    assert statuses(answers) == ["accepted", "accepted", "refused"]
    assert taken(answers[1]) == [(lot_of(OTHER_LINE), 1), (lot_of(LINE), 3)]
    assert (answers[2]["code"], answers[2]["available"], answers[2]["asked"]) == ("LotLedgerInsufficient", 2, 4)


def test_an_allocation_is_whole_or_not_at_all(two_lots: House) -> None:
    (answer,) = two_lots.post(WEST_COAST, bare("SHIP", 11))
    assert (answer["status"], answer["available"], answer["asked"]) == ("refused", 10, 11)
    two_lots.settle()
    assert check_ledger(two_lots) == 9


def test_a_shipment_waits_for_stock_that_is_announced(any_house: House) -> None:
    post_all(any_house, a_lot(LINE, 5, "2026-04-01", received=2))
    ship = bare("SHIP", 4)
    (answer,) = any_house.post(WEST_COAST, ship)
    assert (answer["status"], answer["code"]) == ("held", "StockNotYetThere")
    any_house.tell(an_event("RECEIVE", 2))
    (again,) = any_house.post(WEST_COAST, ship)
    assert (again["status"], taken(again)) == ("duplicate", [(lot_of(LINE), 4)])


def test_a_shipment_waits_for_a_sku_that_is_not_addressed_to_the_site_yet(any_house: House) -> None:
    ship = bare("SHIP", 4)
    (answer,) = any_house.post(WEST_COAST, ship)
    assert (answer["status"], answer["code"]) == ("held", "SkuUnknown")
    post_all(any_house, a_lot(LINE, 5, "2026-04-01"))
    assert statuses(any_house.post(WEST_COAST, ship)) == ["duplicate"]
    any_house.settle()
    assert check_ledger(any_house) == 5


def test_a_sale_waits_for_its_shipment_though_it_names_no_lot(two_lots: House) -> None:
    ship = bare("SHIP", 7)
    sale = a_bare_sale(ship, 7, 1001)
    (answer,) = two_lots.post(PLATFORM, sale)
    assert (answer["status"], answer["code"]) == ("held", "TargetUnknown")
    two_lots.post(WEST_COAST, ship)
    (again,) = two_lots.post(PLATFORM, sale)
    assert (again["status"], taken(again)) == ("duplicate", [(lot_of(OTHER_LINE), 5), (lot_of(LINE), 2)])


def test_a_chain_of_waits_ends_with_the_receipt(any_house: House) -> None:
    any_house.tell(an_admission())
    ship = bare("SHIP", 4)
    sale = a_bare_sale(ship, 4, 100)
    refund = bare("REFUND", sku=None, target=sale, money=USD | {"refund_minor": 40})
    for party, event in ((PLATFORM, refund), (PLATFORM, sale), (WEST_COAST, ship)):
        assert statuses(any_house.post(party, event)) == ["held"]
    post_all(any_house, a_lot(LINE, 5, "2026-04-01"))
    assert any_house.counts()["held"] == 0
    assert statuses(any_house.post(PLATFORM, sale, refund)) == ["duplicate"] * 2
    any_house.settle()
    assert check_ledger(any_house) == 8


def test_an_event_without_a_lot_takes_that_of_a_plain_target(two_lots: House) -> None:
    ship = an_event("SHIP", 2)
    sale = a_bare_sale(ship, 2, 100)
    two_lots.tell(ship)
    first, again = (two_lots.post(PLATFORM, sale)[0] for _ in range(2))
    assert (first["status"], first["lot"], again["status"]) == ("accepted", lot_of(LINE), "duplicate")
    assert two_lots.post(PLATFORM, sale | {"quantity": 1})[0]["code"] == "EventIdTaken"


def test_an_event_that_names_its_lot_rests_on_the_part_in_that_lot(two_lots: House) -> None:
    ship = bare("SHIP", 7)
    two_lots.post(WEST_COAST, ship)
    sale = an_event("SALE", 2, target=ship, money=USD | {"gross_minor": 200})
    assert statuses(two_lots.post(PLATFORM, sale, sale)) == ["accepted", "duplicate"]
    by_part = sale | {"event_id": "BY-PART", "target_id": f"{ship['event_id']}#1", "line": OTHER_LINE}
    assert statuses(two_lots.post(PLATFORM, by_part)) == ["accepted"]
    elsewhere = sale | {"event_id": "ELSEWHERE", "line": f"{LINE[:-2]}09"}
    assert statuses(two_lots.post(PLATFORM, elsewhere)) == ["held"]


def test_ids_of_parts_cannot_be_posted(two_lots: House) -> None:
    (answer,) = two_lots.post(WEST_COAST, bare("SHIP", 1, event_id="SO-1#1"))
    assert (answer["status"], answer["code"], answer["field"]) == ("refused", "EventIdReserved", "event_id")
    assert statuses(two_lots.post(WEST_COAST, bare("SHIP", 1, event_id="SO #1-a"))) == ["accepted"]


def test_an_id_that_leaves_no_room_for_parts_is_refused(two_lots: House) -> None:
    answers = two_lots.post(WEST_COAST, bare("SHIP", 1, event_id="x" * 97), bare("SHIP", 1, event_id="x" * 96))
    assert statuses(answers) == ["refused", "accepted"]
    two_lots.settle()
    assert check_ledger(two_lots) == 10


def test_a_sku_of_two_owners_is_refused_until_the_owner_is_named(two_lots: House) -> None:
    post_all(two_lots, a_lot(THIRD_LINE, 5, "2026-02-01", owner=RIVAL))
    ship = bare("SHIP", 6)
    (answer,) = two_lots.post(WEST_COAST, ship)
    assert (answer["code"], answer["field"], answer["owners"]) == ("OwnerAmbiguous", "owner", 2)
    (answer,) = two_lots.post(WEST_COAST, ship | {"owner": EXPORTER})
    assert taken(answer) == [(lot_of(OTHER_LINE), 5), (lot_of(LINE), 1)]


REFUSED: dict[str, tuple[str, int, dict[str, Any]]] = {
    "by another warehouse": ("LotLedgerNotAllowed", HANSA, {}),
    "from an unknown site": ("LotLedgerUnknownSite", WEST_COAST, {"site": 77}),
    "of nothing": ("LotLedgerWrongQuantity", WEST_COAST, {"quantity": 0}),
    "of no SKU": ("Malformed", WEST_COAST, {"goods": {}}),
    "with an owner and a line": ("Malformed", WEST_COAST, {"line": LINE, "owner": EXPORTER}),
    "of a kind that takes from elsewhere": ("Malformed", WEST_COAST, {"kind": "RECEIVE"}),
    "that only notes": ("Malformed", WEST_COAST, {"kind": "COUNT", "quantity": 0}),
    "dated tomorrow": ("EventTimeInFuture", WEST_COAST, {"event_time": "2026-06-02T12:00:00+00:00"}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_of_events_without_a_lot(two_lots: House, case: str) -> None:
    code, party, members = REFUSED[case]
    (answer,) = two_lots.post(party, bare("SHIP", 1) | members)
    assert (answer["status"], answer["code"]) == ("refused", code)


def test_a_stranger_learns_nothing_of_an_allocated_target(two_lots: House) -> None:
    ship = bare("SHIP", 7)
    two_lots.post(WEST_COAST, ship)
    (answer,) = two_lots.post(RIVAL, a_bare_sale(ship, 99, 1))
    assert (answer["code"], answer.get("available")) == ("LotLedgerNotAllowed", None)


def test_an_amended_sku_is_the_one_that_counts(two_lots: House) -> None:
    amend = an_event("AMEND", line=OTHER_LINE, goods={"sku": "LAMP-B"})
    two_lots.tell(amend)
    answers = two_lots.post(WEST_COAST, bare("SHIP", 1), bare("SHIP", 1, sku="LAMP-B"))
    assert [taken(answer) for answer in answers] == [[(lot_of(LINE), 1)], [(lot_of(OTHER_LINE), 1)]]


def test_what_waits_for_a_sku_moves_when_a_lot_is_amended_to_it(two_lots: House) -> None:
    ship = bare("SHIP", 1, sku="LAMP-B")
    assert statuses(two_lots.post(WEST_COAST, ship)) == ["held"]
    two_lots.tell(an_event("AMEND", line=OTHER_LINE, goods={"sku": "LAMP-B"}))
    assert statuses(two_lots.post(WEST_COAST, ship)) == ["duplicate"]
