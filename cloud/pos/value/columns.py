"""The list of what the house owes: what may be sorted, looked through, and taken out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from cloud import called
from cloud.db import Tx
from cloud.listing import Names, listed_many, when
from cloud.pos.value import queries
from cloud.pos.value.queries import AccountRow
from cloud.tables import value_account
from web.tables import Asked, Choice, Column, Listed, Money
from web.words import later

KINDS: Final = (
    ("gift_card", later("Gift cards")), ("store_credit", later("Store credit")), ("deposit", later("Deposits")),
    ("points", later("Points")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """`called` empty: of nobody, erased, or not for whoever looks."""

    row: AccountRow
    called: str


def of_accounts(tx: Tx, what: Asked, names: Names, clients: called.Named, *, kind: str) -> Listed[Named]:
    """`q` is the whole code of a gift card, or what an account, its label or its client is called."""
    columns: tuple[Column[Named], ...] = (
        Column("account", later("Account"), lambda one: f"{one.row.kind} {one.row.label}"),
        Column("opened", later("Opened"), lambda one: when(one.row.opened_us), shown=False),
        Column("client", later("Client"), lambda one: one.called, sorts=False),
        Column("person", later("Client’s number"), lambda one: one.row.client, shown=False),
        Column("from", later("From"), lambda one: names.get(one.row.store, one.row.store)),
        Column("issued", later("Taken in"), lambda one: Money(one.row.issued_minor, one.row.currency), number=True),
        Column("balance", later("Balance"), lambda one: Money(one.row.balance_minor, one.row.currency), number=True),
        Column("held", later("Kept at stores"), lambda one: Money(one.row.held_minor, one.row.currency), number=True),
        Column("currency", later("Currency"), lambda one: one.row.currency, shown=False),
        Column("until", later("Last day"), lambda one: one.row.expires, shown=False),
    )

    def named(found: Sequence[sa.RowMapping]) -> list[Named]:
        rows = [queries.row_of(row) for row in found]
        known = clients({row.client for row in rows if row.client})
        return [Named(row, known.get(row.client, "")) for row in rows]

    of, query = value_account.c, queries.rows_query(kind=kind, q=what.q)
    by = {
        "account": of.opened_us, "from": of.store, "issued": of.issued_minor,
        "balance": of.issued_minor - of.spent_minor, "held": query.selected_columns.held_minor,
    }  # fmt: skip
    return listed_many(
        tx, query, columns, what, named, by=by, first=(of.opened_us.desc(), of.account), seeks=True,
        choices=(Choice("kind", later("Kind"), (("", later("Every kind")), *KINDS)),),
    )  # fmt: skip
