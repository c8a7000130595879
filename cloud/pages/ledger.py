"""The office's pages of money: trial balance, accounts, entries, closing a month, and who earned what."""

import datetime as dt
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from cloud import called
from cloud.changes import WHY_CHARACTERS_MAX, WhyError
from cloud.desk import Desk
from cloud.listing import answer
from cloud.pages import lists_money
from cloud.pos.commissions import desk as rates_desk
from cloud.pos.commissions import queries as commissions
from cloud.pos.commissions.routes import Setter, whose
from cloud.pos.http import conflicts, found
from cloud.pos.ledger import closing, kept, queries
from cloud.pos.stores import queries as stores
from contract.feed import Permission, Role
from contract.ids import StoreId
from trade.periods import is_period
from web.forms import percent_bp
from web.front import go, render
from web.logins import Login
from web.policy import allow, require, signed_in
from web.tables import Asked, asked
from web.words import spoken

CLOSES_SHOWN: Final = 12
"""Newest months that were closed, below the trial balance."""
Looker = Annotated[Login, allow(Permission.LEDGER)]
Closer = Annotated[Login, allow(Permission.LEDGER_CLOSE)]
Anyone = Annotated[Login, signed_in()]
Word = Annotated[str, Query(max_length=300)]
List = Annotated[Asked, Depends(asked)]
Name = Annotated[str, Form(max_length=300)]
Why = Annotated[str, Form(min_length=3, max_length=WHY_CHARACTERS_MAX)]


def month(period: str) -> str:
    """`2026-11` → `November 2026`, in the tongue of who reads it."""
    if not is_period(period):
        return period
    return str(format_skeleton("yMMMM", dt.date.fromisoformat(f"{period}-01"), locale=spoken().locale))


def router(desk: Desk, time_zone: str, clients: called.Clients) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    add_ledger(routes, desk, clients)
    add_acts(routes, desk)
    add_commissions(routes, desk, time_zone)
    return routes


def add_ledger(routes: APIRouter, desk: Desk, clients: called.Clients) -> None:
    @routes.get("/ledger")
    def books(request: Request, who: Looker, what: List, store: Word = "", period: Word = "") -> Response:
        period = period if is_period(period) else ""
        with desk.look() as work:
            rows = queries.trial(work.tx, store=store, period=period)
            houses = [each for each in stores.listing(work.tx) if who.of(each.store)]
            names = {each.store: each.name for each in houses}
            may_close = who.may(Permission.LEDGER_CLOSE)
            closable = [each for each in closing.closable(work) if may_close and each.store in names]
            return answer(
                request, lists_money.of_trial(what, rows, opening=bool(period)), "ledger/trial.html",
                sums=queries.trial_sums(rows), store=store, period=period,
                months=queries.months(work.tx), month=month, stores=houses, names=names,
                closes=closing.closes(work.tx, of=store)[:CLOSES_SHOWN], closable=closable,
                people=called.people(work.tx),
            )  # fmt: skip

    @routes.get("/ledger/entries")
    def entries(request: Request, who: Looker, what: List, store: Word = "", period: Word = "") -> Response:
        period = period if is_period(period) else ""
        with desk.look() as work:
            houses = [each for each in stores.listing(work.tx) if who.of(each.store)]
            names = {each.store: each.name for each in houses}
            table = lists_money.of_entries(work.tx, what, names, store=store, period=period)
            return answer(
                request, table, "ledger/entries.html", store=store, period=period, month=month, stores=houses,
                names=names, months=queries.months(work.tx),
            )  # fmt: skip

    @routes.get("/ledger/accounts/{account}")
    def account(
        request: Request, who: Looker, what: List, account: str, *, store: Word = "", period: Word = "", by: Word = ""
    ) -> Response:
        head = found(queries.heading(account) if queries.heading(account).title else None, f"account {account}")
        period = period if is_period(period) else ""
        with desk.look() as work:
            details = [] if by else queries.details(work.tx, account, store=store, period=period)
            names, people = {each.store: each.name for each in stores.listing(work.tx)}, called.people(work.tx)
            table = lists_money.of_movements(
                work.tx, what, names, people, account, store=store, period=period, by=by
            )  # fmt: skip
            shown = {by, *(each.by for each in details), *(each.by for each in table.rows)}
            called_by = kept.naming(
                work.tx, ((account, each) for each in shown), clients=called.clients(work.tx, who, clients)
            )
            return answer(
                request, table, "ledger/account.html", account=account, head=head, details=details, by=by, store=store,
                period=period, month=month, names=names, called_by=called_by,
            )  # fmt: skip

    @routes.get("/ledger/entry")
    def entry(request: Request, who: Looker, posting: Word, store: Word = "") -> Response:
        with desk.look() as work:
            row = found(queries.entry(work.tx, store, posting), f"entry {posting}")
            of_sale = queries.postings(work.tx, sale=row.sale) if row.sale else []
            names = {each.store: each.name for each in stores.listing(work.tx)}
            legs = [(leg.account, leg.by) for leg in row.legs]
            return render(
                request, "ledger/entry.html", row=row, month=month, names=names, people=called.people(work.tx),
                called_by=kept.naming(work.tx, legs, clients=called.clients(work.tx, who, clients)),
                sold=kept.receipts(work.tx, [row.sale]).get(row.sale) if row.sale else None,
                beside=[each for each in of_sale if each.posting != posting and who.of(each.store)],
                may_reverse=who.may(Permission.LEDGER_CLOSE, store=store)
                and not closing.stays(row.kind, row.ref, [leg.account for leg in row.legs]),
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
    def overview(request: Request, who: Anyone, what: List, store: Word = "", period: Word = "") -> Response:
        """Everybody's, for who may see the ledger; one's own for anybody else."""
        period = period if is_period(period) else ""
        with desk.look() as work:
            rows = commissions.by_associate(work.tx, store=store, period=period, associate=whose(who, store))
            houses, people = [each for each in stores.listing(work.tx) if who.of(each.store)], called.people(work.tx)
            may_set = Permission.SETTINGS in who.powers.everywhere
            return answer(
                request, lists_money.of_commissions(what, rows, people), "commissions/list.html", store=store,
                period=period, months=queries.months(work.tx), month=month, stores=houses, people=people,
                may_set=may_set,
                rates=rates_desk.rates(work) if may_set else [], roles=[role.value for role in Role],
                today=dt.datetime.fromtimestamp(desk.now_us() / 1e6, ZoneInfo(time_zone)).date().isoformat(),
            )  # fmt: skip

    @routes.get("/commissions/{associate}")
    def one(
        request: Request, who: Anyone, what: List, associate: str, *, store: Word = "", period: Word = ""
    ) -> Response:
        found(associate if whose(who, store) in ("", associate) else None, f"commission of {associate} for you")
        period = period if is_period(period) else ""
        with desk.look() as work:
            names = {each.store: each.name for each in stores.listing(work.tx)}
            table = lists_money.of_earnings(work.tx, what, names, associate, store=store, period=period)
            return answer(
                request, table, "commissions/associate.html", associate=associate, store=store, period=period,
                month=month, people=called.people(work.tx), names=names,
                sums=commissions.by_associate(work.tx, store=store, period=period, associate=associate),
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
