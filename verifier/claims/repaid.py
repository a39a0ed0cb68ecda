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
_GONE = ("SOLD", "GIVEN", "LOST", "DESTROYED", "SHORT")
"""Lanes of pieces that departed and will not come home as they are."""


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Pieces of a row for which no refund stands any more, since a Beijing day."""

    pieces: int
    on: date
    certificate_no: str | None


@dataclass(frozen=True, slots=True)
class Repaid:
    """A lot's refunds, as a return sees them. ``never``: pieces that departed and were in no row.

    ``home``: so many of them at least are not among those that were sold or are gone, and can come home.
    """

    never: int
    home: int
    given_back: tuple[GivenBack, ...]

    def status(self, entered: int, on: date) -> str:
        """How it stands with the refund of the first so many pieces that entered, the last of them on a day.

        ``not_refunded``, ``repaid``, ``repaid_after_entry``, ``not_repaid``, or ``refund_not_told``. Pieces that were
        never refunded count first: a row names no single piece. Those that may be the ones that were sold do not: the
        row of the rest may be of the very pieces that come home [half is sold, the other half pre-refunded].
        """
        if entered <= self.home:
            return "not_refunded"
        by_then = sum(given.pieces for given in self.given_back if given.on <= on)
        by_now = sum(given.pieces for given in self.given_back)
        if entered <= self.home + by_then:
            return "repaid"
        if entered <= self.never + by_then:
            return "refund_not_told"
        return "repaid_after_entry" if entered <= self.never + by_now else "not_repaid"


def repaid_of(lot: LotStory, departed: int) -> Repaid:
    """Read a lot's rows. Raises what ``tax_rows`` raises, and WithheldError."""
    rows = tax_rows(lot)
    never = max(0, departed - sum(row.pieces for row in rows))
    gone = sum(map(lot.lane, _GONE)) - sum(row.refunded for row in rows)
    home = never if not rows else max(0, never - max(0, gone))
    return Repaid(never, home, tuple(_given_back(rows)))


def _given_back(rows: tuple[TaxRow, ...]) -> Iterator[GivenBack]:
    for row in rows:
        for repayment in row.repayments:
            yield GivenBack(repayment.pieces, repayment.certificate_on, repayment.certificate_no)
        pieces = row.pieces - row.repaid_pieces - row.refunded_pieces
        if row.state in _CLOSED and pieces > 0:
            yield GivenBack(pieces, beijing_day(row.last.time), None)
