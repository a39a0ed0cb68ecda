"""The service's builder: it drafts nothing that breaks a rule, and discloses only what it was told to."""

from dataclasses import replace

import pytest

from service.core.drafts import draft_credential, parties_that_matter
from tests.verifier.credential_factory import ALL_GROUPS, CredentialFactory
from verifier.errors import VerificationError
from verifier.event import parse_disclosure
from verifier.report import Answer


def test_only_the_groups_that_are_named_are_disclosed(factory: CredentialFactory, story_lot: int) -> None:
    draft = draft_credential(factory.request(story_lot, shown=frozenset({"money"})))
    assert {parse_disclosure(disclosure)[0] for disclosure in draft.disclosures} == {"money"}
    assert len(draft.disclosures) == len(draft.payload["events"])


def test_erased_disclosures_leave_the_proof_whole(factory: CredentialFactory, story_lot: int) -> None:
    request = factory.request(story_lot, shown=ALL_GROUPS)
    erased = [replace(event, disclosures=b"") for event in request.events]
    draft = draft_credential(replace(request, events=erased))
    assert draft.disclosures == ()
    assert factory.judge(factory.sign(draft.payload, ())).answer is Answer.VALID


@pytest.mark.parametrize("dropped", [0, 3, 6, 9])
def test_a_history_with_a_hole_is_not_drafted(factory: CredentialFactory, story_lot: int, dropped: int) -> None:
    request = factory.request(story_lot, shown=ALL_GROUPS)
    events = [event for position, event in enumerate(request.events) if position != dropped]
    with pytest.raises(VerificationError):
        draft_credential(replace(request, events=events))


def test_the_cutoff_may_be_later_than_the_block(factory: CredentialFactory, story_lot: int) -> None:
    request = replace(factory.request(story_lot, shown=ALL_GROUPS), event_cutoff="2030-01-01T08:00:00+08:00")
    draft = draft_credential(request)
    assert draft.payload["cutoff"]["event_time"] == "2030-01-01T08:00:00+08:00"
    assert factory.judge(factory.sign(draft.payload, draft.disclosures)).answer is Answer.VALID


def test_the_books_are_those_of_issuer_owner_and_attesters() -> None:
    assert parties_that_matter(6, 3, [4, 2, 4, 3]) == [2, 3, 4, 6]
