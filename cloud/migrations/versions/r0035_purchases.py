"""What was bought from the public, and lots of scrap on their way to a refiner."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0035"
down_revision: Final = "0034"


def upgrade() -> None:
    op.create_table(
        "purchase",
        _key("store"), _key("purchase"), _text("till"), _int("number"), _text("business_day"), _text("client"),
        _text("currency"), _int("total_minor"), _text("tenders"), _text("by"), _text("approved_by"), _int("at_us"),
        sa.PrimaryKeyConstraint("store", "purchase", name="pk_purchase"),
    )  # fmt: skip
    op.create_index("ix_purchase_client", "purchase", ["client"])
    op.create_index("ix_purchase_at_us", "purchase", ["at_us"])
    op.create_table(
        "purchase_item",
        _key("piece"), _text("store"), _text("purchase"), _text("title"), _int("value_minor"), _text("currency"),
        _int("scrap"), _text("metal"), _int("fineness"), _int("weight_mg"), _int("spot_minor_per_kg"),
        _text("spot_source"), _int("spot_us"), _int("payout_bp"), _text("weighed_by"), _text("proof"),
        _text("hold_until"), _text("lot"),
        sa.PrimaryKeyConstraint("piece", name="pk_purchase_item"),
    )  # fmt: skip
    op.create_index("ix_purchase_item_store_purchase", "purchase_item", ["store", "purchase"])
    op.create_index("ix_purchase_item_lot", "purchase_item", ["lot"])
    op.create_table(
        "melt_lot",
        _key("lot"), _text("store"), _text("refiner"), _text("metal"), _text("currency"), _int("fine_mg"),
        _int("cost_minor"), _text("by"), _int("sent_us"), _int("settled_minor"), _int("assayed_mg"),
        _text("reference"), _text("settled_by"), _int("settled_us"),
        sa.PrimaryKeyConstraint("lot", name="pk_melt_lot"),
    )  # fmt: skip


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''"))


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))
