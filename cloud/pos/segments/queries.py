"""The last division for pages: how many in which tier, lists of who rises or stays away, and one client's own line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import sqlalchemy as sa

from cloud.db import Tx
from cloud.pos.segments.learn import Model
from cloud.tables import client_segment, segment_run

STEP: Final = 50
LISTS: Final = {
    "rising": "Come more often",
    "lapsing": "Stay away",
    "value": "Will bring most",
    "tier": "By tier",
}


@dataclass(frozen=True, slots=True)
class Run:
    day: str
    by: str
    at_us: int
    took_ms: int
    currency: str
    model: Model


@dataclass(frozen=True, slots=True)
class TierRow:
    tier: int
    clients: int
    spend_minor: int
    value_minor: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A client as of the last division. Amounts in the currency of its run; None where nothing is known."""

    person: str
    tier: int
    tier_since: str
    spend_minor: int
    visits: int
    visits_ever: int
    first_day: str
    last_day: str
    recency: int
    frequency: int
    money: int
    value_minor: int | None
    low_minor: int | None
    high_minor: int | None
    alive: float
    rising: float
    rises: int
    lapses: int
    rhythm_days: float
    store: str


def last(tx: Tx) -> Run | None:
    row = tx.row(sa.select(segment_run).order_by(segment_run.c.at_us.desc()).limit(1))
    if row is None:
        return None
    told = {name: row[name] for name in ("day", "by", "at_us", "took_ms", "currency")}
    return Run(**told, model=msgspec.json.decode(row["told"], type=Model))


def by_tier(tx: Tx) -> list[TierRow]:
    """The highest first; 0 is none."""
    sums = [
        sa.func.coalesce(sa.func.sum(client_segment.c[name]), 0).label(name) for name in ("spend_minor", "value_minor")
    ]
    query = sa.select(client_segment.c.tier, sa.func.count().label("clients"), *sums).group_by(client_segment.c.tier)
    return [
        TierRow(row["tier"], row["clients"], int(row["spend_minor"]), int(row["value_minor"]))
        for row in tx.rows(query.order_by(client_segment.c.tier.desc()))
    ]


def marks(tx: Tx) -> dict[tuple[int, int], int]:
    """Clients by (recency, frequency), 1…5 each, of those who bought within the window."""
    of = (client_segment.c.recency, client_segment.c.frequency)
    query = sa.select(*of, sa.func.count().label("clients")).where(of[0] > 0).group_by(*of)
    return {(row["recency"], row["frequency"]): row["clients"] for row in tx.rows(query)}


def counts(tx: Tx) -> dict[str, int]:
    """How many rise, and how many stay away."""
    query = sa.select(
        sa.func.coalesce(sa.func.sum(client_segment.c.rises), 0).label("rising"),
        sa.func.coalesce(sa.func.sum(client_segment.c.lapses), 0).label("lapsing"),
    )
    row = tx.row(query)
    return {} if row is None else {name: int(number) for name, number in row.items()}


def listing(tx: Tx, of: str, *, tier: int = 0, after: int = 0, limit: int = STEP) -> list[Standing]:
    """One of `LISTS`, from place `after` on."""
    columns = client_segment.c
    query = {
        "rising": sa.select(client_segment).where(columns.rises == 1).order_by(columns.rising.desc(), columns.person),
        "lapsing": sa.select(client_segment)
        .where(columns.lapses == 1)
        .order_by(columns.value_minor.desc().nulls_last(), columns.person),
        "value": sa.select(client_segment)
        .where(columns.value_minor.is_not(None))
        .order_by(columns.value_minor.desc(), columns.person),
        "tier": sa.select(client_segment)
        .where(columns.tier == tier)
        .order_by(columns.spend_minor.desc(), columns.person),
    }[of]
    return [_standing(row) for row in tx.rows(query.offset(after).limit(limit))]


def of_client(tx: Tx, person: str) -> Standing | None:
    row = tx.row(sa.select(client_segment).where(client_segment.c.person == person))
    return None if row is None else _standing(row)


def of_clients(tx: Tx, persons: Sequence[str]) -> dict[str, Standing]:
    """Of those who were divided."""
    rows = tx.rows(sa.select(client_segment).where(client_segment.c.person.in_(persons)))
    return {row["person"]: _standing(row) for row in rows}


def _standing(row: sa.RowMapping) -> Standing:
    return Standing(**{name: row[name] for name in Standing.__dataclass_fields__})
