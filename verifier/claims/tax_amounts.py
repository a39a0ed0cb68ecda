"""Tax to the fen: tax = base × rate, in exact fractions, rounded half up once, at the end, for each row.

Rates are decimal strings; no float comes near. A trader's base is the cost on the purchase invoices without VAT, a
manufacturer's the FOB in CNY. A row's amounts are the tax office's; they must come out as cost × rate.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from verifier.claims.case import ClaimRefusedError, Told
from verifier.claims.members import amount, find_text, find_whole
from verifier.claims.tax_rows import TaxRow
from verifier.errors import MalformedError

_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,8})?\Z", re.ASCII)
CURRENCY = "CNY"


def decimal(text: str, name: str) -> Fraction:
    """A decimal such as "0.13", above 0; MalformedError for any other text."""
    if not _DECIMAL.match(text):
        raise MalformedError(f"{name} is not a decimal")
    value = Fraction(text)
    if not value:
        raise MalformedError(f"{name} is not above 0")
    return value


def rebate(text: str, name: str) -> Fraction:
    """A rebate rate: above 0 and below 1."""
    rate = decimal(text, name)
    if rate >= 1:
        raise MalformedError(f"{name} is not a rate below 1")
    return rate


def to_fen(value: Fraction) -> int:
    """Rounded half up to the fen; the one rounding of a row."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def share(base_minor: int, pieces: int, of_pieces: int) -> Fraction:
    """The share of so many pieces in a base, exact."""
    return Fraction(base_minor * pieces, of_pieces)


@dataclass(frozen=True, slots=True)
class RowAmounts:
    """A row in fen. ``cost_minor`` is of the ``cost_pieces`` that it was opened for; None of a manufacturer's row."""

    rate_text: str
    rate: Fraction
    cost_minor: int | None
    cost_pieces: int
    pre_refund_minor: int
    repaid_minor: int

    @property
    def standing_minor(self) -> int:
        """What stands of a row that was neither reversed nor recovered."""
        return self.pre_refund_minor - self.repaid_minor


def row_amounts(row: TaxRow) -> RowAmounts:
    """The amounts of a row that was finalised.

    Raises ClaimRefusedError (RateMissing, CostMissing, TaxNotCostTimesRate, RepaidAboveRow, AmountMissing,
    OtherCurrency, IllTyped) and WithheldError.
    """
    text = find_text(row.opened, "money", "rebate_rate")
    if text is None:
        raise _missing("RateMissing", row.opened, "money.rebate_rate")
    rate = _rate(row.opened, text)
    cost = find_whole(row.opened, "money", "cost_minor", minimum=1) if row.method == "exempt_refund" else None
    if row.method == "exempt_refund" and cost is None:
        raise _missing("CostMissing", row.opened, "money.cost_minor")
    finalised = row.opened if row.finalised is None else row.finalised
    tax = _tax(finalised)
    opened = find_whole(row.opened, "goods", "pieces", minimum=1) or row.pieces
    if cost is not None:
        _check_tax(finalised, to_fen(share(cost, row.pieces, opened) * rate), tax)
    repaid = 0
    for repayment in row.repayments:
        minor = _tax(repayment.note)
        if cost is not None:
            _check_tax(repayment.note, to_fen(share(cost, repayment.pieces, opened) * rate), minor)
        repaid += minor
    if repaid > tax:
        raise ClaimRefusedError(
            "RepaidAboveRow", f"more was repaid than {finalised} finalised",
            position=finalised.position, expected=tax, got=repaid,
        )  # fmt: skip
    return RowAmounts(text, rate, cost, opened, tax, repaid)


def settled_minor(row: TaxRow, amounts: RowAmounts) -> int:
    """What was claimed anew, in fen, of a row that is RECLAIMED or RECLAIM_ADJUSTED. Raises as ``row_amounts``."""
    tax = _tax(row.last)
    if amounts.cost_minor is not None:
        _check_tax(row.last, to_fen(share(amounts.cost_minor, row.refunded, amounts.cost_pieces) * amounts.rate), tax)
    return tax


def _tax(note: Told) -> int:
    return amount(note, "tax_minor", CURRENCY)[1]


def _rate(note: Told, text: str) -> Fraction:
    try:
        return rebate(text, "money.rebate_rate")
    except MalformedError as error:
        raise ClaimRefusedError(
            "IllTyped", f"{error} in {note}", position=note.position, field="money.rebate_rate", expected="a rate"
        ) from error


def _check_tax(note: Told, expected: int, got: int) -> None:
    """An office rounds as we do, or splits the row by invoice; another amount means another cost or another rate."""
    if expected != got:
        raise ClaimRefusedError(
            "TaxNotCostTimesRate", f"the tax of {note} is not the cost of its pieces times the rate",
            position=note.position, expected=expected, got=got,
        )  # fmt: skip


def _missing(code: str, note: Told, field: str) -> ClaimRefusedError:
    return ClaimRefusedError(code, f"{note} states no {field}", position=note.position, field=field)
