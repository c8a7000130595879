"""Web orders, newest first."""

from dataclasses import dataclass

import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import piece, web_order


@dataclass(frozen=True, slots=True)
class OrderRow:
    """`why` says how a closed order ended; `note` what an unfinished one waits for."""

    order_id: str
    state: str
    piece: str
    title: str
    store: str
    amount_minor: int
    currency: str
    why: str
    note: str
    asked_us: int
    ended_us: int | None


def rows_query() -> sa.Select[tuple[object, ...]]:
    title = sa.func.coalesce(piece.c.title, "").label("title")
    return sa.select(web_order, title).outerjoin(piece, piece.c.piece == web_order.c.piece)


def row_of(row: sa.RowMapping) -> OrderRow:
    return OrderRow(**{name: row[name] for name in OrderRow.__dataclass_fields__})


def listing(tx: Tx, *, state: str = "", store: str = "", limit: int = 50) -> list[OrderRow]:
    query = rows_query().order_by(web_order.c.asked_us.desc(), web_order.c.order_id).limit(limit)
    if state:
        query = query.where(web_order.c.state == state)
    if store:
        query = query.where(web_order.c.store == store)
    return [row_of(row) for row in tx.rows(query)]


def detail(tx: Tx, order: str) -> OrderRow | None:
    row = tx.row(rows_query().where(web_order.c.order_id == order))
    return None if row is None else row_of(row)
