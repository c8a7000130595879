"""When pieces of others are due back, and what their owners were paid."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import key, text, whole

revision: Final = "0052"
down_revision: Final = "0051"


def upgrade() -> None:
    op.add_column("piece_backing", text("due_back"))
    op.create_table(
        "consignor_payment", key("payment"), key("piece"), text("owner"), text("store"), text("currency"),
        whole("amount_minor"), text("reference"), text("by"), whole("at_us"),
        sa.PrimaryKeyConstraint("payment", "piece", name="pk_consignor_payment"),
    )  # fmt: skip
    op.create_index("ix_consignor_payment_piece", "consignor_payment", ["piece"])
    op.create_index("ix_consignor_payment_owner_at_us", "consignor_payment", ["owner", "at_us"])
