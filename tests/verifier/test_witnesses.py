"""Policies of witnesses: when a checkpoint from anybody counts, and what follows if it does not."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.verifier.credential_factory import CredentialFactory, Issued
from tests.verifier.test_cli import run
from verifier.checkpoint import Checkpoint, CheckpointView, Signature
from verifier.errors import MalformedError
from verifier.render import render
from verifier.report import Answer, Outcome, Report
from verifier.signed_note import KeyType, VerifierKey, signed_message
from verifier.witnesses import WitnessPolicy, judge_checkpoint

TIME = 1_780_000_000


class Signer:
    """A note key in both halves."""

    def __init__(self, name: str, key_type: KeyType = KeyType.WITNESS) -> None:
        self._private = Ed25519PrivateKey.generate()
        self.key = VerifierKey(name, key_type, self._private.public_key().public_bytes_raw())

    def sign(self, checkpoint: Checkpoint, time: int = TIME) -> Signature:
        message = signed_message(self.key.key_type, checkpoint.body(), time)
        return self.key.signature(self._private.sign(message), time)


BANK, CUSTOMS, AUDITOR, STRANGER = (Signer(f"{name}.example") for name in ("bank", "customs", "auditor", "stranger"))
TWO_OF_THREE = f"""
# whom this reader trusts
witness bank {BANK.key.to_text()}
witness customs {CUSTOMS.key.to_text()} https://customs.example
\twitness  auditor\t{AUDITOR.key.to_text()}
group ours 2 bank customs auditor
quorum ours
"""


@pytest.fixture(scope="module")
def proven(factory: CredentialFactory, story_lot: int) -> Issued:
    return factory.issue(story_lot, with_state_proof=True)


@pytest.fixture(scope="module")
def checkpoint(factory: CredentialFactory, proven: Issued) -> Checkpoint:
    return factory.checkpoint(proven.payload["anchor"])


def judge(
    factory: CredentialFactory, issued: Issued, checkpoint: Checkpoint, policy: str, *signatures: Signature
) -> Report:
    return factory.judge(issued, judge_checkpoint(checkpoint, signatures, WitnessPolicy.from_text(policy)))


def test_a_quorum_lets_a_checkpoint_from_anybody_count(
    factory: CredentialFactory, proven: Issued, checkpoint: Checkpoint
) -> None:
    report = judge(factory, proven, checkpoint, TWO_OF_THREE, BANK.sign(checkpoint), AUDITOR.sign(checkpoint))
    assert report.answer is Answer.VALID
    (note,) = (note for note in report.not_checked if note.code == "trusted.witnesses")
    assert note.facts == {"witnesses": "bank, auditor"}
    assert "cosigned the checkpoint: bank, auditor" in render(report, "en")
    assert "以下由您指定的见证方" in render(report, "zh")
    assert "log" in {note.code for note in report.not_checked}  # the policy names no log


def test_without_a_quorum_nobody_can_tell(factory: CredentialFactory, proven: Issued, checkpoint: Checkpoint) -> None:
    bank = BANK.sign(checkpoint)
    for signatures in ((), (bank,), (bank, BANK.sign(checkpoint, TIME + 1)), (bank, STRANGER.sign(checkpoint))):
        report = judge(factory, proven, checkpoint, TWO_OF_THREE, *signatures)
        assert report.answer is Answer.CANNOT_TELL
        who = "bank" if signatures else "none of them"
        assert report.steps[5].reason == f"the checkpoint has no quorum of the 3 witnesses: {who}"
        assert {step.number for step in report.steps if step.outcome is Outcome.NOT_CHECKED} >= {6, 7}
        assert "见证方" in render(report, "zh")


def test_a_forged_signature_is_no_evidence_against_the_credential(
    factory: CredentialFactory, proven: Issued, checkpoint: Checkpoint
) -> None:
    good = (BANK.sign(checkpoint), CUSTOMS.sign(checkpoint))
    forged = Signature(AUDITOR.key.name, AUDITOR.key.key_id + good[0].data[4:])
    report = judge(factory, proven, checkpoint, TWO_OF_THREE, *good, forged)
    assert report.answer is Answer.CANNOT_TELL
    assert report.steps[5].reason == "the checkpoint is refused: the signature of auditor.example does not hold"


def test_an_uncosigned_checkpoint_that_contradicts_the_credential_says_nothing(
    factory: CredentialFactory, proven: Issued, checkpoint: Checkpoint
) -> None:
    other = Checkpoint(
        checkpoint.host, checkpoint.domain, checkpoint.tree_size, bytes(32), checkpoint.block_number, bytes(32)
    )
    assert judge(factory, proven, other, TWO_OF_THREE).answer is Answer.CANNOT_TELL
    cosigned = (BANK.sign(other), CUSTOMS.sign(other))
    assert judge(factory, proven, other, TWO_OF_THREE, *cosigned).answer is Answer.INVALID
    assert factory.judge(proven, CheckpointView(other)).answer is Answer.INVALID


def test_a_log_that_is_named_must_have_signed(
    factory: CredentialFactory, proven: Issued, checkpoint: Checkpoint
) -> None:
    origin = checkpoint.domain.origin(checkpoint.host)
    log, other = Signer(origin, KeyType.LOG), Signer("cangsu.example/another", KeyType.LOG)
    policy = f"log {log.key.to_text()}\nlog {other.key.to_text()}\nquorum none"
    assert judge(factory, proven, checkpoint, policy).answer is Answer.CANNOT_TELL
    assert judge(factory, proven, checkpoint, policy, other.sign(checkpoint)).answer is Answer.CANNOT_TELL
    report = judge(factory, proven, checkpoint, policy, log.sign(checkpoint))
    assert report.answer is Answer.VALID
    assert "log" not in {note.code for note in report.not_checked}  # its key names it


def test_groups_of_groups_count(checkpoint: Checkpoint) -> None:
    policy = WitnessPolicy.from_text(
        f"witness a {BANK.key.to_text()}\nwitness b {CUSTOMS.key.to_text()}\nwitness c {AUDITOR.key.to_text()}\n"
        "group either any a b\ngroup both all either c\nquorum both"
    )
    bank, customs, auditor = (signer.sign(checkpoint) for signer in (BANK, CUSTOMS, AUDITOR))
    assert policy.cosigners(checkpoint, [bank, auditor]) == ("a", "c")
    for too_few in ([bank, customs], [auditor]):
        assert judge_checkpoint(checkpoint, too_few, policy).trusted == "nobody"


@pytest.mark.parametrize(
    ("policy", "line"),
    [
        ("", None),
        (f"witness a {BANK.key.to_text()}", None),
        ("quorum a", 1),
        ("quorum none\nquorum none", 2),
        ("nonsense a b", 1),
        (f"log {BANK.key.to_text()}", 1),
        (f"witness a {BANK.key.to_text()}\nwitness b {BANK.key.to_text()}", 2),
        (f"witness a {BANK.key.to_text()}\nwitness a {CUSTOMS.key.to_text()}", 2),
        (f"witness none {BANK.key.to_text()}", 1),
        (f"witness a {BANK.key.to_text()}\ngroup g 2 a", 2),
        (f"witness a {BANK.key.to_text()}\ngroup g 0 a", 2),
        (f"witness a {BANK.key.to_text()}\ngroup g ² a", 2),
        (f"witness a {BANK.key.to_text()}\ngroup g 1 a a", 2),
        (f"witness a {BANK.key.to_text()}\ngroup g any a\ngroup h any a", 3),
        ("group g any g", 1),
        ("group g any", 1),
        ("witness a a+00000000+AA==", 1),
        ("\n" * 300, None),
    ],
)
def test_a_policy_that_is_none_is_refused(policy: str, line: int | None) -> None:
    with pytest.raises(
        MalformedError, match="the witness policy" if line is None else f"line {line} of the witness policy"
    ):
        WitnessPolicy.from_text(policy)


def test_the_command_reads_policy_and_checkpoint(
    capfd: pytest.CaptureFixture[str], proven: Issued, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    credential, note, policy = (str(tmp_path / name) for name in ("credential", "note", "policy"))
    Path(credential).write_text(proven.text)
    Path(policy).write_text(TWO_OF_THREE)
    Path(note).write_text(checkpoint.note((BANK.sign(checkpoint), CUSTOMS.sign(checkpoint))))
    assert run(capfd, credential, "--checkpoint", note, "--witnesses", policy)[0] == 0
    Path(note).write_text(checkpoint.note((BANK.sign(checkpoint),)))
    assert run(capfd, credential, "--checkpoint", note, "--witnesses", policy)[0] == 2
    assert run(capfd, credential, "--checkpoint", note)[0] == 0  # the reader says that it kept it
    for arguments in (("--witnesses", policy), ("--checkpoint", note, "--witnesses", note)):
        code, out, err = run(capfd, credential, *arguments)
        assert (code, out, len(err.splitlines())) == (2, "", 1)
