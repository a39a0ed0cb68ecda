"""A chain that is rewritten behind the service's back, and everybody who must notice: auditor, verifier, witness.

What a witness does in these cases stands in ``tests/service/witnesses/test_rewritten.py``; that the gate refuses the
methods in ``tests/service/gate``.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.client.witness import ForkError
from service.store.database import writing
from service.store.witnesses import SqlWitnesses
from tests.service.api.caller import open_api
from tests.service.audit.test_audit import run
from tests.service.check_ledger import audit
from tests.service.house import House, Template
from tests.service.market import EXPORTER, an_admission, an_event, an_opening
from tests.service.witnesses.conftest import NAME, Watch, watch
from verifier.chain import Node, NodeView
from verifier.checkpoint import CheckpointView, parse_note
from verifier.contract import TREE_ROOT_SLOT, history_slots
from verifier.policy import Policy
from verifier.record import lot_from_hex
from verifier.report import Report
from verifier.steps import verify
from verifier.view import ChainView
from verifier.witnesses import WitnessPolicy, judge_checkpoint

pytestmark = pytest.mark.chain


@pytest.fixture
def watched(house: House, tmp_path: Path) -> Iterator[Watch]:
    """100 pieces on hand and on chain, one of them on hold; a bank watches."""
    house.tell(an_admission(), *an_opening(100), an_event("HOLD", 1))
    house.settle()
    with open_api(house) as api:
        yield watch(api, tmp_path / "witness")


@pytest.fixture
def twin(template: Template, tmp_path: Path) -> Iterator[House]:
    """The chain begun anew from an older state, and whoever holds the keys records something else: 90 pieces."""
    built = template.build(tmp_path / "twin")
    built.tell(an_admission(), *an_opening(90), an_event("HOLD", 1))
    built.settle()
    yield built
    built.close()


def overwrite(house: House, slot: int, value: bytes) -> None:
    contract = "0x" + house.runtime.log.domain.contract.hex()
    house.chain.rpc("anvil_setStorageAt", contract, f"0x{slot:064x}", "0x" + value.hex())


def check(house: House, credential: str, view: ChainView) -> Report:
    return verify(credential.encode(), Policy(int(time.time()), log=house.runtime.pin), view)


def cosigned(watched: Watch, block: int | None = None) -> str:
    return watched.api.client.get("/v1/checkpoint", params={} if block is None else {"block": block}).text


def by_policy(watched: Watch, note: str) -> CheckpointView:
    """A reader that trusts the bank's witness and has no node."""
    policy = f"log {watched.log_key.to_text()}\nwitness bank {watched.key.public.to_text()}\nquorum bank\n"
    return judge_checkpoint(*parse_note(note), WitnessPolicy.from_text(policy))


def test_an_overwritten_history_is_caught_by_everybody(watched: Watch) -> None:
    house = watched.house
    before = watched.api.issue(EXPORTER).json()["credential"]
    watched.round()
    note = cosigned(watched)
    lot = lot_from_hex(house.post(4, an_event("HOLD", 1))[0]["lot"])
    house.settle()
    overwrite(house, history_slots(lot)[0], b"\xee" * 32)
    house.tell(an_admission(party=5))
    house.settle()
    with pytest.raises(ForkError, match="another history"):
        watched.round()
    answer = run(house)
    assert answer.exit_code == 1
    assert f"contract: the contract holds another history of {lot:016x}" in answer.stdout
    # The service does not issue what its own verifier refuses. What was anchored before stays true, and verifies.
    refused = watched.api.issue(EXPORTER)
    assert refused.status_code != 201
    assert check(house, before, by_policy(watched, note)).answer == "valid"
    # The newest block has no cosignature: from it nobody can be told anything.
    assert check(house, before, by_policy(watched, cosigned(watched))).answer == "cannot_tell"


