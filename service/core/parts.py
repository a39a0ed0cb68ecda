"""Makes the parts of an event that names no lot: one event for each lot, with its pieces and its share of the money.

Everything else of the event is the same in every part; ``order_gross_minor`` stays that of the whole order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from service.core.allocation import (
    MAX_ALLOCATED_ID,
    MAX_PARTS,
    Allocation,
    Kit,
    count_pieces,
    part_id,
    take_from_parts,
)
from service.core.errors import RefusedError
from service.core.events import EventIn
from service.core.groups import GoodsGroup, MoneyGroup
from service.core.ledger import Known, Ledger, Used
from service.core.rows import Row
from service.core.shares import Worth, split, weights
from verifier.record import lot_to_hex
from verifier.replay import must_share_site


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of an event, each with the SKU that it takes; ``kit`` where the event counts kits."""

    events: list[EventIn]
    skus: list[str]
    kit: Kit | None


@dataclass(frozen=True, slots=True)
class Piece:
    """What one part is to be. ``target`` is the event that it names, of those that its target was split into."""

    sku: str
    lot: int
    quantity: int
    target_id: str | None = None
    target: Known | None = None


def split_stock(event: EventIn, ledger: Ledger, pieces: Sequence[Piece], kit: Kit | None) -> Split:
    """The parts of an event that takes these pieces out of the stock."""
    return _split(event, ledger, pieces, kit, _by_value(ledger, pieces))


def split_target(
    event: EventIn, row: Row, party: int, ledger: Ledger, allocation: Allocation, targets: Sequence[Known]
) -> Split:
    """The parts of an event that names an allocated event; ``targets`` are its parts as they were accepted.

    Raises RefusedError if it may not be signed, does not fit its target, or asks for more than that has left.
    """
    site = event.site or 0
    if targets[0].code not in row.targets:
        raise RefusedError("TargetMismatch", f"expected a {' or '.join(row.target_names)}", field="target_id")
    ledger.check_signer(party, row, site, ledger.lots[targets[0].lot].owner)
    if (event.quantity or 0) > 0 and row.is_movement:
        asked, kit = count_pieces(allocation, _sku(event), event.quantity or 0)
        left = [_left(row, site, target, ledger) for target in targets]
        chosen = take_from_parts(event.kind, allocation.parts, left, asked)
    else:
        kit = allocation.kit
        names = (None, kit.sku) if kit else (None,)
        chosen = [(i, 0) for i, part in enumerate(allocation.parts) if _sku(event) in (*names, part.sku)]
        if not chosen:
            raise RefusedError("TargetMismatch", "the target has no such SKU", field="goods.sku", got=_sku(event))
    pieces = [
        Piece(allocation.parts[i].sku, targets[i].lot, count, allocation.parts[i].event_id, targets[i])
        for i, count in chosen
    ]
    return _split(event, ledger, pieces, kit, _weights(row, ledger, pieces), _most(event, row, ledger, pieces))


def _sku(event: EventIn) -> str | None:
    return (event.goods or {}).get("sku")


def _left(row: Row, site: int, target: Known, ledger: Ledger) -> int:
    """Pieces that an event may still take from a part: what is left of it, and lies in the lane that it takes from."""
    used = ledger.used.get((target.lot, target.position)) or Used()
    left = target.quantity - used.pieces
    if row.source is None or (target.site != site and must_share_site(row.code, target.code)):
        return left
    lanes = ledger.lots[target.lot].accounts.get(row.source_site(site))
    return min(left, lanes[row.source]) if lanes else 0


def _by_value(ledger: Ledger, pieces: Sequence[Piece]) -> list[Fraction]:
    worths = []
    for piece in pieces:
        lot = ledger.lots[piece.lot]
        count = piece.quantity or (piece.target.quantity if piece.target else 0) or 1
        worths.append(Worth(count, lot.declared, lot.fob_minor, lot.fob_currency))
    return weights(worths)


