"""P2, authenticity of an exchange collection 收汇真实性 (汇发〔2020〕11 art. 2-3, 汇发〔2025〕47).

Per currency: ceiling = gross − refunds ± adjustments − netted fees + fee credits − what overdrawn claims took before.
Gross and fees are shown in full beside it, the "restored" data that netting demands. Receipts may be more or less than
the declared value: that alone refuses nothing (domain rule: mistake 2). Currencies are never added up. Compensation and
reserves are no sales of goods: they stand in the platform's statement and change no ceiling.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from verifier.claims.case import BookStory, Case, ClaimRefusedError, Figures, LotStory, Told
from verifier.claims.sales import SALES, check_consumed, pieces_of
from verifier.claims.statements import check_statements
from verifier.errors import InvalidError
from verifier.kinds import REVERSAL_SUFFIX
from verifier.record import book_number, lot_to_hex


@dataclass(slots=True)
class _Sum:
    """Minor units of one currency."""

    gross: int = 0
    refunds: int = 0
    adjustments: int = 0
    fees: Counter[str] = field(default_factory=Counter)
    fee_credits: int = 0
    deducted: int = 0

    def to_figures(self) -> Figures:
        fees = self.fees.total()
        net = self.gross - self.refunds + self.adjustments
        return {
            "gross_minor": self.gross,
            "refunds_minor": self.refunds,
            "adjustments_minor": self.adjustments,
            "fees_by_type_minor": dict(sorted(self.fees.items())),
            "fees_minor": fees,
            "fee_credits_minor": self.fee_credits,
            "deducted_minor": self.deducted,
            "ceiling_minor": net - fees + self.fee_credits - self.deducted,
        }


def exchange_figures(case: Case) -> Figures:
    """The figures of an exchange-collection claim; what it takes is ``case.record``.

    Raises ClaimRefusedError where a rule forbids it: see the codes below.
    """
    sums: defaultdict[str, _Sum] = defaultdict(_Sum)
    orders: set[tuple[int, str]] = set()
    accounts: set[int] = set()
    pieces = {}
    self_declared = 0
    _check_model(case)
    for lot in case.lots:
        taken = list(case.taken(lot))
        check_consumed(lot, taken)
        for sale in (event for event in taken if event.kind in SALES and not lot.is_taken_back(event)):
            _check_sale(lot, sale)
            _add_sale(sums, lot, sale)
            order = sale.group("order")
            orders.add((sale.attester, str(order.get("order_ref", f"{lot.lot}:{sale.position}"))))
            accounts.add(int(order.get("platform_account", 0)))
            self_declared += sale.attester == case.owner
        pieces[lot_to_hex(lot.lot)] = pieces_of(lot, taken)
    _check_books(case, accounts)
    for book in case.books:
        _add_fees(sums, case, book)
        check_statements(book)
    for entry in () if case.record is None else case.record.deducted:
        sums[entry.currency].deducted += entry.amount_minor
    return {
        "pieces": pieces,
        "orders": len(orders),
        "self_declared_sales": self_declared,
        "currencies": {currency: sums[currency].to_figures() for currency in sorted(sums)},
        "receipts": [receipt for book in case.books for receipt in _receipts(case, book)],
        "declared_fob": _declared_fob(case, pieces),
    }


def _check_model(case: Case) -> None:
    """A claim is of stock sold later on a platform, or of goods sold at export; never of both (mistake 25)."""
    kinds = {event.kind for lot in case.lots for event in case.taken(lot) if event.kind in SALES}
    if len(kinds) > 1:
        raise ClaimRefusedError("ModelsMixed", "sales at export and sales of consigned stock in one claim")


def _check_sale(lot: LotStory, sale: Told) -> None:
    if sale.kind == "SALE_AT_EXPORT":
        if not sale.group("document").get("invoice_no"):
            raise ClaimRefusedError("InvoiceMissing", f"{sale} rests on no commercial invoice", position=sale.position)
        return
    ship = lot.events[sale.target] if sale.target is not None else None
    if ship is None or ship.kind != "SHIP":
        raise ClaimRefusedError("SaleWithoutShipment", f"{sale} names no shipment", position=sale.position)
    purpose = ship.groups.get("logistics", {}).get("ship_purpose", "sale")
    if purpose != "sale":
        raise ClaimRefusedError(
            "NotASale", f"{ship} left as {purpose}", position=sale.position, expected="sale", got=purpose
        )


def _add_sale(sums: dict[str, _Sum], lot: LotStory, sale: Told) -> None:
    """A sale's gross less what was reversed of it, its adjustments, and its refunds, which never pass it."""
    money = sale.group("money")
    currency, gross = _amount(sale, money, "gross_minor")
    for reversal in lot.followers(sale, sale.kind + REVERSAL_SUFFIX):
        gross -= _amount(reversal, reversal.group("money"), "gross_minor", currency)[1]
    adjustments = _sum_of(lot, sale, "ADJUST", "adjust_minor", currency)
    refunds = _sum_of(lot, sale, "REFUND", "refund_minor", currency)
    if refunds > gross + adjustments:
        raise ClaimRefusedError(
            "RefundAboveSale", f"the refunds of {sale} pass what it brought",
            position=sale.position, expected=gross + adjustments, got=refunds,
        )  # fmt: skip
    total = sums[currency]
    total.gross += gross
    total.adjustments += adjustments
    total.refunds += refunds


