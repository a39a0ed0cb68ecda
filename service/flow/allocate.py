"""allocate: find the lots of events that name none, decide once, and remember what was decided.

A warehouse knows SKU and site, a platform knows the shipment; neither knows the customs line. The rules are in
``service.core.allocation`` and ``service.core.parts``; this file brings in what they need and keeps what they gave.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from service.core.allocation import Allocation, Kit, Part, Stock, is_part_id, take_fifo
from service.core.errors import RefusedError, WaitingError
from service.core.events import EventIn, event_key
from service.core.ledger import Known, Ledger, LotState
from service.core.parts import Piece, Split, split_stock, split_target
from service.core.rows import ROWS, Row
from service.flow.held import to_payload
from service.flow.ports import AllocationRow, Capture
from verifier.canonical import to_base64url
from verifier.kinds import Scope, Site
from verifier.record import lot_to_hex

Name = tuple[int, str]
"""A sender and the id that it gave."""


@lru_cache(10_000)
def sku_place(sku: str) -> str:
    """Where events wait for pieces of a SKU (``service.flow.held``)."""
    return "s:" + to_base64url(hashlib.sha256(sku.encode()).digest()[:16])


def target_place(id_key: bytes) -> str:
    """Where events that name no lot wait for the event under this key."""
    return "t:" + to_base64url(id_key)


def is_bare(event: EventIn) -> bool:
    """Whether an event names no lot."""
    return event.line is None and event.lot is None


class Allocator:
    """The allocations, kits and SKUs of one transaction."""

    def __init__(self, capture: Capture, ledger: Ledger) -> None:
        self._capture = capture
        self._ledger = ledger
        self._found: dict[Name, Allocation] = {}
        self._rows: list[AllocationRow] = []
        self._lots_by_sku: dict[str, set[int]] = {}
        self._kits: dict[str, list[Kit]] = {}

    def __bool__(self) -> bool:
        """Whether any allocation was met."""
        return bool(self._found)

    def load(self, names: Mapping[bytes, Name]) -> dict[bytes, Name]:
        """Bring in the allocations among these names; the names of their parts."""
        parts: dict[bytes, Name] = {}
        for id_key, allocation in self._capture.find_allocations(names).items():
            name = names[id_key]
            self._found[name] = allocation
            parts |= {event_key(name[0], part.event_id): (name[0], part.event_id) for part in allocation.parts}
        return parts

    def load_skus(self, events: Iterable[tuple[int, EventIn]]) -> set[int]:
        """Bring in the kits that events without a lot may speak of; all lots of their SKUs."""
        bare = (event for _, event in events if is_bare(event) and event.target_id is None)
        skus = {sku for event in bare if (sku := (event.goods or {}).get("sku"))} - self._kits.keys()
        if not skus:
            return set()
        self._kits |= {sku: [] for sku in skus}
        for kit in self._capture.find_kits(skus):
            self._kits[kit.sku].append(kit)
        wanted = skus | {sku for name in skus for kit in self._kits[name] for sku, _ in kit.components}
        return self._capture.find_lots_of(wanted)

    def note(self, lot: LotState) -> None:
        """Remember the SKU of a lot that was loaded, declared or amended."""
        if lot.sku is not None:
            self._lots_by_sku.setdefault(lot.sku, set()).add(lot.lot)

    def find(self, name: Name) -> Allocation | None:
        """What an event without a lot became."""
        return self._found.get(name)

    def aim(self, party: int, event: EventIn, lot: int | None) -> EventIn:
        """An event that names its lot, aimed at the part of its target in that lot."""
        if not self._found or event.target_id is None:
            return event
        allocation = self._found.get((event.target_party or party, event.target_id))
        if allocation is None:
            return event
        mine = [part for part in allocation.parts if part.lot == lot] or allocation.parts
        return replace(event, target_id=mine[0].event_id)

    def split(self, party: int, event: EventIn, second: int) -> Split | EventIn:
        """The parts of an event that names no lot, or the event with the lot of its target, or as it was posted.

        ``second`` is its event time. Raises WaitingError with its place, or RefusedError.
        """
        row = ROWS.get(event.kind)
        if row is None or (row.targets and event.target_id is None):
            return event
        if event.target_id is None:
            takes_stock = row.scope is Scope.SITE and not row.is_source_home and row.source == Site.ON_HAND
            return self._from_stock(party, event, row, second) if takes_stock else event
        if event.owner is not None:
            raise RefusedError("Malformed", "owner goes with goods.sku and no target", field="owner", got=event.owner)
        name = (event.target_party or party, event.target_id)
        allocation = self._found.get(name)
        if allocation is not None:
            targets = [self._ledger.known[name[0], part.event_id] for part in allocation.parts]
            return split_target(event, row, party, self._ledger, allocation, targets)
        target = self._ledger.known.get(name)
        if target is None:
            place = target_place(event_key(*name))
            raise WaitingError("TargetUnknown", "the target has not come yet", field="target_id", place=place)
        return replace(event, lot=lot_to_hex(target.lot))

    def _from_stock(self, party: int, event: EventIn, row: Row, second: int) -> Split:
        site, asked = event.site or 0, event.quantity or 0
        sku = (event.goods or {}).get("sku")
        if sku is None:
            raise RefusedError("Malformed", "expected line or lot, or goods.sku", field="line")
        if site not in self._ledger.operators:
            raise RefusedError("LotLedgerUnknownSite", "expected a registered site", field="site", got=site)
        self._ledger.check_signer(party, row, site, 0)
        if asked == 0:
            raise RefusedError("LotLedgerWrongQuantity", "expected 1 piece or more", field="quantity", got=0)
        owner, kit = self._owner_of(event, sku, site, second)
        components = {sku: asked} if kit is None else {name: pieces * asked for name, pieces in kit.components}
        pieces = [
            Piece(name, lot, count)
            for name, wanted in components.items()
            for lot, count in self._take(owner, name, site, wanted)
        ]
        return split_stock(event, self._ledger, pieces, kit)

    def _owner_of(self, event: EventIn, sku: str, site: int, second: int) -> tuple[int, Kit | None]:
        """Whose goods a SKU means at a site, and the kit if it means one."""
        declared = {lot.owner for lot in self._lots_at(sku, site)}
        in_force = self._kits_in_force(sku, second)
        kits = {
            owner: kit
            for owner, kit in in_force.items()
            if any(lot.owner == owner for name, _ in kit.components for lot in self._lots_at(name, site))
        }
        owners = declared | kits.keys() or set(in_force)
        if event.owner is not None:
            owners = {event.owner} & (declared | in_force.keys())
        if len(owners) > 1:
            detail = f"{len(owners)} owners keep this SKU at the site: expected owner"
            raise RefusedError("OwnerAmbiguous", detail, field="owner", owners=len(owners), got=None)
        if not owners:
            detail = "no lot of this SKU was addressed to the site yet"
            raise WaitingError("SkuUnknown", detail, field="goods.sku", place=sku_place(sku))
        (owner,) = owners
        if owner in declared and owner in kits:
            raise RefusedError(
                "SkuAmbiguous", "expected a kit or a declared SKU: it is both", field="goods.sku", got=sku
            )
        return owner, None if owner in declared else in_force[owner]

    def _kits_in_force(self, sku: str, second: int) -> dict[int, Kit]:
        kits: dict[int, Kit] = {}
        for kit in sorted(self._kits.get(sku, ()), key=lambda kit: kit.valid_from):
            if kit.valid_from <= second:
                kits[kit.owner] = kit
        return kits

    def _lots_at(self, sku: str, site: int) -> list[LotState]:
        lots = (self._ledger.lots[lot] for lot in self._lots_by_sku.get(sku, ()))
        return [lot for lot in lots if lot.sku == sku and site in lot.accounts]

    def _take(self, owner: int, sku: str, site: int, asked: int) -> list[tuple[int, int]]:
        lots = [lot for lot in self._lots_at(sku, site) if lot.owner == owner]
        if not lots:
            detail = f"no lot of {sku} was addressed to the site yet"
            raise WaitingError("SkuUnknown", detail, field="goods.sku", place=sku_place(sku))
        on_hand, expected = int(Site.ON_HAND), int(Site.EXPECTED)
        stocks = [Stock(lot.lot, lot.line or "", lot.export_date, lot.accounts[site][on_hand]) for lot in lots]
        available = sum(stock.on_hand for stock in stocks)
        if available >= asked:
            return take_fifo(stocks, asked)
        missing = asked - available
        if sum(lot.accounts[site][expected] for lot in lots) >= missing:
            detail = f"{missing} of {asked} pieces of {sku} have not come yet"
            raise WaitingError("StockNotYetThere", detail, place=sku_place(sku))
        raise RefusedError(
            "LotLedgerInsufficient",
            f"the lanes ON_HAND of {len(lots)} lots hold {available} pieces, {asked} were asked",
            sku=sku,
            site=site,
            lane="ON_HAND",
            available=available,
            asked=asked,
        )

    def keep(self, name: Name, event: EventIn, split: Split, known: Sequence[Known], salts: bytes) -> Allocation:
        """Remember what an event became. ``salts`` are those of its first part."""
        parts = tuple(
            Part(part.event_id, sku, place.lot, place.position, place.quantity)
            for part, sku, place in zip(split.events, split.skus, known, strict=True)
        )
        allocation = Allocation(parts, split.kit, _sameness(event, salts))
        self._found[name] = allocation
        self._rows.append(AllocationRow(event_key(*name), name[0], allocation))
        return allocation

    def save(self) -> None:
        """Write what was decided."""
        if self._rows:
            self._capture.save_allocations(self._rows)


def is_same(event: EventIn, allocation: Allocation, salts: bytes) -> bool:
    """Whether an event is the one that was allocated."""
    return hmac.compare_digest(_sameness(event, salts), allocation.sameness)


def check_id(event_id: str) -> None:
    """Refuse an id of the form that parts have."""
    if "#" in event_id and is_part_id(event_id):
        raise RefusedError(
            "EventIdReserved", "expected an id that does not end in # and digits", field="event_id", got=event_id[:40]
        )


def parts_to_json(allocation: Allocation) -> list[dict[str, object]]:
    """The parts as an answer shows them."""
    return [
        {"event_id": part.event_id, "lot": lot_to_hex(part.lot), "position": part.position, "quantity": part.quantity}
        for part in allocation.parts
    ]


def _sameness(event: EventIn, salts: bytes) -> bytes:
    return hmac.digest(salts, to_payload(event), "sha256")
