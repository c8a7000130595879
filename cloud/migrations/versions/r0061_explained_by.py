"""Who answered by hand for a piece that a count did not read."""

from typing import Final

from alembic import op

from cloud.migrations.columns import text

revision: Final = "0061"
down_revision: Final = "0060"


def upgrade() -> None:
    op.add_column("count_verdict", text("by"))
