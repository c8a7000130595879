"""The list of pieces, page by page: what search finds in its own order, or by a column."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from cloud.db import Tx
from cloud.listing import listed
from cloud.pos.pieces import queries, seeking
from cloud.pos.pieces.queries import PieceRow
from cloud.tables import custody, piece, piece_seek
from web.tables import Asked, Choice, Column, Listed

Row = TypeVar("Row")


def browse(
    tx: Tx, columns: Sequence[Column[Row]], what: Asked, make: Callable[[PieceRow], Row], *, store: str = "",
    choices: tuple[Choice, ...] = (),
) -> Listed[Row]:  # fmt: skip
    """Those whose name was typed stand first, then what has the words, in the order in which pieces were brought in;
    without words by id. Raises `SeekError`.
    """
    query = queries.rows_query()
    if store:
        query = query.where(custody.c.holder == store)
    sought = seeking.read(tx, what.q)
    first: tuple[Any, ...] = (piece.c.piece,)
    if sought.words or sought.filters:
        named = seeking.named(tx, sought.key)
        matching = seeking.matching(tx, sought).with_only_columns(piece_seek.c.piece)
        query = query.join(piece_seek, piece_seek.c.piece == piece.c.piece)
        query = query.where(sa.or_(piece.c.piece.in_(matching), piece.c.piece.in_(named)))
        near = {name: place for place, name in enumerate(named)}
        nearest = sa.case(near, value=piece.c.piece, else_=len(near)) if near else sa.literal(0)
        first = (nearest, piece_seek.c.n) if near else (piece_seek.c.n,)
    by = {"piece": piece.c.title, "where": custody.c.holder, "state": custody.c.state, "price": piece.c.price_minor}
    return listed(
        tx, query, columns, what, lambda row: make(queries.row_of(row)), by=by, first=first, seeks=True, choices=choices
    )
