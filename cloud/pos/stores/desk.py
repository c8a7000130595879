"""Opening a store: its card goes to every store, and a box may join."""

import re
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from cloud import feed
from cloud.tables import down_counter, node, store
from cloud.work import Work
from contract.feed import StoreCard
from contract.ids import StoreId, check_slug

CURRENCY: Final = re.compile("[A-Z]{3}")


class StoreExistsError(Exception):
    """There is a store of this name already."""


class StoreError(Exception):
    """This cannot be a store; the message says what to change."""


def check_time_zone(name: str) -> str:
    """Raises `ValueError` with the rule in words."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{name!r} is no time zone that is known: write one like Europe/Paris.") from error
    return name


def checked_card(*, store: str, name: str, currency: str, city: str, time_zone: str) -> StoreCard:
    """Raises `StoreError` with the first thing that is wrong, in words."""
    try:
        slug, zone = check_slug(store), check_time_zone(time_zone)
    except ValueError as error:
        raise StoreError(str(error)) from error
    if not name.strip():
        raise StoreError("A store has a name that people read.")
    if not CURRENCY.fullmatch(currency):
        raise StoreError(f"{currency!r} is no currency: write its three letters, like EUR.")
    return StoreCard(store=slug, name=name.strip(), currency=currency, city=city.strip(), time_zone=zone)


def open_store(work: Work, card: StoreCard) -> None:
    """Raises `StoreExistsError`."""
    card = msgspec.structs.replace(card, number=_next_number(work))
    row = {
        "store": card.store, "name": card.name, "currency": card.currency, "city": card.city,
        "time_zone": card.time_zone, "created_us": work.now_us, "number": card.number,
    }  # fmt: skip
    if not work.tx.add_new(store, row):
        raise StoreExistsError(f"There is a store {card.store!r} already: choose another short name.")
    work.tx.add(node, {"store": card.store})
    work.tx.add(down_counter, {"store": card.store})
    work.tell(feed.News(f"store:{card.store}", card))


def _next_number(work: Work) -> int:
    """No store of this house had it; stores are not taken back, and the table refuses a number twice."""
    return 1 + int(work.tx.value(sa.select(sa.func.max(store.c.number))) or 0)


def cards(work: Work) -> list[StoreCard]:
    """Every store, by name."""
    return [
        StoreCard(
            store=StoreId(row["store"]),
            name=row["name"],
            currency=row["currency"],
            city=row["city"],
            time_zone=row["time_zone"],
            number=row["number"] or 0,
        )
        for row in work.tx.rows(sa.select(store).order_by(store.c.name))
    ]
