"""Which log each rejoin gave out, and how often an elder box's rows sent a store's box back to rejoin."""

from typing import Final

import msgspec
import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import text, whole

revision: Final = "0059"
down_revision: Final = "0058"


class _Answer(msgspec.Struct):
    """What every snapshot says of its log."""

    epoch: str


def upgrade() -> None:
    op.add_column("node", whole("sent_back"))
    op.add_column("rejoin", text("epoch"))
    op.create_index("ix_rejoin_store_epoch", "rejoin", ["store", "epoch"])
    db = op.get_bind()
    known = sa.table("rejoin", sa.column("store"), sa.column("nonce"), sa.column("answer"), sa.column("epoch"))
    keys = db.execute(sa.select(known.c.store, known.c.nonce)).all()
    for store, nonce in keys:  # one by one: an answer lists every piece of its store
        mine = (known.c.store == store, known.c.nonce == nonce)
        answer = bytes(db.execute(sa.select(known.c.answer).where(*mine)).scalar_one())
        epoch = msgspec.json.decode(answer, type=_Answer).epoch
        db.execute(sa.update(known).where(*mine).values(epoch=epoch))
