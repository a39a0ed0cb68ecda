"""POST /v1/events: what the answer says of one event, of many, and of a body that is neither."""

from queue import Queue
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from service.core.events import MAX_EVENTS
from tests.service.api.caller import Api, problem_of
from tests.service.house import statuses
from tests.service.market import EXPORTER, GATEWAY, LINE, LOS_ANGELES, SELF_RUN, WEST_COAST, a_declare, an_event, lot_of

pytestmark = pytest.mark.chain

NEW_LINE = "223320260001234567-08"
SHIP_3 = an_event("SHIP", 3)


def test_an_accepted_event_is_created(api: Api) -> None:
    ship = an_event("SHIP", 3)
    answer = api.post(WEST_COAST, ship)
    assert answer.status_code == 201
    expected = {"event_id": ship["event_id"], "status": "accepted", "lot": lot_of(LINE), "position": 4}
    assert answer.json() | expected == answer.json()


def test_a_duplicate_is_answered_200_at_the_same_place_and_with_no_promise(api: Api) -> None:
    first, second = (api.post(WEST_COAST, SHIP_3) for _ in range(2))
    assert (second.status_code, second.json()["status"]) == (200, "duplicate")
    assert second.json()["position"] == first.json()["position"]
    assert (bool(first.json()["promise"]), second.json()["promise"]) == (True, None)


def test_a_held_event_is_answered_202_with_what_it_waits_for(api: Api) -> None:
    answer = api.post(SELF_RUN, an_event("RECEIVE", 5, line=NEW_LINE, site=3))
    assert (answer.status_code, answer.json()["status"]) == (202, "held")
    assert (answer.json()["code"], answer.json()["promise"]) == ("LotLedgerUnknownLot", None)
    assert answer.json()["expires_at"].endswith("Z")


def test_a_refused_event_is_a_problem_with_the_numbers_of_the_ledger(api: Api) -> None:
    ship = an_event("SHIP", 101)
    problem = problem_of(api.post(WEST_COAST, ship), 422)
    assert problem["code"] == "LotLedgerInsufficient"
    numbers = {name: problem[name] for name in ("event_id", "site", "lane", "available", "asked")}
    assert numbers == {
        "event_id": ship["event_id"], "site": LOS_ANGELES, "lane": "ON_HAND", "available": 100, "asked": 101,
    }  # fmt: skip


MISSHAPEN: dict[str, tuple[dict[str, Any], str, str]] = {
    "a negative quantity": ({"quantity": -1}, "quantity", "-1"),
    "a quantity in words": ({"quantity": "3"}, "quantity", "3"),
    "a quantity that is true": ({"quantity": True}, "quantity", "true"),
    "an id that is no text": ({"event_id": 5}, "event_id", "5"),
    "an unknown member": ({"qantity": 3}, "qantity", "3"),
    "a line that is none": ({"line": "2233-1"}, "line", "2233-1"),
    "a group that is an array": ({"goods": [1]}, "goods", "an array"),
    "an event_time in another form": ({"event_time": "2026-05-02 09:30"}, "event_time", "2026-05-02 09:30"),
}


@pytest.mark.parametrize("fault", MISSHAPEN)
def test_a_misshapen_event_is_a_problem_that_names_the_field_and_what_came(api: Api, fault: str) -> None:
    members, field, got = MISSHAPEN[fault]
    problem = problem_of(api.post(WEST_COAST, an_event("SHIP", 3) | members), 422)
    assert (problem["code"], problem["field"], problem["got"]) == ("Malformed", field, got)
    assert problem["detail"]


def test_an_array_answers_each_event_in_its_place(api: Api) -> None:
    ship = an_event("SHIP", 3)
    waits = an_event("RECEIVE", 5, line=NEW_LINE)
    posted = [ship, an_event("SHIP", 101), waits, ship, an_event("SHIP", -1), an_event("COUNT")]
    answer = api.post(WEST_COAST, posted)
    results = answer.json()["results"]
    assert answer.status_code == 200
    assert " ".join(statuses(results)) == "accepted refused held duplicate refused accepted"
    assert [result["event_id"] for result in results] == [event["event_id"] for event in posted]


def test_an_array_of_one_is_still_answered_as_an_array(api: Api) -> None:
    answer = api.send(WEST_COAST, "/v1/events", b" \n[" + orjson.dumps(an_event("SHIP", 3)) + b"]")
    assert [result["status"] for result in answer.json()["results"]] == ["accepted"]


def test_ids_are_scoped_by_sender(api: Api) -> None:
    asn = an_event("ASN_VOID", 1) | {"event_id": SHIP_3["event_id"]}
    assert api.post(WEST_COAST, SHIP_3).status_code == 201
    assert api.post(EXPORTER, asn).json()["code"] == "LotLedgerInsufficient"


