"""The case of the same thing that a person, or the house itself, had closed before it happened again. And why an order
was sent on, which the register of changes kept in clear before it was sealed with the words about its client: it says
where it stands. The one time that this register was altered.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import text

revision: Final = "0062"
down_revision: Final = "0061"
SAID: Final = "the reason stands in the order's story"
_GUARD: Final = "office_change_no_update"


def upgrade() -> None:
    op.add_column("case_file", text("before"))
    change = sa.table("office_change", sa.column("what"), sa.column("why"))
    told = sa.update(change).where(change.c.what == "order", change.c.why != SAID).values(why=SAID)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE office_change DISABLE TRIGGER office_change_immutable")
        op.execute(told)
        op.execute("ALTER TABLE office_change ENABLE TRIGGER office_change_immutable")
        return
    op.execute(f"DROP TRIGGER {_GUARD}")
    op.execute(told)
    op.execute(
        f"CREATE TRIGGER {_GUARD} BEFORE UPDATE ON office_change "
        "BEGIN SELECT raise(ABORT, 'office_change is immutable'); END"
    )
