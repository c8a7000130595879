"""Keys of what stores wrote of clients, and where bought pieces come from: in their clients' words, sealed."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import text, whole

revision: Final = "0039"
down_revision: Final = "0038"


def upgrade() -> None:
    op.create_table(
        "remark_key",
        sa.Column("key_id", sa.Text, nullable=False), text("store"), text("person"), whole("at_us"),
        sa.Column("sealed", sa.LargeBinary, nullable=False, server_default=sa.text("''")),
        sa.PrimaryKeyConstraint("key_id", name="pk_remark_key"),
    )  # fmt: skip
    op.create_index("ix_remark_key_person", "remark_key", ["person"])
    op.create_index("ix_remark_key_store_at_us", "remark_key", ["store", "at_us"])
    op.create_table(
        "piece_past",
        sa.Column("piece", sa.Text, nullable=False), sa.Column("ref", sa.Text, nullable=False), text("client"),
        text("provenance"), text("proof"), whole("at_us"),
        sa.PrimaryKeyConstraint("piece", "ref", name="pk_piece_past"),
    )  # fmt: skip
    op.create_index("ix_piece_past_client", "piece_past", ["client"])
