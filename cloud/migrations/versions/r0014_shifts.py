"""Zs as they were made, cash moved by hand, and in which Z each receipt is counted."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import text, whole

revision: Final = "0014"
down_revision: Final = "0013"


def upgrade() -> None:
    op.create_table(
        "cash_move",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "move")),
        *(text(name) for name in ("shift", "till", "kind")),
        whole("amount_minor"),
        *(text(name) for name in ("currency", "reason", "by")),
        whole("at_us"),
        sa.PrimaryKeyConstraint("store", "move", name="pk_cash_move"),
    )
    op.create_index("ix_cash_move_shift", "cash_move", ["shift"])
    for name in ("z_digest", "z_body"):
        op.add_column("shift", text(name))
    for table in ("sale", "refund"):
        op.add_column(table, text("counted_in"))
        op.create_index(f"ix_{table}_shift", table, ["shift"])
