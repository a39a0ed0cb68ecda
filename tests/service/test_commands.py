"""The command line, run as a shell would on a house's settings."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.cli import app
from tests.service.api.caller import open_api, problem_of
from tests.service.erasure.world import an_order, put_in_clear, shown_of
from tests.service.house import PASSPHRASE, House
from tests.service.market import EXPORTER, OTHER_LINE, PLATFORM, STRANGER, TAX, an_admission, an_opening
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
    lines = answer.output.splitlines()
    heads = [line for line in lines if "223320260001234567" in line]
    assert lines[0] == "2026-06-12: 2 deadlines"
    assert [head.split(" · ")[0] for head in heads] == ["2026-06-16", "2026-09-10"]
    assert heads[0].split(" · ")[1:3] == ["4 days left", "soon"]
    assert heads[0].endswith(" · proof of sales")
    what, rule = (line.strip() for line in lines[lines.index(heads[0]) + 1 :][:2])
    assert what == "file the proof of what was sold on 2026-06-01 (sales: 1, pieces: 3) [1]"
    assert rule.startswith("rule: ")
    assert "[1] not known: whether these papers are on file: no event says so" in answer.output.splitlines()


def test_deadlines_in_chinese_and_as_json(trading: House) -> None:
    chinese = run(trading, "deadlines", str(TAX), "--on", "2026-06-12", "--language", "zh", "--state", "met")
    assert "已办：出口货物均已申报" in chinese.output
    assert "正常申报退税" in chinese.output
    answer = json.loads(run(trading, "deadlines", str(EXPORTER), "--on", "2026-06-12", "--json").stdout)
    assert (answer["today"], answer["total"]) == ("2026-06-12", len(answer["deadlines"])) == ("2026-06-12", 10)


def test_a_party_that_is_not_there_has_no_deadlines(trading: House) -> None:
    answer = run(trading, "deadlines", str(STRANGER))
    assert (answer.exit_code, "party 99 is not registered" in answer.output) == (2, True)


def test_a_key_is_listed_ended_and_taken_no_more(house: House) -> None:
    key = run(house, "key", "new", str(EXPORTER), "--label", "laptop").stdout.strip()
    first, laptop = run(house, "key", "list", str(EXPORTER)).stdout.splitlines()
    assert re.fullmatch(r"[0-9a-f]{8}  in force until 20\S+Z  first key  \(every role; every verb\)", first)
    assert laptop.startswith(f"{hashlib.sha256(key.encode()).hexdigest()[:8]}  in force until 20")
    assert "keys" not in laptop.partition("(")[2]
    with open_api(house) as api:
        house.api_keys = house.api_keys | {EXPORTER: key}
        assert api.get(EXPORTER, "/v1/deadlines").status_code == 200
        ended = run(house, "key", "end", str(EXPORTER), laptop[:8])
        assert ended.stdout.startswith(f"{laptop[:8]}  ended 20")
    with open_api(house) as api:  # a process that does not remember it
        assert problem_of(api.get(EXPORTER, "/v1/deadlines"), 401)["code"] == "Unauthorized"
    assert run(house, "key", "list", str(EXPORTER)).stdout.splitlines() == [first, ended.stdout.strip()]


def test_a_key_is_made_for_verbs_roles_and_days(house: House) -> None:
    run(house, "key", "new", "4", "--verb", "events:write", "--role", "operator", "--days", "0", "--label", "WMS")
    line = next(line for line in run(house, "key", "list", "4").stdout.splitlines() if "WMS" in line)
    assert line.endswith("  in force  WMS  (OPERATOR; events:write)")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("key", "new", "4", "--role", "king"), "error: there is no role king"),
        (("key", "new", str(STRANGER)), "error: party 99 is not registered"),
        (("key", "end", "7", "00000000"), "error: party 7 has 0 keys in force with the id 00000000, expected 1"),
        (("deploy",), "error: this installation keeps a log already"),
        (
            ("register", "20", "New", "bank", "--line-key", "no.pem"),
            "error: [Errno 2] No such file or directory: 'no.pem'",
        ),
    ],
)
def test_what_an_operator_can_mend_is_said_in_one_line(house: House, arguments: tuple[str, ...], said: str) -> None:
    answer = run(house, *arguments)
    assert (answer.exit_code, answer.stderr.strip().splitlines()) == (1, [said])


def test_a_key_of_another_party_is_not_ended(house: House) -> None:
    (key_id, *_) = run(house, "key", "list", str(EXPORTER)).stdout.split()
    assert run(house, "key", "end", str(TAX), key_id).exit_code == 1
    assert "in force" in run(house, "key", "list", str(EXPORTER)).stdout


def test_settings_and_an_empty_database_are_said_in_one_line(tmp_path: Path) -> None:
    def said(**environment: str) -> list[str]:
        answer = CliRunner().invoke(app, ["key", "list", "7"], env={"CANGSU_VAR": str(tmp_path)} | environment)
        assert answer.exit_code == 1
        return answer.stderr.strip().splitlines()

    assert said(CANGSU_PORT="many") == [
        "error: settings CANGSU_…: port: Input should be a valid integer, unable to parse string as an integer"
    ]
    (line,) = said()
    assert line.startswith("error: the database: no such table: api_key (was `cangsu init` run")
    (line,) = said(CANGSU_DATABASE_URL="postgresql+psycopg://nobody:secret@127.0.0.1:1/none")
    assert line.startswith("error: the database: ")
    assert "secret" not in line


def test_a_missing_passphrase_and_an_absent_chain_are_said_in_one_line(tmp_path: Path) -> None:
    environment = {"CANGSU_VAR": str(tmp_path), "CANGSU_RPC_URL": "http://127.0.0.1:1"}
    answer = CliRunner().invoke(app, ["init"], env=environment)
    assert (
        answer.stderr.strip().splitlines()[-1]
        == "error: set CANGSU_PASSPHRASE, CANGSU_PASSPHRASE_FILE, CANGSU_MASTER_KEY_FILE or CANGSU_KMS_COMMAND"
    )
    assert CliRunner().invoke(app, ["init"], env=environment | {"CANGSU_PASSPHRASE": "x"}).exit_code == 0
    answer = CliRunner().invoke(app, ["deploy"], env=environment | {"CANGSU_PASSPHRASE": "x"})
    assert answer.exit_code == 1
    assert answer.stderr.strip().splitlines()[-1].startswith("error: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("register", "20", "New", "king"), "there is no role king"),
        (("register", "20", "New", "operator", "--site", "1"), "expected NUMBER=NAME, got 1"),
        (("adopt", "0xzz", "1"), "expected an address in hex, got 0xzz"),
        (("deadlines", str(EXPORTER), "--state", "late"), "'late' is not one of"),
    ],
)
def test_what_was_asked_wrongly_is_said(house: House, arguments: tuple[str, ...], said: str) -> None:
    answer = run(house, *arguments)
    assert (answer.exit_code, said in " ".join(answer.stderr.replace("│", " ").split())) == (2, True), answer.stderr


def test_a_fault_of_ours_keeps_its_traceback(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("service.api_keys.list_keys", fail)
    assert isinstance(run(house, "key", "list", "7").exception, ZeroDivisionError)


def test_a_buyer_is_erased_by_hand_and_an_order_that_the_law_keeps_is_not(house: House) -> None:
    ship, sale = an_order("ORDER-CLI-1", "buyer-cli-1")
    house.tell(an_admission(), *an_opening(10), ship, sale)
    platform = str(PLATFORM)
    preview = run(house, "erase", platform, "--order", "ORDER-CLI-1")
    assert "would be erased: person of 1 events" in preview.output
    assert "kept: order of 1 events until 2036-05-03" in preview.output
    assert "国家税务总局公告2026年第5号" in preview.output
    assert "person" in shown_of(house, sale)
    done = run(house, "erase", platform, "--buyer", "buyer-cli-1", "--yes")
    assert (done.exit_code, "erased: person of 1 events" in done.output) == (0, True), done.output
    assert "person" not in shown_of(house, sale)
    refused = run(house, "erase", platform, "--order", "ORDER-CLI-1", "--yes")
    assert (refused.exit_code, "error: kept until 2036-05-03" in refused.output) == (1, True)
    assert "nothing is known of it" in run(house, "erase", platform, "--buyer", "nobody").output
    assert "buyer-cli-1" not in done.output


def test_details_from_before_an_upgrade_are_encrypted_by_hand(house: House) -> None:
    house.tell(an_admission(), *an_opening(10), *an_order("ORDER-CLI-2", "buyer-cli-2"))
    put_in_clear(house)
    assert "run `cangsu encrypt-details` first" in run(house, "erase", str(PLATFORM), "--buyer", "buyer-cli-2").output
    done = run(house, "encrypt-details")
    assert (done.exit_code, done.output.splitlines()[-1]) == (
        0, "7 events looked at; all details of orders and buyers are encrypted",
    )  # fmt: skip
