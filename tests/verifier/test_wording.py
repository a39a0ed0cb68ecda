"""What a report says of a step: not checked is no accusation, and a missing holder is no forged issuer."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.verifier.credential_factory import CredentialFactory, Issued, bind
from verifier.es256 import Jwk
from verifier.render import render
from verifier.report import Answer, Outcome
from verifier.steps import STEPS
from verifier.texts import TEXTS, text
from verifier.view import NoView


@pytest.mark.parametrize("number", range(1, STEPS + 1))
def test_failed_and_not_checked_read_differently(number: int) -> None:
    for english, chinese in zip(TEXTS[f"step{number}.open"], TEXTS[f"step{number}.failed"], strict=True):
        assert english != chinese


def test_a_step_that_was_skipped_accuses_nobody(factory: CredentialFactory, small: Issued) -> None:
    header, payload, _ = small.text.split("~")[0].split(".")
    report = factory.judge(f"{header}.{payload}.{'A' * 86}~".encode())
    assert report.answer is Answer.INVALID
    lines = render(report, "en").splitlines()
    assert f"because step 2: {text('step2.failed', 'en')}" in lines
    skipped = [step.number for step in report.steps if step.outcome is Outcome.NOT_CHECKED]
    assert skipped == list(range(3, STEPS + 1))
    for number in skipped:
        assert any(line.endswith(text(f"step{number}.open", "en")) for line in lines)
        assert not any(text(f"step{number}.failed", "en") in line for line in lines)


def test_no_chain_is_no_false_number(factory: CredentialFactory, small: Issued) -> None:
    report = factory.judge(small, NoView())
    assert text("step6.open", "zh") in render(report, "zh")
    assert text("step7.failed", "zh") not in render(report, "zh")


def test_a_missing_holder_is_no_forged_issuer(factory: CredentialFactory, small: Issued) -> None:
    shown = render(factory.judge(small, audience="bank"), "en")
    assert f"because step 2: {text('step2.holder', 'en')}" in shown
    assert text("step2.failed", "en") not in shown


def test_a_wrong_holder_is_no_forged_issuer(factory: CredentialFactory, small_lot: int) -> None:
    key, stranger = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issued = factory.issue(small_lot, holder=Jwk.from_key(key.public_key()))
    for signer, audience in ((stranger, "bank"), (key, "tax")):
        shown = bind(issued.text, signer, audience=audience, nonce="n", issued_at=1).encode()
        assert text("step2.holder", "zh") in render(factory.judge(shown, audience="bank"), "zh")


def test_a_forged_issuer_still_is_one(factory: CredentialFactory, small: Issued) -> None:
    header, payload, signature = small.text.split("~")[0].split(".")
    forged = ".".join((header, payload, signature[::-1])) + "~"
    report = factory.judge(forged.encode(), audience="bank")
    assert report.answer is Answer.INVALID
    assert text("step2.holder", "en") not in render(report, "en")
