"""Erasing an order or a buyer: what it told is gone from every place, and nothing else is."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service.core.events import event_key
from service.flow.erase import NotLockedError, RetainedError, finish_erasures, forget_expired, lock_details
from service.store import schema, subject_schema
from service.store.database import reading
from service.store.erasures import SqlErasures, SqlErasureStore
from tests.service.check_ledger import check_ledger
from tests.service.erasure.world import (
    MUCH_LATER,
    TODAY,
    an_order,
    everything_in,
    forget,
    heads,
    holds,
    put_in_clear,
    shown_of,
    sqlite_is_sound,
)
from tests.service.faults.crashing import CrashError, Fuse
from tests.service.house import NOW, House, statuses
from tests.service.market import PLATFORM, WEST_COAST, Event, a_refund, a_sale, an_admission, an_event, an_opening

pytestmark = pytest.mark.chain

ORDER, BUYER = "ORDER-114-7731-XYZ", "buyer-5f0c77-pseudonym"
OTHER_ORDER, OTHER_BUYER = "ORDER-114-9999-ABC", "buyer-000000-pseudonym"


@pytest.fixture
def sold(any_house: House) -> tuple[House, Event, Event]:
    """Two orders of two buyers on chain; the sales are the platform's."""
    ship, sale = an_order(ORDER, BUYER)
    other_ship, other_sale = an_order(OTHER_ORDER, OTHER_BUYER)
    any_house.tell(an_admission(), *an_opening(100), ship, sale, other_ship, other_sale)
    any_house.settle()
    return any_house, sale, other_sale


def test_details_never_lie_in_clear(sold: tuple[House, Event, Event]) -> None:
    house, sale, _ = sold
    assert not any(holds(house, text) for text in (ORDER, BUYER, OTHER_ORDER, OTHER_BUYER))
    assert set(shown_of(house, sale)) == {"document", "goods", "logistics", "money", "order", "person"}


def test_a_buyer_goes_and_everything_else_stays(sold: tuple[House, Event, Event]) -> None:
    house, sale, other = sold
    before, disclosed = heads(house), shown_of(house, other)
    outlook = forget(house, buyer=BUYER)
    assert (outlook.events, outlook.groups, outlook.kept) == (1, ("person",), None)
    assert "person" not in shown_of(house, sale)
    assert "order" in shown_of(house, sale)
    assert (shown_of(house, other), heads(house)) == (disclosed, before)
    assert check_ledger(house) == 9
    with reading(house.runtime.engine) as connection:
        keys = connection.execute(select(subject_schema.subject).where(subject_schema.subject.c.wrapped.is_(None)))
        assert [(row.id, row.erased_at is not None) for row in keys] == [(None, True)]


def test_an_order_goes_once_no_law_keeps_it(sold: tuple[House, Event, Event]) -> None:
    house, sale, other = sold
    outlook = forget(house, order=ORDER, today=MUCH_LATER)
    assert (outlook.groups, outlook.kept) == (("order", "person"), None)
    assert not {"order", "person"} & shown_of(house, sale).keys()
    assert {"order", "person"} <= shown_of(house, other).keys()
    assert forget(house, order=ORDER, today=MUCH_LATER).is_empty


def test_the_law_keeps_the_order_of_a_sale_and_says_until_when(sold: tuple[House, Event, Event]) -> None:
    """S-77."""
    house, sale, _ = sold
    outlook = forget(house, order=ORDER)
    assert outlook.groups == ("person",)
    assert outlook.kept is not None
    assert (outlook.kept.until, outlook.kept.rule.id) == (date(2036, 5, 3), "retention@STA-2026-5")
    with pytest.raises(RetainedError, match="kept until 2036-05-03"):
        forget(house, order=ORDER, today=outlook.kept.until)
    assert "order" in shown_of(house, sale)
    forget(house, order=ORDER, today=outlook.kept.until + timedelta(days=1))
    assert "order" not in shown_of(house, sale)


