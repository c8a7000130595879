"""Who approved what on a sale, what was off by promotion, and why no tax was due."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0015"
down_revision: Final = "0014"


def upgrade() -> None:
    for table, names in (
        ("sale", ("exemption", "approved_by")),
        ("sale_line", ("promotion", "approved_by", "scheme")),
        ("refund", ("approved_by",)),
    ):
        for name in names:
            op.add_column(table, sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''")))
    off = sa.Column("promotion_minor", sa.BigInteger, nullable=False, server_default=sa.text("0"))
    op.add_column("sale_line", off)
