"""A witness: what it cosigns, what it keeps, and every way in which it does not cosign."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import delete
from typer.testing import CliRunner

from service.cli import app
from service.client.client import ClientError
from service.client.kept_log import KeptLog, KeptLogError, Pinned, Replay
from service.client.key import WitnessKey
from service.client.witness import ForkError, NotCheckedError, Witness
from service.store import witness_schema
from service.store.database import writing
from tests.service.house import PASSPHRASE, House
from tests.service.market import EXPORTER, an_event
from tests.service.witnesses.conftest import NAME, Watch
from verifier.chain import Node
from verifier.checkpoint import parse_note
from verifier.merkle import tree_head
from verifier.record import ENTRY_BYTES, history_head, leaf_hash
from verifier.signed_note import VerifierKey, find_signed

pytestmark = pytest.mark.chain

Change = Callable[[httpx.Request, httpx.Response], Any]


def grow(watched: Watch, pieces: int = 1) -> None:
    watched.house.tell(an_event("HOLD", pieces))
    watched.house.settle()


def cosigners(watched: Watch, block: int | None = None) -> list[str]:
    answer = watched.api.client.get("/v1/checkpoint", params={} if block is None else {"block": block})
    checkpoint, signatures = parse_note(answer.text)
    return [key.name for key in find_signed([watched.key.public], checkpoint.body(), signatures)]


def lying(watched: Watch, change: Change) -> Witness:
    """The witness, behind somebody who changes what the service answers."""
    api = watched.api

    def handle(request: httpx.Request) -> httpx.Response:
        answer = api.client.request(
            request.method, str(request.url.copy_with(scheme="http", host="testserver")), content=request.content
        )
        return change(request, answer) or answer

    witness = watched.open()
    http = httpx.Client(transport=httpx.MockTransport(handle), base_url="http://service", headers=api.client.headers)
    return Witness(witness._kept, watched.key, Node(watched.house.chain.url), http)


def test_it_cosigns_what_it_has_replayed_and_goes_on_from_there(watched: Watch) -> None:
    first = watched.round()
    assert (first.is_new, cosigners(watched)) == (True, [NAME])
    assert watched.round().is_new is False
    grow(watched)
    second = watched.round()
    assert (second.is_new, second.checkpoint.tree_size) == (True, first.checkpoint.tree_size + 1)
    kept = KeptLog.load(watched.folder)
    assert (kept.checkpoint, kept.replay.root()) == (second.checkpoint, second.checkpoint.root)
    _, signatures = parse_note(kept.note)
    keys = [watched.log_key, watched.key.public]
    assert find_signed(keys, second.checkpoint.body(), signatures).keys() == set(keys)
    assert not watched.evidence()


def test_it_cosigns_the_blocks_at_which_credentials_are_anchored(watched: Watch) -> None:
    assert watched.api.issue(EXPORTER).status_code == 201
    block = parse_note(watched.api.client.get("/v1/checkpoint").text)[0].block_number
    grow(watched)
    assert watched.round().blocks == (block,)
    assert cosigners(watched, block) == [NAME]
    assert watched.round().blocks == ()


def test_a_cosignature_whose_answer_was_lost_is_handed_out_again(watched: Watch) -> None:
    def lose(request: httpx.Request, answer: httpx.Response) -> httpx.Response | None:
        return httpx.Response(502) if request.url.path.endswith("cosignatures") else None

    with pytest.raises(ClientError):
        lying(watched, lose).round()
    with writing(watched.house.runtime.engine) as connection:  # it did not arrive either
        connection.execute(delete(witness_schema.cosignature))
    assert watched.round().is_new is False
    assert cosigners(watched) == [NAME]


def test_a_crash_between_entries_and_checkpoint_is_undone(watched: Watch) -> None:
    watched.round()
    with (watched.folder / "entries").open("ab") as file:
        file.write(b"half of what was to come")
    grow(watched)
    assert watched.round().is_new
    size = KeptLog.load(watched.folder).replay.size
    assert (watched.folder / "entries").stat().st_size == size * ENTRY_BYTES


@pytest.mark.parametrize("place", [0, 60, -1])
def test_a_folder_that_was_changed_is_not_gone_on_with(watched: Watch, place: int) -> None:
    watched.round()
    entries = bytearray((watched.folder / "entries").read_bytes())
    entries[place] ^= 1
    (watched.folder / "entries").write_bytes(entries)
    with pytest.raises(KeptLogError):
        watched.open()
    (watched.folder / "entries").write_bytes(entries[:-1])
    with pytest.raises(KeptLogError):
        watched.open()
    (watched.folder / "log.json").write_text("{}")
    with pytest.raises(KeptLogError):
        watched.open()


def test_a_folder_watches_one_log(watched: Watch) -> None:
    with pytest.raises(KeptLogError):
        KeptLog.create(watched.folder, Pinned("", watched.log_key, NAME))


def test_a_replay_is_that_of_the_definitions() -> None:
    entries = [bytes(7) + bytes([lot]) + bytes([number]) * 44 for number, lot in enumerate([1, 2, 1, 1, 3])]
    replay = Replay()
    assert replay.extend(b"".join(entries[:2])) == {1, 2}
    before = replay.copy()
    assert replay.extend(b"".join(entries[2:])) == {1, 3}
    leaves = [leaf_hash(entry) for entry in entries]
    assert (replay.size, replay.root()) == (5, tree_head(leaves))
    assert replay.histories[1].head == history_head([leaves[0], leaves[2], leaves[3]])
    assert (before.size, before.histories.keys(), before.histories[1].length) == (2, {1, 2}, 1)


# -- what is not cosigned


def test_records_that_do_not_lead_to_the_signed_head_are_a_fork(watched: Watch) -> None:
    def change(request: httpx.Request, answer: httpx.Response) -> httpx.Response | None:
        if not request.url.path.endswith("entries"):
            return None
        content = bytearray(answer.content)
        content[100] ^= 1
        return httpx.Response(200, content=bytes(content))

    with pytest.raises(ForkError, match="do not lead to the tree head"):
        lying(watched, change).round()
    assert cosigners(watched) == []
    assert len(watched.evidence()) == 1


def test_growth_without_a_proof_of_consistency_is_a_fork(watched: Watch) -> None:
    watched.round()
    grow(watched)
    grow(watched)

    def change(request: httpx.Request, answer: httpx.Response) -> httpx.Response | None:
        return httpx.Response(200, json={"proof": []}) if request.url.path.endswith("consistency") else None

    with pytest.raises(ForkError, match="does not continue"):
        lying(watched, change).round()
    assert cosigners(watched) == []
    (evidence,) = watched.evidence()
    assert KeptLog.load(watched.folder).note in evidence  # both signed notes


@pytest.mark.parametrize(
    "change",
    [
        lambda request, answer: httpx.Response(200, text="no note"),
        lambda request, answer: httpx.Response(200, text=answer.text.partition("\n\n")[0] + "\n"),
        lambda request, answer: httpx.Response(200, text=answer.text.replace("block ", "block 1")),
        lambda request, answer: httpx.Response(200, text=answer.text.replace("cangsu.example/", "other.example/", 1)),
    ],
)
def test_what_the_log_has_not_signed_is_not_cosigned_and_no_fork(watched: Watch, change: Change) -> None:
    def only_notes(request: httpx.Request, answer: httpx.Response) -> httpx.Response | None:
        return change(request, answer) if request.url.path == "/v1/checkpoint" else None

    with pytest.raises(NotCheckedError):
        lying(watched, only_notes).round()
    assert not watched.evidence()


def test_entries_that_do_not_come_are_no_fork(watched: Watch) -> None:
    def empty(request: httpx.Request, answer: httpx.Response) -> httpx.Response | None:
        return httpx.Response(200, content=b"") if request.url.path.endswith("entries") else None

    with pytest.raises(NotCheckedError):
        lying(watched, empty).round()


def test_an_outage_is_no_fork(watched: Watch) -> None:
    witness = watched.open()
    away = Witness(witness._kept, watched.key, Node("http://127.0.0.1:1"), watched.api.client)
    with pytest.raises(NotCheckedError, match="connection refused"):
        away.round()
    nobody = httpx.Client(base_url="http://127.0.0.1:1")
    with pytest.raises(ClientError):
        Witness(witness._kept, watched.key, Node(watched.house.chain.url), nobody).round()
    assert not watched.evidence()


# -- the commands


def run(house: House, folder: Path, *arguments: str) -> Any:
    settings = house.settings
    environment = {"CANGSU_VAR": str(settings.var), "CANGSU_RPC_URL": settings.rpc_url, "CANGSU_PASSPHRASE": PASSPHRASE}
    environment |= {"CANGSU_WITNESS": str(folder), "CANGSU_KEY_PASSPHRASE": "of the witness", "CANGSU_API_KEY": "none"}
    return CliRunner().invoke(app, ["witness", *arguments], env=environment)


def test_the_commands_of_an_office_and_of_a_witness(house: House, tmp_path: Path) -> None:
    log_key = run(house, tmp_path, "log-key").stdout.strip()
    assert VerifierKey.from_text(log_key) == house.runtime.note_key
    url = "http://127.0.0.1:1"
    made = run(house, tmp_path / "w", "init", url, NAME, "--log-key", log_key)
    assert made.exit_code == 0, made.output
    assert WitnessKey.load(NAME, tmp_path / "w" / "key.json", "of the witness").public.to_text() == made.stdout.strip()
    assert run(house, tmp_path / "w", "init", url, NAME, "--log-key", log_key).exit_code == 1
    assert run(house, tmp_path / "v", "init", url, "a name", "--log-key", log_key).exit_code == 2
    assert run(house, tmp_path / "v", "init", url, NAME).exit_code == 1  # nobody answers
    assert run(house, tmp_path, "add", made.stdout.strip()).exit_code == 0
    assert run(house, tmp_path, "list").stdout == f"witness {NAME} {made.stdout}"
    assert run(house, tmp_path, "add", "nonsense").exit_code == 2
    assert run(house, tmp_path, "end", NAME).exit_code == 0
    assert run(house, tmp_path, "end", NAME).exit_code == 1
    answer = run(house, tmp_path / "w", "run", "--rpc", house.chain.url, "--once")
    assert (answer.exit_code, "could not be checked" in answer.stderr) == (2, True)
