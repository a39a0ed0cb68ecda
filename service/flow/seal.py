"""seal: form batches from what was accepted, sign them and their transactions, and save that before anything is sent.

After a crash the saved transaction is sent as it is: the same bytes have the same hash and the same nonces, so it can
be recorded only once.
"""

import time
from dataclasses import dataclass, replace
from typing import Any, Protocol

from service.core.batches import draft_batches, gas_limit
from service.flow.ports import Batch, BatchSigner, LogStore
from verifier.eip712 import Domain, batch_digest
from verifier.record import RECORD_BYTES

MAX_CHUNKS = 400
MAX_PENDING = 1_000_000
"""More batches than are ever under way."""
DEADLINE_SECONDS = 7 * 24 * 3600
"""How long a signed batch may be recorded: longer than any outage that is repaired without signing anew."""


class RecordChain(Protocol):
    """The part of the chain that sealing needs."""

    def transaction_count(self, address: str) -> int: ...
    def nonce_of(self, party: int) -> int: ...
    def tree_head(self) -> tuple[int, bytes]: ...
    def sign_record(
        self, relayer: Any, batch: Any, *, gas: int, tx_nonce: int, chain_id: int
    ) -> tuple[bytes, bytes]: ...
    def why_refused(self, relayer: Any, batch: Any) -> str: ...


@dataclass(frozen=True, slots=True)
class Sealer:
    """Everything that signing a batch takes: the log's domain, the parties' signer, and the relayer who pays."""

    domain: Domain
    chain: RecordChain
    signer: BatchSigner
    relayer: Any

    def sign(self, number: int, party: int, records: bytes, *, nonce: int, first_leaf: int, tx_nonce: int) -> Batch:
        """A signed batch with its signed transaction."""
        now = int(time.time())
        deadline = now + DEADLINE_SECONDS
        digest = batch_digest(self.domain, party, nonce, deadline, records)
        signature = self.signer.sign_digest(f"party-{party}", digest)
        batch = Batch(number, party, nonce, deadline, signature, records, first_leaf, tx_nonce, b"", b"", now)
        raw_tx, tx_hash = self.chain.sign_record(
            self.relayer, batch, gas=gas_limit(records), tx_nonce=tx_nonce, chain_id=self.domain.chain_id
        )
        return replace(batch, raw_tx=raw_tx, tx_hash=tx_hash)


class _Line:
    """Hands out the numbers of batches in the order in which they are signed."""

    def __init__(self, sealer: Sealer, first_leaf: int, tx_nonce: int) -> None:
        self._sealer = sealer
        self._first_leaf = first_leaf
        self._tx_nonce = tx_nonce
        self._nonces: dict[int, int] = {}

    def sign(self, number: int, party: int, records: bytes, saved_nonce: int | None = None) -> Batch:
        """Sign the next batch. ``saved_nonce`` is what our own store knows of the party; else the chain is asked."""
        nonce = self._nonces.get(party, saved_nonce)
        if nonce is None:
            nonce = self._sealer.chain.nonce_of(party)
        batch = self._sealer.sign(
            number, party, records, nonce=nonce, first_leaf=self._first_leaf, tx_nonce=self._tx_nonce
        )
        self._nonces[party] = nonce + 1
        self._tx_nonce += 1
        self._first_leaf += len(records) // RECORD_BYTES
        return batch


def seal_batches(store: LogStore, sealer: Sealer, *, max_pending: int) -> int:
    """Seal accepted events that are in no batch yet; the number of new batches. Safe to repeat.

    Signing happens outside the transaction that saves, so that captures do not wait for it. Nothing is sealed while the
    registry changes: its leaves would take the places that batches are signed for (see anchor).
    """
    with store.view() as log:
        room = max_pending - log.count_pending()
        if room <= 0 or log.failed_batch() is not None or log.pending_registry_txs():
            return 0
        drafts = draft_batches(log.unsealed_chunks(MAX_CHUNKS))[:room]
        if not drafts:
            return 0
        last = log.last_batch()
        if last is not None and room < max_pending:
            line = _Line(sealer, last.first_leaf + len(last.records) // RECORD_BYTES, last.tx_nonce + 1)
        else:
            mined = sealer.chain.transaction_count(sealer.relayer.address)
            if last is not None and mined <= last.tx_nonce:
                return 0  # the chain has lost what was on it: reconciling walks back first
            line = _Line(sealer, log.tree_size(), mined)
        nonces = {draft.party: log.next_nonce(draft.party) for draft in drafts}
    first = 1 if last is None else last.number + 1
    batches = [
        line.sign(number, draft.party, draft.sorted_records(), nonces[draft.party])
        for number, draft in enumerate(drafts, first)
    ]
    with store.log() as log:
        newest = log.last_batch()
        if (newest and newest.tx_hash) != (last and last.tx_hash) or log.pending_registry_txs():
            return 0  # another worker was faster, or a change of the registry goes first
        log.save_batches(batches, [(c.first_seq, first + i) for i, draft in enumerate(drafts) for c in draft.chunks])
    return len(batches)


def why_refused_again(sealer: Sealer, batch: Batch) -> str:
    """The contract's reason for refusing a batch even if it were signed anew now; empty if it would accept."""
    first_leaf, _ = sealer.chain.tree_head()
    line = _Line(sealer, first_leaf, sealer.chain.transaction_count(sealer.relayer.address))
    return sealer.chain.why_refused(sealer.relayer, line.sign(batch.number, batch.party, batch.records))


def sign_again(store: LogStore, sealer: Sealer, first: Batch) -> bool:
    """Sign the batches that are not on chain anew, in their old order, behind what the chain has now.

    ``first`` leads them.

    Only called when none of them can be mined any more: each was refused or lies behind one that was. False if another
    worker was faster.
    """
    with store.view() as log:
        pending, size = log.pending_batches(0, MAX_PENDING), log.tree_size()
    first_leaf, _ = sealer.chain.tree_head()
    line = _Line(sealer, first_leaf, sealer.chain.transaction_count(sealer.relayer.address))
    if first_leaf < size:
        return False  # the chain has lost what was on it: reconciling walks back first
    batches = [line.sign(batch.number, batch.party, batch.records) for batch in pending]
    with store.log() as log:
        if [batch.tx_hash for batch in log.pending_batches(0, 1)] != [first.tx_hash]:
            return False
        log.replace_batches(batches)
    return True
