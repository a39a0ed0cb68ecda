"""What an API key is good for, and until when"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_COLUMNS = (("roles", sa.Integer()), ("verbs", sa.Text()), ("valid_until", sa.BigInteger()), ("made_by", sa.Text()))


def upgrade() -> None:
    # The keys that there are keep what they had: everything, without an end.
    for name, kind in _COLUMNS:
        op.add_column("api_key", sa.Column(name, kind))


def downgrade() -> None:
    for name, _ in _COLUMNS:
        op.drop_column("api_key", name)