def _weights(row: Row, ledger: Ledger, pieces: Sequence[Piece]) -> list[Fraction]:
    """By declared FOB; a reversal by what its target had, so that a whole one takes back just that."""
    if row.is_reversal:
        amounts = [
            Fraction(piece.target.amount * (piece.quantity or 1), piece.target.quantity or 1)
            for piece in pieces
            if piece.target is not None and piece.target.amount is not None
        ]
        if len(amounts) == len(pieces) and any(amounts):
            return amounts
    return _by_value(ledger, pieces)


def _most(event: EventIn, row: Row, ledger: Ledger, pieces: Sequence[Piece]) -> list[int] | None:
    """What can still be refunded on each part; None where that is not known. The ledger judges the currency."""
    asked = (event.money or {}).get("refund_minor")
    if row.name != "REFUND" or asked is None:
        return None
    most = []
    for piece in pieces:
        target = piece.target
        if target is None or target.amount is None or target.currency != (event.money or {}).get("currency"):
            return None
        used = ledger.used.get((target.lot, target.position)) or Used()
        most.append(target.amount - used.amount)
    if asked > sum(most):
        raise RefusedError(
            "TargetExceeded", "the refunds pass the sale", field="money", available=sum(most), asked=asked
        )
    return most


def _split(
    event: EventIn, ledger: Ledger, pieces: Sequence[Piece], kit: Kit | None, by: Sequence[Fraction],
    most: Sequence[int] | None = None,
) -> Split:  # fmt: skip
    if len(event.event_id) > MAX_ALLOCATED_ID:
        detail = f"expected at most {MAX_ALLOCATED_ID} characters where no lot is named"
        raise RefusedError("Malformed", detail, field="event_id", got=len(event.event_id))
    monies = _monies(event.money, by, most)
    chosen = list(range(len(pieces)))
    if not any(piece.quantity for piece in pieces):
        chosen = [i for i in chosen if _says_something(event.money, monies[i])] or chosen
    if len(chosen) > MAX_PARTS:
        raise RefusedError("TooManyParts", f"expected at most {MAX_PARTS} lots", field="quantity", got=len(chosen))
    events = []
    for number, i in enumerate(chosen, 1):
        piece = pieces[i]
        events.append(
            replace(
                event,
                event_id=part_id(event.event_id, number),
                lot=lot_to_hex(piece.lot),
                quantity=piece.quantity or event.quantity,
                goods=_goods(event.goods, piece.sku),
                money=monies[i],
                target_id=piece.target_id,
                owner=None,
            )
        )
    return Split(events, [pieces[i].sku for i in chosen], kit)


def _goods(goods: GoodsGroup | None, sku: str) -> GoodsGroup | None:
    """The goods of a part: a component of a kit says so."""
    if goods is None or goods.get("sku", sku) == sku:
        return goods
    return {**goods, "sku": sku, "kit_sku": goods["sku"]}


def _monies(
    money: MoneyGroup | None, by: Sequence[Fraction], most: Sequence[int] | None
) -> list[MoneyGroup | None]:  # fmt: skip
    if money is None:
        return [None] * len(by)
    monies: list[MoneyGroup] = [money.copy() for _ in by]
    if "gross_minor" in money:
        for part, share in zip(monies, split(money["gross_minor"], by), strict=True):
            part["gross_minor"] = share
    if "refund_minor" in money:
        for part, share in zip(monies, split(money["refund_minor"], by, most), strict=True):
            part["refund_minor"] = share
    if "adjust_minor" in money:
        for part, share in zip(monies, split(money["adjust_minor"], by), strict=True):
            part["adjust_minor"] = share
    return list(monies)


def _says_something(money: MoneyGroup | None, part: MoneyGroup | None) -> bool:
    """Whether a note has a share in what is split; a note of nothing is not made."""
    if money is None or part is None:
        return True
    shares = [part.get(name) for name in ("refund_minor", "adjust_minor", "gross_minor") if name in money]
    return not shares or any(shares)
