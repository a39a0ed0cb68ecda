"""Pre-refund, reconciliation and return of the worked example, to the fen, through the public API."""

from datetime import UTC, datetime

import pytest

from scripts.story_expected import EXPECTED_TAX, LINE_A, LINE_B
from tests.service.api.caller import Api, problem_of
from tests.service.claims.actions import (
    COST,
    LINES,
    NEW_LINE,
    ask,
    claim,
    judge,
    open_line,
    sale_of_two,
    wait_for_version,
)
from tests.service.claims.conftest import TOLD_AT, wait_until_settled
from tests.service.market import EXPORTER, GATEWAY, OTHER_PLATFORM, PLATFORM, RIVAL, TAX, a_sale, an_event
from verifier.report import Answer


def test_the_reconciliation_comes_out_to_the_fen(worked: Api) -> None:
    figures = claim(worked, "settlement", LINES)["figures"]
    lots = {line["declaration_no"] + f"-{line['item_no']:02d}": line for line in LINES}
    assert len(lots) == len(figures["rows"]) == 2
    rows = {row["tax_row"][-2:]: row for row in figures["rows"]}
    for line in (LINE_A, LINE_B):
        assert {name: rows[line[-2:]][name] for name in EXPECTED_TAX[line]} == EXPECTED_TAX[line]
    assert {name: figures["total"][name] for name in EXPECTED_TAX["total"]} == EXPECTED_TAX["total"]
    assert rows["02"]["repaid_minor"] == 1_350_00
    assert figures["exchange"]["USD"]["gap_minor"] == 75_00


def test_a_sale_is_settled_once(worked: Api) -> None:
    made = claim(worked, "settlement", LINES[:1])
    again = problem_of(ask(worked, EXPORTER, "/v1/claims", kind="settlement", lines=LINES[:1]), 409)
    assert (again["code"], again["expected"], again["got"]) == ("SettledElsewhere", 780, 0)
    assert (again["claim_id"], again["line"]) == (made["claim_id"], f"{LINE_A}-00")


def test_the_same_sales_back_an_exchange_claim_and_a_settlement(worked: Api) -> None:
    claim(worked, "settlement", LINES)
    claim(worked, "exchange-collection", LINES)


def test_a_late_return_settles_again(worked: Api) -> None:
    made = claim(worked, "settlement", LINES[:1])
    sale = sale_of_two(worked)
    worked.house.tell(an_event("RETURN_IN", 1, line=LINE_A, target=sale), now=TOLD_AT)
    after = wait_for_version(worked, f"/v1/claims/{made['claim_id']}", 2)
    newest = next(row for row in after["credentials"] if row["version"] == 2 and row["kind"] == "settlement")
    assert newest["figures"]["rows"][0]["reclaim_pieces"] == 779
    assert newest["figures"]["total"]["reclaim_minor"] == 4_050_80
    assert judge(worked, made["credential"]).answer is Answer.INVALID


def test_a_reconciliation_waits_for_what_is_held(worked: Api) -> None:
    ship = an_event("SHIP", 1, line=LINE_A)
    (held,) = worked.house.post(PLATFORM, a_sale(ship, line=LINE_A), now=datetime.now(UTC))
    assert held["status"] == "held"
    refused = problem_of(ask(worked, EXPORTER, "/v1/claims", kind="settlement", lines=LINES), 409)
    assert (refused["code"], refused["got"], refused["codes"]) == ("EventsHeld", 1, ["TargetUnknown"])
    claim(worked, "settlement", LINES[1:])
    worked.house.tell(ship, now=TOLD_AT)  # the gap closes: the sale is applied
    wait_until_settled(worked)
    assert claim(worked, "settlement", LINES[:1])["figures"]["rows"][0]["reclaim_pieces"] == 781


def test_a_strangers_held_event_holds_nothing_up(worked: Api) -> None:
    ship = an_event("SHIP", 1, line=LINE_A)
    (held,) = worked.house.post(OTHER_PLATFORM, a_sale(ship, line=LINE_A), now=datetime.now(UTC))
    assert held["status"] in ("held", "refused")
    claim(worked, "settlement", LINES)


