"""Registry books are written by the registrar on chain and by owners through us: both find their place."""

from collections.abc import Callable
from typing import Any

import pytest

from service.flow.ports import RegistryTx
from service.flow.register import RegistryError
from service.members import NEVER, Party, register
from tests.service.check_ledger import check_ledger
from tests.service.faults.registrar import act_as_registrar, change_registry, registrar_of
from tests.service.house import House, statuses
from tests.service.market import (
    EXPORTER,
    HANSA,
    OTHER_PLATFORM,
    PLATFORM,
    TAX,
    a_sale,
    an_admission,
    an_event,
    an_opening,
)
from verifier.kinds import Role
from verifier.record import registry_book
from verifier.registry import KeyType

pytestmark = pytest.mark.chain
NEW_PARTY, NEW_SITE = 50, 9


def positions(house: House, party: int = EXPORTER) -> list[int]:
    """Where the party's own events stand in its registry book."""
    with house.trails.trail() as trail:
        return [event.position for event in trail.events_of(registry_book(party))]


def own_book(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "lot"}


def test_an_admission_stands_behind_what_the_registrar_wrote(any_house: House) -> None:
    any_house.tell(own_book(an_admission()))
    assert positions(any_house) == [2]  # behind PARTY and KEY
    any_house.settle()
    assert check_ledger(any_house) == 1


def test_an_admission_counts_at_once(house: House) -> None:
    house.tell(*an_opening(5), ship := an_event("SHIP", 2))
    assert statuses(house.post(PLATFORM, a_sale(ship, 1))) == ["refused"]
    house.tell(an_admission())
    assert statuses(house.post(PLATFORM, a_sale(ship, 1))) == ["accepted"]
    house.tell(an_event("ADMIT_END", site=PLATFORM))
    assert statuses(house.post(PLATFORM, a_sale(ship, 1))) == ["refused"]
    house.settle()
    assert check_ledger(house) == 8


def raise_role(house: House) -> None:
    act_as_registrar(house, "setParty", [EXPORTER, int(Role.EXPORTER | Role.BILLER)])


ORDERS: dict[str, list[Callable[[House], None]]] = {
    "accepted, then written": [raise_role],
    "sealed, then written": [House.step, raise_role],
    "sent, then written before it": [lambda house: house.step(mine=False), raise_role],
    "anchored, then written": [House.settle, raise_role],
    "written twice": [raise_role, lambda house: house.chain.mine(), raise_role],
}


@pytest.mark.parametrize("order", ORDERS)
def test_the_registrar_writes_into_a_book_in_which_an_admission_is_under_way(any_house: House, order: str) -> None:
    any_house.tell(an_admission(), an_admission(OTHER_PLATFORM))
    for act in ORDERS[order]:
        act(any_house)
    any_house.chain.mine()
    any_house.settle()
    any_house.tell(an_event("ADMIT_END", site=PLATFORM))
    any_house.settle()
    assert check_ledger(any_house) == 3


def test_a_new_party_can_act_as_soon_as_it_is_registered(any_house: House) -> None:
    with any_house.running():
        register(any_house.runtime, [Party(NEW_PARTY, "Newcomer", Role.OPERATOR, ((NEW_SITE, "New site"),))])
    any_house.tell(*an_opening(10)[:2], an_event("ASN", 10, site=NEW_SITE))
    assert statuses(any_house.post(NEW_PARTY, an_event("RECEIVE", 10, site=NEW_SITE))) == ["accepted"]
    any_house.settle()
    assert check_ledger(any_house) == 4


def test_registering_again_only_gives_another_api_key(house: House) -> None:
    before = house.runtime.chain.tree_head()
    keys = register(house.runtime, [Party(HANSA, "Hansa", Role.OPERATOR)])
    assert keys[HANSA] != house.api_keys[HANSA]
    assert house.runtime.chain.tree_head() == before


def test_registering_in_the_middle_of_trade_disturbs_no_batch(any_house: House) -> None:
    any_house.tell(an_admission(), *an_opening(100))
    with any_house.running():
        for number in range(5):
            ship = an_event("SHIP", 2)
            any_house.tell(ship, a_sale(ship), an_event("TAX_STATE"))
            change_registry(any_house, ("setParty", [NEW_PARTY + number, int(Role.CARRIER)]))
    any_house.settle()
    assert check_ledger(any_house) == 20
    with any_house.runtime.logs.view() as log:
        last = log.last_batch()
    assert last is not None
    assert last.tx_nonce + 1 == last.number, "a batch was refused on the way"


def test_a_refused_change_tells_the_contracts_reason(any_house: House) -> None:
    with any_house.running(), pytest.raises(RegistryError, match="openSite: PartiesSiteTaken"):
        change_registry(any_house, ("openSite", [1, HANSA]), ("setParty", [NEW_PARTY, int(Role.TAX)]))
    any_house.settle()
    with any_house.trails.trail() as trail:
        assert NEW_PARTY in trail.parties()


def save_a_change(house: House) -> bytes:
    """A change that is signed and saved by somebody who did not wait for it; its hash."""
    account, chain = registrar_of(house), house.runtime.chain
    nonce = chain.transaction_count(account.address)
    raw_tx, tx_hash = chain.sign_call(account, "setParty", [NEW_PARTY, 2], tx_nonce=nonce)
    with house.runtime.logs.log() as log:
        log.save_registry_txs([RegistryTx(tx_hash, raw_tx)], 1)
    return tx_hash


def test_a_change_that_nobody_waits_for_is_carried_out(any_house: House) -> None:
    save_a_change(any_house)
    any_house.tell(*an_opening(5))
    any_house.settle()
    assert check_ledger(any_house) == 4
    with any_house.trails.trail() as trail:
        assert NEW_PARTY in trail.parties()


def test_changes_come_one_at_a_time(house: House) -> None:
    save_a_change(house)
    with pytest.raises(RegistryError, match="another change is under way"):
        change_registry(house, ("setParty", [NEW_PARTY, 4]))
    house.settle()
    with house.running():
        change_registry(house, ("setParty", [NEW_PARTY, 4]))


def test_a_change_whose_nonce_was_taken_does_not_stop_the_log(house: House) -> None:
    act_as_registrar(house, "setParty", [NEW_PARTY, 4])
    tx_hash = save_a_change(house)
    house.chain.mine()
    house.tell(*an_opening(5))
    house.settle()
    assert check_ledger(house) == 4
    with house.runtime.logs.view() as log:
        assert log.registry_tx_outcome(tx_hash) == "another transaction of the registrar took its nonce"


def test_a_key_that_was_ended_signs_no_more(house: House) -> None:
    key_id = bytes(12) + house.runtime.keyring.address(f"party-{TAX}")
    with house.running():
        change_registry(house, ("endKey", [key_id]))
        with pytest.raises(RegistryError, match="PartiesKeyTaken"):
            change_registry(house, ("addKey", [TAX, int(KeyType.BATCH), key_id, 0, NEVER, True, b""]))
