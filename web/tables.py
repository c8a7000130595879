"""Lists people read: sorted by any column, looked through, paged, and taken out as CSV. One part for every list.

A list names its `Column`s once. What is asked for stands in the address (`Asked`), so that a list is a link that can be
sent; no script is needed. Rows in memory are arranged here; rows of a database by whoever keeps it, who gives a
`Listed` too. `whole` of `web/_table.html` draws both: filters, headings, rows, pages, and the file to take out.
"""

import csv
import io
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Generic, NamedTuple, TypeVar
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import Response

from contract.money import plain
from web.cells import harmless
from web.words import Words, _

ROWS: Final = 50
"""Of one page."""
PAGES_MAX: Final = 2_000
COUNTED_MAX: Final = 10_000
"""More are said to be more, and not counted."""
EXPORT_ROWS_MAX: Final = 100_000
"""A longer list is cut there, and its last line says so."""
LINES_AT_ONCE: Final = 500
"""Of a file, made into bytes together."""
SEEK_CHARACTERS_MAX: Final = 100
PARAMETERS_MAX: Final = 12
OWN: Final = ("sort", "page", "as")

Row = TypeVar("Row")


class Money(NamedTuple):
    """An amount in a cell: taken out as a plain decimal, sorted by its size."""

    minor: int
    currency: str


Cell = str | int | float | Money | None


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """`told` is what is taken out and, of rows in memory, sorted by; the page draws its own cells.

    `shown` False: only in what is taken out. `sorts` False: no order is offered.
    """

    name: str
    title: Words
    told: Callable[[Row], Cell]
    number: bool = False
    sorts: bool = True
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter by one of a few values: `options` are (value, what it is called), the first one for all.

    `now`: the one that holds, of a page that shows something where its address says nothing.
    """

    name: str
    title: Words
    options: tuple[tuple[str, Words], ...]
    now: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says: `sort` by a column's name, `down` from the largest, the page (from 1), and what else."""

    path: str
    sort: str = ""
    down: bool = False
    page: int = 1
    csv: bool = False
    rest: tuple[tuple[str, str], ...] = ()
    """Filters of the list itself: every link of it keeps them."""

    @property
    def q(self) -> str:
        return self.of("q")

    def of(self, name: str) -> str:
        """What a filter asks for; empty: nothing."""
        return dict(self.rest).get(name, "")

    @property
    def hidden(self) -> tuple[tuple[str, str], ...]:
        """What a form of filters has to send along: the order."""
        return (("sort", f"{'-' if self.down else ''}{self.sort}"),) if self.sort else ()

    def link(self, *, sort: str | None = None, page: int = 1, csv: bool = False) -> str:
        order = sort if sort is not None else f"{'-' if self.down else ''}{self.sort}"
        own = [("sort", order)] if order else []
        own += [("page", str(page))] if page > 1 else []
        own += [("as", "csv")] if csv else []
        pairs = [*self.rest, *own]
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path


