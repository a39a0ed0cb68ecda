"""What an audit asks of the store and of the chain, and what the store answers."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from service.core.chain import Block, Recorded
from service.flow.ports import Run, Segment


@dataclass(frozen=True, slots=True)
class Head:
    """A tree head that somebody has vouched for. ``by`` says who."""

    by: str
    tree_size: int
    root: bytes
    block_number: int
    block_hash: bytes


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An accepted event. ``disclosures`` is None once erased."""

    party: int
    body: bytes
    disclosures: bytes | None


@dataclass(frozen=True, slots=True)
class StoredLot:
    """A lot or book as far as it was accepted. ``words`` are the accounts that hold pieces, by site."""

    length: int
    owner: int
    declared: int
    words: dict[int, int]


class AuditRead(Protocol):
    """One transaction that reads what is to be audited. Ranges of leaves: the first, and the one behind the last."""

    def scanned(self) -> tuple[int, bytes | None]: ...
    def tree_size(self) -> int: ...
    def segments(self, first_leaf: int, end: int) -> list[Segment]: ...
    def runs(self, first_leaf: int, end: int) -> list[Run]: ...
    def node(self, level: int, number: int) -> bytes | None: ...
    def cosigned(self, above: int, up_to: int) -> list[Head]: ...
    def find_lot(self, lot: int) -> StoredLot | None: ...
    def events(self, lot: int, first: int, end: int) -> dict[int, StoredEvent]: ...
    def registry_entries(self, book: int) -> dict[int, dict[str, Any]]: ...
    def anchored_length(self, lot: int) -> int: ...


class AuditStore(Protocol):
    """Opens transactions."""

    def audit(self) -> AbstractContextManager[AuditRead]: ...


class AuditChain(Protocol):
    """The chain, read at blocks."""

    def block(self, number: int | str = "latest") -> Block | None: ...
    def code(self, block: int) -> bytes: ...
    def recorded(self, first_block: int, last_block: int) -> Iterator[Recorded]: ...
    def tree_head(self, block: int) -> tuple[int, bytes]: ...
    def history(self, lot: int, block: int) -> tuple[bytes, int]: ...
    def account_word(self, lot: int, site: int, block: int) -> int: ...
