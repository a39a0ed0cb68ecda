"""The worker against a chain that is slow, away, behind or lying."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from service.chain.errors import ChainMismatchError
from service.chain.ledger import ChainLedger
from service.core.chain import Recorded
from service.flow.confirm import LogMismatchError
from service.worker import run_worker
from tests.service.check_ledger import check_ledger
from tests.service.faults.processes import wait_until
from tests.service.house import House, statuses
from tests.service.market import WEST_COAST, an_event, an_opening

pytestmark = pytest.mark.chain


@pytest.fixture
def open_house(any_house: House) -> House:
    any_house.tell(*an_opening())
    any_house.settle()
    return any_house


def use_chain(house: House, kind: type[ChainLedger]) -> Any:
    """Let the house's worker see the chain through another adapter."""
    chain = kind(house.settings.rpc_url, house.runtime.log.domain.contract)
    house.runtime.__dict__["chain"] = chain
    house.runtime.__dict__.pop("sealer", None)
    house.restart_worker()
    return chain


# -- slow


class SlowChain(ChainLedger):
    """Does not answer one kind of question until it is let go."""

    question = ""
    asked: threading.Event
    answer: threading.Event

    def ask(self, method: str, *parameters: Any) -> Any:
        if method == self.question:
            self.asked.set()
            assert self.answer.wait(60)
        return super().ask(method, *parameters)


@pytest.mark.parametrize(
    "question",
    ["eth_getTransactionCount", "eth_sendRawTransaction", "eth_getLogs", "eth_getBlockByNumber", "eth_getCode"],
)
def test_events_are_taken_in_while_the_chain_lets_the_worker_wait(open_house: House, question: str) -> None:
    chain = use_chain(open_house, SlowChain)
    chain.question, chain.asked, chain.answer = question, threading.Event(), threading.Event()
    open_house.post(WEST_COAST, an_event("SHIP", 1))
    open_house.chain.mine()
    worker = threading.Thread(target=open_house.worker.step)
    worker.start()
    try:
        assert chain.asked.wait(20)
        answers = open_house.post(WEST_COAST, an_event("SHIP", 1))
        is_waiting = worker.is_alive()
    finally:
        chain.answer.set()
        worker.join()
    assert statuses(answers) == ["accepted"]
    assert is_waiting
    open_house.settle()
    assert check_ledger(open_house) == 6


# -- away


def test_a_worker_waits_for_a_chain_that_is_away(open_house: House) -> None:
    stop = threading.Event()
    worker = threading.Thread(target=run_worker, args=(open_house.runtime, stop))
    open_house.chain.kill()
    worker.start()
    try:
        open_house.post(WEST_COAST, an_event("SHIP", 1))
        open_house.chain.start()
        open_house.chain.rpc("evm_setIntervalMining", 1)
        wait_until(open_house.is_settled, "all is on chain")
        open_house.chain.kill()
        open_house.post(WEST_COAST, an_event("SHIP", 1))
        open_house.chain.start()
        open_house.chain.rpc("evm_setIntervalMining", 1)
        wait_until(
            lambda: open_house.is_settled() and open_house.counts()["tree_size"] == tree_size(open_house), "again"
        )
    finally:
        stop.set()
        worker.join()
    assert check_ledger(open_house) == 6


def tree_size(house: House) -> int:
    return house.runtime.chain.tree_head()[0]


def test_a_worker_stops_at_once_when_it_is_told_to(house: House) -> None:
    house.chain.kill()
    stop = threading.Event()
    stop.set()
    run_worker(house.runtime, stop)


def test_a_worker_does_not_work_on_another_chain(house: House) -> None:
    house.chain.stop()
    house.chain.state.unlink()
    house.chain.start()
    with pytest.raises(ChainMismatchError):
        run_worker(house.runtime, threading.Event())


# -- behind


def test_leaves_count_once_enough_blocks_follow(open_house: House) -> None:
    open_house.runtime.__dict__["settings"] = open_house.settings.model_copy(update={"confirmations": 2})
    open_house.tell(an_event("SHIP", 1))
    open_house.step()
    sizes = []
    for _ in range(3):
        open_house.worker.step()
        sizes.append(open_house.counts()["pending_batches"])
        open_house.chain.mine()
    assert sizes == [1, 1, 0]


def test_no_more_is_sealed_than_may_wait_for_the_chain(open_house: House) -> None:
    open_house.runtime.__dict__["settings"] = open_house.settings.model_copy(update={"max_pending": 2})
    for _ in range(3):
        open_house.tell(an_event("COUNT"), an_event("TAX_STATE"))
    open_house.worker.step()
    open_house.worker.step()
    assert open_house.counts()["pending_batches"] == 2
    open_house.settle()
    assert check_ledger(open_house) == 10


def test_a_worker_that_has_nothing_to_do_says_so(open_house: House) -> None:
    assert not open_house.worker.step()
    open_house.tell(an_event("SHIP", 1))
    assert open_house.worker.step()


# -- lying


def lying(change: Callable[[Recorded], Recorded]) -> type[ChainLedger]:
    """A chain whose logs say something else."""

    class LyingChain(ChainLedger):
        def recorded(self, first_block: int, last_block: int) -> Iterator[Recorded]:
            return map(change, super().recorded(first_block, last_block))

    return LyingChain


LIES: dict[str, Callable[[Recorded], Recorded]] = {
    "another root": lambda log: replace(log, root=bytes(32)),
    "another record": lambda log: replace(log, records=log.records[:-1] + b"\x00"),
    "another attester": lambda log: replace(log, party=log.party + 1),
    "a leaf left out": lambda log: replace(log, first_leaf=log.first_leaf + 1),
    "a record less": lambda log: replace(log, records=log.records[:-48]),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_chain_whose_logs_do_not_make_its_root_is_not_believed(house: House, lie: str) -> None:
    house.tell(*an_opening(10))
    house.step()
    use_chain(house, lying(LIES[lie]))
    with pytest.raises(LogMismatchError):
        house.step()
    use_chain(house, ChainLedger)
    house.settle()
    assert check_ledger(house) == 4
