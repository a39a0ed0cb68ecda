"""Store and chain that fail at one write: before it is done, or after it is done and before anyone hears of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from service.chain.ledger import ChainLedger
from service.store.log import SqlLog, SqlLogStore
from tests.service.house import House


class CrashError(BaseException):
    """The process is gone. Nothing in the product may catch it."""


class Fuse:
    """Burns at write number ``at``, once."""

    def __init__(self, at: int, *, is_done: bool) -> None:
        self.at = at
        self.is_done = is_done
        self.writes = 0

    @contextmanager
    def around(self) -> Iterator[None]:
        """One write."""
        self.writes += 1
        is_mine = self.writes == self.at
        if is_mine and not self.is_done:
            raise CrashError
        yield
        if is_mine:
            raise CrashError


class CrashingStore(SqlLogStore):
    """The worker's store; each transaction that writes is one write."""

    fuse: Fuse

    @contextmanager
    def log(self) -> Iterator[SqlLog]:
        with self.fuse.around(), super().log() as log:
            yield log


class CrashingChain(ChainLedger):
    """The chain; each transaction that is sent is one write."""

    fuse: Fuse

    def send(self, raw_tx: bytes) -> bool:
        with self.fuse.around():
            return super().send(raw_tx)


def install(house: House, fuse: Fuse) -> None:
    """Let the house's worker burn at the fuse."""
    runtime: dict[str, Any] = house.runtime.__dict__
    store = CrashingStore(house.runtime.engine)
    chain = CrashingChain(house.settings.rpc_url, house.runtime.log.domain.contract)
    store.fuse = chain.fuse = fuse
    runtime["logs"], runtime["chain"] = store, chain
    runtime.pop("sealer", None)
    house.restart_worker()


def work_through(house: House, fuse: Fuse, rounds: int = 40) -> None:
    """Work until all is on chain; whenever the process is gone, a new one begins."""
    for _ in range(rounds):
        try:
            house.step()
        except CrashError:
            house.restart_worker()
        else:
            if fuse.writes and house.is_settled():
                return
    raise AssertionError(f"not on chain: {house.counts()}")
