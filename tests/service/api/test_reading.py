"""What one reads back: an event on its way, its proof, the lot it belongs to, its batch, the checkpoint."""

import hashlib
from datetime import datetime
from itertools import chain
from typing import Any

import pytest

from tests.service.api.caller import LOT_PATH, SALE, SHIP, Api, problem_of
from tests.service.market import (
    BANK,
    EXPORTER,
    GATEWAY,
    HANSA,
    LINE,
    LOS_ANGELES,
    PLATFORM,
    RIVAL,
    SELF_RUN,
    TAX,
    WEST_COAST,
    a_declare,
    an_event,
    lot_of,
)
from verifier.canonical import canonical_bytes, from_base64url
from verifier.checkpoint import parse_note
from verifier.errors import InvalidError
from verifier.event import check_clear, disclosure_digest, parse_disclosure
from verifier.inclusion import Inclusion
from verifier.record import leaf_hash, lot_from_hex, to_entry
from verifier.signed_note import find_signed

pytestmark = pytest.mark.chain


def status_of(api: Api, event_id: str) -> str:
    status: str = api.get(WEST_COAST, f"/v1/events/{event_id}").json()["status"]
    return status


def test_an_event_is_accepted_then_sealed_then_anchored(api: Api) -> None:
    event_id = api.post(WEST_COAST, an_event("SHIP", 3)).json()["event_id"]
    statuses = [status_of(api, event_id)]
    api.house.step(mine=False)
    statuses.append(status_of(api, event_id))
    api.house.settle()
    statuses.append(status_of(api, event_id))
    assert statuses == ["accepted", "sealed", "anchored"]


def test_a_sealed_event_names_its_batch_and_an_anchored_one_its_leaf_and_block(api: Api) -> None:
    event_id = api.post(WEST_COAST, an_event("SHIP", 3)).json()["event_id"]
    api.house.step(mine=False)
    batch = api.get(WEST_COAST, f"/v1/events/{event_id}").json()["batch"]
    api.house.settle()
    shown = api.get(WEST_COAST, f"/v1/events/{event_id}").json()
    found = api.get(WEST_COAST, f"/v1/batches/{batch}").json()
    assert (shown["block_number"], shown["tx_hash"]) == (found["block_number"], found["tx_hash"])
    assert shown["block_number"] <= api.house.chain.height()


def test_an_id_may_have_slashes_and_signs_in_it(api: Api) -> None:
    event_id = "SO/2026/05 #1?é"
    assert api.post(WEST_COAST, an_event("SHIP", 3) | {"event_id": event_id}).status_code == 201
    path = "/v1/events/SO%2F2026%2F05%20%231%3F%C3%A9"
    assert api.get(WEST_COAST, path).json()["event_id"] == event_id
    assert problem_of(api.get(WEST_COAST, f"{path}/proof"), 409)["code"] == "NotAnchored"


def test_an_id_that_ends_in_proof_is_asked_for_with_its_slash_escaped(api: Api) -> None:
    assert api.post(WEST_COAST, an_event("SHIP", 3) | {"event_id": "SO/7/proof"}).status_code == 201
    path = "/v1/events/SO%2F7%2fproof"
    assert api.get(WEST_COAST, path).json()["event_id"] == "SO/7/proof"
    assert problem_of(api.get(WEST_COAST, f"{path}/proof"), 409)["code"] == "NotAnchored"
    assert problem_of(api.get(WEST_COAST, "/v1/events/SO%2F7/proof"), 404)["code"] == "NotFound"


def test_every_time_is_iso_8601_in_utc(api: Api) -> None:
    held = api.post(WEST_COAST, an_event("RECEIVE", 5, line="223320260001234567-09") | {"event_id": "EARLY"}).json()
    shown = api.get(WEST_COAST, "/v1/events/EARLY").json()
    assert shown["status"] == "held"
    assert shown["expires_at"] == held["expires_at"]
    event_id = api.post(WEST_COAST, an_event("SHIP", 3)).json()["event_id"]
    api.house.step(mine=False)
    batch = api.get(WEST_COAST, f"/v1/events/{event_id}").json()["batch"]
    api.house.settle()
    event = api.get(WEST_COAST, f"/v1/events/{event_id}").json()
    times = [shown["received_at"], shown["expires_at"], event["received_at"], event["recorded_at"]]
    for text in (*times, api.get(WEST_COAST, f"/v1/batches/{batch}").json()["deadline"]):
        assert datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    assert event["received_at"] <= event["recorded_at"]


