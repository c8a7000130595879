"""The office's list of measured goods and services, told to every store; and what comes in or is counted anew."""

import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from cloud import feed
from cloud.db import Tx
from cloud.pos.goods.apply import Move, arrived_from, carry, delivered, found, left_for, out_of
from cloud.tables import goods, goods_move, goods_stock, node
from cloud.tables import store as store_table
from cloud.work import Work
from contract.feed import GoodsCard
from contract.ids import GoodsId, StoreId, UserId
from trade.measured import post_measured

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
TITLE_MAX: Final = 200
UNIT_MINOR_MAX: Final = 10**12
QUANTITY_MILLI_MAX: Final = 10**9
SUMS: Final = ("service", "active", "stock_milli", "value_minor")


class GoodsError(Exception):
    """It cannot be so; the message says what to mend."""


@dataclass(frozen=True, slots=True)
class GoodsRow:
    goods: str
    title: str
    unit: str
    unit_minor: int
    currency: str
    tax_bp: int
    service: bool
    quantity_milli_min: int
    active: bool
    stock_milli: dict[str, int]
    """By store, where any moved;"""
    value_minor: dict[str, tuple[int, str]]
    """and what that cost, in the store's currency."""


@dataclass(frozen=True, slots=True)
class MoveRow:
    store: str
    goods: str
    title: str
    quantity_milli: int
    why: str
    by: str
    at_us: int


def put(work: Work, card: GoodsCard, *, by: UserId) -> None:
    """New or changed; stores sell by it when they have heard. Raises `GoodsError`."""
    wrong = _wrong(card)
    if wrong:
        raise GoodsError(wrong)
    row = {
        **msgspec.structs.asdict(card), "unit": str(card.unit), "service": int(card.service),
        "active": int(card.active), "by": by, "changed_us": work.now_us,
    }  # fmt: skip
    work.tx.put(goods, row)
    work.tell(feed.News(f"goods:{card.goods}", card))


def _wrong(card: GoodsCard) -> str:
    if not NAME.fullmatch(card.goods):
        return "A good is called by 1 to 64 letters, digits, dots and dashes"
    if not card.title.strip() or len(card.title) > TITLE_MAX:
        return f"Say what it is, in at most {TITLE_MAX} signs"
    if not 0 <= card.unit_minor <= UNIT_MINOR_MAX:
        return "A price lies between nothing and what anything costs"
    if not 1 <= card.quantity_milli_min <= QUANTITY_MILLI_MAX:
        return "The least that is sold is a thousandth of a unit or more"
    if not re.fullmatch(r"[A-Z]{3}", card.currency) or not 0 <= card.tax_bp <= 10_000:
        return "A currency has three capital letters, a tax 0 to 100 percent"
    return ""


def moved(
    work: Work, name: GoodsId, store: StoreId, quantity_milli: int, *, why: str, ref: str, by: UserId,
    cost_minor: int | None = None,
) -> None:  # fmt: skip
    """Goods came in for `cost_minor` in all, in the store's currency (no quantity: its invoice came later); without a
    cost somebody measured anew, and corrects at the average. Raises `GoodsError`, `LookupError`.
    """
    _kept(work, name, store)
    if not (quantity_milli or cost_minor) or abs(quantity_milli) > QUANTITY_MILLI_MAX:
        raise GoodsError("Say how much, at most a million units at once")
    if cost_minor is not None and (quantity_milli < 0 or not 0 <= cost_minor <= UNIT_MINOR_MAX):
        raise GoodsError("A cost is of what came in: leave it out when less lies there than was thought")
    if not why.strip():
        raise GoodsError("Say why: it came in with which delivery, or who measured it")
    move = Move(store, name, quantity_milli, ref, why.strip(), by, work.now_us)
    if cost_minor is not None:
        carry(work, move, delivered(move, cost_minor))
    elif quantity_milli > 0:
        carry(work, move, found(move))
    else:
        carry(work, move, out_of(move, post_measured))


