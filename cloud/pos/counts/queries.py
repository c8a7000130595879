"""Counts, newest first, with their verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import count_verdict, piece, stock_count
from trade import stocktake


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
    to_look_for: int = 0
    """Pieces somebody has to look for: missing, or to be checked by hand."""
    p_complete_by_hand: float | None = None
    """`p_complete` once those to be checked by hand have been found so; None when there are none."""


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


def _rows(tx: Tx, found: Sequence[sa.RowMapping]) -> list[CountRow]:
    """With what their verdicts ask of people."""
    key = sa.tuple_(count_verdict.c.store, count_verdict.c.count_id)
    judged: dict[tuple[str, str], list[stocktake.Judged]] = {}
    for each in tx.rows(sa.select(count_verdict).where(key.in_([(row["store"], row["count_id"]) for row in found]))):
        judged.setdefault((each["store"], each["count_id"]), []).append((each["verdict"], each["p_present"]))
    rows = []
    for row in found:
        mine = judged.get((row["store"], row["count_id"]), [])
        told = {name: row[name] for name in CountRow.__dataclass_fields__ if name in row}
        look, by_hand = stocktake.to_look_for(mine), stocktake.p_complete_by_hand(mine)
        rows.append(CountRow(**told, to_look_for=look, p_complete_by_hand=by_hand))
    return rows


def listing(tx: Tx, *, store: str = "", limit: int = 50) -> list[CountRow]:
    query = sa.select(stock_count).order_by(stock_count.c.changed_us.desc(), stock_count.c.count_id).limit(limit)
    if store:
        query = query.where(stock_count.c.store == store)
    return _rows(tx, tx.rows(query))


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
        row=_rows(tx, [row])[0],
        zones=row["zones"].split(),
        verdicts=[VerdictRow(**{name: each[name] for name in told}) for each in tx.rows(verdicts)],
    )
