"""On what a manufacturer (免抵退) claims anew: the declared FOB, or one restored from real sales, as dated input.

A trader's base is its cost, whatever the goods brought, so it is asked for nothing. Exchange rates and costs abroad
are the exporter's own word: no event backs them, and the figures say so.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from verifier.claims.case import ClaimRefusedError, Figures, LotStory, Told
from verifier.claims.sales import kept, sold_for
from verifier.claims.settlement_rows import Restored
from verifier.claims.tax_amounts import decimal
from verifier.currencies import MINOR_DIGITS
from verifier.errors import MalformedError
from verifier.record import lot_from_hex, lot_to_hex
from verifier.shapes import integer, members, string

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)
_BASES = ("declared_fob", "restored_fob")


@dataclass(frozen=True, slots=True)
class Base:
    """What the exporter asked for. ``rates``: CNY for one of a currency; ``costs``: lot → fen spent abroad."""

    name: str = "declared_fob"
    rates: dict[str, Fraction] = field(default_factory=dict)
    costs: dict[int, int] = field(default_factory=dict)

    @property
    def is_restored(self) -> bool:
        """Whether the FOB is restored from the sales."""
        return self.name == "restored_fob"

    def figures(self) -> Figures:
        """What rests on the exporter's own word."""
        return {"stated_by_exporter": ["abroad_costs_minor", "exchange_rates"]} if self.is_restored else {}


def parse_base(asked: dict[str, Any]) -> Base:
    """Read what is asked: nothing, or ``{reclaim_base, exchange_rates, rates_on, abroad_costs_minor}``.

    MalformedError for another shape.
    """
    if not asked:
        return Base()
    name = string(asked.get("reclaim_base"), "claim.asked.reclaim_base")
    if name not in _BASES:
        raise MalformedError(f"claim.asked.reclaim_base is not one of {', '.join(_BASES)}")
    needed = ("exchange_rates", "rates_on", "abroad_costs_minor") if name == "restored_fob" else ()
    found = members(asked, "claim.asked", ("reclaim_base", *needed))
    if not needed:
        return Base(name)
    _check_day(string(found["rates_on"], "claim.asked.rates_on"))
    rates = {
        code: decimal(string(rate, f"exchange_rates.{code}"), f"exchange_rates.{code}")
        for code, rate in _object(found["exchange_rates"], "exchange_rates").items()
    }
    costs = {
        lot_from_hex(lot): integer(minor, f"abroad_costs_minor.{lot}")
        for lot, minor in _object(found["abroad_costs_minor"], "abroad_costs_minor").items()
    }
    return Base(name, rates, costs)


def restored_fob(base: Base, lot: LotStory, sold: Sequence[Told]) -> Restored | None:
    """FOB in fen that sales restore: what they brought, at the stated rates, less the stated costs abroad.

    None if none of them was kept. Raises ClaimRefusedError: ExchangeRateMissing, CostsAboveSales.
    """
    pieces = sum(kept(lot, sale) for sale in sold)
    brought: Counter[str] = Counter()
    for sale in sold:
        currency, minor = sold_for(lot, sale)
        brought[currency] += minor
    total = Fraction(0)
    for currency, minor in brought.items():
        rate = Fraction(1) if currency == "CNY" else base.rates.get(currency)
        if rate is None:
            raise ClaimRefusedError(
                "ExchangeRateMissing", f"no rate of {currency} is stated", lot=lot_to_hex(lot.lot), currency=currency
            )
        total += Fraction(minor * 100, 10 ** MINOR_DIGITS.get(currency, 2)) * rate
    total -= base.costs.get(lot.lot, 0)
    if total < 0:
        raise ClaimRefusedError(
            "CostsAboveSales", f"the costs abroad of lot {lot_to_hex(lot.lot)} pass what its sales brought",
            lot=lot_to_hex(lot.lot), expected=int(total) + base.costs.get(lot.lot, 0), got=base.costs.get(lot.lot, 0),
        )  # fmt: skip
    return Restored(total, pieces) if pieces else None


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MalformedError(f"claim.asked.{name} is not an object")
    return value


def _check_day(text: str) -> None:
    try:
        is_day = bool(_DAY.match(text)) and bool(date.fromisoformat(text))
    except ValueError:
        is_day = False
    if not is_day:
        raise MalformedError("claim.asked.rates_on is not a day")
