"""P2, authenticity of an exchange collection 收汇真实性 (汇发〔2020〕11 art. 2-3, 汇发〔2025〕47).

Per currency: ceiling = gross − refunds ± adjustments − netted fees + fee credits − what overdrawn claims took before.
Gross and fees are shown in full beside it, the "restored" data that netting demands. Receipts may be more or less than
the declared value: that alone refuses nothing. Currencies are never added up. Compensation and reserves are no sales of
goods: they stand in the platform's statement and change no ceiling. Pieces fall when goods come back, money when it is
refunded: neither is counted for the other.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from verifier.claims.case import Case, ClaimRefusedError, Figures, LotStory, Told
from verifier.claims.declared import declared_fob
from verifier.claims.fees import charged_fees, fees_elsewhere
from verifier.claims.members import amount, find_text, find_whole
from verifier.claims.orders import Orders
from verifier.claims.papers import stated
from verifier.claims.receipts import receipts
from verifier.claims.sales import SALES, check_consumed, check_shipment, kept, net_gross, notes_on, pieces_of
from verifier.claims.statements import check_statements
from verifier.errors import InvalidError
from verifier.kinds import REVERSAL_SUFFIX
from verifier.record import book_number, lot_to_hex
from verifier.shapes import members

_OWN_LEDGER = 0
"""The account of a party's own book, for what no platform knows of."""


@dataclass(slots=True)
class _Sum:
    """Minor units of one currency."""

    gross: int = 0
    refunds: int = 0
    adjustments: int = 0
    fees: Counter[str] = field(default_factory=Counter)
    fee_credits: int = 0
    deducted: int = 0
    self_declared: int = 0
    back_not_refunded: int = 0

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
            "self_declared_minor": self.self_declared,
            "back_not_refunded_minor": self.back_not_refunded,
        }


@dataclass(slots=True)
class _Collected:
    """What the sales of a claim come to."""

    owner: int
    sums: defaultdict[str, _Sum] = field(default_factory=lambda: defaultdict(_Sum))
    orders: Orders = field(default_factory=Orders)
    accounts: set[int] = field(default_factory=set)
    settled: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    self_declared: int = 0


def exchange_figures(case: Case) -> Figures:
    """The figures of an exchange-collection claim; what it takes is ``case.record``.

    Raises ClaimRefusedError where a rule forbids it, WithheldError where a group is not shown that a figure needs.
    """
    members(case.asked, "claim.asked", ())
    collected = _Collected(case.owner)
    pieces = {}
    _check_model(case)
    for lot in case.lots:
        taken = list(case.taken(lot))
        check_consumed(lot, taken)
        for sale in (event for event in taken if event.kind in SALES):
            _add_sale(collected, lot, sale)
        pieces[lot.lot] = pieces_of(lot, taken)
    _check_books(case, collected.accounts)
    for book in case.books:
        check_statements(book, case.range_of(book)[1], collected.settled)
    sums = collected.sums
    for currency, charged in charged_fees(case).items():
        sums[currency].fees, sums[currency].fee_credits = charged.fees, charged.credits
    for entry in () if case.record is None else case.record.deducted:
        sums[entry.currency].deducted += entry.amount_minor
    found = {currency: sums[currency].to_figures() for currency in sorted(sums)}
    _check_ceilings(case, found)
    return {
        "pieces": {lot_to_hex(lot): found for lot, found in pieces.items()},
        "orders": collected.orders.count(),
        "orders_in_part": collected.orders.in_part(),
        "self_declared_sales": collected.self_declared,
        "currencies": found,
        "fees_in_other_claims_minor": fees_elsewhere(case),
        "receipts": receipts(case),
        "declared_fob_minor": declared_fob(case, pieces),
    }


def _check_model(case: Case) -> None:
    """A claim is of stock sold later on a platform, or of goods sold at export; never of both (mistake 25)."""
    found: set[str] = set()
    for lot in case.lots:
        kinds = {event.kind for event in case.taken(lot) if event.kind in SALES}
        model = stated(lot, "sale_model")
        # Goods sold to a firm abroad at export are that firm's: what consumers pay later is not the exporter's.
        if ("SALE" in kinds and model == "sold_at_export") or ("SALE_AT_EXPORT" in kinds and model == "sold_later"):
            raise ClaimRefusedError(
                "OtherModel", "the goods were declared under the other model of sale",
                lot=lot_to_hex(lot.lot), expected=model, got=sorted(kinds),
            )  # fmt: skip
        found |= kinds
    if len(found) > 1:
        raise ClaimRefusedError("ModelsMixed", "sales at export and sales of consigned stock in one claim")


def _add_sale(collected: _Collected, lot: LotStory, sale: Told) -> None:
    """A sale's gross less what was reversed of it, its adjustments, and its refunds, which never pass it."""
    currency, gross = net_gross(lot, sale)
    refunds = sum(amount(note, "refund_minor", currency)[1] for note in notes_on(lot, sale, "REFUND"))
    adjusted = [
        (note, amount(note, "adjust_minor", currency, is_signed=True)[1]) for note in notes_on(lot, sale, "ADJUST")
    ]
    adjustments = sum(minor for _, minor in adjusted)
    _settle(collected, lot, sale, currency)
    is_gone = lot.is_taken_back(sale)
    if refunds > gross + adjustments or (is_gone and (refunds or adjustments)):
        raise ClaimRefusedError(
            "RefundAboveSale", f"the refunds and adjustments of {sale} pass what it brought",
            position=sale.position, expected=gross + adjustments, got=refunds,
        )  # fmt: skip
    if is_gone:
        return
    _check_sale(lot, sale)
    _check_returnless(lot, sale, refunds)
    total = collected.sums[currency]
    total.gross += gross
    total.adjustments += adjustments
    total.refunds += refunds
    own = collected.owner
    total.self_declared += gross if sale.attester == own else 0
    total.self_declared += sum(max(minor, 0) for note, minor in adjusted if note.attester == own)
    total.back_not_refunded += max(0, _gross_of_goods_back(lot, sale, gross) - refunds)
    collected.self_declared += sale.attester == own
    collected.orders.add(lot, sale, gross)
    account = find_whole(sale, "order", "platform_account") or _OWN_LEDGER
    collected.accounts.add(account)


