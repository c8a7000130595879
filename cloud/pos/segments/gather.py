"""What each client bought, day by day and net of what came back, as columns. Ids alone: nobody is opened."""

import sys
from dataclasses import dataclass
from typing import Final

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from cloud import aliases, feed
from cloud.clienteling.identity.merging import Aliases, Merge
from cloud.db import Tx
from cloud.tables import client, client_alias, client_segment, refund_line, sale, sale_line, store
from contract.facts import LineKind
from contract.feed import RateCard
from contract.money import convert
from trade.sale import SaleState

REVENUE: Final = (LineKind.PIECE, LineKind.GOODS, LineKind.SERVICE)
"""Gift cards and deposits are money owed, and no purchase yet."""
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bought:
    """One row for each client and day on which something was bought and not brought back; by client, then by day.

    `person`: index into `persons`. `day`: days since 1970. `left_out`: sales in a currency without a rate, by currency.
    """

    persons: tuple[str, ...]
    person: Ints
    day: Ints
    net_minor: Ints
    store: tuple[str, ...]
    """Of each person: where they bought last."""
    left_out: dict[str, int]


def house_currency(tx: Tx) -> str:
    """That of most stores."""
    number = sa.func.count()
    query = sa.select(store.c.currency).group_by(store.c.currency).order_by(number.desc(), store.c.currency)
    return str(tx.value(query.limit(1)) or "EUR")


def bought(tx: Tx, into: str) -> Bought:
    """Of every client who was not erased. `into`: the currency all is told in, at the rates of today."""
    rates = {card.currency: card.rate_e9 for card in feed.cards(tx, RateCard).values() if card.into == into}
    rates[into] = 10**9
    sums: dict[tuple[str, str], int] = {}
    last: dict[str, tuple[str, str]] = {}
    whole = joined(tx).whole
    left_out: dict[str, int] = {}
    for row in tx.each(_sold()):
        person, day, currency = whole(row["client"]), sys.intern(row["business_day"]), row["currency"]
        rate = rates.get(currency)
        if rate is None:
            left_out[currency] = left_out.get(currency, 0) + row["number"]
            continue
        net = convert(int(row["net"]), currency, into, rate)
        sums[person, day] = sums.get((person, day), 0) + net
        if (day, row["store"]) > last.get(person, ("", "")):
            last[person] = (day, row["store"])
    kept = sorted(key for key, net in sums.items() if net > 0)
    persons = tuple(dict.fromkeys(person for person, _ in kept))
    place = {person: at for at, person in enumerate(persons)}
    days = np.asarray([day for _, day in kept], dtype="datetime64[D]")
    return Bought(
        persons=persons, person=np.asarray([place[person] for person, _ in kept], np.int64),
        day=days.astype(np.int64), net_minor=np.asarray([sums[key] for key in kept], np.int64),
        store=tuple(last[person][1] for person in persons), left_out=left_out,
    )  # fmt: skip


def joined(tx: Tx) -> Aliases:
    """Which ids are one client now."""
    rows = tx.rows(sa.select(client_alias).where(aliases.HOLDS))
    return Aliases(Merge(row["merge"], row["survivor"], row["absorbed"]) for row in rows)


def _sold() -> "sa.Select[tuple[object, ...]]":
    """Sums by client, store, day and currency; what came back counts on the day it was bought."""
    named = (sale.c.client != "", sale.c.state != SaleState.QUARANTINED, sale_line.c.kind.in_(REVENUE))
    mine = sa.and_(sale_line.c.store == sale.c.store, sale_line.c.sale == sale.c.sale)
    of = (sale.c.client, sale.c.store, sale.c.business_day, sale.c.currency)
    sold = sa.select(*of, sale_line.c.gross_minor.label("minor"), sa.literal(1).label("sales"))
    sold = sold.join_from(sale, sale_line, mine).where(*named)
    same = sa.and_(refund_line.c.sale == sale.c.sale, refund_line.c.line == sale_line.c.line)
    back = sa.select(*of, (-refund_line.c.gross_minor).label("minor"), sa.literal(0).label("sales"))
    back = back.join_from(sale, sale_line, mine).join(refund_line, same).where(*named)
    both = sa.union_all(sold, back).subquery()
    keys = (both.c.client, both.c.store, both.c.business_day, both.c.currency)
    query = sa.select(*keys, sa.func.sum(both.c.minor).label("net"), sa.func.sum(both.c.sales).label("number"))
    return (
        query.join(client, client.c.person == both.c.client)
        .where(client.c.erased_us == 0, both.c.business_day != "")
        .group_by(*keys)
    )


def tiers_before(tx: Tx) -> dict[str, tuple[int, str]]:
    """The tier each client is in, and since which day."""
    query = sa.select(client_segment.c.person, client_segment.c.tier, client_segment.c.tier_since)
    return {row["person"]: (row["tier"], sys.intern(row["tier_since"])) for row in tx.each(query)}
