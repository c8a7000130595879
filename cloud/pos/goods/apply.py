"""What was sold of measured goods leaves the stock of its store, and its cost with it. A quantity may fall below
nothing: then it was sold before anybody said that it had come in, and the page shows it.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec
import sqlalchemy as sa

from cloud.applying import Applier
from cloud.custody import Custody
from cloud.ledger import NO_SALE, Kind, post
from cloud.tables import goods_move, goods_stock, store
from cloud.work import Heard, Work
from contract.facts import Fact, LineKind, ReturnRecorded, SaleRecorded
from contract.ids import SaleId, StoreId, UserId
from contract.money import divide_half_up
from trade.measured import (
    Stock,
    comes_back,
    comes_in,
    goes_out,
    post_arrived,
    post_delivered,
    post_left,
    post_measured,
    post_sold,
)
from trade.posting import Posting


class Move(NamedTuple):
    """Thousandths of a unit in (above nothing) or out. The same `ref` again is the same move."""

    store: StoreId
    goods: str
    quantity_milli: int
    ref: str
    why: str
    by: UserId
    at_us: int
    business_day: str = ""
    sale: SaleId = NO_SALE


class Done(NamedTuple):
    """The stock after it, the cost that is kept with the move (above nothing: it came in), and the ledger's legs."""

    stock: Stock
    cost_minor: int
    legs: tuple[Posting, ...]


Going = Callable[[Stock, str], Done]
"""The stock as it was, and its store's currency."""


def sold(tokens: Custody, heard: Heard, fact: SaleRecorded) -> None:
    for line in fact.lines:
        if line.kind is LineKind.GOODS and line.goods:
            move = Move(
                heard.store, line.goods, -line.quantity_milli, _sold_ref(fact.sale, line.line), "sold", heard.by,
                heard.at_us, fact.business_day, fact.sale,
            )  # fmt: skip
            carry(tokens.work, move, out_of(move, post_sold))


def returned(tokens: Custody, heard: Heard, fact: ReturnRecorded) -> None:
    """Back at what it left for: over all parts of a line to the last unit, at whatever store."""
    lines = {line.line: line for line in fact.sold}
    for part in fact.parts:
        line = lines.get(part.line)
        if line is None or line.kind is not LineKind.GOODS or not line.goods or not part.quantity_milli:
            continue
        ref = f"{_back_ref(fact.sale, part.line)}{heard.epoch}/{heard.seq}"
        cost = _cost_back(tokens.work, fact.sale, part.line, part.quantity_milli)
        move = Move(
            heard.store, line.goods, part.quantity_milli, ref, "came back", heard.by, heard.at_us, fact.business_day,
            fact.sale,
        )  # fmt: skip
        carry(tokens.work, move, into(move, cost))


def carry(work: Work, move: Move, going: Going) -> bool:
    """Moves the goods and their cost; False when it was done before."""
    known = sa.select(goods_move.c.ref).where(
        goods_move.c.store == move.store, goods_move.c.ref == move.ref, goods_move.c.goods == move.goods
    )
    work.tx.settle()
    if work.tx.value(known) is not None:
        return False
    work.tx.add_new(goods_stock, {"store": move.store, "goods": move.goods, "quantity_milli": 0})
    mine = (goods_stock.c.store == move.store, goods_stock.c.goods == move.goods)
    row = work.tx.row(sa.select(goods_stock).where(*mine).with_for_update())
    assert row is not None
    was = Stock(**{name: row[name] for name in Stock.__struct_fields__})
    currency = str(work.tx.value(sa.select(store.c.currency).where(store.c.store == move.store)))
    done = going(was, currency)
    told = {
        "store": move.store, "ref": move.ref, "goods": move.goods, "quantity_milli": move.quantity_milli,
        "why": move.why, "by": move.by, "at_us": move.at_us, "cost_minor": done.cost_minor,
    }  # fmt: skip
    if not work.tx.add_new(goods_move, told):
        return False
    work.tx.run(sa.update(goods_stock).where(*mine).values(**msgspec.structs.asdict(done.stock)))
    post(
        work, done.legs, store=move.store, kind=Kind.COST, ref=f"goods:{move.ref}", business_day=move.business_day,
        at_us=move.at_us, sale=move.sale, by=move.by, why=move.why,
    )  # fmt: skip
    return True


def out_of(move: Move, posting: Callable[[int, str, str], tuple[Posting, ...]]) -> Going:
    def going(was: Stock, currency: str) -> Done:
        now, cost = goes_out(was, -move.quantity_milli)
        return Done(now, -cost, posting(cost, currency, move.goods))

    return going


def into(move: Move, cost_minor: int) -> Going:
    """At what it left for."""

    def going(was: Stock, currency: str) -> Done:
        now = comes_back(was, move.quantity_milli, cost_minor)
        return Done(now, cost_minor, post_sold(-cost_minor, currency, move.goods))

    return going


def delivered(move: Move, cost_minor: int) -> Going:
    def going(was: Stock, currency: str) -> Done:
        moved = comes_in(was, move.quantity_milli, cost_minor)
        return Done(moved.stock, cost_minor, post_delivered(moved, currency, move.goods))

    return going


def left_for(move: Move, target: StoreId) -> Going:
    def going(was: Stock, currency: str) -> Done:
        now, cost = goes_out(was, -move.quantity_milli)
        return Done(now, -cost, post_left(cost, currency, move.goods, target))

    return going


def arrived_from(move: Move, source: StoreId, cost_minor: int) -> Going:
    def going(was: Stock, currency: str) -> Done:
        moved = comes_in(was, move.quantity_milli, cost_minor)
        return Done(moved.stock, cost_minor, post_arrived(moved, currency, move.goods, source))

    return going


def found(move: Move) -> Going:
    """More lies there than was thought: worth the average."""

    def going(was: Stock, currency: str) -> Done:
        cost = was.worth(move.quantity_milli)
        now = comes_back(was, move.quantity_milli, cost)
        return Done(now, cost, post_measured(-cost, currency, move.goods))

    return going


def _sold_ref(sale: SaleId, line: str) -> str:
    return f"sale:{sale}/{line}"


def _back_ref(sale: SaleId, line: str) -> str:
    return f"return:{sale}/{line}/"


def _cost_back(work: Work, sale: SaleId, line: str, quantity_milli: int) -> int:
    """The share of what the line cost, less what came back of it before; nothing where its sale is not here."""
    work.tx.settle()
    out = work.tx.row(sa.select(goods_move).where(goods_move.c.ref == _sold_ref(sale, line)))
    if out is None:
        return 0
    back = sa.select(sa.func.sum(goods_move.c.quantity_milli), sa.func.sum(goods_move.c.cost_minor))
    row = work.tx.row(back.where(goods_move.c.ref.startswith(_back_ref(sale, line), autoescape=True)))
    assert row is not None
    before, cost = (int(each or 0) for each in row.values())
    whole, sold_milli = -int(out["cost_minor"]), -int(out["quantity_milli"])
    upto = min(before + quantity_milli, sold_milli)
    return max(divide_half_up(whole * upto, sold_milli) - cost, 0)


APPLY: Final[dict[type[Fact], Applier]] = {SaleRecorded: sold, ReturnRecorded: returned}
