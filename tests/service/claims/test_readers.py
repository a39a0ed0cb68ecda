"""Who is shown what of a claim: a bank its own endorsements, of others' only the sum; every reader the corrections."""

from typing import Any

import pytest

from tests.service.api.caller import Api, problem_of
from tests.service.claims.actions import ask, wait_for_version
from tests.service.claims.conftest import OTHER_BANK
from tests.service.claims.trade import claim, consent, trade
from tests.service.market import BANK, EXPORTER, RIVAL, a_refund

USD_60 = {"currency": "USD", "amount_minor": 60_00, "reference": "R-1", "receipt_minor": 60_00}


@pytest.fixture
def path(trading: Api) -> str:
    """A claim of USD 100.00 that two banks may see, of which the first has endorsed USD 60.00."""
    made = claim(trading, *trade(100_00)).json()
    for bank in (BANK, OTHER_BANK):
        consent(trading, made["claim_id"], bank)
    found = f"/v1/claims/{made['claim_id']}"
    with trading.house.running():
        assert ask(trading, BANK, f"{found}/endorsements", **USD_60).status_code == 201
    return found


def digests(api: Api, party: int, path: str, kind: str) -> list[str]:
    """The credentials of a kind that a party is told of."""
    rows = api.get(party, path).json()["credentials"]
    return [row["digest"] for row in rows if row["kind"] == kind]


def read(api: Api, party: int, digest: str) -> Any:
    return api.get(party, f"/v1/credentials/{digest}")


def test_another_bank_is_told_the_sum_and_no_single_endorsement(trading: Api, path: str) -> None:
    shown = trading.get(OTHER_BANK, path).json()
    assert shown["currencies"][0]["remaining_minor"] == 40_00
    assert (shown["endorsements"], digests(trading, OTHER_BANK, path, "endorsement")) == ([], [])
    assert [row["bank"] for row in shown["consents"]] == [OTHER_BANK]


def test_an_endorsement_is_for_its_bank_and_the_exporter(trading: Api, path: str) -> None:
    (digest,) = digests(trading, BANK, path, "endorsement")
    assert [read(trading, party, digest).status_code for party in (BANK, EXPORTER)] == [200, 200]
    for party in (OTHER_BANK, RIVAL):
        assert problem_of(read(trading, party, digest), 404)["code"] == "NotFound"


def test_whoever_may_read_a_credential_gets_its_certificate(trading: Api, path: str) -> None:
    (digest,) = digests(trading, BANK, path, "endorsement")
    (first,) = digests(trading, BANK, path, "exchange-collection")
    for party, of, status in (
        (BANK, digest, 200), (OTHER_BANK, digest, 404), (EXPORTER, first, 200), (OTHER_BANK, first, 200),
        (RIVAL, first, 404), (BANK, "0x" + "0" * 64, 404),
    ):  # fmt: skip
        answer = trading.get(party, f"/v1/credentials/{of}/certificate")
        assert answer.status_code == status, (party, of)
        kind = "application/pdf" if status == 200 else "application/problem+json"
        assert answer.headers["content-type"] == kind


def test_a_correction_reaches_every_bank_that_was_shown_the_claim(trading: Api, path: str) -> None:
    sale = next(event for event in told(trading) if event["kind"] == "SALE")
    with trading.house.running():
        trading.house.tell(a_refund(sale, 30_00))
        wait_for_version(trading, path, 2)
    (notice,) = digests(trading, OTHER_BANK, path, "correction")
    assert [read(trading, party, notice).status_code for party in (EXPORTER, BANK, OTHER_BANK)] == [200] * 3
    assert problem_of(read(trading, RIVAL, notice), 404)["code"] == "NotFound"
    newest = digests(trading, BANK, path, "exchange-collection")[-1]
    assert read(trading, BANK, newest).status_code == 200


def told(api: Api) -> list[dict[str, Any]]:
    """What was posted of the usual line."""
    trail: list[dict[str, Any]] = api.get(EXPORTER, "/v1/lots/223320260001234567/1").json()["trail"]
    return trail
