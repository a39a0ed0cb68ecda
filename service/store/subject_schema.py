"""The tables of subjects and of what was erased (docs/erasure.md).

A subject is an order or a buyer of one sender. Its row holds the wrapped key of its details and no value: ``id`` is a
keyed hash. Once it is erased, number and time are left of it.
"""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table, Text

from service.store.schema import metadata

subject_root = Table(
    "subject_root",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("wrapped", LargeBinary, nullable=False),
)
subject = Table(
    "subject",
    metadata,
    # Numbers are never used again, and rise with the rows: no key of an erased subject is left behind in a split page.
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("id", LargeBinary(16), unique=True),
    Column("party", Integer, nullable=False),
    Column("wrapped", LargeBinary),
    Column("erased_at", BigInteger),
)
erasure = Table(
    "erasure",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("party", Integer, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("groups", String(16), nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("events", Integer, nullable=False),
    # Nulled once it is done: nothing is left then that says whose details they were.
    Column("subject", Integer),
    Column("finished_at", BigInteger),
)
detail_state = Table(
    "detail_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    # Events from before details were locked: up to which they are, and where they end.
    Column("locked_seq", BigInteger, nullable=False),
    Column("end_seq", BigInteger, nullable=False),
)
