"""The story's money: fee bills, platform statements, bank receipts and the tax office's notes.

Fees follow from the sales of their period: commission 15 % of sales less refunds, delivery 4.00 and, in the United
States, destination tax 1.00 a piece, storage 105.00 a period. The platform pays everything out of the proceeds, so
every fee is netted and its statement shows the gross (汇发〔2020〕11 art. 2).
"""

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.demo_events import ACCOUNT, BANK, BEIJING, BOOK, EXPORTER, PLATFORM, TAX, Step, make_event, source_hash

_STATEMENTS = ((date(2026, 4, 1), date(2026, 6, 14)), (date(2026, 6, 15), date(2026, 7, 14)))
_PERIODS = (
    (date(2026, 4, 1), date(2026, 4, 30)),
    (date(2026, 5, 1), date(2026, 5, 31)),
    (date(2026, 6, 1), date(2026, 6, 14)),
    (date(2026, 6, 15), date(2026, 7, 14)),
)
"""Fees are billed by these; the first three make the first statement, the last one the second."""
_PAYOUT_USD_MINOR = (7_000_00, 7_498_00)
_CONVERTED_CAD_MINOR, _CONVERTED_USD_MINOR, _RATE = 2_600_00, 1_898_00, "0.7300"


class Ledger:
    """What was sold, refunded and charged, by day and currency."""

    def __init__(self) -> None:
        self._minor: Counter[tuple[date, str, str]] = Counter()

    def sell(self, at: datetime, currency: str, gross_minor: int, pieces: int) -> None:
        """A sale of so many pieces."""
        self.add(at.date(), currency, "sales", gross_minor)
        self.add(at.date(), currency, "pieces", pieces)

    def refund(self, at: datetime, currency: str, refund_minor: int) -> None:
        """A refund."""
        self.add(at.date(), currency, "refunds", refund_minor)

    def add(self, day: date, currency: str, what: str, amount: int) -> None:
        """Any other amount."""
        self._minor[day, currency, what] += amount

    def total(self, currency: str, what: str, first: date, last: date) -> int:
        """The sum from the first to the last day, both included."""
        found = self._minor.items()
        return sum(amount for (day, *key), amount in found if key == [currency, what] and first <= day <= last)


def settlement(currency: str, at: datetime) -> dict[str, Any]:
    """The members of ``order`` that name the statement an amount of this day falls into."""
    number = 1 if at.date() <= _STATEMENTS[0][1] else 2
    return {"settlement_id": f"STL-{currency}-{number}", "platform_account": ACCOUNT}


def money_steps(ledger: Ledger, operator: int, local: tzinfo) -> Iterator[Step]:
    """Bills, statements and receipts; the operator bills storage and delivery in its local time."""
    for number, period in enumerate(_PERIODS, 1):
        yield from _fees(ledger, number, period, operator, local)
    closing = {"USD": 0, "CAD": 0}
    for number in (1, 2):
        for currency in closing:
            yield _statement(ledger, number, currency, closing)
    yield _receipt("SH26061500417", date(2026, 6, 15), 7_000_00, "STL-USD-1")
    yield _receipt("SH26071500233", date(2026, 7, 15), 5_600_00, "STL-USD-2")
    converted = {"converted_from": "CAD", "converted_minor": _CONVERTED_CAD_MINOR, "conversion_rate": _RATE}
    yield _receipt("SH26071500234", date(2026, 7, 15), _CONVERTED_USD_MINOR, "STL-CAD-2", **converted)


