"""The chain forgets its newest blocks: walk back, send again in the same order, lose and double nothing."""

from pathlib import Path

import pytest

from service import worker
from service.chain.errors import ChainMismatchError, ChainUnavailableError
from tests.service.check_ledger import check_ledger
from tests.service.faults.registrar import act_as_registrar, change_registry, take_a_leaf
from tests.service.house import House, statuses
from tests.service.market import (
    EXPORTER,
    OTHER_PLATFORM,
    WEST_COAST,
    a_refund,
    a_sale,
    an_admission,
    an_event,
    an_opening,
)
from verifier.kinds import Role

pytestmark = pytest.mark.chain


@pytest.fixture
def open_house(any_house: House) -> House:
    """1,000 pieces on hand, all of it written to the chain's state file."""
    any_house.tell(an_admission(), *an_opening())
    any_house.settle()
    any_house.chain.save()
    return any_house


def trade(house: House, times: int = 3) -> None:
    """Shipments, sales and refunds: three parties, one lot, targets across them."""
    for _ in range(times):
        ship = an_event("SHIP", 3)
        sale = a_sale(ship, 2)
        house.tell(ship, sale, a_refund(sale, 10), an_event("UNDELIVERED", 1, target=ship))


def lose_tail(house: House) -> None:
    """Cut the chain's power: it comes back as it was last written."""
    house.chain.kill()
    house.chain.start()


def test_a_lost_tail_is_sent_again(open_house: House) -> None:
    trade(open_house)
    open_house.settle()
    lose_tail(open_house)
    open_house.settle()
    assert check_ledger(open_house) == 17


def test_a_tail_may_be_lost_again_and_again(open_house: House) -> None:
    for _ in range(3):
        trade(open_house)
        open_house.settle()
        lose_tail(open_house)
    open_house.settle()
    assert check_ledger(open_house) == 41


def test_a_tail_is_lost_while_more_is_under_way(open_house: House) -> None:
    trade(open_house)
    open_house.settle()
    trade(open_house)
    open_house.step(mine=False)
    lose_tail(open_house)
    trade(open_house)
    open_house.settle()
    assert check_ledger(open_house) == 41


def test_a_tail_is_lost_before_it_was_read(open_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "RESEND_SECONDS", 0.0)
    trade(open_house)
    open_house.step(mine=False)
    open_house.chain.mine()
    lose_tail(open_house)
    open_house.settle()
    assert check_ledger(open_house) == 17


def test_nothing_is_signed_for_a_chain_that_fell_back_unnoticed(
    open_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    trade(open_house)
    open_house.settle()
    lose_tail(open_house)
    trade(open_house)
    with monkeypatch.context() as hasty:
        hasty.setattr(worker, "RECONCILE_SECONDS", 1000.0)
        for _ in range(3):
            open_house.worker.step()
            open_house.chain.mine()
    assert open_house.counts()["pending_batches"] == 0
    open_house.settle()
    assert check_ledger(open_house) == 29


def test_a_worker_that_starts_on_a_shorter_chain_sends_again(open_house: House) -> None:
    trade(open_house)
    open_house.settle()
    lose_tail(open_house)
    open_house.restart_worker()
    open_house.settle()
    assert check_ledger(open_house) == 17


def test_the_chain_may_fall_back_to_before_the_first_event(any_house: House) -> None:
    any_house.tell(an_admission(), *an_opening(), an_event("SHIP", 1))
    any_house.settle()
    lose_tail(any_house)
    any_house.settle()
    assert check_ledger(any_house) == 6


def test_three_blocks_are_replaced_by_a_reorganisation(open_house: House) -> None:
    for _ in range(3):
        trade(open_house, 1)
        open_house.settle()
    open_house.chain.rpc("anvil_reorg", 3, [])
    open_house.settle()
    assert check_ledger(open_house) == 17


def test_a_reorganisation_is_noticed_when_new_blocks_follow_at_once(open_house: House) -> None:
    open_house.chain.mine(3)
    trade(open_house)
    open_house.settle()
    open_house.chain.rpc("anvil_reorg", 2, [])
    open_house.chain.mine(5)
    open_house.worker.step()  # reads before it compares
    open_house.settle()
    assert check_ledger(open_house) == 17


def test_leaves_in_replaced_empty_blocks_are_found(open_house: House) -> None:
    trade(open_house, 1)
    open_house.settle()
    open_house.chain.mine(3)
    open_house.step(mine=False)  # the empty blocks are read
    open_house.chain.rpc("anvil_reorg", 3, [])
    trade(open_house, 1)
    with open_house.runtime.logs.view() as log:
        scanned = log.scanned_block()
    open_house.worker.step()
    open_house.chain.mine()
    assert open_house.chain.height() == scanned + 1
    open_house.settle()
    assert check_ledger(open_house) == 13


def test_empty_blocks_may_be_lost(open_house: House) -> None:
    open_house.chain.mine(5)
    open_house.step(mine=False)
    lose_tail(open_house)
    trade(open_house)
    open_house.settle()
    assert check_ledger(open_house) == 17


def test_admissions_and_registry_changes_come_back_in_their_order(open_house: House) -> None:
    open_house.tell(an_admission(OTHER_PLATFORM))
    open_house.settle()
    with open_house.running():
        change_registry(open_house, ("setParty", [EXPORTER, int(Role.EXPORTER | Role.BILLER)]))
    open_house.tell(an_event("ADMIT_END", site=OTHER_PLATFORM), an_event("SHIP", 1))
    open_house.settle()
    lose_tail(open_house)
    open_house.settle()
    assert check_ledger(open_house) == 8


def test_a_lost_leaf_of_somebody_else_leaves_no_trace(open_house: House) -> None:
    act_as_registrar(open_house, "setParty", [EXPORTER, int(Role.EXPORTER | Role.BILLER)])
    open_house.chain.mine()
    open_house.tell(an_admission(OTHER_PLATFORM), an_event("SHIP", 1))
    open_house.settle()
    lose_tail(open_house)
    open_house.settle()
    assert check_ledger(open_house) == 7


def test_somebody_elses_leaf_takes_the_place_of_a_lost_one(open_house: House) -> None:
    trade(open_house)
    open_house.settle()
    lose_tail(open_house)
    take_a_leaf(open_house)
    open_house.chain.mine()
    open_house.settle()
    assert check_ledger(open_house) == 17


def test_events_are_taken_in_while_the_chain_is_away(open_house: House) -> None:
    open_house.chain.kill()
    with pytest.raises(ChainUnavailableError):
        open_house.step(mine=False)
    assert statuses(open_house.post(WEST_COAST, an_event("SHIP", 1))) == ["accepted"]
    open_house.chain.start()
    open_house.settle()
    assert check_ledger(open_house) == 6


def test_a_chain_without_our_contract_is_never_written_to(house: House, tmp_path: Path) -> None:
    house.tell(*an_opening())
    house.chain.kill()
    house.chain.state = tmp_path / "another.json"
    house.chain.start()
    with pytest.raises(ChainMismatchError):
        house.step()
    assert house.chain.height() == 0
