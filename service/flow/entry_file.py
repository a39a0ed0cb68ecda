"""The entries of a log in a temporary file, read back by runs."""

import tempfile
from collections.abc import Iterable, Iterator
from types import TracebackType

from verifier.record import ENTRY_BYTES

_READ_ENTRIES = 1_000


class EntryFile:
    """52 bytes for each leaf, the first leaf first. It is gone when it is closed."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with this object

    def __enter__(self) -> "EntryFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, entries: Iterable[bytes]) -> None:
        """Put entries behind all others."""
        self._file.seek(0, 2)
        self._file.writelines(entries)

    def of(self, runs: Iterable[tuple[int, int]]) -> Iterator[bytes]:
        """The entries of runs (first leaf, count), in order."""
        for first, count in runs:
            for start in range(first, first + count, _READ_ENTRIES):
                self._file.seek(start * ENTRY_BYTES)
                data = self._file.read(min(_READ_ENTRIES, first + count - start) * ENTRY_BYTES)
                for place in range(0, len(data), ENTRY_BYTES):
                    yield data[place : place + ENTRY_BYTES]
