"""reconcile: what to do when the chain and the store disagree.

Two things can happen. The chain loses its tail (a reorganisation, a development chain restarted from an older state):
walk back to the last block that both know, forget what came after, and send again in the same order. Or a transaction
is mined and refused (its place in the log was taken, its deadline passed): sign it and all behind it anew.
"""

from typing import Protocol

from service.core.chain import Block
from service.flow.ports import LogStore
from service.flow.seal import Sealer, sign_again


class ReconcilingChain(Protocol):
    """The part of the chain that reconciling needs."""

    def block(self, number: int | str = "latest") -> Block | None: ...
    def is_mined(self, tx_hash: bytes) -> bool | None: ...


def find_lost_tail(store: LogStore, chain: ReconcilingChain) -> bool:
    """Compare our newest segment with the chain; if it is gone, walk back and forget. True if that happened."""
    with store.view() as log:
        last = log.last_segment()
        scanned = log.scanned_block()
        newest = chain.block("latest")
        assert newest is not None
        if last is None or _is_known(chain, last.block_number, last.block_hash):
            if newest.number >= scanned:
                return False
            keep_leaf, keep_block = log.tree_size(), newest.number
        else:
            while last is not None and not _is_known(chain, last.block_number, last.block_hash):
                last = log.last_segment(before_leaf=last.first_leaf)
            keep_leaf = 0 if last is None else last.first_leaf + last.count
            keep_block = log.first_block() - 1 if last is None else last.block_number
    with store.log() as log:
        log.forget_from(keep_leaf, keep_block)
    return True


def find_refused(store: LogStore, chain: ReconcilingChain, sealer: Sealer) -> bool:
    """Find a batch whose transaction was mined and refused, and sign it and all behind it anew.

    True if batches were signed anew. A batch that would be refused again as it stands is marked as failed with the
    contract's reason: nothing more is sent until someone looks.
    """
    with store.view() as log:
        pending = log.pending_batches(0, 1)
    if not pending or chain.is_mined(pending[0].tx_hash) is not False:
        return False
    with store.view() as log:
        last = log.last_batch()
    assert last is not None
    if sealer.chain.transaction_count(sealer.relayer.address) <= last.tx_nonce:
        return False  # those behind it are still under way, and will be refused too: wait until all are mined
    sign_again(store, sealer)
    with store.view() as log:
        first = log.pending_batches(0, 1)[0]
    reason = sealer.chain.why_refused(sealer.relayer, first)
    if reason:
        with store.log() as log:
            log.fail_batch(first.number, reason)
    return True


def _is_known(chain: ReconcilingChain, number: int, block_hash: bytes) -> bool:
    block = chain.block(number)
    return block is not None and block.hash == block_hash
