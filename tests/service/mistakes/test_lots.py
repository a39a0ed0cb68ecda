"""The mistakes of a careless build that touch lots, kits and restocked pieces, under their numbers."""

from typing import Any

import pytest

from service.flow.kits import put_kit
from tests.service.check_ledger import check_ledger
from tests.service.flow.test_allocation import a_bare_sale, a_lot, bare, post_all, taken
from tests.service.flow.test_allocation_targets import monies
from tests.service.flow.test_kits import a_kit
from tests.service.house import NOW, House, statuses
from tests.service.market import (
    EXPORTER,
    LINE,
    LOS_ANGELES,
    OTHER_LINE,
    PLATFORM,
    USD,
    WEST_COAST,
    Event,
    an_admission,
    an_event,
    lot_of,
)
from verifier.kinds import Home, Site

OLD, NEW = lot_of(OTHER_LINE), lot_of(LINE)


@pytest.fixture
def warehouse(any_house: House) -> House:
    """One SKU in two lots: 5 pieces exported in March, 5 in April."""
    any_house.tell(an_admission())
    post_all(any_house, a_lot(LINE, 5, "2026-04-01"), a_lot(OTHER_LINE, 5, "2026-03-01"))
    return any_house


def ship_and_sell(house: House, pieces: int) -> tuple[Event, dict[str, Any]]:
    """The sale and its answer."""
    ship = bare("SHIP", pieces)
    sale = a_bare_sale(ship, pieces, 100 * pieces)
    assert statuses(house.post(WEST_COAST, ship)) == ["accepted"]
    (answer,) = house.post(PLATFORM, sale)
    assert answer["status"] == "accepted", answer
    return sale, answer


def lanes(house: House, lot: str, site: int) -> list[int]:
    with house.trails.trail() as trail:
        found = trail.find_lot(lot=int(lot, 16))
    assert found is not None
    return found.accounts.account(site)


def test_mistake_12_a_customer_return_is_not_counted_twice(warehouse: House) -> None:
    """Goods back cut pieces, the refund cuts money, each once: in the lots that the order left."""
    sale, _ = ship_and_sell(warehouse, 7)
    back = bare("RETURN_IN", 2, sku=None, target=sale)
    refund = bare("REFUND", sku=None, target=sale, money=USD | {"refund_minor": 200})
    assert statuses(warehouse.post(WEST_COAST, back)) + statuses(warehouse.post(PLATFORM, refund)) == ["accepted"] * 2
    assert [lanes(warehouse, lot, 0)[Home.SOLD] for lot in (OLD, NEW)] == [5, 0]
    (paid,) = warehouse.post(PLATFORM, refund)
    assert sum(money["refund_minor"] for money in monies(warehouse, PLATFORM, paid)) == 200


def test_mistake_13_restocked_pieces_resold_never_push_net_sold_above_what_was_declared(warehouse: House) -> None:
    """All ten pieces are sold, come back and are sold again, five times over: never more than ten are sold."""
    for _ in range(5):
        sale, _ = ship_and_sell(warehouse, 10)
        back = bare("RETURN_IN", 10, sku=None, target=sale)
        restock = [an_event("RELEASE", 5, line=line) for line in (LINE, OTHER_LINE)]
        assert statuses(warehouse.post(WEST_COAST, back, *restock)) == ["accepted"] * 3
    ship_and_sell(warehouse, 10)
    assert [lanes(warehouse, lot, 0)[Home.SOLD] for lot in (OLD, NEW)] == [5, 5]
    (answer,) = warehouse.post(WEST_COAST, bare("SHIP", 1))
    assert (answer["code"], answer["available"]) == ("LotLedgerInsufficient", 0)
    warehouse.settle()
    assert check_ledger(warehouse) == 9 + 5 * 8 + 4


def test_mistake_14_lots_re_guessed_each_run(warehouse: House) -> None:
    """An older lot that turns up later changes no decision: neither a repeat nor what rests on the first answer."""
    ship = bare("SHIP", 7)
    (first,) = warehouse.post(WEST_COAST, ship)
    post_all(warehouse, a_lot(f"{LINE[:-2]}03", 50, "2026-01-01"))
    warehouse.tell(an_event("AMEND", line=OTHER_LINE, goods={"sku": "RENAMED"}))
    (again,) = warehouse.post(WEST_COAST, ship)
    (sold,) = warehouse.post(PLATFORM, a_bare_sale(ship, 7, 700))
    assert again["parts"] == first["parts"]
    assert taken(sold) == taken(first) == [(OLD, 5), (NEW, 2)]


