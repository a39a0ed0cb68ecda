"""The worked example of the trade, to the cent, through the public API."""

import time

import pytest

from scripts.story_expected import EXPECTED_MONEY, LINE_A
from service.claim_runtime import ClaimRuntime
from service.store.claims import SqlClaimStore
from tests.service.api.caller import Api, problem_of
from tests.service.claims.actions import ask, collect, judge, sale_of_two, wait_for_version
from tests.service.claims.conftest import TOLD_AT, wait_until_settled
from tests.service.market import BANK, EXPORTER, a_refund, an_event
from verifier.chain import Node, NodeView
from verifier.policy import Policy
from verifier.render import render
from verifier.report import Answer, Report
from verifier.steps import verify


def test_the_ceilings_come_out_to_the_cent(worked: Api) -> None:
    claim = collect(worked)
    assert (claim["state"], claim["report"]["answer"]) == ("live", "valid")
    for currency, expected in EXPECTED_MONEY.items():
        found = claim["figures"]["currencies"][currency]
        assert found["gross_minor"] == expected["gross"]
        assert found["refunds_minor"] == expected["refunds"]
        assert found["ceiling_minor"] == expected["ceiling"]
        for fee in ("commission", "storage", "delivery", "destination_tax"):
            assert found["fees_by_type_minor"].get(fee, 0) == expected[fee]


def test_the_report_is_the_one_that_any_verifier_gives_afterwards(worked: Api) -> None:
    """The chain's part is verified once it has the claim, all else before: together it must be the whole. The record
    is read anew, and so at a later block.
    """
    claim = collect(worked)
    view = NodeView(Node(worked.house.settings.rpc_url))
    report = verify(claim["credential"].encode(), Policy(now=int(time.time())), view)
    afterwards = report.to_json() | {"says": None}
    first, second = (found["not_checked"] for found in (claim["report"], afterwards))
    reads = [note.pop("read_block") for notes in (first, second) for note in notes if note["code"] == "later_recorded"]
    assert claim["report"] == afterwards
    assert reads == sorted(reads)
    assert len(reads) == 2


def test_three_receipts_leave_75_dollars_and_100_are_refused(worked: Api) -> None:
    claim = collect(worked)
    path = f"/v1/claims/{claim['claim_id']}/endorsements"
    for reference, amount in (("SH26061500417", 7_000_00), ("SH26071500233", 5_600_00)):
        made = ask(worked, BANK, path, currency="USD", amount_minor=amount, reference=reference, receipt_minor=amount)
        assert made.status_code == 201, made.text
    made = ask(
        worked, BANK, path, currency="CAD", amount_minor=2_600_00,
        reference="SH26071500234", receipt_minor=1_898_00, receipt_currency="USD", receipt_amount_minor=1_898_00,
    )  # fmt: skip
    assert made.status_code == 201, made.text
    assert made.json()["remaining_minor"] == 0
    refused = ask(worked, BANK, path, currency="USD", amount_minor=100_00, reference="SH99", receipt_minor=100_00)
    problem = problem_of(refused, 409)
    assert (problem["code"], problem["remaining_minor"], problem["asked_minor"]) == ("RemainingExceeded", 75_00, 100_00)
    shown = worked.get(BANK, f"/v1/claims/{claim['claim_id']}").json()["currencies"]
    assert {row["currency"]: row["remaining_minor"] for row in shown} == {"USD": 75_00, "CAD": 0}


def test_an_endorsement_is_a_credential_that_any_verifier_accepts(worked: Api) -> None:
    claim = collect(worked)
    path = f"/v1/claims/{claim['claim_id']}/endorsements"
    made = ask(worked, BANK, path, currency="USD", amount_minor=7_000_00, reference="A", receipt_minor=7_000_00).json()
    report = judge(worked, made["credential"])
    assert report.answer is Answer.VALID
    assert report.statement is not None
    assert report.statement.claim["figures"]["remaining_minor"] == 5_675_00
    released = ask(worked, BANK, f"/v1/endorsements/{made['endorsement_id']}/release", payment="OUT-1")
    assert (released.status_code, released.json()["state"]) == (200, "released")
    after = judge(worked, made["credential"])
    assert (after.answer, after.deciding_step and after.deciding_step.number) == (Answer.INVALID, 9)


