"""Lists of clients. What they are called is sealed: no list is sorted or looked through by it, search does that."""

from collections.abc import Sequence
from dataclasses import replace

from cloud.aliases import ABSORBED
from cloud.db import Tx
from cloud.listing import Names, listed_many, of_stores, when
from cloud.people import Keyring
from cloud.pos.clients.queries import ClientRow, opened, sealed_rows
from cloud.tables import client
from web.tables import Asked, Column, Listed
from web.words import later


def of_book(
    tx: Tx, ring: Keyring, what: Asked, names: Names, people: Names, *, owner: str, store: str
) -> Listed[ClientRow]:
    """A client book, or the house's; newest changed first. Raises `SealedError`."""
    of, query = client.c, sealed_rows().where(~ABSORBED)
    query = query.where(of.owner == owner) if owner else query
    query = query.where(of.store == store) if store else query
    return listed_many(
        tx, query, _columns(names, people), what, lambda rows: [row for row, _profile in opened(ring, rows)],
        by={"book": of.owner, "store": of.store, "changed": of.changed_us}, first=(of.changed_us.desc(), of.person),
        choices=of_stores(names),
    )  # fmt: skip


def of_found(rows: Sequence[ClientRow], what: Asked, names: Names, people: Names) -> Listed[ClientRow]:
    """What a search found, the nearest first: nothing sorts it, for its words stand in no address."""
    columns = tuple(replace(each, sorts=False) for each in _columns(names, people))
    return Listed(columns, rows, replace(what, rest=(), sort="", page=1), len(rows), seeks=False)


def _columns(names: Names, people: Names) -> tuple[Column[ClientRow], ...]:
    return (
        Column("client", later("Client"), lambda row: row.name, sorts=False),
        Column("person", later("Number"), lambda row: row.person, shown=False),
        Column("reach", later("Reached at"), lambda row: row.reach, sorts=False),
        Column("book", later("Client book"), lambda row: people.get(row.owner, row.owner)),
        Column("store", later("Store"), lambda row: names.get(row.store, row.store)),
        Column("changed", later("Changed"), lambda row: when(row.changed_us)),
    )
