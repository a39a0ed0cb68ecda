"""Processes that work on claims and die at one write: of the store, or of the chain."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from service.chain.claims import ChainClaims
from service.claim_runtime import ClaimRuntime
from service.flow.claim import ClaimDesk
from service.store.claims import SqlClaims, SqlClaimStore
from tests.service.faults.crashing import CrashError, Fuse
from tests.service.house import House
from verifier.contract import registry_address

NEVER = 10_000


class LastFuse(Fuse):
    """Once it has burned nothing is written any more: the process is gone, its clean-up too."""

    @contextmanager
    def around(self) -> Iterator[None]:
        if self.writes >= self.at:
            raise CrashError
        with super().around():
            yield


class CrashingClaims(SqlClaimStore):
    """The store of claims; each transaction that writes is one write."""

    fuse: Fuse

    @contextmanager
    def claims(self) -> Iterator[SqlClaims]:
        with self.fuse.around(), super().claims() as claims:
            yield claims


class CrashingRegistry(ChainClaims):
    """The registry of claims; each transaction that is sent is one write."""

    fuse: Fuse

    def send(self, raw_tx: bytes) -> bool:
        with self.fuse.around():
            return super().send(raw_tx)


def a_life(house: House, at: int = NEVER, *, is_done: bool = False) -> tuple[ClaimDesk, Fuse]:
    """The desk of a new process, which dies at write number ``at``."""
    fuse = LastFuse(at, is_done=is_done)
    store = CrashingClaims(house.runtime.engine, house.runtime.details)
    domain = house.runtime.log.domain
    chain = CrashingRegistry(house.settings.rpc_url, registry_address(domain), domain.chain_id)
    store.fuse = chain.fuse = fuse
    desk = ClaimRuntime(house.runtime).desk
    return replace(desk, outbox=replace(desk.outbox, store=store, chain=chain)), fuse
