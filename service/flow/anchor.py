"""anchor: hand the saved transactions to the node, in order. Sending one again does no harm.

Batches are signed for their place in the log, and so in the order of their numbers. A change of the registry is a leaf
too, from another account, and a block may turn the two round. So they are never under way together: a change that was
never on chain waits until no batch is, and what the chain lost goes out again in the order in which it lay there.
"""

from typing import Protocol

from service.flow.ports import Batch, LogStore, RegistryTx

MAX_IN_FLIGHT = 48
"""Transactions that the node may hold unmined: two full blocks of 200 M gas."""


class SendingChain(Protocol):
    """The part of the chain that anchoring needs."""

    def send(self, raw_tx: bytes) -> bool: ...
    def is_mined(self, tx_hash: bytes) -> bool | None: ...


def anchor_batches(store: LogStore, chain: SendingChain, sent: int) -> int:
    """Send the batches after number ``sent`` that are not on chain; the number of the last one sent.

    ``sent`` is what this process remembers. After a restart it is 0: everything pending goes out again.
    """
    with store.view() as log:
        changes = log.pending_registry_txs()
        oldest = log.pending_batches(0, 1) if changes else []
        room = MAX_IN_FLIGHT - log.count_pending(up_to=sent)
        waiting = log.pending_batches(sent, room) if room > 0 else []
        if log.failed_batch() is not None:
            oldest, waiting = [], []  # the line stands still, and a change of the registry may be what it needs
    if changes and _goes_first(changes[0], oldest):
        _send_changes(store, chain, [change for change in changes if _goes_first(change, oldest)])
        return sent
    turn = changes[0].first_leaf if changes else None
    for batch in waiting:
        if turn is not None and batch.first_leaf >= turn:
            break
        chain.send(batch.raw_tx)
        sent = batch.number
    return sent


def _goes_first(change: RegistryTx, oldest: list[Batch]) -> bool:
    """Whether a change of the registry comes before the oldest batch that is not on chain."""
    return not oldest or (change.first_leaf is not None and change.first_leaf <= oldest[0].first_leaf)


def _send_changes(store: LogStore, chain: SendingChain, changes: list[RegistryTx]) -> None:
    for change in changes:
        is_mined = chain.is_mined(change.tx_hash)
        reason = "refused when it was mined" if is_mined is False else ""
        if is_mined is None and not chain.send(change.raw_tx) and chain.is_mined(change.tx_hash) is None:
            reason = "another transaction of the registrar took its nonce"
        if reason:
            with store.log() as log:
                log.fail_registry_tx(change.tx_hash, reason)
