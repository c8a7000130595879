"""What became of appraisals: signed, delivered, superseded, withdrawn; never altered."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import key, text, whole

revision: Final = "0036"
down_revision: Final = "0035"
TABLE: Final = "appraisal_event"


def upgrade() -> None:
    op.create_table(
        TABLE,
        key("appraisal"), sa.Column("n", sa.BigInteger, autoincrement=False, nullable=False), text("event"),
        text("sha256"), text("credentials"), text("basis"), text("to"), text("why"), text("by"), whole("at_us"),
        sa.PrimaryKeyConstraint("appraisal", "n", name="pk_appraisal_event"),
    )  # fmt: skip
    op.create_index("ix_appraisal_event_sha256", TABLE, ["sha256"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {TABLE}_immutable BEFORE UPDATE OR DELETE ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION is_immutable()"
        )
        op.execute(
            f"CREATE TRIGGER {TABLE}_kept BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT EXECUTE FUNCTION is_immutable()"
        )
        return
    for what in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_{what.lower()} BEFORE {what} ON {TABLE} "
            f"BEGIN SELECT raise(ABORT, '{TABLE} is immutable'); END"
        )
