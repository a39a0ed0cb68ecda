"""Events that come too early wait, and are applied when their gap closes."""

from datetime import timedelta
from itertools import permutations

import pytest

from service.core.events import event_key
from service.flow.held import HOLD_SECONDS
from tests.service.check_ledger import check_ledger
from tests.service.house import NOW, House, statuses
from tests.service.market import (
    EXPORTER,
    GATEWAY,
    LINE,
    LOS_ANGELES,
    PLATFORM,
    WEST_COAST,
    Event,
    a_declare,
    a_refund,
    a_sale,
    an_admission,
    an_event,
    an_opening,
    lot_of,
    sender_of,
)


def lanes_of(house: House, site: int = LOS_ANGELES) -> list[int]:
    with house.trails.trail() as trail:
        lot = trail.find_lot(lot=int(lot_of(LINE), 16))
    assert lot is not None
    return lot.accounts.account(site)


def ended_code(house: House, party: int, event: Event) -> str | None:
    with house.trails.trail() as trail:
        held = trail.find_held(event_key(party, event["event_id"]), int(NOW.timestamp()))
    assert held is not None
    code: str | None = held["ended_code"]
    return code


def a_whole_life() -> list[Event]:
    """From declaration to refund: each event rests on the one before."""
    ship = an_event("SHIP", 4)
    sale = a_sale(ship)
    return [*an_opening(10), ship, sale, a_refund(sale, 10)]


def test_a_life_told_backwards_is_held_until_it_is_declared(any_house: House) -> None:
    any_house.tell(an_admission())
    *later, first = reversed(a_whole_life())
    for event in later:
        assert statuses(any_house.post(sender_of(event), event)) == ["held"]
    assert any_house.counts()["accepted"] == 1
    any_house.tell(first)
    assert any_house.counts() | {"accepted": 8, "held": 0} == any_house.counts()
    any_house.settle()
    assert check_ledger(any_house) == 8


@pytest.mark.parametrize("order", list(permutations(range(4)))[1::5])
def test_the_order_of_arrival_does_not_matter(house: House, order: tuple[int, ...]) -> None:
    events = an_opening(10)
    for i in order:
        house.post(sender_of(events[i]), events[i])
    assert lanes_of(house) == [0, 10, 0, 0, 0, 0, 0, 0]


def test_events_of_one_request_may_come_in_any_order(any_house: House) -> None:
    any_house.tell(*an_opening(10)[:3])
    ship, receive = an_event("SHIP", 10), an_event("RECEIVE", 10)
    assert statuses(any_house.post(WEST_COAST, ship, receive)) == ["held", "accepted"]
    assert lanes_of(any_house)[3] == 10


def test_what_a_held_event_brings_can_be_used_in_the_same_request(any_house: House) -> None:
    declare, depart, asn, _ = an_opening(10)
    any_house.tell(declare, depart)
    damaged = an_event("RECEIVE_DAMAGED", 2)
    assert statuses(any_house.post(WEST_COAST, damaged)) == ["held"]
    any_house.post(EXPORTER, asn)
    assert statuses(any_house.post(WEST_COAST, an_event("DESTROY", 2))) == ["accepted"]


def test_what_a_held_event_brings_can_be_used_at_once(any_house: House) -> None:
    declare, depart, _, _ = an_opening(10)
    any_house.tell(declare)
    sale = an_event("SALE_AT_EXPORT", 10, money={"currency": "USD", "gross_minor": 500})
    assert statuses(any_house.post(EXPORTER, sale)) == ["held"]
    back = an_event("RETURN_IN", 1, target=sale)
    assert statuses(any_house.post(WEST_COAST, back)) == ["held"]
    any_house.tell(depart)
    assert lanes_of(any_house)[2] == 1
    assert statuses(any_house.post(WEST_COAST, an_event("RELEASE", 1), an_event("SHIP", 1))) == ["accepted"] * 2


def test_one_request_can_use_what_waited_for_its_first_event(any_house: House) -> None:
    """The receipt waits for its notice; the notice comes with an event that takes what the receipt brings."""
    declare, depart, asn, _ = an_opening(10)
    any_house.tell(declare, depart)
    any_house.post(WEST_COAST, an_event("RECEIVE", 9))
    void, too_much = an_event("ASN_VOID", 1), an_event("ASN_VOID", 1)
    assert statuses(any_house.post(EXPORTER, asn, void, too_much)) == ["accepted", "accepted", "refused"]
    assert lanes_of(any_house)[:2] == [0, 9]


