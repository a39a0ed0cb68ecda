"""Events without a lot, and kits, as callers of the API see them."""

from typing import Any

import orjson
import pytest

from tests.service.api.caller import Api, problem_of
from tests.service.flow.test_allocation import a_bare_sale, a_lot, bare, post_all
from tests.service.market import BANK, EXPORTER, LINE, PLATFORM, RIVAL, WEST_COAST, lot_of
from verifier.canonical import from_base64url

pytestmark = pytest.mark.chain

LINES = [f"{LINE[:-2]}0{i}" for i in (5, 6)]
SET = {"components": [{"sku": "LAMP", "pieces": 2}]}


@pytest.fixture
def lamps(api: Api) -> Api:
    """3 and 5 lamps on hand in two lots."""
    post_all(api.house, a_lot(LINES[0], 3, "2026-03-01"), a_lot(LINES[1], 5, "2026-04-01"))
    return api


def put_kit(api: Api, party: int, kit_sku: str, body: Any) -> Any:
    return api.client.put(f"/v1/kits/{kit_sku}", content=orjson.dumps(body), headers=api.headers(party))


def promised(answer: dict[str, Any]) -> dict[str, Any]:
    payload: dict[str, Any] = orjson.loads(from_base64url(answer["promise"].split(".")[1]))
    return payload


def test_an_allocated_event_is_created_with_its_parts(lamps: Api) -> None:
    ship = bare("SHIP", 4)
    answer = lamps.post(WEST_COAST, ship)
    assert answer.status_code == 201
    first, second = answer.json()["parts"]
    assert first == {"event_id": f"{ship['event_id']}#1", "lot": lot_of(LINES[0]), "position": 4, "quantity": 3}
    assert second == {"event_id": f"{ship['event_id']}#2", "lot": lot_of(LINES[1]), "position": 4, "quantity": 1}


def test_the_promise_counts_the_parts(lamps: Api) -> None:
    answer = lamps.post(WEST_COAST, bare("SHIP", 4)).json()
    assert promised(answer)["count"] == 2


def test_a_repeat_is_answered_200_with_the_same_parts_and_no_promise(lamps: Api) -> None:
    ship = bare("SHIP", 4)
    first, again = (lamps.post(WEST_COAST, ship) for _ in range(2))
    assert (again.status_code, again.json()["parts"]) == (200, first.json()["parts"])
    assert again.json()["promise"] is None


def test_too_much_is_a_problem_with_the_numbers_over_all_lots(lamps: Api) -> None:
    problem = problem_of(lamps.post(WEST_COAST, bare("SHIP", 9)), 422)
    numbers = {name: problem[name] for name in ("code", "sku", "site", "lane", "available", "asked")}
    assert numbers == {
        "code": "LotLedgerInsufficient", "sku": "LAMP", "site": 1, "lane": "ON_HAND", "available": 8, "asked": 9,
    }  # fmt: skip


def test_the_sender_and_the_owner_see_where_each_part_stands(lamps: Api) -> None:
    ship = bare("SHIP", 4)
    parts = lamps.post(WEST_COAST, ship).json()["parts"]
    path = f"/v1/events/{ship['event_id']}"
    shown = lamps.get(WEST_COAST, path).json()
    assert shown == {
        "event_id": ship["event_id"],
        "status": "accepted",
        "party": WEST_COAST,
        "parts": [part | {"status": "accepted"} for part in parts],
    }
    lamps.house.settle()
    assert lamps.get(EXPORTER, path, party=WEST_COAST).json()["status"] == "anchored"


def test_others_do_not_learn_of_it(lamps: Api) -> None:
    ship = bare("SHIP", 4)
    lamps.post(WEST_COAST, ship)
    for party in (PLATFORM, RIVAL, BANK):
        problem_of(lamps.get(party, f"/v1/events/{ship['event_id']}", party=WEST_COAST), 404)


