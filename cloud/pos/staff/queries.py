"""Staff for lists and forms; never with a verifier."""

from dataclasses import dataclass

import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import staff


@dataclass(frozen=True, slots=True)
class StaffRow:
    user: str
    name: str
    roles: list[str]
    stores: list[str]
    active: bool
    has_password: bool


def listing(tx: Tx) -> list[StaffRow]:
    """By name."""
    return [
        StaffRow(
            user=row["user"],
            name=row["name"],
            roles=row["roles"].split(),
            stores=row["stores"].split(),
            active=bool(row["active"]),
            has_password=bool(row["password"]),
        )
        for row in tx.rows(sa.select(staff).order_by(staff.c.name))
    ]
