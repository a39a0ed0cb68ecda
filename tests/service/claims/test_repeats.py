"""Mistake 17, the second half: a retry endorses twice. A request that is named acts once, however often it comes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import orjson
import pytest

from tests.service.api.caller import Api, problem_of
from tests.service.claims.actions import ask, judge
from tests.service.claims.conftest import trading_in
from tests.service.claims.trade import LINES, claim, consent, trade
from tests.service.house import House
from tests.service.market import BANK, EXPORTER
from verifier.report import Answer
from verifier.shapes import hex_bytes

pytestmark = pytest.mark.chain
BODY = {"currency": "USD", "amount_minor": 30_00, "reference": "R-1", "receipt_minor": 100_00}


@pytest.fixture
def trading(any_house: House) -> Iterator[Api]:
    """On each database: what happens at one moment is theirs to sort out."""
    with trading_in(any_house) as opened:
        yield opened


@pytest.fixture
def path(trading: Api) -> str:
    """A claim of USD 100.00, shown to the bank."""
    made = claim(trading, *trade(100_00)).json()
    consent(trading, made["claim_id"])
    return f"/v1/claims/{made['claim_id']}"


def post(api: Api, party: int, path: str, name: str | None, **body: Any) -> httpx.Response:
    """Post a body, as a request of a name."""
    headers = api.headers(party) | ({} if name is None else {"Idempotency-Key": name})
    return api.client.post(path, content=orjson.dumps(body), headers=headers)


def used(api: Api, path: str) -> int:
    """What the chain says was endorsed of the claim, in cents."""
    chain = api.app.state.claims.desk.outbox.chain
    share, limit = chain.tank(hex_bytes(path.rpartition("/")[2], "claim_id", 32), "USD")
    assert limit == 10**12
    return int(share * 100_00 // 10**12)


def test_mistake_17_a_named_endorsement_that_is_repeated_is_made_once(trading: Api, path: str) -> None:
    with trading.house.running():
        answers = [post(trading, BANK, f"{path}/endorsements", "N-1", **BODY) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [201, 200, 200]
        assert len({answer.json()["endorsement_id"] for answer in answers}) == 1
        assert all(judge(trading, answer.json()["credential"]).answer is Answer.VALID for answer in answers)
    assert used(trading, path) == 30_00
    assert len(trading.get(BANK, path).json()["endorsements"]) == 1


def test_mistake_17_what_stands_already_is_refused_without_a_name(trading: Api, path: str) -> None:
    """A receipt may serve in equal parts, so a repeat cannot be told from a second part: its caller must say it."""
    with trading.house.running():
        first = post(trading, BANK, f"{path}/endorsements", None, **BODY).json()
        problem = problem_of(post(trading, BANK, f"{path}/endorsements", None, **BODY), 409)
        assert (problem["code"], problem["endorsement_id"]) == ("EndorsedAlready", first["endorsement_id"])
        assert used(trading, path) == 30_00
        for name in ("part 2", "part 3"):
            assert post(trading, BANK, f"{path}/endorsements", name, **BODY).status_code == 201
        problem = problem_of(post(trading, BANK, f"{path}/endorsements", "part 4", **BODY), 409)
    assert (problem["code"], problem["remaining_minor"]) == ("RemainingExceeded", 10_00)
    assert used(trading, path) == 90_00


def test_mistake_17_repeats_at_one_moment_are_one_endorsement(trading: Api, path: str) -> None:
    with trading.house.running(), ThreadPoolExecutor(6) as pool:
        posts = [pool.submit(post, trading, BANK, f"{path}/endorsements", "N-1", **BODY) for _ in range(6)]
        answers = [found.result() for found in posts]
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201], [found.text for found in answers]
    assert len({answer.json()["endorsement_id"] for answer in answers}) == 1
    assert used(trading, path) == 30_00


def test_two_equal_parts_at_one_moment_are_one_endorsement_and_its_credential_stands(trading: Api, path: str) -> None:
    """The part that came second is refused by name and may be repeated; it takes nothing from the first."""
    with trading.house.running(), ThreadPoolExecutor(2) as pool:
        posts = [pool.submit(post, trading, BANK, f"{path}/endorsements", f"N-{n}", **BODY) for n in range(2)]
        answers = [found.result() for found in posts]
        for number, answer in enumerate(answers):
            if answer.status_code == 409:
                assert post(trading, BANK, f"{path}/endorsements", f"N-{number}", **BODY).status_code == 201
    assert used(trading, path) == 60_00
    issued = [row for row in trading.get(BANK, path).json()["credentials"] if row["kind"] == "endorsement"]
    assert [row["status"] for row in issued] == ["valid", "valid"]


def test_a_name_is_given_to_one_request_only(trading: Api, path: str) -> None:
    with trading.house.running():
        assert post(trading, BANK, f"{path}/endorsements", "N-1", **BODY).status_code == 201
        other = BODY | {"amount_minor": 31_00}
        assert problem_of(post(trading, BANK, f"{path}/endorsements", "N-1", **other), 409)["code"] == "KeyReused"
    assert used(trading, path) == 30_00


@pytest.mark.parametrize("name", ["", "x" * 201])
def test_a_name_has_1_to_200_characters(trading: Api, path: str, name: str) -> None:
    assert problem_of(post(trading, BANK, f"{path}/endorsements", name, **BODY), 422)["code"] == "Malformed"


def test_a_refusal_is_not_kept_under_a_name(trading: Api, path: str) -> None:
    with trading.house.running():
        assert post(trading, BANK, f"{path}/endorsements", "A", **BODY | {"amount_minor": 80_00}).status_code == 201
        refused = post(trading, BANK, f"{path}/endorsements", "B", **BODY)
        assert problem_of(refused, 409)["code"] == "RemainingExceeded"
        (first,) = trading.get(BANK, path).json()["endorsements"]
        release(trading, first["endorsement_id"], "OUT-1")
        assert post(trading, BANK, f"{path}/endorsements", "B", **BODY).status_code == 201
    assert used(trading, path) == 30_00


def release(api: Api, endorsement_id: str, payment: str) -> httpx.Response:
    return ask(api, BANK, f"/v1/endorsements/{endorsement_id}/release", payment=payment)


def test_a_release_may_be_repeated_and_a_payment_serves_once(trading: Api, path: str) -> None:
    with trading.house.running():
        made = post(trading, BANK, f"{path}/endorsements", "N-1", **BODY).json()
        for _ in range(2):
            assert release(trading, made["endorsement_id"], "OUT-1").json()["state"] == "released"
        assert problem_of(release(trading, made["endorsement_id"], "OUT-2"), 409)["code"] == "NotEndorsed"
        again = post(trading, BANK, f"{path}/endorsements", "N-2", **BODY).json()
        problem = problem_of(release(trading, again["endorsement_id"], "OUT-1"), 409)
        assert (problem["code"], problem["reason"].partition("(")[0]) == ("ChainRefuses", "ClaimRegistryBadPayment")
    assert used(trading, path) == 30_00


def test_releases_at_one_moment_are_one(trading: Api, path: str) -> None:
    with trading.house.running(), ThreadPoolExecutor(4) as pool:
        made = post(trading, BANK, f"{path}/endorsements", "N-1", **BODY).json()
        answers = list(pool.map(lambda n: release(trading, made["endorsement_id"], f"OUT-{n}"), range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409], [found.text for found in answers]
    assert used(trading, path) == 0
    assert trading.get(BANK, path).json()["endorsements"][0]["state"] == "released"


def test_a_named_claim_that_is_repeated_is_made_once(trading: Api) -> None:
    trading.house.tell(*trade(100_00))
    trading.house.settle()
    body = {"kind": "exchange-collection", "lines": LINES}
    with trading.house.running(), ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: post(trading, EXPORTER, "/v1/claims", "C-1", **body), range(4)))
        answers.append(post(trading, EXPORTER, "/v1/claims", "C-1", **body))
        problem = problem_of(post(trading, EXPORTER, "/v1/claims", None, **body), 409)
        assert problem["code"] == "NothingToClaim"
        other = body | {"kind": "loss"}
        assert problem_of(post(trading, EXPORTER, "/v1/claims", "C-1", **other), 409)["code"] == "KeyReused"
        path = f"/v1/claims/{answers[0].json()['claim_id']}"
        for _ in range(2):
            gone = trading.client.delete(path, headers=trading.headers(EXPORTER))
            assert (gone.status_code, gone.json()["state"]) == (200, "revoked")
        assert post(trading, EXPORTER, "/v1/claims", "C-1", **body).json()["state"] == "revoked"
    assert sorted(answer.status_code for answer in answers) == [200] * 4 + [201], [found.text for found in answers]
    assert len({answer.json()["credential"] for answer in answers}) == 1
    assert len(trading.get(EXPORTER, "/v1/claims").json()["claims"]) == 1


def test_a_lost_reply_does_not_stop_an_endorsement(trading: Api, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process answers "sent" when the chain takes too long; the repeat tells how it ended."""
    with monkeypatch.context() as hasty:
        hasty.setattr("service.flow.outbox.WAIT_SECONDS", 0.0)
        first = post(trading, BANK, f"{path}/endorsements", "N-1", **BODY)
        assert (first.status_code, first.json()["state"], first.json()["credential"]) == (201, "sent", None)
    with trading.house.running():
        again = post(trading, BANK, f"{path}/endorsements", "N-1", **BODY)
    assert (again.status_code, again.json()["state"]) == (200, "live")
    assert again.json()["endorsement_id"] == first.json()["endorsement_id"]
    assert used(trading, path) == 30_00
