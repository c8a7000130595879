"""What was handed over of each receipt, by its store and by the office."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0019"
down_revision: Final = "0018"


def upgrade() -> None:
    op.create_table(
        "receipt_given",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "give")),
        *(_text(name) for name in ("receipt", "form")),
        *(_int(name) for name in ("gift", "copy", "office")),
        _text("by"),
        _int("at_us"),
        sa.PrimaryKeyConstraint("store", "give", name="pk_receipt_given"),
    )
    op.create_index("ix_receipt_given_receipt", "receipt_given", ["receipt"])


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''"))


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))
