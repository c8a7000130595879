"""What each associate earned and gave back, by month: the legs of what the house owes them."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from cloud.db import Tx
from cloud.ledger import OF_ITS_POSTING, Kind
from cloud.tables import ledger_line, posting
from trade.accounts import Account


@dataclass(frozen=True, slots=True)
class Earned:
    """Of one associate and currency over a month, or ever. `other_minor`: entries by hand."""

    associate: str
    currency: str
    earned_minor: int
    taken_back_minor: int
    other_minor: int

    @property
    def owed_minor(self) -> int:
        return self.earned_minor - self.taken_back_minor + self.other_minor


@dataclass(frozen=True, slots=True)
class Entry:
    """One sale, or what came back of it. `amount_minor` is owed to the associate, below nothing when taken back."""

    store: str
    posting: str
    kind: str
    sale: str
    business_day: str
    period: str
    late: bool
    amount_minor: int
    currency: str


def _owed(store: str, period: str, associate: str) -> list[Any]:
    those: list[Any] = [OF_ITS_POSTING, ledger_line.c.account == Account.COMMISSION_PAYABLE]
    if store:
        those.append(ledger_line.c.store == store)
    if period:
        those.append(posting.c.period == period)
    if associate:
        those.append(ledger_line.c.by == associate)
    return those


def by_associate(tx: Tx, *, store: str = "", period: str = "", associate: str = "") -> list[Earned]:
    """The most first."""
    amount, ours = ledger_line.c.amount_minor, posting.c.kind == Kind.COMMISSION
    columns = (
        sa.func.sum(sa.case((sa.and_(ours, amount < 0), -amount), else_=0)).label("earned"),
        sa.func.sum(sa.case((sa.and_(ours, amount > 0), amount), else_=0)).label("taken"),
        sa.func.sum(sa.case((sa.not_(ours), -amount), else_=0)).label("other"),
    )
    key = (ledger_line.c.by, ledger_line.c.currency)
    query = sa.select(*key, *columns).where(*_owed(store, period, associate)).group_by(*key)
    found = [
        Earned(
            associate=row["by"], currency=row["currency"], earned_minor=int(row["earned"]),
            taken_back_minor=int(row["taken"]), other_minor=int(row["other"]),
        )
        for row in tx.rows(query)
    ]  # fmt: skip
    return sorted(found, key=lambda each: (each.currency, -each.owed_minor, each.associate))


def entries_query(associate: str, *, store: str = "", period: str = "") -> "sa.Select[Any]":
    of = (posting.c.store, posting.c.posting, posting.c.kind, posting.c.sale, posting.c.business_day, posting.c.period)
    owed = (-ledger_line.c.amount_minor).label("amount_minor")
    return sa.select(*of, posting.c.late, owed, ledger_line.c.currency).where(*_owed(store, period, associate))


def entry_of(row: sa.RowMapping) -> Entry:
    return Entry(**{**row, "late": bool(row["late"])})


def entries(tx: Tx, associate: str, *, store: str = "", period: str = "", limit: int = 50) -> list[Entry]:
    """Newest first."""
    query = entries_query(associate, store=store, period=period)
    query = query.order_by(posting.c.at_us.desc(), posting.c.posting, ledger_line.c.n).limit(limit)
    return [entry_of(row) for row in tx.rows(query)]
