"""Details of orders and buyers are locked under keys of their subjects, and can be erased"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for group in ("order", "person"):
        column = f"{group}_subject"
        where = sa.text(f"{column} IS NOT NULL")
        op.add_column("event", sa.Column(column, sa.Integer))
        op.create_index(f"event_{column}", "event", [column], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "subject_root",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "subject",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.LargeBinary(16), unique=True),
        sa.Column("party", sa.Integer, nullable=False),
        sa.Column("wrapped", sa.LargeBinary),
        sa.Column("erased_at", sa.BigInteger),
    )
    op.create_table(
        "erasure",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("party", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("groups", sa.String(16), nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("subject", sa.Integer),
        sa.Column("finished_at", sa.BigInteger),
    )
    state = op.create_table(
        "detail_state",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("locked_seq", sa.BigInteger, nullable=False),
        sa.Column("end_seq", sa.BigInteger, nullable=False),
    )
    # A migration has no keys: ``cangsu encrypt-details`` locks what was stored before.
    newest = op.get_bind().execute(sa.text("SELECT max(seq) FROM event")).scalar_one()
    if newest is not None:
        op.bulk_insert(state, [{"id": 0, "locked_seq": 0, "end_seq": newest}])


def downgrade() -> None:
    for table in ("detail_state", "erasure", "subject", "subject_root"):
        op.drop_table(table)
    for column in ("person_subject", "order_subject"):
        op.drop_index(f"event_{column}", "event")
        op.drop_column("event", column)
