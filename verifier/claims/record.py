"""The member ``record``: what the ClaimRegistry on chain must hold of a claim (docs/formats.md §8).

A claim is a lineage: each version adds a *part* to its set. A part lists, for each lot, the positions of its history
that it adds and the pieces that the claim holds of the lot from then on, and ranges of books. Amounts stay off chain: a
tank is known there by a salted commitment to its *whole*, the ceiling at the first issue.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from verifier.canonical import to_base64url
from verifier.errors import MalformedError
from verifier.record import lot_from_hex, lot_to_hex
from verifier.shapes import base64url_bytes, hex_bytes, integer, items, members, string, to_hex

_MAX_UINT32 = (1 << 32) - 1
_LOT_MEMBERS = ("lot", "pieces", "positions")
_TANK_MEMBERS = ("currency", "whole_minor", "salt")
SHARES = 10**12
"""U: a full tank, in shares. A share of an amount is floor(amount · U / whole)."""


@dataclass(frozen=True, slots=True)
class LotPart:
    """What a part takes of one lot: positions of its history, and the pieces held of it from now on."""

    lot: int
    pieces: int
    positions: frozenset[int]

    @classmethod
    def from_json(cls, value: Any) -> "LotPart":
        """Read ``{lot, pieces, positions}``; ``positions`` is a bitmap, position 0 the lowest bit of its first byte."""
        found = members(value, "a lot of a part", _LOT_MEMBERS)
        bitmap = base64url_bytes(found["positions"], "positions")
        if not bitmap or bitmap[-1] == 0:
            raise MalformedError("positions are empty, or end with a zero byte")
        positions = frozenset(
            8 * place + bit for place, byte in enumerate(bitmap) if byte for bit in range(8) if byte >> bit & 1
        )
        return cls(lot_from_hex(found["lot"]), integer(found["pieces"], "pieces", _MAX_UINT32), positions)

    def to_json(self) -> dict[str, Any]:
        """``{lot, pieces, positions}``."""
        bitmap = bytearray(max(self.positions, default=-1) // 8 + 1)
        for position in self.positions:
            bitmap[position >> 3] |= 1 << (position & 7)
        return {"lot": lot_to_hex(self.lot), "pieces": self.pieces, "positions": to_base64url(bytes(bitmap))}


@dataclass(frozen=True, slots=True)
class BookPart:
    """The notes of a book from position ``first`` up to ``end``, which is excluded."""

    book: int
    first: int
    end: int

    @classmethod
    def from_json(cls, value: Any) -> "BookPart":
        """Read ``{book, from, to}``."""
        found = members(value, "a book of a part", ("book", "from", "to"))
        first, end = integer(found["from"], "from", _MAX_UINT32), integer(found["to"], "to", _MAX_UINT32)
        if first > end:
            raise MalformedError("a range of a book ends before it begins")
        return cls(lot_from_hex(found["book"]), first, end)

    def to_json(self) -> dict[str, Any]:
        """``{book, from, to}``."""
        return {"book": lot_to_hex(self.book), "from": self.first, "to": self.end}


@dataclass(frozen=True, slots=True)
class Part:
    """What one version of a claim adds to its set; lots and books in rising order."""

    lots: tuple[LotPart, ...]
    books: tuple[BookPart, ...]

    @classmethod
    def from_json(cls, value: Any) -> "Part":
        """Read ``{lots, books}``."""
        found = members(value, "a part", ("lots", "books"))
        lots = tuple(LotPart.from_json(lot) for lot in items(found["lots"], "lots"))
        books = tuple(BookPart.from_json(book) for book in items(found["books"], "books"))
        _check_rising("lots", [lot.lot for lot in lots])
        _check_rising("books", [book.book for book in books])
        return cls(lots, books)

    def to_json(self) -> dict[str, Any]:
        """``{lots, books}``."""
        return {"lots": [lot.to_json() for lot in self.lots], "books": [book.to_json() for book in self.books]}


@dataclass(frozen=True, slots=True)
class Tank:
    """What banks may endorse in one currency: the ceiling when the claim was first issued, in minor units."""

    currency: str
    whole_minor: int
    salt: bytes

    @classmethod
    def from_json(cls, value: Any) -> "Tank":
        """Read ``{currency, whole_minor, salt}``."""
        found = members(value, "a tank", _TANK_MEMBERS)
        currency = string(found["currency"], "currency", 3)
        if not (len(currency) == 3 and currency.isascii() and currency.isupper()):
            raise MalformedError("currency is not three capitals")
        whole = integer(found["whole_minor"], "whole_minor", SHARES, 1)
        return cls(currency, whole, base64url_bytes(found["salt"], "salt", 16))

    def to_json(self) -> dict[str, Any]:
        """``{currency, whole_minor, salt}``."""
        return {"currency": self.currency, "whole_minor": self.whole_minor, "salt": to_base64url(self.salt)}

    def commitment(self) -> bytes:
        """What the chain keeps of the whole: SHA-256(salt ‖ currency ‖ uint64 whole)."""
        return hashlib.sha256(self.salt + self.currency.encode() + self.whole_minor.to_bytes(8, "big")).digest()

    def share(self, amount_minor: int) -> int:
        """The share of an amount, rounded down."""
        return amount_minor * SHARES // self.whole_minor

    def amount(self, share: int) -> int:
        """The one amount whose share this is: no two have the same, since a whole has at most U minor units.

        The nearest one, where the whole leaves room between them: parts are rounded one by one, so that a bank that
        releases one of several may have to leave a share more than the rest comes to.
        """
        if 2 * self.whole_minor > SHARES:
            return -(-share * self.whole_minor // SHARES)
        return (2 * share * self.whole_minor + SHARES) // (2 * SHARES)


@dataclass(frozen=True, slots=True)
class Deduction:
    """What an overdrawn lineage of the same owner took too much of a currency, taken off this claim's ceiling.

    The chain holds it as a share of that lineage's ``tank``, which is opened here: else any amount could stand here.
    """

    claim_id: bytes
    tank: Tank
    amount_minor: int

    @property
    def currency(self) -> str:
        """The currency of the tank."""
        return self.tank.currency

    @classmethod
    def from_json(cls, value: Any) -> "Deduction":
        """Read ``{id, amount_minor, currency, whole_minor, salt}``."""
        found = members(value, "a deduction", ("id", "amount_minor", *_TANK_MEMBERS))
        tank = Tank.from_json({name: found[name] for name in _TANK_MEMBERS})
        amount = integer(found["amount_minor"], "amount_minor", tank.whole_minor)
        return cls(hex_bytes(found["id"], "id", 32), tank, amount)

    def to_json(self) -> dict[str, Any]:
        """``{id, amount_minor, currency, whole_minor, salt}``."""
        return {"id": to_hex(self.claim_id), "amount_minor": self.amount_minor, **self.tank.to_json()}


@dataclass(frozen=True, slots=True)
class ClaimRecord:
    """``version`` counts from 1 and is the number of parts."""

    claim_id: bytes
    purpose: int
    parts: tuple[Part, ...]
    tanks: tuple[Tank, ...] = ()
    deducted: tuple[Deduction, ...] = ()

    @property
    def version(self) -> int:
        """The version of the lineage that this record is."""
        return len(self.parts)

    def positions(self, lot: int) -> frozenset[int]:
        """The positions of a lot's history that the claim has taken."""
        return frozenset().union(*(found.positions for part in self.parts for found in part.lots if found.lot == lot))

    def pieces(self) -> dict[int, int]:
        """Lot → pieces held now: the last part that names a lot says it."""
        return {found.lot: found.pieces for part in self.parts for found in part.lots}

    def book_range(self, book: int) -> tuple[int, int]:
        """The positions (first, end) of a book that the claim consumes; MalformedError if its parts leave a gap."""
        ranges = [found for part in self.parts for found in part.books if found.book == book]
        if any(later.first != earlier.end for earlier, later in pairwise(ranges)):
            raise MalformedError("the ranges of a book do not follow one another")
        return (ranges[0].first, ranges[-1].end) if ranges else (0, 0)

    def books(self) -> frozenset[int]:
        """The books that the claim consumes."""
        return frozenset(found.book for part in self.parts for found in part.books)

    @classmethod
    def from_json(cls, value: Any, events: int | None = None) -> "ClaimRecord":
        """Read the member ``record`` of a credential of so many ``events``, of which it takes each at most once."""
        found = members(value, "record", ("id", "purpose", "parts", "tanks", "deducted"))
        if events is not None:
            _check_room(found["parts"], events)
        parts = tuple(Part.from_json(part) for part in items(found["parts"], "parts"))
        tanks = tuple(Tank.from_json(tank) for tank in items(found["tanks"], "tanks"))
        _check_rising("tanks", [tank.currency for tank in tanks])
        if not parts:
            raise MalformedError("a record has no part")
        deducted = tuple(Deduction.from_json(entry) for entry in items(found["deducted"], "deducted"))
        return cls(
            hex_bytes(found["id"], "id", 32), integer(found["purpose"], "purpose", 255, 1), parts, tanks, deducted
        )

    def to_json(self) -> dict[str, Any]:
        """The member ``record``."""
        return {
            "id": to_hex(self.claim_id),
            "purpose": self.purpose,
            "parts": [part.to_json() for part in self.parts],
            "tanks": [tank.to_json() for tank in self.tanks],
            "deducted": [entry.to_json() for entry in self.deducted],
        }


def _check_room(parts: Any, events: int) -> None:
    """A bitmap is short in a file and long in memory: none is read that the events cannot fill."""
    left = events
    for part in items(parts, "parts"):
        for lot in items(members(part, "a part", ("lots", "books"))["lots"], "lots"):
            bitmap = base64url_bytes(members(lot, "a lot of a part", _LOT_MEMBERS)["positions"], "positions")
            left -= int.from_bytes(bitmap, "big").bit_count()
            if left < 0 or 8 * len(bitmap) > events + 7:
                raise MalformedError("the set has more positions than the credential has events")


def _check_rising(name: str, values: Collection[Any]) -> None:
    if list(values) != sorted(set(values)):
        raise MalformedError(f"{name} are not in rising order, each once")
