"""P3: shares and remaining are recomputed from the opening of the tank; other banks see no bank and no amount."""

import re
from dataclasses import replace

import pytest

from service.core.drafts import draft_credential
from service.flow.issue import UnrecordedView
from tests.verifier.claims.cases import EXPORTER, Lot, make_case
from tests.verifier.credential_factory import CredentialFactory
from verifier.canonical import to_base64url
from verifier.chain import NodeView
from verifier.claims.case import ClaimRefusedError
from verifier.claims.endorsement import endorsement_figures
from verifier.claims.kinds import ENDORSEMENT
from verifier.claims.record import SHARES, Tank
from verifier.errors import MalformedError
from verifier.render import render
from verifier.shapes import to_hex

SALT = to_base64url(bytes(range(16)))
SHORT = {
    "claim_id": "0x" + "ab" * 32, "version": 1, "currency": "USD", "whole_minor": 12_675_00, "salt": SALT,
    "ceiling_minor": 12_675_00, "used_after_minor": 12_600_00,
}  # fmt: skip
WHOLE = SHORT | {"bank": 8, "amount_minor": 5_600_00, "used_before_minor": 7_000_00}


def figures(asked):
    return endorsement_figures(replace(make_case([]), asked=asked))


def refusal(asked) -> ClaimRefusedError:
    with pytest.raises(ClaimRefusedError) as refused:
        figures(asked)
    return refused.value


def test_what_remains_is_ceiling_less_use():
    found = figures(WHOLE)
    assert (found["used_minor"], found["remaining_minor"], found["is_overdrawn"]) == (12_600_00, 75_00, False)
    assert found["share_before"] == 7_000_00 * SHARES // 12_675_00
    assert (found["share_used"], found["share_limit"]) == (12_600_00 * SHARES // 12_675_00, SHARES)
    assert found["commitment"] == to_hex(Tank("USD", 12_675_00, bytes(range(16))).commitment())


def test_another_bank_sees_use_and_rest_only():
    found = figures(SHORT)
    assert (found["used_minor"], found["remaining_minor"]) == (12_600_00, 75_00)
    assert "bank" not in SHORT
    assert "share_before" not in found


def test_a_request_above_what_remains_is_refused_to_the_cent():
    """The worked example: USD 75.00 remain, USD 100.00 are asked for."""
    asked = WHOLE | {"used_before_minor": 12_600_00, "amount_minor": 75_00, "used_after_minor": 12_675_00}
    assert figures(asked)["remaining_minor"] == 0
    lower = asked | {"ceiling_minor": 12_674_00}
    assert (refusal(lower).code, refusal(lower).figures) == ("RequestAboveRemaining", {"expected": 74_00, "got": 75_00})
    with pytest.raises(MalformedError):
        figures(WHOLE | {"used_before_minor": 12_600_00, "amount_minor": 100_00, "used_after_minor": 12_700_00})


def test_a_late_return_makes_the_rest_negative():
    found = figures(SHORT | {"version": 2, "ceiling_minor": 12_500_00})
    assert (found["remaining_minor"], found["is_overdrawn"]) == (-100_00, True)
    assert figures(SHORT | {"version": 2, "ceiling_minor": -5})["share_limit"] == 0


def test_amounts_must_add():
    refused = refusal(WHOLE | {"used_before_minor": 6_999_99})
    assert (refused.code, refused.figures) == ("AmountsDoNotAdd", {"expected": 12_599_99, "got": 12_600_00})


def test_a_ceiling_never_passes_the_first_one():
    assert refusal(SHORT | {"ceiling_minor": 12_675_01}).code == "CeilingAboveWhole"


@pytest.mark.parametrize(
    "change",
    [
        {"bank": 8}, {"version": 0}, {"version": "1"}, {"claim_id": "0xab"}, {"salt": "short"}, {"currency": "usd"},
        {"whole_minor": 0}, {"whole_minor": SHARES + 1}, {"used_after_minor": -1}, {"buyer": "b-1"},
        {"used_after_minor": True}, {"ceiling_minor": None}, {"currency": ["USD"]},
    ],
)  # fmt: skip
def test_other_shapes_are_malformed(change):
    with pytest.raises(MalformedError):
        figures(SHORT | change)


@pytest.mark.parametrize("change", [{"amount_minor": 0}, {"bank": 0}, {"bank": 2**24}])
def test_a_whole_form_names_a_bank_and_an_amount(change):
    with pytest.raises(MalformedError):
        figures(WHOLE | change)


def test_it_carries_no_events():
    case = make_case([Lot()])
    with pytest.raises(ClaimRefusedError, match="EventsNotExpected"):
        endorsement_figures(replace(case, asked=SHORT))


def issue(factory: CredentialFactory, lot: int, asked, tamper=lambda payload: None):
    request = factory.request(lot, shown=frozenset())
    books = [factory.world.book(party) for party in (EXPORTER + 3, EXPORTER)]
    request = replace(request, kind=ENDORSEMENT, asked=asked, events=[], registry=books)
    draft = draft_credential(request)
    tamper(draft.payload)
    return factory.sign(draft.payload, draft.disclosures)


def test_it_is_issued_and_verified_but_for_the_chains_word(factory: CredentialFactory, small_lot: int):
    report = factory.judge(issue(factory, small_lot, WHOLE), UnrecordedView(NodeView(factory.node)))
    assert [step.outcome.value for step in report.steps if step.number not in (9,)] == ["passed"] * 9
    assert report.answer.value == "cannot_tell"
    assert report.statement is not None
    assert report.statement.claim["figures"]["remaining_minor"] == 75_00
    lines = render(report, "en")
    assert "this kind of credential carries no events" in lines
    assert not re.search(r"\b0 (details|events|pieces|parties|declared)|, 0 accounted", lines)


def test_an_endorsement_of_a_claim_that_the_chain_does_not_have_is_invalid(factory: CredentialFactory, small_lot: int):
    report = factory.judge(issue(factory, small_lot, WHOLE))
    assert report.answer.value == "invalid"
    assert report.deciding_step is not None
    assert (report.deciding_step.number, report.deciding_step.reason) == (
        9, "the chain has no such claim, or it was revoked",
    )  # fmt: skip


def test_another_rest_than_the_tank_gives_is_invalid(factory: CredentialFactory, small_lot: int):
    def swell(payload):
        payload["claim"]["figures"]["remaining_minor"] = 175_00

    report = factory.judge(issue(factory, small_lot, WHOLE, swell))
    assert report.answer.value == "invalid"
    assert report.deciding_step is not None
    assert "remaining_minor" in report.deciding_step.reason
