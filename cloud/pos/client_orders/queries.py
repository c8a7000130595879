"""Clients' orders of all stores, as their home stores tell of them: what is due where, and one with its story."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from cloud import aliases
from cloud.db import Tx
from cloud.pos.client_orders.apply import decode
from cloud.remarks import Remarks
from cloud.tables import client_order, client_order_thing, node, order_way, piece, store, value_account
from cloud.ways import MOVES_SINCE
from trade.orders import queues
from trade.orders.homes import APART
from trade.orders.numbers import typed
from trade.orders.order import Order
from trade.orders.queues import Queue

OPEN_MAX: Final = 5_000
"""Open orders that are looked through for the queues of a day."""
AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class OrderRow:
    """`due_day`: when the next thing is due, `due_minor` where that is money. `queues` it stands in today, there."""

    order_id: str
    store: str
    number: str
    kind: str
    client: str
    title: str
    state: str
    promised_day: str
    due_day: str
    due_minor: int
    overdue: bool
    held: str
    currency: str
    total_minor: int
    paid_minor: int
    queues: tuple[str, ...]
    opened_us: int
    changed_us: int


@dataclass(frozen=True, slots=True)
class LineRow:
    description: str
    gross_minor: int
    piece: str


@dataclass(frozen=True, slots=True)
class StepRow:
    event: str
    at_us: int
    by: str
    why: str
    party: str


@dataclass(frozen=True, slots=True)
class DueRow:
    day: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Detail:
    """`coming`: it was handed over, and its store has not said yet that it has it all; `waits`: because the version of
    its box is too old to take it over.

    `pieces`: of the house, id and title. `items`: of the client, in words that assert no material.
    """

    row: OrderRow
    account: str
    quote: int
    approved: bool | None
    valid_until: str
    lines: tuple[LineRow, ...]
    pieces: tuple[tuple[str, str], ...]
    items: tuple[str, ...]
    due: tuple[DueRow, ...]
    steps: tuple[StepRow, ...]
    sale: str
    fee_minor: int
    credit_minor: int
    coming: bool
    waits: bool


def listing(
    tx: Tx, words: Remarks, *, now_us: int, mine: Iterable[str], store_: str = "", kind: str = "", queue: str = "",
    limit: int = 50,
) -> list[OrderRow]:  # fmt: skip
    """Open ones of these stores, what is due first; of the queue `over` those that ended, newest first."""
    over = queue == "over"
    known = (client_order.c.ended == int(over), client_order.c.store.in_([store_] if store_ else list(mine)))
    query = sa.select(client_order.c.store, client_order.c.body).where(*known)
    if kind:
        query = query.where(client_order.c.kind == kind)
    newest = query.order_by(client_order.c.changed_us.desc(), client_order.c.order_id)
    rows = told(tx, words, tx.rows(newest.limit(limit if over else OPEN_MAX)), now_us)
    if not over:
        rows = [each for each in rows if not queue or queue in each.queues]
        rows.sort(key=lambda each: (not each.due_day, each.due_day, each.number))
    return rows[:limit]


def ended_query(mine: Iterable[str]) -> "sa.Select[Any]":
    """Those of these stores that are over."""
    known = (client_order.c.ended == 1, client_order.c.store.in_(list(mine)))
    return sa.select(client_order.c.store, client_order.c.body).where(*known)


def waiting(tx: Tx, *, now_us: int, mine: Iterable[str]) -> dict[str, int]:
    """How many open orders of these stores stand in each queue today; nobody's words are opened for it."""
    query = sa.select(client_order.c.store, client_order.c.body).where(
        client_order.c.ended == 0, client_order.c.store.in_(list(mine))
    )
    known = [(str(row["store"]), decode(bytes(row["body"]))) for row in tx.rows(query.limit(OPEN_MAX))]
    paid = _paid(tx, [order for _, order in known])
    days, here = _days(tx, now_us), _day(now_us, "UTC")
    found: dict[str, int] = {}
    for name, order in known:
        for queue in queues.of(order, paid.get(order.account, 0), *days.get(name, here)):
            found[queue] = found.get(queue, 0) + 1
    return found


def find(
    tx: Tx, words: Remarks, text: str, *, now_us: int, mine: Iterable[str], limit: int = 50
) -> list[OrderRow]:  # fmt: skip
    """By number, by client, or by a piece or a thing of the client's."""
    wanted = text.strip()
    if not wanted:
        return []
    things = sa.select(client_order_thing.c.order_id).where(client_order_thing.c.thing == wanted)
    meant = sa.or_(
        client_order.c.number == typed(wanted),
        client_order.c.number.startswith(f"{typed(wanted)}{APART}", autoescape=True),
        client_order.c.client.in_(aliases.ids(tx, wanted)),
        client_order.c.order_id == wanted,
        client_order.c.order_id.in_(things),
    )
    query = sa.select(client_order.c.store, client_order.c.body).where(meant, client_order.c.store.in_(list(mine)))
    return told(tx, words, tx.rows(query.order_by(client_order.c.changed_us.desc()).limit(limit)), now_us)


