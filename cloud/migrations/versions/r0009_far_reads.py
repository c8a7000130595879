"""Reads that tell of two stores."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0009"
down_revision: Final = "0008"


def upgrade() -> None:
    op.create_table(
        "far_read",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("piece", "store")),
        sa.Column("at_us", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("how", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.PrimaryKeyConstraint("piece", "store", name="pk_far_read"),
    )
