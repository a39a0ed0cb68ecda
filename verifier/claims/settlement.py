"""P5, reconciliation sheet 销售再核算 (国家税务总局公告2025年第3号 art. 4): what was really sold of pre-refunded goods.

For each row: the pre-refund is reversed in full and claimed anew for what was sold; never a bare difference. It uses
up the sales of its lots, so that no sale is claimed twice. Two clocks run side by side and are both shown: the window
from the day on which the office finalised, and the collection of exchange from the export date. A window that is not
open, or over, refuses nothing: the sheet says so.
"""

from collections import Counter
from datetime import date
from typing import Any

from verifier.calendar import beijing_day
from verifier.claims.case import BookStory, Case, ClaimRefusedError, Figures, LotStory, Told
from verifier.claims.fees import undone_by
from verifier.claims.members import amount, find_currency, find_text, find_whole
from verifier.claims.papers import UNSOLD, check_refundable, export_clocks, export_day, refused
from verifier.claims.reclaim import Base, parse_base, restored_fob
from verifier.claims.sales import SALES, check_consumed, check_shipment, pieces_of, sold_for
from verifier.claims.settlement_rows import LotRows, settle_rows
from verifier.claims.statements import stated_totals
from verifier.claims.tax_amounts import CURRENCY
from verifier.claims.tax_rows import TaxRow, tax_rows
from verifier.record import lot_to_hex
from verifier.rules import evidence_until, settlement_window

_GONE = ("DECLARED", "VOID", "GIVEN", "LOST", "DESTROYED", "SHORT", "RETURNING")
"""Lanes of pieces that are neither sold nor unsold stock nor home."""
_TOTALS = ("standing_minor", "reversal_minor", "reclaim_minor", "net_change_minor", "kept_minor")


def settlement_figures(case: Case) -> Figures:
    """The figures of a reconciliation sheet; what it takes is ``case.record``.

    Raises MalformedError for what is asked; ClaimRefusedError (NotMode9810, SoldAtExport, ExemptLine, NoDeparture,
    NotFinalised, SettledElsewhere, NothingToSettle, ExchangeRateMissing, and what ``check_consumed``, ``sold_for``,
    ``tax_rows`` and ``row_amounts`` raise); and WithheldError.
    """
    base = parse_base(case.asked)
    today = beijing_day(case.record_at)
    sales: list[tuple[LotStory, Told]] = []
    lots, rows, pieces = {}, [], {}
    for lot in case.lots:
        check_refundable(lot)
        taken = list(case.taken(lot))
        check_consumed(lot, taken)
        sold = [event for event in taken if event.kind in SALES and not lot.is_taken_back(event)]
        for sale in sold:
            check_shipment(lot, sale)
        sales += [(lot, sale) for sale in sold]
        found = _settle(lot, taken, base, sold)
        rows += [
            {**row, "window": _window(source, today)} for source, row in zip(found.rows, found.figures, strict=True)
        ]
        pieces[lot_to_hex(lot.lot)] = found.net_sold
        lots[lot_to_hex(lot.lot)] = _lot_figures(lot, found)
    if not rows and not any(lot["ordinary_pieces"] for lot in lots.values()):
        raise ClaimRefusedError("NothingToSettle", "no pre-refund is to be reconciled, and no sold piece to be claimed")
    return {
        "pieces": pieces,
        "currency": CURRENCY,
        "rows": rows,
        "total": {name: sum(row[name] for row in rows) for name in _TOTALS},
        "lots": lots,
        **_sales_figures(case, sales),
        **base.figures(),
    }


def _settle(lot: LotStory, taken: list[Told], base: Base, sold: list[Told]) -> LotRows:
    rows = tax_rows(lot)
    for row in rows:
        if row.state == "PRE_REFUND":
            raise refused(lot, "NotFinalised", "has a pre-refund that is not finalised yet", tax_seq=row.seq)
    restored = restored_fob(base, lot, sold) if base.is_restored else None
    first = min((event.position for event in taken if event.kind in SALES), default=len(lot.events))
    return settle_rows(lot, rows, pieces_of(lot, taken), pieces_of(lot, lot.events[:first]), restored)


