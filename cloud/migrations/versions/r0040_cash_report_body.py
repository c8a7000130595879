"""A cash report that was filed stays as it was."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0040"
down_revision: Final = "0039"


def upgrade() -> None:
    op.add_column("cash_report", sa.Column("body", sa.Text, nullable=False, server_default=sa.text("''")))
