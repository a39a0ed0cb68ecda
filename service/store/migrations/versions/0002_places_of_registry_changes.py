"""Where registry changes lie in the log, why one failed, and the hash of the last block that was read"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("registry_tx", schema=None) as batch_op:
        batch_op.add_column(sa.Column("first_leaf", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("failure", sa.Text(), nullable=True))
        batch_op.create_index("registry_tx_block_number", ["block_number"], unique=False)
    with op.batch_alter_table("log_state", schema=None) as batch_op:
        batch_op.add_column(sa.Column("scanned_hash", sa.LargeBinary(length=32), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("log_state", schema=None) as batch_op:
        batch_op.drop_column("scanned_hash")
    with op.batch_alter_table("registry_tx", schema=None) as batch_op:
        batch_op.drop_index("registry_tx_block_number")
        batch_op.drop_column("failure")
        batch_op.drop_column("first_leaf")
