"""What search looks at (a row, names, attributes of each piece, an index of trigrams); lists; photos and papers."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import text, whole
from cloud.triggers import SEEK_SQLITE

revision: Final = "0022"
down_revision: Final = "0021"

NUMBERS: Final = ("price", "carat", "weight", "fineness")
TEXTS: Final = (
    "category",
    "metal",
    "stone",
    "collection",
    "designer",
    "condition",
    "ownership",
    "zone",
    "tray",
    "words",
)


def _exact(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False)


def upgrade() -> None:
    running = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "piece_seek",
        sa.Column("n", running, autoincrement=True, nullable=False),
        sa.Column("piece", sa.Text, nullable=False),
        *(whole(name) for name in NUMBERS),
        *(text(name) for name in TEXTS),
        sa.PrimaryKeyConstraint("n", name="pk_piece_seek"),
        sa.UniqueConstraint("piece", name="uq_piece_seek_piece"),
    )
    for name in ("price", "carat", "weight"):
        op.create_index(f"ix_piece_seek_{name}", "piece_seek", [name])
    op.create_table(
        "piece_key",
        _exact("key"), _exact("piece"), text("kind"),
        sa.PrimaryKeyConstraint("key", "piece", name="pk_piece_key"),
    )  # fmt: skip
    op.create_index("ix_piece_key_piece", "piece_key", ["piece"])
    op.create_table(
        "piece_term",
        sa.Column("n", running, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text, nullable=False), text("text"), sa.Column("number", sa.BigInteger),
        sa.PrimaryKeyConstraint("n", "name", name="pk_piece_term"),
    )  # fmt: skip
    op.create_index("ix_piece_term_name_number_n", "piece_term", ["name", "number", "n"])
    op.create_index("ix_piece_term_name_text_n", "piece_term", ["name", "text", "n"])
    op.create_table(
        "piece_import",
        sa.Column("key", sa.Text, nullable=False), text("sha256"), text("name"), text("store"),
        *(whole(name) for name in ("rows", "new", "changed")),
        text("by"), whole("at_us"),
        sa.PrimaryKeyConstraint("key", name="pk_piece_import"),
    )  # fmt: skip
    op.create_table(
        "blob",
        sa.Column("sha256", sa.Text, nullable=False), text("media"),
        *(whole(name) for name in ("bytes", "width", "height")),
        *(sa.Column(name, sa.LargeBinary, nullable=False) for name in ("body", "thumb")), whole("at_us"),
        sa.PrimaryKeyConstraint("sha256", name="pk_blob"),
    )  # fmt: skip
    op.create_table(
        "blob_part",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "sha256")),
        sa.Column("at", sa.BigInteger, nullable=False, autoincrement=False), whole("bytes"),
        sa.Column("body", sa.LargeBinary, nullable=False), whole("at_us"),
        sa.PrimaryKeyConstraint("store", "sha256", "at", name="pk_blob_part"),
    )  # fmt: skip
    op.create_table(
        "piece_paper",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("piece", "sha256")),
        text("kind"), text("name"), text("by"), whole("at_us"),
        sa.PrimaryKeyConstraint("piece", "sha256", name="pk_piece_paper"),
    )  # fmt: skip
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(
            "ix_piece_seek_words", "piece_seek", ["words"], postgresql_using="gin",
            postgresql_ops={"words": "gin_trgm_ops"},
        )  # fmt: skip
    else:
        for statement in SEEK_SQLITE:
            op.execute(statement)