def test_a_shipment_is_no_evidence(sold: tuple[House, Event, Event]) -> None:
    """Its order group is shown to no office: the warehouse may forget which order it packed."""
    house, sale, _ = sold
    assert forget(house, order=ORDER, party=WEST_COAST).groups == ("order",)
    assert "order" in shown_of(house, sale)


def test_nobody_erases_what_another_has_told(sold: tuple[House, Event, Event]) -> None:
    """S-76."""
    house, sale, _ = sold
    assert forget(house, buyer=BUYER, party=WEST_COAST).is_empty
    assert "person" in shown_of(house, sale)


def test_a_repeat_of_an_erased_event_is_compared_by_what_is_left(sold: tuple[House, Event, Event]) -> None:
    house, sale, _ = sold
    forget(house, buyer=BUYER)
    others = {"buyer_pseudonym": "another-buyer-that-is-not-he"}
    answers = house.post(PLATFORM, sale, sale | {"person": others}, sale | {"quantity": 2}, sale | {"order": {}})
    assert statuses(answers) == ["duplicate", "duplicate", "refused", "refused"]
    assert not holds(house, "another-buyer-that-is-not-he")


def test_what_comes_later_of_an_erased_order_is_a_subject_of_its_own(sold: tuple[House, Event, Event]) -> None:
    house, sale, _ = sold
    forget(house, order=ORDER, today=MUCH_LATER)
    refund = a_refund(sale, 500, order={"order_ref": ORDER})
    house.tell(refund)
    assert "order" in shown_of(house, refund)
    assert "order" not in shown_of(house, sale)
    forget(house, order=ORDER, today=MUCH_LATER)
    assert "order" not in shown_of(house, refund)


def test_an_event_that_waits_ends(sold: tuple[House, Event, Event]) -> None:
    house, _, _ = sold
    unknown = an_event("SHIP", 1)
    waiting = a_sale(unknown, order={"order_ref": "WAITING-ORDER-1"}, person={"buyer_pseudonym": BUYER})
    assert statuses(house.post(PLATFORM, waiting)) == ["held"]
    assert holds(house, "WAITING-ORDER-1")
    assert len(forget(house, buyer=BUYER).waiting) == 1
    assert not holds(house, "WAITING-ORDER-1")
    house.post(WEST_COAST, unknown)
    assert b"WAITING-ORDER-1" not in everything_in(house)


def test_an_event_that_waited_leaves_nothing_in_clear(sold: tuple[House, Event, Event]) -> None:
    house, _, _ = sold
    unknown = an_event("SHIP", 1)
    waiting = a_sale(
        unknown, order={"order_ref": "WAITING-ORDER-2"}, person={"buyer_pseudonym": "waiting-buyer-pseudonym"}
    )
    house.post(PLATFORM, waiting)
    house.tell(unknown)
    assert "person" in shown_of(house, waiting)
    forget(house, buyer="waiting-buyer-pseudonym")
    assert not any(holds(house, text) for text in ("WAITING-ORDER-2", "waiting-buyer-pseudonym"))


def test_an_event_that_waited_in_vain_is_overwritten(sold: tuple[House, Event, Event]) -> None:
    house, _, _ = sold
    unknown = an_event("SHIP", 1)
    waiting = a_sale(unknown, order={"order_ref": "WAITING-ORDER-3"})
    house.post(PLATFORM, waiting)
    later = int((NOW + timedelta(days=31)).timestamp())
    assert [forget_expired(house.runtime.erasures, at) for at in (later - 5 * 86_400, later, later)] == [0, 1, 0]
    house.runtime.erasures.scrub()
    assert not holds(house, "WAITING-ORDER-3")
    with house.trails.trail() as trail:
        found = trail.find_held(event_key(PLATFORM, waiting["event_id"]), later)
        assert found is not None
        assert found["ended_code"] == "Expired"


