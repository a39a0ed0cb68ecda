"""What a claim asks for has another shape than its kind wants: a problem that names the member, never a fault."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from service.api.examples import CLAIM_EXAMPLES
from tests.service.api.caller import Api, problem_of
from tests.service.claims.actions import COST, LINES, ask
from tests.service.market import EXPORTER

pytestmark = pytest.mark.chain
RESTORED = {
    "reclaim_base": "restored_fob", "exchange_rates": {"USD": "7.1"}, "rates_on": "2026-03-02",
    "abroad_costs_minor": {"7dc467000c4b3865": 10_000_00},
}  # fmt: skip


def without(asked: dict[str, Any], name: str) -> dict[str, Any]:
    return {other: value for other, value in asked.items() if other != name}


MALFORMED: dict[str, tuple[str, Any, str]] = {
    "pre-refund: nothing": ("pre-refund", {}, "asked.method"),
    "pre-refund: an unknown member": ("pre-refund", COST | {"colour": "red"}, "asked.colour"),
    "pre-refund: a rate as a number": ("pre-refund", COST | {"rebate_rate": 13}, "asked.rebate_rate"),
    "pre-refund: a rate as a float": ("pre-refund", COST | {"rebate_rate": 0.13}, "asked.rebate_rate"),
    "pre-refund: a rate in percent": ("pre-refund", COST | {"rebate_rate": "13%"}, "asked.rebate_rate"),
    "pre-refund: a rate of one": ("pre-refund", COST | {"rebate_rate": "1"}, "asked.rebate_rate"),
    "pre-refund: no cost": ("pre-refund", without(COST, "cost_minor"), "asked.cost_minor"),
    "pre-refund: a cost as text": ("pre-refund", COST | {"cost_minor": "400"}, "asked.cost_minor"),
    "pre-refund: no rate": ("pre-refund", without(COST, "rebate_rate"), "asked.rebate_rate"),
    "pre-refund: an unknown method": ("pre-refund", COST | {"method": "trader"}, "asked.method"),
    "pre-refund: a FOB of a trader": (
        "pre-refund", without(COST, "cost_minor") | {"fob_cny_minor": 1}, "asked.cost_minor",
    ),
    "pre-refund: split as a word": ("pre-refund", COST | {"split": "yes"}, "asked.split"),
    "pre-refund: an empty invoice number": ("pre-refund", COST | {"invoice_no": ""}, "asked.invoice_no"),
    "pre-refund: text that is not in NFC": ("pre-refund", COST | {"invoice_no": "e\u0301"}, "asked.invoice_no"),
    "settlement: an unknown member alone": ("settlement", {"colour": "red"}, "asked.reclaim_base"),
    "settlement: an unknown base": ("settlement", {"reclaim_base": "cost"}, "asked.reclaim_base"),
    "settlement: rates without need": (
        "settlement", {"reclaim_base": "declared_fob", "rates_on": "2026-03-02"}, "asked.rates_on",
    ),
    "settlement: no rates": ("settlement", without(RESTORED, "exchange_rates"), "asked.exchange_rates"),
    "settlement: a rate as a number": (
        "settlement", RESTORED | {"exchange_rates": {"USD": 7}}, "asked.exchange_rates.USD",
    ),
    "settlement: rates as an array": ("settlement", RESTORED | {"exchange_rates": []}, "asked.exchange_rates"),
    "settlement: no day": ("settlement", RESTORED | {"rates_on": "2026-02-30"}, "asked.rates_on"),
    "settlement: costs of no lot": (
        "settlement", RESTORED | {"abroad_costs_minor": {"LAMP": 1}}, "asked.abroad_costs_minor",
    ),
    "settlement: costs as text": (
        "settlement", RESTORED | {"abroad_costs_minor": {"7dc467000c4b3865": "1"}},
        "asked.abroad_costs_minor.7dc467000c4b3865",
    ),
    "stock: anything": ("stock", {"as_of": "2026-11-01"}, "asked.as_of"),
    "loss: anything": ("loss", {"certificate": 1}, "asked.certificate"),
    "exchange-collection: anything": ("exchange-collection", {"currency": "USD"}, "asked.currency"),
}  # fmt: skip


def test_a_member_of_another_shape_is_named(worked: Api) -> None:
    for what, (kind, asked, field) in MALFORMED.items():
        for path in ("/v1/claims/preview", "/v1/claims"):
            answer = ask(worked, EXPORTER, path, kind=kind, lines=LINES[:1], asked=asked)
            problem = problem_of(answer, 422)
            assert (problem["code"], problem["field"]) == ("Malformed", field), (what, problem)
            assert problem["detail"], what
    assert worked.get(EXPORTER, "/v1/claims").json() == {"claims": []}


def test_a_name_of_a_malformed_request_is_not_used_up(worked: Api) -> None:
    headers = worked.headers(EXPORTER) | {"Idempotency-Key": "K-1"}
    for asked, status in (({"as_of": "today"}, 422), ({}, 201)):
        body = orjson.dumps({"kind": "loss", "lines": LINES[:1], "asked": asked})
        assert worked.client.post("/v1/claims", content=body, headers=headers).status_code == status


def test_the_examples_of_the_documents_have_the_shape_that_their_kinds_want(worked: Api) -> None:
    for body in CLAIM_EXAMPLES:
        assert ask(worked, EXPORTER, "/v1/claims/preview", **body).status_code in (200, 409), body
    document = (Path(__file__).parents[3] / "docs" / "api.md").read_text("utf-8")
    for asked in filter(None, (body.get("asked") for body in CLAIM_EXAMPLES)):
        assert f"`{json.dumps(asked)}`" in document
