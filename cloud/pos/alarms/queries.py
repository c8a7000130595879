"""Alarms of all stores, newest first."""

from dataclasses import dataclass

import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import alarm


@dataclass(frozen=True, slots=True)
class AlarmRow:
    store: str
    alarm: str
    kind: str
    pieces: list[str]
    zone: str
    sentence: str
    evidence_nats: float
    rounds: int
    value_minor: int
    currency: str
    raised_us: int
    closed_us: int | None
    closed_by: str
    outcome: str
    note: str
    severity: str


def listing(tx: Tx, *, store: str = "", open_only: bool = False, limit: int = 50) -> list[AlarmRow]:
    query = sa.select(alarm).order_by(alarm.c.raised_us.desc(), alarm.c.alarm).limit(limit)
    if store:
        query = query.where(alarm.c.store == store)
    if open_only:
        query = query.where(alarm.c.closed_us.is_(None))
    return [row_of(row) for row in tx.rows(query)]


def row_of(row: sa.RowMapping) -> AlarmRow:
    told = {name: row[name] for name in AlarmRow.__dataclass_fields__ if name != "pieces"}
    return AlarmRow(**told, pieces=row["pieces"].split())
