"""What a report is asked for, read off the address: which days, which store, whose eyes."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from fastapi import Request
from starlette.responses import Response

from cloud import called
from cloud.db import Tx
from cloud.listing import of_stores
from cloud.pos.reports import flow, span
from cloud.pos.reports.flow import Flow
from cloud.pos.reports.span import BETWEEN, Span, Spans
from contract.feed import Permission
from web import figures
from web.front import render
from web.logins import Login
from web.tables import Asked, Choice, Column, Listed, arrange, asked
from web.words import Words, _, later

Tiers = Callable[[Tx], Sequence[str]]
"""Names of the house's tiers, the first one lowest."""
SHORT: Final = 40
DAYS: Final = ("span", "first", "last")
"""What of an address says which days."""
SPANS: Final[dict[str, Words]] = {
    Spans.MONTH: later("This month"), Spans.LAST_MONTH: later("Last month"), Spans.DAYS_90: later("The last 90 days"),
    Spans.YEAR: later("This year"), Spans.MONTHS_12: later("Twelve months"), Spans.MONTHS_24: later("Two years"),
}  # fmt: skip
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Looking:
    """`stores`: those they may see it of; `store` one of them, or empty for all. `name`: of the span, as `what` says it
    too, however it was asked for.
    """

    request: Request
    tx: Tx
    what: Asked
    span: Span
    name: str
    stores: tuple[str, ...]
    store: str
    currency: str
    with_cost: bool
    today: dt.date

    @property
    def at(self) -> list[str]:
        return [self.store] if self.store else [*self.stores]

    def render(self, template: str, **values: Any) -> Response:
        """A page of reports."""
        return render(self.request, template, asks=self, names=called.stores(self.tx), **values)

    def table(
        self,
        columns: Sequence[Column[Row]],
        rows: Iterable[Row],
        *,
        days: bool = False,
        currencies: Sequence[str] = (),
        currency: str = "",
    ) -> Listed[Row]:
        """The report's table. Its filters choose what figures and chart are of: no words are looked for in it alone.
        `currencies`: those there are, of which one is shown.
        """
        names = {name: title for name, title in called.stores(self.tx).items() if name in self.stores}
        money = Choice("currency", later("Currency"), tuple((each, each) for each in currencies), currency)
        choices = (*((self._days(),) if days else ()), *of_stores(names), *((money,) if len(currencies) > 1 else ()))
        return replace(arrange(columns, rows, self.what, choices), seeks=False)

    def _days(self) -> Choice:
        """The spans that have a name; two days of somebody's own stand first."""
        own = ((self.name, _days(self.span)),) if BETWEEN in self.name else ()
        return Choice("span", later("Days"), (*own, *SPANS.items()), self.name)

    def currency_of(self, rows: Sequence[Flow]) -> tuple[list[str], str]:
        """Currencies of these rows, and the one that is shown: the one asked for, else the one with most of it."""
        sums = flow.together(rows)
        ordered = sorted(sums, key=lambda each: -sums[each].gross_minor)
        return ordered, self.currency if self.currency in sums else (ordered[0] if ordered else "")


def looking(request: Request, tx: Tx, who: Login, today: dt.date) -> Looking:
    """What cannot be read is not asked."""
    told = {name: value[:SHORT] for name, value in request.query_params.items()}
    mine = tuple(name for name in called.stores(tx) if who.may(Permission.LEDGER, store=name))
    store, what = told.get("store", ""), asked(request)
    days = span.asked(told.get("span", ""), told.get("first", ""), told.get("last", ""), today)
    name = span.name_of(days, told.get("span", ""), today)
    kept = [each for each in what.rest if each[0] not in DAYS]
    return Looking(
        request=request, tx=tx, stores=mine, store=store if store in mine else "", span=days, name=name,
        what=replace(what, rest=(*kept, *((("span", name),) if len(kept) < len(what.rest) else ()))),
        currency=told.get("currency", ""), with_cost=who.may(Permission.SEE_COST), today=today,
    )  # fmt: skip


def _days(days: Span) -> str:
    first, last = (figures.day(each.isoformat()) for each in (days.first, days.last))
    return _("%(first)s to %(last)s") % {"first": first, "last": last}
