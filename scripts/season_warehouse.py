"""A warehouse in the busy season: receipts, shelves, stock-takes, damage, transfers, returns to origin."""

import sys
from collections import Counter
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.demo_events import EXPORTER, GATEWAY, LOS_ANGELES, SEASON_BOOK, Step, source_hash
from scripts.season_world import OPERATOR, Lot, World

_BATCHES = (2, 3, 4)
_DESTROY_DAY, _BILL_DAY, _EXCESS_DAYS = 25, 28, (9, 19)
_STORAGE_MINOR, _DELIVERY_MINOR = 9, 4_25
"""Billed for a piece on the shelf and for a parcel: cents of the warehouse's currency."""


class Warehouse:
    """One site and its operator. ``scrap`` waits for the monthly destruction, ``limbo`` for a decision."""

    def __init__(self, world: World, site: int) -> None:
        self.world = world
        self.site = site
        self.party = OPERATOR[site]
        self.name, self.currency = ("LA", "USD") if site == LOS_ANGELES else ("HH", "EUR")
        self.lots: list[Lot] = []
        self.scrap: Counter[Lot] = Counter()
        self.limbo: Counter[Lot] = Counter()
        self.parcels = 0

    def holds(self, lot: Lot, lane: str = "ON_HAND") -> int:
        """Pieces of a lot in one lane here."""
        return self.world.pieces[lot.line, self.site, lane]

    def handle(self, what: str, kind: str, lot: Lot, pieces: int = 0, **rest: Any) -> Step:
        """Do something with pieces of a lot, and post it."""
        rest = {"goods": {"sku": lot.sku.code}} | rest
        return self.world.post(self.party, f"{self.name}-{what}", kind, lot.line, pieces, site=self.site, **rest)

    def expect(self, lot: Lot, pieces: int, days: int, asn_no: str, *, is_late: bool = False) -> None:
        """Let an announced lot come in, in several batches; ``is_late``: the first is posted a day too late."""
        rng = self.world.rng
        short = rng.randint(1, 4) if pieces > 40 and rng.random() < 0.25 else 0
        damaged = rng.randint(1, 3) if pieces > 40 and rng.random() < 0.2 else 0
        batches = rng.choice(_BATCHES) if pieces > 40 else 1
        if is_late:
            # Two batches a day: the last one, with the shortage, has to lie behind the day that is posted late.
            batches = _BATCHES[-1]
        good = pieces - short - damaged
        for number in range(batches):
            size = good // batches if number else good - good // batches * (batches - 1)
            faults = (short, damaged) if number == batches - 1 else (0, 0)
            batch, delay = {"asn_no": asn_no, "batch_id": f"{asn_no}-{number + 1}"}, int(is_late and number < 2)
            self.world.later(days + number // 2, self.party, partial(self.put_away, lot, size, faults, batch, delay))

    def put_away(self, lot: Lot, size: int, faults: tuple[int, int], batch: dict[str, Any], delay: int) -> None:
        """One batch; ``faults`` are pieces short and damaged. A short lot may first be keyed as full."""
        short, damaged = faults
        if delay:
            # Until the receipt is posted, the service waits only with what leaves the shelf or names its source.
            self.world.later(delay, self.party, lambda: self.shelve(lot))
        else:
            self.shelve(lot)
        paper = {"logistics": batch | {"bin": f"{self.name}-{self.world.rng.randrange(400):03d}"}}
        keyed_wrong = short if self.world.rng.random() < 0.4 else 0
        receipt = self.handle("IN", "RECEIVE", lot, size + keyed_wrong, delay=delay, **paper)
        if keyed_wrong:
            self.handle("IN", "RECEIVE_REVERSAL", lot, keyed_wrong, target=receipt, **paper)
        if short:
            self.handle("IN", "SHORT", lot, short, **paper)
            self.world.later(12, self.party, lambda: self.search(lot, batch))
            self.world.later(40, GATEWAY, lambda: self.void_short(lot))
        if damaged:
            self.handle("IN", "RECEIVE_DAMAGED", lot, damaged, **paper)
            self.limbo[lot] += damaged

    def shelve(self, lot: Lot) -> None:
        """Put a lot where orders and stock-takes find it, in the order of export dates."""
        if lot not in self.lots:
            self.lots.append(lot)
            self.lots.sort(key=lambda known: (known.departed_on, known.line))

    def search(self, lot: Lot, batch: dict[str, Any]) -> None:
        """Now and then a missing carton turns up and is received after all."""
        if self.world.rng.random() < 0.3 and self.holds(lot, "SHORT"):
            self.handle("IN", "FOUND_SHORT", lot, 1, logistics=batch)
            self.handle("IN", "RECEIVE", lot, 1, logistics=batch)

    def void_short(self, lot: Lot) -> None:
        """Customs accepts that some pieces never left."""
        if self.world.rng.random() < 0.3 and (short := self.holds(lot, "SHORT")):
            self.world.post(GATEWAY, "CUS-VOS", "VOID_SHORT", lot.line, short, site=self.site)

    def pick(self, taken: set[str]) -> Lot | None:
        """A lot to sell from: a good by how well it sells, then its oldest lot with stock (FIFO by export date)."""
        by_sku: dict[str, Lot] = {}
        for lot in self.lots:
            if lot.sku.code not in taken and self.holds(lot) and lot.sku.code not in by_sku:
                by_sku[lot.sku.code] = lot
        lots = list(by_sku.values())
        return self.world.rng.choices(lots, [lot.sku.weight for lot in lots])[0] if lots else None

    def any_lot(self, pieces: int) -> Lot | None:
        """Any lot with so many pieces on the shelf."""
        lots = [lot for lot in self.lots if self.holds(lot) >= pieces]
        return self.world.rng.choice(lots) if lots else None

    def inspect(self, lot: Lot, pieces: int, **paper: Any) -> None:
        """Decide about held pieces: back to the shelf, to be destroyed, or not yet known."""
        chance = self.world.rng.random()
        if chance < 0.62:
            logistics = paper.pop("logistics", {}) | {"grade": "new", "disposition": "sellable_accessible"}
            self.handle("REL", "RELEASE", lot, pieces, logistics=logistics, **paper)
        else:
            (self.scrap if chance < 0.9 else self.limbo)[lot] += pieces

    def routine(self) -> None:
        """What happens on a day besides receipts and orders."""
        rng, day = self.world.rng, self.world.day
        if day.day == _DESTROY_DAY:
            self.destroy()
        if day.day == _BILL_DAY:
            self.bill()
        if day.weekday() == 6:
            return
        if rng.random() < 0.2 and (crushed := self.any_lot(3)):
            pieces, reason = rng.randint(1, 3), {"logistics": {"reason": "box_crushed"}}
            self.handle("HLD", "HOLD", crushed, pieces, **reason)
            self.world.later(1, self.party, lambda: self.inspect(crushed, pieces, **reason))
        if rng.random() < 0.2 and (given := self.any_lot(1)):
            self.give(given)
        if day.weekday() == 5:
            for lot in self.lots[day.isocalendar().week % 4 :: 4]:
                self.count(lot)
        if day.day in _EXCESS_DAYS and (mixed := self.any_lot(1)) and rng.random() < 0.5:
            self.over_receive(mixed)

    def give(self, lot: Lot) -> None:
        """A replacement or a sample; some come back."""
        purpose = self.world.rng.choice(("replacement", "replacement", "sample"))
        gift = self.handle("GIV", "GIVE", lot, 1, logistics={"ship_purpose": purpose})
        if self.world.rng.random() < 0.25:
            self.world.later(9, self.party, lambda: self.take_gift_back(lot, gift))

    def take_gift_back(self, lot: Lot, gift: Step) -> None:
        """A gift returned: held until inspected."""
        self.handle("RET", "GIVEN_BACK", lot, 1, target=gift, logistics={"reason": "refused_by_buyer"})
        self.world.later(1, self.party, lambda: self.inspect(lot, 1))

    def count(self, lot: Lot) -> None:
        """A cycle count of one lot: what is missing is lost, and may be found again."""
        rng, on_hand = self.world.rng, self.holds(lot)
        lost = min(on_hand, rng.randint(1, 3)) if rng.random() < 0.12 else 0
        sheet = {"source_document": f"{self.name}-CC-{self.world.day:%Y%m%d}"}
        self.handle("CNT", "COUNT", lot, document=sheet, goods={"sku": lot.sku.code, "pieces": on_hand - lost})
        if lost:
            self.handle("LOS", "LOSE", lot, lost, document=sheet, logistics={"reason": "cycle_count"})
            found = rng.randint(0, lost)
            if found:
                self.world.later(rng.randint(5, 15), self.party, lambda: self.handle("FND", "FIND", lot, found))
        if self.limbo[lot] and rng.random() < 0.1:
            self.limbo[lot] -= 1
            self.handle("LOS", "LOSE_HELD", lot, 1, document=sheet, logistics={"reason": "cycle_count"})
        if rng.random() < 0.05:
            goods = {"sku": lot.sku.code, "kit_sku": f"KIT-{lot.sku.code[-8:]}", "pieces": min(on_hand, 10)}
            self.handle("KIT", "KIT", lot, goods=goods)

    def destroy(self) -> None:
        """The monthly destruction, on one certificate. One lot was keyed wrongly and is keyed again."""
        number = f"{self.name}-D-{self.world.day:%Y%m}"
        certificate = {"certificate_no": number, "certificate_on": f"{self.world.day}"}
        paper = {"document": certificate | {"source_document_hash": source_hash(number)}}
        for place, (lot, pieces) in enumerate((+self.scrap).items()):
            destroyed = self.handle("DES", "DESTROY", lot, pieces, **paper)
            if place == 0:
                self.handle("DES", "DESTROY_REVERSAL", lot, pieces, target=destroyed)
                self.handle("DES", "DESTROY", lot, pieces, **paper)
        self.scrap.clear()

    def over_receive(self, lot: Lot) -> None:
        """Pieces that no notice announced: a note until they are explained, never stock of a lot."""
        goods, days = {"sku": lot.sku.code, "pieces": self.world.rng.randint(1, 3)}, self.world.rng.randint(3, 12)
        prefix = f"{self.name}-EXC"
        excess = self.world.post(self.party, prefix, "EXCESS", SEASON_BOOK, site=self.site, goods=goods)
        reason: dict[str, Any] = {"goods": goods, "logistics": {"reason": "other_sellers_goods"}}
        solved: dict[str, Any] = {"site": self.site, "target": excess} | reason
        self.world.later(
            days, self.party, lambda: self.world.post(self.party, prefix, "EXCESS_SOLVED", SEASON_BOOK, **solved)
        )

    def bill(self) -> None:
        """Storage and delivery, paid by the exporter apart from the proceeds. A wrong delivery fee is credited."""
        day = self.world.day
        fees = {"storage": _STORAGE_MINOR * sum(map(self.holds, self.lots)), "delivery": _DELIVERY_MINOR * self.parcels}
        self.parcels = 0
        for line, (fee_type, fee) in enumerate(fees.items(), 1):
            if fee:
                money = {"currency": self.currency, "date": f"{day}", "fee_type": fee_type, "fee_minor": fee}
                money |= {"bill_no": f"{self.name}-{day:%Y%m}", "bill_line": line, "is_netted": False}
                charged = self.world.post(self.party, f"{self.name}-FEE", "FEE", SEASON_BOOK, money=money)
                if fee_type == "delivery":
                    credit: dict[str, Any] = {"money": money | {"fee_minor": _DELIVERY_MINOR}, "target": charged}
                    self.world.post(self.party, f"{self.name}-FEE", "FEE_CREDIT", SEASON_BOOK, **credit)

    def send(self, other: "Warehouse", lot: Lot, pieces: int, days: int, *, is_held: bool = False) -> None:
        """Transfer pieces; their owner then announces them at the other warehouse. Held ones are never announced."""
        transfer = {"transfer_id": f"TR-{lot.line[-12:]}-{self.world.day:%m%d}", "ship_purpose": "transfer"}
        self.handle("TRF", "TRANSFER_HELD" if is_held else "TRANSFER_OUT", lot, pieces, logistics=transfer)
        if not is_held:
            self.world.later(1, EXPORTER, lambda: announce(other, lot, pieces, days, transfer))

    def return_to_origin(self, lot: Lot, pieces: int, entry: date) -> None:
        """Send held pieces back to China."""
        bill = {"bill_of_lading": f"BACK{self.name}{entry:%m%d}", "reason": "unsold"}
        back = self.handle("RTO", "RETURN_ORIGIN", lot, pieces, logistics=bill)
        self.world.later((entry - self.world.day).days, GATEWAY, lambda: self.enter(lot, pieces, back))

    def enter(self, lot: Lot, pieces: int, back: Step) -> None:
        """Customs lets most of them in."""
        is_entered = self.world.rng.random() < 0.8
        document = {"entry_date": f"{self.world.day}", "entry_mode": "4561", "is_original_state": is_entered}
        document |= {"import_declaration_no": f"{lot.line[:8]}1{lot.line[9:18]}"}
        kind = "ENTRY" if is_entered else "ENTRY_FAILED"
        self.world.post(GATEWAY, "CUS-ENT", kind, lot.line, pieces, target=back, document=document)


def announce(
    warehouse: Warehouse, lot: Lot, pieces: int, days: int, logistics: dict[str, Any], *, is_late: bool = False
) -> None:
    """The owner's notice (ASN), and the receipt that follows it."""
    asn_no = f"ASN-{warehouse.name}-{lot.line[-12:]}-{warehouse.world.day:%m%d}"
    logistics = logistics | {"asn_no": asn_no}
    warehouse.world.post(EXPORTER, "EXP-ASN", "ASN", lot.line, pieces, site=warehouse.site, logistics=logistics)
    warehouse.expect(lot, pieces, days, asn_no, is_late=is_late)
