"""What the ledger asks of targets, money and time, beyond what the contract can know."""

from typing import Any

import pytest

from service.core.errors import RefusedError, WaitingError
from tests.service.core.shop import Shop
from tests.service.market import (
    HAMBURG,
    LOS_ANGELES,
    OTHER_LINE,
    PLATFORM,
    RIVAL,
    USD,
    WEST_COAST,
    Event,
    a_declare,
    a_refund,
    a_sale,
    an_event,
    an_opening,
    sender_of,
)
from verifier.kinds import Home, Site


@pytest.fixture
def shop() -> Shop:
    """1,000 pieces on hand in Los Angeles."""
    opened = Shop()
    opened.tell(*an_opening())
    return opened


@pytest.fixture
def ship(shop: Shop) -> Event:
    """Ten pieces shipped."""
    event = an_event("SHIP", 10)
    shop.tell(event)
    return event


@pytest.fixture
def sale(shop: Shop, ship: Event) -> Event:
    """Eight of them sold for 100.00 USD."""
    event = a_sale(ship, 8, 100_00)
    shop.tell(event)
    return event


def refusal_of(shop: Shop, event: Event, party: int | None = None) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        shop.post(sender_of(event) if party is None else party, event)
    return caught.value


# -- targets


def test_a_sale_without_a_target_is_refused(shop: Shop) -> None:
    assert refusal_of(shop, an_event("SALE", 1)).code == "TargetMissing"


def test_a_kind_that_names_none_may_not_name_a_target(shop: Shop, ship: Event) -> None:
    assert refusal_of(shop, an_event("SHIP", 1, target=ship)).code == "TargetNotAllowed"


def test_a_target_of_a_kind_that_does_not_fit_is_refused(shop: Shop) -> None:
    hold = an_event("HOLD", 5)
    shop.tell(hold)
    assert refusal_of(shop, an_event("SALE", 1, target=hold)).code == "TargetMismatch"


def test_a_target_in_another_lot_is_refused(shop: Shop, ship: Event) -> None:
    shop.tell(*an_opening(5, line=OTHER_LINE), an_event("SHIP", 5, line=OTHER_LINE))
    assert refusal_of(shop, an_event("SALE", 1, target=ship, line=OTHER_LINE)).code == "TargetMismatch"


def test_a_target_at_another_site_is_refused(shop: Shop, ship: Event) -> None:
    shop.tell(an_event("TRANSFER_OUT", 9), an_event("ASN", 9, site=HAMBURG), an_event("RECEIVE", 9, site=HAMBURG))
    shop.tell(an_event("SHIP", 9, site=HAMBURG))
    assert refusal_of(shop, a_sale(ship, site=HAMBURG)).code == "TargetMismatch"


def test_goods_given_at_one_site_are_not_given_back_at_another(shop: Shop) -> None:
    give = an_event("GIVE", 2)
    elsewhere = [an_event(kind, 9, site=HAMBURG) for kind in ("ASN", "RECEIVE", "GIVE")]
    shop.tell(give, an_event("TRANSFER_OUT", 9), *elsewhere)
    assert refusal_of(shop, an_event("GIVEN_BACK", 1, target=give, site=HAMBURG)).code == "TargetMismatch"


def test_a_return_may_arrive_at_another_site_than_it_was_shipped_from(shop: Shop, sale: Event) -> None:
    shop.tell(an_event("RETURN_IN", 2, target=sale, site=HAMBURG))
    assert shop.lanes(site=HAMBURG)[Site.HELD] == 2


def test_more_than_a_target_has_left_is_refused(shop: Shop, ship: Event) -> None:
    shop.tell(an_event("SHIP", 10), a_sale(ship, 7))
    refusal = refusal_of(shop, a_sale(ship, 4))
    assert (refusal.code, refusal.numbers) == ("TargetExceeded", {"available": 3, "asked": 4})


def test_two_kinds_draw_on_the_same_target(shop: Shop, ship: Event) -> None:
    shop.tell(an_event("SHIP", 10), a_sale(ship, 7), an_event("UNDELIVERED", 2, target=ship))
    assert refusal_of(shop, an_event("SHIP_VOID", 2, target=ship)).code == "TargetExceeded"


def test_a_note_is_reversed_once(shop: Shop) -> None:
    note = an_event("COUNT")
    shop.tell(note, an_event("COUNT_REVERSAL", target=note))
    assert refusal_of(shop, an_event("COUNT_REVERSAL", target=note)).code == "TargetExceeded"


def test_only_who_may_sign_a_kind_may_reverse_it(shop: Shop, sale: Event) -> None:
    reversal = an_event("SALE_REVERSAL", 1, target=sale)
    assert refusal_of(shop, reversal, WEST_COAST).code == "LotLedgerNotAllowed"


def test_the_same_id_of_two_senders_is_two_events(shop: Shop, ship: Event) -> None:
    shop.tell(a_sale(ship, 1, event_id=ship["event_id"]))
    assert shop.lanes()[Home.SOLD] == 1


# -- reversals


