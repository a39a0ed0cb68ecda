"""What a claim that rests on sales takes into its set: the sales, and all that lessens or changes what they brought.

Shared by the kinds whose purpose is EXCHANGE or SETTLEMENT. Formats.md §6: every such event up to the anchor belongs to
this claim or to an earlier one, so nothing that lessens a sale can be left out.
"""

from collections.abc import Iterable

from verifier.claims.case import Case, ClaimRefusedError, LotStory, Told
from verifier.claims.members import amount, check_same_attester, find_text
from verifier.kinds import REVERSAL_SUFFIX

SALES = ("SALE", "SALE_AT_EXPORT")
GOODS_BACK = ("RETURN_IN", "RETURNLESS")
CONSUMED = frozenset(
    kind + suffix for kind in (*SALES, *GOODS_BACK, "REFUND", "ADJUST") for suffix in ("", REVERSAL_SUFFIX)
)
"""Sales, and what lessens or changes what they brought."""


def kept(lot: LotStory, sale: Told) -> int:
    """Pieces of a sale that were neither reversed nor came back nor were left to the buyer against a full refund."""
    back = sum(event.quantity - lot.taken_back(event) for event in lot.followers(sale, *GOODS_BACK))
    return sale.quantity - lot.taken_back(sale) - back


def pieces_of(lot: LotStory, taken: Iterable[Told]) -> int:
    """Pieces that the claim holds of a lot: those kept of the sales that it has taken."""
    return sum(kept(lot, event) for event in taken if event.kind in SALES)


def check_consumed(lot: LotStory, taken: list[Told]) -> None:
    """Whatever follows a sale of the claim up to the anchor belongs to the claim too.

    Raises ClaimRefusedError: NotForThisClaim, SaleNotTaken, LeftOut.
    """
    positions = {event.position for event in taken}
    for event in taken:
        if event.kind not in CONSUMED:
            raise ClaimRefusedError("NotForThisClaim", f"{event} has no place in this claim", position=event.position)
        if event.target is not None and event.kind not in SALES and event.target not in positions:
            raise ClaimRefusedError(
                "SaleNotTaken", f"{event} speaks of a sale of another claim", position=event.position
            )
        for follower in lot.followers(event):
            if follower.kind in CONSUMED and follower.position not in positions:
                raise ClaimRefusedError(
                    "LeftOut", f"{follower} follows {event} and is left out", position=follower.position
                )


def left_out(case: Case, lot: LotStory) -> frozenset[int]:
    """Positions that lessen or change what sales of other claims brought: some claim must have consumed them."""
    taken = {event.position for event in case.taken(lot)}
    return frozenset(
        event.position
        for event in lot.events
        if event.kind in CONSUMED and event.kind not in SALES and event.position not in taken
    )


def net_gross(lot: LotStory, sale: Told) -> tuple[str, int]:
    """The currency and what is left of a sale's gross; nothing of one whose pieces were all taken back."""
    currency, gross = amount(sale, "gross_minor")
    if lot.is_taken_back(sale):
        return currency, 0
    reversals = lot.followers(sale, sale.kind + REVERSAL_SUFFIX)
    left = gross - sum(amount(reversal, "gross_minor", currency)[1] for reversal in reversals)
    if left < 0:
        raise ClaimRefusedError(
            "ReversalAboveSale", f"more was taken back of {sale} than it brought",
            position=sale.position, expected=gross, got=gross - left,
        )  # fmt: skip
    return currency, left


def notes_on(lot: LotStory, sale: Told, kind: str) -> list[Told]:
    """The notes of a kind on a sale that stand; who wrote one is who may take it back."""
    found = []
    for note in lot.followers(sale, kind):
        for reversal in lot.followers(note, kind + REVERSAL_SUFFIX):
            check_same_attester(reversal, note)
        if not lot.is_taken_back(note):
            found.append(note)
    return found


def check_shipment(lot: LotStory, sale: Told) -> None:
    """A sale rests on a shipment that left as one. Raises ClaimRefusedError: SaleWithoutShipment, NotASale."""
    ship = lot.events[sale.target] if sale.target is not None else None
    if ship is None or ship.kind != "SHIP":
        raise ClaimRefusedError("SaleWithoutShipment", f"{sale} names no shipment", position=sale.position)
    purpose = find_text(ship, "logistics", "ship_purpose") or "sale"
    if purpose != "sale":
        raise ClaimRefusedError(
            "NotASale", f"{ship} left as {purpose}", position=sale.position, expected="sale", got=purpose
        )


def sold_for(lot: LotStory, sale: Told) -> tuple[str, int]:
    """The currency and what a sale brought: its gross and adjustments less its refunds, in minor units."""
    currency, gross = net_gross(lot, sale)
    adjusted = sum(amount(note, "adjust_minor", currency, is_signed=True)[1] for note in notes_on(lot, sale, "ADJUST"))
    refunded = sum(amount(note, "refund_minor", currency)[1] for note in notes_on(lot, sale, "REFUND"))
    return currency, gross + adjusted - refunded
