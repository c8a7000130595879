"""Counts with their schedule, totals, tags and looks; scheduled counts that did not begin."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0007"
down_revision: Final = "0006"


def upgrade() -> None:
    columns: tuple[sa.Column[str] | sa.Column[int] | sa.Column[float], ...] = (
        *(_text(name) for name in ("counted_by", "why")),
        *(_int(name) for name in ("due_us", "blind", "submitted")),
        _text("quantities"),
        _int("number", 1),
        *(_float(name) for name in ("took_s", "unknown_more")),
        *(_text(name) for name in ("tags", "totals")),
    )
    for column in columns:
        op.add_column("stock_count", column)
    for name in ("at_us", "rounds"):
        op.add_column("count_verdict", _int(name))
    op.create_table(
        "count_look",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "count_id")),
        sa.Column("number", sa.BigInteger, nullable=False, autoincrement=False),
        _text("zones"),
        *(_int(name) for name in ("rounds", "expected", "found")),
        _float("p_complete"),
        *(_text(name) for name in ("why_stopped", "verdicts")),
        _int("ended_us"),
        sa.PrimaryKeyConstraint("store", "count_id", "number", name="pk_count_look"),
    )
    op.create_table(
        "count_missed",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "schedule")),
        sa.Column("due_us", sa.BigInteger, nullable=False, autoincrement=False),
        *(_text(name) for name in ("place", "why")),
        *(_int(name) for name in ("more", "at_us")),
        sa.PrimaryKeyConstraint("store", "schedule", "due_us", name="pk_count_missed"),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''"))


def _int(name: str, value: int = 0) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text(str(value)))


def _float(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=False, server_default=sa.text("0"))