def test_a_late_return_corrects_the_claim_and_blocks_what_is_overdrawn(worked: Api) -> None:
    claim = collect(worked)
    path = f"/v1/claims/{claim['claim_id']}"
    body = {"currency": "USD", "reference": "ALL", "amount_minor": 12_675_00, "receipt_minor": 12_675_00}
    assert ask(worked, BANK, f"{path}/endorsements", **body).status_code == 201
    sale = sale_of_two(worked)
    worked.house.tell(
        an_event("RETURN_IN", 2, line=LINE_A, target=sale), a_refund(sale, 30_00, line=LINE_A), now=TOLD_AT
    )
    after = wait_for_version(worked, path, 2)
    assert after["is_overdrawn"]
    assert {row["currency"]: row["remaining_minor"] for row in after["currencies"]}["USD"] == -30_00
    first, second, notice = (row for row in after["credentials"] if row["kind"] != "endorsement")
    assert (first["status"], first["successor"]) == ("invalid", second["digest"])
    assert (second["status"], second["reason"]) == ("suspended", "overdrawn")
    assert notice["figures"]["difference_minor"] == {"CAD": 0, "USD": -30_00}
    assert {reason["kind"] for reason in notice["figures"]["reasons"]} == {"RETURN_IN", "REFUND"}
    expect_superseded(judge(worked, claim["credential"]))
    expect_overdrawn(judge(worked, worked.get(EXPORTER, f"{path}/credential").text))
    more = body | {"reference": "MORE", "amount_minor": 1, "receipt_minor": 1}
    assert problem_of(ask(worked, BANK, f"{path}/endorsements", **more), 409)["code"] == "RemainingExceeded"


def test_a_claim_that_a_refund_has_not_reached_yet_is_not_endorsed(
    worked: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker is late, or cannot run the claim again: the chain counts the refund, and knows no amounts."""
    claim = collect(worked)
    monkeypatch.setattr("service.worker.correct_claims", lambda *_: 0)
    sale = sale_of_two(worked)
    worked.house.tell(a_refund(sale, 30_00, line=LINE_A), now=TOLD_AT)
    wait_until_settled(worked)
    body = {"currency": "USD", "reference": "ALL", "amount_minor": 12_675_00, "receipt_minor": 12_675_00}
    problem = problem_of(ask(worked, BANK, f"/v1/claims/{claim['claim_id']}/endorsements", **body), 409)
    assert (problem["code"], problem["got"]) == ("ClaimBehind", 1)


def test_what_does_not_follow_on_a_claim_leaves_it_alone(worked: Api) -> None:
    collect(worked)
    store = ClaimRuntime(worked.house.runtime).store
    with store.view() as claims:
        (claim,) = claims.claims_for(owners=[EXPORTER], ids=(), kinds=())
        statuses, lengths = claims.statuses(), claims.lengths_of(claim.claim_id)
    worked.house.tell(an_event("COUNT", line=LINE_A), now=TOLD_AT)
    deadline = time.monotonic() + 60
    while lengths == (now := lengths_of(store, claim.claim_id)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert sum(now.values()) == sum(lengths.values()) + 1
    with store.view() as claims:
        assert (claims.find_claim(claim.claim_id), claims.statuses()) == (claim, statuses)


def lengths_of(store: SqlClaimStore, claim_id: bytes) -> dict[int, int]:
    """Up to where the worker has looked at a claim's lots."""
    with store.view() as claims:
        return claims.lengths_of(claim_id)


def expect_superseded(report: Report) -> None:
    """The old credential names its successor, in both languages (mistake 19: older proofs left valid)."""
    assert (report.answer, report.steps[8].variant) == (Answer.INVALID, "superseded")
    assert report.steps[8].facts == {"version": 1, "newest": 2}
    english, chinese = render(report, "en"), render(report, "zh")
    assert "because step 9: superseded: version 2 has taken the place of this version 1" in english
    assert "原因在第 9 步：已被取代：本凭证为第 1 版，现行为第 2 版" in chinese


def expect_overdrawn(report: Report) -> None:
    """The new credential stands, with less than nothing left, and says in both languages what that means."""
    assert report.answer is Answer.VALID
    remarks = [remark.to_json() for remark in report.remarks if remark.code == "overdrawn"]
    assert remarks == [{"code": "overdrawn", "currency": "USD", "remaining": "-30.00"}]
    english, chinese = render(report, "en"), render(report, "zh")
    assert "USD: ceiling 12,645.00, endorsed by banks 12,675.00, remaining -30.00" in english
    assert "USD is overdrawn, -30.00 remaining: nothing more may be endorsed" in english
    assert "USD：上限 12,645.00，各银行已签注 12,675.00，剩余 -30.00" in chinese
    assert "USD 已超额签注，剩余 -30.00：不得再签注" in chinese
