"""What the deadlines of a lot rest on, as its events tell it: days of customs, tax rows, where the pieces are, sales.

A fact that no event told is None, never a guess: the deadline that needs it says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from service.core.details import open_slots
from verifier.event import parse_disclosure
from verifier.kinds import Home, Site
from verifier.lanes import LotAccounts

_UNSOLD_SITE = (Site.EXPECTED, Site.ON_HAND, Site.HELD, Site.SHIPPED)
_CLAIMS = ("PRE_REFUND", "RECLAIMED", "RECLAIM_ADJUSTED", "ORDINARY")


@dataclass(frozen=True, slots=True)
class Paper:
    """A stored event whose groups carry facts; ``disclosures`` as they are stored (``service.core.details``).

    ``day`` is its Beijing day, ``roles`` are its sender's.
    """

    lot: int
    position: int
    kind: int
    target: int | None
    roles: int
    day: date
    disclosures: bytes | None

    def groups(self) -> dict[str, dict[str, Any]]:
        """What its groups say that are neither locked nor erased."""
        return dict(map(parse_disclosure, open_slots(self.disclosures).values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxNote:
    """One TAX_STATE note that stands. ``day`` is its Beijing day; ``pieces`` what it speaks of."""

    seq: str
    state: str
    day: date
    pieces: int | None = None
    finalised_on: date | None = None
    method: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRow:
    """Where one row of the tax account stands (申报序号 or 关联号). ``state`` is that of its last note but REPAID."""

    seq: str
    state: str
    claimed_on: date | None = None
    pieces: int | None = None
    repaid: int = 0
    finalised_on: date | None = None
    method: str | None = None

    @property
    def is_pre_refund(self) -> bool:
        """Whether a pre-refund of this row is live: claimed, and neither reversed nor recovered."""
        return self.state in ("PRE_REFUND", "FINALISED")

    @property
    def claimed(self) -> int | None:
        """Pieces that this row has a refund for; None if its notes do not say."""
        if self.state in ("REVERSED", "RECOVERED"):
            return 0
        return None if self.pieces is None else max(self.pieces - (self.repaid if self.is_pre_refund else 0), 0)


@dataclass(frozen=True, slots=True)
class SaleDay:
    """Sales of one Beijing day: how many, and of how many pieces."""

    day: date
    sales: int
    pieces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LotFacts:
    """One lot. ``export_date`` and ``declared_on`` are customs' days; ``sale_days`` only need reach back 15 days."""

    lot: int
    line: str | None
    declared: int
    accounts: LotAccounts
    export_date: date | None = None
    declared_on: date | None = None
    is_food: bool | None = None
    rows: tuple[TaxRow, ...] = ()
    sale_days: tuple[SaleDay, ...] = ()

    def at_home(self, lane: Home) -> int:
        """Pieces in a lane of the lot's home."""
        home = self.accounts.by_site.get(0)
        return home[lane] if home else 0

    @property
    def unsold(self) -> int:
        """Pieces that left and are neither sold nor gone: on the way, announced, in stock, held, shipped."""
        sites = (account for site, account in self.accounts.by_site.items() if site)
        return self.at_home(Home.TRANSIT) + sum(account[lane] for account in sites for lane in _UNSOLD_SITE)

    @property
    def exported(self) -> int:
        """Pieces that left and did not come home."""
        return self.declared - sum(map(self.at_home, (Home.DECLARED, Home.VOID, Home.RETURNED)))

    @property
    def unclaimed(self) -> int | None:
        """Exported pieces without a refund, as far as the tax office's notes go; None if a note leaves pieces out."""
        claimed = [row.claimed for row in self.rows]
        return None if None in claimed else max(self.exported - sum(pieces or 0 for pieces in claimed), 0)


def fold_tax_rows(notes: Iterable[TaxNote]) -> tuple[TaxRow, ...]:
    """The rows that notes in the order of their history lead to."""
    rows: dict[str, TaxRow] = {}
    for note in notes:
        row = rows.get(note.seq, TaxRow(seq=note.seq, state=note.state))
        if note.state == "REPAID":
            rows[note.seq] = replace(row, repaid=row.repaid + (note.pieces or 0))
            continue
        rows[note.seq] = replace(
            row,
            state=note.state,
            claimed_on=note.day if note.state in _CLAIMS else row.claimed_on,
            pieces=row.pieces if note.pieces is None else note.pieces,
            finalised_on=note.finalised_on or row.finalised_on,
            method=note.method or row.method,
        )
    return tuple(rows.values())


def parse_day(value: Any) -> date | None:
    """A day that a sender wrote, YYYY-MM-DD; None for anything else: groups are the sender's own words."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        return None
