"""What was bought from the public lies untouched for as many days as the store's law asks."""

import datetime as dt

import sqlalchemy as sa

from cloud.tables import purchase_item
from cloud.work import Work
from contract.ids import PieceId


def held_until(work: Work, piece: PieceId) -> str:
    """The last day on which it lies untouched, today or later; empty: nothing holds it."""
    query = sa.select(sa.func.max(purchase_item.c.hold_until)).where(purchase_item.c.piece == piece)
    until = str(work.tx.value(query) or "")
    return until if until >= today(work) else ""


def today(work: Work) -> str:
    return dt.datetime.fromtimestamp(work.now_us / 1e6, dt.UTC).date().isoformat()
