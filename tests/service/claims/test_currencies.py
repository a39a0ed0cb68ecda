"""Mistake 4: currencies summed, floats for money, two decimals for all. From the sale to the printed page."""

import pytest

from tests.service.api.caller import Api, problem_of
from tests.service.claims.actions import ask, judge
from tests.service.claims.trade import claim, consent, trade
from tests.service.market import BANK, EXPORTER
from verifier.render import render
from verifier.report import Answer

pytestmark = pytest.mark.chain
CURRENCIES = {
    "JPY": ("1,500", "1,400", "100"),
    "KWD": ("1.500", "1.400", "0.100"),
    "BHD": ("1.500", "1.400", "0.100"),
    "TND": ("1.500", "1.400", "0.100"),
    "CLF": ("0.1500", "0.1400", "0.0100"),
    "USD": ("15.00", "14.00", "1.00"),
}
"""1,500 minor units, 1,400 and 100, as people write them."""


@pytest.mark.parametrize("currency", CURRENCIES)
def test_mistake_4_each_currency_has_its_own_minor_digits(trading: Api, currency: str) -> None:
    ceiling, endorsed, remaining = CURRENCIES[currency]
    made = claim(trading, *trade(1_600, 100, currency)).json()
    assert made["figures"]["currencies"][currency]["ceiling_minor"] == 1_500
    consent(trading, made["claim_id"], currency=currency)
    body = {"currency": currency, "amount_minor": 1_400, "reference": "R-1", "receipt_minor": 1_400}
    with trading.house.running():
        answer = ask(trading, BANK, f"/v1/claims/{made['claim_id']}/endorsements", **body)
        assert (answer.status_code, answer.json()["remaining_minor"]) == (201, 100), answer.text
        more = body | {"amount_minor": 101, "reference": "R-2"}
        problem = problem_of(ask(trading, BANK, f"/v1/claims/{made['claim_id']}/endorsements", **more), 409)
    assert (problem["code"], problem["remaining_minor"]) == ("RemainingExceeded", 100)
    report = judge(trading, made["credential"])
    assert report.answer is Answer.VALID
    english, chinese = render(report, "en"), render(report, "zh")
    assert f"{currency}: ceiling {ceiling}, endorsed by banks {endorsed}, remaining {remaining}" in english
    assert f"{currency}：上限 {ceiling}，各银行已签注 {endorsed}，剩余 {remaining}" in chinese
    assert f"{currency} {ceiling}" in english
    bank = judge(trading, answer.json()["credential"])
    assert bank.answer is Answer.VALID
    assert f"{currency} {remaining}" in render(bank, "en")


def test_mistake_4_currencies_are_never_added_up(trading: Api) -> None:
    """A bank endorses each by itself: what is left of one buys nothing of another."""
    made = claim(trading, *trade(1_500, 0, "JPY"), *trade(1_500, 0, "KWD")).json()
    assert {name: found["ceiling_minor"] for name, found in made["figures"]["currencies"].items()} == {
        "JPY": 1_500,
        "KWD": 1_500,
    }
    for currency in ("JPY", "KWD"):
        consent(trading, made["claim_id"], currency=currency)
    path = f"/v1/claims/{made['claim_id']}"
    with trading.house.running():
        body = {"currency": "JPY", "amount_minor": 1_500, "reference": "R-1", "receipt_minor": 1_500}
        assert ask(trading, BANK, f"{path}/endorsements", **body).status_code == 201
        more = body | {"amount_minor": 1, "reference": "R-2"}
        assert problem_of(ask(trading, BANK, f"{path}/endorsements", **more), 409)["remaining_minor"] == 0
    shown = trading.get(EXPORTER, path).json()["currencies"]
    assert {row["currency"]: row["remaining_minor"] for row in shown} == {"JPY": 0, "KWD": 1_500}
