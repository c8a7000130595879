"""What measured goods cost: the value of each store's stock at its average, and the cost of each move."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0024"
down_revision: Final = "0023"


def upgrade() -> None:
    stock = ("value_minor", "average_minor", "average_milli")
    for table, name in (*(("goods_stock", each) for each in stock), ("goods_move", "cost_minor")):
        op.add_column(table, sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0")))
