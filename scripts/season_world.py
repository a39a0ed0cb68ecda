"""What the busy season plays in: goods, declarations, local time, and everything posted.

Fifty lots of twenty goods leave China before the Spring Festival and are sold from March to mid-July 2026, so both
changes to daylight time lie inside. The world moves pieces as events are posted and refuses what would take more
than is there; what it holds at the end is the expected state.
"""

import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.demo_events import (
    BEIJING,
    CARRIER,
    EXPORTER,
    GATEWAY,
    HAMBURG,
    HANSA,
    LOS_ANGELES,
    PLATFORM,
    WEST_COAST,
    Step,
    make_event,
)
from verifier.kinds import CODE_BY_NAME, Home, lanes

FIRST_DAY, LAST_DAY = date(2026, 1, 12), date(2026, 7, 14)
SALES_FROM = {LOS_ANGELES: date(2026, 3, 2), HAMBURG: date(2026, 3, 19)}
PEAK = (date(2026, 6, 22), date(2026, 7, 8))
OPERATOR = {LOS_ANGELES: WEST_COAST, HAMBURG: HANSA}
TURNS = (GATEWAY, EXPORTER, HANSA, WEST_COAST, PLATFORM, CARRIER)
"""Who posts when, day by day: customs and exporter in Beijing's evening, the warehouses of Hamburg and Los Angeles
after work, the platform and the carrier in the night that follows."""
DECLARATIONS = 25
CURRENCIES = {
    LOS_ANGELES: (("USD", 88), ("CAD", 9), ("JPY", 3)),
    HAMBURG: (("EUR", 90), ("GBP", 10)),
}
_MINOR_PER_1000_US_CENTS = {"USD": 1000, "CAD": 1360, "EUR": 920, "GBP": 790, "JPY": 1500}
"""A price of 10.00 dollars in the minor unit of each currency: the yen has no smaller one."""
COUNTRY = {"USD": "US", "CAD": "CA", "JPY": "JP", "EUR": "DE", "GBP": "GB"}
_NAMES = (
    *("camping lamp", "folding chair", "cool box", "garden hose", "picnic rug", "parasol base", "tent peg set"),
    *("headlamp", "hammock", "water bottle", "grill brush", "solar light", "kite", "beach tent", "bike pump"),
    *("pet tent", "fan", "travel pillow", "tool roll", "storage box"),
)


@dataclass(frozen=True, slots=True)
class Sku:
    """One of the goods. Its price is in US cents; ``weight`` says how well it sells."""

    code: str
    gtin: str
    name: str
    hs_code: str
    grams: int
    fob_usd_minor: int
    price_usd_minor: int
    weight: int

    def price(self, currency: str) -> int:
        """Minor units of ``currency`` a piece."""
        return self.price_usd_minor * _MINOR_PER_1000_US_CENTS[currency] // 1000


@dataclass(eq=False, slots=True)
class Lot:
    """A line on its way: where it goes first, and when it left."""

    line: str
    sku: Sku
    declared: int
    site: int
    declared_on: date
    departed_on: date