def test_the_boards_came_home_in_time_and_repaid(worked: Api) -> None:
    made = claim(worked, "return-to-origin", LINES[1:])
    (entry,) = made["figures"]["entries"]
    assert (entry["relief"]["verdict"], entry["channel"]["verdict"], entry["refund"]) == (
        "granted",
        "granted",
        "repaid",
    )
    assert made["figures"]["pieces"].popitem()[1] == 150
    assert judge(worked, made["credential"]).answer is Answer.VALID
    again = problem_of(ask(worked, EXPORTER, "/v1/claims", kind="return-to-origin", lines=LINES[1:]), 409)
    assert again["code"] == "NothingToClaim"


def test_nothing_sold_is_reversed_in_full(worked: Api) -> None:
    open_line(worked)
    paper = {"tax_seq": "N1", "tax_row": "223320260001234567003", "tax_method": "exempt_refund"}
    money = {"currency": "CNY", "tax_minor": 52_00, "cost_minor": 400_00, "rebate_rate": "0.13"}
    for state, more in (("PRE_REFUND", {"claim_type": "HWC-YT"}), ("FINALISED", {"finalised_on": "2026-06-10"})):
        document = paper | more | {"tax_state": state}
        worked.house.tell(
            an_event("TAX_STATE", line=NEW_LINE, document=document, money=money, goods={"pieces": 10}), now=TOLD_AT
        )
    wait_until_settled(worked)
    figures = claim(worked, "settlement", [LINES[0] | {"item_no": 3}])["figures"]
    assert [(row["outcome"], row["reversal_minor"], row["kept_minor"]) for row in figures["rows"]] == [
        ("full_reversal", -52_00, 0)
    ]


def test_a_departed_line_may_be_pre_refunded(worked: Api) -> None:
    open_line(worked)
    wait_until_settled(worked)
    made = claim(worked, "pre-refund", [LINES[0] | {"item_no": 3}], **COST | {"cost_minor": 400_00})
    assert [(row["claim_type"], row["pieces"], row["tax_minor"]) for row in made["figures"]["rows"]] == [
        ("HWC-YT", 10, 52_00)
    ]


def test_a_line_with_a_live_row_is_not_pre_refunded_again(worked: Api) -> None:
    refused = problem_of(ask(worked, EXPORTER, "/v1/claims", kind="pre-refund", lines=LINES[:1], asked=COST), 409)
    assert (refused["code"], refused["tax_seq"], refused["got"]) == ("RowLive", "2026040001", 1000)


@pytest.mark.parametrize(("kind", "reader"), [("settlement", TAX), ("return-to-origin", GATEWAY)])
def test_the_office_that_a_claim_is_for_reads_it(worked: Api, kind: str, reader: int) -> None:
    made = claim(worked, kind, LINES[1:])
    assert worked.get(reader, f"/v1/claims/{made['claim_id']}").status_code == 200
    assert made["claim_id"] in {row["claim_id"] for row in worked.get(reader, "/v1/claims").json()["claims"]}
    assert problem_of(worked.get(RIVAL, f"/v1/claims/{made['claim_id']}"), 404)["code"] == "NotFound"
    assert worked.get(RIVAL, "/v1/claims").json()["claims"] == []


@pytest.mark.parametrize(("item_no", "pieces"), [(1, 1000), (2, 500)])
def test_the_trail_is_complete(worked: Api, item_no: int, pieces: int) -> None:
    """Every event of the lot, from first to last, and what a provenance credential says of it."""
    lot = worked.get(TAX, f"/v1/lots/223320260001234567/{item_no}?limit=1000").json()
    assert [event["position"] for event in lot["trail"]] == list(range(lot["length"]))
    assert lot["anchored_length"] == lot["length"]
    body = {"declaration_no": "223320260001234567", "item_no": item_no}
    credential = ask(worked, EXPORTER, "/v1/credentials/provenance", **body).json()["credential"]
    report = judge(worked, credential)
    assert report.answer is Answer.VALID
    assert report.statement is not None
    assert report.statement.claim["declared"] == pieces
    assert next(step for step in report.steps if step.number == 7).facts["events"] == lot["length"]
