"""Clients' orders of all stores."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0027"
down_revision: Final = "0026"
OPEN: Final = sa.text("ended = 0")


def upgrade() -> None:
    op.create_table(
        "client_order",
        _key("order_id"), _text("store"), _text("number"), _text("kind"), _text("client"), _text("state"),
        _text("promised_day"), _int("ended"), _int("opened_us"), _int("changed_us"),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_client_order"),
    )  # fmt: skip
    for columns in (["client"], ["number"], ["store", "changed_us"], ["changed_us"]):
        op.create_index(f"ix_client_order_{'_'.join(columns)}", "client_order", columns)
    op.create_index(
        "ix_client_order_promised_day", "client_order", ["promised_day"], sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_table(
        "client_order_thing",
        _key("thing"), _key("order_id"),
        sa.PrimaryKeyConstraint("thing", "order_id", name="pk_client_order_thing"),
    )  # fmt: skip


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''"))


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))
