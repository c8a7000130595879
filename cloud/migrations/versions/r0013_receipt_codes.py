"""Trade rows by their chain head, whose beginning receipts print."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0013"
down_revision: Final = "0012"


def upgrade() -> None:
    trade = sa.text("stream = 'trade'")
    op.create_index("ix_inbox_trade_head", "inbox", ["head"], sqlite_where=trade, postgresql_where=trade)
