"""Messages to clients: the outbox, links that end them, addresses that sent something back, and templates."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import key, sealed, text, whole

revision: Final = "0030"
down_revision: Final = "0029"


def upgrade() -> None:
    op.create_table(
        "message",
        key("message"), key("key"), key("person"), key("channel"), key("kind"), text("template"), text("store"),
        key("state"), whole("made_us"), text("by"), whole("next_us"), whole("until_us"), whole("tries"),
        whole("changed_us"), whole("sent_us"), text("carrier_ref"), text("why"), sealed("sealed"),
        sa.PrimaryKeyConstraint("message", name="pk_message"), sa.UniqueConstraint("key", name="uq_message_key"),
    )  # fmt: skip
    for columns in (["state", "next_us"], ["person", "made_us"], ["channel", "sent_us"], ["carrier_ref"]):
        op.create_index(f"ix_message_{'_'.join(columns)}", "message", columns)
    op.create_table(
        "opt_out",
        key("digest"), key("person"), key("channel"), key("message"), whole("made_us"), whole("used_us"),
        sa.PrimaryKeyConstraint("digest", name="pk_opt_out"),
    )  # fmt: skip
    op.create_index("ix_opt_out_person", "opt_out", ["person"])
    op.create_table(
        "address_bad",
        sa.Column("word", sa.LargeBinary, nullable=False), text("person"), text("channel"), whole("at_us"),
        sa.PrimaryKeyConstraint("word", name="pk_address_bad"),
    )  # fmt: skip
    op.create_index("ix_address_bad_person", "address_bad", ["person"])
    op.create_table(
        "message_template",
        key("template"), key("channel"), key("language"), key("purpose"), text("subject"), key("text"),
        whole("changed_us"), text("by"),
        sa.PrimaryKeyConstraint("template", "channel", "language", name="pk_message_template"),
    )  # fmt: skip
