"""Reads for people and proofs: lots, trails, batches, checkpoints, registry books. One transaction sees one state."""

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, or_, select

from service.core.allocation import Allocation, Kit
from service.flow.claim_ports import HeldNote
from service.flow.ports import Batch, Run, Segment
from service.store import schema
from service.store.allocation import find_allocations, list_kits
from service.store.database import reading
from service.store.details import Details
from service.store.log import BATCH, SEGMENT, to_batch, to_run, to_segment
from service.store.schema import from_signed, to_signed
from service.store.tiles import Tiles
from verifier.lanes import LotAccounts, from_account_word
from verifier.record import lot_to_hex


@dataclass(frozen=True, slots=True)
class LotView:
    """A lot as far as it was accepted. ``length`` counts the accepted events of its history."""

    lot: int
    line: str | None
    owner: int
    declared: int
    length: int
    accounts: LotAccounts


@dataclass(frozen=True, slots=True)
class LotEntry:
    """A lot in a list. ``sku`` and ``export_date`` as its DECLARE and DEPART name them; None if they do not."""

    lot: int
    line: str
    owner: int
    declared: int
    sku: str | None
    export_date: str | None


@dataclass(frozen=True, slots=True)
class EventView:
    """An accepted event. In ``disclosures`` the slots of erased groups are empty; None once all were erased."""

    seq: int
    lot: int
    position: int
    party: int
    kind: int
    received_at: int
    body: bytes
    disclosures: bytes | None


_EVENT = [
    schema.event.c[name] for name in ["seq", "lot", "position", "party", "kind", "received_at", "body", "disclosures"]
]


