"""The busy season: fifty lots, two warehouses, twenty thousand events and more, written as CSV.

    python scripts/season.py --out DIR --seed N --events N

Simulates the warehouses, the platform, the carrier, customs and the exporter day by day and writes one file per sender
and ``expected.json``, the pieces in every lane at the end. Everything posted is acceptable in posted order: what comes
before the event that it rests on is held, and applied when that one comes. The same seed gives the same bytes.
``scripts/csv_events.py`` reads the files.

DECLARE rows carry line signatures only with ``--line-key``; without it, ``demo_events.sign_lines`` adds them.
"""

import argparse
import json
import sys
from collections import Counter
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.csv_events import PARTY_BY_FILE, write_events
from scripts.demo_events import (
    EXPORTER,
    GATEWAY,
    HAMBURG,
    HANSA,
    LOS_ANGELES,
    PLATFORM,
    WEST_COAST,
    line_document,
    sign_lines,
)
from scripts.season_market import Market
from scripts.season_warehouse import Warehouse, announce
from scripts.season_world import (
    LAST_DAY,
    PEAK,
    SALES_FROM,
    TURNS,
    Lot,
    Sku,
    World,
    catalogue,
    container_number,
    make_lots,
)

EVENTS, SEED = 20_000, 7
_ORDERS_PER_EVENT = 0.43
_PIECES_PER_ORDER = 1.52
_SHARE = {LOS_ANGELES: 0.62, HAMBURG: 0.38}
_DUPLICATES = 6
_LATE = {21, 23}
"""Declarations whose first receipts are posted a day late, after shipments out of them."""
_PARTLY_VOID, _MISDIRECTED, _AMENDED = {3, 17}, {8}, {5, 12}
_TRANSFER_DAYS = (date(2026, 4, 21), date(2026, 5, 19))
_TRANSFER_HELD_DAY = date(2026, 6, 9)
_RETURN_DAY, _ENTRY_DAY = date(2026, 5, 27), date(2026, 7, 7)


