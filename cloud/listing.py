"""Lists of `web.tables` whose rows are in the database: it sorts, looks through and pages; nothing is read besides."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from fastapi import Request
from starlette.responses import Response

from cloud.db import Tx
from cloud.desk import Desk
from cloud.tables import client_look
from contract.feed import Permission
from web.front import render
from web.logins import Login
from web.problems import ProblemError
from web.tables import (
    COUNTED_MAX,
    EXPORT_ROWS_MAX,
    LINES_AT_ONCE,
    ROWS,
    SEEK_CHARACTERS_MAX,
    Asked,
    Choice,
    Column,
    Listed,
    Taken,
    taken_out,
)
from web.words import Words, later

Row = TypeVar("Row")
Names = Mapping[str, str]
ESCAPE: Final = "\\"
EVERY_STORE: Final = later("Every store")


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
    seeks: bool = False,
    choices: tuple[Choice, ...] = (),
) -> Listed[Row]:
    """`by`: what a column is sorted by, by its name. `first`: the order nobody asked for, and where two are alike.
    `seek`: texts that are looked through for `q`; with a mapping beside it, a column of ids found by their names.
    `seeks`: the query itself answers to `q`.
    """
    return listed_many(
        tx, query, columns, what, lambda rows: [make(row) for row in rows], by=by, first=first, seek=seek,
        seeks=seeks, choices=choices,
    )  # fmt: skip


def listed_many(
    tx: Tx,
    query: "sa.Select[Any]",
    columns: Sequence[Column[Row]],
    what: Asked,
    make: Callable[[Sequence[sa.RowMapping]], Sequence[Row]],
    *,
    by: Mapping[str, Any],
    first: Sequence[Any],
    seek: Sequence[Any] = (),
    seeks: bool = False,
    choices: tuple[Choice, ...] = (),
) -> Listed[Row]:
    """The same, of rows that are made some at a time because they ask the database for more."""
    for word in what.q[:SEEK_CHARACTERS_MAX].split() if seek else ():
        query = query.where(sa.or_(*(_holds(each, word) for each in seek)))
    wanted = by.get(what.sort)
    order = [*first] if wanted is None else [wanted.desc() if what.down else wanted.asc(), *first]
    ordered = query.order_by(None).order_by(*order)
    told, shows = tuple(columns), seeks or bool(seek)
    if what.csv:
        rows = _each(tx, ordered.limit(EXPORT_ROWS_MAX + 1), make)
        return Listed(told, (), what, 0, choices=choices, seeks=shows, all_rows=rows)
    found = tx.rows(ordered.limit(ROWS + 1).offset((what.page - 1) * ROWS))
    more = len(found) > ROWS
    total = counted(tx, query) if more or what.page > 1 else len(found)
    return Listed(told, make(found[:ROWS]), what, total, more, choices, shows)


def counted(tx: Tx, query: "sa.Select[Any]") -> int:
    """Rows of it, up to one above `COUNTED_MAX`."""
    some = query.order_by(None).limit(COUNTED_MAX + 1).subquery()
    return int(tx.value(sa.select(sa.func.count()).select_from(some)) or 0)


def _each(tx: Tx, query: "sa.Select[Any]", make: Callable[[Sequence[sa.RowMapping]], Sequence[Row]]) -> Iterator[Row]:
    some: list[sa.RowMapping] = []
    for row in tx.each(query, LINES_AT_ONCE):
        some.append(row)
        if len(some) == LINES_AT_ONCE:
            yield from make(some)
            some = []
    yield from make(some) if some else ()


def _holds(seek: Any, word: str) -> "sa.ColumnElement[bool]":
    column, names = seek if isinstance(seek, tuple) else (seek, {})
    like = "%" + word.replace(ESCAPE, ESCAPE * 2).replace("%", ESCAPE + "%").replace("_", ESCAPE + "_") + "%"
    held: sa.ColumnElement[bool] = column.ilike(like, escape=ESCAPE)
    called = [key for key, name in names.items() if word.casefold() in name.casefold()]
    return sa.or_(held, column.in_(called)) if called else held


def when(us: int | None) -> str | None:
    """A cell: in UTC, as machines sort it; pages show the house's own clock."""
    return f"{dt.datetime.fromtimestamp(us / 1e6, dt.UTC):%Y-%m-%d %H:%M:%SZ}" if us else None


def of_stores(names: Names) -> tuple[Choice, ...]:
    """The filter by store, where there are several."""
    options: tuple[tuple[str, Words], ...] = (("", EVERY_STORE), *names.items())
    return (Choice("store", later("Store"), options),) if len(names) > 1 else ()


def answer(request: Request, table: Listed[Row], template: str, *, status: int = 200, **values: object) -> Response:
    """The page with the list as `table`, or the list as a file named like the page."""
    if table.asked.csv:
        return taken_out(table, request.url.path.strip("/").replace("/", "-"))
    return render(request, template, status=status, table=table, **values)


def may_take(who: Login, what: Asked) -> bool:
    """Whether a list of clients may leave the house with them. Raises a 403 problem for who asks and may not."""
    may = Permission.CLIENT_RIGHTS in who.powers.everywhere
    if what.csv and not may:
        why = "A list of clients leaves the house only with who answers for their rights: ask an admin."
        raise ProblemError(403, "permission", "This is not yours to take out", why)
    return may


def kept(desk: Desk, who: Login, answered: Response) -> Response:
    """Of a list of clients, after it was read: that it was taken out, by whom and how many, before it leaves."""
    if isinstance(answered, Taken):
        with desk.work() as work:
            told = {"person": "", "at_us": work.now_us, "by": who.user, "how": "export", "found": answered.rows}
            work.tx.add(client_look, told)
    return answered
