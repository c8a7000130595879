"""Cases and parked rows: what waits for a person or for an upgrade."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from cloud import hearing
from cloud.db import Tx
from cloud.tables import case_file, parked, piece, sale
from cloud.work import QUARANTINED
from trade.sale import SaleState


class SaleStandsError(Exception):
    """The money of this case's sale still waits to be posted or redressed: resolve the sale, and the case is closed."""


@dataclass(frozen=True, slots=True)
class CaseRow:
    case_id: str
    kind: str
    store: str
    piece: str
    ref: str
    sentence: str
    opened_us: int
    closed_us: int | None
    closed_by: str
    outcome: str
    title: str
    sku: str
    """Of the piece, as its card says; empty for a case about no piece of ours."""
    before: str
    """The case of the same thing that was closed before it happened again; empty: it is the first time."""
    before_closed_us: int | None
    before_by: str
    before_outcome: str


@dataclass(frozen=True, slots=True)
class ParkedRow:
    n: int
    store: str
    epoch: str
    stream: str
    seq: int
    why: str
    late: bool
    parked_us: int


def cases(tx: Tx, *, open_only: bool = True, store: str = "", limit: int = 50) -> list[CaseRow]:
    """Newest first."""
    query = cases_query(store).order_by(case_file.c.opened_us.desc(), case_file.c.case_id).limit(limit)
    if open_only:
        query = query.where(case_file.c.closed_us.is_(None))
    return [case_of(row) for row in tx.rows(query)]


def cases_query(store: str = "") -> "sa.Select[Any]":
    old = case_file.alias("old")
    query = sa.select(
        case_file,
        old.c.closed_us.label("before_closed_us"),
        sa.func.coalesce(old.c.closed_by, "").label("before_by"),
        sa.func.coalesce(old.c.outcome, "").label("before_outcome"),
        sa.func.coalesce(piece.c.title, "").label("title"),
        sa.func.coalesce(piece.c.sku, "").label("sku"),
    )
    query = query.outerjoin(piece, piece.c.piece == case_file.c.piece)
    query = query.outerjoin(old, old.c.case_id == case_file.c.before)
    return query.where(case_file.c.store == store) if store else query


def case_of(row: sa.RowMapping) -> CaseRow:
    return CaseRow(**{name: row[name] for name in CaseRow.__dataclass_fields__})


def rows(tx: Tx, *, store: str = "", limit: int = 50) -> list[ParkedRow]:
    """Oldest first: the first one holds the others back."""
    return [parked_of(row) for row in tx.rows(parked_query(store).order_by(parked.c.n).limit(limit))]


def parked_query(store: str = "") -> "sa.Select[Any]":
    query = sa.select(parked).where(parked.c.applied_us.is_(None))
    return query.where(parked.c.store == store) if store else query


def parked_of(row: sa.RowMapping) -> ParkedRow:
    told = [name for name in ParkedRow.__dataclass_fields__ if name != "late"]
    return ParkedRow(**{name: row[name] for name in told}, late=bool(row["late"]))


def count(tx: Tx, *, store: str = "") -> int:
    """Entries that are parked."""
    return int(tx.value(sa.select(sa.func.count()).select_from(parked_query(store).subquery())) or 0)


def store_of(tx: Tx, case_id: str) -> str:
    """Whose case this is; empty for one that is nobody's."""
    return str(tx.value(sa.select(case_file.c.store).where(case_file.c.case_id == case_id)) or "")


def close_case(tx: Tx, case_id: str, *, by: str, outcome: str, now_us: int) -> bool:
    """False when there is no such open case. Raises `SaleStandsError` for one that ends only with its sale."""
    case = tx.row(sa.select(case_file).where(case_file.c.case_id == case_id, case_file.c.closed_us.is_(None)))
    if case is not None and case["kind"] == QUARANTINED:
        its = (sale.c.store == case["store"], sale.c.sale == case["ref"], sale.c.state == SaleState.QUARANTINED)
        if tx.value(sa.select(sale.c.sale).where(*its)) is not None:
            raise SaleStandsError(f"Sale {case['ref']} of {case['store']} is still held apart; resolve it on its page")
    mine = (case_file.c.case_id == case_id, case_file.c.closed_us.is_(None))
    closing = sa.update(case_file).where(*mine).values(closed_us=now_us, closed_by=by, outcome=outcome)
    closed = tx.run(closing) > 0
    if closed and case is not None and case["kind"] == hearing.ELDER:
        hearing.looked_at(tx, case["store"])
    return closed
