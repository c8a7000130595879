"""Days of clients that were told: once for each year and channel."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0033"
down_revision: Final = "0032"


def upgrade() -> None:
    op.create_table(
        "reminder",
        _key("subject"), sa.Column("year", sa.BigInteger, autoincrement=False, nullable=False), _key("channel"),
        _key("person"), _text("milestone"), _key("day"), _text("owner"), _text("store"), _text("state", "open"),
        _text("message"), _int("made_us"), _int("done_us"), _text("done_by"),
        sa.PrimaryKeyConstraint("subject", "year", "channel", name="pk_reminder"),
    )  # fmt: skip
    op.create_index("ix_reminder_channel_state_day", "reminder", ["channel", "state", "day"])
    op.create_index("ix_reminder_person", "reminder", ["person"])


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text(f"'{default}'"))


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))
