"""The last division for pages: how many in which tier, lists of who rises or stays away, and one client's own line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from cloud.db import Tx
from cloud.pos.segments.learn import Model
from cloud.tables import client_segment, segment_run
from web.words import later

LISTS: Final = {
    "rising": later("Come more often"), "lapsing": later("Stay away"), "value": later("Will bring most"),
    "tier": later("By tier"),
}  # fmt: skip
ABOUT: Final = {
    "rising": later(
        "Clients who come more often than they did, with more than 80 % certainty, and spend no less. Somebody might "
        "ask them in before a colleague elsewhere does."
    ),
    "lapsing": later(
        "Clients who have not come for twice their usual time, those who would bring most first. A word from their "
        "adviser is worth more than a season’s mailing."
    ),
    "value": later(
        "What each is expected to bring within a year, with the interval in which the average of clients like them "
        "lies."
    ),
    "tier": later("Those who spent most first."),
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


def standings(of: str, tier: int) -> "tuple[sa.Select[Any], tuple[Any, ...]]":
    """One of `LISTS`, and its order."""
    columns = client_segment.c
    where, first = {
        "rising": (columns.rises == 1, columns.rising.desc()),
        "lapsing": (columns.lapses == 1, columns.value_minor.desc().nulls_last()),
        "value": (columns.value_minor.is_not(None), columns.value_minor.desc()),
        "tier": (columns.tier == tier, columns.spend_minor.desc()),
    }[of]
    return sa.select(client_segment).where(where), (first, columns.person)


def of_client(tx: Tx, person: str) -> Standing | None:
    row = tx.row(sa.select(client_segment).where(client_segment.c.person == person))
    return None if row is None else standing_of(row)


def of_clients(tx: Tx, persons: Sequence[str]) -> dict[str, Standing]:
    """Of those who were divided."""
    rows = tx.rows(sa.select(client_segment).where(client_segment.c.person.in_(persons)))
    return {row["person"]: standing_of(row) for row in rows}


def standing_of(row: sa.RowMapping) -> Standing:
    return Standing(**{name: row[name] for name in Standing.__dataclass_fields__})
