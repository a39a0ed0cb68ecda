"""Witnesses and their cosignatures. One transaction sees one state."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, and_, func, insert, select, text, update

from service.flow.ports import Segment
from service.store import schema
from service.store import witness_schema as tables
from service.store.database import reading, upsert_rows, writing
from service.store.log import SEGMENT, to_segment
from service.store.tiles import Tiles
from verifier.checkpoint import Checkpoint, Signature

LOCK = 0x63616E77
_ANCHOR = text("INSERT INTO anchor (block_number) VALUES (:block) ON CONFLICT DO NOTHING")


class SqlWitnesses:
    """Reads and writes in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tiles = Tiles(connection)

    # -- the tree

    def segment_at(self, block: int | None) -> Segment | None:
        """The last segment of a block, None if no leaves were recorded in it; without a block the newest."""
        query = select(*SEGMENT).order_by(schema.segment.c.first_leaf.desc()).limit(1)
        if block is not None:
            query = query.where(schema.segment.c.block_number == block)
        row = self._connection.execute(query).first()
        return None if row is None else to_segment(row)

    def segments_from(self, leaf: int, limit: int) -> list[Segment]:
        """The segment that a leaf lies in, and those behind it."""
        first = schema.segment.c.first_leaf
        own = select(func.max(first)).where(first <= leaf).scalar_subquery()
        query = select(*SEGMENT).where(first >= own).order_by(first).limit(limit)
        return [to_segment(row) for row in self._connection.execute(query)]

    def node(self, level: int, number: int) -> bytes:
        """The root of a perfect subtree of the tree."""
        return self._tiles.node(level, number)

    # -- witnesses

    def witnesses(self) -> dict[str, str]:
        """The keys of the witnesses in force, by name."""
        found = tables.witness.c
        query = select(found.name, found.key).where(found.ended_at.is_(None)).order_by(found.name)
        return {row.name: row.key for row in self._connection.execute(query)}

    def find_witness(self, name: str) -> tuple[str, int | None] | None:
        """Key and end of a witness."""
        found = tables.witness.c
        row = self._connection.execute(select(found.key, found.ended_at).where(found.name == name)).first()
        return None if row is None else (row.key, row.ended_at)

    def add_witness(self, name: str, key: str) -> None:
        """Take cosignatures of a key from now on."""
        self._connection.execute(insert(tables.witness).values(name=name, key=key))

    def end_witness(self, name: str, now: int) -> None:
        """Take no more cosignatures of a witness; those that it made stay."""
        known = tables.witness
        self._connection.execute(update(known).where(known.c.name == name).values(ended_at=now))

    # -- cosignatures

    def cosignatures(self, checkpoint: Checkpoint) -> tuple[Signature, ...]:
        """Who cosigned this very checkpoint, by name."""
        found = tables.cosignature.c
        is_same = and_(
            found.block_hash == checkpoint.block_hash,
            found.block_number == checkpoint.block_number,
            found.tree_size == checkpoint.tree_size,
            found.root == checkpoint.root,
        )
        query = select(found.witness, found.signature).where(is_same).order_by(found.witness)
        return tuple(Signature(name, bytes(data)) for name, data in self._connection.execute(query))

    def save_cosignatures(self, checkpoint: Checkpoint, signatures: Sequence[Signature]) -> None:
        """Keep cosignatures of a checkpoint; a later one of the same witness takes the place of the earlier."""
        head = (checkpoint.block_number, checkpoint.tree_size, checkpoint.root)
        upsert_rows(
            self._connection,
            "cosignature",
            ("block_hash", "witness"),
            ("block_number", "tree_size", "root", "signature"),
            [(checkpoint.block_hash, signature.name, *head, signature.data) for signature in signatures],
        )

    def wanted(self, name: str, limit: int) -> list[int]:
        """Blocks that credentials are anchored at and a witness has not cosigned as they are now, newest first."""
        anchor, cosigned, segment = tables.anchor.c, tables.cosignature.c, schema.segment.c
        is_done = select(cosigned.witness).where(
            cosigned.block_hash == segment.block_hash, cosigned.witness == name
        )  # fmt: skip
        query = (
            select(anchor.block_number)
            .distinct()
            .join(schema.segment, segment.block_number == anchor.block_number)
            .where(~is_done.exists())
            .order_by(anchor.block_number.desc())
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

    def save_anchor(self, block: int) -> None:
        """Note that a credential is anchored at a block."""
        save_anchor(self._connection, block)


def save_anchor(connection: Connection, block: int) -> None:
    """Note that a credential is anchored at a block. Repeating changes nothing."""
    connection.execute(_ANCHOR, {"block": block})


class SqlWitnessStore:
    """Opens transactions on an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def witnesses(self) -> Iterator[SqlWitnesses]:
        """One serialised transaction."""
        with writing(self._engine, LOCK) as connection:
            yield SqlWitnesses(connection)

    @contextmanager
    def view(self) -> Iterator[SqlWitnesses]:
        """One transaction that only reads."""
        with reading(self._engine) as connection:
            yield SqlWitnesses(connection)