def test_a_reversal_puts_the_pieces_back(shop: Shop, ship: Event) -> None:
    shop.tell(an_event("SHIP_REVERSAL", 4, target=ship))
    assert (shop.lanes(site=LOS_ANGELES)[Site.ON_HAND], shop.lanes(site=LOS_ANGELES)[Site.SHIPPED]) == (994, 6)


def test_a_reversed_sale_gives_its_pieces_back_to_the_shipment(shop: Shop, ship: Event, sale: Event) -> None:
    shop.tell(an_event("SALE_REVERSAL", 8, target=sale))
    assert shop.tell(a_sale(ship, 10)).quantity == 10


def test_a_reversed_return_gives_its_pieces_back_to_the_sale(shop: Shop, sale: Event) -> None:
    back = an_event("RETURN_IN", 8, target=sale)
    shop.tell(back, an_event("RETURN_IN_REVERSAL", 8, target=back))
    assert shop.tell(an_event("RETURN_IN", 8, target=sale)).quantity == 8


def test_a_reversed_refund_gives_its_money_back_to_the_sale(shop: Shop, sale: Event) -> None:
    refund = a_refund(sale, 100_00)
    shop.tell(refund, an_event("REFUND_REVERSAL", target=refund))
    assert shop.tell(a_refund(sale, 100_00)).amount == 100_00


def test_a_declaration_is_reversed_whole_or_not_at_all() -> None:
    shop, declared = Shop(), a_declare(10)
    shop.tell(declared)
    assert refusal_of(shop, an_event("DECLARE_REVERSAL", 9, target=declared, site=7)).code == "LotLedgerInsufficient"
    shop.tell(an_event("DECLARE_REVERSAL", 10, target=declared, site=7))
    assert shop.lanes() == [0] * 8


# -- money


def test_refunds_stay_within_their_sale(shop: Shop, sale: Event) -> None:
    shop.tell(a_refund(sale, 60_00))
    refusal = refusal_of(shop, a_refund(sale, 40_01))
    assert (refusal.code, refusal.numbers) == ("TargetExceeded", {"available": 40_00, "asked": 40_01})
    shop.tell(a_refund(sale, 40_00))


def test_a_refund_in_another_currency_is_refused(shop: Shop, sale: Event) -> None:
    refund = a_refund(sale, 1, money={"currency": "EUR", "refund_minor": 1})
    assert refusal_of(shop, refund).code == "TargetMismatch"


@pytest.mark.parametrize("member", ["gross_minor", "refund_minor", "fee_minor", "received_minor", "tax_minor"])
def test_an_amount_that_is_never_negative_is_refused_below_zero(shop: Shop, sale: Event, member: str) -> None:
    refund = a_refund(sale, 1, money=USD | {member: -1})
    refusal = refusal_of(shop, refund)
    assert (refusal.code, refusal.field) == ("Malformed", f"money.{member}")


def test_a_negative_refund_cannot_raise_what_a_sale_has_left(shop: Shop, sale: Event) -> None:
    refusal_of(shop, a_refund(sale, -50_00))
    assert refusal_of(shop, a_refund(sale, 100_01)).code == "TargetExceeded"


# -- time


def test_a_sale_before_its_shipment_is_refused(shop: Shop, ship: Event) -> None:
    early = a_sale(ship, 1, event_time="2026-05-02T09:29:59-07:00")
    assert refusal_of(shop, early).code == "SaleBeforeShip"


def test_times_are_compared_across_zones(shop: Shop, ship: Event) -> None:
    assert shop.tell(a_sale(ship, 1, event_time="2026-05-03T00:30:00+08:00")).quantity == 1


# -- what waits instead


def test_a_lot_that_is_not_declared_is_waited_for() -> None:
    with pytest.raises(WaitingError, match="not declared"):
        Shop().post(WEST_COAST, an_event("RECEIVE", 1))


def test_a_target_that_has_not_come_is_waited_for(shop: Shop) -> None:
    with pytest.raises(WaitingError, match="target"):
        shop.post(PLATFORM, a_sale(an_event("SHIP", 1)))


_STOCK: dict[str, tuple[Any, Event]] = {
    "shipped before it was received": (("DECLARE", "DEPART", "ASN"), an_event("SHIP", 5)),
    "announced before it departed": (("DECLARE",), an_event("ASN", 5)),
    "received before it was announced": (("DECLARE", "DEPART"), an_event("RECEIVE", 5)),
    "sold at export before it departed": (("DECLARE",), an_event("SALE_AT_EXPORT", 5)),
}


@pytest.mark.parametrize("case", _STOCK)
def test_stock_that_may_still_come_is_waited_for(case: str) -> None:
    before, event = _STOCK[case]
    shop = Shop()
    shop.tell(*[step for step in an_opening(10) if step["kind"] in before])
    with pytest.raises(WaitingError) as caught:
        shop.post(sender_of(event), event)
    assert caught.value.code == "StockNotYetThere"


def test_stock_that_cannot_come_any_more_is_refused(shop: Shop) -> None:
    assert refusal_of(shop, an_event("SHIP", 1001)).code == "LotLedgerInsufficient"


def test_nobody_waits_for_what_he_may_not_sign(shop: Shop) -> None:
    assert refusal_of(shop, an_event("RECEIVE", 1, site=HAMBURG), RIVAL).code == "LotLedgerNotAllowed"
