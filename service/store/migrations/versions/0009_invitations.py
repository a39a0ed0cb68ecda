"""Invitations of parties that keep their own key"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("party", sa.Integer, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("key_id", sa.LargeBinary(32)),
    )


def downgrade() -> None:
    op.drop_table("invitation")
