"""A party ends its own key on chain: through the service's line of changes, or past the service altogether."""

import time

import pytest
from eth_account import Account

from service.chain.calls import RetireKey, retire_key
from service.client.client import ClientError
from service.launcher import fund
from tests.service.check_ledger import check_ledger
from tests.service.custody.conftest import Own
from tests.service.faults.registrar import change_registry
from verifier.eip712 import retire_key_digest
from verifier.registry import key_id_of_address


def retirement(own: Own) -> RetireKey:
    key_id, deadline = key_id_of_address(own.key.address), int(time.time()) + 3600
    digest = retire_key_digest(own.house.runtime.log.domain, key_id, deadline)
    return retire_key(key_id, deadline, own.key.sign_digest(digest))


def test_a_party_has_its_key_ended_by_its_own_signature(own: Own) -> None:
    own.bring()
    function, arguments = retirement(own)
    with own.house.running():
        change_registry(own.house, (function, list(arguments)))
    with pytest.raises(ClientError) as refused:
        own.client.post([own.event("RECEIVE", 60)])
    assert refused.value.problem["code"] == "SignatureMismatch"
    own.house.settle()
    check_ledger(own.house)


def test_a_key_that_was_ended_past_the_service_takes_its_batches_along_and_no_others(own: Own) -> None:
    own.bring()
    own.house.settle()
    own.client.post([own.event("RECEIVE", 60)])
    function, arguments = retirement(own)
    send_past_the_service(own, function, list(arguments))
    for _ in range(6):
        own.house.step()
    unsigned = own.client.own()["unsigned"]
    assert [item["failure"].split("(")[0] for item in unsigned] == ["LotLedgerNotAKey"]
    assert own.client.own()["keys"][0]["valid_to"] <= time.time()
    assert own.house.counts()["failed_batches"] == 0


def send_past_the_service(own: Own, function: str, arguments: list[object]) -> None:
    chain, sender = own.house.runtime.chain, Account.from_key(own.key._key.to_bytes())
    fund(chain, sender.address)
    raw_tx, _ = chain.sign_call(sender, function, arguments, tx_nonce=0)
    chain.send(raw_tx)
    own.house.chain.mine()
