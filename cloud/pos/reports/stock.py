"""What lies in the stores, how long already, and how soon it goes. Of pieces the house holds now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import custody, custody_history, piece, stock_value
from trade.accounts import Account
from trade.custody import OfficeState

DAY_US: Final = 86_400_000_000
AGES: Final = ((90, "0–90"), (180, "91–180"), (365, "181–365"), (730, "366–730"))
"""Days up to which each group goes, and its name; the oldest are beyond the last."""
OLDEST: Final = "> 730"
A_YEAR: Final = 365
HERE: Final = (OfficeState.HERE, OfficeState.INCOMING)
RESTING: Final = (Account.INVENTORY, Account.INVENTORY_SECOND_HAND)


@dataclass(frozen=True, slots=True)
class Held:
    """Of one category and currency. `old`: pieces here for more than a year. Costs where they are known."""

    category: str
    currency: str
    pieces: int
    price_minor: int
    cost_minor: int
    costed: int
    old: int


@dataclass(frozen=True, slots=True)
class Age:
    name: str
    currency: str
    pieces: int
    price_minor: int


@dataclass(frozen=True, slots=True)
class Oldest:
    piece: str
    title: str
    sku: str
    category: str
    store: str
    days: int
    price_minor: int
    currency: str


def held(tx: Tx, stores: Sequence[str], now_us: int) -> list[Held]:
    """By category and currency, the most valuable first."""
    lying, known = _lying(stores), _cost()
    since = now_us - A_YEAR * DAY_US
    sums = (
        sa.func.count().label("pieces"), sa.func.sum(piece.c.price_minor).label("price_minor"),
        sa.func.sum(sa.func.coalesce(known.c.amount_minor, 0)).label("cost_minor"),
        sa.func.sum(sa.case((known.c.amount_minor > 0, 1), else_=0)).label("costed"),
        sa.func.sum(sa.case((lying.c.since_us < since, 1), else_=0)).label("old"),
    )  # fmt: skip
    key = (piece.c.category, piece.c.currency)
    joined = lying.join(piece, piece.c.piece == lying.c.piece).outerjoin(known, known.c.piece == lying.c.piece)
    rows = tx.rows(sa.select(*key, *sums).select_from(joined).group_by(*key))
    found = [Held(row["category"], row["currency"], *(int(row[each.name] or 0) for each in sums)) for row in rows]
    return sorted(found, key=lambda each: (each.currency, -each.price_minor))


def ages(tx: Tx, stores: Sequence[str], now_us: int) -> list[Age]:
    """Pieces by how long they have been here, youngest first; every group, also of none."""
    lying = _lying(stores)
    days = (now_us - lying.c.since_us) / DAY_US
    group = sa.case(*((days <= most, name) for most, name in AGES), else_=OLDEST).label("name")
    sums = (sa.func.count().label("pieces"), sa.func.sum(piece.c.price_minor).label("price_minor"))
    joined = lying.join(piece, piece.c.piece == lying.c.piece)
    rows = tx.rows(sa.select(group, piece.c.currency, *sums).select_from(joined).group_by(group, piece.c.currency))
    found = {(row["name"], row["currency"]): (int(row["pieces"]), int(row["price_minor"] or 0)) for row in rows}
    names = [name for _, name in AGES] + [OLDEST]
    return [
        Age(name, currency, *found.get((name, currency), (0, 0)))
        for currency in sorted({currency for _, currency in found})
        for name in names
    ]


def oldest(stores: Sequence[str]) -> tuple["sa.Select[Any]", Any]:
    """The question for pieces here, and the column that says since when."""
    lying = _lying(stores)
    of = (piece.c.piece, piece.c.title, piece.c.sku, piece.c.category, piece.c.price_minor, piece.c.currency)
    query = sa.select(*of, lying.c.store, lying.c.since_us).select_from(
        lying.join(piece, piece.c.piece == lying.c.piece)
    )
    return query, lying.c.since_us


def _lying(stores: Sequence[str]) -> sa.Subquery:
    """Pieces in these stores, and since when the house has each: its first holder's day."""
    first = sa.select(sa.func.min(custody_history.c.since_us)).where(custody_history.c.piece == custody.c.piece)
    since = sa.func.coalesce(first.scalar_subquery(), 0).label("since_us")
    mine = (custody.c.holder.in_(stores), custody.c.state.in_(HERE))
    return sa.select(custody.c.piece, custody.c.holder.label("store"), since).where(*mine).subquery("lying")


def _cost() -> sa.Subquery:
    query = sa.select(stock_value.c.piece, stock_value.c.amount_minor).where(stock_value.c.account.in_(RESTING))
    return query.subquery("known")
