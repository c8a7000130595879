"""Parts of lines that came back, refunds to cards, and what the stores say of the condition of pieces."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import text, whole

revision: Final = "0016"
down_revision: Final = "0015"


def upgrade() -> None:
    op.create_table(
        "refund_line",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "epoch")),
        sa.Column("seq", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("line", sa.Text, nullable=False),
        *(text(name) for name in ("sale", "piece", "disposition")),
        *(whole(name) for name in ("quantity_milli", "gross_minor", "tax_minor")),
        sa.PrimaryKeyConstraint("store", "epoch", "seq", "line", name="pk_refund_line"),
    )
    op.create_index("ix_refund_line_sale", "refund_line", ["sale"])
    op.create_table(
        "card_refund",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "refund")),
        *(text(name) for name in ("returns", "payment", "sale", "till", "terminal", "state")),
        *(whole(name) for name in ("amount_minor", "refunded_minor")),
        *(text(name) for name in ("currency", "reference", "refund_reference", "why")),
        whole("at_us"),
        sa.PrimaryKeyConstraint("store", "refund", name="pk_card_refund"),
    )
    op.create_index("ix_card_refund_sale", "card_refund", ["sale"])
    op.create_table(
        "piece_disposed",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "epoch")),
        sa.Column("seq", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("piece", sa.Text, nullable=False),
        *(text(name) for name in ("disposition", "condition", "reason", "sale", "by")),
        *(whole(name) for name in ("n", "at_us")),
        sa.PrimaryKeyConstraint("store", "epoch", "seq", "piece", name="pk_piece_disposed"),
    )
    op.create_index("ix_piece_disposed_piece", "piece_disposed", ["piece"])
    op.add_column("piece", whole("disposed"))
    for name in ("returns", "override", "exchange"):
        op.add_column("refund", text(name))
