"""What a claim is computed from: the histories that a credential carries, replayed, with the groups that are shown.

A ``Case`` holds no opinion. The files beside this one compute figures from it and raise

- ``ClaimRefusedError`` with a stable code and the figures, where the rules forbid the claim;
- ``WithheldError`` where a group is needed that is not shown: then the number is "cannot tell", never wrong.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from verifier.claims.record import ClaimRecord
from verifier.errors import InvalidError, UnavailableError
from verifier.kinds import REVERSAL_SUFFIX, Role
from verifier.record import lot_to_hex
from verifier.replay import Replay

NO_ROLE = Role(0)

Figures = dict[str, Any]
"""JSON: objects, arrays, strings and integers."""


class ClaimRefusedError(InvalidError):
    """The rules forbid the claim. ``code`` is stable; ``figures`` say what was expected and what came."""

    def __init__(self, code: str, detail: str, **figures: Any) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.figures: Figures = figures


class WithheldError(UnavailableError):
    """A number needs a group that is not shown."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event as a claim reads it. ``kind`` is a name of the table of kinds; ``groups`` are those that are shown."""

    lot: int
    position: int
    kind: str
    site: int
    quantity: int
    target: int | None
    time: datetime
    attester: int
    groups: dict[str, dict[str, Any]]
    roles: Role = NO_ROLE
    """What the attester was when its leaf was appended."""

    def group(self, name: str) -> dict[str, Any]:
        """A group; WithheldError if it is not shown."""
        found = self.groups.get(name)
        if found is None:
            raise WithheldError(f"the {name} group of {self} is not shown")
        return found

    def __str__(self) -> str:
        return f"{self.kind} at {lot_to_hex(self.lot)}:{self.position}"


@dataclass(frozen=True)
class LotStory:
    """A lot's whole history. ``replay`` is its state after the last event."""

    lot: int
    owner: int
    events: tuple[Told, ...]
    replay: Replay
    _followers: dict[int, list[Told]] = field(init=False, default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for event in self.events:
            if event.target is not None:
                self._followers[event.target].append(event)

    @property
    def declared(self) -> int:
        """Declared pieces."""
        return self.replay.declared

    def of(self, *kinds: str) -> Iterator[Told]:
        """The events of these kinds that were not taken back whole."""
        return (event for event in self.events if event.kind in kinds and not self.is_taken_back(event))

    def followers(self, event: Told, *kinds: str) -> list[Told]:
        """The events of these kinds (all without any) that name this one, in their order."""
        return [follower for follower in self._followers.get(event.position, ()) if not kinds or follower.kind in kinds]

    def taken_back(self, event: Told) -> int:
        """Pieces of a movement that were reversed; 1 for a reversed note."""
        return sum(reversal.quantity or 1 for reversal in self.followers(event, event.kind + REVERSAL_SUFFIX))

    def is_taken_back(self, event: Told) -> bool:
        """Whether nothing is left of an event: all its pieces, or the note, were reversed."""
        return self.taken_back(event) >= (event.quantity or 1)

    def lane(self, name: str) -> int:
        """Pieces in a lane, over all sites."""
        return sum(account.get(name, 0) for account in self.replay.accounts.to_names().values())

    @property
    def declaration(self) -> Told:
        """The DECLARE that opened the lot."""
        return self.events[0]

    def export_date(self) -> str | None:
        """The day of departure that customs set, once; None before customs' DEPART: a carrier's does not count."""
        departed = next((event for event in self.of("DEPART") if Role.GATEWAY in event.roles), None)
        return None if departed is None else departed.group("document").get("export_date")


@dataclass(frozen=True, slots=True)
class BookStory:
    """The whole history of a book."""

    book: int
    events: tuple[Told, ...]

    @property
    def owner(self) -> int:
        """The party whose book it is: its low 32 bits."""
        return self.book & 0xFFFFFFFF

    @property
    def account(self) -> int:
        """Which of the party's accounts it is; 0 is the party's own ledger."""
        return self.book >> 32 & 0x7FFFFFFF

    def reversed_positions(self) -> frozenset[int]:
        """Positions of the notes that were taken back."""
        return frozenset(
            event.target for event in self.events if event.kind.endswith(REVERSAL_SUFFIX) and event.target is not None
        )


@dataclass(frozen=True, slots=True)
class Case:
    """All that the figures of a claim may depend on.

    ``asked`` is what the exporter asked for, the member ``claim.asked``; ``record_at`` is R, the time of the anchor's
    block: every "now" of a rule.
    """

    owner: int
    asked: dict[str, Any]
    lots: tuple[LotStory, ...]
    books: tuple[BookStory, ...]
    record_at: datetime
    record: ClaimRecord | None = None

    def events(self) -> Iterator[Told]:
        """Every event of every lot and book."""
        for lot in self.lots:
            yield from lot.events
        for book in self.books:
            yield from book.events

    @property
    def is_later_version(self) -> bool:
        """Whether the claim was issued before, and is run again."""
        return self.record is not None and self.record.version > 1

    def only_lot(self) -> LotStory:
        """The one lot of a claim that speaks of one; ClaimRefusedError otherwise."""
        if len(self.lots) != 1:
            raise ClaimRefusedError("OneLotExpected", "this claim speaks of one lot", lots=len(self.lots))
        return self.lots[0]

    def range_of(self, book: BookStory) -> tuple[int, int]:
        """The positions (first, end) of a book that the claim consumes: all of it while nothing is recorded."""
        first, end = (0, len(book.events)) if self.record is None else self.record.book_range(book.book)
        if end > len(book.events):
            raise InvalidError(f"the set names notes of {lot_to_hex(book.book)} that its history does not have")
        return first, end

    def taken(self, lot: LotStory) -> Iterable[Told]:
        """The events of a lot that the claim has taken into its set."""
        positions = frozenset() if self.record is None else self.record.positions(lot.lot)
        if any(position >= len(lot.events) for position in positions):
            raise InvalidError(f"the set names a position of {lot_to_hex(lot.lot)} that its history does not have")
        return [lot.events[position] for position in sorted(positions)]
