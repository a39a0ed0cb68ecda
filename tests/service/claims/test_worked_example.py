"""The worked example of the trade, to the cent, through the public API."""

import time
from typing import Any

import httpx
import orjson
import pytest

from scripts.story import story
from scripts.story_expected import EXPECTED_MONEY, LINE_A
from tests.service.api.caller import Api, problem_of
from tests.service.claims.conftest import TOLD_AT, wait_until_settled
from tests.service.market import BANK, EXPORTER, a_refund, an_event, line_key
from verifier.chain import Node, NodeView
from verifier.policy import Policy
from verifier.report import Answer, Report
from verifier.steps import verify

LINES = [{"declaration_no": "223320260001234567", "item_no": item} for item in (1, 2)]


def ask(api: Api, party: int, path: str, **body: Any) -> httpx.Response:
    return api.send(party, path, orjson.dumps(body))


def collect(api: Api) -> dict[str, Any]:
    """An exchange-collection claim over both lines, shown to the bank."""
    made = ask(api, EXPORTER, "/v1/claims", kind="exchange-collection", lines=LINES)
    assert made.status_code == 201, made.text
    claim: dict[str, Any] = made.json()
    for currency in ("USD", "CAD"):
        path = f"/v1/claims/{claim['claim_id']}/consents"
        assert ask(api, EXPORTER, path, bank=BANK, currency=currency).status_code == 201
    return claim


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
    assert judge(worked, claim["credential"]).answer is Answer.INVALID
    assert judge(worked, worked.get(EXPORTER, f"{path}/credential").text).answer is Answer.VALID
    more = body | {"reference": "MORE", "amount_minor": 1, "receipt_minor": 1}
    assert problem_of(ask(worked, BANK, f"{path}/endorsements", **more), 409)["code"] == "RemainingExceeded"


def test_a_claim_that_a_refund_has_not_reached_yet_is_not_endorsed(
    worked: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker is late, or cannot run the claim again: the chain counts the refund, and knows no amounts."""
    claim = collect(worked)
    monkeypatch.setattr("service.worker.correct_claims", lambda desk, shown_for: 0)
    sale = sale_of_two(worked)
    worked.house.tell(a_refund(sale, 30_00, line=LINE_A), now=TOLD_AT)
    wait_until_settled(worked)
    body = {"currency": "USD", "reference": "ALL", "amount_minor": 12_675_00, "receipt_minor": 12_675_00}
    problem = problem_of(ask(worked, BANK, f"/v1/claims/{claim['claim_id']}/endorsements", **body), 409)
    assert (problem["code"], problem["got"]) == ("ClaimBehind", 1)


def sale_of_two(api: Api) -> dict[str, Any]:
    """A sale of two lamps in dollars that nothing came back of, as its sender named it."""
    returned = {step[1].get("target_id") for step in story(line_key()) if step[1]["kind"] == "RETURN_IN"}
    return next(
        event
        for _, event in story(line_key())
        if event["kind"] == "SALE" and event["line"] == LINE_A and event["quantity"] == 2
        and event["money"]["currency"] == "USD" and event["event_id"] not in returned
    )  # fmt: skip


def wait_for_version(api: Api, path: str, version: int) -> dict[str, Any]:
    """The claim once the worker has superseded it and told why."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found: dict[str, Any] = api.get(EXPORTER, path).json()
        if found["version"] == version and any(row["kind"] == "correction" for row in found["credentials"]):
            return found
        time.sleep(0.2)
    raise AssertionError(found)


def judge(api: Api, credential: str) -> Report:
    """What a verifier says that asks the chain itself."""
    policy = Policy(now=int(time.time()), log=api.house.runtime.pin)
    return verify(credential.encode(), policy, NodeView(Node(api.house.settings.rpc_url)))
