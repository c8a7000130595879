"""One-time tokens with which boxes are let in."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0021"
down_revision: Final = "0020"


def upgrade() -> None:
    times = (
        sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))
        for name in ("at_us", "until_us", "used_us")
    )
    texts = (sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''")) for name in ("store", "by"))
    op.create_table("enrol_token", sa.Column("hash", sa.Text, primary_key=True), *texts, *times)
    op.create_index("ix_enrol_token_store", "enrol_token", ["store"])
