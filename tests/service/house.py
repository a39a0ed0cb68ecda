"""An installation of its own for a test: a database, a chain, registered parties, a worker that is driven by hand.

Deploying and registering is done once (``Template``); each house begins as a copy of that state.
"""

import json
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import insert, select

from service.config import Settings
from service.core.events import parse_events
from service.flow.capture_group import Result
from service.flow.receive import Post, receive
from service.keys.key_file import KeyFile
from service.keys.keyring import Keyring
from service.launcher import prepare_embedded
from service.members import register
from service.runtime import Runtime
from service.store import schema
from service.store.database import open_engine, reading, writing
from service.store.migrate import migrate
from service.worker import ClaimWorker, Worker
from tests.service.anvil import Anvil
from tests.service.market import Event, parties, sender_of

PASSPHRASE = "a passphrase for tests"
WIDE = dict.fromkeys(
    ("proofs_per_minute", "requests_per_minute", "open_requests_per_minute", "bad_keys_per_minute"), 1000000
)
"""Tests ask faster than people, and guess more keys than thieves: limits have tests of their own."""
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def settings_for(folder: Path, chain: Anvil, database_url: str = "") -> Settings:
    """Settings of an installation in a folder."""
    return Settings(
        var=folder,
        rpc_url=chain.url,
        passphrase=SecretStr(PASSPHRASE),
        database_url=database_url,
        **WIDE,
    )


class House:
    """One installation."""

    def __init__(self, settings: Settings, chain: Anvil, keyring: Keyring | None = None) -> None:
        self.settings = settings
        self.chain = chain
        self.runtime = Runtime(settings)
        if keyring is not None:
            self.runtime.__dict__["keyring"] = keyring  # opening the key file is slow on purpose
        self.worker = Worker(self.runtime)
        self.trails = self.runtime.trails
        self.api_keys: dict[int, str] = {}

    def post(self, party: int, *events: Event, now: datetime = NOW) -> list[dict[str, Any]]:
        """The answers to one request."""
        return [result.to_json() for result in self.post_results(party, *events, now=now)]

    def post_results(self, party: int, *events: Event, now: datetime = NOW) -> list[Result]:
        """The results of one request."""
        body = json.dumps(events).encode()
        return receive(self.runtime.captures, [Post(party, parse_events(body))], now)[0]

    def tell(self, *events: Event, now: datetime = NOW) -> None:
        """Post events, each by its usual sender; all must be accepted."""
        for party, run in groupby(events, key=sender_of):
            for answer in self.post(party, *run, now=now):
                assert answer["status"] == "accepted", answer

    def step(self, *, mine: bool = True) -> None:
        """One round of the worker, with everything that it else does once a second, and a block."""
        self.worker.reconcile()
        self.worker.step()
        if mine:
            self.chain.mine()

    def settle(self, rounds: int = 40) -> None:
        """Work until everything that was accepted is on chain."""
        for _ in range(rounds):
            self.step()
            self.worker.step()
            if self.is_settled():
                return
        raise AssertionError(f"not on chain after {rounds} rounds: {self.counts()}")

    def is_settled(self) -> bool:
        """Whether nothing is under way."""
        counts = self.counts()
        with self.runtime.logs.view() as log:
            is_waiting = bool(log.pending_registry_txs())
        return not (is_waiting or counts["unsealed"] or counts["pending_batches"])

    def counts(self) -> dict[str, int]:
        """How much lies at each station."""
        with self.trails.trail() as trail:
            return trail.counts(int(NOW.timestamp()))

    def restart_worker(self) -> None:
        """Forget whatever the worker remembered."""
        self.worker = Worker(self.runtime)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Worker and chain run by themselves, for calls that wait for them."""
        stop_chain, stop_claims = threading.Event(), threading.Event()
        failures: list[BaseException] = []

        def work() -> None:
            while not stop_chain.wait(0.005):
                self.step()

        def run(target: Callable[[], None]) -> None:
            try:
                target()
            except BaseException as error:
                failures.append(error)

        chain = threading.Thread(target=run, args=(work,))
        claims = threading.Thread(target=run, args=(lambda: ClaimWorker(self.runtime).run(stop_claims),))
        chain.start()
        claims.start()
        try:
            yield
        finally:
            stop_claims.set()
            claims.join()  # it may be waiting for a block
            stop_chain.set()
            chain.join()
        assert not failures, failures

    def close(self) -> None:
        """Stop the chain and close the database."""
        self.chain.kill()
        self.runtime.engine.dispose()


class Template:
    """A deployed log with every party registered, kept as files and, once it was asked for, as a PostgreSQL."""

    def __init__(self, folder: Path, tell: Callable[["House"], None] = lambda house: None) -> None:
        self._folder = folder
        chain = Anvil(folder / "chain" / "state.json")
        chain.state.parent.mkdir(parents=True)
        chain.start()
        settings = settings_for(folder, chain)
        chain.rpc("evm_setAutomine", True)
        runtime = prepare_embedded(settings)
        chain.rpc("evm_setAutomine", False)
        house = House(settings, chain)
        with house.running():
            self.api_keys = register(house.runtime, parties())
        tell(house)
        self._keyring = house.runtime.keyring
        chain.stop()
        house.close()
        runtime.engine.dispose()
        self._postgres = ""

    def build(self, folder: Path, new_postgres: Callable[[str], str] | None = None) -> House:
        """A house that begins where the template ended."""
        shutil.copytree(self._folder, folder, dirs_exist_ok=True)
        url = ""
        if new_postgres is not None:
            self._postgres = self._postgres or self._to_postgres(new_postgres("template0"))
            url = new_postgres(self._postgres)
        chain = Anvil(folder / "chain" / "state.json").start()
        settings = settings_for(folder, chain, url)
        house = House(settings, chain, _copy(self._keyring, settings.keyring_path))
        house.api_keys = self.api_keys
        return house

    def _to_postgres(self, url: str) -> str:
        source, target = open_engine(f"sqlite:///{self._folder / 'cangsu.db'}"), open_engine(url)
        migrate(target)
        with reading(source) as old, writing(target) as new:
            for table in schema.metadata.sorted_tables:
                rows = [dict(row._mapping) for row in old.execute(select(table))]
                if rows:
                    new.execute(insert(table), rows)
        source.dispose()
        target.dispose()
        return url


def _copy(keyring: Keyring, path: Path) -> Keyring:
    """The opened key file, as the copy of it at ``path``."""
    copied = copy(keyring)
    copied._file = KeyFile(path)
    return copied


def statuses(answers: Sequence[dict[str, Any]]) -> list[str]:
    """What became of each event."""
    return [answer["status"] for answer in answers]
