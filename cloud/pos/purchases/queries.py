"""What was bought from the public: purchases newest first, and their things by what may be done with them."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from cloud import aliases, called
from cloud.db import Tx
from cloud.listing import Names, listed_many, of_stores, when
from cloud.remarks import Remarks
from cloud.tables import piece_past, purchase, purchase_item
from web.tables import Asked, Column, Listed, Money
from web.words import later


@dataclass(frozen=True, slots=True)
class PurchaseRow:
    store: str
    purchase: str
    number: int
    till: str
    business_day: str
    client: str
    currency: str
    total_minor: int
    by: str
    approved_by: str
    at_us: int


@dataclass(frozen=True, slots=True)
class ItemRow:
    """Weights in mg, `spot_minor_per_kg` of fine metal as it was frozen. `lot` empty: it is here."""

    piece: str
    store: str
    purchase: str
    title: str
    value_minor: int
    currency: str
    scrap: int
    metal: str
    fineness: int
    weight_mg: int
    spot_minor_per_kg: int
    spot_source: str
    spot_us: int
    payout_bp: int
    weighed_by: str
    proof: str
    provenance: str
    hold_until: str
    lot: str


def listing(tx: Tx, *, store: str = "", client: str = "", limit: int = 50) -> list[PurchaseRow]:
    """Newest first."""
    names = [purchase.c[name] for name in PurchaseRow.__dataclass_fields__]
    query = sa.select(*names).order_by(purchase.c.at_us.desc(), purchase.c.purchase).limit(limit)
    query = query.where(purchase.c.store == store) if store else query
    query = query.where(purchase.c.client.in_(aliases.ids(tx, client))) if client else query
    return [PurchaseRow(**row) for row in tx.rows(query)]


@dataclass(frozen=True, slots=True)
class Named:
    """`called` empty: erased, or not for whoever looks."""

    row: PurchaseRow
    called: str


def table(tx: Tx, what: Asked, names: Names, people: Names, clients: called.Named, *, store: str) -> Listed[Named]:
    """Of these stores, newest first."""

    def numbered(one: Named) -> str:
        return f"{names.get(one.row.store, one.row.store)}, {one.row.number}"

    columns: tuple[Column[Named], ...] = (
        Column("purchase", later("Purchase"), numbered),
        Column("when", later("Recorded"), lambda one: when(one.row.at_us), shown=False),
        Column("client", later("Client"), lambda one: one.called, sorts=False),
        Column("person", later("Client’s number"), lambda one: one.row.client, shown=False),
        Column("by", later("Who"), lambda one: people.get(one.row.by, one.row.by)),
        Column(
            "approved", later("Approved by"), lambda one: people.get(one.row.approved_by, one.row.approved_by),
            shown=False,
        ),
        Column("paid", later("Paid"), lambda one: Money(one.row.total_minor, one.row.currency), number=True),
        Column("currency", later("Currency"), lambda one: one.row.currency, shown=False),
    )  # fmt: skip

    def named(found: Sequence[sa.RowMapping]) -> list[Named]:
        rows = [PurchaseRow(**row) for row in found]
        known = clients({row.client for row in rows})
        return [Named(row, known.get(row.client, "")) for row in rows]

    of = purchase.c
    query = sa.select(*(of[name] for name in PurchaseRow.__dataclass_fields__))
    query = query.where(of.store == store) if store else query.where(of.store.in_(list(names)))
    by = {"purchase": of.number, "by": of.by, "paid": of.total_minor}
    return listed_many(
        tx, query, columns, what, named, by=by, first=(of.at_us.desc(), of.purchase),
        seek=(of.client, of.business_day, of.till, (of.by, people), (of.store, names)), choices=of_stores(names),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PastRow:
    """Where a client had a piece from, and what they showed, as far as they are not forgotten."""

    ref: str
    client: str
    provenance: str
    proof: str
    at_us: int


def past(tx: Tx, words: Remarks, piece: str) -> list[PastRow]:
    """Of a piece that clients gave in payment or sold to the house, newest first."""
    names = [piece_past.c[name] for name in PastRow.__dataclass_fields__]
    rows = tx.rows(sa.select(*names).where(piece_past.c.piece == piece).order_by(piece_past.c.at_us.desc()))
    return [
        PastRow(**{**row, "provenance": words.open(row["provenance"]), "proof": words.open(row["proof"])})
        for row in rows
    ]


def one(tx: Tx, words: Remarks, store: str, wanted: str) -> tuple[PurchaseRow, list[ItemRow]] | None:
    names = [purchase.c[name] for name in PurchaseRow.__dataclass_fields__]
    row = tx.row(sa.select(*names).where(purchase.c.store == store, purchase.c.purchase == wanted))
    if row is None:
        return None
    past = sa.and_(piece_past.c.piece == purchase_item.c.piece, piece_past.c.ref == purchase_item.c.purchase)
    where_from = sa.func.coalesce(piece_past.c.provenance, "").label("provenance")
    mine = sa.select(purchase_item, where_from).outerjoin(piece_past, past)
    mine = mine.where(purchase_item.c.store == store, purchase_item.c.purchase == wanted)
    found = tx.rows(mine.order_by(purchase_item.c.piece))
    opened = ({**each, **{name: words.open(each[name]) for name in ("proof", "provenance")}} for each in found)
    return PurchaseRow(**row), [ItemRow(**each) for each in opened]
