"""The tables of witnesses: whom we take cosignatures from, what they cosigned, and which blocks they are asked for."""

from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text

from service.store.schema import metadata

witness = Table(
    "witness",
    metadata,
    Column("name", Text, primary_key=True),
    Column("key", Text, nullable=False),
    Column("ended_at", BigInteger),
)
cosignature = Table(
    "cosignature",
    metadata,
    Column("block_hash", LargeBinary(32), primary_key=True),
    Column("witness", Text, primary_key=True),
    Column("block_number", BigInteger, nullable=False),
    Column("tree_size", BigInteger, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("signature", LargeBinary, nullable=False),
)
anchor = Table(
    "anchor",
    metadata,
    Column("block_number", BigInteger, primary_key=True, autoincrement=False),
)
"""Blocks at which credentials are anchored that were handed out."""
