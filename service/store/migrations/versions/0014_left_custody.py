"""Parties that have left custody: nothing more is taken of them while what was taken goes to the chain"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("left_custody", sa.Column("party", sa.Integer, primary_key=True, autoincrement=False))


def downgrade() -> None:
    op.drop_table("left_custody")