def _lot_figures(lot: LotStory, found: LotRows) -> Figures:
    returned = lot.lane("RETURNED")
    repaid = sum(row.repaid_pieces for row in tax_rows(lot))
    return {
        "declared": lot.declared,
        "sold": lot.lane("SOLD"),
        "net_sold": found.net_sold,
        "sold_in_other_claims": found.sold_in_other_claims,
        "claimed_before": found.claimed_before,
        "ordinary_pieces": found.ordinary_pieces,
        "unsold": sum(map(lot.lane, UNSOLD)),
        "not_refundable": {name: lot.lane(name) for name in _GONE if lot.lane(name)},
        "returned": returned,
        "returned_not_repaid": max(0, returned - repaid),
        **export_clocks(export_day(lot)),
    }


def _window(row: TaxRow, today: date) -> Figures:
    """The window of a row on a Beijing day, with the last day that its method has."""
    finalised_on = row.finalised_on
    window = None if finalised_on is None else settlement_window(finalised_on)
    if finalised_on is None or window is None:
        return {"state": "no_rule"}
    is_trader = row.method == "exempt_refund"
    own_last = window.trader_last if is_trader else window.manufacturer_last
    state = "too_early" if today < window.first else "inside" if today <= own_last else "too_late"
    return {
        "finalised_on": finalised_on.isoformat(),
        "first": window.first.isoformat(),
        "last": window.last.isoformat(),
        "own_last": own_last.isoformat(),
        "is_provisional": window.is_provisional and not is_trader,
        "state": state,
    }


def _sales_figures(case: Case, sales: list[tuple[LotStory, Told]]) -> Figures:
    """What the sales came to, on whose word, and by when their proof is to be on file."""
    sold: Counter[str] = Counter()
    for lot, sale in sales:
        currency, minor = sold_for(lot, sale)
        sold[currency] += minor
    figures: dict[str, Any] = {
        "sales": len(sales),
        "self_declared_sales": sum(sale.attester == case.owner for _, sale in sales),
        "sold_minor": dict(sorted(sold.items())),
        "exchange": _exchange(case),
    }
    if sales:
        last = max(beijing_day(sale.time) for _, sale in sales)
        until = evidence_until(last)
        figures["last_sale_on"] = last.isoformat()
        figures |= {} if until is None else {"evidence_until": until.isoformat()}
    return figures


def _exchange(case: Case) -> dict[str, Figures]:
    """Currency → what the statements of the accounts shown sold and paid, and what was collected: all of one scope.

    The accounts sell other goods, too, so these are not the sheet's own sales; they explain whether exchange is open. A
    condition of every refund is that it was collected; netted fees count as collected (汇发〔2020〕11).
    """
    sold, fees, collected = Counter[str](), Counter[str](), Counter[str]()
    seen: set[tuple[int, str]] = set()
    for book in case.books:
        if book.owner != case.owner:
            raise ClaimRefusedError("BookOfAnother", "a book of another party", book=lot_to_hex(book.book))
        for currency, (gross, charged) in stated_totals(book).items():
            sold[currency] += gross
            fees[currency] += charged
        _collect(case, book, collected, seen)
    return {
        currency: {
            "account_sold_minor": sold[currency],
            "fees_minor": fees[currency],
            "collected_minor": collected[currency],
            "gap_minor": sold[currency] - fees[currency] - collected[currency],
        }
        for currency in sorted(sold.keys() | collected.keys())
    }


def _collect(case: Case, book: BookStory, collected: Counter[str], seen: set[tuple[int, str]]) -> None:
    """Receipts in the currency of the sales: what a platform converted counts as what it was before.

    What was paid to another party, or names a receipt that came before, was not collected: it widens the gap.
    """
    undone = undone_by(book, len(book.events))
    for note in book.events:
        if note.kind != "FX_RECEIPT" or note.position in undone:
            continue
        currency, minor = amount(note, "received_minor")
        reference = find_text(note, "money", "bank_reference")
        if find_whole(note, "money", "payee_party") != case.owner or (note.attester, reference) in seen:
            continue
        if reference is not None:
            seen.add((note.attester, reference))
        before, converted = find_currency(note, "money", "converted_from"), find_whole(note, "money", "converted_minor")
        if before is not None and converted is not None:
            currency, minor = before, converted
        collected[currency] += minor