def test_an_overwritten_tree_head_is_caught_by_everybody(watched: Watch) -> None:
    house = watched.house
    credential = watched.api.issue(EXPORTER).json()["credential"]
    overwrite(house, TREE_ROOT_SLOT, b"\xee" * 32)
    house.chain.mine()
    report = audit(house)
    assert {finding.part for finding in report.findings} == {"contract"}
    assert "another tree head" in report.findings[0].detail
    with pytest.raises(ForkError, match="another tree head"):
        watched.round()
    assert check(house, credential, NodeView(Node(house.chain.url))).answer == "invalid"
    # Nobody cosigned that block, so a reader without a node is told nothing.
    assert check(house, credential, by_policy(watched, cosigned(watched))).answer == "cannot_tell"


def test_code_that_was_exchanged_is_found(watched: Watch) -> None:
    contract = "0x" + watched.house.runtime.log.domain.contract.hex()
    watched.house.chain.rpc("anvil_setCode", contract, "0x60006000fd")
    watched.house.chain.mine()
    assert audit(watched.house).findings[0].detail == "the contract does not run the pinned code of this log"


def test_a_second_history_under_the_same_service_is_found(watched: Watch, twin: House, tmp_path: Path) -> None:
    """The node was exchanged, and the service's store still tells what was."""
    watched.round()
    chain = type(watched.house.runtime.chain)(twin.chain.url, watched.house.runtime.log.domain.contract)
    watched.house.runtime.__dict__["chain"] = chain
    parts = {finding.part for finding in audit(watched.house).findings}
    assert {"chain", "store", "checkpoint"} <= parts


def test_store_and_chain_rewritten_together_are_caught_by_what_was_cosigned(
    watched: Watch, twin: House, tmp_path: Path
) -> None:
    watched.round()
    note = cosigned(watched)
    kept, _ = parse_note(note)
    (tmp_path / "checkpoint").write_text(note, "utf-8")
    assert run(watched.house, "--checkpoint", str(tmp_path / "checkpoint")).exit_code == 0
    with open_api(twin) as api:
        forged = api.issue(EXPORTER).json()["credential"]
        with pytest.raises(ForkError):
            watch(api, watched.folder).round()
    # Whoever asks the rewritten chain alone believes it: chain and store agree, down to the last byte.
    assert run(twin).exit_code == 0
    assert check(twin, forged, NodeView(Node(twin.chain.url))).answer == "valid"
    # The same size, another root: a contradiction to what was kept or cosigned, so the credential is invalid.
    for view in (CheckpointView(kept), by_policy(watched, note)):
        assert check(twin, forged, view).answer == "invalid"
    answer = run(twin, "--checkpoint", str(tmp_path / "checkpoint"))
    assert (answer.exit_code, "checkpoint that you gave is of another tree" in answer.stdout) == (1, True)
    with writing(twin.runtime.engine) as connection:  # cosignatures that were left in the table tell as much
        SqlWitnesses(connection).save_cosignatures(kept, parse_note(note)[1][-1:])
    assert f"the checkpoint that {NAME} cosigned is of another tree" in run(twin).stdout


def test_a_second_history_that_is_of_another_size_cannot_be_told_by_one_checkpoint(watched: Watch, twin: House) -> None:
    """Neither its block nor its size is that of the checkpoint: nothing contradicts, and nothing is shown."""
    watched.round()
    kept, _ = parse_note(cosigned(watched))
    twin.chain.mine(5)
    twin.tell(an_event("HOLD", 1))
    twin.settle()
    with open_api(twin) as api:
        forged = api.issue(EXPORTER).json()["credential"]
    assert check(twin, forged, CheckpointView(kept)).answer == "cannot_tell"
    assert not audit(twin, kept).is_sound


def test_a_chain_that_lost_leaves_is_found_until_the_worker_has_sent_them_again(watched: Watch) -> None:
    house = watched.house
    house.chain.save()
    house.tell(an_event("HOLD", 1))
    house.settle()
    watched.round()
    house.chain.kill()
    house.chain.start()
    parts = [finding.part for finding in audit(house).findings]
    assert {"chain", "checkpoint"} <= set(parts)
    house.chain.mine(3)
    house.settle()
    report = audit(house)
    assert report.is_sound
    assert "no longer has block" in report.notes[0]
