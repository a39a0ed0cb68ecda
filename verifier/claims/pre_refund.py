"""P4, basis of a pre-refund 离境即退税 (国家税务总局公告2025年第3号 arts. 1-2): departed under 9810, sold or not sold.

Not sold = TRANSIT + EXPECTED + ON_HAND + HELD + SHIPPED. Pieces that did not depart, that were short, lost, destroyed,
given away or sent home were not sold abroad and cannot be pre-refunded. Sold and unsold pieces may be split, even
inside one 项号; what is not split is all treated as unsold. Cost, rate and invoice are the exporter's own word: no
event backs them, and the figures say so.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from verifier.claims.case import Case, Figures, LotStory
from verifier.claims.papers import (
    NOT_STATED,
    UNSOLD,
    check_refundable,
    departed_by_customs,
    export_clocks,
    export_day,
    refused,
    stated,
)
from verifier.claims.tax_amounts import CURRENCY, rebate, share, to_fen
from verifier.claims.tax_rows import METHODS, PRE_REFUND_TYPE, TaxRow, line_number, tax_rows
from verifier.errors import MalformedError
from verifier.record import lot_to_hex
from verifier.rules import rule_for
from verifier.shapes import boolean, integer, members, string

_NOT_REFUNDABLE = ("DECLARED", "VOID", "GIVEN", "LOST", "DESTROYED", "SHORT", "RETURNING", "RETURNED")
_BASES = dict(zip(METHODS, ("cost_minor", "fob_cny_minor"), strict=True))
"""What the tax is a share of, of the whole line: a trader's cost without VAT, a manufacturer's FOB in CNY."""
_LIVE = ("PRE_REFUND", "FINALISED", "REVERSED")
_SETTLED = ("RECLAIMED", "RECLAIM_ADJUSTED", "RECOVERED", "REPAID")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the exporter says of the whole line."""

    method: str
    base_minor: int
    rate: Fraction
    is_split: bool


def pre_refund_figures(case: Case) -> Figures:
    """The figures of the basis of a pre-refund.

    Raises MalformedError for what is asked; ClaimRefusedError (OneLotExpected, NotMode9810, SoldAtExport, ExemptLine,
    NoDeparture, NotByCustoms, RuleNotInForce, LineMissing, RowLive, RowSettled, NothingToPreRefund, and what
    ``tax_rows`` raises); and WithheldError.
    """
    asked = _asked(case.asked)
    lot = case.only_lot()
    check_refundable(lot)
    departed = departed_by_customs(lot)
    exported = export_day(lot)
    if rule_for("pre_refund", exported) is None:
        raise refused(lot, "RuleNotInForce", "was exported when no pre-refund was granted", got=exported.isoformat())
    claimed = _claimed_before(lot, tax_rows(lot))
    unsold, sold = sum(map(lot.lane, UNSOLD)), max(lot.lane("SOLD") - claimed, 0)
    rows = _rows(lot, asked, unsold, sold)
    return {
        "lot": lot_to_hex(lot.lot),
        "tax_row": _tax_row(lot),
        "mode": stated(lot, "mode"),
        "sale_model": stated(lot, "sale_model") or NOT_STATED,
        "tax_treatment": stated(lot, "tax_treatment") or NOT_STATED,
        "declared": lot.declared,
        "departed": departed,
        "unsold": unsold,
        "sold": lot.lane("SOLD"),
        "claimed_before": claimed,
        "not_refundable": {name: lot.lane(name) for name in _NOT_REFUNDABLE if lot.lane(name)},
        "currency": CURRENCY,
        "rows": rows,
        "stated_by_exporter": sorted(set(case.asked) - {"method", "split"}),
        **export_clocks(exported),
    }


def _asked(value: dict[str, Any]) -> _Asked:
    method = string(value.get("method"), "claim.asked.method")
    if method not in METHODS:
        raise MalformedError(f"claim.asked.method is not one of {', '.join(METHODS)}")
    base = _BASES[method]
    found = members(value, "claim.asked", ("method", base, "rebate_rate"), ("invoice_no", "split"))
    if "invoice_no" in found:
        string(found["invoice_no"], "claim.asked.invoice_no")
    return _Asked(
        method,
        integer(found[base], f"claim.asked.{base}", minimum=1),
        rebate(string(found["rebate_rate"], "claim.asked.rebate_rate"), "claim.asked.rebate_rate"),
        boolean(found.get("split", False), "claim.asked.split"),
    )


def _claimed_before(lot: LotStory, rows: tuple[TaxRow, ...]) -> int:
    """Sold pieces that were claimed in the ordinary way. One row of a line is pre-refunded once, and never again."""
    for row in rows:
        if row.state in _LIVE:
            raise refused(lot, "RowLive", "has a pre-refund already", tax_seq=row.seq, state=row.state, got=row.pieces)
        if row.state in _SETTLED or row.finalised is not None:  # recovered, and claimed in the ordinary way since
            raise refused(lot, "RowSettled", "had its pre-refund", tax_seq=row.seq, state=row.state, got=row.pieces)
    return sum(row.refunded_pieces for row in rows)


def _rows(lot: LotStory, asked: _Asked, unsold: int, sold: int) -> list[Figures]:
    """The rows to claim: one, or one for each part."""
    parts = [("unsold", unsold), ("sold", sold)] if asked.is_split else [("all_as_unsold", unsold + sold)]
    if not parts[0][1]:
        raise refused(lot, "NothingToPreRefund", "has no unsold piece abroad", expected=1, got=0)
    base = _BASES[asked.method]
    return [
        {
            "part": part,
            "claim_type": "ordinary" if part == "sold" else PRE_REFUND_TYPE,
            "pieces": pieces,
            base: to_fen(share(asked.base_minor, pieces, lot.declared)),
            "tax_minor": to_fen(share(asked.base_minor, pieces, lot.declared) * asked.rate),
        }
        for part, pieces in parts
        if pieces
    ]


def _tax_row(lot: LotStory) -> str:
    document = lot.declaration.group("document")
    number, item_no = document.get("declaration_no"), document.get("item_no")
    if not isinstance(number, str) or type(item_no) is not int:
        raise refused(lot, "LineMissing", "names no declaration and item", field="document.item_no")
    return line_number(number, item_no)