def test_mistake_14_a_return_goes_back_to_the_lot_it_left(warehouse: House) -> None:
    """Whatever the SKU is called by then, and though older stock of it lies on hand."""
    sale, sold = ship_and_sell(warehouse, 7)
    post_all(warehouse, a_lot(f"{LINE[:-2]}03", 50, "2026-01-01"))
    (back,) = warehouse.post(WEST_COAST, bare("RETURN_IN", 7, sku=None, target=sale))
    assert sorted(taken(back)) == sorted(taken(sold))


def test_mistake_17_a_duplicate_push_moves_nothing(warehouse: House) -> None:
    ship = bare("SHIP", 3)
    answers = [answer for _ in range(3) for answer in warehouse.post(WEST_COAST, ship, ship)]
    assert statuses(answers) == ["accepted"] + ["duplicate"] * 5
    assert lanes(warehouse, OLD, LOS_ANGELES)[Site.SHIPPED] == 3


def test_mistake_20_a_correction_cannot_make_stock_negative(warehouse: House) -> None:
    """The shipment cannot be taken back once it is sold; nor can more be taken back than is left."""
    ship = bare("SHIP", 7)
    warehouse.post(WEST_COAST, ship)
    warehouse.post(PLATFORM, a_bare_sale(ship, 5, 500))
    (too_much,) = warehouse.post(WEST_COAST, bare("SHIP_REVERSAL", 3, sku=None, target=ship))
    (rest,) = warehouse.post(WEST_COAST, bare("SHIP_REVERSAL", 2, sku=None, target=ship))
    assert (too_much["code"], too_much["available"], taken(rest)) == ("TargetExceeded", 2, [(NEW, 2)])


def test_mistake_22_giveaways_and_replacements_are_no_sales(warehouse: House) -> None:
    """They leave the lots first in, first out like any piece, and are in GIVEN or SHIPPED, never in SOLD."""
    give = bare("GIVE", 6)
    replacement = bare("SHIP", 1) | {"logistics": {"ship_purpose": "replacement"}}
    assert statuses(warehouse.post(WEST_COAST, give, replacement)) == ["accepted"] * 2
    assert [lanes(warehouse, lot, LOS_ANGELES)[Site.GIVEN] for lot in (OLD, NEW)] == [5, 1]
    assert [lanes(warehouse, lot, 0)[Home.SOLD] for lot in (OLD, NEW)] == [0, 0]
    (answer,) = warehouse.post(PLATFORM, a_bare_sale(give, 6, 600))
    assert (answer["status"], answer["code"]) == ("refused", "TargetMismatch")


def test_mistake_27_any_operator_ships_for_any_warehouse(warehouse: House) -> None:
    (answer,) = warehouse.post(EXPORTER, bare("SHIP", 1))
    assert (answer["status"], answer["code"]) == ("refused", "LotLedgerNotAllowed")


@pytest.mark.parametrize("gross_minor", [1, 2, 3, 100, 999, 1000, 2**53 - 1])
def test_an_order_over_several_lots_ties_out_to_the_minor_unit(warehouse: House, gross_minor: int) -> None:
    """Each SALE carries the gross of the order and its share; the shares sum to it; refunds are split alike."""
    ship = bare("SHIP", 7)
    sale = a_bare_sale(ship, 7, gross_minor)
    warehouse.post(WEST_COAST, ship)
    (sold,) = warehouse.post(PLATFORM, sale)
    shares = [money["gross_minor"] for money in monies(warehouse, PLATFORM, sold)]
    assert sum(shares) == gross_minor
    assert {money["order_gross_minor"] for money in monies(warehouse, PLATFORM, sold)} == {gross_minor}
    (paid,) = warehouse.post(PLATFORM, bare("REFUND", sku=None, target=sale, money=USD | {"refund_minor": gross_minor}))
    back = {
        part["lot"]: money["refund_minor"]
        for part, money in zip(paid["parts"], monies(warehouse, PLATFORM, paid), strict=True)
    }
    assert back == {lot: share for (lot, _), share in zip(taken(sold), shares, strict=True) if share}


def test_a_kit_of_a_kit_sale_is_unkitted_into_the_same_lots(warehouse: House) -> None:
    put_kit(warehouse.runtime.captures, a_kit(("LAMP", 2)), NOW)
    ship = bare("SHIP", 4, sku="SET")
    sale = a_bare_sale(ship, 4, 400)
    warehouse.post(WEST_COAST, ship)
    (sold,) = warehouse.post(PLATFORM, sale)
    (back,) = warehouse.post(WEST_COAST, bare("RETURN_IN", 4, sku=None, target=sale))
    assert sorted(taken(back)) == sorted(taken(sold)) == sorted([(OLD, 5), (NEW, 3)])
