"""Papers of clients' orders, sealed under the key of their client."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0031"
down_revision: Final = "0030"


def upgrade() -> None:
    op.create_table(
        "order_paper",
        _key("order_id"), _key("sha256"), _text("person"), _text("kind"), _text("media"), _int("version"),
        _text("item"), _int("bytes"), _text("by"), _int("at_us"), _bytes("sealed"), _bytes("thumb"),
        sa.PrimaryKeyConstraint("order_id", "sha256", name="pk_order_paper"),
    )  # fmt: skip
    op.create_index("ix_order_paper_person", "order_paper", ["person"])


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''"))


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)
