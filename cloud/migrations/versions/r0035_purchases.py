"""What was bought from the public, and lots of scrap on their way to a refiner."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import key, text, whole

revision: Final = "0035"
down_revision: Final = "0034"


def upgrade() -> None:
    op.create_table(
        "purchase",
        key("store"), key("purchase"), text("till"), whole("number"), text("business_day"), text("client"),
        text("currency"), whole("total_minor"), text("tenders"), text("by"), text("approved_by"), whole("at_us"),
        sa.PrimaryKeyConstraint("store", "purchase", name="pk_purchase"),
    )  # fmt: skip
    op.create_index("ix_purchase_client", "purchase", ["client"])
    op.create_index("ix_purchase_at_us", "purchase", ["at_us"])
    op.create_table(
        "purchase_item",
        key("piece"), text("store"), text("purchase"), text("title"), whole("value_minor"), text("currency"),
        whole("scrap"), text("metal"), whole("fineness"), whole("weight_mg"), whole("spot_minor_per_kg"),
        text("spot_source"), whole("spot_us"), whole("payout_bp"), text("weighed_by"), text("proof"),
        text("hold_until"), text("lot"),
        sa.PrimaryKeyConstraint("piece", name="pk_purchase_item"),
    )  # fmt: skip
    op.create_index("ix_purchase_item_store_purchase", "purchase_item", ["store", "purchase"])
    op.create_index("ix_purchase_item_lot", "purchase_item", ["lot"])
    op.create_table(
        "melt_lot",
        key("lot"), text("store"), text("refiner"), text("metal"), text("currency"), whole("fine_mg"),
        whole("cost_minor"), text("by"), whole("sent_us"), whole("settled_minor"), whole("assayed_mg"),
        text("reference"), text("settled_by"), whole("settled_us"),
        sa.PrimaryKeyConstraint("lot", name="pk_melt_lot"),
    )  # fmt: skip
