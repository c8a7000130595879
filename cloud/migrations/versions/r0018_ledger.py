"""The ledger in months that close, legs kept by something, what each piece is carried at, and stricter triggers.

Those of the first revision fall and are made anew; the statements stand beside this file, one file per engine, frozen.
"""

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import text as _text

revision: Final = "0018"
down_revision: Final = "0017"
HERE: Final = Path(__file__).parent
BETWEEN_STATEMENTS: Final = "\n;;\n"
OLD: Final = {
    "sqlite": (
        ("posting", "posting_balances"),
        ("ledger_line", "ledger_line_sealed"),
        *((table, f"{table}_no_{what}") for table in ("posting", "ledger_line") for what in ("update", "delete")),
    ),
    "postgresql": (
        ("posting", "posting_balances"),
        ("ledger_line", "ledger_line_sealed"),
        ("posting", "posting_immutable"),
        ("ledger_line", "ledger_line_immutable"),
    ),
}
DAY_OF_ORDERS: Final = {
    "sqlite": "UPDATE posting SET business_day = strftime('%Y-%m-%d', at_us / 1000000, 'unixepoch') "
    "WHERE business_day = ''",
    "postgresql": "UPDATE posting SET business_day = to_char(to_timestamp(at_us / 1000000) AT TIME ZONE 'UTC', "
    "'YYYY-MM-DD') WHERE business_day = ''",
}


def upgrade() -> None:
    engine = op.get_bind().dialect.name
    for table, trigger in OLD[engine]:
        op.execute(f"DROP TRIGGER {trigger}" + (f" ON {table}" if engine == "postgresql" else ""))
    for name in ("period", "sale", "by", "why"):
        op.add_column("posting", _text(name))
    op.add_column("posting", sa.Column("late", sa.BigInteger, nullable=False, server_default=sa.text("0")))
    op.add_column("ledger_line", _text("by"))
    op.execute(DAY_OF_ORDERS[engine])
    op.execute("UPDATE posting SET period = substr(business_day, 1, 7)")
    op.execute("UPDATE posting SET sale = ref WHERE kind IN ('sale', 'order')")
    op.execute("UPDATE ledger_line SET account = 'sales_tax_payable' WHERE account = 'tax_due'")
    op.create_index("ix_posting_store_period", "posting", ["store", "period"])
    op.create_index("ix_posting_sale", "posting", ["sale"])
    op.create_table(
        "ledger_close",
        sa.Column("store", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("closed_us", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        _text("by"),
        _text("why"),
        sa.PrimaryKeyConstraint("store", "period", name="pk_ledger_close"),
    )
    op.create_table(
        "stock_value",
        sa.Column("piece", sa.Text, nullable=False),
        *(_text(name) for name in ("store", "account", "currency", "sale", "line", "margin")),
        *(
            sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))
            for name in ("amount_minor", "margin_tax_minor")
        ),
        sa.PrimaryKeyConstraint("piece", name="pk_stock_value"),
    )
    text = (HERE / f"r0018_{engine}.sql").read_text(encoding="utf-8")
    for statement in text.split(BETWEEN_STATEMENTS):
        op.execute(sa.text(statement.replace(":", "\\:")))
