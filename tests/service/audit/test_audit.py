"""``cangsu audit``: sound where nothing was touched, and every single place where something was."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from service.cli import app
from service.flow.audit import ChangedError
from service.store.database import writing
from tests.service.check_ledger import audit
from tests.service.house import PASSPHRASE, House
from tests.service.market import an_admission, an_event, an_opening

pytestmark = pytest.mark.chain

LOT = "(SELECT lot FROM lot WHERE line IS NOT NULL)"
OTHER_HASH = f"UPDATE tile SET hashes = CAST(x'{'ee' * 32}' || substr(hashes, 33) AS BLOB) WHERE level = "
TAMPERED = {
    "a segment": ("UPDATE segment SET party = 5 WHERE first_leaf = (SELECT max(first_leaf) FROM segment)", "store"),
    "a time": ("UPDATE segment SET block_time = block_time + 1 WHERE party = 4", "store"),
    "a lost segment": ("DELETE FROM segment WHERE first_leaf = 3", "store"),
    "a run": (f"UPDATE run SET head = x'{'ee' * 32}' WHERE lot = {LOT}", "store"),
    "a leaf": (OTHER_HASH + "0", "store"),
    "a body": (
        "UPDATE event SET body = CAST(replace(CAST(body AS TEXT), '2026-', '2025-') AS BLOB) WHERE seq = 2",
        "store",
    ),
    "details": ("UPDATE event SET disclosures = (SELECT disclosures FROM event WHERE seq = 1) WHERE seq = 2", "store"),
    "a sender": ("UPDATE event SET party = 5 WHERE seq = 3", "store"),
    "a lost event": ("DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)", "store"),
    "an entry": ("UPDATE registry_entry SET entry = replace(entry, 'PARTY', 'SITE')", "store"),
    "a lost entry": ("DELETE FROM registry_entry WHERE position = 0", "store"),
    "an owner": ("UPDATE lot SET owner = 11 WHERE line IS NOT NULL", "store"),
    "pieces": (f"UPDATE account SET word = x'{'00' * 31}01'", "store"),
    "a lost lot": ("DELETE FROM lot WHERE line IS NOT NULL", "store"),
}


@pytest.fixture
def settled(any_house: House) -> House:
    return open_trade(any_house)


def open_trade(house: House) -> House:
    house.tell(an_admission(), *an_opening(100), an_event("HOLD", 1))
    house.settle()
    return house


def sql(house: House, statement: str) -> None:
    with writing(house.runtime.engine) as connection:
        assert connection.execute(text(statement)).rowcount, statement


def run(house: House, *arguments: str) -> Any:
    settings = house.settings
    environment = {"CANGSU_VAR": str(settings.var), "CANGSU_RPC_URL": settings.rpc_url, "CANGSU_PASSPHRASE": PASSPHRASE}
    return CliRunner().invoke(app, ["audit", *arguments], env=environment)


def test_a_house_that_nobody_touched_is_sound(settled: House) -> None:
    report = audit(settled)
    assert (report.findings, report.notes) == ([], [])
    assert report.leaves == report.events == settled.counts()["tree_size"]
    assert report.block_number == settled.chain.height()


def test_what_is_accepted_and_under_way_is_no_fault(settled: House) -> None:
    settled.tell(an_event("HOLD", 2))
    assert audit(settled).is_sound
    settled.worker.step()
    settled.chain.mine()  # mined, and not read yet
    report = audit(settled)
    assert report.is_sound
    assert report.leaves == settled.counts()["tree_size"] + 1


def test_erased_details_are_no_fault(settled: House) -> None:
    sql(settled, "UPDATE event SET disclosures = NULL WHERE seq = 2")
    assert audit(settled).is_sound


@pytest.mark.parametrize("case", TAMPERED)
def test_whatever_is_changed_in_the_store_is_found(house: House, case: str) -> None:
    statement, part = TAMPERED[case]
    sql(open_trade(house), statement)
    report = audit(house)
    assert part in {finding.part for finding in report.findings}


def test_a_tree_of_many_tiles_is_compared_at_every_level(house: House) -> None:
    open_trade(house)
    for _ in range(3):
        house.tell(*(an_event(kind, 1) for kind in ("HOLD", "RELEASE") for _ in range(90)))
    house.settle()
    report = audit(house)
    assert report.is_sound, report
    assert report.leaves > 512
    sql(house, OTHER_HASH + "1")
    assert "another tree above" in audit(house).findings[0].detail


def test_the_command_says_what_it_found(house: House, tmp_path: Path) -> None:
    open_trade(house)
    answer = run(house)
    assert (answer.exit_code, answer.stdout.splitlines()[0].startswith("sound at block ")) == (0, True)
    found = json.loads(run(house, "--json").stdout)
    assert (found["sound"], found["findings"], found["leaves"]) == (True, [], house.counts()["tree_size"])
    sql(house, TAMPERED["a sender"][0])
    answer = run(house)
    assert (answer.exit_code, "NOT SOUND" in answer.stdout, "is not its leaf" in answer.stdout) == (1, True, True)
    assert json.loads(run(house, "--json").stdout)["findings"][0]["part"] == "store"
    (tmp_path / "none").write_text("none")
    assert run(house, "--checkpoint", str(tmp_path / "none")).exit_code == 2
    house.chain.kill()
    answer = run(house)
    assert (answer.exit_code, "could not be checked" in answer.stderr) == (2, True)


def test_a_chain_that_changes_meanwhile_is_not_judged(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    open_trade(house)
    chain = house.runtime.chain
    read: Callable[..., Any] = chain.tree_head

    def meanwhile(*arguments: Any) -> Any:
        found = read(*arguments)
        house.chain.rpc("anvil_rollback", 1)
        house.chain.rpc("evm_setNextBlockTimestamp", 4_000_000_000)
        house.chain.mine()
        return found

    monkeypatch.setattr(chain, "tree_head", meanwhile)
    with pytest.raises(ChangedError):
        audit(house)
