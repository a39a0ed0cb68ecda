"""The store's side of the access log: appends entries to the chains of their owners, closes days, reads both."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select, update

from service.core.access_entry import Entry, Leaf
from service.store import access_schema as tables
from service.store.database import insert_rows, reading, select_in, upsert_rows, writing
from verifier.access_log import START

ACCESS_LOCK = 0x63616E6B
"""Key of the advisory lock that writers of the access log take on PostgreSQL: chains grow one entry after the other."""
_ENTRY = ("owner", "seq", "at", "reader", "credential", "kind", "resource", "verb", "head")


class SqlAccessLog:
    """One transaction over the access log."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def heads(self, owners: Sequence[int]) -> dict[int, tuple[int, bytes]]:
        """(length, head) of the chains of these owners, as far as they have one."""
        query = "SELECT owner, length, head FROM access_head WHERE owner IN (:keys)"
        return {owner: (length, bytes(head)) for owner, length, head in select_in(self._connection, query, owners)}

    def append(self, entries: Sequence[tuple[Entry, bytes]]) -> None:
        """Store entries, each with the head after it, in the order of their chains."""
        rows = [
            (
                entry.owner,
                entry.seq,
                entry.at,
                entry.reader,
                entry.credential,
                entry.kind,
                entry.resource,
                entry.verb,
                head,
            )
            for entry, head in entries
        ]
        insert_rows(self._connection, "access_entry", _ENTRY, rows)
        newest = {entry.owner: (entry.owner, entry.seq + 1, head) for entry, head in entries}
        upsert_rows(self._connection, "access_head", ("owner",), ("length", "head"), list(newest.values()))

    def length_of(self, owner: int) -> tuple[int, bytes]:
        """Length and head of an owner's chain."""
        return self.heads([owner]).get(owner, (0, START))

    def entries_of(self, owner: int, first: int, limit: int) -> list[Entry]:
        """The entries of an owner from ``first`` on."""
        found = tables.access_entry.c
        query = select(tables.access_entry).where(found.owner == owner, found.seq >= first)
        return [_to_entry(row) for row in self._connection.execute(query.order_by(found.seq).limit(limit))]

    def head_before(self, owner: int, seq: int) -> bytes:
        """The head of a chain before an entry."""
        found = tables.access_entry.c
        query = select(found.head).where(found.owner == owner, found.seq == seq - 1)
        head = self._connection.execute(query).scalar_one_or_none()
        return START if head is None else bytes(head)

    # -- days

    def all_heads(self) -> list[Leaf]:
        """Every chain as it is now, by owner."""
        found = tables.access_head.c
        rows = self._connection.execute(select(found.owner, found.length, found.head).order_by(found.owner))
        return [Leaf(owner, length, bytes(head)) for owner, length, head in rows]

    def last_day(self) -> str | None:
        """The newest day that was closed."""
        return self._connection.execute(select(func.max(tables.access_day.c.day))).scalar_one()

    def leaves_of(self, day: str) -> list[Leaf]:
        """The chains as they were when a day was closed, by owner."""
        found = tables.access_leaf.c
        query = select(found.owner, found.length, found.head).where(found.day == day).order_by(found.owner)
        return [Leaf(owner, length, bytes(head)) for owner, length, head in self._connection.execute(query)]

    def close_day(self, day: str, root: bytes, leaves: Sequence[Leaf], now: int) -> None:
        """Keep what a day commits to, before it is posted."""
        rows = [(day, leaf.owner, leaf.length, leaf.head) for leaf in leaves]
        insert_rows(self._connection, "access_leaf", ("day", "owner", "length", "head"), rows)
        insert_rows(self._connection, "access_day", ("day", "root", "closed_at"), [(day, root, now)])

    def days_to_post(self) -> list[tuple[str, bytes, int]]:
        """(day, root, when it was closed) of the days that were closed and not posted yet, oldest first."""
        found = tables.access_day.c
        query = select(found.day, found.root, found.closed_at).where(found.posted_at.is_(None)).order_by(found.day)
        return [(day, bytes(root), closed_at) for day, root, closed_at in self._connection.execute(query)]

    def note_posted(self, day: str, now: int) -> None:
        """A day's event was accepted."""
        found = tables.access_day
        self._connection.execute(update(found).where(found.c.day == day).values(posted_at=now))

    def days_of(self, owner: int, first: int, last: int) -> list[tuple[str, bytes, Leaf]]:
        """(day, root, leaf) of the days that closed an owner's chain at a length from ``first`` to ``last``."""
        day, leaf = tables.access_day.c, tables.access_leaf.c
        query = (
            select(day.day, day.root, leaf.owner, leaf.length, leaf.head)
            .join(tables.access_leaf, leaf.day == day.day)
            .where(leaf.owner == owner, leaf.length >= first, leaf.length <= last)
            .order_by(day.day)
        )
        return [
            (row.day, bytes(row.root), Leaf(row.owner, row.length, bytes(row.head)))
            for row in self._connection.execute(query)
        ]


class SqlAccessStore:
    """Opens transactions on an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def write(self) -> Iterator[SqlAccessLog]:
        """One transaction that writes; writers come one after the other."""
        with writing(self._engine, ACCESS_LOCK) as connection:
            yield SqlAccessLog(connection)

    @contextmanager
    def view(self) -> Iterator[SqlAccessLog]:
        """One transaction that only reads."""
        with reading(self._engine) as connection:
            yield SqlAccessLog(connection)


def _to_entry(row: Row[Any]) -> Entry:
    return Entry(row.owner, row.seq, row.at, row.reader, row.credential, row.kind, row.resource, row.verb)
