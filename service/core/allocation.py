"""Which lots an event speaks of that names none: the rules, without store (docs/specification.md §5).

Pieces that leave the stock are taken first in, first out: by export date, declaration number, 项号. What rests on an
event that was allocated is split over its parts. An allocation is decided once; nothing here is asked again.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from service.core.errors import RefusedError
from service.core.ledger import Known, Ledger, Movement

MAX_PARTS = 999
MAX_ALLOCATED_ID = 96
"""Characters of the id of an event without a lot: its parts append up to four."""
_PART_ID = re.compile(r"#[0-9]+\Z")
_LAST_DATE = "9999-12-31"
_FORWARD = frozenset({"SALE", "ENTRY"})
"""Kinds that go on with the pieces of their target, first part first. All others bring or take something back."""


@dataclass(frozen=True, slots=True)
class Part:
    """One sealed event of an allocation. ``quantity`` in pieces, 0 for a note; ``sku`` as of the decision."""

    event_id: str
    sku: str
    lot: int
    position: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Kit:
    """A bundle: pieces of each SKU in one kit. In force from ``valid_from`` (unix seconds) to its next version."""

    owner: int
    sku: str
    valid_from: int
    components: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Allocation:
    """What an event without a lot became. ``kit`` is set where its quantity counted kits.

    ``sameness`` is an HMAC of the event as posted, under the salts of its first part.
    """

    parts: tuple[Part, ...]
    kit: Kit | None
    sameness: bytes = b""


@dataclass(frozen=True, slots=True)
class Stock:
    """Pieces of one lot that lie on hand. ``line`` is declaration number, 项号 and part, written so that it sorts."""

    lot: int
    line: str
    export_date: str | None
    on_hand: int


def part_id(event_id: str, number: int) -> str:
    """The id of a part, counted from 1."""
    return f"{event_id}#{number}"


def is_part_id(event_id: str) -> bool:
    """Whether an id has the form that only parts have."""
    return _PART_ID.search(event_id) is not None


def take_fifo(stocks: Iterable[Stock], asked: int) -> list[tuple[int, int]]:
    """(lot, pieces) in the order of export; lots without an export date come last. Less than asked if there is less."""
    ordered = sorted(
        (stock for stock in stocks if stock.on_hand > 0),
        key=lambda stock: (stock.export_date or _LAST_DATE, stock.line, stock.lot),
    )
    taken = take([stock.on_hand for stock in ordered], asked)
    return [(stock.lot, pieces) for stock, pieces in zip(ordered, taken, strict=True) if pieces]


def take(available: Sequence[int], asked: int) -> list[int]:
    """What each gives, the earlier first, until enough is taken."""
    taken = []
    for there in available:
        pieces = min(there, asked)
        taken.append(pieces)
        asked -= pieces
    return taken


def count_pieces(allocation: Allocation, sku: str | None, quantity: int) -> tuple[dict[str, int], Kit | None]:
    """The pieces of each SKU that an event asks of an allocation that it names, and the kit if it counts kits.

    It counts what its own SKU says: kits, or pieces of one component. Without a SKU it counts as its target did.
    Raises RefusedError for a SKU that the target does not hold.
    """
    kit, skus = allocation.kit, {part.sku for part in allocation.parts}
    if kit is not None and sku in (None, kit.sku):
        return {component: pieces * quantity for component, pieces in kit.components}, kit
    if sku is None and len(skus) == 1:
        sku = next(iter(skus))
    if sku is None or sku not in skus:
        expected = " or ".join(sorted(skus)[:3])
        raise RefusedError("TargetMismatch", f"the target holds {expected}", field="goods.sku", got=sku)
    return {sku: quantity}, None


def take_from_parts(
    kind: str, parts: Sequence[Part], left: Sequence[int], asked: Mapping[str, int]
) -> list[tuple[int, int]]:
    """(number of the part from 0, pieces) for each part that gives some, in the order in which they give.

    A SALE takes from the first part on. What comes back comes back to the lot it left, the newest part first. Raises
    RefusedError if the parts have less left than is asked.
    """
    order = range(len(parts)) if kind in _FORWARD else range(len(parts) - 1, -1, -1)
    found: list[tuple[int, int]] = []
    for sku, pieces in asked.items():
        mine = [i for i in order if parts[i].sku == sku]
        available = sum(left[i] for i in mine)
        if available < pieces:
            detail = f"the target has {available} of {sku} left, {pieces} were asked"
            raise RefusedError("TargetExceeded", detail, sku=sku, available=available, asked=pieces)
        taken = take([left[i] for i in mine], pieces)
        found += [(i, here) for i, here in zip(mine, taken, strict=True) if here]
    return found


def apply_all(ledger: Ledger, movements: Sequence[Movement]) -> list[Known]:
    """Apply the parts of one event, all or none: they are of different lots, so none can spoil another's check."""
    assert len({movement.word.lot for movement in movements}) == len(movements)
    checked = [ledger.check(movement) for movement in movements]
    return [ledger.commit(movement, *places) for movement, places in zip(movements, checked, strict=True)]
