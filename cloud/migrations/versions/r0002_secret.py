"""The secret that seals what the office tells its stores; `cloud.schema` fills it."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"


def upgrade() -> None:
    op.add_column("life", sa.Column("secret", sa.LargeBinary, nullable=False, server_default=sa.text("''")))
