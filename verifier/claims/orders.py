"""Orders of several lines: each sale carries its share of the order's gross, and the shares never pass it.

A line may be of a lot outside the claim, so shares may stay below the gross; ``in_part`` counts those orders.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from verifier.claims.case import ClaimRefusedError, LotStory, Told
from verifier.claims.members import find_currency, find_text, find_whole


@dataclass(slots=True)
class _Order:
    """What the sales of one order say of it."""

    sales: list[Told] = field(default_factory=list)
    shares: int = 0


class Orders:
    """The orders of a claim. An order counts once, however many lines and lots it has."""

    def __init__(self) -> None:
        self._orders: defaultdict[tuple[int, str], _Order] = defaultdict(_Order)

    def add(self, lot: LotStory, sale: Told, gross: int) -> None:
        """Add a sale with what is left of its gross, in minor units."""
        name = find_text(sale, "order", "order_ref")
        order = self._orders[sale.attester, f"{lot.lot}:{sale.position}" if name is None else f"ref {name}"]
        order.sales.append(sale)
        order.shares += gross

    def count(self) -> int:
        """How many orders there are."""
        return len(self._orders)

    def in_part(self) -> int:
        """Check the shares; how many orders have lines outside the claim.

        Raises ClaimRefusedError: OrderSharesDoNotSum if shares pass the order's gross or its lines disagree on it,
        AmountMissing if an order of several sales does not state it.
        """
        return sum(_check(order) for order in self._orders.values())


def _check(order: _Order) -> bool:
    """Whether the shares stay below the gross of the order."""
    stated = [find_whole(sale, "money", "order_gross_minor") for sale in order.sales]
    first = order.sales[0]
    if None in stated and len(stated) > 1:
        raise ClaimRefusedError(
            "AmountMissing", f"{first} does not state the gross of its order",
            position=first.position, field="money.order_gross_minor",
        )  # fmt: skip
    gross = stated[0]
    if gross is None:
        return False
    currencies = {find_currency(sale, "money", "currency") for sale in order.sales}
    if len(set(stated)) > 1 or len(currencies) > 1 or order.shares > gross:
        raise ClaimRefusedError(
            "OrderSharesDoNotSum", f"the shares of the order of {first} pass its gross, or its lines disagree on it",
            position=first.position, expected=gross, got=order.shares,
        )  # fmt: skip
    return order.shares < gross