def transferred(
    work: Work, name: GoodsId, source: StoreId, target: StoreId, quantity_milli: int, *, why: str, ref: str, by: UserId
) -> None:
    """So much of it that lay in `source` lies in `target` now, and its cost went with it, at the average.

    Said once it was measured there: nothing knows what is on its way. Raises `GoodsError`, `LookupError`.
    """
    _kept(work, name, source, target)
    if source == target:
        raise GoodsError("It is there already: name two stores")
    if not 0 < quantity_milli <= QUANTITY_MILLI_MAX:
        raise GoodsError("Say how much, at most a million units at once")
    if not why.strip():
        raise GoodsError("Say why: who brought it, or by which parcel")
    told = sa.select(store_table.c.store, store_table.c.name, store_table.c.currency)
    shops = {row["store"]: row for row in work.tx.rows(told.where(store_table.c.store.in_((source, target))))}
    here, there = shops[source], shops[target]
    if here["currency"] != there["currency"]:
        raise GoodsError(
            f"{here['name']} keeps its books in {here['currency']} and {there['name']} in {there['currency']}: "
            "book it out there and in here"
        )
    said = why.strip()
    out = Move(source, name, -quantity_milli, f"to:{ref}", f"to {there['name']}: {said}", by, work.now_us)
    into = Move(target, name, quantity_milli, f"from:{ref}", f"from {here['name']}: {said}", by, work.now_us)
    both = (goods_stock.c.goods == name, goods_stock.c.store.in_((source, target)))
    known = {
        row["store"]: row
        for row in work.tx.rows(sa.select(goods_stock).where(*both).order_by(goods_stock.c.store).with_for_update())
    }
    before = sa.select(goods_move.c.cost_minor).where(
        goods_move.c.store == source, goods_move.c.ref == out.ref, goods_move.c.goods == name
    )
    if work.tx.value(before) is not None:
        return
    lies = known[source]["quantity_milli"] if source in known else 0
    if lies < quantity_milli:
        raise GoodsError(
            f"Only {lies / 1000:g} of it lies in {here['name']} by the books: book first what came in there"
        )
    carry(work, out, left_for(out, target))
    work.tx.settle()
    carry(work, into, arrived_from(into, source, -int(work.tx.value(before))))


def _kept(work: Work, name: GoodsId, *stores: StoreId) -> None:
    """It is a good, not a service, and these are stores."""
    row = work.tx.row(sa.select(goods.c.service).where(goods.c.goods == name))
    if row is None:
        raise LookupError(f"there is no good {name}")
    if row["service"]:
        raise GoodsError("No stock is kept of a service")
    for store in stores:
        if work.tx.value(sa.select(node.c.store).where(node.c.store == store)) is None:
            raise LookupError(f"there is no store {store}")


def listing(tx: Tx) -> list[GoodsRow]:
    """By title; what is no longer sold last."""
    stock: dict[str, dict[str, int]] = {}
    worth: dict[str, dict[str, tuple[int, str]]] = {}
    at = sa.select(goods_stock, store_table.c.currency).join(store_table, store_table.c.store == goods_stock.c.store)
    for row in tx.rows(at.order_by(goods_stock.c.store)):
        stock.setdefault(row["goods"], {})[row["store"]] = row["quantity_milli"]
        worth.setdefault(row["goods"], {})[row["store"]] = (row["value_minor"], row["currency"])
    rows = tx.rows(sa.select(goods).order_by(goods.c.active.desc(), goods.c.title))
    told = [name for name in GoodsRow.__dataclass_fields__ if name not in SUMS]
    return [
        GoodsRow(
            **{name: row[name] for name in told}, service=bool(row["service"]), active=bool(row["active"]),
            stock_milli=stock.get(row["goods"], {}), value_minor=worth.get(row["goods"], {}),
        )
        for row in rows
    ]  # fmt: skip


def moves(tx: Tx, limit: int = 50) -> list[MoveRow]:
    query = moves_query().order_by(goods_move.c.at_us.desc(), goods_move.c.ref).limit(limit)
    return [move_of(row) for row in tx.rows(query)]


def moves_query() -> "sa.Select[Any]":
    return sa.select(goods_move, sa.func.coalesce(goods.c.title, goods_move.c.goods).label("title")).outerjoin(
        goods, goods.c.goods == goods_move.c.goods
    )


def move_of(row: sa.RowMapping) -> MoveRow:
    return MoveRow(**{name: row[name] for name in MoveRow.__dataclass_fields__})
