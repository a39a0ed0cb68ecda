"""What an owner lets a bank see and endorse: banks only, and for as long as it likes."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.service.api.caller import Api, problem_of
from tests.service.claims.actions import ask
from tests.service.claims.conftest import OTHER_BANK
from tests.service.claims.trade import claim, consent, trade
from tests.service.market import BANK, EXPORTER, PLATFORM, RIVAL, TAX

pytestmark = pytest.mark.chain
USD_60 = {"currency": "USD", "amount_minor": 60_00, "reference": "R-1", "receipt_minor": 60_00}
NOBODY = 4_000_000


@pytest.fixture
def path(trading: Api) -> str:
    """A claim of USD 100.00 that nobody but its owner may see."""
    return f"/v1/claims/{claim(trading, *trade(100_00)).json()['claim_id']}"


def withdraw(api: Api, party: int, path: str, bank: int = BANK) -> int:
    return int(api.client.delete(f"{path}/consents/{bank}", headers=api.headers(party)).status_code)


@pytest.mark.parametrize("party", [PLATFORM, RIVAL, TAX, NOBODY])
def test_only_a_bank_is_given_a_consent(trading: Api, path: str, party: int) -> None:
    problem = problem_of(ask(trading, EXPORTER, f"{path}/consents", bank=party, currency="USD"), 409)
    assert (problem["code"], problem["field"], problem["got"]) == ("NotABank", "bank", party)
    assert trading.get(EXPORTER, path).json()["consents"] == []


def test_a_consent_that_no_bank_holds_opens_nothing(trading: Api, path: str) -> None:
    consent(trading, path.rpartition("/")[2])
    store = trading.app.state.claims.store
    with store.claims() as claims:  # as an earlier release let it be written
        (given,) = claims.consents_of(bytes.fromhex(path[-64:]))
        claims.save_consent(replace(given, bank=PLATFORM))
    for shown in (path, f"{path}/credential"):
        assert problem_of(trading.get(PLATFORM, shown), 404)["code"] == "NotFound"
    assert trading.get(PLATFORM, "/v1/claims").json() == {"claims": []}


def test_a_consent_says_until_when_in_utc(trading: Api, path: str) -> None:
    given = ask(trading, EXPORTER, f"{path}/consents", bank=BANK, currency="USD").json()
    assert datetime.strptime(given["until"], "%Y-%m-%dT%H:%M:%SZ")
    assert trading.get(BANK, path).json()["consents"] == [given]


def test_what_is_withdrawn_opens_nothing_any_more(trading: Api, path: str) -> None:
    consent(trading, path.rpartition("/")[2])
    consent(trading, path.rpartition("/")[2], OTHER_BANK)
    assert trading.get(BANK, path).status_code == 200
    assert [withdraw(trading, EXPORTER, path) for _ in range(2)] == [200, 200]
    assert problem_of(trading.get(BANK, path), 404)["code"] == "NotFound"
    assert trading.get(BANK, "/v1/claims").json() == {"claims": []}
    assert trading.get(OTHER_BANK, path).status_code == 200


def test_only_the_owner_withdraws(trading: Api, path: str) -> None:
    consent(trading, path.rpartition("/")[2])
    assert [withdraw(trading, party, path) for party in (BANK, OTHER_BANK, RIVAL)] == [404, 404, 404]
    assert trading.get(BANK, path).status_code == 200


def test_what_was_endorsed_stays_and_its_bank_goes_on_seeing_the_claim(trading: Api, path: str) -> None:
    consent(trading, path.rpartition("/")[2])
    with trading.house.running():
        row = ask(trading, BANK, f"{path}/endorsements", **USD_60).json()
        assert withdraw(trading, EXPORTER, path) == 200
        assert trading.get(BANK, path).json()["currencies"][0]["endorsed_minor"] == 60_00
        more = ask(trading, BANK, f"{path}/endorsements", **USD_60 | {"amount_minor": 1, "reference": "R-2"})
        assert problem_of(more, 409)["code"] == "NoConsent"
        ask(trading, BANK, f"/v1/endorsements/{row['endorsement_id']}/release", payment="OUT-1")
    assert problem_of(trading.get(BANK, path), 404)["code"] == "NotFound"


def test_what_came_is_shown_in_the_words_of_json(trading: Api) -> None:
    for body, got in ((b"{ no JSON", "{ no JSON"), (b'{"kind": {}}', "an object"), (b"[]", "an array")):
        problem = problem_of(trading.send(EXPORTER, "/v1/claims", body), 422)
        assert (problem["code"], problem["got"]) == ("Malformed", got)


def until(seconds: float) -> str:
    return datetime.fromtimestamp(time.time() + seconds, UTC).isoformat(timespec="seconds")


def test_a_consent_ends_at_its_time(trading: Api, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = ask(trading, EXPORTER, f"{path}/consents", bank=BANK, currency="USD", until=until(3600))
    assert given.status_code == 201
    assert trading.get(BANK, path).status_code == 200
    later = time.time() + 3601
    monkeypatch.setattr("service.api.claims.time.time", lambda: later)
    for shown in (path, f"{path}/credential"):
        assert problem_of(trading.get(BANK, shown), 404)["code"] == "NotFound"
    assert trading.get(BANK, "/v1/claims").json() == {"claims": []}
    (row,) = trading.get(EXPORTER, f"{path}/consents").json()["consents"]
    assert (row["bank"], row["is_over"]) == (BANK, True)


def test_a_bank_goes_on_seeing_what_it_has_endorsed_after_the_end(
    trading: Api, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    consent(trading, path.rpartition("/")[2], until=until(3600))
    with trading.house.running():
        assert ask(trading, BANK, f"{path}/endorsements", **USD_60).status_code == 201
    later = time.time() + 3601
    monkeypatch.setattr("service.api.claims.time.time", lambda: later)
    assert trading.get(BANK, path).status_code == 200
    with trading.house.running():
        more = ask(trading, BANK, f"{path}/endorsements", **USD_60 | {"amount_minor": 1, "reference": "R-2"})
    assert problem_of(more, 409)["code"] == "NoConsent"


@pytest.mark.parametrize("end", [until(-5), until(3700 * 86_400)])
def test_an_end_that_is_past_or_far_is_refused(trading: Api, path: str, end: str) -> None:
    answer = ask(trading, EXPORTER, f"{path}/consents", bank=BANK, currency="USD", until=end)
    assert problem_of(answer, 422)["field"] == "until"


@pytest.mark.parametrize("body", [{}, {"bank": 8}, {"bank": 8, "reader": 8}, {"reader": 8, "currency": "USD"}])
def test_a_consent_is_for_a_bank_and_a_currency_or_for_a_reader(trading: Api, path: str, body: dict[str, Any]) -> None:
    assert problem_of(ask(trading, EXPORTER, f"{path}/consents", **body), 422)["code"] == "Malformed"


def test_a_reader_sees_and_endorses_nothing(trading: Api, path: str) -> None:
    given = ask(trading, EXPORTER, f"{path}/consents", reader=BANK)
    assert given.json().keys() == {"reader", "until"}
    assert trading.get(BANK, path).json()["consents"] == [given.json()]
    assert problem_of(ask(trading, BANK, f"{path}/endorsements", **USD_60), 409)["code"] == "NoConsent"
    assert withdraw(trading, EXPORTER, path) == 200
    problem_of(trading.get(BANK, path), 404)


@pytest.mark.parametrize("party", [PLATFORM, RIVAL, TAX, NOBODY])
def test_only_a_bank_safe_or_an_auditor_is_made_a_reader(trading: Api, path: str, party: int) -> None:
    problem = problem_of(ask(trading, EXPORTER, f"{path}/consents", reader=party), 409)
    assert (problem["code"], problem["field"]) == ("NotAReader", "reader")


def test_only_the_owner_lists_whom_it_shows_a_claim(trading: Api, path: str) -> None:
    consent(trading, path.rpartition("/")[2])
    consent(trading, path.rpartition("/")[2], OTHER_BANK)
    assert {row["bank"] for row in trading.get(EXPORTER, f"{path}/consents").json()["consents"]} == {BANK, OTHER_BANK}
    for party in (BANK, RIVAL):
        problem_of(trading.get(party, f"{path}/consents"), 404)
