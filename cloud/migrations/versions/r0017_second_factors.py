"""Second factors and their recovery codes; what people of the office changed, for ever."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import key, text, whole

revision: Final = "0017"
down_revision: Final = "0016"


def upgrade() -> None:
    op.create_table(
        "second_factor",
        key("user"),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        *(whole(name) for name in ("step", "since_us", "confirmed_us")),
        sa.PrimaryKeyConstraint("user", name="pk_second_factor"),
    )
    op.create_table(
        "recovery_code",
        key("user"), key("sha256"), whole("used_us"),
        sa.PrimaryKeyConstraint("user", "sha256", name="pk_recovery_code"),
    )  # fmt: skip
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "office_change",
        sa.Column("n", number, autoincrement=True, nullable=False),
        whole("at_us"),
        *(text(name) for name in ("by", "what", "subject", "store", "why")),
        sa.Column("differences", sa.Text, nullable=False, server_default=sa.text("'{}'")),
        sa.PrimaryKeyConstraint("n", name="pk_office_change"),
    )
    op.create_index("ix_office_change_store", "office_change", ["store"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER office_change_immutable BEFORE UPDATE OR DELETE ON office_change "
            "FOR EACH ROW EXECUTE FUNCTION is_immutable()"
        )
        return
    for what in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER office_change_no_{what.lower()} BEFORE {what} ON office_change "
            "BEGIN SELECT raise(ABORT, 'office_change is immutable'); END"
        )
