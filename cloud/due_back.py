"""When pieces of others are due back with their owners: stores hear the day and the piece, and not whose it is."""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa

from cloud import feed
from cloud.tables import piece, piece_backing
from cloud.work import Work
from contract.feed import DueBackCard, Ownership
from contract.ids import PieceId

OF_OTHERS: Final = (Ownership.MEMO_IN, Ownership.CONSIGNED)


def day_of(ownership: Ownership, due_back: str) -> str:
    """The last day here as a store is told it; empty for a piece of the house, and for one without a day."""
    return due_back if ownership in OF_OTHERS else ""


def tell(work: Work, before: Mapping[PieceId, str], now: Mapping[PieceId, str]) -> None:
    """Days of pieces as they were told and as they are; empty: none."""
    differ = [name for name in now if now[name] != before.get(name, "")]
    work.tell(*(_news(name, now[name]) for name in differ))


def tell_all(work: Work) -> None:
    """Whatever the feed does not say as the records do: those of an office that never told them."""
    query = sa.select(piece.c.piece, piece_backing.c.due_back).join(
        piece_backing, piece_backing.c.piece == piece.c.piece
    )
    query = query.where(piece.c.ownership.in_(OF_OTHERS), piece_backing.c.due_back != "")
    now = {PieceId(row["piece"]): str(row["due_back"]) for row in work.tx.rows(query.order_by(piece.c.piece))}
    before = {card.piece: card.day for card in feed.cards(work.tx, DueBackCard).values()}
    tell(work, before, {**dict.fromkeys(before, ""), **now})


def _news(name: PieceId, day: str) -> feed.News:
    return feed.News(f"due_back:{name}", DueBackCard(piece=name, day=day) if day else None)
