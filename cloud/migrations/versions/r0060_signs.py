"""Every sign of the lines that search looks at: what may stand behind a pair of letters (docs/adr/0050)."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0060"
down_revision: Final = "0059"


def upgrade() -> None:
    op.create_table(
        "piece_sign",
        sa.Column("sign", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("sign", name="pk_piece_sign"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "INSERT INTO piece_sign (sign) "
            "SELECT DISTINCT sign FROM piece_seek, unnest(string_to_array(words, NULL)) AS sign"
        )
