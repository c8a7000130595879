"""Lists of goods and of their moves: what may be sorted, looked through, and taken out."""

from typing import Final

from cloud.db import Tx
from cloud.listing import Names, listed, when
from cloud.pos.goods import desk
from cloud.pos.goods.desk import GoodsRow, MoveRow
from cloud.tables import goods, goods_move
from web.tables import Asked, Column, Listed, Money
from web.words import later


def on_hand(row: GoodsRow) -> float | None:
    """At all stores, in its unit; of a service nobody keeps a stock."""
    return None if row.service else sum(row.stock_milli.values()) / 1000


COLUMNS: Final[tuple[Column[GoodsRow], ...]] = (
    Column("what", later("What"), lambda row: row.title),
    Column("goods", later("Short name"), lambda row: row.goods, shown=False),
    Column("price", later("Price"), lambda row: Money(row.unit_minor, row.currency), number=True),
    Column("currency", later("Currency"), lambda row: row.currency, shown=False),
    Column("unit", later("Sold by"), lambda row: row.unit),
    Column("stock", later("On hand"), on_hand),
)


def of_moves(tx: Tx, what: Asked, names: Names, people: Names) -> Listed[MoveRow]:
    columns: tuple[Column[MoveRow], ...] = (
        Column("what", later("What"), lambda row: row.title),
        Column("when", later("When"), lambda row: when(row.at_us)),
        Column("store", later("Store"), lambda row: names.get(row.store, row.store)),
        Column("by", later("Who"), lambda row: people.get(row.by, row.by)),
        Column("why", later("Why"), lambda row: row.why, sorts=False),
        Column("quantity", later("Quantity"), lambda row: row.quantity_milli / 1000, number=True),
    )
    of = goods_move.c
    by = {"what": goods.c.title, "when": of.at_us, "store": of.store, "by": of.by, "quantity": of.quantity_milli}
    return listed(
        tx, desk.moves_query(), columns, what, desk.move_of, by=by, first=(of.at_us.desc(), of.ref),
        seek=(goods.c.title, of.goods, of.why, (of.store, names), (of.by, people)),
    )  # fmt: skip
