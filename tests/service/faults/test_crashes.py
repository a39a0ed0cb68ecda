"""The worker dies at every single write, before it and behind it. Each time the next one carries on."""

import pytest

from tests.service.check_ledger import check_ledger
from tests.service.faults.crashing import Fuse, install, work_through
from tests.service.faults.registrar import take_a_leaf
from tests.service.house import House
from tests.service.market import (
    OTHER_PLATFORM,
    a_refund,
    a_sale,
    an_admission,
    an_event,
    an_opening,
)

pytestmark = pytest.mark.chain
NEVER = 10_000
WRITES = range(1, 9)
MODES = pytest.mark.parametrize("is_done", [False, True], ids=["before it was done", "after it was done"])


def trade(house: House) -> None:
    """Three parties, one lot: three batches that rest on each other."""
    ship = an_event("SHIP", 3)
    sale = a_sale(ship)
    house.tell(ship, sale, a_refund(sale, 10), an_admission(OTHER_PLATFORM), an_event("COUNT"))


@pytest.fixture
def open_house(house: House) -> House:
    house.tell(an_admission(), *an_opening(10))
    house.settle()
    house.chain.save()
    return house


@MODES
@pytest.mark.parametrize("at", WRITES)
def test_the_way_to_the_chain(open_house: House, at: int, is_done: bool) -> None:
    fuse = Fuse(at, is_done=is_done)
    install(open_house, fuse)
    trade(open_house)
    work_through(open_house, fuse)
    assert check_ledger(open_house) == 10


@MODES
@pytest.mark.parametrize("at", WRITES)
def test_the_way_back_from_a_lost_tail(open_house: House, at: int, is_done: bool) -> None:
    trade(open_house)
    open_house.settle()
    open_house.chain.kill()
    open_house.chain.start()
    fuse = Fuse(at, is_done=is_done)
    install(open_house, fuse)
    work_through(open_house, fuse)
    assert check_ledger(open_house) == 10


@MODES
@pytest.mark.parametrize("at", WRITES)
def test_signing_anew(open_house: House, at: int, is_done: bool) -> None:
    trade(open_house)
    open_house.worker.step()
    for _ in range(5):
        take_a_leaf(open_house)
        open_house.chain.mine()
    fuse = Fuse(at, is_done=is_done)
    install(open_house, fuse)
    work_through(open_house, fuse)
    assert check_ledger(open_house) == 10


@pytest.mark.parametrize("way", ["straight", "lost", "refused"])
def test_the_tables_above_reach_every_write(open_house: House, way: str) -> None:
    """If this fails, the ways have become longer: widen their ranges."""
    trade(open_house)
    if way == "lost":
        open_house.settle()
        open_house.chain.kill()
        open_house.chain.start()
    elif way == "refused":
        open_house.worker.step()
        take_a_leaf(open_house)
        open_house.chain.mine()
    fuse = Fuse(NEVER, is_done=False)
    install(open_house, fuse)
    work_through(open_house, fuse)
    assert fuse.writes <= len(WRITES)


@MODES
def test_crashes_at_many_writes_in_one_life(any_house: House, is_done: bool) -> None:
    any_house.tell(an_admission(), *an_opening(30))
    for at in (1, 2, 3, 5, 7, 11):
        fuse = Fuse(at, is_done=is_done)
        install(any_house, fuse)
        ship = an_event("SHIP", 2)
        any_house.tell(ship, a_sale(ship))
        work_through(any_house, fuse)
    assert check_ledger(any_house) == 17
