"""Which devices a store's readers are, and when they did not read."""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0004"
down_revision: Final = "0003"


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''")) for name in names]


def _times(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0")) for name in names]


def _heard_in(table: str) -> list[sa.Column[Any] | sa.PrimaryKeyConstraint]:
    """The entry a row comes from, and the reader it is about."""
    return [
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "epoch")),
        sa.Column("seq", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("reader", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("store", "epoch", "seq", "reader", name=f"pk_{table}"),
    ]


def upgrade() -> None:
    op.add_column("reader", *_texts("serial"))
    op.add_column("reader", *_times("dark_since_us"))
    told = _texts("was_model", "was_firmware", "was_serial", "model", "firmware", "serial")
    op.create_table("reader_change", *_heard_in("reader_change"), *told, *_times("at_us"))
    op.create_table("coverage_gap", *_heard_in("coverage_gap"), *_times("from_us", "until_us"), *_texts("why"))
    op.create_index("ix_coverage_gap_store_until_us", "coverage_gap", ["store", "until_us"])
