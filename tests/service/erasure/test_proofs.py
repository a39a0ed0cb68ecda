"""Proofs and erasure: what was given before still verifies, what comes after tells nothing of it."""

import hashlib
from collections.abc import Iterator

import pytest

from service.api_keys import Scope, make_key
from service.core.caller import USUAL_VERBS
from tests.service.api.caller import Api, problem_of
from tests.service.claims.actions import ask, judge
from tests.service.claims.conftest import trading_in
from tests.service.claims.trade import a_fee, a_shipment, claim, consent, sold
from tests.service.erasure.world import MUCH_LATER, TODAY, forget, holds, shown_of
from tests.service.house import House
from tests.service.market import EXPORTER, PLATFORM, Event
from verifier.report import Answer, Report

pytestmark = pytest.mark.chain

BUYER = "buyer-77aa-pseudonym"


@pytest.fixture
def trading(any_house: House) -> Iterator[Api]:
    with trading_in(any_house) as api:
        yield api


def a_sold_order() -> tuple[Event, Event, str]:
    """Shipment, sale with its buyer, and the order's reference."""
    ship = a_shipment()
    sale = sold(ship, 100_00) | {"person": {"buyer_pseudonym": BUYER, "country": "DE"}}
    sale["order"]["order_ref"] = order_ref = f"ORDER-{ship['event_id']}-REFERENCE"
    return ship, sale, order_ref


def outcome_of(report: Report, number: int) -> str:
    return next(step.outcome.value for step in report.steps if step.number == number)


def test_a_claim_given_before_verifies_and_our_copy_forgets(trading: Api) -> None:
    ship, sale, order_ref = a_sold_order()
    made = claim(trading, ship, sale, a_fee(1_00)).json()
    given, path = made["credential"], f"/v1/claims/{made['claim_id']}/credential"
    disclosed = shown_of(trading.house, sale)["order"]
    assert disclosed in given
    kept = forget(trading.house, order=order_ref, today=TODAY).kept
    assert kept is not None
    assert kept.until > TODAY
    assert trading.get(EXPORTER, path).text == given

    forget(trading.house, order=order_ref, today=MUCH_LATER)
    ours = trading.get(EXPORTER, path).text
    assert disclosed not in ours
    assert ours.split("~")[0] == given.split("~")[0]
    assert not any(holds(trading.house, text) for text in (order_ref, BUYER))
    with trading.house.running():
        assert judge(trading, given).answer is Answer.VALID
        left = judge(trading, ours)
    assert (left.answer, outcome_of(left, 7)) == (Answer.CANNOT_TELL, "passed")


def test_a_figure_that_needs_what_was_erased_cannot_be_told(trading: Api) -> None:
    ship, sale, order_ref = a_sold_order()
    trading.house.tell(ship, sale)
    trading.house.settle()
    forget(trading.house, order=order_ref, today=MUCH_LATER)
    refused = problem_of(claim(trading), 409)
    assert refused["code"] == "Withheld"
    assert "was erased" in refused["detail"]


def test_a_buyer_is_no_part_of_a_claim(trading: Api) -> None:
    ship, sale, _ = a_sold_order()
    trading.house.tell(ship, sale, a_fee(1_00))
    trading.house.settle()
    forget(trading.house, buyer=BUYER)
    made = claim(trading)
    assert made.status_code == 201, made.text
    consent(trading, made.json()["claim_id"])


def test_a_provenance_shows_what_is_left(trading: Api) -> None:
    ship, sale, order_ref = a_sold_order()
    trading.house.tell(ship, sale)
    trading.house.settle()
    show = ["money", "order", "person"]
    before = trading.issue(EXPORTER, show=show).json()["credential"]
    gone = [shown_of(trading.house, sale)[group] for group in ("order", "person")]
    forget(trading.house, order=order_ref, today=MUCH_LATER)
    after = trading.issue(EXPORTER, show=show)
    assert after.status_code in (200, 201), after.text
    assert all(text in before for text in gone)
    assert not any(text in after.text for text in gone)
    assert shown_of(trading.house, sale)["money"] in after.json()["credential"]
    for credential in (before, after.json()["credential"]):
        assert judge(trading, credential).answer is Answer.VALID


def test_a_sender_sees_which_groups_are_gone(trading: Api) -> None:
    ship, sale, _ = a_sold_order()
    trading.house.tell(ship, sale)
    answer = ask(trading, PLATFORM, "/v1/erasures", buyer_pseudonym=BUYER, preview=True)
    assert (answer.status_code, answer.json()["erasure"], answer.json()["groups"]) == (200, None, ["person"])
    assert "erased" not in trading.get(PLATFORM, f"/v1/events/{sale['event_id']}").json()

    done = ask(trading, PLATFORM, "/v1/erasures", buyer_pseudonym=BUYER).json()
    assert (done["erasure"], done["events"], done["kept"]) == (1, 1, None)
    shown = trading.get(PLATFORM, f"/v1/events/{sale['event_id']}").json()
    assert (shown["erased"], "person" in shown["disclosures"]) == (["person"], False)
    digest = hashlib.sha256(shown["disclosures"]["order"].encode()).digest()
    assert len(digest) == 32
    again = ask(trading, PLATFORM, "/v1/erasures", buyer_pseudonym=BUYER).json()
    assert (again["erasure"], again["events"], again["groups"]) == (None, 0, [])
    listed = trading.get(PLATFORM, "/v1/erasures").json()["erasures"]
    assert [(row["kind"], row["groups"], row["asked_by"]) for row in listed] == [
        ("buyer", ["person"], f"party {PLATFORM}")
    ]
    assert BUYER not in str(listed)


def test_what_the_law_keeps_is_refused_by_name(trading: Api) -> None:
    ship, sale, order_ref = a_sold_order()
    del sale["person"]
    trading.house.tell(ship, sale)
    refused = problem_of(ask(trading, PLATFORM, "/v1/erasures", order_ref=order_ref), 409)
    assert refused["code"] == "Retained"
    assert (refused["kept"]["until"], refused["kept"]["rule"]["id"]) == ("2036-05-03", "retention@STA-2026-5")
    assert "国家税务总局公告2026年第5号" in refused["kept"]["rule"]["source"]


def test_another_party_has_nothing_to_erase(trading: Api) -> None:
    ship, sale, order_ref = a_sold_order()
    trading.house.tell(ship, sale)
    for body in ({"order_ref": order_ref}, {"buyer_pseudonym": BUYER}):
        answer = ask(trading, EXPORTER, "/v1/erasures", **body).json()
        assert (answer["erasure"], answer["events"]) == (None, 0)
    assert {"order", "person"} <= shown_of(trading.house, sale).keys()


def test_a_key_erases_only_if_it_was_made_for_that(trading: Api) -> None:
    ship, sale, _ = a_sold_order()
    trading.house.tell(ship, sale)
    usual = make_key(trading.house.runtime.engine, PLATFORM, "usual", Scope(verbs=USUAL_VERBS))
    trading.house.api_keys = trading.house.api_keys | {PLATFORM: usual}
    refused = problem_of(ask(trading, PLATFORM, "/v1/erasures", buyer_pseudonym=BUYER), 403)
    assert (refused["code"], refused["needed"]) == ("OutOfScope", "erase")
    assert "person" in shown_of(trading.house, sale)


@pytest.mark.parametrize("body", [{}, {"order_ref": "a", "buyer_pseudonym": "b"}, {"order_ref": ""}])
def test_one_of_the_two_is_named(trading: Api, body: dict[str, str]) -> None:
    assert problem_of(ask(trading, PLATFORM, "/v1/erasures", **body), 422)["code"] == "Malformed"
