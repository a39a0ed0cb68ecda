"""The store's side of ``receive``: loads what a group of events touches, saves what it changed, in one transaction."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, select, text

from service.core.allocation import Allocation, Kit
from service.core.ledger import Known, Ledger, LotState, Used
from service.flow.ports import AllocationRow, Chunk, EventRow, HeldRow
from service.store import schema
from service.store.allocation import find_allocations, find_kits, save_allocations, save_kit
from service.store.custody import OwnBatches
from service.store.database import CAPTURE_LOCK, insert_rows, reading, select_in, upsert_rows, writing
from service.store.details import Details
from service.store.schema import from_signed, to_signed
from verifier.lanes import from_account_word, to_account_word

_EVENT_COLUMNS = [
    "seq", "id_key", "lot", "position", "party", "kind", "site", "quantity", "target", "event_time", "received_at",
    "amount", "currency", "body", "disclosures", "order_subject", "person_subject",
]  # fmt: skip
_LOT_COLUMNS = (
    "lot",
    "owner",
    "line",
    "declared",
    "length",
    "sku",
    "export_date",
    "fob_minor",
    "fob_currency",
)
_CHUNK_COLUMNS = ("first_seq", "party", "count", "received_at", "records", "lane", "nonce", "deadline", "signature")
_HELD_COLUMNS = ("id_key", "party", "waits_on", "code", "payload", "received_at", "expires_at")
_HELD_QUERY = (
    "SELECT id_key, party, waits_on, code, payload, received_at, expires_at FROM held WHERE ended_code IS NULL AND "
)


class SqlCapture(OwnBatches):
    """One capture transaction."""

    def __init__(self, connection: Connection, details: Details) -> None:
        self._connection = connection
        self._details = details

    def load_registry(self) -> Ledger:
        """An empty working set that knows the parties, the sites and who admitted whom."""
        connection = self._connection
        admitted = select(schema.admission.c.owner, schema.admission.c.party).where(schema.admission.c.is_admitted)
        return Ledger(
            roles={row.number: row.roles for row in connection.execute(select(schema.party))},
            operators={row.number: row.operator for row in connection.execute(select(schema.site))},
            admissions={(row.owner, row.party) for row in connection.execute(admitted)},
        )

    def next_seq(self) -> int:
        """The sequence number that the next accepted event gets."""
        return int(self._connection.exec_driver_sql("SELECT coalesce(max(seq), 0) + 1 FROM event").scalar_one())

    def find_lines(self, lines: Iterable[str]) -> dict[str, int]:
        """Lots of the lines that are declared."""
        rows = select_in(self._connection, "SELECT line, lot FROM lot WHERE line IN (:keys)", list(lines))
        return {line: from_signed(lot) for line, lot in rows}

    def load_lots(self, lots: Iterable[int]) -> list[LotState]:
        """The lots and books that exist, with all their accounts."""
        keys = [to_signed(lot) for lot in lots]
        query = f"SELECT {', '.join(_LOT_COLUMNS)} FROM lot WHERE lot IN (:keys)"  # noqa: S608 - names of our own
        states = {
            row[0]: LotState(from_signed(row[0]), row[1], row[2], row[3], row[4], {}, row[5], row[6], row[7], row[8])
            for row in select_in(self._connection, query, keys)
        }
        query = "SELECT lot, site, word FROM account WHERE lot IN (:keys)"
        for lot, site, word in select_in(self._connection, query, keys):
            states[lot].accounts[site] = from_account_word(int.from_bytes(word, "big"))
        return list(states.values())

    def find_events(self, id_keys: Iterable[bytes]) -> dict[bytes, Known]:
        """The accepted events among these."""
        query = (
            "SELECT id_key, lot, position, kind, site, quantity, target, event_time, amount, currency "
            "FROM event WHERE id_key IN (:keys)"
        )
        return {
            bytes(row[0]): Known(from_signed(row[1]), *row[2:])
            for row in select_in(self._connection, query, list(id_keys))
        }

    def find_sealed(self, id_keys: Iterable[bytes]) -> dict[bytes, tuple[bytes, bytes | None]]:
        """Body and disclosures of accepted events; slots are empty, or all of it None, once erased."""
        query = "SELECT id_key, body, disclosures FROM event WHERE id_key IN (:keys)"
        rows = select_in(self._connection, query, list(id_keys))
        opened = self._details.open(self._connection, [None if row[2] is None else bytes(row[2]) for row in rows])
        return {bytes(key): (bytes(body), shown) for (key, body, _), shown in zip(rows, opened, strict=True)}

    def find_used(self, places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Used]:
        """What was used of the events at these (lot, position)."""
        wanted = set(places)
        rows = select_in(
            self._connection,
            "SELECT lot, position, pieces, amount FROM used WHERE (lot, position) IN (VALUES :keys)",
            [(to_signed(lot), position) for lot, position in wanted],
        )
        return {(from_signed(lot), position): Used(pieces, amount) for lot, position, pieces, amount in rows}

    def find_held(self, id_keys: Iterable[bytes], now: int) -> dict[bytes, HeldRow]:
        """The events among these that wait and have not expired."""
        rows = select_in(self._connection, _HELD_QUERY + "id_key IN (:keys)", list(id_keys))
        return {held.id_key: held for held in map(_to_held, rows) if held.expires_at > now}

    def waiting_on(self, keys: Iterable[str], now: int) -> list[HeldRow]:
        """Events that wait on these lots or lines and have not expired, oldest first."""
        rows = select_in(self._connection, _HELD_QUERY + "waits_on IN (:keys)", list(keys))
        held = [row for row in map(_to_held, rows) if row.expires_at > now]
        return sorted(held, key=lambda row: row.received_at)

    def is_target_awaited(self) -> bool:
        """Whether any event that names no lot waits for its target."""
        query = "SELECT 1 FROM held WHERE waits_on >= 't:' AND waits_on < 't;' AND ended_code IS NULL LIMIT 1"
        return self._connection.exec_driver_sql(query).first() is not None

    def find_allocations(self, id_keys: Iterable[bytes]) -> dict[bytes, Allocation]:
        """What the events among these became that named no lot."""
        return find_allocations(self._connection, list(id_keys))

    def find_kits(self, skus: Iterable[str]) -> list[Kit]:
        """Every version of the kits of these names, of any owner."""
        return find_kits(self._connection, skus=list(skus))

    def find_lots_of(self, skus: Iterable[str]) -> set[int]:
        """The lots of these SKUs."""
        rows = select_in(self._connection, "SELECT lot FROM lot WHERE sku IN (:keys)", list(skus))
        return {from_signed(lot) for (lot,) in rows}

    def save_kit(self, kit: Kit) -> None:
        """Store a version of a kit that is not there yet."""
        save_kit(self._connection, kit)

    def save_allocations(self, rows: Sequence[AllocationRow]) -> None:
        """Store what events became that named no lot."""
        save_allocations(self._connection, rows)

    def line_key_party(self, key_id: bytes) -> int | None:
        """The party that holds a line key, if it is registered."""
        query = select(schema.line_key.c.party).where(schema.line_key.c.key_id == key_id)
        return self._connection.execute(query).scalar_one_or_none()

    def save_events(self, rows: Sequence[EventRow], chunks: Sequence[Chunk]) -> None:
        """Store accepted events and the chunks of their records."""
        tuples = []
        for row, locked in zip(rows, self._details.lock(self._connection, rows), strict=True):
            known = row.known
            tuples.append(
                (
                    row.seq,
                    row.id_key,
                    to_signed(known.lot),
                    known.position,
                    row.party,
                    known.code,
                    known.site,
                    known.quantity,
                    known.target,
                    known.event_time,
                    row.received_at,
                    known.amount,
                    known.currency,
                    row.body,
                    *locked,
                )
            )
        insert_rows(self._connection, "event", _EVENT_COLUMNS, tuples)
        insert_rows(
            self._connection,
            "chunk",
            _CHUNK_COLUMNS,
            [_from_chunk(chunk) for chunk in chunks],
        )

    def save_ledger(self, ledger: Ledger) -> None:
        """Store the lots, accounts, uses and admissions that changed."""
        lots, used = ledger.lots, ledger.used
        upsert_rows(
            self._connection,
            "lot",
            ("lot",),
            _LOT_COLUMNS[1:],
            [_from_lot(lots[lot]) for lot in sorted(ledger.changed_lots)],
        )
        upsert_rows(
            self._connection,
            "account",
            ("lot", "site"),
            ("word",),
            [
                (to_signed(lot), site, to_account_word(lots[lot].accounts[site]).to_bytes(32, "big"))
                for lot, site in sorted(ledger.changed_accounts)
            ],
        )
        upsert_rows(
            self._connection,
            "used",
            ("lot", "position"),
            ("pieces", "amount"),
            [
                (to_signed(lot), position, used[lot, position].pieces, used[lot, position].amount)
                for lot, position in sorted(ledger.changed_used)
            ],
        )
        upsert_rows(
            self._connection,
            "admission",
            ("owner", "party"),
            ("is_admitted",),
            [(*grant, is_admitted) for grant, is_admitted in ledger.changed_admissions.items()],
        )

    def save_held(self, rows: Sequence[HeldRow]) -> None:
        """Store events that wait."""
        upsert_rows(
            self._connection,
            "held",
            ("id_key",),
            (*_HELD_COLUMNS[1:], "ended_code"),
            [
                (row.id_key, row.party, row.waits_on, row.code, row.payload, row.received_at, row.expires_at, None)
                for row in rows
            ],
        )

    def end_held(self, ended: Sequence[tuple[bytes, str | None]]) -> None:
        """Forget events that no longer wait; a code says why one was refused in the end: kept, without payload."""
        for id_key, code in ended:
            if code is None:
                statement, values = "DELETE FROM held WHERE id_key = :key", {"key": id_key}
            else:
                statement = "UPDATE held SET ended_code = :code, payload = :none WHERE id_key = :key"
                values = {"key": id_key, "code": code, "none": b""}  # type: ignore[dict-item]
            self._connection.execute(text(statement), values)


class SqlCaptureStore:
    """Opens captures on an engine."""

    def __init__(self, engine: Engine, details: Details) -> None:
        self._engine = engine
        self._details = details

    @contextmanager
    def capture(self) -> Iterator[SqlCapture]:
        """One serialised transaction."""
        with writing(self._engine, CAPTURE_LOCK) as connection:
            yield SqlCapture(connection, self._details)

    @contextmanager
    def view(self) -> Iterator[SqlCapture]:
        """One transaction that only reads, to try out what a capture would do."""
        with reading(self._engine) as connection:
            yield SqlCapture(connection, self._details)


def _from_lot(state: LotState) -> tuple[Any, ...]:
    return (
        to_signed(state.lot),
        state.owner,
        state.line,
        state.declared,
        state.length,
        state.sku,
        state.export_date,
        state.fob_minor,
        state.fob_currency,
    )


def _from_chunk(chunk: Chunk) -> tuple[Any, ...]:
    own = chunk.own
    signed = (None, None, None, None) if own is None else (own.lane, own.nonce, own.deadline, own.signature)
    return (chunk.first_seq, chunk.party, chunk.count, chunk.received_at, chunk.records, *signed)


def _to_held(row: Any) -> HeldRow:
    id_key, party, waits_on, code, payload, received_at, expires_at = row
    return HeldRow(bytes(id_key), party, waits_on, code, bytes(payload), received_at, expires_at)