def asked(request: Request) -> Asked:
    """What this request asks of a list; what cannot be read is not asked."""
    told = request.query_params
    sort = told.get("sort", "")[:40]
    page = told.get("page", "1")
    kept = [(name, value[:200]) for name, value in told.multi_items() if name not in OWN and value][:PARAMETERS_MAX]
    return Asked(
        path=request.url.path, sort=sort.removeprefix("-"), down=sort.startswith("-"),
        page=min(max(int(page), 1), PAGES_MAX) if page.isascii() and page.isdecimal() and len(page) < 6 else 1,
        csv=told.get("as") == "csv", rest=tuple(kept),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """A page of a list. `total` rows answer to what is asked, counted up to one above `COUNTED_MAX`; `more` follow.

    `all_rows`: in their order and once, where the list is taken out; there is no page then.
    """

    columns: tuple[Column[Row], ...]
    rows: Sequence[Row]
    asked: Asked
    total: int
    more: bool = False
    choices: tuple[Choice, ...] = ()
    seeks: bool = True
    """Words may be looked for."""
    all_rows: Iterable[Row] = ()

    @property
    def many(self) -> int:
        """Nought, or how many there are at least where nobody counts on."""
        return COUNTED_MAX if self.total > COUNTED_MAX else 0

    @property
    def filtered(self) -> bool:
        names = {"q", *(each.name for each in self.choices)}
        return self.asked.page > 1 or any(name in names for name, _value in self.asked.rest)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What a form of filters sends along besides them: what the page itself asks for, and the order."""
        own = {"q", *(each.name for each in self.choices)}
        return [*(each for each in self.asked.rest if each[0] not in own), *self.asked.hidden]

    def chosen(self, choice: Choice) -> str:
        """The value of a filter that holds."""
        return choice.now or self.asked.of(choice.name)

    @property
    def first(self) -> int:
        return (self.asked.page - 1) * ROWS + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else 0

    @property
    def before(self) -> str:
        """The link to the page before; empty on the first."""
        return self.asked.link(page=self.asked.page - 1) if self.asked.page > 1 else ""

    @property
    def after(self) -> str:
        return self.asked.link(page=self.asked.page + 1) if self.more and self.asked.page < PAGES_MAX else ""

    @property
    def out(self) -> str:
        return self.asked.link(csv=True)

    @property
    def shown(self) -> tuple[Column[Row], ...]:
        return tuple(each for each in self.columns if each.shown)

    def order_of(self, column: Column[Row]) -> str:
        """As `aria-sort` has it."""
        if self.asked.sort != column.name:
            return "none"
        return "descending" if self.asked.down else "ascending"

    def sorted_by(self, column: Column[Row]) -> str:
        """The link that sorts by it: numbers from the largest first, and the other way when it is pressed again."""
        down = column.number if self.asked.sort != column.name else not self.asked.down
        return self.asked.link(sort=f"{'-' if down else ''}{column.name}")


def arrange(
    columns: Sequence[Column[Row]], rows: Iterable[Row], what: Asked, choices: tuple[Choice, ...] = (), *,
    sought: bool = False,
) -> Listed[Row]:  # fmt: skip
    """Rows that are in memory, in the order in which they came unless another is asked for. `sought`: they are those
    that answer to `q` already.
    """
    kept = [row for row in rows if sought or _answers(columns, row, what.q)] if what.q else list(rows)
    by = next((each for each in columns if each.name == what.sort and each.sorts), None)
    if by is not None:
        told = by.told
        known = [row for row in kept if told(row) is not None]
        known.sort(key=lambda row: _order(told(row)), reverse=what.down)
        kept = known + [row for row in kept if told(row) is None]
    shown = kept[(what.page - 1) * ROWS : what.page * ROWS]
    more = what.page * ROWS < len(kept)
    return Listed(tuple(columns), shown, what, len(kept), more, choices, all_rows=kept)


def _answers(columns: Sequence[Column[Row]], row: Row, words: str) -> bool:
    told = " ".join(str(_plain(each.told(row))) for each in columns).casefold()
    return all(word in told for word in words[:SEEK_CHARACTERS_MAX].casefold().split())


def _order(cell: Cell) -> tuple[int, float, str]:
    if isinstance(cell, Money):
        return (0, cell.minor, cell.currency)
    return (0, cell, "") if isinstance(cell, int | float) else (1, 0, str(cell).casefold())


def _plain(cell: Cell) -> str | int | float:
    if cell is None:
        return ""
    return plain(cell.minor, cell.currency) if isinstance(cell, Money) else cell


class Taken(Response):
    """A list as a file. `rows` of it, without the heading."""

    media_type = "text/csv; charset=utf-8"

    def __init__(self, text: bytes, name: str, rows: int) -> None:
        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
        super().__init__(text, headers=headers)
        self.rows = rows


def taken_out(listed: Listed[Row], name: str) -> Taken:
    """The list as a file: UTF-8 with its mark, so that Excel reads it, a heading line, decimals with a point.

    Rows are read through once and kept as the lines they make; nothing of the database waits for a slow browser.
    `name` may have anything in it that an address may.
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
    headings = [str(each.title) for each in listed.columns]
    chunks, number = [_lines([headings])], 0
    rows = iter(listed.all_rows)
    cells = ([_safe(_plain(each.told(row))) for each in listed.columns] for row in islice(rows, EXPORT_ROWS_MAX))
    while lines := list(islice(cells, LINES_AT_ONCE)):
        chunks.append(_lines(lines))
        number += len(lines)
    if next(rows, None) is not None:
        cut = _("Cut after %(rows)s rows: filter the list and take it out again") % {"rows": EXPORT_ROWS_MAX}
        chunks.append(_lines([[cut]]))
    return Taken(BOM_UTF8 + b"".join(chunks), name, number)


def _lines(rows: Sequence[Sequence[str | float]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _safe(cell: str | float) -> str | float:
    return harmless(cell) if isinstance(cell, str) and not _is_number(cell) else cell


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None
