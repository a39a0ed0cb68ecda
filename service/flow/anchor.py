"""anchor: hand the saved transactions to the node, in order. Sending one again does no harm."""

from typing import Protocol

from service.flow.ports import LogStore

MAX_IN_FLIGHT = 48
"""Transactions that the node may hold unmined: two full blocks of 200 M gas."""


class SendingChain(Protocol):
    """The part of the chain that anchoring needs."""

    def send(self, raw_tx: bytes) -> None: ...


def anchor_batches(store: LogStore, chain: SendingChain, sent: int) -> int:
    """Send the batches after number ``sent`` that are not on chain; the number of the last one sent.

    ``sent`` is what this process remembers. After a restart it is 0: everything pending goes out again.
    """
    with store.view() as log:
        room = MAX_IN_FLIGHT - log.count_pending(up_to=sent)
        waiting = log.pending_batches(sent, room) if room > 0 else []
        registry_txs = log.pending_registry_txs() if sent == 0 else []
    for raw_tx in registry_txs:
        chain.send(raw_tx)  # batches may rest on the parties and keys that these register
    for batch in waiting:
        chain.send(batch.raw_tx)
        sent = batch.number
    return sent
