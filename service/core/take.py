"""Which positions, books and tanks a new version of a claim takes. Pure; what it makes the verifier recomputes.

A claim takes all that it may: every position that its kind uses and no standing claim has used, and the owner's books
up to their ends. So nothing that lessens a sale can be left to nobody.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from verifier.claims.case import BookStory, Case, ClaimRefusedError, LotStory
from verifier.claims.kinds import ClaimKind, Purpose
from verifier.claims.positions import follow_ups, positions_for
from verifier.claims.record import SHARES, BookPart, ClaimRecord, Deduction, LotPart, Part, Tank
from verifier.record import lot_to_hex

_ROOTS = {
    Purpose.EXCHANGE: "every sale of these lots",
    Purpose.SETTLEMENT: "every sale of these lots",
    Purpose.RETURN: "every return home of these lots",
    Purpose.LOSS: "every loss of these lots",
}
"""What a claim begins from, by its purpose."""


@dataclass(frozen=True, slots=True)
class Taking:
    """What is known from outside of a case: what standing claims of this purpose have used already.

    ``used``: lot → positions. ``cursors``: book → the position up to which it was consumed. ``salts`` gives 16 random
    bytes a call.
    """

    kind: ClaimKind
    claim_id: bytes
    salts: Callable[[], bytes]
    used: Mapping[int, frozenset[int]] = field(default_factory=dict)
    cursors: Mapping[int, int] = field(default_factory=dict)
    deducted: Sequence[Deduction] = ()

    def first(self, case: Case) -> ClaimRecord | None:
        """The record of a new claim; None for a kind that uses nothing up.

        Raises ClaimRefusedError: NothingToClaim, and whatever the figures of the kind refuse.
        """
        if self.kind.purpose is Purpose.NONE:
            return None
        positions = {
            lot.lot: positions_for(self.kind, case, lot, self.used.get(lot.lot, frozenset())) for lot in case.lots
        }
        if not any(positions.values()) and not self.kind.may_take_nothing:
            raise ClaimRefusedError(
                "NothingToClaim", f"{_ROOTS[self.kind.purpose]} is in a claim already, or there is none",
                lots=[lot_to_hex(lot.lot) for lot in case.lots],
            )  # fmt: skip
        books = tuple(
            BookPart(book.book, self.cursors.get(book.book, 0), len(book.events)) for book in self._books(case)
        )
        record = ClaimRecord(self.claim_id, self.kind.purpose, (_part(positions, {}, books),), (), tuple(self.deducted))
        figures = self.kind.figures(replace(case, record=record))
        record = replace(record, parts=(_part(positions, figures["pieces"], books),))
        return replace(record, tanks=self._tanks(figures.get("currencies", {})))

    def next(self, record: ClaimRecord, case: Case) -> ClaimRecord:
        """The record of the next version: what has followed since on what the claim has taken, and nothing new."""
        added = {lot.lot: self._added(lot, record.positions(lot.lot)) for lot in case.lots}
        books = tuple(
            BookPart(book.book, end, len(book.events))
            for book in self._books(case)
            if (end := record.book_range(book.book)[1]) == self.cursors.get(book.book, 0) < len(book.events)
        )
        grown = replace(record, parts=(*record.parts, _part(added, {}, books)))
        figures = self.kind.figures(replace(case, record=grown))
        return replace(record, parts=(*record.parts, _part(added, figures["pieces"], books)))

    def _added(self, lot: LotStory, taken: frozenset[int]) -> frozenset[int]:
        """What follows on what is taken, and what lessens it without naming it, unless another claim has that."""
        used = taken | self.used.get(lot.lot, frozenset())
        lessens = (event.position for event in lot.of(*self.kind.lessening) if taken)
        return follow_ups(self.kind, lot, taken) | (frozenset(lessens) - used)

    def _books(self, case: Case) -> list[BookStory]:
        """The books that the kind consumes, in rising order."""
        return sorted(case.books, key=lambda book: book.book) if self.kind.takes_books else []

    def _tanks(self, currencies: Mapping[str, Mapping[str, int]]) -> tuple[Tank, ...]:
        """A tank for each currency with something to endorse. Raises ClaimRefusedError: CeilingTooLarge."""
        for currency, figures in currencies.items():
            if figures["ceiling_minor"] > SHARES:
                raise ClaimRefusedError(
                    "CeilingTooLarge", f"the ceiling in {currency} is finer than the chain keeps: claim fewer lots",
                    currency=currency, expected=SHARES, got=figures["ceiling_minor"],
                )  # fmt: skip
        return tuple(
            Tank(currency, figures["ceiling_minor"], self.salts())
            for currency, figures in sorted(currencies.items())
            if figures["ceiling_minor"] > 0
        )


def has_followed(kind: ClaimKind, taken: frozenset[int], news: Iterable[tuple[str, int | None]]) -> bool:
    """Whether any of these later events (kind, target) of a lot changes what a claim has taken of it.

    What follows on a follower comes behind it, so the first one tells.
    """
    return bool(taken) and any(
        name in kind.lessening or (name in kind.consumed and target in taken) for name, target in news
    )


def _part(positions: Mapping[int, frozenset[int]], pieces: Mapping[str, int], books: tuple[BookPart, ...]) -> Part:
    """A part of the lots of which it takes anything."""
    lots = (LotPart(lot, pieces.get(lot_to_hex(lot), 0), positions[lot]) for lot in sorted(positions) if positions[lot])
    return Part(tuple(lots), books)


def lengths(case: Case) -> dict[int, int]:
    """Lot → length of its history, as a claim was computed."""
    return {lot.lot: len(lot.events) for lot in case.lots}