def _settle(collected: _Collected, lot: LotStory, sale: Told, currency: str) -> None:
    """Count a sale towards the statement that it names, and what was taken back of it off the one that *that* names.

    A platform takes a sale that it reverses in April off April's statement, though March's has paid it.
    """
    account = find_whole(sale, "order", "platform_account") or _OWN_LEDGER
    named = find_text(sale, "order", "settlement_id")
    left = amount(sale, "gross_minor", currency)[1]
    if named is not None:
        collected.settled[account, named, currency] += left
    for reversal in lot.followers(sale, sale.kind + REVERSAL_SUFFIX):
        minor = find_whole(reversal, "money", "gross_minor")
        minor = left if minor is None else minor
        left -= minor
        statement = find_text(reversal, "order", "settlement_id") or named
        if statement is not None:
            collected.settled[account, statement, currency] -= minor


def _gross_of_goods_back(lot: LotStory, sale: Told, gross: int) -> int:
    """The share in a sale's gross of the pieces that are no longer with the buyer, or were left to it.

    A seller may keep part of it, so it lowers no ceiling; it is told since one piece that goes to and fro, sold each
    time and never refunded, would raise a ceiling without end.
    """
    sold = sale.quantity - lot.taken_back(sale)
    return gross * (sold - kept(lot, sale)) // sold


def _check_sale(lot: LotStory, sale: Told) -> None:
    if sale.kind == "SALE":
        check_shipment(lot, sale)
    elif find_text(sale, "document", "invoice_no") is None:
        raise ClaimRefusedError("InvoiceMissing", f"{sale} rests on no commercial invoice", position=sale.position)


def _check_returnless(lot: LotStory, sale: Told, refunds: int) -> None:
    """Goods are left to a buyer against a full refund; without any, they were given away and still counted."""
    left = sum(event.quantity - lot.taken_back(event) for event in lot.followers(sale, "RETURNLESS"))
    if left and not refunds:
        raise ClaimRefusedError(
            "ReturnlessWithoutRefund", f"{left} pieces of {sale} were left to the buyer and nothing was refunded",
            position=sale.position, expected=left, got=0,
        )  # fmt: skip


def _check_ceilings(case: Case, currencies: dict[str, Figures]) -> None:
    """A new claim bears the fees and debts that it takes: below zero there is nothing to endorse, and nothing to owe.

    A later version may fall below zero, since its tank still holds what banks have endorsed.
    """
    for currency, figures in currencies.items() if case.record is not None and case.record.version == 1 else ():
        if figures["ceiling_minor"] < 0:
            raise ClaimRefusedError(
                "CeilingBelowZero",
                f"the fees and debts in {currency} pass what the sales of the claim brought; all fees of the accounts "
                "that sold fall on the first claim: claim more lots together",
                currency=currency, expected=0, got=figures["ceiling_minor"],
                **{name: figures[name] for name in ("gross_minor", "refunds_minor", "fees_minor")},
            )  # fmt: skip


def lacks_own_ledger(case: Case) -> bool:
    """Whether goods were sold on no platform account and the owner's own ledger is not shown: it must be empty then.

    Goods that were sold to a firm abroad at export have no platform, and may have no fees. Step 9 asks the chain.
    """
    if book_number(_OWN_LEDGER, case.owner) in {book.book for book in case.books}:
        return False
    sales = (event for lot in case.lots for event in case.taken(lot) if event.kind in SALES)
    return any((find_whole(sale, "order", "platform_account") or _OWN_LEDGER) == _OWN_LEDGER for sale in sales)


def _check_books(case: Case, accounts: set[int]) -> None:
    """The fees of every account that sold must be in: a first version consumes their books up to the anchor."""
    accounts = accounts - {_OWN_LEDGER}
    missing = {book_number(account, case.owner) for account in accounts} - {book.book for book in case.books}
    if missing:
        raise ClaimRefusedError(
            "BookMissing", "the fees of an account that sold are left out", books=sorted(map(lot_to_hex, missing))
        )
    for book in case.books:
        if book.owner != case.owner:
            raise ClaimRefusedError("BookOfAnother", "a book of another party", book=lot_to_hex(book.book))
        end = case.range_of(book)[1]
        # What a later version leaves open at its end must have been consumed by another claim: step 9 asks the chain.
        if case.record is not None and case.record.version == 1 and end != len(book.events):
            raise ClaimRefusedError(
                "BookNotConsumed", "notes of a book up to the anchor are left out",
                book=lot_to_hex(book.book), expected=len(book.events), got=end,
            )  # fmt: skip
    if case.record is not None and case.record.books() != {book.book for book in case.books}:
        raise InvalidError("the set names another book than is shown")
