"""Bounds what a connection may keep us waiting for, and how long a head may be: uvicorn by itself bounds neither.

A connection without a new request since the last look is closed, and so is one whose head does not end. Bodies are
bounded where they are read (``body.py``).
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 20.0
"""Between two looks. Nobody needs as long for the head of a request."""
MAX_HEAD_BYTES = 64 * 2**10


class Connection(HttpToolsProtocol):
    """An HTTP connection that is looked at now and then."""

    _watch: asyncio.TimerHandle
    _last: Any = None
    _head_bytes = 0
    _is_in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look."""
        super().connection_made(transport)
        self._look_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes in, unless they are of a head without end."""
        super().data_received(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self.send_400_response("The head of the request is too long.")

    def on_message_begin(self) -> None:
        """A head begins."""
        self._is_in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head ends."""
        self._is_in_head = False
        super().on_headers_complete()

    def _look_later(self) -> None:
        self._watch = self.loop.call_later(HEAD_SECONDS, self._look)

    def _look(self) -> None:
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if self.cycle is self._last and not is_answering:
            self.transport.close()
            return
        self._last = self.cycle
        self._look_later()
