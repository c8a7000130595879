"""Days of clients that were told: once for each year and channel."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import key, text, whole

revision: Final = "0033"
down_revision: Final = "0032"


def upgrade() -> None:
    op.create_table(
        "reminder",
        key("subject"), sa.Column("year", sa.BigInteger, autoincrement=False, nullable=False), key("channel"),
        key("person"), text("milestone"), key("day"), text("owner"), text("store"), text("state", "open"),
        text("message"), whole("made_us"), whole("done_us"), text("done_by"),
        sa.PrimaryKeyConstraint("subject", "year", "channel", name="pk_reminder"),
    )  # fmt: skip
    op.create_index("ix_reminder_channel_state_day", "reminder", ["channel", "state", "day"])
    op.create_index("ix_reminder_person", "reminder", ["person"])
