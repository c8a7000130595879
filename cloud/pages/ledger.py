"""The office's pages of money: trial balance, accounts, entries, closing a month, and who earned what."""

import datetime as dt
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from cloud.changes import WHY_CHARACTERS_MAX, WhyError
from cloud.db import Tx
from cloud.desk import Desk
from cloud.pos.commissions import desk as rates_desk
from cloud.pos.commissions import queries as commissions
from cloud.pos.commissions.routes import Setter, whose
from cloud.pos.http import conflicts, found
from cloud.pos.ledger import closing, queries
from cloud.pos.staff import queries as staff
from cloud.pos.stores import queries as stores
from contract.feed import Permission, Role
from contract.ids import StoreId
from trade.periods import is_period
from web.forms import percent_bp
from web.front import go, render
from web.logins import Login
from web.policy import allow, require, signed_in

SHOW_STEP: Final = 50
SHOW_MAX: Final = 1000
NEWEST: Final = 12
"""Newest entries below the trial balance."""
Looker = Annotated[Login, allow(Permission.LEDGER)]
Closer = Annotated[Login, allow(Permission.LEDGER_CLOSE)]
Anyone = Annotated[Login, signed_in()]
Word = Annotated[str, Query(max_length=300)]
Show = Annotated[int, Query(ge=1, le=SHOW_MAX)]
Name = Annotated[str, Form(max_length=300)]
Why = Annotated[str, Form(min_length=3, max_length=WHY_CHARACTERS_MAX)]


def month(period: str) -> str:
    """`2026-11` → `November 2026`."""
    return dt.date.fromisoformat(f"{period}-01").strftime("%B %Y") if is_period(period) else period


def router(desk: Desk, time_zone: str) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    add_ledger(routes, desk)
    add_acts(routes, desk)
    add_commissions(routes, desk, time_zone)
    return routes


