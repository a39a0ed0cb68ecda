"""An index of the tax offices' notes among all events"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    note = sa.text("kind IN (68, 196)")
    # For a while 0004 made this index: there are databases that have it.
    op.create_index(
        "event_tax_note",
        "event",
        ["lot", "position"],
        sqlite_where=note,
        postgresql_where=note,
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_index("event_tax_note", "event")
