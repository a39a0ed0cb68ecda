"""A party that seals and signs itself: what it posts is anchored as it signed it, and by nobody else."""

import time
from dataclasses import replace
from typing import Any

import pytest
from eth_account import Account

from service.chain.ledger import ChainLedger
from service.client.client import Client, ClientError
from service.client.key import LocalKey
from service.client.seal import ProposalError, seal
from service.flow.register import change_registry
from service.keys.keyring import REGISTRAR, RELAYER
from service.launcher import fund
from tests.service.api.caller import problem_of
from tests.service.check_ledger import check_ledger
from tests.service.custody.conftest import OWN_OPERATOR, Own
from tests.service.market import HANSA, OTHER_LINE, an_opening
from verifier.record import RECORD_BYTES
from verifier.registry import key_id_of_address


def test_what_is_signed_is_anchored_as_it_was_signed(own: Own) -> None:
    own.bring()
    posted = own.client.post([own.event("RECEIVE", 60), own.event("RECEIVE_DAMAGED", 40)])
    assert posted.promise is not None
    own.house.settle()
    for event in posted.events:
        proof = own.client.receipt(event.event["event_id"], event.records[0])
        assert proof["attester"] == OWN_OPERATOR
    check_ledger(own.house)


def test_a_stolen_api_key_alone_posts_nothing(own: Own) -> None:
    """Whoever has the API key and not the signing key."""
    own.bring()
    stolen = own.api.post(OWN_OPERATOR, own.event("RECEIVE", 60))
    assert problem_of(stolen, 422)["code"] == "SelfCustody"
    thief = Client("", own.house.api_keys[OWN_OPERATOR], LocalKey.create(), http=own.api.client)
    with pytest.raises(ClientError) as refused:
        thief.post([own.event("RECEIVE", 60)])
    assert refused.value.problem["code"] == "SignatureMismatch"
    assert own.house.counts()["unsealed"] == 3  # what was there before


def test_a_relayer_that_alters_one_byte_is_refused_by_the_contract(own: Own) -> None:
    own.bring()
    own.house.settle()
    own.client.post([own.event("RECEIVE", 60), own.event("RECEIVE", 40)])
    own.house.worker.step()  # sealed and sent, and not mined
    with own.house.runtime.logs.view() as log:
        batch = log.pending_batches(0, 1)[0]
    chain, relayer = own.house.runtime.chain, own.house.runtime.keyring.account(RELAYER)
    assert chain.why_refused(relayer, batch) == ""
    for place in range(len(batch.records)):
        altered = bytearray(batch.records)
        altered[place] ^= 1
        assert _is_refused(chain, relayer, replace(batch, records=bytes(altered))), place
    for altered_batch in (
        replace(batch, deadline=batch.deadline + 1),
        replace(batch, party=HANSA),
        replace(batch, records=batch.records[RECORD_BYTES:] + batch.records[:RECORD_BYTES]),
        replace(batch, records=batch.records[:RECORD_BYTES]),
    ):
        assert _is_refused(chain, relayer, altered_batch)


def _is_refused(chain: ChainLedger, relayer: Any, batch: Any) -> bool:
    """Refused for its signature, and for nothing else."""
    return "LotLedgerNotAKey" in chain.why_refused(relayer, batch)


def test_a_batch_is_taken_whole_or_not_at_all(own: Own) -> None:
    own.bring(100)
    with pytest.raises(ClientError) as refused:
        own.client.post([own.event("RECEIVE", 60), own.event("RECEIVE", 41)])
    assert [result["status"] for result in refused.value.problem["results"]] == ["accepted", "refused"]
    assert own.house.counts()["unsealed"] == 3


def test_the_service_refuses_the_batch_too_if_it_is_posted_all_the_same(own: Own) -> None:
    """A client that signs without asking first."""
    own.bring(100)
    first, second = own.event("RECEIVE", 60), own.event("RECEIVE", 41)
    sealed = [own.client._seal([event])[0] for event in (first, second)]
    with pytest.raises(ClientError) as refused:
        own.client._send(own.client.own(), tuple(sealed))
    assert refused.value.problem["code"] == "BatchNotTaken"
    assert own.house.counts()["unsealed"] == 3


def test_what_would_wait_is_not_signed(own: Own) -> None:
    with pytest.raises(ClientError) as refused:
        own.client.post([own.event("RECEIVE", 1)])
    assert refused.value.problem["results"][0]["status"] == "held"


def test_posting_the_same_batch_again_changes_nothing(own: Own) -> None:
    own.bring()
    sealed = own.client._seal([own.event("RECEIVE", 60)])
    signing = own.client.own()
    first = own.client._send(signing, sealed)
    again = own.client._send(signing, sealed)
    assert [first.results[0]["status"], again.results[0]["status"]] == ["accepted", "duplicate"]
    assert own.house.counts()["accepted"] == 4


def test_a_nonce_serves_once_and_lanes_do_not_wait_for_each_other(own: Own) -> None:
    own.bring()
    signing = own.client.own()
    own.client._send(signing, own.client._seal([own.event("RECEIVE", 10)]))
    with pytest.raises(ClientError) as refused:
        own.client._send(signing, own.client._seal([own.event("RECEIVE", 10)]))
    assert (refused.value.problem["code"], refused.value.problem["expected"]) == ("NonceTaken", 1)
    other = Client("", own.house.api_keys[OWN_OPERATOR], own.key, lane=2, http=own.api.client)
    other.post([own.event("RECEIVE", 10)])
    own.client.post([own.event("RECEIVE", 10)])
    own.house.settle()
    check_ledger(own.house)


