"""The first schema of the office: its statements stand beside this file, one file per engine, frozen."""

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0001"
down_revision: Final = None
HERE: Final = Path(__file__).parent
BETWEEN_STATEMENTS: Final = "\n;;\n"


def upgrade() -> None:
    text = (HERE / f"r0001_{op.get_bind().dialect.name}.sql").read_text(encoding="utf-8")
    for statement in text.split(BETWEEN_STATEMENTS):
        op.execute(sa.text(statement.replace(":", "\\:")))
