"""Long lists of money: accounts, their movements, entries of the ledger, and commissions."""

import sqlalchemy as sa

from cloud.db import Tx
from cloud.listing import Names, listed, listed_many, when
from cloud.pos.commissions import queries as commissions
from cloud.pos.commissions.queries import Earned
from cloud.pos.ledger import queries
from cloud.tables import ledger_line, posting
from web.tables import Asked, Column, Listed, Money, arrange
from web.words import later


def of_trial(what: Asked, rows: list[queries.Trial], *, opening: bool) -> Listed[queries.Trial]:
    """`opening`: over a month, which begins with something."""
    columns: list[Column[queries.Trial]] = [
        Column("account", later("Account"), lambda row: row.title),
        Column("number", later("Number"), lambda row: row.number, shown=False),
        Column("debit", later("Debit"), lambda row: Money(row.debit_minor, row.currency), number=True),
        Column("credit", later("Credit"), lambda row: Money(row.credit_minor, row.currency), number=True),
        Column("balance", later("Balance"), lambda row: Money(row.closing_minor, row.currency), number=True),
        Column("currency", later("Currency"), lambda row: row.currency, shown=False),
    ]
    if opening:
        opened: Column[queries.Trial] = Column(
            "opening", later("Opening"), lambda row: Money(row.opening_minor, row.currency), number=True
        )
        columns.insert(2, opened)
    return arrange(columns, rows, what)


def of_entries(tx: Tx, what: Asked, names: Names, *, store: str, period: str) -> Listed[queries.PostingRow]:
    columns: tuple[Column[queries.PostingRow], ...] = (
        Column("what", later("What"), lambda row: row.kind),
        Column("when", later("Recorded"), lambda row: when(row.at_us), shown=False),
        Column("store", later("Store"), lambda row: names.get(row.store, row.store)),
        Column("day", later("Business day"), lambda row: row.business_day),
        Column("accounts", later("Accounts"), _accounts, sorts=False),
        Column("entry", later("Name"), lambda row: row.posting, shown=False),
        Column("why", later("Why"), lambda row: row.why, shown=False),
    )
    of = posting.c
    query = sa.select(posting)
    query = query.where(of.store == store) if store else query
    query = query.where(of.period == period) if period else query
    by = {"what": of.kind, "store": of.store, "day": of.business_day}
    return listed_many(
        tx, query, columns, what, lambda rows: queries.with_legs(tx, rows), by=by,
        first=(of.at_us.desc(), of.posting), seek=(of.kind, of.ref, of.business_day, of.why, (of.store, names)),
    )  # fmt: skip


def _accounts(row: queries.PostingRow) -> str:
    return ", ".join(dict.fromkeys(leg.title for leg in row.legs))


def of_movements(
    tx: Tx, what: Asked, names: Names, people: Names, account: str, *, store: str, period: str, by: str
) -> Listed[queries.Movement]:
    columns: tuple[Column[queries.Movement], ...] = (
        Column("what", later("What"), lambda row: row.kind),
        Column("when", later("Recorded"), lambda row: when(row.at_us), shown=False),
        Column("store", later("Store"), lambda row: names.get(row.store, row.store)),
        Column("day", later("Business day"), lambda row: row.business_day),
        Column("of", later("Of"), lambda row: people.get(row.by, row.by)),
        Column("debit", later("Debit"), lambda row: Money(max(row.amount_minor, 0), row.currency), number=True),
        Column("credit", later("Credit"), lambda row: Money(max(-row.amount_minor, 0), row.currency), number=True),
        Column("currency", later("Currency"), lambda row: row.currency, shown=False),
        Column("entry", later("Name"), lambda row: row.posting, shown=False),
    )
    amount = ledger_line.c.amount_minor
    order = {
        "what": posting.c.kind, "store": posting.c.store, "day": posting.c.business_day, "of": ledger_line.c.by,
        "debit": amount, "credit": -amount,
    }  # fmt: skip
    return listed(
        tx, queries.movements_query(account, store=store, period=period, by=by), columns, what, queries.movement_of,
        by=order, first=(posting.c.at_us.desc(), posting.c.posting, ledger_line.c.n),
        seek=(posting.c.kind, posting.c.business_day, (ledger_line.c.by, people), (posting.c.store, names)),
    )  # fmt: skip


def of_commissions(what: Asked, rows: list[Earned], people: Names) -> Listed[Earned]:
    columns: tuple[Column[Earned], ...] = (
        Column("associate", later("Associate"), lambda row: people.get(row.associate, row.associate)),
        Column("earned", later("Earned"), lambda row: Money(row.earned_minor, row.currency), number=True),
        Column("back", later("Taken back"), lambda row: Money(row.taken_back_minor, row.currency), number=True),
        Column("hand", later("By hand"), lambda row: Money(row.other_minor, row.currency), number=True),
        Column("owed", later("Owed"), lambda row: Money(row.owed_minor, row.currency), number=True),
        Column("currency", later("Currency"), lambda row: row.currency, shown=False),
    )
    return arrange(columns, rows, what)


def of_earnings(
    tx: Tx, what: Asked, names: Names, associate: str, *, store: str, period: str
) -> Listed[commissions.Entry]:
    columns: tuple[Column[commissions.Entry], ...] = (
        Column("what", later("What"), lambda row: row.kind),
        Column("sale", later("Sale"), lambda row: row.sale, shown=False),
        Column("store", later("Store"), lambda row: names.get(row.store, row.store)),
        Column("day", later("Business day"), lambda row: row.business_day),
        Column("amount", later("Amount"), lambda row: Money(row.amount_minor, row.currency), number=True),
        Column("currency", later("Currency"), lambda row: row.currency, shown=False),
    )
    by = {
        "what": posting.c.kind, "store": posting.c.store, "day": posting.c.business_day,
        "amount": -ledger_line.c.amount_minor,
    }  # fmt: skip
    return listed(
        tx, commissions.entries_query(associate, store=store, period=period), columns, what, commissions.entry_of,
        by=by, first=(posting.c.at_us.desc(), posting.c.posting, ledger_line.c.n),
        seek=(posting.c.sale, posting.c.business_day, (posting.c.store, names)),
    )  # fmt: skip
