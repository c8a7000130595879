"""Why a letter of a campaign could not be put in, and members found by what became of them."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0034"
down_revision: Final = "0033"


def upgrade() -> None:
    op.add_column("campaign_member", sa.Column("why", sa.Text, nullable=False, server_default=sa.text("''")))
    op.create_index("ix_campaign_member_campaign_arm", "campaign_member", ["campaign", "arm"])
