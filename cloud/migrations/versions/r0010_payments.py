"""Payments at terminals, and the payment a card tender is."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0010"
down_revision: Final = "0009"


def upgrade() -> None:
    op.create_table(
        "terminal_payment",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "payment")),
        *(_text(name) for name in ("sale", "till", "terminal", "state")),
        *(_int(name) for name in ("amount_minor", "captured_minor")),
        _text("currency"),
        _int("offline_minor_max"),
        *(_text(name) for name in ("given_up", "brand", "last4", "auth_code", "reference")),
        _int("stored_offline"),
        _text("why"),
        _int("at_us"),
        sa.PrimaryKeyConstraint("store", "payment", name="pk_terminal_payment"),
    )
    op.create_index("ix_terminal_payment_state", "terminal_payment", ["state"])
    op.add_column("sale_tender", _text("payment"))


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''"))


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))
