"""Sales, returns and postings are found by day for reports; and private pages of clients."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0045"
down_revision: Final = "0041"
BY_DAY: Final = ("sale", "refund", "posting")


def upgrade() -> None:
    for table in BY_DAY:
        op.create_index(f"ix_{table}_business_day_store", table, ["business_day", "store"])
    op.create_table(
        "client_page",
        sa.Column("code", sa.Text, nullable=False), sa.Column("person", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False, server_default=sa.text("''")),
        *(
            sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))
            for name in ("made_us", "until_us", "ended_us", "looked_us")
        ),
        sa.PrimaryKeyConstraint("code", name="pk_client_page"),
    )  # fmt: skip
    op.create_index("ix_client_page_person", "client_page", ["person"])