def add_ledger(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/ledger")
    def books(request: Request, who: Looker, store: Word = "", period: Word = "") -> Response:
        period = period if is_period(period) else ""
        with desk.look() as work:
            rows = queries.trial(work.tx, store=store, period=period)
            houses = [each for each in stores.listing(work.tx) if who.of(each.store)]
            names = {each.store: each.name for each in houses}
            may_close = who.may(Permission.LEDGER_CLOSE)
            closable = [each for each in closing.closable(work) if may_close and each.store in names]
            return render(
                request, "ledger/trial.html", rows=rows, sums=queries.trial_sums(rows), store=store, period=period,
                months=queries.months(work.tx), month=month, stores=houses, names=names,
                closes=closing.closes(work.tx, of=store)[:NEWEST], closable=closable, people=_people(work.tx),
                newest=queries.postings(work.tx, store=store, limit=NEWEST),
            )  # fmt: skip

    @routes.get("/ledger/accounts/{account}", dependencies=[allow(Permission.LEDGER)])
    def account(
        request: Request, account: str, *, store: Word = "", period: Word = "", by: Word = "",
        show: Show = SHOW_STEP,
    ) -> Response:  # fmt: skip
        head = found(queries.heading(account) if queries.heading(account).title else None, f"account {account}")
        period = period if is_period(period) else ""
        with desk.look() as work:
            rows = queries.movements(work.tx, account, store=store, period=period, by=by, limit=show + 1)
            kept = [] if by else queries.details(work.tx, account, store=store, period=period)
            names = {each.store: each.name for each in stores.listing(work.tx)}
            return render(
                request, "ledger/account.html", account=account, head=head, rows=rows[:show], kept=kept, by=by,
                store=store, period=period, month=month, names=names, people=_people(work.tx),
                more=min(SHOW_MAX, show + SHOW_STEP) if len(rows) > show and show < SHOW_MAX else 0,
            )  # fmt: skip

    @routes.get("/ledger/entry")
    def entry(request: Request, who: Looker, posting: Word, store: Word = "") -> Response:
        with desk.look() as work:
            row = found(queries.entry(work.tx, store, posting), f"entry {posting}")
            of_sale = queries.postings(work.tx, sale=row.sale) if row.sale else []
            names = {each.store: each.name for each in stores.listing(work.tx)}
            return render(
                request, "ledger/entry.html", row=row, month=month, names=names, people=_people(work.tx),
                beside=[each for each in of_sale if each.posting != posting and who.of(each.store)],
                may_reverse=who.may(Permission.LEDGER_CLOSE, store=store) and row.kind not in ("cost", "bank_credited"),
            )  # fmt: skip


def add_acts(routes: APIRouter, desk: Desk) -> None:
    @routes.post("/ledger/close")
    def close(
        request: Request, who: Closer, *, of: Name, period: Annotated[str, Form(max_length=7)], why: Why
    ) -> Response:
        require(who, Permission.LEDGER_CLOSE, store=of)
        with conflicts(closing.NotClosableError, code="not-closable"), desk.work() as work:
            closing.close(work, StoreId(of), period, by=who.user, why=why)
        return go(request, f"/ledger?store={of}")

    @routes.post("/ledger/reverse")
    def reverse(request: Request, who: Closer, *, of: Name, posting: Name, why: Why) -> Response:
        require(who, Permission.LEDGER_CLOSE, store=of)
        with conflicts(closing.NotCorrectableError, code="not-correctable"), desk.work() as work:
            name = closing.reverse(work, StoreId(of), posting, by=who.user, why=why)
        return go(request, f"/ledger/entry?store={of}&posting={name}")


def add_commissions(routes: APIRouter, desk: Desk, time_zone: str) -> None:
    @routes.get("/commissions")
    def overview(request: Request, who: Anyone, store: Word = "", period: Word = "") -> Response:
        """Everybody's, for who may see the ledger; one's own for anybody else."""
        period = period if is_period(period) else ""
        with desk.look() as work:
            rows = commissions.by_associate(work.tx, store=store, period=period, associate=whose(who, store))
            houses = [each for each in stores.listing(work.tx) if who.of(each.store)]
            may_set = Permission.SETTINGS in who.powers.everywhere
            return render(
                request, "commissions/list.html", rows=rows, store=store, period=period, months=queries.months(work.tx),
                month=month, stores=houses, people=_people(work.tx), may_set=may_set,
                rates=rates_desk.rates(work) if may_set else [], roles=[role.value for role in Role],
                today=dt.datetime.fromtimestamp(desk.now_us() / 1e6, ZoneInfo(time_zone)).date().isoformat(),
            )  # fmt: skip

    @routes.get("/commissions/{associate}")
    def one(
        request: Request, who: Anyone, associate: str, *, store: Word = "", period: Word = "", show: Show = SHOW_STEP
    ) -> Response:
        found(associate if whose(who, store) in ("", associate) else None, f"commission of {associate} for you")
        period = period if is_period(period) else ""
        with desk.look() as work:
            rows = commissions.entries(work.tx, associate, store=store, period=period, limit=show + 1)
            return render(
                request, "commissions/associate.html", associate=associate, rows=rows[:show], store=store,
                period=period, month=month, people=_people(work.tx),
                sums=commissions.by_associate(work.tx, store=store, period=period, associate=associate),
                names={each.store: each.name for each in stores.listing(work.tx)},
                more=min(SHOW_MAX, show + SHOW_STEP) if len(rows) > show and show < SHOW_MAX else 0,
            )  # fmt: skip

    @routes.post("/commissions/rates")
    def set_rate(
        request: Request, who: Setter, *, whose_rate: Name, percent: Annotated[str, Form(max_length=10)],
        from_day: Annotated[str, Form(max_length=10)], why: Why,
    ) -> Response:  # fmt: skip
        rate = percent_bp(percent, "Rate")
        with conflicts(rates_desk.RateError, WhyError, code="rate"), desk.work() as work:
            rates_desk.set_rate(work, whose=whose_rate, rate_bp=rate, from_day=from_day, by=who.user, why=why)
        return go(request, "/commissions")


def _people(tx: Tx) -> dict[str, str]:
    return {each.user: each.name for each in staff.listing(tx)}
