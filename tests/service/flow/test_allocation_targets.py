"""What rests on an allocated event is split over its parts: pieces back to the lots they left, money to the cent."""

from typing import Any

import pytest

from service.core.events import event_key
from tests.service.check_ledger import check_ledger
from tests.service.flow.test_allocation import a_bare_sale, a_lot, bare, post_all, taken
from tests.service.house import House, statuses
from tests.service.market import (
    HAMBURG,
    HANSA,
    LINE,
    OTHER_LINE,
    PLATFORM,
    USD,
    WEST_COAST,
    Event,
    an_admission,
    an_event,
    lot_of,
)
from verifier.event import GROUPS, parse_disclosure

OLD, NEW = lot_of(OTHER_LINE), lot_of(LINE)


@pytest.fixture
def sold(any_house: House) -> tuple[House, Event]:
    """7 pieces shipped and sold for 10.01: 5 of the old lot (FOB 2.00 each), 2 of the new one (FOB 5.00 each)."""
    any_house.tell(an_admission())
    post_all(any_house, a_lot(LINE, 5, "2026-04-01", fob_minor=2500), a_lot(OTHER_LINE, 5, "2026-03-01"))
    ship = bare("SHIP", 7)
    sale = a_bare_sale(ship, 7, 1001)
    assert statuses(any_house.post(WEST_COAST, ship)) + statuses(any_house.post(PLATFORM, sale)) == ["accepted"] * 2
    return any_house, sale


