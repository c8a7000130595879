"""Clients: which ids are one person, pairs that may be, and what stores said of clients in sealed fields."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0029"
down_revision: Final = "0028"
HOLDS: Final = sa.text("undone_us = 0")


def upgrade() -> None:
    op.create_table(
        "client_alias",
        _key("merge"), _text("survivor"), _text("absorbed"), _text("by"), _int("at_us"), _int("undone_us"),
        _text("undone_by"),
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
        _key("one"), _key("other"),
        sa.Column("bits", sa.Double, nullable=False, server_default=sa.text("0")),
        _text("reasons"), _text("state"), _int("found_us"), _text("by"), _int("decided_us"),
        sa.PrimaryKeyConstraint("one", "other", name="pk_client_pair"),
    )  # fmt: skip
    op.create_index("ix_client_pair_state_bits", "client_pair", ["state", "bits"])
    op.create_index("ix_client_pair_other", "client_pair", ["other"])
    op.create_table(
        "client_heard",
        _key("store"), _key("epoch"), _number("seq"), _number("n"), _text("person"), _text("key_id"),
        sa.Column("sealed", sa.LargeBinary, nullable=False, server_default=sa.text("''")),
        _text("by"), _int("at_us"), _text("state"), _text("why"),
        sa.PrimaryKeyConstraint("store", "epoch", "seq", "n", name="pk_client_heard"),
    )  # fmt: skip
    op.create_index("ix_client_heard_state_person", "client_heard", ["state", "person"])
    op.create_index("ix_client_heard_person", "client_heard", ["person"])


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, autoincrement=False, nullable=False)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''"))


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))
