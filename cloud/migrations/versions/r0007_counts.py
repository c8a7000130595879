"""Counts with their schedule, totals, tags and looks; scheduled counts that did not begin."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import real, text, whole

revision: Final = "0007"
down_revision: Final = "0006"


def upgrade() -> None:
    columns: tuple[sa.Column[str] | sa.Column[int] | sa.Column[float], ...] = (
        *(text(name) for name in ("counted_by", "why")),
        *(whole(name) for name in ("due_us", "blind", "submitted")),
        text("quantities"),
        whole("number", 1),
        *(real(name) for name in ("took_s", "unknown_more")),
        *(text(name) for name in ("tags", "totals")),
    )
    for column in columns:
        op.add_column("stock_count", column)
    for name in ("at_us", "rounds"):
        op.add_column("count_verdict", whole(name))
    op.create_table(
        "count_look",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "count_id")),
        sa.Column("number", sa.BigInteger, nullable=False, autoincrement=False),
        text("zones"),
        *(whole(name) for name in ("rounds", "expected", "found")),
        real("p_complete"),
        *(text(name) for name in ("why_stopped", "verdicts")),
        whole("ended_us"),
        sa.PrimaryKeyConstraint("store", "count_id", "number", name="pk_count_look"),
    )
    op.create_table(
        "count_missed",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "schedule")),
        sa.Column("due_us", sa.BigInteger, nullable=False, autoincrement=False),
        *(text(name) for name in ("place", "why")),
        *(whole(name) for name in ("more", "at_us")),
        sa.PrimaryKeyConstraint("store", "schedule", "due_us", name="pk_count_missed"),
    )
