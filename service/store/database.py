"""The engine, and the few statements whose speed decides: many tuples at once past the ORM and past Core.

SQLite runs in WAL with one writer; PostgreSQL takes rows by binary COPY. Both serialise captures, SQLite by its write
lock, PostgreSQL by an advisory lock, so that sequence numbers appear in commit order.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text

CAPTURE_LOCK = 0x63616E67
"""Key of the advisory lock that captures take on PostgreSQL."""
_WAL_PAGES = 20_000
_SCRUB_TRIES, _SCRUB_PAUSE = 20, 0.25
_PARAMETERS = 900
"""Host parameters a statement; SQLite's oldest limit is 999."""


def open_engine(url: str) -> Engine:
    """An engine for ``sqlite:///…`` or ``postgresql+psycopg://…``. Errors never print values."""
    if url.startswith("sqlite"):
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": 30, "check_same_thread": False})
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(url, hide_parameters=True, pool_size=10, pool_pre_ping=True)


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite, not by the driver's guess
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",  # what is deleted is overwritten: an event that waited lies here in clear
        "cache_size=-65536",
        "mmap_size=268435456",
        f"wal_autocheckpoint={_WAL_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    is_writer = connection.get_execution_options().get("is_writer", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")


@contextmanager
def writing(engine: Engine, lock: int | None = None) -> Iterator[Connection]:
    """A transaction that writes; committed at the end, rolled back on any error. ``lock`` serialises on PostgreSQL."""
    with engine.connect().execution_options(is_writer=True) as connection, connection.begin():
        if lock is not None and connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock})
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads, and sees one state throughout."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


def scrub(engine: Engine, tables: Sequence[str]) -> None:
    """Clear away what is kept of rows that were overwritten: SQLite's write-ahead log, PostgreSQL's dead rows.

    Pages of a SQLite file hold none (``secure_delete``). While a reader needs the log it cannot be cleared: it is tried
    for some seconds, and by the next call.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"VACUUM {', '.join(tables)}")
        return
    raw = engine.raw_connection()
    try:
        for _ in range(_SCRUB_TRIES):
            cursor = raw.cursor()
            is_busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            cursor.close()
            if not is_busy:
                return
            time.sleep(_SCRUB_PAUSE)
    finally:
        raw.close()


def insert_rows(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert many tuples: executemany on SQLite, COPY on PostgreSQL."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        cursor = connection.connection.cursor()
        with cursor.copy(f"COPY {table} ({','.join(columns)}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(_copy_types(connection, table, columns))
            for row in rows:
                copy.write_row(row)
        cursor.close()
        return
    marks = ",".join("?" * len(columns))
    statement = f"INSERT INTO {table} ({','.join(columns)}) VALUES ({marks})"  # noqa: S608 - names of our own schema
    connection.exec_driver_sql(statement, list(rows))


def upsert_rows(
    connection: Connection, table: str, keys: Sequence[str], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert tuples of (keys…, columns…), or set the columns where the keys exist."""
    if not rows:
        return
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    names = [*keys, *columns]
    setters = ",".join(f"{column}=excluded.{column}" for column in columns)
    marks = ",".join([mark] * len(names))
    statement = f"INSERT INTO {table} ({','.join(names)}) VALUES ({marks})"  # noqa: S608 - names of our own schema
    connection.exec_driver_sql(f"{statement} ON CONFLICT ({','.join(keys)}) DO UPDATE SET {setters}", list(rows))


def select_in(connection: Connection, query: str, keys: Sequence[Any]) -> list[Any]:
    """Rows of ``query`` with its ``:keys`` replaced by the given keys, asked for in slices. Keys may be tuples."""
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    if keys and isinstance(keys[0], tuple):
        width = len(keys[0])
        mark = f"({','.join([mark] * width)})"
    else:
        width = 1
    rows: list[Any] = []
    for start in range(0, len(keys), _PARAMETERS // width):
        part = keys[start : start + _PARAMETERS // width]
        parameters = tuple(part) if width == 1 else tuple(value for key in part for value in key)
        rows.extend(connection.exec_driver_sql(query.replace(":keys", ",".join([mark] * len(part))), parameters).all())
    return rows


_TYPES = {"BIGINT": "int8", "INTEGER": "int4", "SMALLINT": "int2", "BYTEA": "bytea", "BLOB": "bytea", "TEXT": "text"}


def _copy_types(connection: Connection, table: str, columns: Sequence[str]) -> list[str]:
    from service.store.schema import metadata

    types = []
    for name in columns:
        declared = metadata.tables[table].columns[name].type.compile(dialect=connection.dialect)
        types.append(_TYPES.get(declared, "varchar"))
    return types
