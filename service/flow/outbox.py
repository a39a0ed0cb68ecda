"""The way of claims to the chain: transactions are saved signed, then sent, and settled when they are mined.

They come from an account of their own, one nonce after the other. A crash at any point loses nothing: what is saved
goes out again as it is, and the same bytes can be mined only once. What a transaction means for the store (``Effect``)
is done when it is mined, in the transaction that notes it. One that the chain loses is undone in the store (``Loss``),
with all behind it, and goes out again once the ledger has what it rests on: sent at once it might be mined before.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from service.flow.claim_ports import ClaimChain, Claims, ClaimStore, ClaimTx
from verifier.eip712 import Domain

WAIT_SECONDS = 30.0
POLL_SECONDS = 0.05
LOOK_BACK_BLOCKS = 64
"""How deep a reorganisation may go for its losses to be seen here."""
PATIENCE_SECONDS = 120.0
"""How long a lost transaction is held back while the contract would refuse it; then it goes, come what may."""
LOST = "the chain lost it"
GAS_LIMIT = 16_000_000
"""Below the 16.7 M that one transaction may use (EIP-7825)."""


class OutboxError(Exception):
    """The registry of claims refuses a call; ``reason`` is the contract's."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Signer(Protocol):
    """Keys in custody."""

    def signs_for(self, party: int) -> bool: ...
    def sign_digest(self, party: int, digest: bytes) -> bytes: ...
    def mac(self, message: bytes) -> bytes: ...


class Effect(Protocol):
    """What a mined transaction means for the store. ``failure`` is the contract's reason, or None."""

    def __call__(self, claims: Claims, subject: bytes, failure: str | None) -> None: ...


class Loss(Protocol):
    """What it means for the store that the chain lost a transaction: its effect is to come again."""

    def __call__(self, claims: Claims, subject: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the registry of claims. ``action`` names its effect, ``subject`` the claim or endorsement."""

    action: str
    subject: bytes
    function: str
    arguments: Sequence[Any]
    gas: int


@dataclass(frozen=True, slots=True)
class Outbox:
    """Store, chain, the account that pays, the parties' keys in custody, what each action does and its loss undoes."""

    store: ClaimStore
    chain: ClaimChain
    account: Any
    signer: Signer
    domain: Domain
    effects: dict[str, Effect]
    losses: dict[str, Loss] = field(default_factory=dict)

    def check(self, call: Call) -> None:
        """Raise OutboxError if the contract would refuse the call now."""
        gas = min(call.gas, GAS_LIMIT)
        reason = self.chain.why_refused(self.account.address, call.function, call.arguments, gas=gas)
        if reason:
            raise OutboxError(reason)

    def save(self, claims: Claims, calls: Sequence[Call]) -> list[ClaimTx]:
        """Sign calls, to be mined in their order, and save them. Nothing is sent before the caller has committed."""
        newest = claims.last_tx_nonce()
        nonce = self.chain.transaction_count(self.account.address)
        if newest is not None:
            nonce = max(nonce, newest + 1)
        txs = []
        for tx_nonce, call in enumerate(calls, nonce):
            raw_tx, tx_hash = self.chain.sign_claim_call(
                self.account, call.function, call.arguments, tx_nonce=tx_nonce, gas=min(call.gas, GAS_LIMIT)
            )
            tx = ClaimTx(tx_nonce, tx_hash, raw_tx, call.action, call.subject, int(time.time()))
            claims.save_tx(tx)
            txs.append(tx)
        return txs

    def settle(self) -> int:
        """Look whether the chain lost any transaction, send what is not mined, take over what is; how many moved."""
        with self.store.view() as claims:
            recent = claims.recent_txs(self.chain.block_number() - LOOK_BACK_BLOCKS)
        lost = next((tx for tx in recent if self._is_lost(tx)), None)
        return (0 if lost is None else self._undo_from(lost)) + self.push()

    def push(self) -> int:
        """Send what is not mined and take over what is; how many moved."""
        moved = 0
        with self.store.view() as claims:
            pending = claims.pending_txs()
        for tx in pending:
            found = self.chain.receipt_of(tx.tx_hash)
            if found is None:
                if not self._may_go(tx):
                    break  # those behind it cannot be mined before it
                self.chain.send(tx.raw_tx)
                continue
            block_number, is_good = found
            self._take_over(tx, block_number, None if is_good else "refused when it was mined")
            moved += 1
        return moved

    def wait(self, txs: Sequence[ClaimTx], is_over: Callable[[], bool] = lambda: False) -> bool:
        """Wait until every transaction is mined; False if that takes too long: the worker goes on with them."""
        deadline = time.monotonic() + WAIT_SECONDS
        hashes = {tx.tx_hash for tx in txs}
        while time.monotonic() < deadline and not is_over():
            self.push()
            with self.store.view() as claims:
                if not hashes & {tx.tx_hash for tx in claims.pending_txs()}:
                    return True
            time.sleep(POLL_SECONDS)
        return False

    def _take_over(self, tx: ClaimTx, block_number: int, failure: str | None) -> None:
        with self.store.claims() as claims:
            if tx.tx_hash not in {known.tx_hash for known in claims.pending_txs()}:
                return  # another process was faster
            claims.settle_tx(tx.tx_hash, block_number, failure)
            self.effects[tx.action](claims, tx.subject, failure)

    def _is_lost(self, tx: ClaimTx) -> bool:
        """Whether its block is gone, even if it was mined in another one since."""
        found = self.chain.receipt_of(tx.tx_hash)
        return found is None or found[0] != tx.block_number

    def _undo_from(self, tx: ClaimTx) -> int:
        """A lost transaction and all behind it are pending again: what came after it may end otherwise without it."""
        with self.store.claims() as claims:
            lost = claims.lose_txs(tx, LOST, int(time.time()))
            for undone in reversed(lost):
                if undone.action in self.losses:
                    self.losses[undone.action](claims, undone.subject)
        return len(lost)

    def _may_go(self, tx: ClaimTx) -> bool:
        """Hold back what was accepted before and would be refused now: what it rests on was lost too."""
        if tx.failure != LOST or time.time() - tx.sent_at > PATIENCE_SECONDS:
            return True
        return not self.chain.why_refused_again(self.account.address, tx.raw_tx)
