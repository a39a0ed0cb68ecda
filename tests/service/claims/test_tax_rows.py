"""The tax office's notes reach the rows on chain, one after the other; what the chain refuses is told."""

import time
from typing import Any

import pytest

from scripts.story_expected import LINE_A, LINE_B
from tests.service.api.caller import Api, problem_of
from tests.service.claims.conftest import TOLD_AT
from tests.service.market import BANK, EXPORTER, GATEWAY, RIVAL, TAX, an_event

DECLARATION = LINE_A[:18]


def rows_of(api: Api, item_no: int, party: int = TAX) -> dict[str, Any]:
    found: dict[str, Any] = api.get(party, path_of(item_no)).json()
    return found


def path_of(item_no: int) -> str:
    return f"/v1/tax-rows?declaration_no={DECLARATION}&item_no={item_no}"


def wait_for(api: Api, item_no: int, *statuses: str) -> dict[str, Any]:
    """The rows of a line once their steps stand so."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = rows_of(api, item_no)
        if tuple(step["status"] for step in found["steps"]) == statuses:
            return found
        time.sleep(0.1)
    raise AssertionError(found)


def a_note(line: str, state: str, pieces: int, seq: str, **document: Any) -> dict[str, Any]:
    papers = {"tax_state": state, "tax_seq": seq, "tax_row": f"{DECLARATION}0{line[-2:]}", **document}
    return an_event("TAX_STATE", line=line, document=papers, goods={"pieces": pieces})


def test_every_note_of_the_worked_example_is_recorded(worked: Api) -> None:
    lamps, boards = wait_for(worked, 1, "recorded", "recorded"), wait_for(worked, 2, *["recorded"] * 3)
    assert [step["tax_state"] for step in boards["steps"]] == ["PRE_REFUND", "FINALISED", "REPAID"]
    assert (lamps["live_pieces"], boards["live_pieces"], boards["refunded_pieces"]) == (1000, 350, 0)
    assert {step["row"] for step in lamps["steps"]} == {1}


def test_a_pre_refund_of_more_than_was_declared_is_refused_by_the_chain(worked: Api) -> None:
    wait_for(worked, 2, *["recorded"] * 3)
    worked.house.tell(a_note(LINE_B, "PRE_REFUND", 151, "2026999999", claim_type="HWC-YT"), now=TOLD_AT)
    found = wait_for(worked, 2, *["recorded"] * 3, "refused")
    assert found["steps"][-1]["row"] == 2
    assert found["steps"][-1]["failure"].startswith("TaxRowsInsufficient")
    assert found["live_pieces"] == 350


def test_a_row_is_settled_on_chain_step_by_step(worked: Api) -> None:
    wait_for(worked, 1, "recorded", "recorded")
    worked.house.tell(a_note(LINE_A, "REVERSED", 1000, "2026040001"), now=TOLD_AT)
    worked.house.tell(a_note(LINE_A, "RECLAIMED", 780, "2026040001"), now=TOLD_AT)
    found = wait_for(worked, 1, *["recorded"] * 4)
    assert (found["live_pieces"], found["refunded_pieces"]) == (0, 780)


def test_more_than_was_sold_is_not_refunded_for_good(worked: Api) -> None:
    wait_for(worked, 1, "recorded", "recorded")
    worked.house.tell(a_note(LINE_A, "REVERSED", 1000, "2026040001"), now=TOLD_AT)
    worked.house.tell(a_note(LINE_A, "RECLAIMED", 781, "2026040001"), now=TOLD_AT)
    found = wait_for(worked, 1, *["recorded"] * 3, "refused")
    assert found["steps"][-1]["failure"].startswith("TaxRowsInsufficient")


def test_a_note_without_a_row_is_told(worked: Api) -> None:
    wait_for(worked, 1, "recorded", "recorded")
    worked.house.tell(an_event("TAX_STATE", line=LINE_A, document={"tax_state": "ORDINARY"}), now=TOLD_AT)
    found = wait_for(worked, 1, "recorded", "recorded", "refused")
    assert found["steps"][-1]["failure"] == "the note names no row or no state"


def test_a_note_that_was_taken_back_before_it_was_sent_makes_no_step(worked: Api) -> None:
    wait_for(worked, 1, "recorded", "recorded")
    note = a_note(LINE_A, "REVERSED", 1000, "2026040001")
    worked.house.tell(note, an_event("TAX_STATE_REVERSAL", line=LINE_A, target=note), now=TOLD_AT)
    found = wait_for(worked, 1, "recorded", "recorded", "refused")
    assert (found["steps"][-1]["is_taken_back"], found["steps"][-1]["failure"]) == (True, "the note was taken back")
    assert found["live_pieces"] == 1000


@pytest.mark.parametrize("party", [BANK, RIVAL, GATEWAY])
def test_rows_are_for_the_owner_and_the_tax_office(worked: Api, party: int) -> None:
    assert worked.get(EXPORTER, path_of(1)).status_code == 200
    assert problem_of(worked.get(party, path_of(1)), 404)["code"] == "NotFound"
    assert problem_of(worked.get(party, f"/v1/tax-rows?declaration_no={'9' * 18}&item_no=1"), 404)["code"] == "NotFound"
