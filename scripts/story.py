"""One declaration of two lines, from customs to the bank: every piece and every cent.

Line 01 (A, 1,000 lamps): 780 sold, 8 destroyed, 4 short, 3 lost in the count, 205 on hand.
Line 02 (B, 500 boards): 300 sold, 150 returned to origin, 50 on hand, 2 of them damaged.
Everything lies in the warehouse of West Coast Fulfilment (site 1). ``scripts.story_expected`` says what comes out.

``story(key)`` gives the events in the order in which they are posted. The warehouse posts in its evening and the
platform at night, so runs of one sender are long enough to be posted as arrays.
"""

import random
import sys
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.demo_events import (
    BEIJING,
    EXPORTER,
    GATEWAY,
    LOS_ANGELES,
    PLATFORM,
    WEST_COAST,
    Step,
    declare,
    line_document,
    make_event,
    source_hash,
)
from scripts.story_expected import DECLARATION, LINE_A, LINE_B
from scripts.story_money import Ledger, money_steps, settlement, tax_steps

PACIFIC = timezone(timedelta(hours=-7))  # daylight time: all that happens here in 2026 lies between March and November
GOODS: dict[str, dict[str, Any]] = {
    LINE_A: {
        "sku": "LAMP-A1",
        "gtin": "9521234500018",
        "name": "LED desk lamp",
        "hs_code": "9405210090",
        "unit": "H87",
    },
    LINE_B: {
        "sku": "BOARD-B2",
        "gtin": "9521234500025",
        "name": "Acacia board",
        "hs_code": "4419900000",
        "unit": "H87",
    },
}
_PIECES = {LINE_A: 1000, LINE_B: 500}
_LEGAL_KILOGRAMS = {LINE_A: "400.000", LINE_B: "650.000"}
_FOB_USD_MINOR = {LINE_A: 8_000_00, LINE_B: 10_000_00}
_PRICE = {(LINE_A, "USD"): 15_00, (LINE_A, "CAD"): 20_00, (LINE_B, "USD"): 40_00}
_RECEIPTS = (
    ("2026-04-02T09:15", LINE_A, "RECEIVE", 400),
    ("2026-04-02T14:40", LINE_A, "RECEIVE", 300),
    ("2026-04-03T08:50", LINE_B, "RECEIVE", 300),
    ("2026-04-03T11:30", LINE_A, "RECEIVE", 280),
    ("2026-04-03T15:05", LINE_B, "RECEIVE", 198),
    ("2026-04-03T15:20", LINE_B, "RECEIVE_DAMAGED", 2),
    ("2026-04-04T10:10", LINE_A, "RECEIVE", 20),
    # The last carton was keyed as 20 and held 16: four pieces are taken back, then reported short.
    ("2026-04-04T16:30", LINE_A, "RECEIVE_REVERSAL", 4),
    ("2026-04-04T16:35", LINE_A, "SHORT", 4),
)
_RETURNS = ((1,) * 6 + (2,) * 3, (1,) * 4 + (2,) * 2)
"""Pieces of each return: twelve as new, eight to be destroyed."""


def story(line_key: RSAPrivateKey, seed: int = 7) -> list[Step]:
    """The whole story in posted order; ``seed`` deals the orders out, never the totals."""
    telling = _Telling(line_key, seed)
    telling.export()
    telling.receive()
    telling.sell()
    telling.take_back()
    telling.count()
    telling.return_to_origin()
    for step in tax_steps(DECLARATION):
        telling.keep(step)
    for step in money_steps(telling.ledger, WEST_COAST, PACIFIC):
        telling.keep(step)
    return [step for _, _, step in sorted(telling.rows, key=lambda row: row[:2])]


