"""Tags that stores bind to pieces, their history, and the number that keeps two stores' serial numbers apart."""

import json
from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0003"
down_revision: Final = "0002"


def upgrade() -> None:
    with op.batch_alter_table("store") as table:
        table.add_column(sa.Column("number", sa.BigInteger))
        table.create_unique_constraint("uq_store_number", ["number"])
    _number_the_stores()
    op.add_column("piece", sa.Column("binding", sa.BigInteger, nullable=False, server_default=sa.text("0")))
    op.create_table(
        "tag_binding",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("store", "epoch")),
        sa.Column("seq", sa.BigInteger, nullable=False, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("piece", "epc")),
        sa.Column("tid", sa.Text, nullable=False, server_default=sa.text("''")),
        *(sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0")) for name in ("n", "ce")),
        sa.Column("by", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("from_us", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("to_us", sa.BigInteger),
        sa.PrimaryKeyConstraint("store", "epoch", "seq", "piece", "epc", name="pk_tag_binding"),
    )
    op.create_index("ix_tag_binding_piece", "tag_binding", ["piece"])
    op.create_index("ix_tag_binding_epc", "tag_binding", ["epc"])


def _number_the_stores() -> None:
    """In the order they were opened; each hears it as a newer row of the feed."""
    store = sa.table("store", sa.column("store"), sa.column("created_us"), sa.column("number"))
    asked = sa.select(store.c.store).order_by(store.c.created_us, store.c.store)
    for number, (name,) in enumerate(op.get_bind().execute(asked).all(), 1):
        op.execute(sa.update(store).where(store.c.store == name).values(number=number))
        _tell(f"store:{name}", number)


def _tell(key: str, number: int) -> None:
    feed = sa.table("feed_row", sa.column("key"), sa.column("rev"), sa.column("body", sa.LargeBinary))
    life = sa.table("life", sa.column("feed_rev"))
    connection = op.get_bind()
    body = connection.execute(sa.select(feed.c.body).where(feed.c.key == key)).scalar()
    if body is None:
        return
    connection.execute(sa.update(life).values(feed_rev=life.c.feed_rev + 1))
    rev = connection.execute(sa.select(life.c.feed_rev)).scalar_one()
    told = json.dumps({**json.loads(body), "number": number}, separators=(",", ":"), ensure_ascii=False).encode()
    connection.execute(sa.update(feed).where(feed.c.key == key).values(rev=rev, body=told))
