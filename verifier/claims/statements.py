"""Platform statements tie out: nothing of an account's money appears or vanishes between two statements.

opening + sales − refunds ± adjustments − fees + fee credits + compensation − reserve held + reserve released ±
conversions = payout + closing; each statement of a currency opens with what the one before closed with; the fees that
statements took are itemised; and the sales that name a statement are no more than it shows.

Reserves and compensation stand in statements only: no ceiling knows them.
"""

from collections import Counter
from collections.abc import Mapping

from verifier.canonical import MAX_INTEGER
from verifier.claims.case import BookStory, ClaimRefusedError, Told
from verifier.claims.fees import netted_fees, undone_by
from verifier.claims.members import find_currency, find_text, find_whole

_IN = (
    "opening_minor", "sales_minor", "adjustments_minor", "fee_credits_minor", "compensation_minor",
    "reserve_released_minor", "conversions_minor",
)  # fmt: skip
_OUT = ("refunds_minor", "fees_minor", "reserve_held_minor", "payout_minor", "closing_minor")
_SIGNED = ("opening_minor", "adjustments_minor", "conversions_minor", "payout_minor", "closing_minor")
Settled = Mapping[tuple[int, str, str], int]
"""(account, settlement id, currency) → gross in minor units of the sales of the claim that name the statement."""


def check_statements(book: BookStory, end: int, settled: Settled) -> None:
    """Check the statements of a book up to a position.

    Raises ClaimRefusedError: StatementOpen, StatementGap, FeesNotItemised, SalesAboveStatement, each with both amounts
    in minor units; WithheldError if a statement is not shown.
    """
    undone = undone_by(book, end)
    notes = [note for note in book.events[:end] if note.kind == "PLATFORM_STATEMENT" and note.position not in undone]
    closing_by_currency: dict[str, int] = {}
    fees: Counter[str] = Counter()
    sales: Counter[tuple[str | None, str]] = Counter()
    for note in sorted(notes, key=_order):
        currency = _check_total(note)
        _check_opening(note, currency, closing_by_currency)
        fees[currency] += _read(note, "fees_minor") - _read(note, "fee_credits_minor")
        sales[find_text(note, "order", "settlement_id"), currency] += _read(note, "sales_minor")
    _check_fees(book, fees, netted_fees(book, end))
    for (account, settlement_id, currency), gross in settled.items():
        if account == book.account and (settlement_id, currency) in sales:
            _check_sales(settlement_id, currency, gross, sales[settlement_id, currency])


def stated_totals(book: BookStory) -> dict[str, tuple[int, int]]:
    """Currency → what all statements of a book say was sold (refunds and adjustments counted), and its net fees."""
    undone = undone_by(book, len(book.events))
    sold, fees = Counter[str](), Counter[str]()
    for note in book.events:
        if note.kind == "PLATFORM_STATEMENT" and note.position not in undone:
            currency = find_currency(note, "money", "currency") or ""
            sold[currency] += (
                _read(note, "sales_minor") - _read(note, "refunds_minor") + _read(note, "adjustments_minor")
            )
            fees[currency] += _read(note, "fees_minor") - _read(note, "fee_credits_minor")
    return {currency: (sold[currency], fees[currency]) for currency in sold.keys() | fees.keys()}


def _order(note: Told) -> tuple[str, int]:
    """By period, since one that was corrected is written anew behind later ones."""
    return find_text(note, "money", "period_from") or "", note.position


def _read(note: Told, member: str) -> int:
    return find_whole(note, "money", member, minimum=-MAX_INTEGER if member in _SIGNED else 0) or 0


def _check_total(note: Told) -> str:
    currency = find_currency(note, "money", "currency") or ""
    came, went = sum(_read(note, member) for member in _IN), sum(_read(note, member) for member in _OUT)
    if came != went:
        raise ClaimRefusedError(
            "StatementOpen", f"{note} does not tie out",
            position=note.position, currency=currency, expected=came, got=went,
        )  # fmt: skip
    return currency


def _check_opening(note: Told, currency: str, closing_by_currency: dict[str, int]) -> None:
    opening = _read(note, "opening_minor")
    expected = closing_by_currency.get(currency, opening)
    if opening != expected:
        raise ClaimRefusedError(
            "StatementGap", f"{note} does not open with what the one before closed with",
            position=note.position, currency=currency, expected=expected, got=opening,
        )  # fmt: skip
    closing_by_currency[currency] = _read(note, "closing_minor")


def _check_fees(book: BookStory, stated: Counter[str], itemised: Counter[str]) -> None:
    """What statements took for fees is billed line by line: netting shows the gross (mistake 3)."""
    for currency, minor in stated.items():
        if minor > itemised[currency]:
            raise ClaimRefusedError(
                "FeesNotItemised", "statements took fees that no bill itemises",
                account=book.account, currency=currency, expected=minor, got=itemised[currency],
            )  # fmt: skip


def _check_sales(settlement_id: str, currency: str, gross: int, stated: int) -> None:
    if gross > stated:
        raise ClaimRefusedError(
            "SalesAboveStatement", f"the sales of the claim pass those of the statement {settlement_id}",
            settlement_id=settlement_id, currency=currency, expected=stated, got=gross,
        )  # fmt: skip
