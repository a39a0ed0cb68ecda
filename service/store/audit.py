"""What an audit reads: segments, runs, tree, events, and what witnesses cosigned. One transaction sees one state."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import NoResultFound

from service.flow.audit_ports import Head, StoredEvent, StoredLot
from service.flow.ports import Run, Segment
from service.store import schema
from service.store import witness_schema as tables
from service.store.database import reading
from service.store.details import Details
from service.store.log import SEGMENT, SqlLog, to_run, to_segment
from service.store.schema import to_signed
from service.store.tiles import Tiles
from service.store.trail import SqlTrail


class SqlAudit:
    """Reads in one transaction."""

    def __init__(self, connection: Connection, details: Details) -> None:
        self._connection = connection
        self._log, self._trail, self._tiles = SqlLog(connection), SqlTrail(connection, details), Tiles(connection)

    def scanned(self) -> tuple[int, bytes | None]:
        """The last block that was read, and its hash."""
        return self._log.scanned_block(), self._log.scanned_hash()

    def tree_size(self) -> int:
        """Number of leaves that were taken over."""
        return self._log.tree_size()

    def segments(self, first_leaf: int, end: int) -> list[Segment]:
        """The segments that begin in a range of leaves."""
        first = schema.segment.c.first_leaf
        query = select(*SEGMENT).where(first >= first_leaf, first < end).order_by(first)
        return [to_segment(row) for row in self._connection.execute(query)]

    def runs(self, first_leaf: int, end: int) -> list[Run]:
        """The runs that begin in a range of leaves, in their order."""
        run = schema.run.c
        query = select(run.lot, run.first_position, run.count, run.first_leaf, run.head)
        query = query.where(run.first_leaf >= first_leaf, run.first_leaf < end).order_by(run.first_leaf)
        return [to_run(row) for row in self._connection.execute(query)]

    def node(self, level: int, number: int) -> bytes | None:
        """The root of a perfect subtree, as it is stored; None if it is not."""
        try:
            return self._tiles.node(level, number)
        except (NoResultFound, IndexError):
            return None

    def cosigned(self, above: int, up_to: int) -> list[Head]:
        """What was cosigned of trees with more than ``above`` and at most ``up_to`` leaves."""
        found = tables.cosignature.c
        columns = (found.witness, found.tree_size, found.root, found.block_number, found.block_hash)
        query = select(*columns).where(found.tree_size > above, found.tree_size <= up_to).order_by(found.tree_size)
        return [
            Head(f"the checkpoint that {witness} cosigned", size, bytes(root), block, bytes(block_hash))
            for witness, size, root, block, block_hash in self._connection.execute(query)
        ]

    def find_lot(self, lot: int) -> StoredLot | None:
        """A lot or book."""
        found = self._trail.find_lot(lot=lot)
        if found is None:
            return None
        return StoredLot(found.length, found.owner, found.declared, found.accounts.to_words())

    def events(self, lot: int, first: int, end: int) -> dict[int, StoredEvent]:
        """The events of a lot by position, from ``first`` on and before ``end``."""
        found = self._trail.events_of(lot, first, end)
        return {event.position: StoredEvent(event.party, event.body, event.disclosures) for event in found}

    def registry_entries(self, book: int) -> dict[int, dict[str, Any]]:
        """What the registrar wrote into a registry book, by position."""
        return self._trail.registry_entries(book)

    def anchored_length(self, lot: int) -> int:
        """How much of a history was read off the chain."""
        run = schema.run.c
        query = select(func.max(run.first_position + run.count)).where(run.lot == to_signed(lot))
        return self._connection.execute(query).scalar_one() or 0


class SqlAuditStore:
    """Opens reads on an engine."""

    def __init__(self, engine: Engine, details: Details) -> None:
        self._engine, self._details = engine, details

    @contextmanager
    def audit(self) -> Iterator[SqlAudit]:
        """One transaction that only reads."""
        with reading(self._engine) as connection:
            yield SqlAudit(connection, self._details)
