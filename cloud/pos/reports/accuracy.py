"""How complete counts were: expected, found, missing and what that is worth, by count."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from cloud.db import Tx
from cloud.pos.reports.span import Span
from cloud.tables import count_verdict, piece, stock_count
from contract.facts import Verdict

ENDED: Final = ("finished", "approved")
"""States of a count (`cloud.pos.counts`)."""
COUNTS_MAX: Final = 5_000


@dataclass(frozen=True, slots=True)
class Counted:
    """One count that ended. `missing_minor` is at list prices, in the currency of the count."""

    store: str
    count: str
    day: str
    place: str
    state: str
    expected: int
    found: int
    missing: int
    missing_minor: int
    currency: str
    took_s: float
    at_us: int

    @property
    def accuracy(self) -> float | None:
        """Found of what was expected; more than was expected is whole."""
        return min(self.found / self.expected, 1.0) if self.expected else None


def counted(tx: Tx, span: Span, stores: Sequence[str], zone: ZoneInfo) -> list[Counted]:
    """Newest first."""
    gone = (
        sa.select(
            count_verdict.c.store, count_verdict.c.count_id, sa.func.count().label("missing"),
            sa.func.sum(piece.c.price_minor).label("missing_minor"),
        )
        .select_from(count_verdict.outerjoin(piece, piece.c.piece == count_verdict.c.piece))
        .where(count_verdict.c.verdict == Verdict.MISSING, count_verdict.c.store.in_(stores))
        .group_by(count_verdict.c.store, count_verdict.c.count_id)
        .subquery("gone")
    )  # fmt: skip
    mine = sa.and_(gone.c.store == stock_count.c.store, gone.c.count_id == stock_count.c.count_id)
    query = (
        sa.select(stock_count, gone.c.missing, gone.c.missing_minor)
        .select_from(stock_count.outerjoin(gone, mine))
        .where(stock_count.c.store.in_(stores), stock_count.c.state.in_(ENDED))
        .where(stock_count.c.changed_us >= _us(span.first, zone))
        .where(stock_count.c.changed_us < _us(span.last + dt.timedelta(days=1), zone))
    )
    rows = tx.rows(query.order_by(stock_count.c.changed_us.desc()).limit(COUNTS_MAX))
    return [_row(row, zone) for row in rows]


def _us(day: dt.date, zone: ZoneInfo) -> int:
    return int(dt.datetime.combine(day, dt.time(), zone).timestamp()) * 1_000_000


def _row(row: sa.RowMapping, zone: ZoneInfo) -> Counted:
    day = row["business_day"] or dt.datetime.fromtimestamp(row["changed_us"] / 1e6, zone).date().isoformat()
    gone: dict[str, Any] = {name: int(row[name] or 0) for name in ("missing", "missing_minor")}
    return Counted(
        store=row["store"], count=row["count_id"], day=day, place=row["place"], state=row["state"],
        expected=row["expected"], found=row["found"], currency=row["currency"], took_s=row["took_s"],
        at_us=row["changed_us"], **gone,
    )  # fmt: skip
