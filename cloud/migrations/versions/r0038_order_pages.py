"""The private page each client has of their order, and what they said there."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0038"
down_revision: Final = "0037"


def upgrade() -> None:
    op.create_table(
        "order_page",
        sa.Column("code", sa.Text, nullable=False), sa.Column("order_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_order_page"),
    )  # fmt: skip
    op.create_index("ix_order_page_order_id", "order_page", ["order_id"])
    op.create_table(
        "order_answer",
        sa.Column("order_id", sa.Text, nullable=False), sa.Column("what", sa.Text, nullable=False),
        sa.Column("quote", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("proof", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("approved", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("at_us", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("order_id", "what", "quote", name="pk_order_answer"),
    )  # fmt: skip
