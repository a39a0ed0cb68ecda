"""The platform in the busy season: orders, sales, refunds, corrections, monthly statements.

What becomes of a parcel and of a sale is drawn once. An order of two lines is always delivered and its price never
corrected, so that the shares of its lines go on summing to its gross.
"""

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.demo_events import CARRIER, PLATFORM, SEASON_ACCOUNT, SEASON_BOOK, Step
from scripts.season_warehouse import Warehouse
from scripts.season_world import COUNTRY, CURRENCIES, Lot, World

_PARCELS = {
    "sold": 967, "reported_late": 10, "undelivered": 7, "sold_undelivered": 3, "voided": 4, "relabelled": 4, "lost": 2,
    "posted_late": 3,
}  # fmt: skip
"""Per mille. ``reported_late``: the sale comes days after; ``posted_late``: the warehouse posts the shipment after the
platform has posted the sale, which is held until then."""
_SALES = {
    "kept": 898, "returned": 60, "returnless": 9, "allowance": 14, "adjusted": 9, "corrected": 6, "returned_first": 4,
}  # fmt: skip
"""Per mille. ``returned_first``: the return is posted before the sale that it names, and held until that comes."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order, allocated to a lot."""

    warehouse: Warehouse
    lot: Lot
    pieces: int
    currency: str
    gross: int
    order_gross: int
    names: dict[str, Any]
    person: dict[str, Any]
    parcel: dict[str, Any]


