"""Who sent a transfer off."""

from typing import Final

from alembic import op

from cloud.migrations.columns import text

revision: Final = "0043"
down_revision: Final = "0045"


def upgrade() -> None:
    op.add_column("transfer", text("shipped_by"))
    op.create_index("ix_transfer_state_shipped_us", "transfer", ["state", "shipped_us"])
