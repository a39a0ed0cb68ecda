"""Splits an amount over parts: by weight, largest remainder first, so that the parts sum to it to the minor unit.

The weights of an order's parts are their declared FOB values, since those are what customs knows of their worth
(docs/specification.md §5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Worth:
    """What one part counts: ``pieces`` of a lot that was declared with ``declared`` pieces and this FOB in all."""

    pieces: int
    declared: int
    fob_minor: int | None
    fob_currency: str | None


def weights(parts: Sequence[Worth]) -> list[Fraction]:
    """The declared FOB of each part; the pieces alone where one FOB is not known, or they are in several currencies."""
    currencies = {part.fob_currency for part in parts}
    if len(currencies) == 1 and all(part.fob_minor and part.declared for part in parts):
        return [Fraction((part.fob_minor or 0) * part.pieces, part.declared) for part in parts]
    return [Fraction(part.pieces) for part in parts]


def split(amount: int, by: Sequence[Fraction], most: Sequence[int] | None = None) -> list[int]:
    """Shares of a signed amount, in proportion and exact in sum.

    What the fractions leave goes to the largest of them, of equal ones to the earlier. ``most`` says what each part can
    take at most: what passes it goes to the others, the earlier first. Together they must be able to take the amount.
    """
    if amount < 0:
        return [-share for share in split(-amount, by, most)]
    total = sum(by)
    if total == 0:
        by, total = [Fraction(1)] * len(by), Fraction(len(by))
    exact = [amount * weight / total for weight in by]
    shares = [int(value) for value in exact]
    order = sorted(range(len(by)), key=lambda i: (shares[i] - exact[i], i))
    for i in order[: amount - sum(shares)]:
        shares[i] += 1
    return shares if most is None else _within(shares, most)


def _within(shares: Sequence[int], most: Sequence[int]) -> list[int]:
    cut = [min(share, limit) for share, limit in zip(shares, most, strict=True)]
    rest = sum(shares) - sum(cut)
    for i, limit in enumerate(most):
        more = min(rest, limit - cut[i])
        cut[i] += more
        rest -= more
    if rest:
        raise ValueError(f"the parts cannot take {rest} of {sum(shares)}")
    return cut