@pytest.mark.parametrize("seed", range(3))
def test_any_subset_can_go_and_every_leaf_stays(any_house: House, seed: int) -> None:
    """S-78."""
    draw, buyers = random.Random(seed), ["", "buyer-of-the-first-kind", "buyer-of-the-second-kind"]
    names = [f"REF-{seed}-{number}-ORDER" for number in range(8)]
    orders = {name: an_order(name, draw.choice(buyers)) for name in names}
    any_house.tell(an_admission(), *an_opening(100), *(event for events in orders.values() for event in events))
    any_house.settle()
    before = heads(any_house)
    gone = {order for order in orders if draw.random() < 0.5}
    for order in gone:
        forget(any_house, order=order, today=MUCH_LATER)
    for order, (_, sale) in orders.items():
        assert ("order" in shown_of(any_house, sale)) == (order not in gone)
        assert ("person" in shown_of(any_house, sale)) == (order not in gone)
    assert heads(any_house) == before
    assert check_ledger(any_house) == 5 + 2 * len(orders)


class CrashingErasures(SqlErasureStore):
    """Each transaction that writes is one write."""

    fuse: Fuse

    @contextmanager
    def erasures(self) -> Iterator[SqlErasures]:
        with self.fuse.around(), super().erasures() as erasures:
            yield erasures


@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("is_done", [False, True])
def test_a_crash_anywhere_leaves_an_erasure_that_is_finished_later(house: House, at: int, is_done: bool) -> None:
    ship, sale = an_order(ORDER, BUYER)
    house.tell(an_admission(), *an_opening(100), ship, sale)
    crashing: Any = CrashingErasures(house.runtime.engine, house.runtime.details)
    crashing.fuse = Fuse(at, is_done=is_done)
    whole = house.runtime.erasures
    house.runtime.__dict__["erasures"] = crashing
    with pytest.raises(CrashError):
        forget(house, order=ORDER, today=MUCH_LATER)
    has_begun = (at, is_done) != (1, False)
    assert ("person" in shown_of(house, sale)) != has_begun
    house.runtime.__dict__["erasures"] = whole
    finish_erasures(whole)
    forget(house, order=ORDER, today=MUCH_LATER)
    assert not {"order", "person"} & shown_of(house, sale).keys()
    with whole.view() as erasures:
        assert [(row.finished_at is not None, row.subject) for row in erasures.erasures_of(PLATFORM)] == [(True, None)]
    with reading(house.runtime.engine) as connection:
        stored = connection.execute(select(schema.event.c.disclosures)).scalars().all()
        assert not any(b"*2." in bytes(one) for one in stored), "boxes of the platform's order are left"
    assert sqlite_is_sound(house)


def test_events_from_before_are_read_as_they_are_and_locked_by_a_command(sold: tuple[House, Event, Event]) -> None:
    house, sale, other = sold
    before = shown_of(house, sale), shown_of(house, other), heads(house)
    put_in_clear(house)
    assert (shown_of(house, sale), shown_of(house, other), heads(house)) == before
    assert holds(house, ORDER)
    with pytest.raises(NotLockedError):
        forget(house, buyer=BUYER)
    assert sum(lock_details(house.runtime.erasures)) > 0
    assert (shown_of(house, sale), shown_of(house, other), heads(house)) == before
    assert list(lock_details(house.runtime.erasures)) == []
    forget(house, order=ORDER, today=MUCH_LATER)
    forget(house, order=ORDER, party=WEST_COAST)
    assert not any(holds(house, text) for text in (ORDER, BUYER))
    assert shown_of(house, other) == before[1]


def test_what_a_process_of_the_version_before_writes_later_is_locked_by_the_next_run(house: House) -> None:
    house.tell(an_admission(), *an_opening(100), *an_order(ORDER, BUYER))
    put_in_clear(house)
    assert sum(lock_details(house.runtime.erasures)) == 7
    house.tell(*an_order(OTHER_ORDER, OTHER_BUYER))
    put_in_clear(house, since=8)
    assert holds(house, OTHER_ORDER)
    assert sum(lock_details(house.runtime.erasures)) == 2
    assert not any(holds(house, text) for text in (ORDER, BUYER, OTHER_ORDER, OTHER_BUYER))


def test_today_is_the_day_that_counts(sold: tuple[House, Event, Event]) -> None:
    house, _, _ = sold
    assert forget(house, order=ORDER, today=TODAY).kept is not None
