"""What stores, people and clients are called on a page."""

from collections.abc import Callable, Iterable
from typing import Final

import sqlalchemy as sa

from cloud.db import Tx
from cloud.sealing import SealedError
from cloud.tables import staff, store
from contract.feed import Permission
from web.logins import Login
from web.words import later

Clients = Callable[[Tx, Iterable[str]], dict[str, str]]
"""Names of clients by their ids; who was erased has none. Raises `SealedError`."""
OWED: Final = {
    "gift_card": later("Gift card"), "store_credit": later("Store credit"), "deposit": later("Deposit"),
    "points": later("Points"),
}  # fmt: skip
"""One account of each kind that the house owes by."""
Named = Callable[[Iterable[str]], dict[str, str]]


def stores(tx: Tx) -> dict[str, str]:
    """Name people read by short name, in the order of the names."""
    query = sa.select(store.c.store, store.c.name).order_by(store.c.name)
    return {each["store"]: each["name"] for each in tx.rows(query)}


def currencies(tx: Tx) -> dict[str, str]:
    """By store."""
    return {each["store"]: each["currency"] for each in tx.rows(sa.select(store.c.store, store.c.currency))}


def people(tx: Tx) -> dict[str, str]:
    return {each["user"]: each["name"] for each in tx.rows(sa.select(staff.c.user, staff.c.name))}


def clients(tx: Tx, who: Login, names: Clients) -> Named:
    """Names of clients on a page that is about money: none for who may not see clients, and none while the office's key
    is away, for the page is needed then too. Whoever asks gives the ids of one page, each of which is opened.
    """

    def named(persons: Iterable[str]) -> dict[str, str]:
        try:
            return names(tx, persons) if who.may(Permission.SEE_CLIENTS) else {}
        except SealedError:
            return {}

    return named