class Market:
    """The exporter's account at the platform."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.orders = 0
        self.totals: Counter[tuple[str, str]] = Counter()
        self.closing: Counter[str] = Counter()
        self._queue: list[tuple[datetime, int, Callable[[], object]]] = []

    def order(self, warehouse: Warehouse, lot: Lot | None = None) -> None:
        """An order of one line, or sometimes of two, leaves the warehouse; ``lot`` if a certain one was scanned."""
        rng, world = self.world.rng, self.world
        names, weights = zip(*CURRENCIES[warehouse.site], strict=True)
        currency = rng.choices(names, weights)[0]
        picks: list[tuple[Lot, int]] = []
        for _ in range(2 if lot is None and rng.random() < 0.08 else 1):
            found = lot or warehouse.pick({taken.sku.code for taken, _ in picks})
            if found is not None:
                picks.append((found, min(warehouse.holds(found), rng.choices((1, 2, 3, 4), (72, 18, 7, 3))[0])))
        self.orders += 1
        total = sum(found.sku.price(currency) * pieces for found, pieces in picks)
        person = {"buyer_pseudonym": f"b-{rng.getrandbits(48):012x}", "country": COUNTRY[currency]}
        parcel = {"carrier": "Coastline Parcel" if warehouse.name == "LA" else "Nordpaket"}
        parcel |= {"tracking_no": f"{warehouse.name}{rng.randrange(10**10):010d}", "ship_purpose": "sale"}
        at = world.now(warehouse.party)
        for number, (found, pieces) in enumerate(picks, 1):
            order = {"order_ref": f"{COUNTRY[currency]}-{self.orders:07d}", "order_line": number}
            gross = found.sku.price(currency) * pieces
            line = Line(warehouse, found, pieces, currency, gross, total, order, person, parcel)
            self.ship(line, at, "sold" if len(picks) > 1 else _draw(world, _PARCELS))
        warehouse.parcels += bool(picks)

    def ship(self, line: Line, at: datetime, fate: str) -> None:
        """Hand a line to the carrier, and let its fate take its way."""
        warehouse, world, rng = line.warehouse, self.world, self.world.rng
        paper = {"logistics": line.parcel, "order": line.names}
        delay = 1 if fate == "posted_late" else 0
        ship = warehouse.handle("OUT", "SHIP", line.lot, line.pieces, at=at, delay=delay, **paper)
        sold_at = (at + timedelta(seconds=rng.randint(1800, 10800))).astimezone(UTC)
        days = rng.randint(3, 8)
        match fate:
            case "voided":
                reason = {"logistics": line.parcel | {"reason": "cancelled_by_buyer"}, "target": ship}
                warehouse.handle("OUT", "SHIP_VOID", line.lot, line.pieces, **reason)
            case "relabelled":
                warehouse.handle("OUT", "SHIP_REVERSAL", line.lot, line.pieces, target=ship)
                paper["logistics"] = line.parcel | {"tracking_no": line.parcel["tracking_no"] + "R"}
                again = warehouse.handle("OUT", "SHIP", line.lot, line.pieces, **paper)
                self._tonight(world.now(warehouse.party).astimezone(UTC), lambda: self.sell(line, again))
            case "lost":
                world.later(days, CARRIER, lambda: self.fail(line, ship, "LOST_IN_DELIVERY"))
            case "undelivered":
                world.later(days, CARRIER, lambda: self.fail(line, ship, "UNDELIVERED"))
            case "sold_undelivered":
                self._tonight(sold_at, lambda: self.take_sale_back(line, ship, days))
            case "reported_late":
                world.later(rng.randint(1, 3), PLATFORM, lambda: self.sell(line, ship))
            case _:
                self._tonight(sold_at, lambda: self.sell(line, ship, sold_at))

    def _tonight(self, at: datetime, action: Callable[[], object]) -> None:
        self._queue.append((at, len(self._queue), action))

    def night(self) -> None:
        """Post the day's sales in the order in which they were made; close the month on its last day."""
        queue, self._queue = sorted(self._queue, key=lambda sale: sale[:2]), []
        for _, _, action in queue:
            action()
        if (self.world.day + timedelta(days=1)).day == 1:
            for currency in COUNTRY:
                self.close_month(currency)

    def fail(self, line: Line, ship: Step, kind: str) -> None:
        """The carrier loses the parcel or brings it back."""
        site, logistics = line.warehouse.site, {"tracking_no": line.parcel["tracking_no"]}
        self.world.post(
            CARRIER, "CAR", kind, line.lot.line, line.pieces, site=site, target=ship, logistics=logistics
        )  # fmt: skip
        if kind == "UNDELIVERED":
            self.world.later(2, line.warehouse.party, lambda: line.warehouse.inspect(line.lot, line.pieces))

    def take_sale_back(self, line: Line, ship: Step, days: int) -> None:
        """Sold, but never delivered: the sale is reversed before the carrier reports the parcel."""
        sale = self.sell(line, ship, fate="kept")
        self.world.later(days, PLATFORM, lambda: self.reverse(line, sale, line.gross))
        self.world.later(days, CARRIER, lambda: self.fail(line, ship, "UNDELIVERED"))

    def _post(self, what: str, kind: str, line: Line, money: dict[str, Any], pieces: int = 0, **rest: Any) -> Step:
        """An event of the platform about a line; its amount falls into the running month's statement."""
        at = rest.pop("at", None) or self.world.now(PLATFORM)
        money = {"currency": line.currency, "date": f"{at:%Y-%m-%d}"} | money
        order = line.names | {"channel": f"platform-{line.person['country'].lower()}"} | self._account(line.currency)
        order |= rest.pop("order", {})
        return self.world.post(
            PLATFORM,
            what,
            kind,
            line.lot.line,
            pieces,
            at=at,
            site=line.warehouse.site,
            money=money,
            order=order,
            **rest,
        )

    def _account(self, currency: str) -> dict[str, Any]:
        return {"settlement_id": f"STL-{currency}-{self.world.day:%Y-%m}", "platform_account": SEASON_ACCOUNT}

    def sell(
        self, line: Line, ship: Step, at: datetime | None = None, fate: str | None = None, gross: int = -1
    ) -> Step:
        """Post a sale, and let its fate take its way. ``gross`` if it is not the line's: to be corrected later."""
        fate = fate or _draw(self.world, _SALES)
        if fate == "corrected" and line.gross == line.order_gross and gross < 0:
            gross = line.gross + 100
        elif fate == "corrected":
            fate = "kept"
        charged = line.gross if gross < 0 else gross
        total = line.order_gross - line.gross + charged
        money = {"gross_minor": charged, "order_gross_minor": total, "payer_type": "consumer"}
        delay = 12 if fate == "returned_first" else 0
        rest = {"target": ship, "at": at, "delay": delay, "person": line.person}
        sale = self._post("S", "SALE", line, money, line.pieces, **rest)
        self.totals[line.currency, "sales"] += charged
        self._follow(line, sale, ship, fate, charged)
        return sale

    def _follow(self, line: Line, sale: Step, ship: Step, fate: str, charged: int) -> None:
        world, rng, party = self.world, self.world.rng, line.warehouse.party
        match fate:
            case "returned":
                pieces = rng.randint(1, line.pieces)
                world.later(rng.randint(5, 25), party, lambda: self.take_back(line, sale, pieces, rng.randint(1, 3)))
            case "returned_first":
                world.later(rng.randint(5, 9), party, lambda: self.take_back(line, sale, line.pieces, 9))
            case "returnless":
                world.later(rng.randint(3, 15), PLATFORM, lambda: self.let_keep(line, sale))
            case "allowance":
                part = max(1, charged * rng.randint(1, 3) // 10)
                world.later(rng.randint(2, 20), PLATFORM, lambda: self.refund(line, sale, part))
            case "adjusted":
                change = rng.choice((-1, 1)) * max(1, charged // 20)
                world.later(rng.randint(1, 6), PLATFORM, lambda: self.adjust(line, sale, change))
            case "corrected":
                world.later(1, PLATFORM, lambda: self.correct(line, sale, ship, charged))

    def take_back(self, line: Line, sale: Step, pieces: int, days: int) -> None:
        """Goods come back to the lot they left, and are refunded; the decision about them follows."""
        rma = {"rma": f"RMA-{sale[1]['event_id'][2:]}", "reason": "changed_mind"}
        logistics = rma | {"lpn": f"LPN{line.warehouse.name}{self.world.rng.randrange(10**8):08d}"}
        rest: dict[str, Any] = {"target": sale, "logistics": logistics, "order": line.names}
        line.warehouse.handle("RET", "RETURN_IN", line.lot, pieces, **rest)
        amount = line.gross * pieces // line.pieces
        self._tonight(
            self.world.now(PLATFORM), lambda: self.refund(line, sale, amount, is_checked=False, logistics=rma)
        )
        party, inspected = line.warehouse.party, {"logistics": {"lpn": logistics["lpn"]}}
        self.world.later(days, party, lambda: line.warehouse.inspect(line.lot, pieces, **inspected))

    def refund(self, line: Line, sale: Step, amount: int, is_checked: bool = True, **rest: Any) -> Step:
        """Money back. Some refunds are keyed wrongly, reversed the next day and made again."""
        is_wrong = not is_checked and amount > 1 and self.world.rng.random() < 0.04
        paid = amount // 2 if is_wrong else amount
        refund = self._post("R", "REFUND", line, {"refund_minor": paid}, target=sale, **rest)
        self.totals[line.currency, "refunds"] += paid
        if is_wrong:
            self.world.later(1, PLATFORM, lambda: self.refund_again(line, sale, refund, amount, paid))
        return refund

    def refund_again(self, line: Line, sale: Step, refund: Step, amount: int, paid: int) -> None:
        """The correction of a refund: its reversal and a new one."""
        self._post("R", "REFUND_REVERSAL", line, {"refund_minor": paid}, target=refund)
        self.totals[line.currency, "refunds"] -= paid
        self.refund(line, sale, amount)

    def let_keep(self, line: Line, sale: Step) -> None:
        """All the money back, and the buyer keeps the goods; now and then they come back all the same."""
        self.refund(line, sale, line.gross)
        site, world, warehouse = line.warehouse.site, self.world, line.warehouse
        rest: dict[str, Any] = {"site": site, "target": sale, "order": line.names}
        kept = world.post(PLATFORM, "K", "RETURNLESS", line.lot.line, line.pieces, **rest)
        if world.rng.random() < 0.2:
            world.later(8, warehouse.party, lambda: warehouse.handle("RET", "GIVEN_BACK", line.lot, 1, target=kept))
            world.later(9, warehouse.party, lambda: warehouse.inspect(line.lot, 1))

    def adjust(self, line: Line, sale: Step, change: int) -> None:
        """A later change of the price."""
        self._post("A", "ADJUST", line, {"adjust_minor": change}, target=sale)
        self.totals[line.currency, "adjustments"] += change

    def reverse(self, line: Line, sale: Step, charged: int) -> None:
        """Take a whole sale back."""
        self._post("S", "SALE_REVERSAL", line, {"gross_minor": charged}, line.pieces, target=sale)
        self.totals[line.currency, "sales"] -= charged

    def correct(self, line: Line, sale: Step, ship: Step, charged: int) -> None:
        """A wrong price: the sale is reversed and made again."""
        self.reverse(line, sale, charged)
        self.sell(line, ship, fate="kept")

    def close_month(self, currency: str) -> None:
        """Commission, then the statement: what is not below zero is paid out."""
        period = {"period_from": f"{self.world.day.replace(day=1)}", "period_to": f"{self.world.day}"}
        sales, refunds, adjustments = (
            self.totals.pop((currency, what), 0) for what in ("sales", "refunds", "adjustments")
        )
        if not sales:
            return
        common = {"currency": currency, "date": f"{self.world.day}"} | period
        account, fee = self._account(currency), max(0, sales - refunds) * 15 // 100
        bill = {"fee_type": "commission", "fee_minor": fee, "bill_no": f"C-{currency}-{self.world.day:%Y%m}"}
        bill |= {"bill_line": 1, "is_netted": True}
        self.world.post(PLATFORM, "F", "FEE", SEASON_BOOK, money=common | bill, order=account)
        opening = self.closing[currency]
        balance = opening + sales - refunds + adjustments - fee
        payout = max(0, balance)
        self.closing[currency] = balance - payout
        money = {"opening_minor": opening, "sales_minor": sales, "refunds_minor": refunds, "fees_minor": fee}
        money |= {"adjustments_minor": adjustments, "payout_minor": payout, "closing_minor": balance - payout}
        self.world.post(PLATFORM, "STL", "PLATFORM_STATEMENT", SEASON_BOOK, money=common | money, order=account)


def _draw(world: World, per_mille: dict[str, int]) -> str:
    return world.rng.choices(list(per_mille), list(per_mille.values()))[0]
