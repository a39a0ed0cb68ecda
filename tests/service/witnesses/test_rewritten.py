"""A chain that is rewritten behind everybody's back: who notices, and what is left as evidence."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.client.witness import ForkError, NotCheckedError
from tests.service.api.caller import open_api
from tests.service.house import House, Template
from tests.service.market import an_admission, an_event, an_opening
from tests.service.witnesses.conftest import Watch, watch
from verifier.contract import history_slots
from verifier.record import lot_from_hex

pytestmark = pytest.mark.chain


def overwrite(house: House, slot: int, value: bytes) -> None:
    """What only whoever runs the node can do."""
    contract = "0x" + house.runtime.log.domain.contract.hex()
    house.chain.rpc("anvil_setStorageAt", contract, f"0x{slot:064x}", "0x" + value.hex())


@pytest.fixture
def twin(template: Template, tmp_path: Path) -> Iterator[House]:
    """The same log, keys and all, at the moment at which the watched one began: a second history of it."""
    built = template.build(tmp_path / "twin")
    yield built
    built.close()


def test_a_history_that_was_overwritten_in_the_contract_is_noticed_though_its_lot_does_not_move(watched: Watch) -> None:
    watched.round()
    lot = lot_from_hex(watched.house.post(4, an_event("HOLD", 1))[0]["lot"])
    watched.house.settle()
    watched.round()
    overwrite(watched.house, history_slots(lot)[0], b"\xee" * 32)
    watched.house.tell(an_admission(party=5))  # somebody else's event, in a book
    watched.house.settle()
    with pytest.raises(ForkError, match=f"another history of {lot:016x}"):
        watched.round()
    assert "shown now" in watched.evidence()[0]


def test_a_second_history_of_the_log_is_a_fork(watched: Watch, twin: House) -> None:
    """The chain begins anew from an older state and records something else, with the service's own keys."""
    cosigned = watched.round().checkpoint
    twin.tell(an_admission(), *an_opening(90))
    twin.settle()
    twin.tell(an_event("HOLD", 1))
    twin.settle()
    with open_api(twin) as api:
        forked = watch(api, watched.folder)
        with pytest.raises(ForkError, match=f"no longer has block {cosigned.block_number}"):
            forked.round()
        with pytest.raises(ForkError, match="does not continue what was cosigned"):
            forked.round(accepts_new_blocks=True)
    assert [text.count("block ") >= 2 for text in watched.evidence()] == [True, True]


def test_a_second_history_of_the_same_length_is_a_fork(watched: Watch, twin: House) -> None:
    watched.round()
    twin.tell(an_admission(), *an_opening(90))
    twin.settle()
    with open_api(twin) as api, pytest.raises(ForkError, match="shows another tree of"):
        watch(api, watched.folder).round(accepts_new_blocks=True)


def test_a_chain_that_was_restarted_with_the_same_records_is_accepted_by_name_only(watched: Watch) -> None:
    """What the embedded chain does after a power cut: blocks are lost, and the service sends the same batches again."""
    house = watched.house
    house.chain.save()
    house.tell(an_event("HOLD", 1))
    house.settle()
    before = watched.round().checkpoint
    house.chain.kill()
    house.chain.start()
    house.chain.mine(3)
    house.settle()
    with pytest.raises(ForkError, match=f"no longer has block {before.block_number}"):
        watched.round()
    house.tell(an_event("HOLD", 2))
    house.settle()
    after = watched.round(accepts_new_blocks=True)
    assert after.checkpoint.tree_size == before.tree_size + 1
    assert not watched.round().is_new


def test_a_node_that_disagrees_with_the_log_about_a_block_is_not_a_fork_yet(watched: Watch, twin: House) -> None:
    """It may be a reorganisation under way: the next round tells."""
    watched.house.tell(an_event("HOLD", 1))
    watched.house.settle()
    twin.chain.mine(200)
    witness = watched.open()
    witness._node = type(witness._node)(twin.chain.url)
    with pytest.raises(NotCheckedError, match="does not have block"):
        witness.round()
