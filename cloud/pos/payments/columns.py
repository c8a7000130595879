"""The list of bank transfers: what may be sorted, looked through, and taken out."""

import sqlalchemy as sa

from cloud.db import Tx
from cloud.listing import Names, listed, of_stores, when
from cloud.pos.payments import transfers
from cloud.pos.payments.transfers import TransferRow, TransferState
from cloud.tables import bank_transfer
from web.tables import Asked, Column, Listed, Money
from web.words import later


def of_transfers(tx: Tx, what: Asked, names: Names, people: Names, *, store: str, state: str) -> Listed[TransferRow]:
    """Of these stores: those longest awaited first, of another state the newest."""
    columns: tuple[Column[TransferRow], ...] = (
        Column("reference", later("Reference"), lambda row: row.reference),
        Column("day", later("Business day"), lambda row: row.business_day),
        Column("store", later("Store"), lambda row: names.get(row.store, row.store)),
        Column("sale", later("Sale"), lambda row: row.sale, shown=False),
        Column("amount", later("Amount"), lambda row: Money(row.amount_minor, row.currency), number=True),
        Column("currency", later("Currency"), lambda row: row.currency, shown=False),
        Column("state", later("State"), lambda row: row.state, sorts=False),
        Column("settled", later("Settled"), lambda row: when(row.settled_us), shown=False),
        Column("note", later("Note"), lambda row: row.note, shown=False),
    )
    of = bank_transfer.c
    query = sa.select(bank_transfer).where(of.store == store if store else of.store.in_(list(names)))
    query = query.where(of.state == state) if state else query
    oldest = of.at_us if state == TransferState.AWAITED else of.at_us.desc()
    by = {"reference": of.reference, "day": of.business_day, "store": of.store, "amount": of.amount_minor}
    return listed(
        tx, query, columns, what, transfers.row_of, by=by, first=(oldest, of.sale, of.n),
        seek=(of.reference, of.till, of.sale, of.business_day, (of.store, names), (of.settled_by, people)),
        choices=of_stores(names),
    )  # fmt: skip
