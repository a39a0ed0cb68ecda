"""The declared value of pieces of a lot, in proportion: it explains other figures and never decides one."""

from collections import Counter

from verifier.claims.case import Case, LotStory
from verifier.claims.members import find_currency, find_whole


def declared_fob(case: Case, pieces: dict[int, int]) -> dict[str, int]:
    """Currency → FOB in minor units of so many pieces of each lot, rounded down lot by lot.

    Lots whose DECLARE states no value are left out; WithheldError if one does not show its goods, since the figure
    would otherwise change with what is shown.
    """
    total: Counter[str] = Counter()
    for lot in case.lots:
        found = _fob(lot)
        if found is not None and lot.declared:
            currency, fob = found
            total[currency] += fob * pieces.get(lot.lot, 0) // lot.declared
    return dict(sorted(total.items()))


def _fob(lot: LotStory) -> tuple[str, int] | None:
    """The FOB of the whole line."""
    currency = find_currency(lot.declaration, "goods", "fob_currency")
    fob = find_whole(lot.declaration, "goods", "fob_minor")
    return None if currency is None or fob is None else (currency, fob)
