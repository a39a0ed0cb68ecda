"""What claims ask of the store, on each database: places of the status list, named requests, lost transactions."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from service.flow.claim_ports import ClaimTx, CredentialRow
from service.keys.keyring import Keyring
from service.keys.master import Passphrase
from service.store.claims import SqlClaimStore
from service.store.details import Details
from verifier.status import Status

CREDENTIAL = CredentialRow(
    status_index=0, digest=bytes(32), kind="stock", owner=7, reader=None, claim_id=None, version=None,
    status=Status.VALID, reason=None, successor=None, issued_at=1, expires_at=2, figures={},
)  # fmt: skip


@pytest.fixture
def store(engine: Engine) -> SqlClaimStore:
    return SqlClaimStore(engine, Details(lambda: Keyring(Path("none"), Passphrase(""))))


def test_a_place_is_free_again_unless_a_credential_is_in_it(store: SqlClaimStore) -> None:
    with store.claims() as claims:
        places = [claims.reserve_status("stock", 7, 1) for _ in range(3)]
        assert places == [0, 1, 2]
        claims.save_credential(CREDENTIAL, "x~", 7)
        for place in (0, 2):
            claims.free_status(place)
        assert claims.statuses() == [(0, Status.VALID), (1, Status.INVALID)]
        assert claims.reserve_status("stock", 7, 1) == 2
        assert (claims.find_credential(bytes(32)), claims.text_of(bytes(32))) == (CREDENTIAL, "x~")
        with pytest.raises(KeyError):
            claims.text_of(bytes([1]) * 32)


def test_requests_are_kept_by_party_and_name(store: SqlClaimStore) -> None:
    name, body, made = (bytes([number]) * 32 for number in (1, 2, 3))
    with store.claims() as claims:
        claims.save_request(7, name, body, made)
        claims.save_request(8, name, made, body)
        claims.save_request(7, name, body, body)
    with store.view() as claims:
        assert claims.find_request(7, name) == (body, body)
        assert claims.find_request(8, name) == (made, body)
        assert claims.find_request(7, body) is None


def test_what_was_mined_behind_a_lost_transaction_is_lost_too(store: SqlClaimStore) -> None:
    txs = [ClaimTx(nonce, bytes([nonce]) * 32, b"raw", "endorse", bytes(32), 1) for nonce in range(5)]
    failures = [None, None, "refused", None]
    with store.claims() as claims:
        for tx in txs:
            claims.save_tx(tx)
        for tx, failure in zip(txs, failures, strict=False):
            claims.settle_tx(tx.tx_hash, 10 + tx.tx_nonce, failure)
    lost = replace(txs[1], block_number=11)
    with store.claims() as claims:
        assert [tx.tx_nonce for tx in claims.lose_txs(lost, "lost", 99)] == [1, 3]
        assert claims.lose_txs(lost, "lost", 99) == []
    with store.view() as claims:
        pending = {tx.tx_nonce: (tx.failure, tx.sent_at) for tx in claims.pending_txs()}
        assert pending == {1: ("lost", 99), 2: ("refused", 1), 3: ("lost", 99), 4: (None, 1)}
        assert [tx.tx_nonce for tx in claims.recent_txs(0)] == [0]
