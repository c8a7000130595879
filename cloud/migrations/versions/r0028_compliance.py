"""Fiscal closings, each chained to the one before, and cash reports that were filed."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import key, text, whole

revision: Final = "0028"
down_revision: Final = "0027"
FOR_EVER: Final = ("fiscal_closing", "fiscal_z", "cash_report")


def upgrade() -> None:
    op.create_table(
        "fiscal_closing",
        key("store"), sa.Column("number", sa.BigInteger, autoincrement=False, nullable=False), text("kind"),
        text("period"), text("digest"), text("body"), whole("closed_us"), text("by"),
        sa.PrimaryKeyConstraint("store", "number", name="pk_fiscal_closing"),
        sa.UniqueConstraint("store", "kind", "period", name="uq_fiscal_closing_store_kind_period"),
    )  # fmt: skip
    op.create_table(
        "fiscal_z",
        key("store"), key("shift"), whole("number"),
        sa.PrimaryKeyConstraint("store", "shift", name="pk_fiscal_z"),
    )  # fmt: skip
    op.create_index("ix_fiscal_z_store_number", "fiscal_z", ["store", "number"])
    op.create_table(
        "cash_report",
        key("name"), text("reference"), text("by"), whole("at_us"),
        sa.PrimaryKeyConstraint("name", name="pk_cash_report"),
    )  # fmt: skip
    for table in FOR_EVER:
        _never_altered(table)


def _never_altered(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION is_immutable()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION is_immutable()"
        )
        return
    for what in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} "
            f"BEGIN SELECT raise(ABORT, '{table} is immutable'); END"
        )
