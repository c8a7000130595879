"""Points for pages: what is owed of them, and how a client came to theirs."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from cloud import aliases
from cloud.db import Tx
from cloud.points_lots import lots_of
from cloud.tables import points_lot, points_move, value_account
from contract.facts import TenderKind
from trade.points import lapsing, next_to_lapse, settled


@dataclass(frozen=True, slots=True)
class OwedRow:
    """`here_minor` of one currency: what clients have; `clients`: how many have some."""

    currency: str
    clients: int
    here_minor: int


@dataclass(frozen=True, slots=True)
class PointsRow:
    """`balance_minor` may be spent; of it `lapses_minor` lapse after the business day `lapses`; empty: never."""

    account: str
    client: str
    currency: str
    balance_minor: int
    lapses_minor: int
    lapses: str
    blocked: str


@dataclass(frozen=True, slots=True)
class EarnedRow:
    store: str
    sale: str
    rule: str
    rate_bp: int
    basis_minor: int
    amount_minor: int
    business_day: str
    currency: str
    at_us: int


def owed(tx: Tx) -> list[OwedRow]:
    balance = sa.func.sum(value_account.c.issued_minor - value_account.c.spent_minor)
    mine = (value_account.c.kind == TenderKind.POINTS, value_account.c.issued_minor > value_account.c.spent_minor)
    query = sa.select(value_account.c.currency, sa.func.count().label("clients"), balance.label("sum")).where(*mine)
    rows = tx.rows(query.group_by(value_account.c.currency).order_by(value_account.c.currency))
    return [OwedRow(row["currency"], row["clients"], int(row["sum"])) for row in rows]


def accounts(tx: Tx, person: str, day: str) -> list[PointsRow]:
    """Of a client and of every id that was joined with them."""
    return accounts_of(tx, aliases.ids(tx, person), day)


def accounts_of(tx: Tx, persons: Sequence[str], day: str) -> list[PointsRow]:
    """By the id they were earned under, without what lapsed before that day."""
    of = (value_account.c.kind == TenderKind.POINTS, value_account.c.client.in_(persons))
    rows = tx.rows(sa.select(value_account).where(*of).order_by(value_account.c.currency, value_account.c.account))
    lots: dict[str, list[sa.RowMapping]] = {}
    for lot in tx.rows(sa.select(points_lot).where(points_lot.c.account.in_([row["account"] for row in rows]))):
        lots.setdefault(lot["account"], []).append(lot)
    found = []
    for row in rows:
        balance = row["issued_minor"] - row["spent_minor"]
        mine = settled(lots_of(lots.get(row["account"], ())), balance)
        soon, last = next_to_lapse(mine, day)
        told = PointsRow(
            row["account"], row["client"], row["currency"], balance - lapsing(mine, day), soon, last, row["blocked"]
        )
        found.append(told)
    return found


def earned(tx: Tx, names: list[PointsRow], limit: int = 20) -> list[EarnedRow]:
    """Newest first."""
    query = sa.select(points_move).where(points_move.c.account.in_([each.account for each in names]))
    currency = {each.account: each.currency for each in names}
    rows = tx.rows(query.order_by(points_move.c.at_us.desc(), points_move.c.ref).limit(limit))
    columns = [name for name in EarnedRow.__dataclass_fields__ if name != "currency"]
    return [EarnedRow(**{name: row[name] for name in columns}, currency=currency[row["account"]]) for row in rows]
