"""Doors, lamps, sirens and locks of stores, as they were told last."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0005"
down_revision: Final = "0004"


def upgrade() -> None:
    op.create_table(
        "signal",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "reader", "way")),
        sa.Column("port", sa.BigInteger, nullable=False, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''")) for name in ("name", "kind", "zone")),
        sa.Column("is_on", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        *(sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''")) for name in ("why", "by")),
        sa.Column("since_us", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("store", "reader", "way", "port", name="pk_signal"),
    )
