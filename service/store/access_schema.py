"""The tables of the access log: a chain of entries for each owner, its newest head, and what was anchored of a day."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table, Text

from service.store.schema import metadata

access_entry = Table(
    "access_entry",
    metadata,
    Column("owner", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("reader", Integer, nullable=False),
    Column("credential", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("head", LargeBinary(32), nullable=False),
)
access_head = Table(
    "access_head",
    metadata,
    Column("owner", Integer, primary_key=True, autoincrement=False),
    Column("length", BigInteger, nullable=False),
    Column("head", LargeBinary(32), nullable=False),
)
access_day = Table(
    "access_day",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("root", LargeBinary(32), nullable=False),
    Column("closed_at", BigInteger, nullable=False),
    Column("posted_at", BigInteger),
)
access_leaf = Table(
    "access_leaf",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("owner", Integer, primary_key=True, autoincrement=False),
    Column("length", BigInteger, nullable=False),
    Column("head", LargeBinary(32), nullable=False),
)
