"""Takes posted events to the one thread that captures them.

Requests that arrive while a capture runs are decided together in the next one, so small requests share a commit. The
thread is the only writer of this process: reads on the event loop never wait for it.
"""

import asyncio
import queue
import threading
from dataclasses import dataclass
from datetime import UTC, datetime

from service.core.events import parse_events
from service.core.scope import keep_in_scope
from service.flow.capture_group import Result
from service.flow.ports import CaptureStore
from service.flow.receive import Post, receive

GROUP_EVENTS = 5_000
"""Events after which a capture takes no further request."""
QUEUE_REQUESTS = 2_000
"""Requests that may wait; beyond it the answer is 503 at once, instead of a queue that never empties."""


@dataclass(slots=True)
class _Request:
    party: int
    body: bytes
    speaks_in: int | None
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[list[Result]]

    def resolve(self, results: list[Result] | None, error: BaseException | None = None) -> None:
        """Hand the outcome to the event loop; a client that went away is not waited for."""

        def finish() -> None:
            if self.answer.done():
                return
            if error is not None:
                self.answer.set_exception(error)
            else:
                self.answer.set_result(results or [])

        self.loop.call_soon_threadsafe(finish)


class IntakeFullError(Exception):
    """More requests wait than can be decided in reasonable time."""


class Intake:
    """The capturing thread of one process."""

    def __init__(self, store: CaptureStore) -> None:
        self._store = store
        self._requests: queue.Queue[_Request | None] = queue.Queue(QUEUE_REQUESTS)
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)

    def start(self) -> None:
        """Begin to capture."""
        self._thread.start()

    def stop(self) -> None:
        """Decide what waits, then end."""
        self._requests.put(None)
        self._thread.join()

    async def submit(self, party: int, body: bytes, speaks_in: int | None = None) -> list[Result]:
        """The results for one request. When this returns, they are durable.

        ``speaks_in`` are the roles that the caller is narrowed to, None if it is not.

        Raises RefusedError if the body cannot be read, IntakeFullError if too much waits.
        """
        loop = asyncio.get_running_loop()
        request = _Request(party, body, speaks_in, loop, loop.create_future())
        try:
            self._requests.put_nowait(request)
        except queue.Full as error:
            raise IntakeFullError from error
        return await request.answer

    def _run(self) -> None:
        while (first := self._requests.get()) is not None:
            group, posts, is_last = self._gather(first)
            if posts:
                self._capture(group, posts)
            if is_last:
                return

    def _gather(self, request: _Request) -> tuple[list[_Request], list[Post], bool]:
        """The first request and those that wait behind it, parsed; True at the end if a stop was asked for."""
        group: list[_Request] = []
        posts: list[Post] = []
        count = 0
        while True:
            try:
                events = parse_events(request.body)
                if request.speaks_in is not None:
                    events = keep_in_scope(events, request.speaks_in)
                post = Post(request.party, events)
            except Exception as error:  # a refused body; or a fault of ours, which must not end the one thread there is
                request.resolve(None, error)
            else:
                group.append(request)
                posts.append(post)
                count += len(post.events)
            if count >= GROUP_EVENTS:
                return group, posts, False
            try:
                waiting = self._requests.get_nowait()
            except queue.Empty:
                return group, posts, False
            if waiting is None:
                return group, posts, True
            request = waiting

    def _capture(self, group: list[_Request], posts: list[Post]) -> None:
        try:
            results = receive(self._store, posts, datetime.now(UTC))
        except Exception as error:
            for request in group:
                request.resolve(None, error)
            return
        for request, result in zip(group, results, strict=True):
            request.resolve(result)
