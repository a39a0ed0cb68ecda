"""seal: form batches from what was accepted, sign them and their transactions, and save that before anything is sent.

After a crash the saved transaction is sent as it is: the same bytes have the same hash and the same nonces, so it can
be recorded only once. A batch that its party has signed itself is only given its place here: the signature covers the
records, not where they lie. Only its party can sign it anew; until then it waits, with all that rests on it.
"""

import time
from dataclasses import dataclass, replace
from typing import Any, Protocol

from service.core.batches import draft_batches, gas_limit
from service.flow.ports import Batch, BatchSigner, Chunk, Log, LogStore, OwnSignature
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
    def nonce_of(self, party: int, lane: int = 0) -> int: ...
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

    def own(self, party: int, nonce: int, records: bytes) -> OwnSignature:
        """The signature of a party whose key is in custody: lane 0."""
        deadline = int(time.time()) + DEADLINE_SECONDS
        digest = batch_digest(self.domain, party, nonce, deadline, records)
        return OwnSignature(0, nonce, deadline, self.signer.sign_digest(party, digest))

    def place(
        self, number: int, party: int, records: bytes, signed: OwnSignature, *, first_leaf: int, tx_nonce: int
    ) -> Batch:
        """A signed batch at its place, with its signed transaction."""
        batch = Batch(
            number, party, signed.nonce, signed.deadline, signed.signature, records, first_leaf, tx_nonce, b"", b"",
            int(time.time()), signed.lane,
        )  # fmt: skip
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

    def add(
        self, number: int, party: int, records: bytes, own: OwnSignature | None, saved_nonce: int | None = None
    ) -> Batch:
        """The next batch. ``saved_nonce`` is what our own store knows of the party; else the chain is asked."""
        signed = self._sign(party, records, saved_nonce) if own is None else own
        batch = self._sealer.place(number, party, records, signed, first_leaf=self._first_leaf, tx_nonce=self._tx_nonce)
        self._tx_nonce += 1
        self._first_leaf += len(records) // RECORD_BYTES
        return batch

    def add_again(self, batch: Batch) -> Batch:
        """A batch that is to be placed anew, signed anew where its key is in custody."""
        return self.add(batch.number, batch.party, batch.records, batch.own)

    def _sign(self, party: int, records: bytes, saved_nonce: int | None) -> OwnSignature:
        nonce = self._nonces.get(party, saved_nonce)
        if nonce is None:
            nonce = self._sealer.chain.nonce_of(party)
        self._nonces[party] = nonce + 1
        return self._sealer.own(party, nonce, records)


def seal_batches(store: LogStore, sealer: Sealer, *, max_pending: int) -> int:
    """Seal accepted events that are in no batch yet; the number of new batches. Safe to repeat.

    Signing happens outside the transaction that saves, so that captures do not wait for it. Nothing is sealed while the
    registry changes: its leaves would take the places that batches are signed for (see anchor).
    """
    with store.view() as log:
        room = max_pending - log.count_pending()
        if room <= 0 or log.failed_batch() is not None or log.pending_registry_txs():
            return 0
        drafts = draft_batches(_free_chunks(log))[:room]
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
        line.add(number, draft.party, draft.sorted_records(), draft.chunks[0].own, nonces[draft.party])
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
    return sealer.chain.why_refused(sealer.relayer, line.add_again(batch))


def _free_chunks(log: Log) -> list[Chunk]:
    """The oldest chunks that may go now; those that wait for a signature cannot fill the view."""
    limit = MAX_CHUNKS
    while True:
        chunks = log.unsealed_chunks(limit)
        free = _free(chunks)
        if free or len(chunks) < limit:
            return free
        limit *= 4


def _free(chunks: list[Chunk]) -> list[Chunk]:
    """The chunks that need no signature, nor rest on one that does: in a lot, or in a lane of nonces."""
    if all(chunk.failure is None for chunk in chunks):
        return chunks
    free, blocked, lanes = [], set[bytes](), set[tuple[int, int]]()
    for chunk in chunks:
        lots = lots_of(chunk.records)
        lane = None if chunk.own is None else (chunk.party, chunk.own.lane)
        if chunk.failure is None and lane not in lanes and not lots & blocked:
            free.append(chunk)
            continue
        blocked |= lots
        if lane is not None:
            lanes.add(lane)
    return free


def lots_of(records: bytes) -> set[bytes]:
    """The lots and books of records, 8 bytes each."""
    return {records[i : i + 8] for i in range(0, len(records), RECORD_BYTES)}


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
    batches = [line.add_again(batch) for batch in pending]
    with store.log() as log:
        if [batch.tx_hash for batch in log.pending_batches(0, 1)] != [first.tx_hash]:
            return False
        log.replace_batches(batches)
    return True
