"""What callers of the API do with claims: ask, collect, judge."""

import time
from typing import Any

import httpx
import orjson

from scripts.story import story
from scripts.story_expected import LINE_A
from tests.service.api.caller import Api
from tests.service.claims.conftest import TOLD_AT
from tests.service.market import BANK, EXPORTER, a_declare, an_event, line_key
from verifier.chain import Node, NodeView
from verifier.policy import Policy
from verifier.report import Report
from verifier.steps import verify

LINES = [{"declaration_no": "223320260001234567", "item_no": item} for item in (1, 2)]
NEW_LINE = "223320260001234567-03"
COST = {"method": "exempt_refund", "cost_minor": 40_000_00, "rebate_rate": "0.13", "split": True}


def ask(api: Api, party: int, path: str, **body: Any) -> httpx.Response:
    """Post a JSON body as a party."""
    return api.send(party, path, orjson.dumps(body))


def collect(api: Api) -> dict[str, Any]:
    """An exchange-collection claim over both lines of the worked example, shown to the bank."""
    made = ask(api, EXPORTER, "/v1/claims", kind="exchange-collection", lines=LINES)
    assert made.status_code == 201, made.text
    claim: dict[str, Any] = made.json()
    for currency in ("USD", "CAD"):
        path = f"/v1/claims/{claim['claim_id']}/consents"
        assert ask(api, EXPORTER, path, bank=BANK, currency=currency).status_code == 201
    return claim


def wait_for_version(api: Api, path: str, version: int) -> dict[str, Any]:
    """The claim once the worker has superseded it and told why."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found: dict[str, Any] = api.get(EXPORTER, path).json()
        if found["version"] == version and any(row["kind"] == "correction" for row in found["credentials"]):
            return found
        time.sleep(0.2)
    raise AssertionError(found)


def judge(api: Api, credential: str, status_list: bytes | None = None) -> Report:
    """What a verifier says that asks the chain itself."""
    policy = Policy(now=int(time.time()), log=api.house.runtime.pin, status_list=status_list)
    return verify(credential.encode(), policy, NodeView(Node(api.house.settings.rpc_url)))


def sale_of_two(api: Api) -> dict[str, Any]:
    """A sale of two lamps in dollars that nothing came back of, as its sender named it."""
    returned = {step[1].get("target_id") for step in story(line_key()) if step[1]["kind"] == "RETURN_IN"}
    return next(
        event
        for _, event in story(line_key())
        if event["kind"] == "SALE" and event["line"] == LINE_A and event["quantity"] == 2
        and event["money"]["currency"] == "USD" and event["event_id"] not in returned
    )  # fmt: skip


def claim(api: Api, kind: str, lines: list[dict[str, Any]], **asked: Any) -> dict[str, Any]:
    """A claim of the exporter that our verifier finds valid."""
    made = ask(api, EXPORTER, "/v1/claims", kind=kind, lines=lines, asked=asked)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    assert found["report"]["answer"] == "valid"
    return found


def open_line(api: Api) -> None:
    """Ten more pieces on a line of their own, departed and received."""
    paper = {"mode": "9810", "sale_model": "sold_later", "declaration_date": "2026-05-20"}
    declared = a_declare(10, line=NEW_LINE)
    declared["document"] = declared["document"] | paper
    api.house.tell(
        declared,
        an_event("DEPART", 10, line=NEW_LINE, document={"export_date": "2026-05-28"}),
        an_event("ASN", 10, line=NEW_LINE),
        an_event("RECEIVE", 10, line=NEW_LINE),
        now=TOLD_AT,
    )
