"""What an owner lets a bank see and endorse: banks only, and for as long as it likes."""

from dataclasses import replace
from datetime import datetime

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
    assert datetime.strptime(given["deadline"], "%Y-%m-%dT%H:%M:%SZ")
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
