"""GET /v1/deadlines as its callers see it."""

from collections.abc import Iterator

import pytest

from tests.service.api.caller import Api, open_api, problem_of
from tests.service.house import House
from tests.service.market import BANK, EXPORTER, GATEWAY, OTHER_LINE, PLATFORM, RIVAL, TAX, WEST_COAST, an_admission
from tests.service.tax_trade import a_departed_lot, a_pre_refund, a_sold_order

PATH = "/v1/deadlines"
ON = "2026-06-01"


@pytest.fixture
def trading(house: House) -> Iterator[Api]:
    """A pre-refunded lot with two sales, a second one of food, and one of a rival."""
    house.tell(an_admission(), *a_departed_lot(), *a_pre_refund(), *a_departed_lot(line=OTHER_LINE, is_food=True))
    house.tell(*a_sold_order(3, "2026-05-31T20:00:00-07:00"))
    rival = a_departed_lot(line="223320260005555555-01")
    rival[0]["site"] = RIVAL
    house.tell(*rival[:2])
    with open_api(house) as opened:
        yield opened


def codes(api: Api, party: int, **parameters):
    answer = api.get(party, PATH, on=ON, **parameters)
    assert answer.status_code == 200, answer.text
    return [(one["line"][19:21], one["code"], one["state"], one["due"]) for one in answer.json()["deadlines"]]


def test_the_owner_sees_what_is_due_the_most_urgent_first(trading: Api) -> None:
    assert codes(trading, EXPORTER) == [
        ("01", "sale_evidence", "open", "2026-06-16"),
        ("01", "return_relief", "open", "2026-09-10"),
        ("01", "return_channel", "open", "2027-03-05"),
        ("02", "return_channel", "open", "2027-03-05"),
        ("01", "exchange", "open", "2027-04-30"),
        ("01", "reconciliation", "open", "2027-04-30"),
        ("02", "claim", "open", "2027-04-30"),
        ("02", "exchange", "open", "2027-04-30"),
        ("02", "final_claim", "open", "2029-03-10"),
        ("01", "retention", "open", "2036-04-08"),
    ]


def test_a_deadline_names_days_text_rule_and_what_is_not_known(trading: Api) -> None:
    answer = trading.get(EXPORTER, PATH, on=ON, limit=1).json()
    assert (answer["today"], answer["total"]) == (ON, 10)
    (deadline,) = answer["deadlines"]
    assert deadline | {"lot": ""} == {
        "code": "sale_evidence",
        "lot": "",
        "line": "223320260001234567-01-00",
        "state": "open",
        "due": "2026-06-16",
        "days_left": 15,
        "opens_on": None,
        "is_provisional": False,
        "what": {
            "en": "file the proof of what was sold on 2026-06-01 (sales: 1, pieces: 3)",
            "zh": "请留存 2026-06-01 的 1 笔销售（3 件）的销售凭证",
        },
        "numbers": {"day": "2026-06-01", "sales": 1, "pieces": 3},
        "not_known": [
            {
                "code": "filed",
                "en": "whether these papers are on file: no event says so",
                "zh": "单证是否已留存：没有事件记录",
            }
        ],
        "rule": "sales_evidence@STA-2025-3",
        "source": "国家税务总局公告2025年第3号",
    }


def test_each_caller_sees_the_deadlines_of_the_lots_that_it_may_read(trading: Api) -> None:
    def lines(party):
        return {line["line"] for line in trading.get(party, PATH, on=ON).json()["deadlines"]}

    mine = {"223320260001234567-01-00", "223320260001234567-02-00"}
    rivals = {"223320260005555555-01-00"}
    assert (lines(EXPORTER), lines(RIVAL)) == (mine, rivals)
    assert lines(TAX) == lines(GATEWAY) == mine | rivals
    assert lines(BANK) == lines(PLATFORM) == lines(WEST_COAST) == set()
    trading.house.tell(an_admission(BANK))
    assert lines(BANK) == mine


def test_a_declaration_of_someone_else_looks_like_none(trading: Api) -> None:
    strange = trading.get(RIVAL, PATH, on=ON, declaration_no="223320260001234567").json()
    none = trading.get(RIVAL, PATH, on=ON, declaration_no="223320260001234568").json()
    assert strange == none == {"today": ON, "total": 0, "deadlines": []}


def test_filters_and_pages(trading: Api) -> None:
    assert codes(trading, EXPORTER, within_days=15) == [("01", "sale_evidence", "open", "2026-06-16")]
    assert codes(trading, EXPORTER, state="met") == [
        ("01", "claim", "met", "2027-04-30"),
        ("01", "final_claim", "met", "2029-03-10"),
    ]
    states = trading.get(EXPORTER, PATH, on=ON, state=["met", "open", "soon", "overdue", "not_applicable"]).json()
    assert states["total"] == 13
    whole = codes(trading, EXPORTER)
    assert codes(trading, EXPORTER, first=3, limit=4) == whole[3:7]
    assert codes(trading, EXPORTER, declaration_no="223320260001234567") == whole


def test_today_is_a_beijing_day(trading: Api) -> None:
    assert trading.get(EXPORTER, PATH).json()["today"] >= "2026-11-24"
    assert trading.get(EXPORTER, PATH, on="2026-09-11", within_days=0).json()["deadlines"] == []


@pytest.mark.parametrize(
    "parameters",
    [{"state": "late"}, {"within_days": -1}, {"declaration_no": "1"}, {"on": "tomorrow"}, {"limit": 1001}],
)
def test_what_cannot_be_asked_is_refused(trading: Api, parameters) -> None:
    assert problem_of(trading.get(EXPORTER, PATH, **parameters), 422)["code"] == "Malformed"


def test_a_stranger_is_refused(trading: Api) -> None:
    assert problem_of(trading.client.get(PATH), 401)["code"] == "Unauthorized"
