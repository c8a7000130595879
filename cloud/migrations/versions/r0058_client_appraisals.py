"""Appraisals of what is a client's own, and their papers, sealed under the key of the client."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import key, sealed, text, whole

revision: Final = "0058"
down_revision: Final = "0052"


def upgrade() -> None:
    op.create_table(
        "client_appraisal",
        key("appraisal"), key("thing"), key("person"), sealed("sealed"), text("by"), whole("at_us"),
        sa.PrimaryKeyConstraint("appraisal", name="pk_client_appraisal"),
    )  # fmt: skip
    op.create_index("ix_client_appraisal_person", "client_appraisal", ["person"])
    op.create_table(
        "client_paper",
        key("appraisal"), key("sha256"), key("person"), text("kind"), text("media"), whole("bytes"), sealed("sealed"),
        sealed("thumb"), text("by"), whole("at_us"),
        sa.PrimaryKeyConstraint("appraisal", "sha256", name="pk_client_paper"),
    )  # fmt: skip
    op.create_index("ix_client_paper_person", "client_paper", ["person"])
