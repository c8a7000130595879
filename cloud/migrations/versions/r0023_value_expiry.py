"""Until when gift cards and credit may be spent, and the business day of who asks for them."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0023"
down_revision: Final = "0022"


def upgrade() -> None:
    for table, name in (("value_account", "expires"), ("value_ask", "business_day")):
        op.add_column(table, sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''")))