class _Telling:
    """Collects (posted at, event time, step) in any order of chapters; the story sorts them."""

    def __init__(self, line_key: RSAPrivateKey, seed: int) -> None:
        self.line_key = line_key
        self.rng = random.Random(seed)
        self.rows: list[tuple[datetime, datetime, Step]] = []
        self.ledger = Ledger()
        self.lamp_sales: list[tuple[Step, datetime, int]] = []

    def keep(self, step: Step) -> Step:
        """Post a step when its sender does."""
        party, at = step[0], datetime.fromisoformat(step[1]["event_time"])
        posted = at
        if party == WEST_COAST:
            posted = datetime.combine(at.date(), time(18), PACIFIC)
        elif party == PLATFORM:
            posted = datetime.combine((at - timedelta(hours=6)).date() + timedelta(days=1), time(6), UTC)
        self.rows.append((posted, at, step))
        return step

    def post(self, party: int, event_id: str, kind: str, line: str, at: datetime, quantity: int, **rest: Any) -> Step:
        return self.keep((party, make_event(event_id, kind, line, at, quantity, by=party, **rest)))

    def handle(self, event_id: str, kind: str, line: str, at: datetime, quantity: int, **rest: Any) -> Step:
        """What the warehouse does with pieces of a line."""
        rest = {"goods": {"sku": GOODS[line]["sku"]}} | rest
        return self.post(WEST_COAST, f"WCF-{event_id}", kind, line, at, quantity, site=LOS_ANGELES, **rest)

    def export(self) -> None:
        """Declared, departed, announced to the warehouse."""
        declared, departed = datetime(2026, 3, 5, 14, 20, tzinfo=BEIJING), datetime(2026, 3, 10, 9, 40, tzinfo=BEIJING)
        paper = {"warehouse_order_no": "HWC202603050001", "source_document_hash": source_hash(DECLARATION)}
        bill = {"bill_of_lading": "PBLSHA2603107", "container": "CSQU3054383"}
        voyage = bill | {"carrier": "Pacific Bridge Lines", "vessel": "PACIFIC BRIDGE", "voyage": "026E"}
        notice = bill | {"asn_no": "ASN-0311", "boxes": 50, "expected_on": "2026-04-02"}
        for line, pieces in _PIECES.items():
            item = line[-2:]
            goods = GOODS[line] | {"legal_quantity": _LEGAL_KILOGRAMS[line], "legal_unit": "KGM"}
            goods |= {
                "fob_minor": _FOB_USD_MINOR[line],
                "fob_currency": "USD",
                "origin_country": "CN",
                "is_food": False,
            }
            document = paper | {"source_line": int(item)}
            event_id = f"CUS-DEC-{item}"
            event = declare(self.line_key, event_id, line, declared, pieces, document=document, goods=goods)
            self.keep((GATEWAY, event))
            document = line_document(line) | {"export_date": "2026-03-10"}
            self.post(GATEWAY, f"CUS-DEP-{item}", "DEPART", line, departed, pieces, document=document, logistics=voyage)
            at = departed + timedelta(days=1)
            self.post(EXPORTER, f"ASN-0311-{item}", "ASN", line, at, pieces, site=LOS_ANGELES, logistics=notice)

    def receive(self) -> None:
        """Several put-away batches, the last of A corrected."""
        last: dict[str, Step] = {}
        for number, (clock, line, kind, pieces) in enumerate(_RECEIPTS, 1):
            at = datetime.fromisoformat(clock).replace(tzinfo=PACIFIC)
            logistics = {"asn_no": "ASN-0311", "batch_id": f"PA-{number:02d}"}
            target = last[line] if kind.endswith("_REVERSAL") else None
            last[line] = self.handle(f"IN-{number:02d}", kind, line, at, pieces, target=target, logistics=logistics)

    def split(self, pieces: int) -> list[int]:
        """Order lines of one to five pieces."""
        lines: list[int] = []
        while pieces:
            lines.append(min(pieces, self.rng.choices((1, 2, 3, 4, 5), (40, 30, 15, 10, 5))[0]))
            pieces -= lines[-1]
        return lines

    def sell(self) -> None:
        """Ninety-two days of orders; fifteen of them hold both goods, and their lines share the gross."""
        boards = self.split(300)
        orders = [[(LINE_A, "USD", pieces)] for pieces in self.split(600)]
        for order, pieces in zip(self.rng.sample(orders, 15), boards[:15], strict=True):
            order.append((LINE_B, "USD", pieces))
        orders += [[(LINE_B, "USD", pieces)] for pieces in boards[15:]]
        orders += [[(LINE_A, "CAD", pieces)] for pieces in self.split(200)]
        self.rng.shuffle(orders)
        for number, order in enumerate(orders):
            day = date(2026, 4, 8) + timedelta(days=number * 92 // len(orders))
            shipped = datetime.combine(day, time(9), PACIFIC) + timedelta(minutes=self.rng.randrange(480))
            self.sell_order(f"114-{2600001 + number}", order, shipped)

    def sell_order(self, order_ref: str, order: list[tuple[str, str, int]], shipped: datetime) -> None:
        sold = (shipped + timedelta(minutes=self.rng.randint(40, 180))).astimezone(UTC)
        total = sum(_PRICE[line, currency] * pieces for line, currency, pieces in order)
        parcel = {"carrier": "Coastline Parcel", "tracking_no": f"CP{self.rng.randrange(10**10):010d}"}
        country = "US" if order[0][1] == "USD" else "CA"
        person = {"buyer_pseudonym": f"b-{self.rng.getrandbits(48):012x}", "country": country}
        for number, (line, currency, pieces) in enumerate(order, 1):
            names = {"order_ref": order_ref, "order_line": number}
            event_id, logistics = f"{order_ref}-{number}", parcel | {"ship_purpose": "sale"}
            ship = self.handle(f"OUT-{event_id}", "SHIP", line, shipped, pieces, logistics=logistics, order=names)
            gross = _PRICE[line, currency] * pieces
            money = {"currency": currency, "gross_minor": gross, "order_gross_minor": total, "payer_type": "consumer"}
            sale = self.post(
                PLATFORM, f"S-{event_id}", "SALE", line, sold, pieces, site=LOS_ANGELES, target=ship,
                money=money | {"date": f"{sold:%Y-%m-%d}"},
                order=names | settlement(currency, sold) | {"channel": f"platform-{country.lower()}"},
                person=person,
            )  # fmt: skip
            self.ledger.sell(sold, currency, gross, pieces)
            if (line, currency) == (LINE_A, "USD"):
                self.lamp_sales.append((sale, sold, pieces))

    def take_back(self) -> None:
        """Twenty lamps come back and are refunded: twelve go to stock again, eight are destroyed."""
        sizes = _RETURNS[0] + _RETURNS[1]
        early = [sale for sale in self.lamp_sales if sale[2] > 1 and sale[1] < datetime(2026, 6, 10, tzinfo=UTC)]
        for number, (pieces, (sale, sold, _)) in enumerate(zip(sizes, self.rng.sample(early, len(sizes)), strict=True)):
            grade = "new" if number < len(_RETURNS[0]) else "scrap"
            day = (sold + timedelta(days=self.rng.randint(8, 18))).date()
            at = datetime.combine(day, time(10, number), PACIFIC)
            paper = {"rma": f"RMA-{number + 1:03d}", "lpn": f"LPN{26040000 + number}"}
            event_id, order = f"{number + 1:03d}", {"order_ref": sale[1]["order"]["order_ref"]}
            self.handle(f"RET-{event_id}", "RETURN_IN", LINE_A, at, pieces, target=sale, logistics=paper, order=order)
            refunded = (at + timedelta(hours=3)).astimezone(UTC)
            refund = _PRICE[LINE_A, "USD"] * pieces
            money = {"currency": "USD", "refund_minor": refund, "date": f"{refunded:%Y-%m-%d}"}
            order |= settlement("USD", refunded)
            self.post(
                PLATFORM, f"R-{event_id}", "REFUND", LINE_A, refunded, 0, site=LOS_ANGELES, target=sale,
                money=money, order=order, logistics={"rma": paper["rma"]},
            )  # fmt: skip
            self.ledger.refund(refunded, "USD", refund)
            if grade == "new":
                at += timedelta(hours=5)
                self.handle(f"REL-{event_id}", "RELEASE", LINE_A, at, pieces, logistics=paper | {"grade": grade})
        at = datetime(2026, 7, 10, 9, 0, tzinfo=PACIFIC)
        certificate = {"certificate_no": "WCF-D-0017", "certificate_on": "2026-07-10"}
        certificate |= {"source_document_hash": source_hash("WCF-D-0017")}
        logistics = {"grade": "scrap", "reason": "returned_broken", "disposition": "destroyed"}
        self.handle("DES-001", "DESTROY", LINE_A, at, sum(_RETURNS[1]), document=certificate, logistics=logistics)

    def count(self) -> None:
        """The stock-take finds three lamps fewer than the book says."""
        at = datetime(2026, 7, 11, 15, 0, tzinfo=PACIFIC)
        paper, goods = {"source_document": "COUNT-2026-07"}, {"sku": GOODS[LINE_A]["sku"], "pieces": 205}
        self.handle("CNT-001", "COUNT", LINE_A, at, 0, document=paper, goods=goods)
        at += timedelta(minutes=20)
        self.handle("LOS-001", "LOSE", LINE_A, at, 3, document=paper, logistics={"reason": "stock_take"})

    def return_to_origin(self) -> None:
        """150 boards go back unsold and enter within six months of their export."""
        bill = {"bill_of_lading": "PBLLAX2607221", "container": "CSQU3054383", "reason": "unsold"}
        at = datetime(2026, 7, 13, 9, 30, tzinfo=PACIFIC)
        self.handle("HLD-001", "HOLD", LINE_B, at, 150, logistics={"reason": "return_to_origin"})
        back = self.handle("RTO-001", "RETURN_ORIGIN", LINE_B, at + timedelta(days=7), 150, logistics=bill)
        document = line_document(LINE_B) | {
            "import_declaration_no": "223320261000765432", "entry_date": "2026-08-28", "entry_mode": "4561",
            "is_original_state": True, "certificate_no": "BS-2026-000815", "certificate_on": "2026-08-20",
        }  # fmt: skip
        at = datetime(2026, 8, 28, 11, 0, tzinfo=BEIJING)
        self.post(GATEWAY, "CUS-ENT-02", "ENTRY", LINE_B, at, 150, target=back, document=document)
