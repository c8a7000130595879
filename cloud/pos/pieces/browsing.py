"""The list of pieces, page by page: what search finds in its own order, or by a column."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from cloud.db import Tx
from cloud.listing import counted, listed
from cloud.pos.pieces import queries, seeking
from cloud.pos.pieces.queries import PieceRow
from cloud.tables import custody, piece, piece_seek
from trade.seek import Sought
from web.tables import ROWS, Asked, Choice, Column, Listed

Row = TypeVar("Row")
Make = Callable[[PieceRow], Row]


def browse(
    tx: Tx, columns: Sequence[Column[Row]], what: Asked, make: Make[Row], *, store: str = "",
    choices: tuple[Choice, ...] = (),
) -> Listed[Row]:  # fmt: skip
    """Those whose name was typed stand first, then what has the words, in the order in which pieces were brought in;
    without words by id. Raises `SeekError`.
    """
    by = {"piece": piece.c.title, "where": custody.c.holder, "state": custody.c.state, "price": piece.c.price_minor}
    query = queries.rows_query()
    if store:
        query = query.where(custody.c.holder == store)
    sought = seeking.read(tx, what.q)
    asks = bool(sought.words or sought.filters)
    matching = seeking.matching(tx, sought)
    if store:
        matching = matching.join(custody, custody.c.piece == piece_seek.c.piece).where(custody.c.holder == store)
    if asks and what.sort not in by and not what.csv:
        rows, total, more = _found(tx, what.page, sought, matching, query)
        return Listed(tuple(columns), [make(row) for row in rows], what, total, more, choices)
    if asks:
        query = query.where(piece.c.piece.in_(matching.with_only_columns(piece_seek.c.piece)))
    return listed(
        tx, query, columns, what, lambda row: make(queries.row_of(row)), by=by, first=(piece.c.piece,), seeks=True,
        choices=choices,
    )  # fmt: skip


def _found(
    tx: Tx, page: int, sought: Sought, matching: "sa.Select[Any]", query: "sa.Select[Any]"
) -> tuple[list[PieceRow], int, bool]:
    """A page in the order of the index, which need not be sorted: 2 ms where a sorted one of 100,000 pieces takes 200.

    Its rows, how many there are, and whether more follow. A piece found by its name stands on the first page, and once
    more where its turn comes.
    """
    skipped = (page - 1) * ROWS
    places = seeking.first(tx, matching, seeking.order(matching), skipped + ROWS + 1)[skipped:]
    named = seeking.named(tx, sought.key) if page == 1 else []
    names = list(dict.fromkeys([*named, *places[:ROWS]]))
    known = {row["piece"]: queries.row_of(row) for row in tx.rows(query.where(piece.c.piece.in_(names)))}
    rows, more = [known[name] for name in names if name in known], len(places) > ROWS
    return rows, counted(tx, matching) if more or skipped else len(rows), more
