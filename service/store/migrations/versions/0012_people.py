"""People who act for a party: users, their enrolments, recovery codes, sessions, and tries to sign in"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "party_user",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("party", sa.Integer, nullable=False),
        sa.Column("handle", sa.String(40), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("roles", sa.Integer),
        sa.Column("verbs", sa.Text, nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("totp", sa.LargeBinary),
        sa.Column("totp_step", sa.BigInteger, nullable=False),
        sa.Column("disabled_at", sa.BigInteger),
        sa.UniqueConstraint("party", "handle", name="party_user_handle"),
    )
    op.create_table(
        "enrolment",
        sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("user_id", sa.String(16), nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("totp", sa.LargeBinary),
    )
    op.create_index("enrolment_user", "enrolment", ["user_id"])
    op.create_table(
        "recovery_code",
        sa.Column("user_id", sa.String(16), primary_key=True),
        sa.Column("code_hash", sa.LargeBinary(32), primary_key=True),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("id", sa.String(16), nullable=False, unique=True),
        sa.Column("user_id", sa.String(16), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
    )
    op.create_index("session_user", "session", ["user_id"])
    op.create_table(
        "tries",
        sa.Column("subject", sa.LargeBinary(32), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("blocked_until", sa.BigInteger, nullable=False),
    )
    op.create_index("tries_last_at", "tries", ["last_at"])


def downgrade() -> None:
    for table in ("tries", "session", "recovery_code", "enrolment", "party_user"):
        op.drop_table(table)
