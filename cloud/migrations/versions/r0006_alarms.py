"""How loud an alarm was; deliveries that muted; the budget of false alarms a store set."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import text, whole

revision: Final = "0006"
down_revision: Final = "0005"


def upgrade() -> None:
    op.add_column("alarm", text("severity"))
    op.create_table(
        "restock",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "restock")),
        *(text(name) for name in ("zones", "by")),
        *(whole(name) for name in ("began_us", "until_us", "ended_us", "muted")),
        text("why"),
        sa.PrimaryKeyConstraint("store", "restock", name="pk_restock"),
    )
    op.create_table(
        "alarm_budget",
        sa.Column("store", sa.Text, nullable=False),
        sa.Column("alarms_per_month_max", sa.Double, nullable=False, server_default=sa.text("0")),
        *(text(name) for name in ("weights", "by")),
        whole("at_us"),
        sa.PrimaryKeyConstraint("store", name="pk_alarm_budget"),
    )
