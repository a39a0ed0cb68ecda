"""Who has read whose data"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLES = ("access_entry", "access_head", "access_day", "access_leaf")


def upgrade() -> None:
    op.create_table(
        "access_entry",
        sa.Column("owner", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reader", sa.Integer(), nullable=False),
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("head", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "access_head",
        sa.Column("owner", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "access_day",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=False),
        sa.Column("posted_at", sa.BigInteger()),
    )
    op.create_table(
        "access_leaf",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("owner", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(32), nullable=False),
    )


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
