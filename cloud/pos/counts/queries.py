"""Counts, newest first, with their verdicts."""

from dataclasses import dataclass

import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import count_verdict, piece, stock_count


@dataclass(frozen=True, slots=True)
class CountRow:
    store: str
    count_id: str
    place: str
    state: str
    requested_by: str
    approved_by: str
    rounds: int
    expected: int
    found: int
    p_complete: float
    unread_expected: float
    why_stopped: str
    value_minor: int
    weight_mg: int
    currency: str
    unknown_tags: int
    business_day: str
    changed_us: int


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """Found pieces are not listed by the store, so all of these need a look."""

    piece: str
    title: str
    verdict: str
    zone: str
    p_present: float
    note: str


@dataclass(frozen=True, slots=True)
class CountDetail:
    row: CountRow
    zones: list[str]
    verdicts: list[VerdictRow]


def _row(row: sa.RowMapping) -> CountRow:
    return CountRow(**{name: row[name] for name in CountRow.__dataclass_fields__})


def listing(tx: Tx, *, store: str = "", limit: int = 50) -> list[CountRow]:
    query = sa.select(stock_count).order_by(stock_count.c.changed_us.desc(), stock_count.c.count_id).limit(limit)
    if store:
        query = query.where(stock_count.c.store == store)
    return [_row(row) for row in tx.rows(query)]


def detail(tx: Tx, store: str, count: str) -> CountDetail | None:
    row = tx.row(sa.select(stock_count).where(stock_count.c.store == store, stock_count.c.count_id == count))
    if row is None:
        return None
    verdicts = (
        sa.select(count_verdict, sa.func.coalesce(piece.c.title, "").label("title"))
        .outerjoin(piece, piece.c.piece == count_verdict.c.piece)
        .where(count_verdict.c.store == store, count_verdict.c.count_id == count)
        .order_by(count_verdict.c.verdict, count_verdict.c.piece)
    )
    told = tuple(VerdictRow.__dataclass_fields__)
    return CountDetail(
        row=_row(row),
        zones=row["zones"].split(),
        verdicts=[VerdictRow(**{name: each[name] for name in told}) for each in tx.rows(verdicts)],
    )
