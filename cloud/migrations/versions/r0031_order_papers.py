"""Papers of clients' orders, sealed under the key of their client."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import data, key, text, whole

revision: Final = "0031"
down_revision: Final = "0030"


def upgrade() -> None:
    op.create_table(
        "order_paper",
        key("order_id"), key("sha256"), text("person"), text("kind"), text("media"), whole("version"),
        text("item"), whole("bytes"), text("by"), whole("at_us"), data("sealed"), data("thumb"),
        sa.PrimaryKeyConstraint("order_id", "sha256", name="pk_order_paper"),
    )  # fmt: skip
    op.create_index("ix_order_paper_person", "order_paper", ["person"])
