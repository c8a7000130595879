"""The full record of a piece: papers, metals, stones, attributes; what it cost; who changed what; appraisals."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0011"
down_revision: Final = "0010"

NEW_TEXTS: Final = {
    "serial": "", "barcode": "", "prices": "[]", "tax": "", "set_of": "", "ownership": "owned", "certificates": "[]",
    "condition": "ok", "metals": "[]", "gems": "[]", "attributes": "[]",
}  # fmt: skip
INDEXED: Final = ("serial", "barcode", "set_of")


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text(f"'{default}'"))


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def upgrade() -> None:
    for name, default in NEW_TEXTS.items():
        op.add_column("piece", _text(name, default))
    op.add_column("piece", _number("second_hand"))
    for name in INDEXED:
        op.create_index(f"ix_piece_{name}", "piece", [name])
    op.create_table(
        "piece_backing",
        _key("piece"), _number("cost_minor"), _text("cost_currency"), _text("source"), _text("provenance"),
        sa.PrimaryKeyConstraint("piece", name="pk_piece_backing"),
    )  # fmt: skip
    running = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "piece_change",
        sa.Column("n", running, autoincrement=True, nullable=False),
        _text("piece"), _number("at_us"), _text("by"), _text("why"), _text("field"), _text("was"), _text("now"),
        sa.PrimaryKeyConstraint("n", name="pk_piece_change"),
    )  # fmt: skip
    op.create_index("ix_piece_change_piece", "piece_change", ["piece"])
    op.create_table(
        "appraisal",
        _key("appraisal"), _text("piece"), _number("value_minor"), _text("currency"), _text("purpose"),
        _text("appraiser"), _text("day"), _text("note"), _text("by"), _number("at_us"),
        sa.PrimaryKeyConstraint("appraisal", name="pk_appraisal"),
    )  # fmt: skip
    op.create_index("ix_appraisal_piece", "appraisal", ["piece"])
    op.create_table(
        "piece_category",
        _key("category"), _text("rules", "[]"), _text("by"), _number("changed_us"),
        sa.PrimaryKeyConstraint("category", name="pk_piece_category"),
    )  # fmt: skip
