"""What the bank gave for cash that was brought to it."""

from typing import Final

from alembic import op

from cloud.migrations.columns import text, whole

revision: Final = "0046"
down_revision: Final = "0055"


def upgrade() -> None:
    for column in (whole("credited_minor"), whole("credits"), whole("credited_us"), text("credited_by")):
        op.add_column("cash_move", column)