@pytest.mark.parametrize("party", ["0", "-1", str(2**24), str(2**70), "bank"])
def test_a_sender_that_cannot_be_is_a_problem(anchored: Api, party: str) -> None:
    problem = problem_of(anchored.get(TAX, f"/v1/events/{SHIP['event_id']}", party=party), 422)
    assert (problem["field"], problem["got"]) == ("query.party", party)


def test_what_a_group_holds_is_shown_to_the_sender_only(anchored: Api) -> None:
    path = f"/v1/events/{SHIP['event_id']}"
    own = anchored.get(WEST_COAST, path).json()
    assert dict(map(parse_disclosure, own["disclosures"].values()))["goods"] == {"sku": "A-100"}
    for other in (EXPORTER, TAX):
        answer = anchored.get(other, path, party=WEST_COAST)
        assert "disclosures" not in answer.json()
        assert not any(text in answer.text for text in own["disclosures"].values())


def test_a_disclosure_is_what_the_sealed_event_commits_to(anchored: Api) -> None:
    own = anchored.get(WEST_COAST, f"/v1/events/{SHIP['event_id']}").json()
    assert [disclosure_digest(disclosure) for disclosure in own["disclosures"].values()] == own["_sd"]


def leaf_of(proof: dict[str, Any]) -> bytes:
    """The leaf, rebuilt from the event: nothing that the service says of it is believed."""
    clear = {name: value for name, value in proof["event"].items() if name != "_sd"}
    record = check_clear(clear).to_bytes() + hashlib.sha256(canonical_bytes(proof["event"])).digest()
    return leaf_hash(to_entry(record, proof["attester"]))


@pytest.mark.parametrize(("party", "event"), [(WEST_COAST, SHIP), (PLATFORM, SALE)])
def test_a_proof_leads_from_the_event_to_the_chains_tree_head(anchored: Api, party: int, event: dict[str, Any]) -> None:
    proof = anchored.get(party, f"/v1/events/{event['event_id']}/proof").json()
    root = from_base64url(proof["root"])
    Inclusion.from_json(proof).verify(leaf_of(proof), proof["tree_size"], root)
    assert (proof["tree_size"], root) == anchored.house.runtime.chain.tree_head()


def test_a_proof_fits_no_other_event(anchored: Api) -> None:
    proof = anchored.get(WEST_COAST, f"/v1/events/{SHIP['event_id']}/proof").json()
    proof["event"]["quantity"] += 1
    with pytest.raises(InvalidError):
        Inclusion.from_json(proof).verify(leaf_of(proof), proof["tree_size"], from_base64url(proof["root"]))


def test_before_it_is_on_chain_there_is_no_proof(api: Api) -> None:
    event_id = api.post(WEST_COAST, an_event("SHIP", 3)).json()["event_id"]
    assert problem_of(api.get(WEST_COAST, f"/v1/events/{event_id}/proof"), 409)["code"] == "NotAnchored"


def test_a_lot_says_where_every_piece_is(anchored: Api) -> None:
    lot = anchored.get(EXPORTER, LOT_PATH).json()
    lanes = {account["name"]: {k: v for k, v in account["lanes"].items() if v} for account in lot["accounts"]}
    assert lanes == {"home": {"SOLD": 3}, "Los Angeles": {"ON_HAND": 97}}
    assert (lot["lot"], lot["declared"]) == (lot_of(LINE), 100)
    assert lot["owner"] == {"party": EXPORTER, "name": "Exporter"}


def test_the_history_head_of_a_lot_is_the_chains(anchored: Api) -> None:
    lot = anchored.get(EXPORTER, LOT_PATH).json()
    head, length = anchored.house.runtime.chain.history(lot_from_hex(lot["lot"]))
    assert (lot["history_head"], lot["anchored_length"], lot["length"]) == ("0x" + head.hex(), length, length)


def test_a_trail_is_read_a_page_at_a_time(anchored: Api) -> None:
    whole = anchored.get(EXPORTER, LOT_PATH).json()["trail"]
    pages = [anchored.get(EXPORTER, LOT_PATH, first=first, limit=3).json()["trail"] for first in range(0, 12, 3)]
    assert [len(page) for page in pages] == [3, 3, 1, 0]
    assert list(chain.from_iterable(pages)) == whole
    assert [event["kind"] for event in whole] == ["DECLARE", "DEPART", "ASN", "RECEIVE", "SHIP", "SALE", "COUNT"]


def test_a_trail_may_be_left_out(anchored: Api) -> None:
    assert anchored.get(EXPORTER, LOT_PATH, limit=0).json()["trail"] == []


@pytest.mark.parametrize(("name", "value"), [("limit", 1_001), ("limit", -1), ("first", -1), ("first", 2**70)])
def test_a_page_that_cannot_be_is_a_problem(anchored: Api, name: str, value: int) -> None:
    assert problem_of(anchored.get(EXPORTER, LOT_PATH, **{name: value}), 422)["field"] == f"query.{name}"


