"""What stores and people are called on a page."""

import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import staff, store


def stores(tx: Tx) -> dict[str, str]:
    """Name people read by short name, in the order of the names."""
    query = sa.select(store.c.store, store.c.name).order_by(store.c.name)
    return {each["store"]: each["name"] for each in tx.rows(query)}


def currencies(tx: Tx) -> dict[str, str]:
    """By store."""
    return {each["store"]: each["currency"] for each in tx.rows(sa.select(store.c.store, store.c.currency))}


def people(tx: Tx) -> dict[str, str]:
    return {each["user"]: each["name"] for each in tx.rows(sa.select(staff.c.user, staff.c.name))}
