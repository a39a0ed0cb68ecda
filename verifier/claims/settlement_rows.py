"""The rows of a reconciliation sheet: what stands of each pre-refund, reversed in full, and what is claimed instead.

Rows take the sold pieces in the order in which they were opened. Sold pieces that were claimed in the ordinary way
come off first; what is sold beyond the rows can be claimed so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from verifier.claims.case import Figures, LotStory
from verifier.claims.papers import refused
from verifier.claims.tax_amounts import RowAmounts, row_amounts, settled_minor, share, to_fen
from verifier.claims.tax_rows import TaxRow
from verifier.record import lot_to_hex

_OPEN = ("FINALISED", "REVERSED")
_SETTLED = ("RECLAIMED", "RECLAIM_ADJUSTED")


@dataclass(frozen=True, slots=True)
class Restored:
    """FOB in CNY that real sales restore, of ``pieces``; a manufacturer may claim on it."""

    fob_minor: Fraction
    pieces: int


@dataclass(frozen=True, slots=True)
class LotRows:
    """The rows of a lot, with their figures one by one, and what they leave of its sales."""

    rows: tuple[TaxRow, ...]
    figures: tuple[Figures, ...]
    net_sold: int
    sold_in_other_claims: int
    claimed_before: int
    ordinary_pieces: int


def settle_rows(
    lot: LotStory, rows: Sequence[TaxRow], net_sold: int, sold_before: int, restored: Restored | None
) -> LotRows:
    """Reconcile a lot's rows with the pieces sold in this claim, ``net_sold``.

    ``sold_before``: pieces of sales before the first one of this claim; they are in earlier claims. Raises
    ClaimRefusedError: SettledElsewhere while the rows do not show yet what those came to; and what ``row_amounts``
    raises.
    """
    others = lot.lane("SOLD") - net_sold
    ours, settled_by_others = _ours(rows, sold_before)
    ordinary = sum(row.refunded_pieces for row in rows if row.state == "ORDINARY")
    if sold_before > settled_by_others + ordinary:
        raise refused(
            lot, "SettledElsewhere", "has sales in another claim that its tax rows do not show yet",
            expected=sold_before, got=settled_by_others + ordinary,
        )  # fmt: skip
    claimed_before = ordinary - min(ordinary, others - settled_by_others)
    left = net_sold - claimed_before
    figures = []
    for row in ours:
        pieces = max(0, min(row.pieces - row.repaid_pieces, left))
        left -= pieces
        figures.append(_row(lot, row, pieces, restored))
    return LotRows(tuple(ours), tuple(figures), net_sold, others, claimed_before, left)


def _ours(rows: Sequence[TaxRow], sold_before: int) -> tuple[list[TaxRow], int]:
    """The rows that this claim reconciles, and the pieces that rows of earlier claims were claimed again for.

    A row that was settled is of an earlier claim as long as those have sales for it; else it is ours, and is
    reconciled again since a sale was corrected (RECLAIM_ADJUSTED).
    """
    found, of_others = [], 0
    for row in rows:
        if row.state in _SETTLED and of_others + row.refunded <= sold_before:
            of_others += row.refunded
        elif row.state in _OPEN + _SETTLED:
            found.append(row)
    return found, of_others


def _row(lot: LotStory, row: TaxRow, pieces: int, restored: Restored | None) -> Figures:
    amounts = row_amounts(row)
    standing_pieces, standing = _standing(row, amounts)
    reclaim = _reclaim(row, amounts, pieces, restored)
    is_same = row.state != "REVERSED" and pieces == standing_pieces
    if is_same and restored is None:
        reclaim = standing  # all of it was sold: what was rounded on the way changes nothing
    is_same = is_same and reclaim == standing
    outcome = "no_adjustment" if is_same else "adjust" if pieces else "full_reversal"
    reversal = 0 if is_same else -standing
    change = 0 if is_same else reclaim - standing
    return {
        "lot": lot_to_hex(lot.lot),
        "tax_row": row.tax_row,
        "tax_seq": row.seq,
        "state": row.state,
        "method": row.method,
        "rebate_rate": amounts.rate_text,
        "pre_refund_pieces": row.pieces,
        "pre_refund_minor": amounts.pre_refund_minor,
        "repaid_pieces": row.repaid_pieces,
        "repaid_minor": amounts.repaid_minor,
        "standing_pieces": standing_pieces,
        "standing_minor": standing,
        "outcome": outcome,
        "reversal_minor": reversal,
        "reclaim_pieces": 0 if is_same else pieces,
        "reclaim_minor": 0 if is_same else reclaim,
        "net_change_minor": change,
        "kept_minor": standing + change,
    }


def _standing(row: TaxRow, amounts: RowAmounts) -> tuple[int, int]:
    """Pieces and tax that stand of a row now."""
    if row.state == "REVERSED":
        return 0, 0
    if row.state in _SETTLED:
        return row.refunded, settled_minor(row, amounts)
    return row.standing_pieces, amounts.standing_minor


def _reclaim(row: TaxRow, amounts: RowAmounts, pieces: int, restored: Restored | None) -> int:
    """Tax on pieces that were sold: a trader's on their cost, a manufacturer's on the FOB that it reports."""
    if not pieces:
        return 0
    if amounts.cost_minor is not None:
        return to_fen(share(amounts.cost_minor, pieces, amounts.cost_pieces) * amounts.rate)
    if restored is not None:
        return to_fen(restored.fob_minor * pieces / restored.pieces * amounts.rate)
    return to_fen(share(amounts.pre_refund_minor, pieces, row.pieces))