def _fees(ledger: Ledger, number: int, period: tuple[date, date], operator: int, local: tzinfo) -> Iterator[Step]:
    billed = {
        PLATFORM: datetime.combine(period[1] + timedelta(days=1), time(5), UTC),
        operator: datetime.combine(period[1], time(17, 30), local),
    }
    for currency in ("USD", "CAD"):
        pieces = ledger.total(currency, "pieces", *period)
        base = ledger.total(currency, "sales", *period) - ledger.total(currency, "refunds", *period)
        is_usd = currency == "USD"
        fees = (
            (PLATFORM, "commission", base * 15 // 100),
            (PLATFORM, "destination_tax", 1_00 * pieces * is_usd),
            (operator, "delivery", 4_00 * pieces),
            (operator, "storage", 105_00 * is_usd),
        )
        for line, (biller, fee_type, fee) in enumerate(fees, 1):
            if fee:
                ledger.add(period[1], currency, "fees", fee)
                money = _dates(period) | {"currency": currency, "date": f"{period[1]}", "fee_type": fee_type}
                money |= {
                    "fee_minor": fee,
                    "bill_no": f"B{number}-{biller}-{currency}",
                    "bill_line": line,
                    "is_netted": True,
                }
                event_id = f"F-{number}-{currency}-{fee_type}"
                order = {"settlement_id": f"STL-{currency}-{1 if number < 4 else 2}", "platform_account": ACCOUNT}
                yield biller, make_event(event_id, "FEE", BOOK, billed[biller], money=money, order=order)


def _statement(ledger: Ledger, number: int, currency: str, closing: dict[str, int]) -> Step:
    """opening + sales - refunds - fees + conversions = payout + closing; moves ``closing`` on."""
    period = _STATEMENTS[number - 1]
    conversions = payout = 0
    if currency == "USD":
        payout = _PAYOUT_USD_MINOR[number - 1]
        conversions = _CONVERTED_USD_MINOR if number == 2 else 0
    elif number == 2:
        conversions = -_CONVERTED_CAD_MINOR
    sales, refunds, fees = (ledger.total(currency, what, *period) for what in ("sales", "refunds", "fees"))
    opening = closing[currency]
    closing[currency] = opening + sales - refunds - fees + conversions - payout
    at = datetime.combine(period[1] + timedelta(days=1), time(5, 30), UTC)
    money = _dates(period) | {
        "currency": currency, "date": f"{at:%Y-%m-%d}", "opening_minor": opening, "sales_minor": sales,
        "refunds_minor": refunds, "adjustments_minor": 0, "fees_minor": fees, "fee_credits_minor": 0,
        "compensation_minor": 0, "reserve_held_minor": 0, "reserve_released_minor": 0,
        "conversions_minor": conversions, "payout_minor": payout, "closing_minor": closing[currency],
    }  # fmt: skip
    if conversions > 0:
        money |= {"converted_from": "CAD", "converted_minor": _CONVERTED_CAD_MINOR, "conversion_rate": _RATE}
    name = f"STL-{currency}-{number}"
    document = {"source_document": name, "source_document_hash": source_hash(name)}
    order = {"settlement_id": name, "platform_account": ACCOUNT}
    return PLATFORM, make_event(name, "PLATFORM_STATEMENT", BOOK, at, document=document, money=money, order=order)


def _receipt(reference: str, day: date, received: int, settlement_id: str, **converted: Any) -> Step:
    at = datetime.combine(day, time(15, 30), BEIJING)
    money: dict[str, Any] = {"currency": "USD", "date": f"{day}", "payer_type": "platform", "bank_reference": reference}
    money |= {"received_minor": received, "payee_party": EXPORTER, "bop_code": "121010"} | converted
    order = {"settlement_id": settlement_id, "platform_account": ACCOUNT}
    return BANK, make_event(f"FX-{reference}", "FX_RECEIPT", BOOK, at, money=money, order=order)


def _dates(period: tuple[date, date]) -> dict[str, Any]:
    return {"period_from": f"{period[0]}", "period_to": f"{period[1]}"}


def tax_steps(declaration_no: str) -> Iterator[Step]:
    """Pre-refund claimed and finalised for both lines; the tax on the boards that went back repaid before they enter.

    Reversal and new claim come when the exporter reconciles, by 2027-04-30: that sheet is computed, not told.
    """
    rows = ((1, 1000, 40_00, "0.13", 5_200_00), (2, 500, 100_00, "0.09", 4_500_00))
    for item, pieces, cost, rate, tax in rows:
        claim = {"tax_state": "PRE_REFUND", "claim_type": "HWC-YT"}
        money = {"tax_minor": tax, "cost_minor": cost * pieces, "rebate_rate": rate}
        yield _tax_note(declaration_no, item, date(2026, 4, 8), claim, money, pieces)
        final = {"tax_state": "FINALISED", "finalised_on": "2026-04-20"}
        yield _tax_note(declaration_no, item, date(2026, 4, 20), final, {"tax_minor": tax}, pieces)
    repaid = {"tax_state": "REPAID", "certificate_no": "BS-2026-000815", "certificate_on": "2026-08-20"}
    money = {"tax_minor": 1_350_00, "cost_minor": 100_00 * 150, "rebate_rate": "0.09"}
    yield _tax_note(declaration_no, 2, date(2026, 8, 20), repaid, money, 150)


def _tax_note(
    declaration_no: str, item: int, day: date, state: dict[str, Any], money: dict[str, Any], pieces: int
) -> Step:
    row = {"tax_row": f"{declaration_no}0{item:02d}", "tax_seq": f"202604{item:04d}", "tax_method": "exempt_refund"}
    line, at = f"{declaration_no}-{item:02d}", datetime.combine(day, time(10), BEIJING)
    event_id = f"TAX-{state['tax_state']}-{item:02d}"
    money = {"currency": "CNY", "date": f"{day}"} | money
    return TAX, make_event(event_id, "TAX_STATE", line, at, document=row | state, goods={"pieces": pieces}, money=money)
