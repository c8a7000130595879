"""How loud an alarm was; deliveries that muted; the budget of false alarms a store set."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0006"
down_revision: Final = "0005"


def upgrade() -> None:
    op.add_column("alarm", _text("severity"))
    op.create_table(
        "restock",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "restock")),
        *(_text(name) for name in ("zones", "by")),
        *(_int(name) for name in ("began_us", "until_us", "ended_us", "muted")),
        _text("why"),
        sa.PrimaryKeyConstraint("store", "restock", name="pk_restock"),
    )
    op.create_table(
        "alarm_budget",
        sa.Column("store", sa.Text, nullable=False),
        sa.Column("alarms_per_month_max", sa.Double, nullable=False, server_default=sa.text("0")),
        *(_text(name) for name in ("weights", "by")),
        _int("at_us"),
        sa.PrimaryKeyConstraint("store", name="pk_alarm_budget"),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''"))


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))
