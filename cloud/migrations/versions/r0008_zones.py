"""Zones by the names their stores gave them, and how each store came to know where they end."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import real, text, whole

revision: Final = "0008"
down_revision: Final = "0007"


def upgrade() -> None:
    op.create_table(
        "zone_name",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "zone")),
        text("name"),
        sa.PrimaryKeyConstraint("store", "zone", name="pk_zone_name"),
    )
    op.create_table(
        "zone_calibration",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "epoch")),
        sa.Column("seq", sa.BigInteger, nullable=False, autoincrement=False),
        whole("version"),
        text("model"),
        *(real(name) for name in ("accuracy", "tray_accuracy")),
        text("zones"),
        whole("put_back"),
        text("by"),
        whole("at_us"),
        sa.PrimaryKeyConstraint("store", "epoch", "seq", name="pk_zone_calibration"),
    )