def check_digit(digits: str) -> str:
    """GS1's modulo-10 check digit."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-weighted % 10)


def container_number(serial: int) -> str:
    """An ISO 6346 container number with its check digit; letters count from 10 and leave out multiples of 11."""
    values = [value for value in range(10, 39) if value % 11]
    text = f"CGSU{serial:06d}"
    numbers = [values[ord(sign) - ord("A")] if sign.isalpha() else int(sign) for sign in text]
    return text + str(sum(number << place for place, number in enumerate(numbers)) % 11 % 10)


def catalogue(rng: random.Random) -> list[Sku]:
    """Twenty goods; 952 is the GS1 prefix for demonstrations."""
    skus = []
    for number, name in enumerate(_NAMES, 1):
        digits, fob = f"95212340{number:04d}", rng.randrange(300, 2500, 5)
        code, hs_code = f"CS-{number:02d}-{name.split()[0].upper()}", f"{rng.randrange(3926, 9506)}{90 * 10**4:06d}"
        price = fob * rng.randrange(22, 32) // 1000 * 100 + 99
        sku = (
            code,
            digits + check_digit(digits),
            name,
            hs_code,
            rng.randrange(80, 4000, 20),
            fob,
            price,
            rng.randint(1, 4),
        )
        skus.append(Sku(*sku))
    return skus


def make_lots(rng: random.Random, skus: list[Sku], demand: Callable[[int, Sku], float]) -> list[Lot]:
    """Twenty-five declarations of two lines, a third more than ``demand(site, sku)`` says will be asked for."""
    sites = [HAMBURG if 10 <= number < 20 else LOS_ANGELES for number in range(DECLARATIONS)]
    pairs = [(sites[number], 2 * number % len(skus) + item) for number in range(DECLARATIONS) for item in (0, 1)]
    lots: list[Lot] = []
    for place, (site, index) in enumerate(pairs):
        number, item = divmod(place, 2)
        declared_on = FIRST_DAY + timedelta(days=number * 31 // (DECLARATIONS - 1))
        left = lots[-1].departed_on if item else declared_on + timedelta(days=rng.randint(2, 4))
        pieces = int(demand(site, skus[index]) * 1.3 / pairs.count((site, index))) + 40
        declaration_no = f"22{33 if number % 3 else 48}20260{1_200_000 + 37 * number:09d}"
        line = f"{declaration_no}-{item + 1:02d}"
        lots.append(Lot(line, skus[index], pieces - pieces % 10, site, declared_on, left))
    return lots


def local_time(site: int, day: date, second: int) -> datetime:
    """A moment of a working day at a warehouse. The clocks change at night, so the day decides the offset."""
    if site == HAMBURG:
        is_summer = _sunday_by(date(day.year, 3, 31)) <= day < _sunday_by(date(day.year, 10, 31))
        offset = 2 if is_summer else 1
    else:
        is_summer = _sunday_by(date(day.year, 3, 14)) <= day < _sunday_by(date(day.year, 11, 7))
        offset = -7 if is_summer else -8
    return datetime.combine(day, time(), timezone(timedelta(hours=offset))) + timedelta(seconds=second)


def _sunday_by(day: date) -> date:
    """The last Sunday up to a day."""
    return day - timedelta(days=(day.weekday() + 1) % 7)


def working_day(party: int, day: date) -> datetime:
    """When a party begins what it does on a day, in the time it writes."""
    if party in (WEST_COAST, HANSA):
        return local_time(LOS_ANGELES if party == WEST_COAST else HAMBURG, day, 8 * 3600)
    if party in (GATEWAY, EXPORTER):
        return datetime.combine(day, time(9), BEIJING)
    return datetime.combine(day + timedelta(days=1), time(5, 45), UTC)


def posting_time(party: int, day: date) -> datetime:
    """When a party posts what it did on a day."""
    if party in (WEST_COAST, HANSA):
        return local_time(LOS_ANGELES if party == WEST_COAST else HAMBURG, day, 19 * 3600)
    if party in (GATEWAY, EXPORTER):
        return datetime.combine(day, time(18 if party == GATEWAY else 19), BEIJING)
    return datetime.combine(day + timedelta(days=1), time(7 if party == PLATFORM else 8), UTC)


class World:
    """The day, what is still to come, everything posted so far, and where each piece is."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.day = FIRST_DAY
        self.rows: list[tuple[datetime, int, Step]] = []
        self.pieces: Counter[tuple[str, int, str]] = Counter()
        self.step_seconds = dict.fromkeys(TURNS, 40)
        self._agenda: dict[tuple[date, int], list[Callable[[], object]]] = defaultdict(list)
        self._clock: dict[tuple[date, int], datetime] = {}
        self._numbers: Counter[str] = Counter()

    def later(self, days: int, party: int, action: Callable[[], object]) -> None:
        """Let a party do something in its turn, so many days from now, at a warehouse not on a Sunday.

        What lies past the last day never happens.
        """
        day = self.day + timedelta(days=days)
        if party in (WEST_COAST, HANSA) and day.weekday() == 6:
            day += timedelta(days=1)
        self._agenda[day, party].append(action)

    def begin_turn(self, party: int) -> None:
        """Let a party do what was put off until today."""
        for action in self._agenda.pop((self.day, party), ()):
            action()

    def now(self, party: int) -> datetime:
        """The next moment of a party's working day."""
        key = self.day, party
        if key not in self._clock:
            self._clock[key] = working_day(party, self.day)
        self._clock[key] += timedelta(seconds=self.rng.randint(1, self.step_seconds[party]))
        return self._clock[key]

    def post(
        self, party: int, prefix: str, kind: str, place: str, quantity: int = 0, *,
        at: datetime | None = None, site: int = 0, delay: int = 0, **rest: Any,
    ) -> Step:  # fmt: skip
        """Make an event, move its pieces, and post it today or, if its sender is late, ``delay`` days on."""
        self._numbers[prefix] += 1
        event_id, at = f"{prefix}-{self._numbers[prefix]:06d}", at or self.now(party)
        step = party, make_event(event_id, kind, place, at, quantity, site=site, by=party, **rest)
        self._move(kind, place, site, quantity)
        self.rows.append((posting_time(party, self.day + timedelta(days=delay)), len(self.rows), step))
        return step

    def _move(self, kind: str, place: str, site: int, quantity: int) -> None:
        source, destination = lanes(CODE_BY_NAME[kind])
        if source is not None:
            key = place, 0 if isinstance(source, Home) else site, source.name
            assert self.pieces[key] >= quantity > 0, f"{kind} of {quantity} from {key}: {self.pieces[key]} there"
            self.pieces[key] -= quantity
        if destination is not None:
            self.pieces[place, 0 if isinstance(destination, Home) else site, destination.name] += quantity

    def expected(self) -> dict[str, dict[str, dict[str, int]]]:
        """line → site → lane → pieces, empty lanes left out; keys are strings, as in JSON."""
        accounts: dict[str, dict[str, dict[str, int]]] = {}
        for (line, site, lane), pieces in sorted(self.pieces.items()):
            if pieces:
                accounts.setdefault(line, {}).setdefault(str(site), {})[lane] = pieces
        return accounts
