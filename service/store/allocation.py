"""Allocations and kits as rows. Neither is ever changed: an allocation is decided once, a kit gets new versions."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from service.core.allocation import Allocation, Kit, Part
from service.flow.ports import AllocationRow
from service.store import schema
from service.store.database import insert_rows, select_in
from verifier.record import lot_from_hex, lot_to_hex

_KIT_QUERY = "SELECT owner, sku, valid_from, components FROM kit WHERE sku IN (:keys)"


def find_allocations(connection: Connection, id_keys: Sequence[bytes]) -> dict[bytes, Allocation]:
    """The allocations under these keys."""
    query = "SELECT id_key, parts, kit, sameness FROM allocation WHERE id_key IN (:keys)"
    return {
        bytes(id_key): Allocation(
            tuple(
                Part(event_id, sku, lot_from_hex(lot), *numbers) for event_id, sku, lot, *numbers in json.loads(parts)
            ),
            None if kit is None else _to_kit(*json.loads(kit)),
            bytes(sameness),
        )
        for id_key, parts, kit, sameness in select_in(connection, query, id_keys)
    }


def save_allocations(connection: Connection, rows: Sequence[AllocationRow]) -> None:
    """Store allocations."""
    insert_rows(connection, "allocation", ("id_key", "party", "parts", "kit", "sameness"), list(map(_from_row, rows)))


def _from_row(row: AllocationRow) -> tuple[Any, ...]:
    parts = [
        (part.event_id, part.sku, lot_to_hex(part.lot), part.position, part.quantity) for part in row.allocation.parts
    ]
    kit = row.allocation.kit
    kit_text = None if kit is None else _dump((kit.owner, kit.sku, kit.valid_from, kit.components))
    return row.id_key, row.party, _dump(parts), kit_text, row.allocation.sameness


def find_kits(connection: Connection, *, skus: Sequence[str]) -> list[Kit]:
    """Every version of the kits of these names, of any owner."""
    rows = select_in(connection, _KIT_QUERY, skus)
    return [_to_kit(owner, sku, valid_from, json.loads(text)) for owner, sku, valid_from, text in rows]


def list_kits(connection: Connection, owner: int) -> list[Kit]:
    """Every version of an owner's kits, by name and time."""
    kit = schema.kit.c
    query = select(kit.owner, kit.sku, kit.valid_from, kit.components).where(kit.owner == owner)
    rows = connection.execute(query.order_by(kit.sku, kit.valid_from))
    return [_to_kit(row.owner, row.sku, row.valid_from, json.loads(row.components)) for row in rows]


def save_kit(connection: Connection, kit: Kit) -> None:
    """Store a version that is not there yet."""
    row = (kit.owner, kit.sku, kit.valid_from, _dump(kit.components))
    insert_rows(connection, "kit", ("owner", "sku", "valid_from", "components"), [row])


def _to_kit(owner: int, sku: str, valid_from: int, components: Sequence[Sequence[Any]]) -> Kit:
    return Kit(owner, sku, valid_from, tuple((name, pieces) for name, pieces in components))


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
