"""How many pieces of the house are where, counted in one way for every page that says so.

A piece is on the road until its receiver has read it, although the receiver may hold its token already: it is counted
there and at no store.
"""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import custody, transfer_piece
from trade.custody import OfficeState

SHIPPED: Final = "shipped"
"""Of a transfer and of each piece in it, until it is read somewhere or given up."""
ON_THE_ROAD: Final = sa.exists().where(transfer_piece.c.piece == custody.c.piece, transfer_piece.c.state == SHIPPED)
"""Of a row of `custody`."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """`stores`: what each holds. `frozen`: what the office holds until somebody finds it."""

    stores: dict[str, int]
    road: int
    frozen: int

    @property
    def whole(self) -> int:
        """All that is in the house, and not with a client."""
        return sum(self.stores.values()) + self.road + self.frozen


def at_store(store: "sa.ColumnElement[str]") -> "sa.Select[int]":
    """How many pieces the store of this column holds."""
    return sa.select(sa.func.count()).select_from(custody).where(custody.c.holder == store, ~ON_THE_ROAD)


def holdings(tx: Tx) -> Holdings:
    held = sa.select(custody.c.holder, sa.func.count().label("n")).where(custody.c.holder != "", ~ON_THE_ROAD)
    road = sa.select(sa.func.count(transfer_piece.c.piece.distinct())).where(transfer_piece.c.state == SHIPPED)
    frozen = sa.select(sa.func.count()).where(custody.c.state == OfficeState.FROZEN, ~ON_THE_ROAD)
    return Holdings(
        stores={row["holder"]: row["n"] for row in tx.rows(held.group_by(custody.c.holder))},
        road=int(tx.value(road) or 0),
        frozen=int(tx.value(frozen) or 0),
    )
