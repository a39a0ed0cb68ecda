"""A claim whose set does not fit into one transaction: twenty lots, one of them with sales far apart."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

import pytest

from scripts.bench_sales import LINES, Season, opening
from service.claim_runtime import ClaimRuntime
from service.flow import claim as flow
from service.flow import claim_calls
from service.flow.outbox import Call
from tests.service.api.caller import Api, open_api, problem_of
from tests.service.claims.conftest import TOLD_AT
from tests.service.claims.test_worked_example import ask, judge
from tests.service.house import House, Template
from tests.service.market import EXPORTER, a_sale, an_event, line_key
from verifier.claims.record import ClaimRecord
from verifier.report import Answer

SALES = 60
FILLERS = 600
ASKED = {
    "kind": "exchange-collection",
    "lines": [{"declaration_no": line[:18], "item_no": int(line[-2:])} for line in LINES],
}


def tell_season(house: House) -> None:
    """A small season over every lot; behind it the first lot is counted for months, and sold from once more."""
    season = Season(SALES)
    for party, run in groupby([*opening(line_key(), SALES), *season.steps()], key=lambda step: step[0]):
        for answer in house.post(party, *(event for _, event in run), now=TOLD_AT):
            assert answer["status"] == "accepted", answer
    house.tell(*(an_event("COUNT", line=LINES[0]) for _ in range(FILLERS)), now=TOLD_AT)
    ship = an_event("SHIP", 1, line=LINES[0])
    order = {"platform_account": 1}
    house.tell(ship, a_sale(ship, line=LINES[0], gross_minor=15_00, order=order), now=TOLD_AT)
    house.settle()


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template(tmp_path_factory.mktemp("season"), tell_season)


@pytest.fixture
def sold(season: Template, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The API over the season; one transaction takes no more than one lot."""
    monkeypatch.setattr(claim_calls, "SET_GAS", 0)
    house = season.build(tmp_path_factory.mktemp("sold"))
    with open_api(house) as opened, house.running():
        yield opened
    house.close()


def claim(api: Api) -> dict[str, Any]:
    made = ask(api, EXPORTER, "/v1/claims", **ASKED)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


def actions(api: Api) -> list[str]:
    """What the transactions that were mined were for."""
    with ClaimRuntime(api.house.runtime).store.view() as claims:
        return [tx.action for tx in claims.recent_txs(-1)]


def test_a_claim_of_several_transactions_is_issued_sealed_and_verified(sold: Api) -> None:
    made = claim(sold)
    assert (made["state"], made["report"]["answer"]) == ("live", "valid")
    assert actions(sold) == ["part"] * (len(LINES) - 1) + ["issue"]
    report = judge(sold, made["credential"])
    assert report.answer is Answer.VALID, report.deciding_step


def test_its_positions_lie_far_apart(sold: Api) -> None:
    made = claim(sold)
    with ClaimRuntime(sold.house.runtime).store.view() as claims:
        found = claims.find_claim(bytes.fromhex(made["claim_id"][2:]))
    assert found is not None
    words = {
        position >> 8
        for part in ClaimRecord.from_json(found.record).parts
        for lot in part.lots
        for position in lot.positions
    }
    assert words == {0, 2}


def test_refused_half_way_it_gives_back_what_it_took(sold: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def with_too_little_gas(*arguments: Any) -> list[Call]:
        calls = claim_calls.issue_calls(*arguments)
        calls[5] = replace(calls[5], gas=100_000)
        return calls

    with monkeypatch.context() as patched:
        patched.setattr(flow, "issue_calls", with_too_little_gas)
        refused = ask(sold, EXPORTER, "/v1/claims", **ASKED)
    assert problem_of(refused, 409)["code"] == "ChainRefuses"
    assert claim(sold)["report"]["answer"] == "valid"


def test_revoked_it_frees_every_position_for_another_claim(sold: Api) -> None:
    first = claim(sold)
    assert (
        sold.client.delete(f"/v1/claims/{first['claim_id']}", headers=sold.headers(EXPORTER)).json()["state"]
        == "revoked"
    )
    assert actions(sold).count("unwind") == len(LINES) + 1
    assert judge(sold, first["credential"]).answer is Answer.INVALID
    second = claim(sold)
    assert (second["state"], second["report"]["answer"]) == ("live", "valid")
    assert second["figures"] == first["figures"]
