"""Witnesses, what they cosigned, and which blocks they are asked for"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "witness",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "cosignature",
        sa.Column("block_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("witness", sa.Text(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("tree_size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("block_hash", "witness"),
    )
    op.create_table(
        "anchor",
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("block_number"),
    )
    op.create_index("segment_block_number", "segment", ["block_number"])


def downgrade() -> None:
    op.drop_index("segment_block_number", "segment")
    for table in ("anchor", "cosignature", "witness"):
        op.drop_table(table)
