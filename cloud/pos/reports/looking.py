"""What a report is asked for, read off the address: which days, which store, whose eyes."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from cloud import called
from cloud.db import Tx
from cloud.pos.reports import flow, span
from cloud.pos.reports.flow import Flow
from cloud.pos.reports.span import Span, Spans
from contract.feed import Permission
from web.front import render
from web.logins import Login
from web.tables import Asked, asked

Tiers = Callable[[Tx], Sequence[str]]
"""Names of the house's tiers, the first one lowest."""
SHORT: Final = 40


@dataclass(frozen=True, slots=True)
class Looking:
    """`stores`: those they may see it of; `store` one of them, or empty for all. `name`: of the span."""

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
        """A page of reports, with what its filter shows."""
        names = called.stores(self.tx)
        stores = [(name, title) for name, title in names.items() if name in self.stores]
        return render(self.request, template, asks=self, spans=tuple(Spans), names=names, stores=stores, **values)

    def currency_of(self, rows: Sequence[Flow]) -> tuple[list[str], str]:
        """Currencies of these rows, and the one that is shown: the one asked for, else the one with most of it."""
        sums = flow.together(rows)
        ordered = sorted(sums, key=lambda each: -sums[each].gross_minor)
        return ordered, self.currency if self.currency in sums else (ordered[0] if ordered else "")


def looking(request: Request, tx: Tx, who: Login, today: dt.date) -> Looking:
    """What cannot be read is not asked."""
    told = {name: value[:SHORT] for name, value in request.query_params.items()}
    mine = tuple(name for name in called.stores(tx) if who.may(Permission.LEDGER, store=name))
    name, store = told.get("span", ""), told.get("store", "")
    return Looking(
        request=request, tx=tx, what=asked(request), stores=mine, store=store if store in mine else "",
        span=span.asked(name, told.get("first", ""), told.get("last", ""), today), name=name or Spans.DAYS_90,
        currency=told.get("currency", ""), with_cost=who.may(Permission.SEE_COST), today=today,
    )  # fmt: skip