class SqlTrail:
    """Reads in one transaction."""

    def __init__(self, connection: Connection, details: Details) -> None:
        self._connection = connection
        self._details = details
        self._tiles = Tiles(connection)

    def find_lot(self, *, line: str | None = None, lot: int | None = None) -> LotView | None:
        """A lot by its line or its number, with its accounts."""
        known = schema.lot.c
        condition = known.line == line if lot is None else known.lot == to_signed(lot)
        row = self._connection.execute(select(schema.lot).where(condition)).first()
        if row is None:
            return None
        accounts = select(schema.account.c.site, schema.account.c.word).where(schema.account.c.lot == row.lot)
        by_site = {
            site: from_account_word(int.from_bytes(word, "big")) for site, word in self._connection.execute(accounts)
        }
        number = from_signed(row.lot)
        return LotView(number, row.line, row.owner, row.declared, row.length, LotAccounts(number, by_site))

    def list_lots(self, owner: int | None, sites: Collection[int], first: int, limit: int) -> list[LotEntry]:
        """The declared lots of an owner (None: of all), and those that were sent to one of these sites, by line."""
        lot = schema.lot.c
        query = select(lot.lot, lot.line, lot.owner, lot.declared, lot.sku, lot.export_date)
        query = query.where(lot.line.is_not(None), lot.declared > 0)
        if owner is not None:
            sent = select(schema.account.c.lot).where(schema.account.c.site.in_(sites))
            query = query.where(or_(lot.owner == owner, lot.lot.in_(sent)) if sites else lot.owner == owner)
        rows = self._connection.execute(query.order_by(lot.line).offset(first).limit(limit))
        return [LotEntry(from_signed(number), *rest) for number, *rest in rows]

    def find_event(self, id_key: bytes) -> EventView | None:
        """An accepted event by its key."""
        row = self._connection.execute(select(*_EVENT).where(schema.event.c.id_key == id_key)).first()
        return None if row is None else self._to_events([row])[0]

    def find_allocation(self, id_key: bytes) -> Allocation | None:
        """What an event became that named no lot, by the key of its own id."""
        return find_allocations(self._connection, [id_key]).get(id_key)

    def kits_of(self, owner: int) -> list[Kit]:
        """Every version of an owner's kits, by name and time."""
        return list_kits(self._connection, owner)

    def find_held(self, id_key: bytes, now: int) -> dict[str, Any] | None:
        """A held event, or how its waiting ended: the code of its refusal, or ``Expired``."""
        held = schema.held.c
        row = self._connection.execute(
            select(held.code, held.received_at, held.expires_at, held.ended_code).where(held.id_key == id_key)
        ).first()
        if row is None:
            return None
        is_expired = row.ended_code is None and row.expires_at <= now
        return {**row._mapping, "ended_code": "Expired" if is_expired else row.ended_code}

    def held_on(self, lots: Sequence[int], now: int) -> list[HeldNote]:
        """Events that still wait in these lots, of parties that have a part in them: no stranger holds up a claim."""
        held, event = schema.held.c, schema.event.c
        found = []
        for number in lots:
            lot = self.find_lot(lot=number)
            places = [lot_to_hex(number), *([] if lot is None or lot.line is None else [lot.line])]
            involved = select(event.party).where(event.lot == to_signed(number))
            query = select(held.party, held.code).where(
                held.waits_on.in_(places), held.ended_code.is_(None), held.expires_at > now, held.party.in_(involved)
            )
            found += [HeldNote(number, party, code) for party, code in self._connection.execute(query)]
        return found

    def events_of(self, lot: int, first: int = 0, last: int = 2**31 - 1) -> list[EventView]:
        """The events of a lot at positions first to last (excluded), in order."""
        event = schema.event.c
        query = select(*_EVENT).where(event.lot == to_signed(lot), event.position >= first, event.position < last)
        return self._to_events(self._connection.execute(query.order_by(event.position)).all())

    def _to_events(self, rows: Sequence[Row[Any]]) -> list[EventView]:
        stored = [None if row.disclosures is None else bytes(row.disclosures) for row in rows]
        opened = self._details.open(self._connection, stored)
        return [_to_event(row, shown) for row, shown in zip(rows, opened, strict=True)]

    def runs_of(self, lot: int) -> list[Run]:
        """Which leaves the positions of a lot are, in order."""
        run = schema.run.c
        query = select(run.lot, run.first_position, run.count, run.first_leaf, run.head)
        rows = self._connection.execute(query.where(run.lot == to_signed(lot)).order_by(run.first_position))
        return [to_run(row) for row in rows]

    def leaf_of(self, lot: int, position: int) -> int | None:
        """The leaf index of an event, or None while it is not on chain."""
        run = schema.run.c
        query = select(run.first_position, run.count, run.first_leaf).where(
            run.lot == to_signed(lot), run.first_position <= position
        )
        row = self._connection.execute(query.order_by(run.first_position.desc()).limit(1)).first()
        if row is None or position >= row.first_position + row.count:
            return None
        return int(row.first_leaf) + position - int(row.first_position)

    def registry_entries(self, book: int) -> dict[int, dict[str, Any]]:
        """What the registrar wrote into a registry book, by position."""
        entry = schema.registry_entry.c
        rows = self._connection.execute(select(entry.position, entry.entry).where(entry.book == to_signed(book)))
        return {position: json.loads(text) for position, text in rows}

    def segment_of(self, leaf: int) -> Segment | None:
        """The segment that a leaf lies in."""
        first = schema.segment.c.first_leaf
        row = self._connection.execute(select(*SEGMENT).where(first <= leaf).order_by(first.desc()).limit(1)).first()
        return None if row is None else to_segment(row)

    def last_segment(self) -> Segment | None:
        """The newest segment: its root is the tree head at the end of its block."""
        return self.segment_of(2**62)

    def find_batch(self, number: int) -> tuple[Batch, int | None, str | None] | None:
        """A batch with the block it lies in and the contract's reason if it was refused."""
        batch = schema.batch.c
        query = select(*BATCH, batch.block_number, batch.failure).where(batch.number == number)
        row = self._connection.execute(query).first()
        return None if row is None else (to_batch(row[:-2]), row.block_number, row.failure)  # type: ignore[arg-type]

    def batch_of(self, seq: int) -> int | None:
        """The number of the batch that an accepted event was sealed in."""
        chunk = schema.chunk.c
        query = select(chunk.batch).where(chunk.first_seq <= seq).order_by(chunk.first_seq.desc()).limit(1)
        return self._connection.execute(query).scalar_one_or_none()

    def node(self, level: int, number: int) -> bytes:
        """The root of a perfect subtree of the tree."""
        return self._tiles.node(level, number)

    def find_api_key(self, key_hash: bytes) -> Any:
        """An API key that was not ended (roles, verbs, valid_until) with number and roles of its party."""
        key, party = schema.api_key.c, schema.party.c
        query = (
            select(party.number, party.roles.label("party_roles"), key.roles, key.verbs, key.valid_until)
            .join(schema.api_key, key.party == party.number)
            .where(key.key_hash == key_hash, key.ended_at.is_(None))
        )
        return self._connection.execute(query).first()

    def roles_of(self, number: int) -> int:
        """The roles of a party; none if there is no such party."""
        query = select(schema.party.c.roles).where(schema.party.c.number == number)
        return self._connection.execute(query).scalar_one_or_none() or 0

    def is_admitted(self, owner: int, party: int) -> bool:
        """Whether an owner has admitted a party."""
        admission = schema.admission.c
        query = select(admission.is_admitted).where(admission.owner == owner, admission.party == party)
        return bool(self._connection.execute(query).scalar_one_or_none())

    def owners_who_admitted(self, party: int) -> set[int]:
        """The owners that have admitted a party."""
        admission = schema.admission.c
        query = select(admission.owner).where(admission.party == party, admission.is_admitted)
        return set(self._connection.execute(query).scalars())

    def sites(self) -> dict[int, tuple[str, int]]:
        """Name and operator of every site."""
        return {row.number: (row.name, row.operator) for row in self._connection.execute(select(schema.site))}

    def sites_of(self, operator: int) -> set[int]:
        """The sites that a party operates."""
        return set(
            self._connection.execute(select(schema.site.c.number).where(schema.site.c.operator == operator)).scalars()
        )

    def parties(self) -> dict[int, str]:
        """Name of every party."""
        return {row.number: row.name for row in self._connection.execute(select(schema.party))}

    def counts(self, now: int) -> dict[str, int]:
        """How much lies at each station of the way."""
        chunk, batch, held = schema.chunk.c, schema.batch.c, schema.held.c
        one = self._connection.execute
        last = self.last_segment()
        return {
            "accepted": one(select(func.coalesce(func.max(schema.event.c.seq), 0))).scalar_one(),
            "held": one(select(func.count()).where(held.ended_code.is_(None), held.expires_at > now)).scalar_one(),
            "unsealed": one(select(func.coalesce(func.sum(chunk.count), 0)).where(chunk.batch.is_(None))).scalar_one(),
            "pending_batches": one(select(func.count()).where(batch.block_number.is_(None))).scalar_one(),
            "failed_batches": one(select(func.count()).where(batch.failure.is_not(None))).scalar_one(),
            "tree_size": 0 if last is None else last.first_leaf + last.count,
        }


class SqlTrailStore:
    """Opens reads on an engine."""

    def __init__(self, engine: Engine, details: Details) -> None:
        self._engine = engine
        self._details = details

    @contextmanager
    def trail(self) -> Iterator[SqlTrail]:
        """One transaction that only reads."""
        with reading(self._engine) as connection:
            yield SqlTrail(connection, self._details)


def _to_event(row: Row[Any], disclosures: bytes | None) -> EventView:
    return EventView(
        row.seq, from_signed(row.lot), row.position, row.party, row.kind, row.received_at, bytes(row.body), disclosures
    )
