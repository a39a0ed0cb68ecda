"""Whatever goes wrong, in whatever order: nothing is lost, nothing is doubled, everything is in its place."""

import time
from collections.abc import Callable
from itertools import count
from random import Random

import pytest

from service import worker
from service.flow.ports import RegistryTx
from tests.service.check_ledger import check_ledger
from tests.service.faults.registrar import registrar_of
from tests.service.house import House
from tests.service.market import (
    EXPORTER,
    HAMBURG,
    OTHER_LINE,
    OTHER_PLATFORM,
    a_refund,
    a_sale,
    an_admission,
    an_event,
    an_opening,
)
from verifier.kinds import Role

pytestmark = pytest.mark.chain
ACTIONS = 60
_numbers = count(1)


def trade(house: House) -> None:
    """Three parties on one lot."""
    ship = an_event("SHIP", 3)
    sale = a_sale(ship, 2)
    house.tell(ship, sale, a_refund(sale, 10), an_event("UNDELIVERED", 1, target=ship))


def trade_elsewhere(house: House) -> None:
    """One party on another lot, several records."""
    house.tell(*[an_event("SHIP", 1, line=OTHER_LINE, site=HAMBURG) for _ in range(5)])


def admit(house: House) -> None:
    """The owner's own entries in its registry book."""
    house.tell(an_admission(OTHER_PLATFORM), an_event("ADMIT_END", site=OTHER_PLATFORM))


def change_registry(house: House) -> None:
    """The registrar's entries in the same book; nobody waits for them."""
    account, chain = registrar_of(house), house.runtime.chain
    nonce = chain.transaction_count(account.address)
    arguments = [EXPORTER, int(Role.EXPORTER) | next(_numbers) << 11]  # another transaction each time
    raw_tx, tx_hash = chain.sign_call(account, "setParty", arguments, tx_nonce=nonce)
    with house.runtime.logs.log() as log:
        if not log.pending_registry_txs():
            log.save_registry_txs([RegistryTx(tx_hash, raw_tx)], time.time_ns())


def work(house: House) -> None:
    house.worker.step()


def look(house: House) -> None:
    house.worker.reconcile()


def mine(house: House) -> None:
    house.chain.mine()


def die(house: House) -> None:
    house.restart_worker()


def save(house: House) -> None:
    """The chain writes its state, and loses its pool."""
    house.chain.save()


def fall_back(house: House) -> None:
    """The chain loses what it has not written."""
    house.chain.kill()
    house.chain.start()


def reorganise(house: House) -> None:
    """The newest block is replaced by an empty one."""
    house.chain.mine(2)
    house.chain.rpc("anvil_reorg", 1, [])


COMMON: list[Callable[[House], None]] = [trade, trade_elsewhere, work, work, work, mine, mine, look]
RARE: list[Callable[[House], None]] = [admit, change_registry, die, save, fall_back, reorganise]


@pytest.mark.parametrize("seed", range(6))
def test_any_sequence_of_faults_leaves_a_whole_log(
    any_house: House, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RECONCILE_SECONDS", 1000.0)  # only when its turn comes
    random = Random(seed)
    any_house.tell(an_admission(), *an_opening(10_000), *an_opening(10_000, line=OTHER_LINE, site=HAMBURG))
    for _ in range(ACTIONS):
        random.choice(random.choice((COMMON, COMMON, RARE)))(any_house)
    monkeypatch.setattr(worker, "RESEND_SECONDS", 0.0)
    any_house.settle()
    assert check_ledger(any_house) > 9
