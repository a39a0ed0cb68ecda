"""The store's side of the worker: batches, segments, runs and tree, in one transaction at a time."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, select, text, update

from service.core.chain import RegistryChange
from service.flow.ports import Batch, Chunk, OwnSignature, RegistryTx, Run, Segment
from service.store import schema
from service.store.database import insert_rows, reading, select_in, writing
from service.store.registry import RegistryMirror
from service.store.schema import from_signed, to_signed
from service.store.tiles import Tiles
from verifier.registry import REGISTRAR_PARTY

WORKER_LOCK = 0x63616E69
_BATCH_COLUMNS = [
    "number",
    "party",
    "nonce",
    "deadline",
    "signature",
    "records",
    "first_leaf",
    "tx_nonce",
    "tx_hash",
    "raw_tx",
    "sealed_at",
    "lane",
]
BATCH = [schema.batch.c[name] for name in _BATCH_COLUMNS]
CHUNK = [
    schema.chunk.c[name]
    for name in (
        "first_seq",
        "party",
        "count",
        "received_at",
        "records",
        "lane",
        "nonce",
        "deadline",
        "signature",
        "failure",
    )
]
_SEGMENT_COLUMNS = ["first_leaf", "count", "party", "root", "tx_hash", "block_number", "block_hash", "block_time"]
SEGMENT = [schema.segment.c[name] for name in _SEGMENT_COLUMNS]


def to_batch(row: Row[tuple[object, ...]]) -> Batch:
    """A batch from a row of ``_BATCH_COLUMNS``."""
    return Batch(*(bytes(value) if isinstance(value, memoryview) else value for value in row))  # type: ignore[arg-type]


def to_chunk(row: Any) -> Chunk:
    """A chunk from a row of ``CHUNK``."""
    own = None if row.lane is None else OwnSignature(row.lane, row.nonce, row.deadline, bytes(row.signature))
    return Chunk(row.first_seq, row.party, row[2], row.received_at, bytes(row.records), own, row.failure)


def to_segment(row: Row[tuple[object, ...]]) -> Segment:
    """A segment from a row of ``_SEGMENT_COLUMNS``."""
    return Segment(*(bytes(value) if isinstance(value, memoryview) else value for value in row))  # type: ignore[arg-type]


def to_run(row: Any) -> Run:
    """A run from a row of lot, first_position, count, first_leaf, head."""
    lot, first_position, count, first_leaf, head = row
    return Run(from_signed(lot), first_position, count, first_leaf, bytes(head))


class SqlLog:
    """One transaction of the worker."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tiles = Tiles(connection)

    # -- batches

    def unsealed_chunks(self, limit: int) -> list[Chunk]:
        """Chunks that are in no batch yet, oldest first."""
        chunk = schema.chunk.c
        query = select(*CHUNK).where(chunk.batch.is_(None)).order_by(chunk.first_seq).limit(limit)
        return [to_chunk(row) for row in self._connection.execute(query)]

    def last_batch(self) -> Batch | None:
        """The newest batch."""
        row = self._connection.execute(select(*BATCH).order_by(schema.batch.c.number.desc()).limit(1)).first()
        return None if row is None else to_batch(row)

    def next_nonce(self, party: int) -> int | None:
        """The nonce after the party's newest batch of our signing; None if it has none."""
        batch = schema.batch.c
        query = select(func.max(batch.nonce)).where(batch.party == party, batch.lane == 0)
        newest = self._connection.execute(query).scalar_one()
        return None if newest is None else newest + 1

    def save_batches(self, batches: Sequence[Batch], chunks: Sequence[tuple[int, int]]) -> None:
        """Store signed batches, and which chunk (first_seq) went into which batch."""
        insert_rows(self._connection, "batch", _BATCH_COLUMNS, [_to_row(batch) for batch in batches])
        statement = update(schema.chunk).where(schema.chunk.c.first_seq == text(":seq")).values(batch=text(":number"))
        self._connection.execute(statement, [{"seq": seq, "number": number} for seq, number in chunks])

    def replace_batches(self, batches: Sequence[Batch]) -> None:
        """Store batches signed anew under their old numbers."""
        for batch in batches:
            values = dict(zip(_BATCH_COLUMNS[1:], _to_row(batch)[1:], strict=True))
            self._connection.execute(
                update(schema.batch).where(schema.batch.c.number == batch.number).values(**values, failure=None)
            )

    def count_pending(self, up_to: int | None = None) -> int:
        """How many batches are not on chain; only those with a number up to ``up_to`` if it is given."""
        batch = schema.batch.c
        query = select(func.count()).where(batch.block_number.is_(None))
        if up_to is not None:
            query = query.where(batch.number <= up_to)
        return int(self._connection.execute(query).scalar_one())

    def pending_batches(self, after: int, limit: int) -> list[Batch]:
        """Batches with a number above ``after`` that are not on chain, in order."""
        query = (
            select(*BATCH)
            .where(schema.batch.c.block_number.is_(None), schema.batch.c.number > after)
            .order_by(schema.batch.c.number)
            .limit(limit)
        )
        return [to_batch(row) for row in self._connection.execute(query)]

    def save_registry_txs(self, txs: Sequence[RegistryTx], now: int) -> None:
        """Store signed registry transactions before any of them is sent. ``now`` orders them, in nanoseconds."""
        rows = [(tx.tx_hash, tx.raw_tx, now + number) for number, tx in enumerate(txs)]
        insert_rows(self._connection, "registry_tx", ("tx_hash", "raw_tx", "sent_at"), rows)

    def pending_registry_txs(self) -> list[RegistryTx]:
        """Registry transactions that are not on chain and not refused, in the order of signing."""
        known = schema.registry_tx.c
        query = select(known.tx_hash, known.raw_tx, known.first_leaf)
        query = query.where(known.block_number.is_(None), known.failure.is_(None)).order_by(known.sent_at)
        return [RegistryTx(bytes(row[0]), bytes(row[1]), row[2]) for row in self._connection.execute(query)]

    def fail_registry_tx(self, tx_hash: bytes, reason: str) -> None:
        """Note that a registry transaction will never be on chain."""
        known = schema.registry_tx
        self._connection.execute(update(known).where(known.c.tx_hash == tx_hash).values(failure=reason))

    def registry_tx_outcome(self, tx_hash: bytes) -> str | None:
        """None while a registry transaction is under way, empty once it is on chain, else why it failed."""
        known = schema.registry_tx.c
        query = select(known.block_number, known.failure).where(known.tx_hash == tx_hash)
        block_number, failure = self._connection.execute(query).one()
        return failure or ("" if block_number is not None else None)

    def fail_batch(self, number: int, reason: str) -> None:
        """Note why the contract refuses a batch."""
        self._connection.execute(update(schema.batch).where(schema.batch.c.number == number).values(failure=reason))

    def failed_batch(self) -> tuple[int, str] | None:
        """A batch that the contract refuses, and why: it stops the line until someone looks."""
        query = select(schema.batch.c.number, schema.batch.c.failure).where(schema.batch.c.failure.is_not(None))
        row = self._connection.execute(query.limit(1)).first()
        return None if row is None else (row[0], row[1])

    def unseal_batches(self, numbers: Sequence[int], reason: str) -> None:
        """Make chunks of batches again. The first is one that its party must sign anew, for a reason."""
        chunk, batch = schema.chunk, schema.batch
        self._connection.execute(update(chunk).where(chunk.c.batch == numbers[0]).values(failure=reason))
        self._connection.execute(update(chunk).where(chunk.c.batch.in_(numbers)).values(batch=None))
        self._connection.execute(delete(batch).where(batch.c.number.in_(numbers)))

    # -- the chain's own order

    def scanned_block(self) -> int:
        """The last block whose logs were taken over."""
        return int(self._connection.execute(select(schema.log_state.c.scanned_block)).scalar_one())

    def first_block(self) -> int:
        """The block in which the contract was deployed."""
        return int(self._connection.execute(select(schema.log_state.c.first_block)).scalar_one())

    def scanned_hash(self) -> bytes | None:
        """The hash of that block; None before the first."""
        found = self._connection.execute(select(schema.log_state.c.scanned_hash)).scalar_one()
        return None if found is None else bytes(found)

    def set_scanned_block(self, number: int, block_hash: bytes | None) -> None:
        """Move the mark."""
        self._connection.execute(update(schema.log_state).values(scanned_block=number, scanned_hash=block_hash))

    def last_segment(self, before_leaf: int | None = None) -> Segment | None:
        """The newest segment, or the newest that begins before a leaf."""
        query = select(*SEGMENT).order_by(schema.segment.c.first_leaf.desc()).limit(1)
        if before_leaf is not None:
            query = query.where(schema.segment.c.first_leaf < before_leaf)
        row = self._connection.execute(query).first()
        return None if row is None else to_segment(row)

    def tree_size(self) -> int:
        """Number of leaves taken over."""
        last = self.last_segment()
        return 0 if last is None else last.first_leaf + last.count

    def tree_node(self, level: int, number: int) -> bytes:
        """The root of a perfect subtree."""
        return self._tiles.node(level, number)

    def append_leaves(self, size: int, leaves: Sequence[bytes]) -> None:
        """Put leaves into the tree."""
        self._tiles.append(size, leaves)

    def last_runs(self, lots: Iterable[int]) -> dict[int, Run]:
        """The newest run of each lot that has one."""
        query = (
            "SELECT r.lot, r.first_position, r.count, r.first_leaf, r.head FROM run r JOIN "
            "(SELECT lot, max(first_position) AS newest FROM run WHERE lot IN (:keys) GROUP BY lot) n "
            "ON r.lot = n.lot AND r.first_position = n.newest"
        )
        rows = select_in(self._connection, query, [to_signed(lot) for lot in lots])
        return {run.lot: run for run in map(to_run, rows)}

    def save_segments(self, segments: Sequence[Segment], records: Sequence[bytes], runs: Sequence[Run]) -> None:
        """Store what was read off the chain, and mark our batches among it. ``records`` are those of each segment."""
        insert_rows(
            self._connection,
            "segment",
            _SEGMENT_COLUMNS,
            [tuple(getattr(segment, name) for name in _SEGMENT_COLUMNS) for segment in segments],
        )
        insert_rows(
            self._connection,
            "run",
            ("lot", "first_position", "count", "first_leaf", "head"),
            [(to_signed(run.lot), run.first_position, run.count, run.first_leaf, run.head) for run in runs],
        )
        for segment, content in zip(segments, records, strict=True):
            self._connection.execute(
                update(schema.registry_tx)
                .where(schema.registry_tx.c.tx_hash == segment.tx_hash)
                .values(block_number=segment.block_number, first_leaf=segment.first_leaf, failure=None)
            )
            self._mark_batch(segment, content)

    def _mark_batch(self, segment: Segment, records: bytes) -> None:
        """The batch that a segment is. If it was signed anew meanwhile, the older transaction counts as well."""
        batch = schema.batch.c
        values = {"block_number": segment.block_number, "first_leaf": segment.first_leaf, "failure": None}
        marked = update(schema.batch).where(batch.tx_hash == segment.tx_hash).values(**values)
        if self._connection.execute(marked).rowcount == 0 and segment.party != REGISTRAR_PARTY:
            older = update(schema.batch).where(
                batch.block_number.is_(None), batch.party == segment.party, batch.records == records
            )
            self._connection.execute(older.values(**values, tx_hash=segment.tx_hash))

    def save_changes(self, changes: Sequence[tuple[Run, RegistryChange]]) -> None:
        """Mirror registry changes: who is who, and the entry that a credential shows for the leaf."""
        if changes:
            RegistryMirror(self._connection).save(changes)

    def forget_from(self, leaf: int, block: int, block_hash: bytes | None) -> None:
        """Take back everything from a leaf on: the chain lost it. Batches and registry changes are pending again."""
        connection = self._connection
        runs = connection.execute(select(schema.run.c.lot).where(schema.run.c.first_leaf >= leaf)).scalars()
        lost = [from_signed(lot) for lot in runs]
        connection.execute(delete(schema.segment).where(schema.segment.c.first_leaf >= leaf))
        connection.execute(delete(schema.run).where(schema.run.c.first_leaf >= leaf))
        for table in (schema.registry_tx, schema.batch):
            connection.execute(update(table).where(table.c.first_leaf >= leaf).values(block_number=None))
        RegistryMirror(connection).forget_unanchored(lost)
        self.set_scanned_block(block, block_hash)


class SqlLogStore:
    """Opens worker transactions on an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def log(self) -> Iterator[SqlLog]:
        """One serialised transaction."""
        with writing(self._engine, WORKER_LOCK) as connection:
            yield SqlLog(connection)

    @contextmanager
    def view(self) -> Iterator[SqlLog]:
        """One transaction that only reads."""
        with reading(self._engine) as connection:
            yield SqlLog(connection)


def _to_row(batch: Batch) -> tuple[object, ...]:
    return tuple(getattr(batch, name) for name in _BATCH_COLUMNS)
