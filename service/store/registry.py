"""Mirrors the registry that lies on chain: parties, sites, keys, and the entries of every registry book."""

import json
from collections.abc import Iterable, Sequence
from itertools import chain, count
from typing import Any

from sqlalchemy import Connection, select, text, update

from service.core.chain import RegistryChange
from service.flow.ports import Run
from service.store import schema
from service.store.database import CAPTURE_LOCK, upsert_rows
from service.store.schema import to_signed
from verifier.record import BOOK_BIT, REGISTRY_ACCOUNT
from verifier.registry import KeyType

_REGISTRY_TOP = BOOK_BIT >> 32 | REGISTRY_ACCOUNT


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
        self._lock()
        for run, change in changes:
            entry = (to_signed(run.lot), run.first_position, json.dumps(to_entry(change), sort_keys=True))
            upsert_rows(self._connection, "registry_entry", ("book", "position"), ("entry",), [entry])
            self._apply(change)
        self._renumber({run.lot for run, _ in changes})

    def forget_unanchored(self, lots: Iterable[int]) -> None:
        """Drop entries whose leaf the chain lost; they come back when the registrar's transaction does."""
        self._lock()
        self._connection.execute(
            text(
                "DELETE FROM registry_entry WHERE NOT EXISTS (SELECT 1 FROM run WHERE run.lot = registry_entry.book "
                "AND registry_entry.position >= run.first_position "
                "AND registry_entry.position < run.first_position + run.count)"
            )
        )
        self._renumber({lot for lot in lots if lot >> 32 == _REGISTRY_TOP})

    def _lock(self) -> None:
        """Keep captures out: they take positions in the same books."""
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CAPTURE_LOCK})

    def _apply(self, change: RegistryChange) -> None:
        fields = change.fields
        if change.name == "PartySet":
            self._keep_name("party", "roles", fields["party"], fields["roles"])
        elif change.name == "SiteOpened":
            self._keep_name("site", "operator", fields["site"], fields["operator"])
        elif change.name == "KeyAdded" and fields["keyType"] == KeyType.LINE:
            upsert_rows(self._connection, "line_key", ("key_id",), ("party",), [(fields["keyId"], fields["party"])])
        elif change.name == "KeyAdded" and fields["keyType"] == KeyType.BATCH:
            values = ("party", "valid_from", "valid_to", "is_custodial")
            row = (fields["keyId"], *(fields[name] for name in ("party", "validFrom", "validTo", "isCustodial")))
            upsert_rows(self._connection, "batch_key", ("key_id",), values, [row])
        elif change.name == "KeyEnded":
            known = schema.batch_key
            ended = update(known).where(known.c.key_id == fields["keyId"]).values(valid_to=fields["validTo"])
            self._connection.execute(ended)

    def _keep_name(self, table: str, column: str, number: int, value: int) -> None:
        known = schema.metadata.tables[table].c
        name = self._connection.execute(select(known.name).where(known.number == number)).scalar()
        row = (number, name or f"{table} {number}", value)
        upsert_rows(self._connection, table, ("number",), ("name", column), [row])

    def _renumber(self, books: Iterable[int]) -> None:
        """Give the owner's events in registry books the positions that the registrar's entries leave them.

        The registrar writes on chain, past our captures, so the position that an admission was accepted at may be taken
        when it arrives there. What is on chain fills the gaps between the entries, in order; the rest stands behind.
        No event names one in a registry book, so nothing else rests on these positions.
        """
        connection, run, event, entry = self._connection, schema.run.c, schema.event.c, schema.registry_entry.c
        for book in books:
            number = to_signed(book)
            lengths = connection.execute(select(run.first_position + run.count).where(run.lot == number)).scalars()
            length = max(lengths, default=0)
            written = set(connection.execute(select(entry.position).where(entry.book == number)).scalars())
            events = connection.execute(
                select(event.seq, event.position).where(event.lot == number).order_by(event.seq)
            ).all()
            places = chain([place for place in range(length) if place not in written], count(length))
            moves = [(seq, place) for (seq, old), place in zip(events, places, strict=False) if old != place]
            for sign in (-1, 1):  # past each other: (lot, position) is unique at every moment
                for seq, place in moves:
                    moved = (
                        update(schema.event).where(event.seq == seq).values(position=place if sign > 0 else -1 - place)
                    )
                    connection.execute(moved)
            row = (number, None, book & 0xFFFFFFFF, 0, max(length, len(written) + len(events)))
            upsert_rows(connection, "lot", ("lot",), ("line", "owner", "declared", "length"), [row])
