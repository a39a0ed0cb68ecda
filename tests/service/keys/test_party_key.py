"""Parties in custody change their key, or leave: what was accepted before gets on chain, and stays provable."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from service import custody, rotation
from service.claim_runtime import ClaimRuntime
from service.flow.ports import Batch, RegistryTx
from service.keys.keyring import REGISTRAR
from service.keys.recover import recover_address
from service.rotation import RotationError, retire_party_key, rotate_party_key
from tests.service.api.caller import SALE, SHIP, Api, open_api, problem_of
from tests.service.claims.actions import ask, judge
from tests.service.claims.conftest import trading_in
from tests.service.claims.trade import claim, consent, trade
from tests.service.house import House, statuses
from tests.service.market import BANK, EXPORTER, WEST_COAST, an_admission, an_event, an_opening
from tests.service.test_commands import run
from verifier.eip712 import batch_digest
from verifier.report import Answer

pytestmark = pytest.mark.chain


@pytest.fixture
def api(house: House) -> Iterator[Api]:
    """A lot on chain, with a sale."""
    house.tell(an_admission(), an_admission(BANK), *an_opening(100), SHIP, SALE)
    house.settle()
    with open_api(house) as opened:
        yield opened


def key_of(house: House, party: int) -> bytes:
    """The address that signs for a party now."""
    now = rotation._party_keys(house.runtime, party)
    return now[-1].address


def rotate(house: House, party: int) -> tuple[bytes, list[bytes]]:
    with house.running():
        return rotate_party_key(house.runtime, ClaimRuntime(house.runtime), party)


def retire(house: House, party: int) -> list[bytes]:
    with house.running():
        return retire_party_key(house.runtime, ClaimRuntime(house.runtime), party)


def signer_of(house: House, batch: Batch) -> bytes | None:
    digest = batch_digest(house.runtime.log.domain, batch.party, batch.nonce, batch.deadline, batch.records)
    return recover_address(digest, batch.signature)


def last_batch(house: House) -> Batch:
    with house.runtime.logs.view() as log:
        found = log.last_batch()
    assert found is not None
    return found


def counted(house: House) -> Batch:
    """The batch of an event that is told now."""
    house.tell(an_event("COUNT"))
    house.settle()
    return last_batch(house)


def issue(api: Api) -> str:
    answer = api.issue(EXPORTER, show=["goods"])
    assert answer.status_code == 201
    credential: str = answer.json()["credential"]
    return credential


def test_batches_are_signed_by_the_new_key_and_old_ones_still_verify(api: Api) -> None:
    house, old = api.house, key_of(api.house, WEST_COAST)
    assert signer_of(house, counted(house)) == old
    before = issue(api)
    new, ended = rotate(house, WEST_COAST)
    assert (ended, new == old, key_of(house, WEST_COAST)) == ([old], False, new)
    assert signer_of(house, counted(house)) == new
    third, ended = rotate(house, WEST_COAST)
    assert (ended, signer_of(house, counted(house))) == ([new], third)
    for credential in (before, issue(api)):  # step 10 finds the attester of each leaf in its role
        report = judge(api, credential)
        assert (report.answer, {one.party for one in report.attestations} >= {WEST_COAST}) == (Answer.VALID, True)


def test_a_batch_that_the_old_key_has_signed_is_recorded_before_the_key_ends(any_house: House) -> None:
    house, old = any_house, key_of(any_house, WEST_COAST)
    house.tell(an_admission(), *an_opening(100))
    house.settle()
    house.tell(an_event("COUNT"))
    house.step(mine=False)
    pending = last_batch(house)
    assert (signer_of(house, pending), house.counts()["pending_batches"]) == (old, 1)
    new, ended = rotate(house, WEST_COAST)
    assert ended == [old]
    house.settle()
    with house.trails.trail() as trail:
        found = trail.find_batch(pending.number)
    assert found is not None
    assert (found[0].signature, found[1] is not None, found[2]) == (pending.signature, True, None)
    assert signer_of(house, counted(house)) == new


def test_what_goes_on_during_a_change_is_recorded(api: Api) -> None:
    house = api.house
    with house.running():
        for _ in range(3):
            assert statuses(house.post(WEST_COAST, *(an_event("COUNT") for _ in range(5)))) == ["accepted"] * 5
            rotate_party_key(house.runtime, ClaimRuntime(house.runtime), WEST_COAST)
    house.settle()
    assert house.counts()["failed_batches"] == 0
    assert judge(api, issue(api)).answer is Answer.VALID


@pytest.mark.parametrize("at", ["addKey", "endKey"])
def test_a_change_that_was_cut_off_is_ended_by_the_next_call(
    house: House, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    change, old = rotation._change, key_of(house, WEST_COAST)

    def fail(runtime: Any, calls: list[tuple[str, Any]]) -> None:
        if calls and calls[0][0] == at:
            raise OSError("the process is gone")
        change(runtime, calls)

    with monkeypatch.context() as broken:
        broken.setattr(rotation, "_change", fail)
        with pytest.raises(OSError, match="gone"):
            rotate(house, WEST_COAST)
    made = house.runtime.keyring.generations(f"party-{WEST_COAST}")
    new, ended = rotate(house, WEST_COAST)
    assert (house.runtime.keyring.address(made[-1]), ended) == (new, [old])
    assert house.runtime.keyring.generations(f"party-{WEST_COAST}") == made


def test_a_consent_from_before_serves_a_bank_after(house: House) -> None:
    with trading_in(house) as api:
        path = f"/v1/claims/{claim(api, *trade(100_00)).json()['claim_id']}"
        consent(api, path.rpartition("/")[2])
        olds = [key_of(house, party) for party in (EXPORTER, BANK)]
        assert [rotate(house, party)[1] for party in (EXPORTER, BANK)] == [[old] for old in olds]
        asked = {"currency": "USD", "amount_minor": 60_00, "reference": "R-1", "receipt_minor": 60_00}
        with house.running():
            endorsed = ask(api, BANK, f"{path}/endorsements", **asked)
        assert endorsed.status_code == 201, endorsed.text
        assert api.get(BANK, path).json()["currencies"][0]["endorsed_minor"] == 60_00


def test_a_party_that_has_left_custody_is_asked_to_sign_itself_and_what_it_told_is_on_chain(api: Api) -> None:
    house, old = api.house, key_of(api.house, WEST_COAST)
    assert api.post(WEST_COAST, an_event("COUNT")).json()["status"] == "accepted"
    assert retire(house, WEST_COAST) == [old]
    house.settle()
    assert house.counts()["failed_batches"] == 0
    assert problem_of(api.post(WEST_COAST, an_event("COUNT")), 422)["code"] == "SelfCustody"
    assert not house.runtime.custody.signs_for(WEST_COAST)
    assert judge(api, issue(api)).answer is Answer.VALID
    assert retire(house, WEST_COAST) == []
    with pytest.raises(RotationError, match="no key of party 4 in custody is in force"):
        rotate(house, WEST_COAST)


def test_from_the_moment_that_a_party_leaves_nothing_more_is_taken(
    any_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = any_house
    house.tell(an_admission(), *an_opening(100), an_event("COUNT"))
    monkeypatch.setattr(rotation, "WAIT_SECONDS", 0.0)
    with pytest.raises(RotationError, match="events of party 4 are not signed yet; is the worker running"):
        retire_party_key(house.runtime, ClaimRuntime(house.runtime), WEST_COAST)
    (answer,) = house.post(WEST_COAST, an_event("COUNT"))
    assert (answer["status"], answer["code"]) == ("refused", "SelfCustody")
    assert statuses(house.post(EXPORTER, an_admission(BANK))) == ["accepted"]
    with pytest.raises(RotationError, match="has left custody"):
        rotate_party_key(house.runtime, ClaimRuntime(house.runtime), WEST_COAST)
    monkeypatch.undo()
    house.settle()  # it is signed with the key that is still in force
    assert len(retire(house, WEST_COAST)) == 1


def test_who_has_no_key_here_can_change_none(house: House) -> None:
    for call in (rotate, retire):
        with pytest.raises(RotationError, match="no key of party 77"):
            call(house, 77)


def test_what_an_ended_key_signs_is_refused_by_the_contract_and_stops_no_worker(house: House) -> None:
    house.tell(an_admission(), *an_opening(100), an_event("COUNT"))
    runtime, registrar = house.runtime, house.runtime.keyring.account(REGISTRAR)
    nonce = runtime.chain.transaction_count(registrar.address)
    key_id = bytes(12) + key_of(house, WEST_COAST)
    raw_tx, tx_hash = runtime.chain.sign_call(registrar, "endKey", (key_id,), tx_nonce=nonce)
    with runtime.logs.log() as log:  # past retire_party_key, which would have waited
        log.save_registry_txs([RegistryTx(tx_hash, raw_tx)], time.time_ns())
    for _ in range(20):
        house.step()
    assert house.counts()["failed_batches"] == 1
    with pytest.raises(custody.NotInCustodyError, match="party 77"):
        house.runtime.custody.sign_digest(77, bytes(32))


def test_commands(house: House) -> None:
    old = key_of(house, WEST_COAST)
    with house.running():
        first = run(house, "party-key", "rotate", str(WEST_COAST)).stdout.splitlines()
        second = run(house, "party-key", "retire", str(WEST_COAST)).stdout.splitlines()
        third = run(house, "party-key", "rotate", str(WEST_COAST))
    assert (first[0], first[1].endswith(" signs")) == (f"0x{old.hex()} ended", True)
    assert second == [first[1].replace("signs", "ended")]
    assert (third.exit_code, third.stderr.splitlines()[-1]) == (
        1, f"error: no key of party {WEST_COAST} in custody is in force",
    )  # fmt: skip
