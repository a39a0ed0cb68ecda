"""Cutting a credential: less is shown, nothing is forged, and what can no longer be told is not called false."""

import io
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from scripts.story_expected import LINE_A, LINE_B
from service.flow.issue import UnrecordedView
from tests.verifier.claims.story_world import StoryWorld, take_sales
from tests.verifier.credential_factory import CredentialFactory, Issued, bind
from verifier import __main__ as command
from verifier.chain import NodeView
from verifier.claims.audience import Audience
from verifier.claims.kinds import EXCHANGE_COLLECTION
from verifier.disclose import Cut, disclose
from verifier.errors import HolderError, MalformedError, VerificationError
from verifier.es256 import Jwk
from verifier.event import GROUPS
from verifier.report import Answer, Outcome, Report


def groups_shown(report: Report) -> set[tuple[str, str]]:
    assert report.statement is not None
    return {(shown.kind, shown.group) for shown in report.statement.shown}


def test_only_what_is_named_is_left(factory: CredentialFactory, story: Issued) -> None:
    presented = disclose(story.data, Cut(only=frozenset({"document", "goods"})))
    report = factory.judge(presented.text.encode())
    assert report.answer is Answer.VALID
    assert {group for _, group in groups_shown(report)} == {"document", "goods"}
    assert (presented.kept, presented.shown) == (2 * len(story.payload["events"]), len(story.disclosures))


def test_what_is_dropped_is_gone(factory: CredentialFactory, story: Issued) -> None:
    presented = disclose(story.data, Cut(drop=frozenset({"person", "money"})))
    report = factory.judge(presented.text.encode())
    assert {group for _, group in groups_shown(report)} == set(GROUPS) - {"person", "money"}
    assert not any(text in presented.text for text in story.disclosures if text not in presented.text.split("~"))


def test_a_cut_of_some_kinds_leaves_the_others(factory: CredentialFactory, story: Issued) -> None:
    presented = disclose(story.data, Cut(only=frozenset(), kinds=frozenset({"SALE", "SHIP"})))
    shown = {kind for kind, _ in groups_shown(factory.judge(presented.text.encode()))}
    kinds = {event["kind"] for event in story.payload["events"]}
    assert shown == kinds - {"SALE", "SHIP", "SHIP_REVERSAL"}


def test_a_credential_can_be_cut_twice_and_to_nothing(factory: CredentialFactory, story: Issued) -> None:
    once = disclose(story.data, Cut(drop=frozenset({"money"})))
    twice = disclose(once.text.encode(), Cut(only=frozenset()))
    assert twice.text == story.text.split("~")[0] + "~"
    assert factory.judge(twice.text.encode()).answer is Answer.VALID


def test_a_key_binding_is_never_carried_over(factory: CredentialFactory, small_lot: int) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    issued = factory.issue(small_lot, holder=Jwk.from_key(key.public_key()))
    bound = bind(issued.text, key, audience="bank", nonce="n1", issued_at=1)
    with pytest.raises(HolderError):
        disclose(bound.encode(), Cut(drop=frozenset({"person"})))
    cut = disclose(issued.data, Cut(drop=frozenset({"person"}))).text
    again = bind(cut, key, audience="bank", nonce="n1", issued_at=1).encode()
    assert factory.judge(again, audience="bank", nonce="n1").answer is Answer.VALID


def test_what_was_not_sealed_cannot_be_cut_in(story: Issued, small: Issued) -> None:
    foreign = small.text + story.disclosures[0] + "~"
    with pytest.raises(VerificationError):
        disclose(foreign.encode(), Cut(drop=frozenset({"person"})))


@pytest.mark.parametrize(
    "cut", [{"drop": frozenset({"cost"})}, {"only": frozenset({"SALE"})}, {"kinds": frozenset({"X"})}]
)
def test_a_name_that_nothing_has_is_refused(cut: dict[str, frozenset[str]]) -> None:
    with pytest.raises(MalformedError):
        Cut(**cut)


@pytest.fixture(scope="module")
def told(chain_url: str) -> StoryWorld:
    return StoryWorld(chain_url)


@pytest.fixture(scope="module")
def collection(told: StoryWorld) -> Issued:
    histories = [told.lots[LINE_A], told.lots[LINE_B], told.book]
    return told.issue(EXCHANGE_COLLECTION, histories, Audience.BANK, take=take_sales)


@pytest.mark.parametrize("group", ["document", "goods", "logistics", "money", "order"])
def test_a_figure_that_needs_what_was_cut_cannot_be_told(told: StoryWorld, collection: Issued, group: str) -> None:
    """Cut is not false: the answer is "cannot tell", and step 8 says which group is missing."""
    cut = disclose(collection.data, Cut(drop=frozenset({group})))
    report = told.factory.judge(cut.text.encode(), UnrecordedView(NodeView(told.factory.node)))
    step = report.steps[7]
    assert (report.answer, step.outcome) == (Answer.CANNOT_TELL, Outcome.NOT_CHECKED)
    assert f"the {group} group of" in step.reason


def test_a_cut_that_no_figure_needs_changes_nothing(told: StoryWorld, collection: Issued) -> None:
    kinds = frozenset({"DEPART"})
    cut = disclose(collection.data, Cut(only=frozenset(), kinds=kinds))
    report = told.factory.judge(cut.text.encode(), UnrecordedView(NodeView(told.factory.node)))
    assert cut.kept == cut.shown - 2
    assert report.steps[7].outcome is Outcome.PASSED


# -- the command


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = command.main([*arguments])
    out, err = capfd.readouterr()
    return code, out, err


@pytest.fixture
def file(tmp_path: Path, story: Issued) -> str:
    path = tmp_path / "credential.sdjwt"
    path.write_text(story.text + "\n")
    return str(path)


def test_the_command_writes_what_is_left(
    capfd: pytest.CaptureFixture[str], factory: CredentialFactory, file: str, tmp_path: Path
) -> None:
    out = tmp_path / "less.sdjwt"
    code, shown, said = run(capfd, "disclose", file, "--only", "document, goods", "-o", str(out))
    assert (code, shown) == (0, "")
    assert "groups are left" in said
    report = factory.judge(out.read_bytes())
    assert {group for _, group in groups_shown(report)} == {"document", "goods"}
    assert run(capfd, str(out), "--rpc", factory.world.url, "--lang", "en")[0] == 0


def test_the_command_reads_and_writes_streams(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, story: Issued
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(story.data)))
    code, out, _ = run(capfd, "disclose", "-", "--drop", "person", "--kinds", "SALE", "-o", "-")
    assert (code, len(out.split("~"))) == (0, len(story.text.split("~")) - 2)


@pytest.mark.parametrize("arguments", [("--drop", "cost"), ("--drop", "money", "--kinds", "SELL")])
def test_the_command_refuses_without_writing(
    capfd: pytest.CaptureFixture[str], file: str, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    out = tmp_path / "less.sdjwt"
    code, _, said = run(capfd, "disclose", file, *arguments, "-o", str(out))
    assert (code, out.exists()) == (2, False)
    assert "there is no" in said


def test_a_missing_file_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    code, _, said = run(capfd, "disclose", "/nowhere", "--drop", "money", "-o", "-", "--lang", "zh")
    assert code == 2
    assert "无法读取" in said
