"""register: change the registry on chain, as the registrar: parties, keys, sites.

This verb signs, saves and waits. The worker sends, in an order that disturbs no batch (see anchor), and mirrors the
registry from the chain's logs (see confirm).
"""

import time
from collections.abc import Sequence
from typing import Any, Protocol

from service.flow.ports import LogStore, RegistryTx

_WAIT_SECONDS = 60


class RegistryChain(Protocol):
    """The part of the chain that registering needs."""

    def transaction_count(self, address: str) -> int: ...
    def sign_call(
        self, account: Any, function: str, arguments: Sequence[Any], *, tx_nonce: int
    ) -> tuple[bytes, bytes]: ...
    def why_call_refused(self, account: Any, function: str, arguments: Sequence[Any]) -> str: ...


class RegistryError(Exception):
    """The registry could not be changed; the message carries the contract's reason."""


def change_registry(
    store: LogStore, chain: RegistryChain, registrar: Any, calls: Sequence[tuple[str, Sequence[Any]]]
) -> None:
    """Carry out registry calls (function name, arguments) in order, and wait until the mirror shows them.

    All are saved at once; a crash from then on loses nothing. Raises RegistryError for the first call that the contract
    refuses; those before it stand, those after it are judged on their own.
    """
    txs = []
    for tx_nonce, (function, arguments) in enumerate(calls, chain.transaction_count(registrar.address)):
        raw_tx, tx_hash = chain.sign_call(registrar, function, arguments, tx_nonce=tx_nonce)
        txs.append(RegistryTx(tx_hash, raw_tx))
    with store.log() as log:
        if log.pending_registry_txs():
            raise RegistryError("another change is under way: try again when it is done")
        log.save_registry_txs(txs, time.time_ns())
    outcomes = _wait(store, txs)
    for (function, arguments), outcome in zip(calls, outcomes, strict=True):
        if outcome:
            raise RegistryError(f"{function}: {chain.why_call_refused(registrar, function, arguments) or outcome}")


def _wait(store: LogStore, txs: Sequence[RegistryTx]) -> list[str]:
    """Wait until every change is mirrored or refused; empty or the reason for each."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        with store.view() as log:
            outcomes = [log.registry_tx_outcome(tx.tx_hash) for tx in txs]
        if None not in outcomes:
            return [outcome or "" for outcome in outcomes]
        time.sleep(0.05)
    raise RegistryError("the change was not mined in time; is the worker running?")