def test_an_event_without_a_lot_is_signed_part_by_part(own: Own) -> None:
    own.bring(50)
    own.client.post([own.event("RECEIVE", 50)])
    ship = own.event("SHIP", 5, goods={"sku": "A-100"}, line=None)
    del ship["line"]
    posted = own.client.post([ship])
    assert posted.events[0].part_ids == (f"{ship['event_id']}#1",)
    own.house.settle()
    check_ledger(own.house)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("kind", "HOLD"),
        ("quantity", 7),
        ("site", 1),
        ("event_id", "another"),
        ("event_time", "2026-05-03T09:30:00-07:00"),
    ],
)
def test_a_proposal_that_is_not_what_was_asked_is_not_signed(own: Own, member: str, value: object) -> None:
    own.bring()
    event = own.event("RECEIVE", 5)
    part = {"clear": _clear_of(event) | {member: value}, "groups": {}}
    with pytest.raises(ProposalError):
        seal(event, [part])


def test_another_content_of_a_group_is_not_signed(own: Own) -> None:
    event = own.event("RECEIVE", 5, goods={"sku": "A-100"})
    seal(event, [{"clear": _clear_of(event), "groups": {"goods": {"sku": "A-100"}}}])
    with pytest.raises(ProposalError, match="goods"):
        seal(event, [{"clear": _clear_of(event), "groups": {"goods": {"sku": "A-200"}}}])


def _clear_of(event: dict[str, Any]) -> dict[str, Any]:
    members = {name: event[name] for name in ("event_id", "kind", "site", "quantity", "event_time")}
    return members | {"schema": "cangsu-event-1", "lot": "7dc467000c4b3865"}


def test_a_signature_that_counts_no_more_stops_its_own_lots_only(own: Own) -> None:
    """Its party alone can sign anew; nobody else waits for that, and nothing is lost."""
    own.bring()
    own.house.settle()
    own.client.post([own.event("RECEIVE", 60)])
    own.client.post([own.event("HOLD", 1)])  # rests on it
    use_up_nonce(own, 1 << 64)
    for _ in range(6):
        own.house.step()
    unsigned = own.client.own()["unsigned"]
    assert [(item["nonce"], item["failure"].split("(")[0]) for item in unsigned] == [(0, "InvalidAccountNonce")]
    assert own.house.counts() | {"failed_batches": 0, "pending_batches": 0} == own.house.counts()

    own.house.tell(*an_opening(5, line=OTHER_LINE))  # somebody else's trade goes on
    for _ in range(6):
        own.house.step()
    assert own.house.counts()["unsealed"] == 2

    assert own.client.sign_again() == 1
    own.house.settle()
    check_ledger(own.house)


def test_nothing_is_signed_anew_that_needs_it_not(own: Own) -> None:
    own.bring()
    own.client.post([own.event("RECEIVE", 60)])
    signed = {"nonce": 0, "deadline": int(time.time()) + 86_400, "signature": "0x" + "11" * 64 + "1b"}
    answer = own.api.client.put("/v1/batches/own/1/0", json=signed, headers=own.api.headers(OWN_OPERATOR))
    assert problem_of(answer, 404)["code"] == "NothingToSign"


def test_a_key_that_was_ended_signs_no_more(own: Own) -> None:
    own.bring()
    with own.house.running():
        runtime = own.house.runtime
        registrar = runtime.keyring.account(REGISTRAR)
        change_registry(runtime.logs, runtime.chain, registrar, [("endKey", [key_id_of_address(own.key.address)])])
    with pytest.raises(ClientError) as refused:
        own.client.post([own.event("RECEIVE", 60)])
    assert refused.value.problem["code"] == "SignatureMismatch"


@pytest.mark.parametrize(
    ("member", "value", "field"),
    [
        ("nonce", 5, "nonce"),
        ("deadline", 1, "deadline"),
        ("deadline", 2**40, "deadline"),
        ("signature", "0x12", "signature"),
        ("lane", 0, "lane"),
        ("events", [], "events"),
    ],
)
def test_what_is_misshapen_is_refused_by_name(own: Own, member: str, value: object, field: str) -> None:
    own.bring()
    event = own.event("RECEIVE", 5)
    signed = {"nonce": 0, "deadline": int(time.time()) + 86_400, "signature": "0x" + "11" * 64 + "1b", "lane": 1}
    body = signed | {"events": [{"event": event, "salts": ["A" * 128]}]} | {member: value}
    answer = own.api.client.post("/v1/batches", json=body, headers=own.api.headers(OWN_OPERATOR))
    assert answer.status_code in (409, 422)
    assert answer.json()["field"].split(".")[0] == field


def use_up_nonce(own: Own, nonce: int) -> None:
    """The party changes its mind on chain, behind the service's back."""
    runtime, sender = own.house.runtime, Account.from_key(own.key._key.to_bytes())
    fund(runtime.chain, sender.address)
    raw_tx, _ = runtime.chain.sign_call(sender, "cancel", [OWN_OPERATOR, nonce], tx_nonce=0)
    runtime.chain.send(raw_tx)
    own.house.chain.mine()
