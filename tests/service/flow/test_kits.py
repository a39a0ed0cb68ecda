"""Kits: a bundle leaves as its components, first in, first out each, and comes back to the lots that they left."""

import pytest

from service.core.allocation import Kit
from service.core.errors import RefusedError
from service.flow.kits import put_kit
from tests.service.check_ledger import check_ledger
from tests.service.flow.test_allocation import THIRD_LINE, a_bare_sale, a_lot, bare, post_all, taken
from tests.service.flow.test_allocation_targets import monies
from tests.service.house import NOW, House, statuses
from tests.service.market import (
    EXPORTER,
    LINE,
    OTHER_LINE,
    PLATFORM,
    RIVAL,
    USD,
    WEST_COAST,
    an_admission,
    an_event,
    lot_of,
)

OLD, NEW, BULBS = lot_of(OTHER_LINE), lot_of(LINE), lot_of(THIRD_LINE)
MAY = 1_777_600_000
"""2026-05-01, the day before the usual event time."""


def a_kit(*components: tuple[str, int], sku: str = "SET", valid_from: int = 0, owner: int = EXPORTER) -> Kit:
    return Kit(owner, sku, valid_from, components or (("LAMP", 2), ("BULB", 3)))


@pytest.fixture
def shop(any_house: House) -> House:
    """Lamps: 5 of an old lot, 5 of a new one; 30 bulbs. A set is 2 lamps and 3 bulbs."""
    any_house.tell(an_admission())
    post_all(
        any_house,
        a_lot(LINE, 5, "2026-04-01", fob_minor=2500),
        a_lot(OTHER_LINE, 5, "2026-03-01", fob_minor=1000),
        a_lot(THIRD_LINE, 30, "2026-03-01", sku="BULB", fob_minor=3000),
    )
    assert put_kit(any_house.runtime.captures, a_kit(), NOW)
    return any_house


def test_a_kit_leaves_as_its_components(shop: House) -> None:
    (answer,) = shop.post(WEST_COAST, bare("SHIP", 3, sku="SET"))
    assert taken(answer) == [(OLD, 5), (NEW, 1), (BULBS, 9)]
    shop.settle()
    assert check_ledger(shop) == 16


def test_a_kit_comes_back_to_the_lots_that_its_components_left(shop: House) -> None:
    ship = bare("SHIP", 3, sku="SET")
    sale = a_bare_sale(ship, 3, 900)
    shop.post(WEST_COAST, ship)
    (sold,) = shop.post(PLATFORM, sale)
    assert taken(sold) == [(OLD, 5), (NEW, 1), (BULBS, 9)]
    (back,) = shop.post(WEST_COAST, bare("RETURN_IN", 1, sku=None, target=sale))
    assert taken(back) == [(NEW, 1), (OLD, 1), (BULBS, 3)]
    (rest,) = shop.post(WEST_COAST, bare("RETURN_IN", 2, sku="SET", target=sale))
    assert taken(rest) == [(OLD, 4), (BULBS, 6)]
    shop.settle()
    assert check_ledger(shop) == 24


def test_a_single_component_can_come_back(shop: House) -> None:
    ship = bare("SHIP", 3, sku="SET")
    sale = a_bare_sale(ship, 3, 900)
    shop.post(WEST_COAST, ship)
    shop.post(PLATFORM, sale)
    answers = shop.post(
        WEST_COAST, bare("RETURN_IN", 4, sku="BULB", target=sale), bare("RETURN_IN", 2, sku=None, target=sale)
    )
    assert taken(answers[0]) == [(BULBS, 4)]
    assert (answers[1]["code"], answers[1]["sku"], answers[1]["available"]) == ("TargetExceeded", "BULB", 5)


def test_the_money_of_a_kit_is_split_by_the_declared_value_of_its_components(shop: House) -> None:
    ship = bare("SHIP", 3, sku="SET")
    sale = a_bare_sale(ship, 3, 1000)  # FOB: 5 × 2.00, 1 × 5.00, 9 × 1.00
    shop.post(WEST_COAST, ship)
    (sold,) = shop.post(PLATFORM, sale)
    assert [money["gross_minor"] for money in monies(shop, PLATFORM, sold)] == [417, 208, 375]
    refund = bare("REFUND", sku=None, target=sale, money=USD | {"refund_minor": 100})
    (paid,) = shop.post(PLATFORM, refund)
    assert [money["refund_minor"] for money in monies(shop, PLATFORM, paid)] == [42, 21, 37]


