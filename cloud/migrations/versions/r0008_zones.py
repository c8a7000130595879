"""Zones by the names their stores gave them, and how each store came to know where they end."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0008"
down_revision: Final = "0007"


def upgrade() -> None:
    op.create_table(
        "zone_name",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "zone")),
        _text("name"),
        sa.PrimaryKeyConstraint("store", "zone", name="pk_zone_name"),
    )
    op.create_table(
        "zone_calibration",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "epoch")),
        sa.Column("seq", sa.BigInteger, nullable=False, autoincrement=False),
        _int("version"),
        _text("model"),
        *(_float(name) for name in ("accuracy", "tray_accuracy")),
        _text("zones"),
        _int("put_back"),
        _text("by"),
        _int("at_us"),
        sa.PrimaryKeyConstraint("store", "epoch", "seq", name="pk_zone_calibration"),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''"))


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))


def _float(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=False, server_default=sa.text("0"))