def monies(house: House, party: int, answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The money groups of the parts, as they are sealed."""
    found = []
    with house.trails.trail() as trail:
        for part in answer["parts"]:
            event = trail.find_event(event_key(party, part["event_id"]))
            assert event is not None
            assert event.disclosures is not None
            disclosure = event.disclosures.decode().split("~")[GROUPS.index("money")]
            found.append(parse_disclosure(disclosure)[1])
    return found


def a_bare_refund(sale: Event, refund_minor: int) -> Event:
    return bare("REFUND", sku=None, target=sale, money=USD | {"refund_minor": refund_minor})


def test_a_sale_is_split_by_declared_value_and_each_part_keeps_the_gross_of_the_order(
    sold: tuple[House, Event],
) -> None:
    house, sale = sold
    (again,) = house.post(PLATFORM, sale)
    shares = monies(house, PLATFORM, again)
    assert [money["gross_minor"] for money in shares] == [501, 500]  # 10.00 to 10.00 of FOB; the odd cent to the first
    assert [money["order_gross_minor"] for money in shares] == [1001, 1001]


def test_a_return_goes_back_to_the_lots_it_left_the_newest_first(sold: tuple[House, Event]) -> None:
    house, sale = sold
    answers = house.post(WEST_COAST, *(bare("RETURN_IN", pieces, sku=None, target=sale) for pieces in (1, 3, 3, 1)))
    assert statuses(answers) == ["accepted"] * 3 + ["refused"]
    assert [taken(answer) for answer in answers[:3]] == [[(NEW, 1)], [(NEW, 1), (OLD, 2)], [(OLD, 3)]]
    assert (answers[3]["code"], answers[3]["available"], answers[3]["asked"]) == ("TargetExceeded", 0, 1)
    house.settle()
    assert check_ledger(house) == 17


def test_a_refund_is_split_as_the_sale_was_and_sums_to_the_minor_unit(sold: tuple[House, Event]) -> None:
    house, sale = sold
    (answer,) = house.post(PLATFORM, a_bare_refund(sale, 333))
    assert [money["refund_minor"] for money in monies(house, PLATFORM, answer)] == [167, 166]


def test_refunds_never_pass_what_a_part_has_left(sold: tuple[House, Event]) -> None:
    house, sale = sold
    answers = house.post(PLATFORM, *(a_bare_refund(sale, 1) for _ in range(500)), a_bare_refund(sale, 501))
    assert set(statuses(answers)) == {"accepted"}
    assert monies(house, PLATFORM, answers[0]) == [USD | {"refund_minor": 1}]
    (answer,) = house.post(PLATFORM, a_bare_refund(sale, 1))
    assert (answer["code"], answer["available"], answer["asked"]) == ("TargetExceeded", 0, 1)


def test_a_refund_of_one_lot_may_name_it(sold: tuple[House, Event]) -> None:
    house, sale = sold
    refund = a_bare_refund(sale, 500) | {"lot": NEW}
    assert statuses(house.post(PLATFORM, refund, refund)) == ["accepted", "duplicate"]
    (answer,) = house.post(PLATFORM, a_bare_refund(sale, 501))
    assert [money["refund_minor"] for money in monies(house, PLATFORM, answer)] == [501]


def test_a_refund_in_another_currency_is_refused(sold: tuple[House, Event]) -> None:
    house, sale = sold
    refund = bare("REFUND", sku=None, target=sale, money={"currency": "CAD", "refund_minor": 10})
    (answer,) = house.post(PLATFORM, refund)
    assert (answer["status"], answer["code"], answer["field"]) == ("refused", "TargetMismatch", "money.currency")


def test_a_later_price_change_is_split_with_its_sign(sold: tuple[House, Event]) -> None:
    house, sale = sold
    adjust = bare("ADJUST", sku=None, target=sale, money=USD | {"adjust_minor": -101})
    (answer,) = house.post(PLATFORM, adjust)
    assert [money["adjust_minor"] for money in monies(house, PLATFORM, answer)] == [-51, -50]


def test_a_reversed_refund_can_be_paid_again(sold: tuple[House, Event]) -> None:
    house, sale = sold
    refund = a_bare_refund(sale, 1001)
    reversal = bare("REFUND_REVERSAL", sku=None, target=refund, money=USD | {"refund_minor": 1001})
    again = a_bare_refund(sale, 1001)
    assert statuses(house.post(PLATFORM, refund, reversal, again)) == ["accepted"] * 3
    house.settle()
    assert check_ledger(house) == 19


def test_a_reversed_sale_takes_back_just_what_each_part_had(sold: tuple[House, Event]) -> None:
    house, sale = sold
    reversal = bare("SALE_REVERSAL", 7, sku=None, target=sale, money=USD | {"gross_minor": 1001})
    (answer,) = house.post(PLATFORM, reversal)
    assert taken(answer) == [(NEW, 2), (OLD, 5)]
    assert [money["gross_minor"] for money in monies(house, PLATFORM, answer)] == [500, 501]
    again = sale | {"event_id": "AGAIN"}
    assert statuses(house.post(PLATFORM, again)) == ["accepted"]


def test_a_sale_in_pieces_takes_from_the_first_part_on(any_house: House) -> None:
    any_house.tell(an_admission())
    post_all(any_house, a_lot(LINE, 5, "2026-04-01"), a_lot(OTHER_LINE, 5, "2026-03-01"))
    ship = bare("SHIP", 7)
    any_house.post(WEST_COAST, ship)
    answers = any_house.post(PLATFORM, *(a_bare_sale(ship, pieces, 100) for pieces in (3, 3, 2, 1)))
    assert statuses(answers) == ["accepted", "accepted", "refused", "accepted"]
    assert [taken(answers[i]) for i in (0, 1, 3)] == [[(OLD, 3)], [(OLD, 2), (NEW, 1)], [(NEW, 1)]]


@pytest.mark.parametrize("kind", ["SHIP_VOID", "UNDELIVERED", "LOST_IN_DELIVERY", "SHIP_REVERSAL"])
def test_what_did_not_arrive_is_split_the_newest_part_first(any_house: House, kind: str) -> None:
    post_all(any_house, a_lot(LINE, 5, "2026-04-01"), a_lot(OTHER_LINE, 5, "2026-03-01"))
    ship = bare("SHIP", 7)
    any_house.post(WEST_COAST, ship)
    (answer,) = any_house.post(WEST_COAST, bare(kind, 3, sku=None, target=ship))
    assert taken(answer) == [(NEW, 2), (OLD, 1)]
    any_house.settle()
    assert check_ledger(any_house) == 12


def test_a_reversal_passes_by_a_part_whose_pieces_have_moved_on(any_house: House) -> None:
    post_all(any_house, a_lot(LINE, 5, "2026-04-01"), a_lot(OTHER_LINE, 5, "2026-03-01"))
    hold = bare("HOLD", 7)
    any_house.post(WEST_COAST, hold, an_event("DESTROY", 2, line=LINE))
    (answer,) = any_house.post(WEST_COAST, bare("HOLD_REVERSAL", 2, sku=None, target=hold))
    assert taken(answer) == [(OLD, 2)]


REFUSED: dict[str, tuple[str, int, dict[str, Any]]] = {
    "a target of another kind": ("TargetMismatch", WEST_COAST, {"kind": "SHIP_VOID"}),
    "a site that is not the target's": ("TargetMismatch", PLATFORM, {"kind": "REFUND", "quantity": 0, "site": 2}),
    "a SKU that was not sold": ("TargetMismatch", WEST_COAST, {"goods": {"sku": "CHAIR"}}),
    "a note of a SKU that was not sold": (
        "TargetMismatch", PLATFORM, {"kind": "REFUND", "quantity": 0, "goods": {"sku": "CHAIR"}},
    ),
    "nothing": ("LotLedgerWrongQuantity", WEST_COAST, {"quantity": 0}),
    "a note with pieces": ("LotLedgerWrongQuantity", PLATFORM, {"kind": "REFUND", "quantity": 2}),
    "an owner beside the target": ("Malformed", WEST_COAST, {"owner": 7}),
    "one who may not sign": ("LotLedgerNotAllowed", PLATFORM, {}),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_of_events_on_an_allocated_one(sold: tuple[House, Event], case: str) -> None:
    house, sale = sold
    code, party, members = REFUSED[case]
    (answer,) = house.post(party, bare("RETURN_IN", 1, sku=None, target=sale) | members)
    assert (answer["status"], answer["code"]) == ("refused", code)
    house.settle()
    assert check_ledger(house) == 13


def test_a_return_may_arrive_at_another_warehouse(sold: tuple[House, Event]) -> None:
    house, sale = sold
    (answer,) = house.post(HANSA, bare("RETURN_IN", 3, sku=None, target=sale, site=HAMBURG))
    assert taken(answer) == [(NEW, 2), (OLD, 1)]
