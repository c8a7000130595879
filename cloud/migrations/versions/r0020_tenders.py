"""What can pay: gift cards, credit and deposits, transfers that are awaited, foreign cash; and goods by measure."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import text as _text
from cloud.migrations.columns import whole

revision: Final = "0020"
down_revision: Final = "0019"

TABLES: Final = {
    "value_account": (
        ("account",), (),
        ("kind", "label", "client", "currency", "store", "blocked"), ("issued_minor", "spent_minor", "opened_us"),
    ),
    "value_move": (("store", "ref"), ("n",), ("account", "by"), ("amount_minor", "at_us")),
    "value_slice": (("store", "account"), (), (), ("held_minor",)),
    "value_ask": (
        ("store", "ask"), (), ("sale", "account", "kind", "currency", "state", "why"),
        ("wanted_minor", "granted_minor", "at_us"),
    ),
    "bank_transfer": (
        ("store", "sale"), ("n",),
        ("till", "reference", "currency", "business_day", "state", "settled_by", "note"), ("amount_minor", "at_us"),
    ),
    "goods": (
        ("goods",), (), ("title", "unit", "currency", "tax", "by"), ("unit_minor", "tax_bp", "service", "changed_us"),
    ),
    "goods_stock": (("store", "goods"), (), (), ("quantity_milli",)),
    "goods_move": (("store", "ref", "goods"), (), ("why", "by"), ("quantity_milli", "at_us")),
}  # fmt: skip
"""By table: keys of text, keys of numbers, texts, numbers."""
INDEXES: Final = (
    ("value_account", "kind", "opened_us"), ("value_account", "client"), ("value_move", "account"),
    ("value_slice", "account"), ("value_ask", "account", "state"), ("value_ask", "store", "sale"),
    ("bank_transfer", "state", "at_us"), ("goods_move", "goods"),
)  # fmt: skip


def upgrade() -> None:
    for table, (keys, number_keys, texts, numbers) in TABLES.items():
        op.create_table(
            table,
            *(sa.Column(name, sa.Text, nullable=False) for name in keys),
            *(sa.Column(name, sa.BigInteger, nullable=False, autoincrement=False) for name in number_keys),
            *(_text(name) for name in texts),
            *(whole(name) for name in numbers),
            sa.PrimaryKeyConstraint(*keys, *number_keys, name=f"pk_{table}"),
        )
    op.add_column("bank_transfer", sa.Column("settled_us", sa.BigInteger))
    for name in ("quantity_milli_min", "active"):
        op.add_column("goods", whole(name, 1))
    for table, *columns in INDEXES:
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)
    for table, texts, numbers in (
        ("sale_tender", ("account", "foreign_currency", "rate_source"),
         ("rounding_minor", "foreign_minor", "rate_e9", "quoted_us")),
        ("sale_line", ("account", "goods", "unit"), ()),
    ):  # fmt: skip
        for name in texts:
            op.add_column(table, _text(name))
        for name in numbers:
            op.add_column(table, whole(name))
