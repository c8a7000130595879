"""Lists of pieces as files: what an import reads back, row by row, without holding all of them at once."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Final

import sqlalchemy as sa

from cloud.pos.pieces import columns, queries
from cloud.pos.pieces.columns import COLUMNS, OF_THE_HOUSE
from cloud.pos.pieces.desk import records
from cloud.tables import custody, piece
from cloud.work import Work
from contract.ids import PieceId

PIECES_AT_ONCE: Final = 500
EXAMPLE: Final = {
    "piece": "R-10001", "sku": "AU-1961", "title": "Aurora ring", "category": "ring", "price": "1240.00",
    "currency": "EUR", "tax_percent": "20", "metals": "gold, 18 kt, 3.1 g", "weight_g": "3.4",
    "gems": "diamond, 0.3 ct, colour G, clarity VS1, cut round, GIA 2141438171", "second_hand": "no",
    "ownership": "owned", "condition": "ok",
}  # fmt: skip
Look = Callable[[], AbstractContextManager[Work]]


def headers(*, with_cost: bool) -> list[str]:
    return [column.header for column in COLUMNS if with_cost or column.field not in OF_THE_HOUSE]


def template(*, with_cost: bool) -> list[list[str]]:
    """Headings and a row to write over."""
    names = headers(with_cost=with_cost)
    return [names, [EXAMPLE.get(name, "") for name in names]]


def rows(look: Look, *, query: str = "", store: str = "", with_cost: bool) -> Iterator[list[str]]:
    """Headings, then pieces by id (with `query` as search gives them), a page of them at a time."""
    names = headers(with_cost=with_cost)
    yield names
    after = ""
    while True:
        with look() as work:
            found = _page(work, query, store, after)
            kept = records(work.tx, found)
        for each in found:
            if each in kept:
                shown = columns.shown(kept[each].card, kept[each].backing)
                yield [shown[name] for name in names]
        if len(found) < PIECES_AT_ONCE:
            return
        after = found[-1]


def _page(work: Work, query: str, store: str, after: str) -> list[PieceId]:
    if query.strip():
        hits = queries.search(work.tx, query, store=store, limit=PIECES_AT_ONCE, after=after, by_name=False)
        return [PieceId(row.piece) for row in hits]
    asked = sa.select(piece.c.piece).where(piece.c.piece > after).order_by(piece.c.piece).limit(PIECES_AT_ONCE)
    if store:
        asked = asked.join(custody, custody.c.piece == piece.c.piece).where(custody.c.holder == store)
    return [PieceId(row["piece"]) for row in work.tx.rows(asked)]
