"""What allocation needs: SKU, export date and FOB of lots, what events without a lot became, kits"""

import base64
import json
from typing import Any

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
    _fill_lots()


_DECLARE, _DEPART, _AMEND = 0x01, 0x04, 0x45
_DOCUMENT, _GOODS = 0, 1
"""Places of two groups among an event's disclosures."""


def _fill_lots() -> None:
    """Tell the lots of older events what customs said of them. What a reversal took back is not taken back here."""
    connection = op.get_bind()
    event = sa.table("event", *map(sa.column, ("seq", "lot", "kind", "disclosures")))
    query = sa.select(event.c.lot, event.c.kind, event.c.disclosures).where(
        event.c.kind.in_((_DECLARE, _DEPART, _AMEND)), event.c.disclosures.is_not(None)
    )
    facts: dict[int, dict[str, Any]] = {}
    for lot, kind, disclosures in connection.execute(query.order_by(event.c.seq)):
        known = facts.setdefault(lot, {"sku": None, "export_date": None, "fob_minor": None, "fob_currency": None})
        if kind == _DEPART:
            known["export_date"] = known["export_date"] or _group(disclosures, _DOCUMENT).get("export_date")
        else:
            goods = _group(disclosures, _GOODS)
            known |= {name: goods[name] for name in ("sku", "fob_minor", "fob_currency") if name in goods}
    setters = "sku = :sku, export_date = :export_date, fob_minor = :fob_minor, fob_currency = :fob_currency"
    statement = sa.text(f"UPDATE lot SET {setters} WHERE lot = :lot")  # noqa: S608 - a constant
    for lot, known in facts.items():
        connection.execute(statement, known | {"lot": lot})


def _group(disclosures: bytes, place: int) -> dict[str, Any]:
    text = bytes(disclosures).split(b"~")[place]
    group: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4)))[2]
    return group


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