def test_a_part_is_an_event_with_a_proof(lamps: Api) -> None:
    ship = bare("SHIP", 4)
    lamps.post(WEST_COAST, ship)
    lamps.house.settle()
    proof = lamps.get(WEST_COAST, f"/v1/events/{ship['event_id']}%232/proof").json()
    assert (proof["event"]["event_id"], proof["lot"]) == (f"{ship['event_id']}#2", lot_of(LINES[1]))
    problem_of(lamps.get(WEST_COAST, f"/v1/events/{ship['event_id']}/proof"), 404)


def test_a_sale_that_waits_for_its_shipment_is_told_so_and_stands_later(lamps: Api) -> None:
    ship = bare("SHIP", 4)
    sale = a_bare_sale(ship, 4, 100)
    assert lamps.post(PLATFORM, sale).status_code == 202
    lamps.post(WEST_COAST, ship)
    assert len(lamps.get(PLATFORM, f"/v1/events/{sale['event_id']}").json()["parts"]) == 2


def test_a_kit_is_registered_once_and_listed(lamps: Api) -> None:
    statuses = [put_kit(lamps, EXPORTER, "SET/1", SET).status_code for _ in range(2)]
    assert statuses == [201, 200]
    assert lamps.get(EXPORTER, "/v1/kits").json() == {"kits": [{"kit_sku": "SET/1", "valid_from": 0} | SET]}
    assert lamps.get(RIVAL, "/v1/kits").json() == {"kits": []}
    parts = lamps.post(WEST_COAST, bare("SHIP", 2, sku="SET/1")).json()["parts"]
    assert [part["quantity"] for part in parts] == [3, 1]


def test_another_content_is_a_new_version_from_now(lamps: Api) -> None:
    put_kit(lamps, EXPORTER, "SET", SET)
    answer = put_kit(lamps, EXPORTER, "SET", {"components": [{"sku": "LAMP", "pieces": 3}]})
    assert (answer.status_code, answer.json()["valid_from"] > 0) == (201, True)
    assert len(lamps.get(EXPORTER, "/v1/kits").json()["kits"]) == 2


BAD_KITS: dict[str, tuple[int, str, Any]] = {
    "of nothing": (422, "Malformed", {"components": []}),
    "of no pieces": (422, "Malformed", {"components": [{"sku": "LAMP", "pieces": 0}]}),
    "of half a piece": (422, "Malformed", {"components": [{"sku": "LAMP", "pieces": 0.5}]}),
    "of itself": (422, "Malformed", {"components": [{"sku": "SET", "pieces": 1}]}),
    "of one SKU twice": (422, "Malformed", {"components": [{"sku": "LAMP", "pieces": 1}] * 2}),
    "of a name that is not in NFC": (422, "Malformed", {"components": [{"sku": "e\u0301", "pieces": 1}]}),
    "with an unknown member": (422, "Malformed", SET | {"price": 1}),
}


@pytest.mark.parametrize("case", BAD_KITS)
def test_a_bad_kit_is_refused(lamps: Api, case: str) -> None:
    status, code, body = BAD_KITS[case]
    assert problem_of(put_kit(lamps, EXPORTER, "SET", body), status)["code"] == code
    assert lamps.get(EXPORTER, "/v1/kits").json() == {"kits": []}


def test_only_an_exporter_registers_kits(lamps: Api) -> None:
    assert problem_of(put_kit(lamps, WEST_COAST, "SET", SET), 403)["code"] == "ExporterOnly"


def test_a_version_cannot_be_changed_afterwards(lamps: Api) -> None:
    put_kit(lamps, EXPORTER, "SET", SET)
    other = {"components": [{"sku": "LAMP", "pieces": 3}], "valid_from": 0}
    problem = problem_of(put_kit(lamps, EXPORTER, "SET", other), 422)
    assert (problem["code"], problem["field"], problem["got"]) == ("KitVersionTaken", "valid_from", 0)
