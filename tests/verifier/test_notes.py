"""From where on nothing is known: the anchor's block, or the one at which the chain's record of the claim was read."""

from dataclasses import replace

from tests.verifier.credential_factory import CredentialFactory, Issued
from verifier.claim_record import Recorded
from verifier.render import render
from verifier.report import Note
from verifier.steps import with_record


def test_a_claim_whose_record_was_read_names_the_block_of_the_reading(
    factory: CredentialFactory, small: Issued
) -> None:
    report = factory.judge(small)
    assert report.statement is not None
    anchored = report.statement.anchor.block_number
    assert Note("later", {"block_number": anchored}) in report.not_checked
    read = with_record(report, Recorded(anchored + 82, 1, is_reduced=False, used=()))
    assert Note("later_recorded", {"block_number": anchored, "read_block": anchored + 82}) in read.not_checked
    assert f"after block {anchored + 82}, at which its record was read" in render(read, "en")
    assert f"登记读取至区块 {anchored + 82}" in render(read, "zh")


def test_the_answer_on_a_certificate_says_what_it_is_of(factory: CredentialFactory, small: Issued) -> None:
    report = factory.judge(small)
    inside = render(replace(report, is_from_pdf=True), "en").splitlines()
    assert inside[1] == "of the credential attached inside, not of what the page prints"
    assert inside[1] not in render(report, "en")
    assert render(replace(report, is_from_pdf=True), "zh").splitlines()[1].startswith("此结论针对文件内附的凭证")
