"""Clients' orders on their way to another store, and who else may read what was written of a client."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import key, whole

revision: Final = "0050"
down_revision: Final = "0043"


def upgrade() -> None:
    op.create_table(
        "order_way", key("order_id"), key("store"), key("source"), whole("home"), whole("amount_minor"),
        whole("told"), whole("at_us"), sa.PrimaryKeyConstraint("order_id", name="pk_order_way"),
    )  # fmt: skip
    op.create_index("ix_order_way_store", "order_way", ["store"])
    op.create_table(
        "remark_reader", key("store"), key("key_id"), whole("at_us"),
        sa.PrimaryKeyConstraint("store", "key_id", name="pk_remark_reader"),
    )  # fmt: skip
    op.create_index("ix_remark_reader_key_id", "remark_reader", ["key_id"])
