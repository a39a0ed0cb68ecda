"""The tables of sign-ins elsewhere: what browsers have begun at providers, and by which names users are known there."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table, UniqueConstraint

from service.store.schema import metadata

pending_sign_in = Table(
    "pending_sign_in",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("step", String(8), nullable=False),
    Column("provider", String(40), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("user_id", String(16)),
    Index("pending_sign_in_expires", "expires_at"),
)
provider_link = Table(
    "provider_link",
    metadata,
    Column("issuer", String(500), primary_key=True),
    Column("sub", String(255), primary_key=True),
    Column("user_id", String(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("user_id", "issuer", name="provider_link_user"),
)
