"""The three answers, and that each is given for the right reason."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.verifier.credential_factory import CredentialFactory, Issued, bind
from tests.verifier.world import EXPORTER, SITE, World
from verifier.chain import Node, NodeView
from verifier.checkpoint import CheckpointView, Pin
from verifier.es256 import Jwk
from verifier.render import render
from verifier.report import Answer, Outcome, Report
from verifier.view import NoView

DAY = 86_400


def open_notes(report: Report) -> set[str]:
    return {note.code for note in report.not_checked}


def test_a_genuine_credential_is_valid(factory: CredentialFactory, story: Issued) -> None:
    report = factory.judge(story)
    assert report.answer is Answer.VALID
    outcomes = {step.number: step.outcome for step in report.steps}
    assert outcomes == {n: Outcome.NOT_CHECKED if n == 9 else Outcome.PASSED for n in range(1, 11)}


def test_the_report_says_what_the_events_come_to(factory: CredentialFactory, story: Issued) -> None:
    statement = factory.judge(story).statement
    assert statement is not None
    assert statement.claim["accounts"] == {
        "0": {"SOLD": 84, "TRANSIT": 4},
        str(SITE): {"ON_HAND": 895, "HELD": 2, "LOST": 3, "DESTROYED": 8, "SHORT": 4},
    }
    (line,) = statement.lines.values()
    assert line.declaration_no == "223320260001234567"


def test_the_replay_agrees_with_the_contract(
    world: World, factory: CredentialFactory, story: Issued, story_lot: int
) -> None:
    statement = factory.judge(story).statement
    assert statement is not None
    for site in (0, SITE):
        word = factory.node.account_word(world.domain.contract, story_lot, site, "latest")
        lanes = [word >> 32 * lane & 0xFFFFFFFF for lane in range(8)]
        assert sorted(filter(None, lanes)) == sorted(statement.claim["accounts"][str(site)].values())


def test_the_report_names_attesters_and_their_keys(factory: CredentialFactory, story: Issued) -> None:
    report = factory.judge(story)
    keys = {attestation.party: attestation.to_json()["keys"] for attestation in report.attestations}
    assert keys == {2: ["self_held"], EXPORTER: ["custodial"], 4: ["self_held"], 5: ["self_held"]}
    assert {remark.code for remark in report.remarks} == {"self_declared", "custodial"}


def test_what_is_not_shown_is_named(factory: CredentialFactory, small: Issued) -> None:
    report = factory.judge(small)
    assert report.answer is Answer.VALID
    assert open_notes(report) == {
        "claim_record",
        "no_status",
        "truth",
        "names",
        "later",
        "trusted.node",
        "declaration",
        "groups",
        "log",
        "holder",
    }


def test_a_pinned_log_is_not_named_as_open(factory: CredentialFactory, world: World, small: Issued) -> None:
    report = factory.judge(small, log=Pin("", world.domain))
    assert report.answer is Answer.VALID
    assert "log" not in open_notes(report)


def test_without_the_chain_nobody_can_tell(factory: CredentialFactory, story: Issued) -> None:
    report = factory.judge(story, NoView())
    assert report.answer is Answer.CANNOT_TELL
    assert [step.number for step in report.steps if step.outcome is Outcome.NOT_CHECKED] == [6, 7, 9]
    assert report.statement is not None


def test_an_outage_is_no_forgery(factory: CredentialFactory, story: Issued) -> None:
    report = factory.judge(story, NodeView(Node("http://127.0.0.1:1")))
    assert report.answer is Answer.CANNOT_TELL


def test_a_checkpoint_alone_cannot_show_completeness(factory: CredentialFactory, story: Issued) -> None:
    report = factory.judge(story, CheckpointView(factory.checkpoint(story.payload["anchor"])))
    assert report.answer is Answer.CANNOT_TELL
    assert [step.number for step in report.steps if step.outcome is Outcome.NOT_CHECKED] == [7, 9]


def test_a_checkpoint_with_a_state_proof_is_enough(factory: CredentialFactory, story_lot: int) -> None:
    issued = factory.issue(story_lot, with_state_proof=True)
    report = factory.judge(issued, CheckpointView(factory.checkpoint(issued.payload["anchor"])))
    assert report.answer is Answer.VALID
    assert {"log", "trusted.node"}.isdisjoint(open_notes(report))


def test_an_old_anchor_is_refused_by_who_asks_for_a_fresh_one(factory: CredentialFactory, small: Issued) -> None:
    assert factory.judge(small, max_age_seconds=10).answer is Answer.CANNOT_TELL
    assert factory.judge(small, max_age_seconds=30 * DAY).answer is Answer.VALID


def test_a_holder_presents_a_credential(factory: CredentialFactory, small_lot: int) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    issued = factory.issue(small_lot, holder=Jwk.from_key(key.public_key()))
    shown = bind(issued.text, key, audience="bank", nonce="n1", issued_at=1).encode()
    report = factory.judge(shown, audience="bank", nonce="n1")
    assert report.answer is Answer.VALID
    assert {"holder", "audience"}.isdisjoint(open_notes(report))
    assert "audience" in open_notes(factory.judge(shown))
    for wanted in ({"audience": "tax"}, {"nonce": "n2"}):
        assert factory.judge(shown, **wanted).answer is Answer.INVALID
    assert factory.judge(issued, audience="bank").answer is Answer.INVALID


def test_only_the_holder_binds(factory: CredentialFactory, small: Issued, small_lot: int) -> None:
    key, stranger = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issued = factory.issue(small_lot, holder=Jwk.from_key(key.public_key()))
    terms: dict[str, Any] = {"audience": "bank", "nonce": "n1", "issued_at": 1}
    assert factory.judge(bind(issued.text, stranger, **terms).encode()).answer is Answer.INVALID
    assert factory.judge(bind(small.text, key, **terms).encode()).answer is Answer.INVALID
    binding = bind(issued.text, key, **terms).removeprefix(issued.text)
    dropped = issued.text.replace(f"~{issued.disclosures[0]}", "", 1) + binding
    assert factory.judge(dropped.encode()).answer is Answer.INVALID


def forged(issued: Issued) -> bytes:
    """Signed by nobody: step 2 fails."""
    header, payload, _ = issued.text.split("~")[0].split(".")
    return f"{header}.{payload}.{'A' * 86}~".encode()


@pytest.mark.parametrize("data", [b"<!DOCTYPE html>", b"a letter", b"%PDF-1.7 half", b"\xff\xfe"])
def test_what_is_no_credential_gets_no_ten_steps(factory: CredentialFactory, data: bytes) -> None:
    report = factory.judge(data)
    assert report.answer is Answer.INVALID
    lines = render(report, "en").splitlines()
    assert lines[1] == "because step 1: this is no credential, or the file is incomplete"
    assert [line[:4] for line in lines if line.startswith("  ") and line[2:4].strip()] == ["   1"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_answer_can_be_read(factory: CredentialFactory, story: Issued, language: str) -> None:
    for report in (factory.judge(story), factory.judge(story, NoView()), factory.judge(forged(story))):
        lines = render(report, language).splitlines()
        assert all(any(line.startswith(f"  {n:>2}  ") for line in lines) for n in range(1, 11))
        assert all("{" not in line for line in lines)


def test_the_machine_form_carries_the_answer(factory: CredentialFactory, story: Issued) -> None:
    shown = factory.judge(story).to_json()
    assert shown["answer"] == "valid"
    assert [line["item_no"] for line in shown["says"]["lines"].values()] == [1]
    assert len(shown["says"]["disclosed"]) == len(story.disclosures)
    assert factory.judge(b"nothing").to_json()["because"]["step"] == 1
