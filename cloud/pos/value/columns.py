"""The list of what the house owes: what may be sorted, looked through, and taken out."""

from typing import Final

from cloud.db import Tx
from cloud.listing import Names, listed, when
from cloud.pos.value import queries
from cloud.pos.value.queries import AccountRow
from cloud.tables import value_account
from web.tables import Asked, Choice, Column, Listed, Money
from web.words import later

KINDS: Final = (
    ("gift_card", later("Gift cards")), ("store_credit", later("Store credit")), ("deposit", later("Deposits")),
    ("points", later("Points")),
)  # fmt: skip


def of_accounts(tx: Tx, what: Asked, names: Names, *, kind: str) -> Listed[AccountRow]:
    """`q` is the whole code of a gift card, or what an account, its label or its client is called."""
    columns: tuple[Column[AccountRow], ...] = (
        Column("account", later("Account"), lambda row: f"{row.kind} {row.label}"),
        Column("opened", later("Opened"), lambda row: when(row.opened_us), shown=False),
        Column("client", later("Client"), lambda row: row.client),
        Column("from", later("From"), lambda row: names.get(row.store, row.store)),
        Column("issued", later("Taken in"), lambda row: Money(row.issued_minor, row.currency), number=True),
        Column("balance", later("Balance"), lambda row: Money(row.balance_minor, row.currency), number=True),
        Column("held", later("Kept at stores"), lambda row: Money(row.held_minor, row.currency), number=True),
        Column("currency", later("Currency"), lambda row: row.currency, shown=False),
        Column("until", later("Last day"), lambda row: row.expires, shown=False),
    )
    of, query = value_account.c, queries.rows_query(kind=kind, q=what.q)
    by = {
        "account": of.opened_us, "client": of.client, "from": of.store, "issued": of.issued_minor,
        "balance": of.issued_minor - of.spent_minor, "held": query.selected_columns.held_minor,
    }  # fmt: skip
    return listed(
        tx, query, columns, what, queries.row_of, by=by, first=(of.opened_us.desc(), of.account), seeks=True,
        choices=(Choice("kind", later("Kind"), (("", later("Every kind")), *KINDS)),),
    )  # fmt: skip
