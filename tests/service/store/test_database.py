"""The few statements past the ORM: whatever goes in comes out, on both databases."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from service.store import schema
from service.store.database import insert_rows, reading, select_in, upsert_rows, writing
from service.store.schema import from_signed, to_signed
from verifier.record import registry_book

CHUNK = ("first_seq", "party", "count", "received_at", "records", "batch")
ROWS: list[tuple[Any, ...]] = [
    (1, 2, 3, 4, b"\x00\xff" * 24, None),
    (2**40, 2**24 - 1, 1000, 2**31, b"", 7),
    (2**62, 1, 1, 1, bytes(range(256)) * 200, 2**31 - 1),
]


def read(engine: Engine, table: str = "chunk", columns: Sequence[str] = CHUNK) -> list[tuple[Any, ...]]:
    known = schema.metadata.tables[table]
    with reading(engine) as connection:
        rows = connection.execute(select(*[known.c[name] for name in columns]).order_by(*known.primary_key))
        return [tuple(row) for row in rows]


def test_what_is_inserted_is_what_is_read(engine: Engine) -> None:
    with writing(engine) as connection:
        insert_rows(connection, "chunk", CHUNK, ROWS)
        insert_rows(connection, "chunk", CHUNK, [])
    assert read(engine) == ROWS


@pytest.mark.parametrize("text", ["", "仓溯 é", "a\tb\nc\\N", "'; DROP TABLE party; --", "𝄞"])
def test_text_is_stored_as_it_is(engine: Engine, text: str) -> None:
    with writing(engine) as connection:
        insert_rows(connection, "party", ("number", "name", "roles"), [(7, text, 8)])
        upsert_rows(connection, "party", ("number",), ("name", "roles"), [(8, text, 8)])
    assert read(engine, "party", ("name",)) == [(text,), (text,)]


def test_an_upsert_changes_what_is_there_and_adds_what_is_not(engine: Engine) -> None:
    for rows in ([(1, 7, 5, 0), (1, 8, 5, 0)], [(1, 8, 6, 1), (2, 1, 9, 9)], []):
        with writing(engine) as connection:
            upsert_rows(connection, "used", ("lot", "position"), ("pieces", "amount"), rows)
    assert read(engine, "used", ("lot", "position", "pieces", "amount")) == [(1, 7, 5, 0), (1, 8, 6, 1), (2, 1, 9, 9)]


def test_thousands_of_keys_are_asked_for_in_slices(engine: Engine) -> None:
    with writing(engine) as connection:
        insert_rows(
            connection, "used", ("lot", "position", "pieces", "amount"), [(n, n % 7, n, 0) for n in range(5000)]
        )
        by_key = select_in(connection, "SELECT lot FROM used WHERE lot IN (:keys)", list(range(0, 6000, 2)))
        pairs = [(n, n % 7) for n in range(2000)] + [(n, 7) for n in range(2000)]
        by_pair = select_in(connection, "SELECT lot FROM used WHERE (lot, position) IN (VALUES :keys)", pairs)
        nothing = select_in(connection, "SELECT lot FROM used WHERE lot IN (:keys)", [])
    assert sorted(lot for (lot,) in by_key) == list(range(0, 5000, 2))
    assert sorted(lot for (lot,) in by_pair) == list(range(2000))
    assert nothing == []


def test_an_error_takes_everything_back(engine: Engine) -> None:
    with pytest.raises(IntegrityError), writing(engine) as connection:  # noqa: PT012 - both writes are one transaction
        insert_rows(connection, "party", ("number", "name", "roles"), [(7, "kept?", 8)])
        insert_rows(connection, "chunk", CHUNK, [ROWS[0]])
        upsert_rows(connection, "party", ("number",), ("name", "roles"), [(8, None, 8)])
    assert read(engine) == []
    assert read(engine, "party", ("name",)) == []


def test_errors_show_no_values(engine: Engine) -> None:
    with pytest.raises(IntegrityError) as caught, writing(engine) as connection:
        upsert_rows(connection, "api_key", ("key_hash",), ("party", "label"), [(b"secret hash", None, "secret label")])
    assert "secret label" not in str(caught.value).partition("DETAIL")[0]


def test_books_are_kept_as_negative_numbers(engine: Engine) -> None:
    book = registry_book(7)
    assert from_signed(to_signed(book)) == book
    with writing(engine) as connection:
        insert_rows(connection, "used", ("lot", "position", "pieces", "amount"), [(to_signed(book), 0, 0, 0)])
    ((stored,),) = read(engine, "used", ("lot",))
    assert stored < 0
    assert from_signed(stored) == book
