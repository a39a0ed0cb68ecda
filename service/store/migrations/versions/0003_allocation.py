"""What allocation needs: SKU, export date and FOB of lots, what events without a lot became, kits"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("lot", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sku", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("export_date", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("fob_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("fob_currency", sa.String(length=3), nullable=True))
        batch_op.create_index("lot_sku", ["sku"], unique=False)
    op.create_table(
        "allocation",
        sa.Column("id_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("party", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("kit", sa.Text(), nullable=True),
        sa.Column("sameness", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id_key"),
    )
    op.create_table(
        "kit",
        sa.Column("owner", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("components", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "sku", "valid_from"),
    )
    op.create_index("kit_sku", "kit", ["sku"], unique=False)


def downgrade() -> None:
    op.drop_index("kit_sku", table_name="kit")
    op.drop_table("kit")
    op.drop_table("allocation")
    with op.batch_alter_table("lot", schema=None) as batch_op:
        batch_op.drop_index("lot_sku")
        batch_op.drop_column("fob_currency")
        batch_op.drop_column("fob_minor")
        batch_op.drop_column("export_date")
        batch_op.drop_column("sku")
