"""The tables. Lots are stored as signed 64-bit numbers (books have the top bit set); see ``to_signed``.

No event row is ever updated to say that it is anchored: a *run* says that the positions of a lot from
``first_position`` on are the leaves from ``first_leaf`` on. A batch is sorted by lot, so it adds one run for each lot
that it touches.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

party = Table(
    "party",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("roles", Integer, nullable=False),
)
site = Table(
    "site",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("operator", Integer, nullable=False),
)
admission = Table(
    "admission",
    metadata,
    Column("owner", Integer, primary_key=True, autoincrement=False),
    Column("party", Integer, primary_key=True, autoincrement=False),
    Column("is_admitted", Boolean, nullable=False),
)
api_key = Table(
    "api_key",
    metadata,
    Column("key_hash", LargeBinary(32), primary_key=True),
    Column("party", Integer, nullable=False),
    Column("label", Text, nullable=False),
    Column("ended_at", BigInteger),
    # NULL: everything that the party may do, and without an end.
    Column("roles", Integer),
    Column("verbs", Text),
    Column("valid_until", BigInteger),
    Column("made_by", Text),
)
invitation = Table(
    "invitation",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("party", Integer, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    # The key that took it up, from before it is registered on chain.
    Column("key_id", LargeBinary(32)),
)
line_key = Table(
    "line_key",
    metadata,
    Column("key_id", LargeBinary(32), primary_key=True),
    Column("party", Integer, nullable=False),
)
batch_key = Table(
    "batch_key",
    metadata,
    Column("key_id", LargeBinary(32), primary_key=True),
    Column("party", Integer, nullable=False),
    Column("valid_from", BigInteger, nullable=False),
    Column("valid_to", BigInteger, nullable=False),
    Column("is_custodial", Boolean, nullable=False),
)
left_custody = Table(
    "left_custody",
    metadata,
    # Of its events nothing more is taken; its keys are ended on chain once what was taken is there.
    Column("party", Integer, primary_key=True, autoincrement=False),
)
registry_entry = Table(
    "registry_entry",
    metadata,
    Column("book", BigInteger, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("entry", Text, nullable=False),
)
lot = Table(
    "lot",
    metadata,
    Column("lot", BigInteger, primary_key=True, autoincrement=False),
    Column("line", String(24), unique=True),
    Column("owner", Integer, nullable=False),
    Column("declared", BigInteger, nullable=False),
    Column("length", Integer, nullable=False),
    Column("sku", Text),
    Column("export_date", String(10)),
    Column("fob_minor", BigInteger),
    Column("fob_currency", String(3)),
    Index("lot_sku", "sku"),
)
account = Table(
    "account",
    metadata,
    Column("lot", BigInteger, primary_key=True, autoincrement=False),
    Column("site", Integer, primary_key=True, autoincrement=False),
    Column("word", LargeBinary(32), nullable=False),
)
TAX_NOTE = text("kind IN (68, 196)")
"""TAX_STATE and its reversal."""
OF_ORDER, OF_PERSON = text("order_subject IS NOT NULL"), text("person_subject IS NOT NULL")
event = Table(
    "event",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("id_key", LargeBinary(16), nullable=False, unique=True),
    Column("lot", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    Column("party", Integer, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("site", Integer, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("target", Integer),
    Column("event_time", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("amount", BigInteger),
    Column("currency", String(3)),
    Column("body", LargeBinary, nullable=False),
    Column("disclosures", LargeBinary),
    Column("order_subject", Integer),
    Column("person_subject", Integer),
    UniqueConstraint("lot", "position"),
    # The few notes of tax offices among all events: what reads them repeats these words, or the index does not serve.
    Index("event_tax_note", "lot", "position", sqlite_where=TAX_NOTE, postgresql_where=TAX_NOTE),
    Index("event_order_subject", "order_subject", sqlite_where=OF_ORDER, postgresql_where=OF_ORDER),
    Index("event_person_subject", "person_subject", sqlite_where=OF_PERSON, postgresql_where=OF_PERSON),
)
used = Table(
    "used",
    metadata,
    Column("lot", BigInteger, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("pieces", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
)
allocation = Table(
    "allocation",
    metadata,
    Column("id_key", LargeBinary(16), primary_key=True),
    Column("party", Integer, nullable=False),
    Column("parts", Text, nullable=False),
    Column("kit", Text),
    Column("sameness", LargeBinary(32), nullable=False),
)
kit = Table(
    "kit",
    metadata,
    Column("owner", Integer, primary_key=True, autoincrement=False),
    Column("sku", Text, primary_key=True),
    Column("valid_from", BigInteger, primary_key=True, autoincrement=False),
    Column("components", Text, nullable=False),
    Index("kit_sku", "sku"),
)
held = Table(
    "held",
    metadata,
    Column("id_key", LargeBinary(16), primary_key=True),
    Column("party", Integer, nullable=False),
    Column("waits_on", String(24), nullable=False),
    Column("code", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("ended_code", Text),
    Index("held_waits_on", "waits_on"),
)
chunk = Table(
    "chunk",
    metadata,
    Column("first_seq", BigInteger, primary_key=True, autoincrement=False),
    Column("party", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("records", LargeBinary, nullable=False),
    Column("batch", Integer),
    # Of a batch that its party has signed itself; such a chunk is a batch of its own.
    Column("lane", Integer),
    Column("nonce", BigInteger),
    Column("deadline", BigInteger),
    Column("signature", LargeBinary(65)),
    Column("failure", Text),
    Index("chunk_batch", "batch"),
    Index("chunk_lane", "party", "lane", "nonce", unique=True),
)
batch = Table(
    "batch",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("party", Integer, nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("deadline", BigInteger, nullable=False),
    Column("signature", LargeBinary(65), nullable=False),
    Column("records", LargeBinary, nullable=False),
    Column("first_leaf", BigInteger, nullable=False),
    Column("tx_nonce", BigInteger, nullable=False),
    Column("tx_hash", LargeBinary(32), nullable=False, unique=True),
    Column("raw_tx", LargeBinary, nullable=False),
    Column("sealed_at", BigInteger, nullable=False),
    Column("block_number", BigInteger),
    Column("failure", Text),
    Column("lane", Integer, nullable=False, server_default="0"),
    Index("batch_block_number", "block_number"),
    Index("batch_party_nonce", "party", "nonce"),
)
registry_tx = Table(
    "registry_tx",
    metadata,
    Column("tx_hash", LargeBinary(32), primary_key=True),
    Column("raw_tx", LargeBinary, nullable=False),
    Column("sent_at", BigInteger, nullable=False),
    Column("block_number", BigInteger),
    Column("first_leaf", BigInteger),
    Column("failure", Text),
    Index("registry_tx_block_number", "block_number"),
)
segment = Table(
    "segment",
    metadata,
    Column("first_leaf", BigInteger, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    Column("party", Integer, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("tx_hash", LargeBinary(32), nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Column("block_hash", LargeBinary(32), nullable=False),
    Column("block_time", BigInteger, nullable=False),
    Index("segment_block_number", "block_number"),
)
run = Table(
    "run",
    metadata,
    Column("lot", BigInteger, primary_key=True, autoincrement=False),
    Column("first_position", Integer, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    Column("first_leaf", BigInteger, nullable=False),
    Column("head", LargeBinary(32), nullable=False),
    Index("run_first_leaf", "first_leaf"),
)
tile = Table(
    "tile",
    metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)
log_state = Table(
    "log_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("chain_id", BigInteger, nullable=False),
    Column("contract", LargeBinary(20), nullable=False),
    Column("log_id", LargeBinary(32), nullable=False),
    Column("first_block", BigInteger, nullable=False),
    Column("scanned_block", BigInteger, nullable=False),
    Column("scanned_hash", LargeBinary(32)),
)
party_user = Table(
    "party_user",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("party", Integer, nullable=False),
    Column("handle", String(40), nullable=False),
    Column("name", Text, nullable=False),
    Column("roles", Integer),
    Column("verbs", Text, nullable=False),
    Column("language", String(2), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("password_hash", Text),
    Column("totp", LargeBinary),
    Column("totp_step", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
    UniqueConstraint("party", "handle", name="party_user_handle"),
)
enrolment = Table(
    "enrolment",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("user_id", String(16), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("totp", LargeBinary),
    Index("enrolment_user", "user_id"),
)
recovery_code = Table(
    "recovery_code",
    metadata,
    Column("user_id", String(16), primary_key=True),
    Column("code_hash", LargeBinary(32), primary_key=True),
)
session = Table(
    "session",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("id", String(16), nullable=False, unique=True),
    Column("user_id", String(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("agent", Text, nullable=False),
    Index("session_user", "user_id"),
)
tries = Table(
    "tries",
    metadata,
    Column("subject", LargeBinary(32), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("blocked_until", BigInteger, nullable=False),
    Index("tries_last_at", "last_at"),
)


def to_signed(lot_number: int) -> int:
    """A lot or book number as the signed 64-bit integer that the database keeps."""
    return lot_number - (1 << 64) if lot_number >> 63 else lot_number


def from_signed(stored: int) -> int:
    """The lot or book number behind a stored integer."""
    return stored + (1 << 64) if stored < 0 else stored
