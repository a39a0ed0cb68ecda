"""Whether the refund of pieces that come home was given back before they entered (公告2026年第16号 art. 2, 已补税).

Read from the tax office's notes: states, pieces and certificates, never an amount, so that customs can be shown it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from verifier.calendar import beijing_day
from verifier.claims.case import LotStory
from verifier.claims.tax_rows import TaxRow, tax_rows

_CLOSED = ("REVERSED", "RECOVERED", "RECLAIMED", "RECLAIM_ADJUSTED", "ORDINARY")
"""States in which the pre-refund of a row no longer stands: what was not claimed again is given back."""


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Pieces of a row for which no refund stands any more, since a Beijing day."""

    pieces: int
    on: date
    certificate_no: str | None


@dataclass(frozen=True, slots=True)
class Repaid:
    """A lot's refunds, as a return sees them. ``never``: pieces that departed and were in no row."""

    never: int
    given_back: tuple[GivenBack, ...]

    def status(self, entered: int, on: date) -> str:
        """How it stands with the refund of the first so many pieces that entered, the last of them on a day.

        ``not_refunded``, ``repaid``, ``repaid_after_entry`` or ``not_repaid``. Pieces that were never refunded count
        first: a row names no single piece.
        """
        if entered <= self.never:
            return "not_refunded"
        by_then = self.never + sum(given.pieces for given in self.given_back if given.on <= on)
        by_now = self.never + sum(given.pieces for given in self.given_back)
        return "repaid" if entered <= by_then else "repaid_after_entry" if entered <= by_now else "not_repaid"


def repaid_of(lot: LotStory, departed: int) -> Repaid:
    """Read a lot's rows. Raises what ``tax_rows`` raises, and WithheldError."""
    rows = tax_rows(lot)
    return Repaid(max(0, departed - sum(row.pieces for row in rows)), tuple(_given_back(rows)))


def _given_back(rows: tuple[TaxRow, ...]) -> Iterator[GivenBack]:
    for row in rows:
        for repayment in row.repayments:
            yield GivenBack(repayment.pieces, repayment.certificate_on, repayment.certificate_no)
        pieces = row.pieces - row.repaid_pieces - row.refunded_pieces
        if row.state in _CLOSED and pieces > 0:
            yield GivenBack(pieces, beijing_day(row.last.time), None)
