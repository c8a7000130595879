"""Payments at terminals, and the payment a card tender is."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import text, whole

revision: Final = "0010"
down_revision: Final = "0009"


def upgrade() -> None:
    op.create_table(
        "terminal_payment",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "payment")),
        *(text(name) for name in ("sale", "till", "terminal", "state")),
        *(whole(name) for name in ("amount_minor", "captured_minor")),
        text("currency"),
        whole("offline_minor_max"),
        *(text(name) for name in ("given_up", "brand", "last4", "auth_code", "reference")),
        whole("stored_offline"),
        text("why"),
        whole("at_us"),
        sa.PrimaryKeyConstraint("store", "payment", name="pk_terminal_payment"),
    )
    op.create_index("ix_terminal_payment_state", "terminal_payment", ["state"])
    op.add_column("sale_tender", text("payment"))
