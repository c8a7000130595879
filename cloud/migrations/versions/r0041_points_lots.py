"""Points lapse lot by lot; guests answer by a private link; a letter that cannot be put in now is tried again."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import text, whole

revision: Final = "0041"
down_revision: Final = "0040"
MEMBER: Final = "campaign_member"
TABLE: Final = "points_lot"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("store", sa.Text, nullable=False), sa.Column("ref", sa.Text, nullable=False), text("account"),
        whole("left_minor"), whole("lapsed_minor"), text("expires"),
        sa.PrimaryKeyConstraint("store", "ref", name="pk_points_lot"),
    )  # fmt: skip
    op.create_index("ix_points_lot_account", TABLE, ["account"])
    op.create_index("ix_points_lot_expires", TABLE, ["expires"])
    # what is there lapses together, as it was promised
    op.execute(
        "INSERT INTO points_lot (store, ref, account, left_minor, expires) "
        "SELECT store, 'brought:' || account, account, issued_minor - spent_minor, expires FROM value_account "
        "WHERE kind = 'points' AND issued_minor > spent_minor"
    )
    op.add_column(MEMBER, whole("next_us"))
    op.add_column(MEMBER, text("digest"))
    op.create_index("ix_campaign_member_digest", MEMBER, ["digest"])