def test_an_event_is_its_senders_whatever_the_body_says(api: Api) -> None:
    assert problem_of(api.post(EXPORTER, an_event("SHIP", 1)), 422)["code"] == "LotLedgerNotAllowed"
    assert problem_of(api.post(EXPORTER, an_event("SHIP", 1) | {"party": WEST_COAST}), 422)["code"] == "Malformed"


ONE = orjson.dumps(an_event("SHIP", 1))
RUBBISH = {
    "nothing": b"",
    "no JSON": b"SHIP 3 pieces",
    "half a document": ONE[:-1],
    "two documents": ONE + ONE,
    "an empty array": b"[]",
    "no object": b"3",
    "a duplicate name": ONE[:-1] + b',"quantity":2}',
    "a duplicate name in an array": b"[" + ONE[:-1] + b',"quantity":2}]',
    "a float": ONE.replace(b'"quantity":1', b'"quantity":1.0'),
    "an infinity": ONE.replace(b'"quantity":1', b'"quantity":Infinity'),
    "an integer that others round": ONE.replace(b'"quantity":1', b'"quantity":9007199254740993'),
    "no UTF-8": b'{"event_id":"\xff"}',
    "UTF-16": ONE.decode().encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + ONE,
    "a lone surrogate": ONE.replace(b"SHIP", b"\\ud800"),
    "a text that is not in NFC": ONE.replace(b"SHIP", "e\u0301".encode()),
    "deep nesting": b"[" * 100_000,
    "5,001 events": b"[" + b",".join([ONE] * (MAX_EVENTS + 1)) + b"]",
}


@pytest.mark.parametrize("body", RUBBISH)
def test_a_body_that_cannot_be_read_is_refused_whole(api: Api, body: str) -> None:
    assert problem_of(api.send(WEST_COAST, "/v1/events", RUBBISH[body]), 422)["code"] == "Malformed"
    assert api.house.counts()["accepted"] == 5


def test_5000_events_are_taken(api: Api) -> None:
    answer = api.post(WEST_COAST, [an_event("COUNT") for _ in range(MAX_EVENTS)])
    assert {result["status"] for result in answer.json()["results"]} == {"accepted"}
    assert api.house.counts()["accepted"] == 5 + MAX_EVENTS


LIMITS = {
    "/v1/events": 32 << 20,
    "/v1/batches": 16 << 20,
    "/v1/claims": 1 << 20,
    "/v1/credentials/provenance": 1 << 20,
    "/v1/credentials/disclose": 64 << 20,
    "/v1/verify": 64 << 20,
    "/v1/certificates": 64 << 20,
}


@pytest.mark.parametrize("path", LIMITS)
def test_a_body_that_says_it_is_too_large_is_refused_unread(api: Api, path: str) -> None:
    headers = api.headers(WEST_COAST) | {"Content-Length": str(LIMITS[path] + 1)}
    problem = problem_of(api.client.post(path, content=b"[", headers=headers), 413)
    assert (problem["code"], problem["got"]) == ("TooLarge", LIMITS[path] + 1)


def test_a_credential_may_be_larger_than_other_bodies(api: Api) -> None:
    body = b"x" * ((32 << 20) + 1)
    assert api.send(EXPORTER, "/v1/verify", body).json()["answer"] == "invalid"


@pytest.mark.parametrize("path", LIMITS)
def test_a_body_that_hides_its_size_is_refused_when_it_gets_too_large(api: Api, path: str) -> None:
    part = b"[" * (LIMITS[path] // 2 + 1)
    answer = api.client.post(path, content=iter([part, part]), headers=api.headers(WEST_COAST))
    assert problem_of(answer, 413)["code"] == "TooLarge"


def test_when_too_many_wait_nothing_is_taken_in(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Queue[None](1)
    full.put(None)
    with monkeypatch.context() as busy:
        busy.setattr(api.app.state.intake, "_requests", full)  # the thread still takes from the other one
        assert problem_of(api.post(WEST_COAST, SHIP_3), 503)["code"] == "Busy"
    assert api.post(WEST_COAST, SHIP_3).status_code == 201


def test_a_fault_in_one_body_does_not_end_the_capturing_thread(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("service.api.intake.parse_events", lambda _: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            api.post(WEST_COAST, SHIP_3)
    assert api.post(WEST_COAST, SHIP_3).status_code == 201


def test_a_fault_of_ours_is_a_problem_that_tells_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.api.intake.parse_events", lambda _: 1 // 0)
    outside = TestClient(api.app, raise_server_exceptions=False)
    answer = outside.post("/v1/events", content=b"[]", headers=api.headers(WEST_COAST))
    assert problem_of(answer, 500)["code"] == "Internal"
    assert "division" not in answer.text


def test_a_new_lot_can_be_declared_over_http(api: Api) -> None:
    assert api.post(GATEWAY, a_declare(7, line=NEW_LINE)).status_code == 201
    assert api.get(EXPORTER, "/v1/lots/223320260001234567/8").json()["declared"] == 7
