"""Mistakes that a careless build makes with proofs and with secrets, and what this one does instead."""

import json

import pytest

from tests.verifier.claims.cases import BookOf, Lot, make_case
from tests.verifier.credential_factory import CredentialFactory, Issued
from verifier.checkpoint import CheckpointView
from verifier.claims.case import ClaimRefusedError
from verifier.claims.exchange import exchange_figures
from verifier.event import parse_disclosure
from verifier.render import render
from verifier.report import Answer

BUYER = "b-0123456789ab"


def test_mistake_26_a_proof_that_says_only_that_a_hash_was_found(factory: CredentialFactory, story: Issued) -> None:
    """It says who attested what, in which role and with whose key, and what was not checked."""
    report = factory.judge(story)
    shown = render(report, "en")
    assert "Who attested it" in shown
    assert "customs gateway" in shown
    assert "the chain shows who said it and when, not that it happened" in shown
    assert {note.code for note in report.not_checked} >= {"truth", "names", "later"}


def test_mistake_28_unsalted_hashes(story: Issued) -> None:
    """Every group has a salt of its own, the empty ones too: equal groups cannot be told by their digests."""
    digests = [digest for event in story.payload["events"] for digest in event["_sd"]]
    values = [json.dumps(parse_disclosure(text)) for text in story.disclosures]
    assert len(set(digests)) == len(digests)
    assert len(set(values)) < len(values)


@pytest.mark.parametrize("broken", [{"gross_minor": "x"}, {"currency": "EURO"}, {"gross_minor": -1}, {}])
def test_mistake_28_personal_data_in_error_texts(broken: dict[str, object]) -> None:
    lot, book = Lot(), BookOf()
    book.fee(1)
    sale = lot.sell(1, 100_00, order={"order_ref": f"order-of-{BUYER}"})
    person = {"buyer_pseudonym": BUYER, "country": "US"}
    lot.edit(sale, groups=lot.events[sale].groups | {"money": broken, "person": person})
    with pytest.raises(ClaimRefusedError) as refused:
        exchange_figures(make_case([lot], [book]))
    assert BUYER not in f"{refused.value} {refused.value.detail} {refused.value.figures}"


def test_mistake_29_a_verifier_that_must_trust_the_issuers_service(factory: CredentialFactory, story_lot: int) -> None:
    """The file, a checkpoint that the reader kept, and nothing else: no issuer, no node, no network."""
    issued = factory.issue(story_lot, with_state_proof=True)
    kept = CheckpointView(factory.checkpoint(issued.payload["anchor"]))
    assert factory.judge(issued, kept).answer is Answer.VALID