def test_a_kit_waits_for_each_of_its_components(any_house: House) -> None:
    put_kit(any_house.runtime.captures, a_kit(), NOW)
    ship = bare("SHIP", 1, sku="SET")
    assert any_house.post(WEST_COAST, ship)[0]["code"] == "SkuUnknown"
    post_all(any_house, a_lot(LINE, 5, "2026-04-01"))
    assert any_house.counts()["held"] == 1
    post_all(any_house, a_lot(THIRD_LINE, 30, "2026-03-01", sku="BULB", received=1))
    assert any_house.counts()["held"] == 1
    any_house.tell(an_event("RECEIVE", 29, line=THIRD_LINE))
    (answer,) = any_house.post(WEST_COAST, ship)
    assert (answer["status"], taken(answer)) == ("duplicate", [(NEW, 2), (BULBS, 3)])
    assert any_house.counts()["held"] == 0


def test_a_shipment_that_came_before_its_kit_is_applied_when_the_kit_is_registered(shop: House) -> None:
    ship = bare("SHIP", 1, sku="PAIR")
    assert statuses(shop.post(WEST_COAST, ship)) == ["held"]
    assert put_kit(shop.runtime.captures, a_kit(("LAMP", 2), sku="PAIR"), NOW)
    (answer,) = shop.post(WEST_COAST, ship)
    assert (answer["status"], taken(answer)) == ("duplicate", [(OLD, 2)])


def test_a_kit_is_whole_or_not_at_all(shop: House) -> None:
    (answer,) = shop.post(WEST_COAST, bare("SHIP", 6, sku="SET"))
    expected = {"status": "refused", "sku": "LAMP", "available": 10, "asked": 12}
    assert answer | expected == answer
    shop.settle()
    assert check_ledger(shop) == 13


def test_the_version_in_force_at_the_event_time_counts(shop: House) -> None:
    new = a_kit(("LAMP", 1), valid_from=int(NOW.timestamp()))
    assert put_kit(shop.runtime.captures, new, NOW)
    late = bare("SHIP", 1, sku="SET") | {"event_time": "2026-06-01T12:00:00+00:00"}
    early, late = shop.post(WEST_COAST, bare("SHIP", 1, sku="SET"), late)
    assert [taken(answer) for answer in (early, late)] == [[(OLD, 2), (BULBS, 3)], [(OLD, 1)]]


def test_a_sale_of_a_kit_counts_by_the_version_that_was_shipped(shop: House) -> None:
    ship = bare("SHIP", 2, sku="SET")
    shop.post(WEST_COAST, ship)
    put_kit(shop.runtime.captures, a_kit(("LAMP", 1), valid_from=int(NOW.timestamp())), NOW)
    sale = a_bare_sale(ship, 2, 500) | {"event_time": "2026-06-01T12:00:00+00:00"}
    (answer,) = shop.post(PLATFORM, sale)
    assert taken(answer) == [(OLD, 4), (BULBS, 6)]


def test_registering_the_same_version_again_changes_nothing(shop: House) -> None:
    assert not put_kit(shop.runtime.captures, a_kit(), NOW)


REFUSED = {
    "the same version with another content": ("KitVersionTaken", a_kit(("LAMP", 9))),
    "a version that would begin in the past": ("KitVersionTaken", a_kit(("LAMP", 9), valid_from=MAY)),
    "a kit in a kit": ("KitInKit", a_kit(("SET", 2), sku="BIG SET")),
    "a name that a lot was declared with": ("KitSkuDeclared", a_kit(("BULB", 2), sku="LAMP")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_of_kits(shop: House, case: str) -> None:
    code, kit = REFUSED[case]
    with pytest.raises(RefusedError) as refused:
        put_kit(shop.runtime.captures, kit, NOW)
    assert refused.value.code == code


def test_a_kit_of_another_exporter_does_not_count_where_it_keeps_no_goods(shop: House) -> None:
    put_kit(shop.runtime.captures, a_kit(("CHAIR", 1), owner=RIVAL), NOW)
    (answer,) = shop.post(WEST_COAST, bare("SHIP", 1, sku="SET"))
    assert taken(answer) == [(OLD, 2), (BULBS, 3)]


def test_a_name_that_is_a_kit_and_a_declared_sku_is_refused(shop: House) -> None:
    post_all(shop, a_lot(f"{LINE[:-2]}04", 5, "2026-03-01", sku="SET"))
    (answer,) = shop.post(WEST_COAST, bare("SHIP", 1, sku="SET"))
    assert (answer["status"], answer["code"]) == ("refused", "SkuAmbiguous")
