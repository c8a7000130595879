"""The full record of a piece: papers, metals, stones, attributes; what it cost; who changed what; appraisals."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import key, text, whole

revision: Final = "0011"
down_revision: Final = "0010"

NEW_TEXTS: Final = {
    "serial": "", "barcode": "", "prices": "[]", "tax": "", "set_of": "", "ownership": "owned", "certificates": "[]",
    "condition": "ok", "metals": "[]", "gems": "[]", "attributes": "[]",
}  # fmt: skip
INDEXED: Final = ("serial", "barcode", "set_of")


def upgrade() -> None:
    for name, default in NEW_TEXTS.items():
        op.add_column("piece", text(name, default))
    op.add_column("piece", whole("second_hand"))
    for name in INDEXED:
        op.create_index(f"ix_piece_{name}", "piece", [name])
    op.create_table(
        "piece_backing",
        key("piece"), whole("cost_minor"), text("cost_currency"), text("source"), text("provenance"),
        sa.PrimaryKeyConstraint("piece", name="pk_piece_backing"),
    )  # fmt: skip
    running = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "piece_change",
        sa.Column("n", running, autoincrement=True, nullable=False),
        text("piece"), whole("at_us"), text("by"), text("why"), text("field"), text("was"), text("now"),
        sa.PrimaryKeyConstraint("n", name="pk_piece_change"),
    )  # fmt: skip
    op.create_index("ix_piece_change_piece", "piece_change", ["piece"])
    op.create_table(
        "appraisal",
        key("appraisal"), text("piece"), whole("value_minor"), text("currency"), text("purpose"),
        text("appraiser"), text("day"), text("note"), text("by"), whole("at_us"),
        sa.PrimaryKeyConstraint("appraisal", name="pk_appraisal"),
    )  # fmt: skip
    op.create_index("ix_appraisal_piece", "appraisal", ["piece"])
    op.create_table(
        "piece_category",
        key("category"), text("rules", "[]"), text("by"), whole("changed_us"),
        sa.PrimaryKeyConstraint("category", name="pk_piece_category"),
    )  # fmt: skip