def _sum_of(lot: LotStory, sale: Told, kind: str, member: str, currency: str) -> int:
    notes = [note for note in lot.followers(sale, kind) if not lot.is_taken_back(note)]
    return sum(_amount(note, note.group("money"), member, currency)[1] for note in notes)


def _amount(event: Told, money: dict[str, Any], member: str, currency: str | None = None) -> tuple[str, int]:
    """The currency and an amount of an event; ClaimRefusedError if one is missing or the currency is another."""
    found, amount = money.get("currency"), money.get(member)
    if not isinstance(found, str) or type(amount) is not int:
        raise ClaimRefusedError(
            "AmountMissing", f"{event} states no {member}", position=event.position, field=f"money.{member}"
        )
    if currency not in (None, found):
        raise ClaimRefusedError(
            "OtherCurrency", f"{event} is in another currency than its sale", expected=currency, got=found
        )
    return found, amount


def _check_books(case: Case, accounts: set[int]) -> None:
    """The fees of every account that sold must be in: their books are consumed up to their end at the anchor."""
    missing = {book_number(account, case.owner) for account in accounts} - {book.book for book in case.books}
    if missing:
        raise ClaimRefusedError(
            "BookMissing", "the fees of an account that sold are left out", books=sorted(map(lot_to_hex, missing))
        )
    if case.record is None:
        return
    for book in case.books:
        if book.owner != case.owner:
            raise ClaimRefusedError("BookOfAnother", "a book of another party", book=lot_to_hex(book.book))
        if case.record.book_range(book.book)[1] != len(book.events):
            raise ClaimRefusedError(
                "BookNotConsumed", "notes of a book up to the anchor are left out", book=lot_to_hex(book.book),
                expected=len(book.events), got=case.record.book_range(book.book)[1],
            )  # fmt: skip
    if case.record.books() != {book.book for book in case.books}:
        raise InvalidError("the set names another book than is shown")


def _add_fees(sums: dict[str, _Sum], case: Case, book: BookStory) -> None:
    """Fees by type, as far as they were netted out of the proceeds; a bill line counts once (mistake 23)."""
    first, end = (0, len(book.events)) if case.record is None else case.record.book_range(book.book)
    undone = book.reversed_positions()
    seen: set[tuple[Any, ...]] = set()
    for note in book.events[first:end]:
        if note.kind in ("FEE_REVERSAL", "FEE_CREDIT_REVERSAL") and note.target is not None and note.target < first:
            _undo_fee(sums, book.events[note.target])  # an earlier claim counted it
        if note.kind not in ("FEE", "FEE_CREDIT") or note.position in undone:
            continue
        money = note.group("money")
        currency, amount = _amount(note, money, "fee_minor")
        if note.kind == "FEE_CREDIT":
            sums[currency].fee_credits += amount
            continue
        line = (note.attester, money.get("bill_no"), money.get("bill_line"))
        if money.get("fee_type") is None or line[1] is None:
            raise ClaimRefusedError("FeeNotItemised", f"{note} states no type or bill", position=note.position)
        if line in seen:
            raise ClaimRefusedError("FeeBilledTwice", f"{note} bills a line a second time", position=note.position)
        seen.add(line)
        if money.get("is_netted", True):
            sums[currency].fees[money["fee_type"]] += amount


def _undo_fee(sums: dict[str, _Sum], fee: Told) -> None:
    money = fee.group("money")
    currency, amount = _amount(fee, money, "fee_minor")
    if fee.kind == "FEE_CREDIT":
        sums[currency].fee_credits -= amount
    elif money.get("is_netted", True):
        sums[currency].fee_credits += amount


def _receipts(case: Case, book: BookStory) -> list[Figures]:
    """What banks say came in; each must have gone to the exporter (谁出口谁收汇)."""
    undone = book.reversed_positions()
    first, end = (0, len(book.events)) if case.record is None else case.record.book_range(book.book)
    found = []
    for note in book.events[first:end]:
        if note.kind != "FX_RECEIPT" or note.position in undone:
            continue
        money = note.group("money")
        currency, amount = _amount(note, money, "received_minor")
        if money.get("payee_party") != case.owner:
            raise ClaimRefusedError(
                "PayeeNotExporter",
                f"{note} was paid to another party",
                expected=case.owner,
                got=money.get("payee_party"),
            )
        entry = {"bank": note.attester, "currency": currency, "received_minor": amount, "date": money.get("date", "")}
        converted = {
            name: money[name] for name in ("converted_from", "converted_minor", "conversion_rate") if name in money
        }
        found.append(entry | converted)
    return found


def _declared_fob(case: Case, pieces: dict[str, int]) -> Figures:
    """The declared value of the pieces claimed, per currency, where goods are shown: to explain, never to refuse."""
    total: Counter[str] = Counter()
    for lot in case.lots:
        goods = lot.declaration.groups.get("goods")
        if goods is None or "fob_minor" not in goods or not lot.declared:
            continue
        total[goods.get("fob_currency", "")] += goods["fob_minor"] * pieces[lot_to_hex(lot.lot)] // lot.declared
    return dict(sorted(total.items()))
