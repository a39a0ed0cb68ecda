"""The tables of claims: lineages, the credentials that were issued, what owners consented to, what banks endorsed.

A transaction to the registry of claims is saved, signed, before it is sent (``claim_tx``); what it does is saved with
it, as ``sent``, and becomes ``live`` once it is mined. A currency's share and a receipt's share are the chain's; what
is kept here of them says which amounts they stand for. A request that its caller named is kept with what it made
(``request``), so that repeating it makes nothing twice.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, SmallInteger, String, Table, Text

from service.store.schema import metadata

claim = Table(
    "claim",
    metadata,
    Column("id", LargeBinary(32), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("purpose", SmallInteger, nullable=False),
    Column("owner", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("histories", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("is_overdrawn", Boolean, nullable=False),
    Column("failure", Text),
    Column("created_at", BigInteger, nullable=False),
    Index("claim_owner", "owner"),
)
claim_lot = Table(
    "claim_lot",
    metadata,
    Column("lot", BigInteger, primary_key=True, autoincrement=False),
    Column("claim", LargeBinary(32), primary_key=True),
    Column("length", Integer, nullable=False),
    Index("claim_lot_claim", "claim"),
)
credential = Table(
    "credential",
    metadata,
    Column("status_index", Integer, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary(32), unique=True),
    Column("kind", Text, nullable=False),
    Column("owner", Integer, nullable=False),
    Column("reader", Integer),
    Column("claim", LargeBinary(32)),
    Column("version", Integer),
    Column("status", SmallInteger, nullable=False),
    Column("reason", Text),
    Column("successor", LargeBinary(32)),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("figures", Text),
    Column("text", LargeBinary),
    Index("credential_claim", "claim"),
    Index("credential_owner", "owner"),
)
consent = Table(
    "consent",
    metadata,
    Column("claim", LargeBinary(32), primary_key=True),
    Column("bank", Integer, primary_key=True, autoincrement=False),
    Column("currency", String(3), primary_key=True),
    Column("maximum_minor", BigInteger, nullable=False),
    Column("maximum_share", BigInteger, nullable=False),
    Column("deadline", BigInteger, nullable=False),
    Column("signature", LargeBinary(65), nullable=False),
)
endorsement = Table(
    "endorsement",
    metadata,
    Column("id", LargeBinary(32), primary_key=True),
    Column("claim", LargeBinary(32), nullable=False),
    Column("version", Integer, nullable=False),
    Column("bank", Integer, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("claim_from", BigInteger, nullable=False),
    Column("claim_to", BigInteger, nullable=False),
    Column("reference", LargeBinary(32), nullable=False),
    Column("receipt_minor", BigInteger, nullable=False),
    Column("receipt_currency", String(3), nullable=False),
    Column("receipt_salt", LargeBinary(16), nullable=False),
    Column("receipt_amount_minor", BigInteger, nullable=False),
    Column("receipt_from", BigInteger, nullable=False),
    Column("receipt_to", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("payment", LargeBinary(32)),
    Index("endorsement_claim", "claim"),
    Index("endorsement_receipt", "bank", "reference"),
)
claim_tx = Table(
    "claim_tx",
    metadata,
    Column("tx_nonce", BigInteger, primary_key=True, autoincrement=False),
    Column("tx_hash", LargeBinary(32), nullable=False, unique=True),
    Column("raw_tx", LargeBinary, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", LargeBinary(32), nullable=False),
    Column("sent_at", BigInteger, nullable=False),
    Column("block_number", BigInteger),
    Column("failure", Text),
    Index("claim_tx_block_number", "block_number"),
)
request = Table(
    "request",
    metadata,
    Column("party", Integer, primary_key=True, autoincrement=False),
    Column("name_hash", LargeBinary(32), primary_key=True),
    Column("body_hash", LargeBinary(32), nullable=False),
    Column("subject", LargeBinary(32), nullable=False),
)
tax_row = Table(
    "tax_row",
    metadata,
    Column("lot", BigInteger, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("row", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("failure", Text),
)
