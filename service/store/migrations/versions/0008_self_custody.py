"""Batch keys of parties, and batches that their parties have signed themselves"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BATCH_KEY = 1


def upgrade() -> None:
    batch_key = op.create_table(
        "batch_key",
        sa.Column("key_id", sa.LargeBinary(32), primary_key=True),
        sa.Column("party", sa.Integer, nullable=False),
        sa.Column("valid_from", sa.BigInteger, nullable=False),
        sa.Column("valid_to", sa.BigInteger, nullable=False),
        sa.Column("is_custodial", sa.Boolean, nullable=False),
    )
    keys = _keys(op.get_bind())
    if keys:
        op.bulk_insert(batch_key, keys)
    for column in (
        sa.Column("lane", sa.Integer),
        sa.Column("nonce", sa.BigInteger),
        sa.Column("deadline", sa.BigInteger),
        sa.Column("signature", sa.LargeBinary(65)),
        sa.Column("failure", sa.Text),
    ):
        op.add_column("chunk", column)
    op.create_index("chunk_lane", "chunk", ["party", "lane", "nonce"], unique=True)
    op.add_column("batch", sa.Column("lane", sa.Integer, nullable=False, server_default="0"))


def _keys(connection: sa.Connection) -> list[dict[str, object]]:
    """The batch keys that the mirrored registry books tell of. A book's low 32 bits are its party."""
    found: dict[str, dict[str, object]] = {}
    rows = connection.execute(sa.text("SELECT book, entry FROM registry_entry ORDER BY book, position"))
    for book, text in rows:
        entry = json.loads(text)
        key_id = str(entry.get("key_id", ""))
        if entry["kind"] == "KEY" and entry["key_type"] == _BATCH_KEY:
            found[key_id] = {
                "key_id": bytes.fromhex(key_id[2:]),
                "party": book & 0xFFFFFFFF,
                "valid_from": entry["valid_from"],
                "valid_to": entry["valid_to"],
                "is_custodial": entry["is_custodial"],
            }
        elif entry["kind"] == "KEY_END" and key_id in found:
            found[key_id]["valid_to"] = entry["valid_to"]
    return list(found.values())


def downgrade() -> None:
    op.drop_column("batch", "lane")
    op.drop_index("chunk_lane", "chunk")
    for column in ("failure", "signature", "deadline", "nonce", "lane"):
        op.drop_column("chunk", column)
    op.drop_table("batch_key")
