"""Claims: lineages, credentials, consents, endorsements, and the transactions that record them"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "claim",
        sa.Column("id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("purpose", sa.SmallInteger(), nullable=False),
        sa.Column("owner", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("histories", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("is_overdrawn", sa.Boolean(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("claim_owner", "claim", ["owner"])
    op.create_table(
        "claim_lot",
        sa.Column("lot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claim", sa.LargeBinary(length=32), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("lot", "claim"),
    )
    op.create_index("claim_lot_claim", "claim_lot", ["claim"])
    op.create_table(
        "credential",
        sa.Column("status_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner", sa.Integer(), nullable=False),
        sa.Column("reader", sa.Integer(), nullable=True),
        sa.Column("claim", sa.LargeBinary(length=32), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("successor", sa.LargeBinary(length=32), nullable=True),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("status_index"),
        sa.UniqueConstraint("digest"),
    )
    op.create_index("credential_claim", "credential", ["claim"])
    op.create_index("credential_owner", "credential", ["owner"])
    op.create_table(
        "consent",
        sa.Column("claim", sa.LargeBinary(length=32), nullable=False),
        sa.Column("bank", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("maximum_minor", sa.BigInteger(), nullable=False),
        sa.Column("maximum_share", sa.BigInteger(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("signature", sa.LargeBinary(length=65), nullable=False),
        sa.PrimaryKeyConstraint("claim", "bank", "currency"),
    )
    op.create_table(
        "endorsement",
        sa.Column("id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("claim", sa.LargeBinary(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("bank", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("claim_from", sa.BigInteger(), nullable=False),
        sa.Column("claim_to", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.LargeBinary(length=32), nullable=False),
        sa.Column("receipt_minor", sa.BigInteger(), nullable=False),
        sa.Column("receipt_currency", sa.String(length=3), nullable=False),
        sa.Column("receipt_salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("receipt_amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("receipt_from", sa.BigInteger(), nullable=False),
        sa.Column("receipt_to", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("payment", sa.LargeBinary(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("endorsement_claim", "endorsement", ["claim"])
    op.create_index("endorsement_receipt", "endorsement", ["bank", "reference"])
    op.create_table(
        "claim_tx",
        sa.Column("tx_nonce", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("raw_tx", sa.LargeBinary(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tx_nonce"),
        sa.UniqueConstraint("tx_hash"),
    )
    op.create_index("claim_tx_block_number", "claim_tx", ["block_number"])
    op.create_table(
        "tax_row",
        sa.Column("lot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("lot", "position"),
    )


def downgrade() -> None:
    for table in ("tax_row", "claim_tx", "endorsement", "consent", "credential", "claim_lot", "claim"):
        op.drop_table(table)
