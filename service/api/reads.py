"""Logs what an answer shows of other parties' data, before the answer goes out.

One thread of its own appends, so that captures and reads do not wait for each other's work; reads that come while it
writes share the next commit. An answer that cannot be logged is not given.
"""

import asyncio
import logging
import queue
import threading
import time
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from sqlalchemy.exc import OperationalError

from service.api.problems import problem
from service.core.access_entry import Read, chain_reads
from service.core.caller import Caller, Verb
from service.store.access_log import SqlAccessStore

log = logging.getLogger("cangsu.api")

GROUP_READS = 2_000
"""Reads after which a commit takes no further request."""


@dataclass(slots=True)
class Showing:
    """What one request shows so far: who asks, by which verb, and (owner, kind, id) of what it is given."""

    caller: Caller | None = None
    verb: Verb | None = None
    reads: dict[tuple[int, str, str], None] | None = None

    def note(self, owner: int, kind: str, resource: str) -> None:
        """One more thing that is shown; the same thing counts once."""
        if self.reads is None:
            self.reads = {}
        self.reads[owner, kind, resource] = None

    def foreign(self) -> list[Read]:
        """What belongs to others than the caller."""
        caller, verb = self.caller, self.verb
        if caller is None or verb is None or self.reads is None:
            return []
        return [
            Read(owner, caller.party, caller.credential, kind, resource, verb)
            for owner, kind, resource in self.reads
            if owner != caller.party
        ]


@dataclass(slots=True)
class _Request:
    reads: list[Read]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[None]

    def resolve(self, error: BaseException | None = None) -> None:
        """Tell the event loop; a client that went away is not waited for."""

        def finish() -> None:
            if not self.answer.done():
                self.answer.set_result(None) if error is None else self.answer.set_exception(error)

        self.loop.call_soon_threadsafe(finish)


class ReadLog:
    """The logging thread of one process."""

    def __init__(self, store: SqlAccessStore) -> None:
        self._store = store
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="access-log", daemon=True)

    def start(self) -> None:
        """Begin to log."""
        self._thread.start()

    def stop(self) -> None:
        """Log what waits, then end."""
        self._requests.put(None)
        self._thread.join()

    async def log(self, showing: Showing, response: Response) -> Response:
        """The response, once what it shows is durable in the log; a problem in its place if it cannot be."""
        reads = showing.foreign() if response.status_code < 400 else []
        if not reads:
            return response
        loop = asyncio.get_running_loop()
        request = _Request(reads, loop, loop.create_future())
        self._requests.put(request)
        try:
            await request.answer
        except OperationalError as error:
            log.warning("a read could not be logged and is not answered: %s", error.orig)
            return problem(503, "StoreUnavailable", "the database cannot be asked now; repeating is safe, try again")
        return response

    def _run(self) -> None:
        is_last = False
        while not is_last and (first := self._requests.get()) is not None:
            group, is_last = self._gather(first)
            try:
                self._append([read for request in group for read in request.reads])
            except Exception as error:  # whatever it is, this is the one thread there is, and nobody is answered
                for request in group:
                    request.resolve(error)
            else:
                for request in group:
                    request.resolve()

    def _gather(self, first: _Request) -> tuple[list[_Request], bool]:
        group, count = [first], len(first.reads)
        while count < GROUP_READS:
            try:
                waiting = self._requests.get_nowait()
            except queue.Empty:
                return group, False
            if waiting is None:
                return group, True
            group.append(waiting)
            count += len(waiting.reads)
        return group, False

    def _append(self, reads: list[Read]) -> None:
        with self._store.write() as chains:
            heads = chains.heads(sorted({read.owner for read in reads}))
            chains.append(chain_reads(reads, heads, int(time.time())))


def showing_of(request: Request) -> Showing:
    """What a request shows; made by the middleware before any route runs."""
    state: Any = request.state
    showing: Showing = state.showing
    return showing
