"""Clients: which ids are one person, pairs that may be, and what stores said of clients in sealed fields."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import key, text, whole

revision: Final = "0029"
down_revision: Final = "0028"
HOLDS: Final = sa.text("undone_us = 0")


def upgrade() -> None:
    op.create_table(
        "client_alias",
        key("merge"), text("survivor"), text("absorbed"), text("by"), whole("at_us"), whole("undone_us"),
        text("undone_by"),
        sa.PrimaryKeyConstraint("merge", name="pk_client_alias"),
    )  # fmt: skip
    op.create_index("ix_client_alias_survivor", "client_alias", ["survivor"])
    op.create_index(
        "ix_client_alias_absorbed",
        "client_alias",
        ["absorbed"],
        unique=True,
        sqlite_where=HOLDS,
        postgresql_where=HOLDS,
    )
    op.create_table(
        "client_pair",
        key("one"), key("other"),
        sa.Column("bits", sa.Double, nullable=False, server_default=sa.text("0")),
        text("reasons"), text("state"), whole("found_us"), text("by"), whole("decided_us"),
        sa.PrimaryKeyConstraint("one", "other", name="pk_client_pair"),
    )  # fmt: skip
    op.create_index("ix_client_pair_state_bits", "client_pair", ["state", "bits"])
    op.create_index("ix_client_pair_other", "client_pair", ["other"])
    op.create_table(
        "client_heard",
        key("store"), key("epoch"), _number("seq"), _number("n"), text("person"), text("key_id"),
        sa.Column("sealed", sa.LargeBinary, nullable=False, server_default=sa.text("''")),
        text("by"), whole("at_us"), text("state"), text("why"),
        sa.PrimaryKeyConstraint("store", "epoch", "seq", "n", name="pk_client_heard"),
    )  # fmt: skip
    op.create_index("ix_client_heard_state_person", "client_heard", ["state", "person"])
    op.create_index("ix_client_heard_person", "client_heard", ["person"])


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, autoincrement=False, nullable=False)
