"""The events that the claim bench rests on: one exporter's season on a platform, from customs to the bank.

Of a hundred sales four come back and are refunded, and one is refunded without. Every SALE has its SHIP. A bill for
each month, one statement and one receipt follow, so that an exchange-collection claim over all lots has a ceiling.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from scripts.demo_events import (
    ACCOUNT,
    BANK,
    BEIJING,
    BOOK,
    EXPORTER,
    GATEWAY,
    LOS_ANGELES,
    PLATFORM,
    WEST_COAST,
    Step,
    admissions,
    declare,
    make_event,
)

LOTS = 20
DECLARATION = "223320260008765432"
LINES = [f"{DECLARATION}-{item:02d}" for item in range(1, LOTS + 1)]
FIRST_DAY, DAYS = date(2026, 4, 8), 90
STATEMENT = {"settlement_id": "STL-USD-1", "platform_account": ACCOUNT}
_PRICE_MINOR = 15_00


def _at(day: int, minute: int = 0) -> datetime:
    noon = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, 12, tzinfo=UTC)
    return noon + timedelta(days=day, minutes=minute)


def opening(key: RSAPrivateKey, sales: int) -> list[Step]:
    """Every lot declared, departed, announced and received, with a tenth more pieces than are sold."""
    pieces = (2 * sales // LOTS + 10) * 11 // 10
    declared = datetime(2026, 3, 5, 14, 20, tzinfo=BEIJING)
    goods = {"sku": "LAMP-A1", "fob_minor": 8_00 * pieces, "fob_currency": "USD", "unit": "H87"}
    paper = {"export_date": "2026-03-10"}
    steps: list[Step] = [*admissions()]
    steps += [(GATEWAY, declare(key, f"DEC-{line}", line, declared, pieces, goods=goods)) for line in LINES]
    for party, kind, site, document in (
        (GATEWAY, "DEPART", 0, paper),
        (EXPORTER, "ASN", LOS_ANGELES, {}),
        (WEST_COAST, "RECEIVE", LOS_ANGELES, {}),
    ):
        steps += [
            (party, make_event(f"{kind}-{line}", kind, line, _at(-7), pieces, site=site, document=document))
            for line in LINES
        ]
    return steps


@dataclass(slots=True)
class Season:
    """What was sold, and what it came to in minor units of USD."""

    sales: int
    gross: int = 0
    refunds: int = 0
    fees: int = 0

    def steps(self) -> Iterator[Step]:
        """Shipments, sales, returns, refunds; then bills, the statement and the receipt."""
        ships = [self._ship(i) for i in range(self.sales)]
        sold = [self._sale(i, ship) for i, ship in enumerate(ships)]
        yield from ships
        yield from sold
        back = [sale for i, sale in enumerate(sold) if i % 100 < 4]
        yield from (take_back(sale) for sale in back)
        for i, sale in enumerate(sold):
            if i % 100 < 5:
                self.refunds += sale[1]["money"]["gross_minor"]
                yield refund(sale)
        yield from self._bills()
        yield self._statement()
        money = {"currency": "USD", "received_minor": self.ceiling, "payee_party": EXPORTER, "bank_reference": "FX-1"}
        yield BANK, make_event("FX-1", "FX_RECEIPT", BOOK, _at(DAYS + 2), money=money, order=STATEMENT)

    @property
    def ceiling(self) -> int:
        """What a claim over all of it must come to."""
        return self.gross - self.refunds - self.fees

    def _ship(self, i: int) -> Step:
        at, line = _at(i * DAYS // self.sales, i % 600), LINES[i % LOTS]
        logistics = {"carrier": "Coastline Parcel", "tracking_no": f"CP{i:010d}", "ship_purpose": "sale"}
        names, goods = {"order_ref": f"114-{i:07d}", "order_line": 1}, {"sku": "LAMP-A1"}
        event = make_event(
            f"OUT-{i}", "SHIP", line, at, 1 + i % 2, site=LOS_ANGELES, logistics=logistics, order=names, goods=goods
        )
        return WEST_COAST, event

    def _sale(self, i: int, ship: Step) -> Step:
        pieces, at = ship[1]["quantity"], datetime.fromisoformat(ship[1]["event_time"])
        gross = _PRICE_MINOR * pieces
        self.gross += gross
        money = {"currency": "USD", "gross_minor": gross, "order_gross_minor": gross, "payer_type": "consumer"}
        event = make_event(
            f"S-{i}", "SALE", ship[1]["line"], at + timedelta(hours=1), pieces,
            site=LOS_ANGELES, target=ship, by=PLATFORM,
            money=money | {"date": f"{at:%Y-%m-%d}"},
            order=ship[1]["order"] | STATEMENT | {"channel": "platform-us"},
            person={"buyer_pseudonym": f"b-{i:012x}", "country": "US"},
        )  # fmt: skip
        return PLATFORM, event

    def _bills(self) -> Iterator[Step]:
        """Three months of commission by the platform and of delivery by the warehouse, netted."""
        for month in range(3):
            for party, fee_type, share in ((PLATFORM, "commission", 15), (WEST_COAST, "delivery", 25)):
                fee = self.gross * share // 300
                self.fees += fee
                money = {"currency": "USD", "fee_type": fee_type, "fee_minor": fee, "is_netted": True}
                money |= {"bill_no": f"B{month}-{party}", "bill_line": 1, "date": f"{_at(30 * month + 30):%Y-%m-%d}"}
                at = _at(30 * month + 30)
                yield party, make_event(f"F-{month}-{party}", "FEE", BOOK, at, money=money, order=STATEMENT)

    def _statement(self) -> Step:
        money = {
            "currency": "USD", "opening_minor": 0, "sales_minor": self.gross, "refunds_minor": self.refunds,
            "adjustments_minor": 0, "fees_minor": self.fees, "fee_credits_minor": 0, "compensation_minor": 0,
            "reserve_held_minor": 0, "reserve_released_minor": 0, "conversions_minor": 0,
            "payout_minor": self.ceiling, "closing_minor": 0, "period_from": f"{FIRST_DAY}",
        }  # fmt: skip
        return PLATFORM, make_event("STL-1", "PLATFORM_STATEMENT", BOOK, _at(DAYS + 1), money=money, order=STATEMENT)


def take_back(sale: Step) -> Step:
    """The goods of a sale come back whole."""
    event = sale[1]
    at = datetime.fromisoformat(event["event_time"]) + timedelta(days=10)
    returned = make_event(
        f"RET-{event['event_id']}", "RETURN_IN", event["line"], at, event["quantity"],
        site=LOS_ANGELES, target=sale, by=WEST_COAST, logistics={"rma": f"RMA-{event['event_id']}"},
    )  # fmt: skip
    return WEST_COAST, returned


def refund(sale: Step) -> Step:
    """The money of a sale goes back whole."""
    event = sale[1]
    at = datetime.fromisoformat(event["event_time"]) + timedelta(days=10, hours=3)
    money = {"currency": "USD", "refund_minor": event["money"]["gross_minor"]}
    name, place = f"R-{event['event_id']}", event["line"]
    return PLATFORM, make_event(name, "REFUND", place, at, site=LOS_ANGELES, target=sale, by=PLATFORM, money=money)


def count(number: int) -> Step:
    """The warehouse counts a lot: something that no claim asks for."""
    return WEST_COAST, make_event(f"CNT-{number}", "COUNT", LINES[0], _at(DAYS + 3), site=LOS_ANGELES)
