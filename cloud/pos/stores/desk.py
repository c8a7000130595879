"""Opening a store: its card goes to every store, and a box may join."""

import sqlalchemy as sa

from cloud import feed
from cloud.tables import down_counter, node, store
from cloud.work import Work
from contract.feed import StoreCard
from contract.ids import StoreId


class StoreExistsError(Exception):
    """There is a store of this name already."""


def open_store(work: Work, card: StoreCard) -> None:
    """Raises `StoreExistsError`."""
    row = {
        "store": card.store, "name": card.name, "currency": card.currency, "city": card.city,
        "time_zone": card.time_zone, "created_us": work.now_us,
    }  # fmt: skip
    if not work.tx.add_new(store, row):
        raise StoreExistsError(f"there is a store {card.store!r} already")
    work.tx.add(node, {"store": card.store})
    work.tx.add(down_counter, {"store": card.store})
    work.tell(feed.News(f"store:{card.store}", card))


def cards(work: Work) -> list[StoreCard]:
    """Every store, by name."""
    return [
        StoreCard(
            store=StoreId(row["store"]),
            name=row["name"],
            currency=row["currency"],
            city=row["city"],
            time_zone=row["time_zone"],
        )
        for row in work.tx.rows(sa.select(store).order_by(store.c.name))
    ]
