"""register: change the registry on chain, as the registrar: parties, keys, sites.

The store mirrors the registry from the chain's logs (see confirm), so this verb only signs, saves, sends and waits.
"""

import time
from collections.abc import Sequence
from typing import Any, Protocol

from service.flow.ports import LogStore

_WAIT_SECONDS = 60


class RegistryChain(Protocol):
    """The part of the chain that registering needs."""

    def transaction_count(self, address: str) -> int: ...
    def sign_call(
        self, account: Any, function: str, arguments: Sequence[Any], *, tx_nonce: int
    ) -> tuple[bytes, bytes]: ...
    def why_call_refused(self, account: Any, function: str, arguments: Sequence[Any]) -> str: ...
    def send(self, raw_tx: bytes) -> None: ...
    def is_mined(self, tx_hash: bytes) -> bool | None: ...


class RegistryError(Exception):
    """The registry could not be changed; the message carries the contract's reason."""


def change_registry(
    store: LogStore, chain: RegistryChain, registrar: Any, calls: Sequence[tuple[str, Sequence[Any]]]
) -> None:
    """Carry out registry calls (function name, arguments) in order, and wait until the mirror shows them.

    All are sent at once, since each block takes a second. Raises RegistryError for the first call that the contract
    refuses; those before it stand, those after it are judged on their own.
    """
    sent = []
    first_nonce = chain.transaction_count(registrar.address)
    for tx_nonce, (function, arguments) in enumerate(calls, first_nonce):
        raw_tx, tx_hash = chain.sign_call(registrar, function, arguments, tx_nonce=tx_nonce)
        with store.log() as log:
            log.save_registry_tx(tx_hash, raw_tx, time.time_ns())
        # A crash from here on loses nothing: the worker sends every saved transaction again when it starts.
        chain.send(raw_tx)
        sent.append((tx_hash, function, arguments))
    refusals = [reason for call in sent if (reason := _wait(store, chain, registrar, *call))]
    if refusals:
        raise RegistryError(refusals[0])


def _wait(
    store: LogStore, chain: RegistryChain, registrar: Any, tx_hash: bytes, function: str, arguments: Sequence[Any]
) -> str:
    """Wait until a call is mirrored; the contract's reason if it was refused."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        if chain.is_mined(tx_hash) is False:
            with store.log() as log:
                log.drop_registry_tx(tx_hash)
            return f"{function}: {chain.why_call_refused(registrar, function, arguments) or 'refused when mined'}"
        with store.view() as log:
            if not log.is_registry_tx_pending(tx_hash):
                return ""
        time.sleep(0.05)
    raise RegistryError("the change was not mined in time; is the worker running?")
