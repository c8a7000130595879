"""Lists of `web.tables` whose rows are in the database: it sorts, looks through and pages; nothing is read besides."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from cloud.db import Tx
from web.tables import EXPORT_ROWS_MAX, ROWS, SEEK_CHARACTERS_MAX, Asked, Column, Listed

Row = TypeVar("Row")
ESCAPE: Final = "\\"


def listed(
    tx: Tx,
    query: "sa.Select[Any]",
    columns: Sequence[Column[Row]],
    what: Asked,
    make: Callable[[sa.RowMapping], Row],
    *,
    by: Mapping[str, Any],
    first: Sequence[Any],
    seek: Sequence[Any] = (),
) -> Listed[Row]:
    """`by`: what a column is sorted by, by its name. `first`: the order nobody asked for, and where two are alike.
    `seek`: texts that are looked through for `q`.
    """
    for word in what.q[:SEEK_CHARACTERS_MAX].split() if seek else ():
        like = "%" + word.replace(ESCAPE, ESCAPE * 2).replace("%", ESCAPE + "%").replace("_", ESCAPE + "_") + "%"
        query = query.where(sa.or_(*(each.ilike(like, escape=ESCAPE) for each in seek)))
    total = int(tx.value(sa.select(sa.func.count()).select_from(query.order_by(None).subquery())) or 0)
    wanted = by.get(what.sort)
    order = [*first] if wanted is None else [wanted.desc() if what.down else wanted.asc(), *first]
    ordered = query.order_by(*order)
    ordered = ordered.limit(EXPORT_ROWS_MAX) if what.csv else ordered.limit(ROWS).offset((what.page - 1) * ROWS)
    return Listed(tuple(columns), [make(row) for row in tx.rows(ordered)], what, total)
