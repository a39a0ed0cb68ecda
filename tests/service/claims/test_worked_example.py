"""The worked example of the trade, to the cent, through the public API."""

from typing import Any

import httpx
import orjson

from scripts.story import EXPECTED_MONEY
from tests.service.api.caller import Api, problem_of
from tests.service.market import BANK, EXPORTER

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