def of_client(tx: Tx, words: Remarks, client: str, *, now_us: int, limit: int = 50) -> list[OrderRow]:
    """Of all stores, under whichever of their ids they were taken, newest first."""
    mine = client_order.c.client.in_(aliases.ids(tx, client))
    query = sa.select(client_order.c.store, client_order.c.body).where(mine)
    return told(tx, words, tx.rows(query.order_by(client_order.c.changed_us.desc()).limit(limit)), now_us)


def detail(tx: Tx, words: Remarks, order: str, *, now_us: int) -> Detail | None:
    query = sa.select(client_order.c.store, client_order.c.body).where(client_order.c.order_id == order)
    found = tx.row(query)
    if found is None:
        return None
    known = words.read(decode(bytes(found["body"])))
    (row,) = told(tx, words, [found], now_us)
    titles = {
        each["piece"]: each["title"]
        for each in tx.rows(sa.select(piece.c.piece, piece.c.title).where(piece.c.piece.in_(known.pieces)))
    }
    quote = known.quote
    return Detail(
        row=row, account=known.account, quote=quote.quote if quote else 0, approved=quote.approved if quote else None,
        valid_until=quote.valid_until if quote else "",
        lines=tuple(LineRow(e.description, e.gross_minor, e.piece or "") for e in (quote.lines if quote else ())),
        pieces=tuple((each, titles.get(each, each)) for each in known.pieces),
        items=tuple(each.item.description for each in known.items),
        due=tuple(DueRow(each.due_day, each.amount_minor) for each in known.due(row.paid_minor)),
        steps=tuple(StepRow(e.event, e.at_us, e.by, e.why, e.party) for e in reversed(known.steps)),
        sale=known.sale, fee_minor=known.fee_minor, credit_minor=known.credit_minor,
        coming=known.coming or _on_its_way(tx, order), waits=_waits(tx, order),
    )  # fmt: skip


def _on_its_way(tx: Tx, order: str) -> bool:
    """Its new home's box has not taken it over."""
    return tx.value(sa.select(order_way.c.home).where(order_way.c.order_id == order)) is not None


def _waits(tx: Tx, order: str) -> bool:
    """It is on its way to a box that cannot take it over before it is updated."""
    to = sa.select(node.c.contract_max).join(order_way, order_way.c.store == node.c.store)
    contract = tx.value(to.where(order_way.c.order_id == order))
    return contract is not None and int(contract) < MOVES_SINCE


def told(tx: Tx, words: Remarks, rows: Iterable[sa.RowMapping], now_us: int) -> list[OrderRow]:
    known = [(str(each["store"]), words.read(decode(bytes(each["body"])))) for each in rows]
    paid = _paid(tx, [order for _, order in known])
    days, here = _days(tx, now_us), _day(now_us, "UTC")
    return [_row(name, order, paid.get(order.account, 0), days.get(name, here)) for name, order in known]


def _row(name: str, order: Order, paid_minor: int, days: tuple[str, str]) -> OrderRow:
    due = queues.due(order, paid_minor)
    inside = queues.of(order, paid_minor, *days)
    return OrderRow(
        order_id=order.order, store=name, number=order.number, kind=order.kind, client=order.client, title=order.title,
        state=order.state, promised_day=order.promised_day, due_day=due.day, due_minor=due.amount_minor,
        overdue=Queue.OVERDUE in inside, held=order.held, currency=order.currency, total_minor=order.total_minor,
        paid_minor=paid_minor, queues=tuple(sorted(inside)), opened_us=order.opened_us, changed_us=order.changed_us,
    )  # fmt: skip


def _paid(tx: Tx, orders: list[Order]) -> dict[str, int]:
    """What is left on the account of each, by account."""
    accounts, found = [order.account for order in orders], dict[str, int]()
    for at in range(0, len(accounts), AT_ONCE):
        some = value_account.c.account.in_(accounts[at : at + AT_ONCE])
        balance = (value_account.c.issued_minor - value_account.c.spent_minor).label("left")
        for each in tx.rows(sa.select(value_account.c.account, balance).where(some)):
            found[each["account"]] = int(each["left"])
    return found


def _days(tx: Tx, now_us: int) -> dict[str, tuple[str, str]]:
    """Today and tomorrow at each store."""
    zones = tx.rows(sa.select(store.c.store, store.c.time_zone))
    return {each["store"]: _day(now_us, each["time_zone"]) for each in zones}


def _day(now_us: int, zone: str) -> tuple[str, str]:
    """Today and tomorrow where the store is."""
    here = dt.datetime.fromtimestamp(now_us / 1e6, ZoneInfo(zone)).date()
    return here.isoformat(), (here + dt.timedelta(days=1)).isoformat()
