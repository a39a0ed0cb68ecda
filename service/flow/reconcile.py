"""reconcile: what to do when the chain and the store disagree.

Two things can happen. The chain loses its tail (a reorganisation, a development chain restarted from an older state):
walk back to the last block that both know, forget what came after, and send again in the same order. Or a transaction
is mined and refused (its place in the log was taken, its deadline passed): sign it and all behind it anew. What only
its own party could sign anew is taken out of the line, with what rests on it: nobody else waits for that party.
"""

from typing import Protocol

from service.core.chain import Block
from service.flow.ports import Batch, LogStore
from service.flow.seal import MAX_PENDING, Sealer, lots_of, sign_again, why_refused_again

PAUSED = "EnforcedPause"
"""The contract's reason that says nothing of the batch."""


class ReconcilingChain(Protocol):
    """The part of the chain that reconciling needs."""

    def block(self, number: int | str = "latest") -> Block | None: ...
    def is_mined(self, tx_hash: bytes) -> bool | None: ...
    def send(self, raw_tx: bytes) -> bool: ...


def find_lost_tail(store: LogStore, chain: ReconcilingChain) -> bool:
    """Compare the last block that was read with the chain; if it is gone, walk back and forget. True if so.

    Blocks without leaves count too: what replaces them may hold some.
    """
    with store.view() as log:
        scanned, scanned_hash, last = log.scanned_block(), log.scanned_hash(), log.last_segment()
        if scanned_hash is None or _is_known(chain, scanned, scanned_hash):
            return False
        while last is not None and not _is_known(chain, last.block_number, last.block_hash):
            last = log.last_segment(before_leaf=last.first_leaf)
        first_block = log.first_block()
    with store.log() as log:
        if log.scanned_hash() != scanned_hash:
            return False  # another worker was faster
        if last is None:
            log.forget_from(0, first_block - 1, None)
        else:
            log.forget_from(last.first_leaf + last.count, last.block_number, last.block_hash)
    return True


def find_refused(store: LogStore, chain: ReconcilingChain, sealer: Sealer) -> bool:
    """Find a batch whose transaction was mined and refused, and sign it and all behind it anew. True if so.

    A batch that would be refused again is marked as failed with the contract's reason, and asked about again at every
    call: nothing is sent until the contract would take it.
    """
    with store.view() as log:
        pending, has_failed = log.pending_batches(0, MAX_PENDING), log.failed_batch() is not None
    if not pending:
        return False
    if not has_failed:
        mined = sealer.chain.transaction_count(sealer.relayer.address)
        outcome = chain.is_mined(pending[0].tx_hash)
        # Mined and refused, or its nonce was used by another transaction before it could be mined.
        if outcome or (outcome is None and mined <= pending[0].tx_nonce):
            return False
        if mined <= pending[-1].tx_nonce:
            # Those behind it are refused too. Only once all are mined can none of them come back beside a new one.
            for batch in pending:
                if batch.tx_nonce >= mined:
                    chain.send(batch.raw_tx)
            return False
    reason = why_refused_again(sealer, pending[0])
    if reason and pending[0].own is not None and PAUSED not in reason:
        with store.log() as log:
            log.unseal_batches(_resting_on(pending), reason)
        return True
    if reason:
        with store.log() as log:
            log.fail_batch(pending[0].number, reason)
        return False
    return sign_again(store, sealer, pending[0])


def _resting_on(pending: list[Batch]) -> list[int]:
    """The numbers of the first batch and of those behind it that share a lot with it, or a lane of nonces."""
    first, *others = pending
    numbers, lots = [first.number], lots_of(first.records)
    for batch in others:
        is_same_lane = batch.own is not None and (batch.party, batch.lane) == (first.party, first.lane)
        if is_same_lane or lots_of(batch.records) & lots:
            numbers.append(batch.number)
            lots |= lots_of(batch.records)
    return numbers


def _is_known(chain: ReconcilingChain, number: int, block_hash: bytes) -> bool:
    block = chain.block(number)
    return block is not None and block.hash == block_hash
