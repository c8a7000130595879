"""A count to take away: whole as JSON, or as CSV (RFC 4180, UTF-8 with a mark so that spreadsheets believe it), numbers
plain, times in UTC. What holds every verdict is made in a pool: a floor that nobody could read has one for each piece,
and no alarm waits for that.
"""

import asyncio
import csv
import datetime as dt
import io
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from typing import Final

import msgspec
from starlette.responses import Response

from contract.ids import CountId
from edge.api import shapes
from edge.api.counts import views
from edge.api.shop import Shop
from web.cells import harmless
from web.logins import Login
from web.problems import ProblemError

VERDICTS: Final = (
    "piece", "title", "verdict", "zone", "tray", "p_present", "weight_mg", "price_minor", "at", "by", "note",
)  # fmt: skip
COLUMNS: Final = ("expected", "found", "explained")
TOTALS: Final = (
    "zone", "tray",
    *(f"{column}_{unit}" for unit in ("pieces", "mg", "minor") for column in (*COLUMNS, "difference")),
    "currency",
)  # fmt: skip


async def whole(shop: Shop, count: CountId, who: Login) -> Response:
    """A `CountView` with every verdict. Raises a 404 problem."""
    return await _beside(shop, count, who, _json)


async def verdicts(shop: Shop, count: CountId, who: Login) -> Response:
    """Raises a 404 problem, and a 409 while figures are kept from this person."""
    return await _beside(shop, count, who, _verdicts)


async def _beside(shop: Shop, count: CountId, who: Login, made: Callable[[shapes.CountView], Response]) -> Response:
    """`made` of the whole count, off the loop and on a connection of its own."""

    def work() -> Response:
        with closing(shop.store.reading_db()) as db:
            return made(views.count(replace(shop, db=db), count, who))

    return await asyncio.get_running_loop().run_in_executor(shop.archive, work)


def _json(shown: shapes.CountView) -> Response:
    return Response(msgspec.json.encode(shown), media_type="application/json")


def _verdicts(shown: shapes.CountView) -> Response:
    _refuse_hidden(hidden=shown.hidden)
    rows = [
        (each.piece, each.title, each.verdict, each.zone, each.tray, f"{each.p_present:.4f}", each.weight_mg,
         each.price_minor, _at(each.at_us), each.by, each.note)
        for each in shown.verdicts
    ]  # fmt: skip
    tags = [("", each.epc, each.verdict, each.zone, "", "", "", "", "", "", each.note) for each in shown.tags]
    return _sheet(f"count-{shown.count}-verdicts.csv", VERDICTS, [*rows, *tags])


def totals(shop: Shop, count: CountId, who: Login) -> Response:
    """Raises a 409 problem while figures are kept from this person."""
    shown = views.summary(shop, count, who)
    _refuse_hidden(hidden=shown.hidden)
    rows = []
    for each in shown.totals:
        cells: list[object] = [each.zone, each.tray]
        for suffix in ("", "_mg", "_minor"):
            expected, found, explained = (getattr(each, f"{column}{suffix}") for column in COLUMNS)
            cells += [expected, found, explained, found + explained - expected]
        rows.append((*cells, shown.currency))
    return _sheet(f"count-{count}-totals.csv", TOTALS, rows)


def _sheet(name: str, head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Response:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([_cell(each) for each in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response("\ufeff" + text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: object) -> object:
    """Numbers stay numbers; text that a spreadsheet would run is made text."""
    return harmless(value) if isinstance(value, str) else value


def _at(us: int) -> str:
    return dt.datetime.fromtimestamp(us / 1e6, dt.UTC).isoformat(timespec="seconds") if us else ""


def _refuse_hidden(*, hidden: bool) -> None:
    if hidden:
        raise ProblemError(409, "blind", "This count is blind", "Submit what you counted; then its figures are shown.")
