"""What was handed over of each receipt, by its store and by the office."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import text, whole

revision: Final = "0019"
down_revision: Final = "0018"


def upgrade() -> None:
    op.create_table(
        "receipt_given",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "give")),
        *(text(name) for name in ("receipt", "form")),
        *(whole(name) for name in ("gift", "copy", "office")),
        text("by"),
        whole("at_us"),
        sa.PrimaryKeyConstraint("store", "give", name="pk_receipt_given"),
    )
    op.create_index("ix_receipt_given_receipt", "receipt_given", ["receipt"])
