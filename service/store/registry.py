"""Mirrors the registry that lies on chain: parties, sites, line keys, and the entries of every registry book."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select, text

from service.core.chain import RegistryChange
from service.flow.ports import Run
from service.store import schema
from service.store.database import CAPTURE_LOCK, upsert_rows
from service.store.schema import to_signed
from verifier.registry import KeyType


def to_entry(change: RegistryChange) -> dict[str, Any]:
    """The registry entry of a change as a credential carries it (docs/formats.md §6)."""
    fields = change.fields
    match change.name:
        case "PartySet":
            return {"kind": "PARTY", "roles": fields["roles"]}
        case "KeyAdded":
            return {
                "kind": "KEY",
                "key_type": fields["keyType"],
                "key_id": "0x" + fields["keyId"].hex(),
                "valid_from": fields["validFrom"],
                "valid_to": fields["validTo"],
                "is_custodial": fields["isCustodial"],
            }
        case "KeyEnded":
            return {"kind": "KEY_END", "key_id": "0x" + fields["keyId"].hex(), "valid_to": fields["validTo"]}
        case "SiteOpened":
            return {"kind": "SITE", "site": fields["site"]}
    raise ValueError(f"unknown registry change {change.name}")


class RegistryMirror:
    """Writes the mirror in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, changes: Sequence[tuple[Run, RegistryChange]]) -> None:
        """Take over changes with the run of the leaf that recorded each."""
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CAPTURE_LOCK})
        for run, change in changes:
            entry = (to_signed(run.lot), run.first_position, json.dumps(to_entry(change), sort_keys=True))
            upsert_rows(self._connection, "registry_entry", ("book", "position"), ("entry",), [entry])
            self._extend_book(run)
            self._apply(change)

    def forget_unanchored(self) -> None:
        """Drop entries whose leaf the chain lost; they come back when the registrar's transaction does."""
        self._connection.execute(
            text(
                "DELETE FROM registry_entry WHERE NOT EXISTS (SELECT 1 FROM run WHERE run.lot = registry_entry.book "
                "AND registry_entry.position >= run.first_position "
                "AND registry_entry.position < run.first_position + run.count)"
            )
        )

    def _apply(self, change: RegistryChange) -> None:
        fields = change.fields
        if change.name == "PartySet":
            self._keep_name("party", "roles", fields["party"], fields["roles"])
        elif change.name == "SiteOpened":
            self._keep_name("site", "operator", fields["site"], fields["operator"])
        elif change.name == "KeyAdded" and fields["keyType"] == KeyType.LINE:
            upsert_rows(self._connection, "line_key", ("key_id",), ("party",), [(fields["keyId"], fields["party"])])

    def _keep_name(self, table: str, column: str, number: int, value: int) -> None:
        known = schema.metadata.tables[table].c
        name = self._connection.execute(select(known.name).where(known.number == number)).scalar()
        row = (number, name or f"{table} {number}", value)
        upsert_rows(self._connection, table, ("number",), ("name", column), [row])

    def _extend_book(self, run: Run) -> None:
        """The contract wrote into a book: later events take the positions behind."""
        lot = schema.lot.c
        length = self._connection.execute(select(lot.length).where(lot.lot == to_signed(run.lot))).scalar() or 0
        row = (to_signed(run.lot), None, run.lot & 0xFFFFFFFF, 0, max(length, run.length))
        upsert_rows(self._connection, "lot", ("lot",), ("line", "owner", "declared", "length"), [row])
