"""The language somebody's pages speak, as they chose."""

from typing import Final

from alembic import op

from cloud.migrations.columns import text

revision: Final = "0055"
down_revision: Final = "0050"


def upgrade() -> None:
    op.add_column("staff", text("language"))
