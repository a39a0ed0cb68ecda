"""The command line, run as a shell would on a house's settings."""

import json

import pytest
from typer.testing import CliRunner, Result

from service.cli import app
from tests.service.house import PASSPHRASE, House
from tests.service.market import EXPORTER, OTHER_LINE, STRANGER, TAX, an_admission
from tests.service.tax_trade import a_departed_lot, a_pre_refund, a_sold_order


def run(house: House, *arguments: str) -> Result:
    """One command in its own environment."""
    settings = house.settings
    environment = {"CANGSU_VAR": str(settings.var), "CANGSU_RPC_URL": settings.rpc_url, "CANGSU_PASSPHRASE": PASSPHRASE}
    return CliRunner().invoke(app, arguments, env=environment)


@pytest.fixture
def trading(house: House) -> House:
    """A pre-refunded lot with a sale, and one of food."""
    house.tell(an_admission(), *a_departed_lot(), *a_pre_refund(), *a_departed_lot(line=OTHER_LINE, is_food=True))
    house.tell(*a_sold_order(3, "2026-05-31T20:00:00-07:00"))
    return house


def test_deadlines_are_listed_the_most_urgent_first(trading: House) -> None:
    answer = run(trading, "deadlines", str(EXPORTER), "--on", "2026-06-12", "--within-days", "120")
    assert answer.exit_code == 0, answer.output
    rows = [line for line in answer.output.splitlines() if "223320260001234567" in line]
    assert [row.split("│")[1].strip() for row in rows] == ["2026-06-16", "2026-09-10"]
    assert "soon" in rows[0]
    assert "file the proof of what was sold on 2026-06-01 (sales: 1, pieces: 3) [1]" in rows[0]
    assert "[1] not known: whether these papers are on file: no event says so" in answer.output.splitlines()


def test_deadlines_in_chinese_and_as_json(trading: House) -> None:
    chinese = run(trading, "deadlines", str(TAX), "--on", "2026-06-12", "--language", "zh", "--state", "met")
    assert "已办：出口货物均已申报" in chinese.output
    answer = json.loads(run(trading, "deadlines", str(EXPORTER), "--on", "2026-06-12", "--json").stdout)
    assert (answer["today"], answer["total"]) == ("2026-06-12", len(answer["deadlines"])) == ("2026-06-12", 10)


def test_a_party_that_is_not_there_has_no_deadlines(trading: House) -> None:
    answer = run(trading, "deadlines", str(STRANGER))
    assert (answer.exit_code, "party 99 is not registered" in answer.output) == (2, True)
