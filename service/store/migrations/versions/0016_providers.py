"""Providers of OpenID Connect: what browsers have begun there, and by which names users are known to them"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pending_sign_in",
        sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("step", sa.String(8), nullable=False),
        sa.Column("provider", sa.String(40), nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.String(16)),
    )
    op.create_index("pending_sign_in_expires", "pending_sign_in", ["expires_at"])
    op.create_table(
        "provider_link",
        sa.Column("issuer", sa.String(500), primary_key=True),
        sa.Column("sub", sa.String(255), primary_key=True),
        sa.Column("user_id", sa.String(16), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("user_id", "issuer", name="provider_link_user"),
    )


def downgrade() -> None:
    for table in ("provider_link", "pending_sign_in"):
        op.drop_table(table)
