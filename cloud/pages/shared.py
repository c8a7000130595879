"""What several of the office's pages share: how much they show, and names beside ids."""

from collections.abc import Iterable
from typing import Annotated, Final

from fastapi import Query

from cloud.desk import Desk
from cloud.pos.staff import queries as staff
from cloud.pos.stores import queries as stores

AWAY_AFTER_US: Final = 30_000_000
"""A store says hello every 5 s; after this long without a word it is shown as away."""
Word = Annotated[str, Query(max_length=100)]


def online(desk: Desk, row: stores.StoreRow) -> bool:
    return row.state == "active" and desk.now_us() - row.heard_us < AWAY_AFTER_US


def names(rows: Iterable[stores.StoreRow]) -> dict[str, str]:
    return {row.store: row.name for row in rows}


def people_of(rows: Iterable[staff.StaffRow]) -> dict[str, str]:
    return {row.user: row.name for row in rows}
