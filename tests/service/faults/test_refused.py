"""The contract refuses a batch: it and all behind it are signed anew, in their order, once it would take them."""

from itertools import cycle, islice

import pytest

from service.flow import seal
from service.flow.anchor import MAX_IN_FLIGHT
from tests.service.check_ledger import check_ledger
from tests.service.faults.registrar import act_as_registrar, change_registry, take_a_leaf
from tests.service.house import House
from tests.service.market import (
    CARRIER,
    WEST_COAST,
    a_sale,
    an_admission,
    an_event,
    an_opening,
)
from verifier.kinds import Role

pytestmark = pytest.mark.chain


@pytest.fixture
def open_house(any_house: House) -> House:
    """1,000 pieces on hand, and the platform admitted."""
    any_house.tell(an_admission(), *an_opening())
    any_house.settle()
    return any_house


def trade(house: House, times: int = 1) -> None:
    for _ in range(times):
        ship = an_event("SHIP", 3)
        house.tell(ship, a_sale(ship, 2), an_event("UNDELIVERED", 1, target=ship))


def relayed(house: House) -> int:
    """Transactions that the relayer has paid for."""
    return house.runtime.chain.transaction_count(house.runtime.sealer.relayer.address)


def test_somebody_takes_the_place_of_a_batch_that_is_sealed(open_house: House) -> None:
    trade(open_house)
    open_house.worker.step()
    take_a_leaf(open_house)
    open_house.chain.mine()
    trade(open_house)
    open_house.settle()
    assert check_ledger(open_house) == 11


def test_somebody_takes_the_places_of_batches_again_and_again(open_house: House) -> None:
    for _ in range(4):
        trade(open_house)
        open_house.worker.step()
        take_a_leaf(open_house)
        open_house.chain.mine()
        open_house.worker.step()
    open_house.settle()
    assert check_ledger(open_house) == 17


def test_more_batches_than_are_under_way_at_once_are_signed_anew(open_house: House) -> None:
    assert open_house.settings.max_pending > 60 > MAX_IN_FLIGHT
    for note in islice(cycle(("COUNT", "TAX_STATE")), 60):
        open_house.tell(an_event(note), an_event(note))
    open_house.worker.step()
    take_a_leaf(open_house)
    open_house.chain.mine()
    open_house.settle()
    assert check_ledger(open_house) == 125


def test_a_worker_that_died_in_between_signs_anew(open_house: House) -> None:
    trade(open_house)
    open_house.worker.step()
    take_a_leaf(open_house)
    open_house.chain.mine()
    open_house.restart_worker()
    open_house.settle()
    assert check_ledger(open_house) == 8


def test_a_paused_contract_holds_the_line_and_costs_nothing(open_house: House) -> None:
    act_as_registrar(open_house, "pause", [])
    open_house.chain.mine()
    trade(open_house)
    for _ in range(4):
        open_house.step()
    paid = relayed(open_house)
    for _ in range(5):
        open_house.step()
    assert relayed(open_house) == paid, "transactions that must fail were sent"
    assert open_house.counts()["failed_batches"] == 1
    act_as_registrar(open_house, "unpause", [])
    open_house.chain.mine()
    open_house.settle()
    assert check_ledger(open_house) == 8


def test_a_batch_that_waits_tells_the_contracts_reason(open_house: House) -> None:
    key_id = bytes(12) + open_house.runtime.keyring.address(f"party-{WEST_COAST}")
    act_as_registrar(open_house, "endKey", [key_id])
    open_house.chain.mine()
    open_house.tell(an_event("SHIP", 1))
    for _ in range(4):
        open_house.step()
    with open_house.runtime.logs.view() as log:
        failed = log.failed_batch()
    assert failed is not None
    assert failed[1].startswith("LotLedgerNotAKey(")


def test_the_registry_can_be_repaired_while_a_batch_waits_for_it(open_house: House) -> None:
    """A carrier loses its role behind our back; nothing goes on before the registrar gives it back."""
    ship = an_event("SHIP", 2)
    open_house.tell(ship)
    open_house.tell(an_admission(CARRIER))
    assert open_house.post(CARRIER, an_event("LOST_IN_DELIVERY", 1, target=ship))[0]["status"] == "accepted"
    act_as_registrar(open_house, "setParty", [CARRIER, int(Role.TAX)])
    open_house.chain.mine()
    for _ in range(5):
        open_house.step()
    assert open_house.counts()["failed_batches"] == 1
    with open_house.running():
        change_registry(open_house, ("setParty", [CARRIER, int(Role.CARRIER)]))
    open_house.settle()
    assert check_ledger(open_house) == 8


def test_a_deadline_that_passed_is_renewed(open_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(seal, "DEADLINE_SECONDS", -60)
        trade(open_house)
        open_house.worker.step()
    open_house.chain.mine()
    open_house.settle()
    assert check_ledger(open_house) == 8


def test_another_transaction_of_the_relayer_takes_the_nonce_of_a_batch(open_house: House) -> None:
    trade(open_house)
    open_house.worker.step()
    open_house.chain.rpc("anvil_dropAllTransactions")
    relayer = open_house.runtime.sealer.relayer
    transfer = {"to": relayer.address, "value": 0, "gas": 21_000, "nonce": relayed(open_house), "chainId": 31337}
    signed = relayer.sign_transaction(transfer | {"maxFeePerGas": 10**10, "maxPriorityFeePerGas": 0})
    open_house.runtime.chain.send(bytes(signed.raw_transaction))
    open_house.chain.mine()
    open_house.settle()
    assert check_ledger(open_house) == 8


def test_an_older_transaction_of_a_batch_that_was_signed_anew_counts(open_house: House) -> None:
    """A reorganisation may bring it back: the batch must not be recorded twice."""
    trade(open_house)
    open_house.worker.step()
    open_house.chain.rpc("anvil_dropAllTransactions")
    with open_house.runtime.logs.view() as log:
        older = log.pending_batches(0, 10)
    with pytest.MonkeyPatch.context() as later:
        later.setattr(seal, "DEADLINE_SECONDS", seal.DEADLINE_SECONDS + 1)
        assert seal.sign_again(open_house.runtime.logs, open_house.runtime.sealer, older[0])
    for batch in older:
        open_house.runtime.chain.send(batch.raw_tx)
    open_house.settle()
    assert check_ledger(open_house) == 8


@pytest.mark.xfail(strict=True, reason="the contract compares the size of the log, not its head")
def test_a_foreign_leaf_cannot_make_room_for_a_later_batch(open_house: House) -> None:
    """Of two batches with one record each the first is refused; the foreign leaf moves the second to its place."""
    open_house.tell(an_event("COUNT"), an_event("TAX_STATE"))
    open_house.worker.step()
    take_a_leaf(open_house)
    open_house.chain.mine()
    open_house.settle()
    check_ledger(open_house)