class Season:
    """The whole play. ``world.rows`` is what was posted and ``world.expected()`` where the pieces are at the end."""

    def __init__(self, seed: int = SEED, events: int = EVENTS) -> None:
        self.world = World(seed)
        self.warehouses = {site: Warehouse(self.world, site) for site in (LOS_ANGELES, HAMBURG)}
        self.market = Market(self.world)
        self.orders = int(events * _ORDERS_PER_EVENT) + 1
        self.skus = catalogue(self.world.rng)
        self.lots = make_lots(self.world.rng, self.skus, self._demand)
        self._weights = {site: self._day_weights(site) for site in self.warehouses}

    def run(self) -> None:
        """Play every day; each party posts in its turn."""
        while self.world.day <= LAST_DAY:
            for party in TURNS:
                self._pace(party)
                self.world.begin_turn(party)
                if party == GATEWAY:
                    self._declare()
                elif party == PLATFORM:
                    self.market.night()
                for site, warehouse in self.warehouses.items():
                    if warehouse.party == party:
                        self._work(site, warehouse)
            self.world.day += timedelta(days=1)
        self._repeat()
        self.world.rows.sort(key=lambda row: row[:2])

    def write(self, folder: Path, line_key: RSAPrivateKey | None = None) -> None:
        """Write the files. What an earlier run left in the folder is overwritten."""
        for name in PARTY_BY_FILE:
            (folder / name).unlink(missing_ok=True)
        steps = [step for _, _, step in self.world.rows]
        if line_key is not None:
            steps = list(sign_lines(line_key, steps))
        posted = [row[0] for row in self.world.rows]
        write_events(folder, ((at, party, event) for at, (party, event) in zip(posted, steps, strict=True)))
        text = json.dumps(self.world.expected(), indent=1, sort_keys=True)
        (folder / "expected.json").write_text(text + "\n", encoding="utf-8")

    def _demand(self, site: int, sku: Sku) -> float:
        weights = sum(other.weight for other in self.skus)
        return self.orders * _SHARE[site] * _PIECES_PER_ORDER * sku.weight / weights

    @staticmethod
    def _day_weights(site: int) -> dict[date, float]:
        """How the orders of a site spread over its days, as a running share from 0 to 1. Nobody ships on Sundays."""
        day, running, weights = SALES_FROM[site], 0.0, {}
        while day <= LAST_DAY:
            running += 0.0 if day.weekday() == 6 else 3.0 if PEAK[0] <= day <= PEAK[1] else 1.0
            weights[day] = running
            day += timedelta(days=1)
        return {day: share / running for day, share in weights.items()}

    def _orders_today(self, site: int) -> int:
        weights, day, orders = self._weights[site], self.world.day, self.orders * _SHARE[site]
        if day not in weights:
            return 0
        return round(orders * weights[day]) - round(orders * weights.get(day - timedelta(days=1), 0.0))

    def _pace(self, party: int) -> None:
        """Spread a party's events over its working day, whatever the size of the season."""
        orders = sum(map(self._orders_today, self.warehouses))
        if party in (WEST_COAST, HANSA):
            self.world.step_seconds[party] = max(1, min(120, 37_800 // (2 * orders + 400)))
        elif party == PLATFORM:
            self.world.step_seconds[party] = max(1, min(60, 4_500 // (orders // 3 + 60)))

    def _work(self, site: int, warehouse: Warehouse) -> None:
        warehouse.routine()
        for _ in range(self._orders_today(site)):
            self.market.order(warehouse)
        if self.world.day in _TRANSFER_DAYS and site == LOS_ANGELES:
            for lot in sorted(warehouse.lots, key=warehouse.holds)[-4:]:
                warehouse.send(self.warehouses[HAMBURG], lot, warehouse.holds(lot) // 5, 26)
        waiting = [(lot, pieces) for lot, pieces in warehouse.limbo.items() if pieces]
        if self.world.day == _TRANSFER_HELD_DAY:
            for lot, pieces in waiting[:1]:
                warehouse.limbo[lot] -= pieces
                warehouse.send(self.warehouses[HAMBURG], lot, pieces, 26, is_held=True)
        if self.world.day == _RETURN_DAY:
            for lot, pieces in waiting[:8]:
                warehouse.limbo[lot] -= pieces
                warehouse.return_to_origin(lot, pieces, _ENTRY_DAY)

    def _declare(self) -> None:
        """Customs accepts the declarations of the day."""
        for place, lot in enumerate(self.lots):
            if lot.declared_on != self.world.day:
                continue
            number, sku = place // 2, lot.sku
            kilograms, minor = sku.grams * lot.declared, sku.fob_usd_minor * lot.declared
            goods = {"sku": sku.code, "gtin": sku.gtin, "name": sku.name, "hs_code": sku.hs_code, "unit": "H87"}
            goods |= {"legal_quantity": f"{kilograms // 1000}.{kilograms % 1000:03d}", "legal_unit": "KGM"}
            declared = {"fob_minor": minor, "fob_currency": "USD", "origin_country": "CN", "is_food": False}
            paper = line_document(lot.line) | {"mode": "9810", "sale_model": "sold_later"}
            paper |= {"declaration_date": f"{lot.declared_on}", "warehouse_order_no": f"HWC{lot.line[8:18]}"}
            groups: dict[str, Any] = {"document": paper, "goods": goods | declared}
            self.world.post(GATEWAY, "CUS-DEC", "DECLARE", lot.line, lot.declared, site=EXPORTER, **groups)
            if number in _PARTLY_VOID:
                self.world.later(1, GATEWAY, partial(self.world.post, GATEWAY, "CUS-VOI", "VOID", lot.line, 10))
            if number in _AMENDED and place % 2:
                dated, hs_code = {"effective_date": f"{lot.departed_on}"}, {"hs_code": sku.hs_code[:6] + "9910"}
                amend = partial(self.world.post, GATEWAY, "CUS-AMD", "AMEND", lot.line, document=dated, goods=hs_code)
                self.world.later(20, GATEWAY, amend)
            self.world.later((lot.departed_on - self.world.day).days, GATEWAY, partial(self._depart, lot))

    def _depart(self, lot: Lot) -> None:
        """Customs confirms the departure; the owner announces the lot, once to the wrong warehouse."""
        number = self.lots.index(lot) // 2
        pieces = self.world.pieces[lot.line, 0, "DECLARED"]
        bill = {"bill_of_lading": f"CGS{lot.line[4:18]}", "container": container_number(260100 + number)}
        document = line_document(lot.line) | {"export_date": f"{lot.departed_on}"}
        self.world.post(GATEWAY, "CUS-DEP", "DEPART", lot.line, pieces, document=document, logistics=bill)
        warehouse, late = self.warehouses[lot.site], number in _LATE
        if number in _MISDIRECTED:
            site = HAMBURG if lot.site == LOS_ANGELES else LOS_ANGELES
            for kind in ("ASN", "ASN_VOID"):
                self.world.post(EXPORTER, "EXP-ASN", kind, lot.line, pieces, site=site, logistics=bill)
        days = self.world.rng.randint(20, 23) if lot.site == LOS_ANGELES else self.world.rng.randint(34, 38)
        announce(warehouse, lot, pieces, days, bill, is_late=late)
        if late:
            self.world.later(days, warehouse.party, partial(self._cross_dock, warehouse, lot))

    def _cross_dock(self, warehouse: Warehouse, lot: Lot) -> None:
        """Orders that were waiting leave as soon as the goods are in, before their receipt is posted."""
        for _ in range(6):
            self.market.order(warehouse, lot)

    def _repeat(self) -> None:
        """A few senders post again what they posted the day before: same id, same payload."""
        own = (WEST_COAST, HANSA, PLATFORM)
        rows = self.world.rng.sample([row for row in self.world.rows if row[2][0] in own], _DUPLICATES)
        for place, (posted, _, step) in enumerate(rows):
            self.world.rows.append((posted + timedelta(days=1), len(self.world.rows) + place, step))


def simulate(seed: int = SEED, events: int = EVENTS) -> Season:
    """Play a season of at least so many events."""
    season = Season(seed, events)
    season.run()
    return season


def main() -> None:
    """Write a season as CSV and say what is in it."""
    parser = argparse.ArgumentParser(description="Simulate the busy season and write it as CSV, one file per sender.")
    parser.add_argument("--out", type=Path, default=Path("var/season"), help="folder for the files (%(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="the same seed gives the same bytes (%(default)s)")
    parser.add_argument("--events", type=int, default=EVENTS, help="events, at the least (%(default)s)")
    parser.add_argument("--line-key", type=Path, help="the gateway's RSA key (PEM), to sign the declared lines")
    options = parser.parse_args()
    line_key = load_pem_private_key(options.line_key.read_bytes(), None) if options.line_key else None
    if line_key is not None and not isinstance(line_key, RSAPrivateKey):
        parser.error("--line-key: expected an RSA private key")
    season = simulate(options.seed, options.events)
    season.write(options.out, line_key)
    kinds = Counter(step[1]["kind"] for _, _, step in season.world.rows)
    print(f"{len(season.world.rows)} rows, {len(season.lots)} lots, in {options.out}")
    print(", ".join(f"{kind} {count}" for kind, count in kinds.most_common()))


if __name__ == "__main__":
    main()
