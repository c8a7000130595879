"""Clients' orders of all stores."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import key, text, whole

revision: Final = "0027"
down_revision: Final = "0026"
OPEN: Final = sa.text("ended = 0")


def upgrade() -> None:
    op.create_table(
        "client_order",
        key("order_id"), text("store"), text("number"), text("kind"), text("client"), text("state"),
        text("promised_day"), whole("ended"), whole("opened_us"), whole("changed_us"),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_client_order"),
    )  # fmt: skip
    for columns in (["client"], ["number"], ["store", "changed_us"], ["changed_us"]):
        op.create_index(f"ix_client_order_{'_'.join(columns)}", "client_order", columns)
    op.create_index(
        "ix_client_order_promised_day", "client_order", ["promised_day"], sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_table(
        "client_order_thing",
        key("thing"), key("order_id"),
        sa.PrimaryKeyConstraint("thing", "order_id", name="pk_client_order_thing"),
    )  # fmt: skip
