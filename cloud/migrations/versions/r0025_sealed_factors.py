"""Secrets of code apps are sealed: under which key. Those that stand in clear are sealed at the start that follows."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0025"
down_revision: Final = "0024"


def upgrade() -> None:
    op.add_column("second_factor", sa.Column("key_id", sa.Text, nullable=False, server_default=sa.text("''")))