def test_a_held_event_may_be_posted_again(any_house: House) -> None:
    ship = an_event("SHIP", 1)
    first, second = (any_house.post(WEST_COAST, ship)[0] for _ in range(2))
    assert statuses([first, second]) == ["held", "held"]
    assert first["expires_at"] == second["expires_at"]
    assert any_house.counts()["held"] == 1


def test_a_held_id_with_another_payload_is_refused(any_house: House) -> None:
    ship = an_event("SHIP", 1)
    any_house.post(WEST_COAST, ship)
    (answer,) = any_house.post(WEST_COAST, ship | {"quantity": 2})
    assert answer["code"] == "EventIdTaken"


def test_an_event_that_was_applied_late_is_a_duplicate(any_house: House) -> None:
    receive = an_opening(10)[3]
    any_house.post(WEST_COAST, receive)
    any_house.tell(*an_opening(10)[:3])
    assert statuses(any_house.post(WEST_COAST, receive)) == ["duplicate"]


def test_a_held_event_that_breaks_a_rule_in_the_end_is_refused_with_its_code(any_house: House) -> None:
    any_house.tell(an_admission(), *an_opening(10))
    ship = an_event("SHIP", 2)
    sales = [a_sale(ship, 2), a_sale(ship, 1)]
    assert statuses(any_house.post(PLATFORM, *sales)) == ["held", "held"]
    any_house.tell(ship)
    assert any_house.counts()["held"] == 0
    assert ended_code(any_house, PLATFORM, sales[1]) == "LotLedgerInsufficient"


def test_an_event_that_is_held_and_refused_in_one_request_keeps_its_code(any_house: House) -> None:
    any_house.tell(*an_opening(10))
    ship = an_event("SHIP", 2)
    void = an_event("SHIP_VOID", 3, target=ship)
    assert statuses(any_house.post(WEST_COAST, void, ship)) == ["held", "accepted"]
    assert ended_code(any_house, WEST_COAST, void) == "LotLedgerInsufficient"


def test_a_refused_wait_may_be_posted_anew(any_house: House) -> None:
    any_house.tell(*an_opening(10))
    ship = an_event("SHIP", 2)
    void = an_event("SHIP_VOID", 3, target=ship)
    any_house.post(WEST_COAST, void, ship)
    assert statuses(any_house.post(WEST_COAST, void | {"quantity": 2})) == ["accepted"]


def test_nothing_waits_longer_than_its_expiry(any_house: House) -> None:
    declare, depart, asn, receive = an_opening(10)
    any_house.post(WEST_COAST, receive)
    later = NOW + timedelta(seconds=HOLD_SECONDS)
    any_house.tell(declare, depart, asn, now=later)
    assert lanes_of(any_house)[:2] == [10, 0]
    with any_house.trails.trail() as trail:
        held = trail.find_held(event_key(WEST_COAST, receive["event_id"]), int(later.timestamp()))
        assert trail.counts(int(later.timestamp()))["held"] == 0
    assert held is not None
    assert held["ended_code"] == "Expired"


def test_an_expired_event_may_be_posted_anew(any_house: House) -> None:
    declare, depart, asn, receive = an_opening(10)
    any_house.post(WEST_COAST, receive)
    later = NOW + timedelta(seconds=HOLD_SECONDS)
    any_house.tell(declare, depart, asn, now=later)
    assert statuses(any_house.post(WEST_COAST, receive | {"quantity": 9}, now=later)) == ["accepted"]


def test_waiting_events_are_served_in_the_order_of_their_arrival(any_house: House) -> None:
    any_house.tell(*an_opening(10)[:3])
    ships = [an_event("SHIP", 6) for _ in range(6)]
    for ship in ships:
        any_house.post(WEST_COAST, ship)
    any_house.tell(an_event("RECEIVE", 10))
    assert statuses(any_house.post(WEST_COAST, ships[0])) == ["duplicate"]


def test_what_waits_for_stock_of_a_taken_back_declaration_stays_held(any_house: House) -> None:
    declare = a_declare(5)
    any_house.tell(declare, an_event("DECLARE_REVERSAL", 5, target=declare, site=EXPORTER))
    assert statuses(any_house.post(GATEWAY, an_event("DEPART", 5))) == ["refused"]
