"""Zs as they were made, cash moved by hand, and in which Z each receipt is counted."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0014"
down_revision: Final = "0013"


def upgrade() -> None:
    op.create_table(
        "cash_move",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "move")),
        *(_text(name) for name in ("shift", "till", "kind")),
        _int("amount_minor"),
        *(_text(name) for name in ("currency", "reason", "by")),
        _int("at_us"),
        sa.PrimaryKeyConstraint("store", "move", name="pk_cash_move"),
    )
    op.create_index("ix_cash_move_shift", "cash_move", ["shift"])
    for name in ("z_digest", "z_body"):
        op.add_column("shift", _text(name))
    for table in ("sale", "refund"):
        op.add_column(table, _text("counted_in"))
        op.create_index(f"ix_{table}_shift", table, ["shift"])


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''"))


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))