@pytest.mark.parametrize("path", ["12345/1", "22332026000123456x/1", "223320260001234567/0", "223320260001234567/100"])
def test_a_line_that_cannot_be_is_a_problem(anchored: Api, path: str) -> None:
    assert problem_of(anchored.get(EXPORTER, f"/v1/lots/{path}"), 422)["code"] == "Malformed"


def test_a_batch_shows_its_records_and_where_they_lie(anchored: Api) -> None:
    number = 1
    while anchored.get(TAX, f"/v1/batches/{number}").json()["party"] != WEST_COAST:
        number += 1
    batch = anchored.get(WEST_COAST, f"/v1/batches/{number}").json()
    assert (batch["status"], batch["failure"], batch["count"]) == ("anchored", None, len(batch["records"]))
    kinds = [record["kind"] for record in batch["records"]]
    assert kinds == ["RECEIVE", "SHIP", "COUNT"][: len(kinds)]
    assert batch["records"][0] | {"lot": lot_of(LINE), "site": LOS_ANGELES, "quantity": 100} == batch["records"][0]


@pytest.mark.parametrize("number", ["-1", str(2**31), str(2**70), "one"])
def test_a_batch_number_that_cannot_be_is_a_problem(anchored: Api, number: str) -> None:
    assert problem_of(anchored.get(TAX, f"/v1/batches/{number}"), 422)["field"] == "path.number"


def test_the_checkpoint_is_the_chains_tree_head(anchored: Api) -> None:
    answer = anchored.get(SELF_RUN, "/v1/checkpoint")
    checkpoint, signatures = parse_note(answer.text)
    assert (checkpoint.tree_size, checkpoint.root) == anchored.house.runtime.chain.tree_head()
    assert checkpoint.domain == anchored.house.runtime.chain.domain()
    key = anchored.house.runtime.note_key
    assert find_signed([key], checkpoint.body(), signatures) == {key: 0}
    block = anchored.house.chain.rpc("eth_getBlockByNumber", hex(checkpoint.block_number), False)
    assert block["hash"] == "0x" + checkpoint.block_hash.hex()


def test_an_owner_lists_its_lots_and_customs_and_tax_all(anchored: Api) -> None:
    (lot,) = anchored.get(EXPORTER, "/v1/lots").json()["lots"]
    shown = anchored.get(EXPORTER, LOT_PATH).json()
    assert (lot["lot"], lot["line"], lot["owner"], lot["declared"]) == (shown["lot"], shown["line"], EXPORTER, 100)
    assert lot.keys() == {"lot", "line", "owner", "declared", "sku", "export_date"}
    for office in (GATEWAY, TAX):
        assert anchored.get(office, "/v1/lots").json() == {"lots": [lot]}


@pytest.mark.parametrize("party", [RIVAL, BANK, PLATFORM, HANSA])
def test_nobody_else_is_told_of_a_lot_in_the_list(anchored: Api, party: int) -> None:
    assert anchored.get(party, "/v1/lots").json() == {"lots": []}


def test_a_warehouse_sees_what_lies_at_its_own_sites_and_its_own_events(anchored: Api) -> None:
    (entry,) = anchored.get(WEST_COAST, "/v1/lots").json()["lots"]
    assert (entry["owner"], entry["declared"], entry["export_date"]) == (EXPORTER, None, None)
    shown = anchored.get(WEST_COAST, LOT_PATH).json()
    assert [account["site"] for account in shown["accounts"]] == [LOS_ANGELES]
    assert {event["party"] for event in shown["trail"]} == {WEST_COAST}
    assert [shown[name] for name in ("declared", "length", "anchored_length", "history_head")] == [None] * 4
    assert len(anchored.get(WEST_COAST, LOT_PATH, limit=1).json()["trail"]) == 1
    problem_of(anchored.issue(WEST_COAST), 404)


def test_the_list_of_lots_comes_in_pages_by_line(api: Api) -> None:
    goods = {"sku": "B-200"}
    api.house.tell(*(a_declare(7, line=f"223320260001234567-0{item}", goods=goods) for item in (4, 3)))
    pages = [api.get(EXPORTER, "/v1/lots", first=first, limit=2).json()["lots"] for first in (0, 2, 4)]
    lines = [[lot["line"][-5:] for lot in page] for page in pages]
    assert lines == [["01-00", "03-00"], ["04-00"], []]
    assert (pages[1][0]["sku"], pages[1][0]["export_date"]) == ("B-200", None)
