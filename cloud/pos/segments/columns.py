"""Lists of clients by what they bought: what may be sorted, looked through, and taken out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from cloud.db import Tx
from cloud.listing import Names, listed_many, of_stores
from cloud.pos.segments import queries
from cloud.pos.segments.queries import Standing
from cloud.tables import client_segment
from web.tables import Asked, Column, Listed, Money
from web.words import later


@dataclass(frozen=True, slots=True)
class Named:
    """`client` empty: erased."""

    row: Standing
    client: str


@dataclass(frozen=True, slots=True)
class Words:
    """What stores, clients and tiers are called, and the currency of amounts."""

    names: Names
    clients: Callable[[Tx, Iterable[str]], dict[str, str]]
    tier: Callable[[int], str]
    currency: str


def of_standings(tx: Tx, what: Asked, words: Words, *, of: str, tier: int) -> Listed[Named]:
    """What clients are called is sealed, and no list is sorted by it."""
    names = words.names

    def money(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, words.currency)

    def made(rows: Sequence[sa.RowMapping]) -> list[Named]:
        called = words.clients(tx, [row["person"] for row in rows])
        return [Named(queries.standing_of(row), called.get(row["person"], "")) for row in rows]

    columns: tuple[Column[Named], ...] = (
        Column("client", later("Client"), lambda each: each.client, sorts=False),
        Column("store", later("Store"), lambda each: names.get(each.row.store, each.row.store), shown=False),
        Column("tier", later("Tier"), lambda each: words.tier(each.row.tier)),
        Column("last", later("Last bought"), lambda each: each.row.last_day),
        Column("visits", later("Visits"), lambda each: each.row.visits_ever, number=True),
        Column("spent", later("Spent"), lambda each: money(each.row.spend_minor), number=True),
        Column("value", later("Within a year"), lambda each: money(each.row.value_minor), number=True),
        Column("low", later("At least"), lambda each: money(each.row.low_minor), shown=False),
        Column("high", later("At most"), lambda each: money(each.row.high_minor), shown=False),
    )
    query, first = queries.standings(of, tier)
    at = client_segment.c
    by = {
        "tier": at.tier, "last": at.last_day, "visits": at.visits_ever, "spent": at.spend_minor,
        "value": sa.func.coalesce(at.value_minor, -1),
    }  # fmt: skip
    store = what.of("store")
    return listed_many(
        tx, query.where(at.store == store) if store else query, columns, what, made, by=by, first=first,
        choices=of_stores(names),
    )  # fmt: skip
