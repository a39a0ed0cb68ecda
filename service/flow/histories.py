"""Reads whole histories and registry books as of the newest checkpoint: what every credential is drafted from."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from service.core.drafts import LoggedEvent
from service.flow.ports import Run, Segment
from verifier.anchor import Anchor
from verifier.books import Book
from verifier.canonical import to_base64url
from verifier.eip712 import Domain
from verifier.kinds import NAME_BY_CODE
from verifier.merkle import Tree
from verifier.multiproof import make_multiproof
from verifier.record import registry_book

ShownFor = Callable[[str], frozenset[str]]
"""Event kind → the groups that the reader of a credential may see."""


class NotAnchoredError(Exception):
    """A lot or book is not on chain yet, or holds events that this service does not know."""


class StoredEvent(Protocol):
    """An event as the store keeps it."""

    @property
    def position(self) -> int: ...
    @property
    def party(self) -> int: ...
    @property
    def kind(self) -> int: ...
    @property
    def body(self) -> bytes: ...
    @property
    def disclosures(self) -> bytes | None: ...


class Trail(Protocol):
    """The reads that a credential needs, in one transaction."""

    def last_segment(self) -> Segment | None: ...
    def events_of(self, lot: int, first: int = 0, last: int = ...) -> Sequence[StoredEvent]: ...
    def runs_of(self, lot: int) -> list[Run]: ...
    def registry_entries(self, book: int) -> dict[int, dict[str, Any]]: ...
    def node(self, level: int, number: int) -> bytes: ...


class Histories:
    """Histories and their places in the tree, as of the newest checkpoint."""

    def __init__(self, trail: Trail) -> None:
        last = trail.last_segment()
        if last is None:
            raise NotAnchoredError("nothing is on chain yet")
        self._trail = trail
        self._last = last
        self._size = last.first_leaf + last.count
        self._tree = Tree(self._size, trail.node)

    def anchor(self, domain: Domain) -> Anchor:
        """The newest checkpoint."""
        last = self._last
        return Anchor(domain, self._size, last.root, last.block_number, last.block_hash, last.block_time)

    def history(self, lot: int, shown_for: ShownFor) -> list[LoggedEvent]:
        """The whole history of a lot or book. Raises NotAnchoredError if there is none, or a gap in it."""
        leaves = self._leaves(lot)
        events = self._trail.events_of(lot, 0, len(leaves))
        if not events or [event.position for event in events] != list(range(len(leaves))):
            raise NotAnchoredError("the lot is not on chain yet, or holds events that this service does not know")
        return [
            LoggedEvent(
                event.body,
                event.disclosures or b"",
                shown_for(NAME_BY_CODE[event.kind]),
                event.party,
                leaf,
            )
            for event, leaf in zip(events, leaves, strict=True)
        ]

    def book(self, party: int) -> Book:
        """The whole registry book of a party."""
        number = registry_book(party)
        leaves = self._leaves(number)
        written = self._trail.registry_entries(number)
        sealed = {event.position: event for event in self._trail.events_of(number, 0, len(leaves))}
        entries = [
            (written.get(position) or _grant(sealed[position])) | {"leaf_index": leaf}
            for position, leaf in enumerate(leaves)
        ]
        return Book.from_json({"party": party, "entries": entries})

    def prove(self, indices: Iterable[int]) -> list[bytes]:
        """One proof that the leaves at these indices are in the tree."""
        return make_multiproof(self._tree, indices)

    def _leaves(self, lot: int) -> list[int]:
        """The leaf index of every position of a history."""
        return [run.first_leaf + offset for run in self._trail.runs_of(lot) for offset in range(run.count)]


def _grant(event: StoredEvent) -> dict[str, Any]:
    """ADMIT and ADMIT_END as a registry entry."""
    digest = to_base64url(hashlib.sha256(event.body).digest())
    site = json.loads(event.body)["site"]
    return {"kind": NAME_BY_CODE[event.kind], "site": site, "digest": digest, "attester": event.party}
