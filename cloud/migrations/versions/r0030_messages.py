"""Messages to clients: the outbox, links that end them, addresses that sent something back, and templates."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0030"
down_revision: Final = "0029"


def upgrade() -> None:
    op.create_table(
        "message",
        _key("message"), _key("key"), _key("person"), _key("channel"), _key("kind"), _text("template"), _text("store"),
        _key("state"), _int("made_us"), _text("by"), _int("next_us"), _int("until_us"), _int("tries"),
        _int("changed_us"), _int("sent_us"), _text("carrier_ref"), _text("why"), _sealing("sealed"),
        sa.PrimaryKeyConstraint("message", name="pk_message"), sa.UniqueConstraint("key", name="uq_message_key"),
    )  # fmt: skip
    for columns in (["state", "next_us"], ["person", "made_us"], ["channel", "sent_us"], ["carrier_ref"]):
        op.create_index(f"ix_message_{'_'.join(columns)}", "message", columns)
    op.create_table(
        "opt_out",
        _key("digest"), _key("person"), _key("channel"), _key("message"), _int("made_us"), _int("used_us"),
        sa.PrimaryKeyConstraint("digest", name="pk_opt_out"),
    )  # fmt: skip
    op.create_index("ix_opt_out_person", "opt_out", ["person"])
    op.create_table(
        "address_bad",
        sa.Column("word", sa.LargeBinary, nullable=False), _text("person"), _text("channel"), _int("at_us"),
        sa.PrimaryKeyConstraint("word", name="pk_address_bad"),
    )  # fmt: skip
    op.create_index("ix_address_bad_person", "address_bad", ["person"])
    op.create_table(
        "message_template",
        _key("template"), _key("channel"), _key("language"), _key("purpose"), _text("subject"), _key("text"),
        _int("changed_us"), _text("by"),
        sa.PrimaryKeyConstraint("template", "channel", "language", name="pk_message_template"),
    )  # fmt: skip


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''"))


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))


def _sealing(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False, server_default=sa.text("''"))
