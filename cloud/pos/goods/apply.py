"""What was sold of measured goods leaves the stock of its store. A quantity may fall below nothing: then it was sold
before anybody said that it had come in, and the page shows it.
"""

from typing import Final

import sqlalchemy as sa

from cloud.applying import Applier
from cloud.custody import Custody
from cloud.tables import goods_move, goods_stock
from cloud.work import Heard, Work
from contract.facts import Fact, LineKind, SaleRecorded
from contract.ids import StoreId, UserId


def sold(tokens: Custody, heard: Heard, fact: SaleRecorded) -> None:
    for line in fact.lines:
        if line.kind is LineKind.GOODS and line.goods:
            ref = f"sale:{fact.sale}/{line.line}"
            move(tokens.work, heard.store, line.goods, -line.quantity_milli, ref=ref, why="sold", by=heard.by)


def move(work: Work, store: StoreId, goods: str, quantity_milli: int, *, ref: str, why: str, by: UserId) -> bool:
    """Thousandths of a unit in (above nothing) or out. The same `ref` again is the same move; False then."""
    row = {
        "store": store, "ref": ref, "goods": goods, "quantity_milli": quantity_milli, "why": why, "by": by,
        "at_us": work.now_us,
    }  # fmt: skip
    if not work.tx.add_new(goods_move, row):
        return False
    work.tx.add_new(goods_stock, {"store": store, "goods": goods, "quantity_milli": 0})
    mine = (goods_stock.c.store == store, goods_stock.c.goods == goods)
    more = goods_stock.c.quantity_milli + quantity_milli
    work.tx.run(sa.update(goods_stock).where(*mine).values(quantity_milli=more))
    return True


APPLY: Final[dict[type[Fact], Applier]] = {SaleRecorded: sold}
