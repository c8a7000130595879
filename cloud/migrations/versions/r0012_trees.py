"""The Merkle tree of each log, over the rows there are."""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from contract.merkle import NOTHING

revision: Final = "0012"
down_revision: Final = "0011"
ROWS_AT_ONCE: Final = 10_000


def upgrade() -> None:
    op.add_column("stream", sa.Column("peaks", sa.LargeBinary, nullable=False, server_default=sa.text("''")))
    db = op.get_bind()
    mine = "WHERE store = :store AND epoch = :epoch AND stream = :stream"
    for log in db.execute(sa.text("SELECT store, epoch, stream, upto FROM stream WHERE upto > 0")).mappings().all():
        tree = NOTHING
        while tree.size < log["upto"]:
            asked = {**log, "after": tree.size, "upto": min(tree.size + ROWS_AT_ONCE, log["upto"])}
            rows: Any = db.execute(
                sa.text(f"SELECT leaf FROM inbox {mine} AND seq > :after AND seq <= :upto ORDER BY seq"),  # noqa: S608 — no value
                asked,
            ).all()
            assert len(rows) == asked["upto"] - asked["after"], f"{log}: rows lack below `upto`; restore a backup"
            tree = tree.grown(bytes(row.leaf) for row in rows)
        db.execute(sa.text(f"UPDATE stream SET peaks = :peaks {mine}"), {**log, "peaks": tree.packed()})  # noqa: S608
