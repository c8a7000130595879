"""The office's screens: thin routes over each noun's queries. `dress(cloud parts)` fits them onto the app."""

import os
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, FastAPI, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cloud.desk import Desk
from cloud.doors import tickets as ticket_doors
from cloud.jobs import Jobs
from cloud.listing import answer
from cloud.messages.outbox import Ways
from cloud.navigation import NAV, OVERSEERS
from cloud.pages import clienteling, counts, door, ledger, lists, sales, today, wide
from cloud.pages.shared import AWAY_AFTER_US, Word, names, online, people_of
from cloud.people import Keyring
from cloud.pos.appointments import pages as appointment_pages
from cloud.pos.appointments.desk import Means
from cloud.pos.client_orders import pages as client_order_pages
from cloud.pos.client_orders import private as client_order_private
from cloud.pos.client_orders import queries as client_orders
from cloud.pos.clients import days as client_days
from cloud.pos.clients import pages as client_pages
from cloud.pos.clients import pages_things as client_things
from cloud.pos.clients import private as client_private
from cloud.pos.clients import reach as client_reach
from cloud.pos.clients.comparing import Comparing
from cloud.pos.compliance import pages as compliance_pages
from cloud.pos.consigned import pages as consigned_pages
from cloud.pos.floor import queries as floor
from cloud.pos.goods import pages as goods_pages
from cloud.pos.http import conflicts, found
from cloud.pos.messages import pages as message_pages
from cloud.pos.parked import queries as parked
from cloud.pos.payments import pages as payment_pages
from cloud.pos.pieces import pages as piece_pages
from cloud.pos.pieces import pages_appraisals as piece_appraisals
from cloud.pos.pieces import pages_categories as piece_categories
from cloud.pos.pieces import pages_lists as piece_lists
from cloud.pos.pieces import pages_melting as piece_melting
from cloud.pos.pieces import pages_papers as piece_papers
from cloud.pos.pieces.lists import Lists
from cloud.pos.prices import pages as price_pages
from cloud.pos.purchases import pages as purchase_pages
from cloud.pos.receipts import office as receipt_pages
from cloud.pos.receipts import pages as receipts
from cloud.pos.receipts import paper as receipt_paper
from cloud.pos.reminders import pages as reminder_pages
from cloud.pos.segments.job import Divisions
from cloud.pos.shifts import queries as shifts
from cloud.pos.shifts import routes as shift_routes
from cloud.pos.staff import desk as staff_desk
from cloud.pos.staff import pages as staff_pages
from cloud.pos.staff import queries as staff
from cloud.pos.staff.entrance import Entrance
from cloud.pos.stores import pages as store_pages
from cloud.pos.stores import queries as stores
from cloud.pos.value import pages as value_pages
from cloud.remarks import Remarks
from cloud.tickets import Tickets
from cloud.work import Work
from contract.feed import Permission
from contract.ids import UserId
from trade.orders.tables import ENDS, OrderState
from trade.orders.telling import told_of
from web.attempts import Attempts
from web.fit import fit, join
from web.front import Front, NavLink, Prefers, go, render
from web.logins import Login, Logins
from web.policy import allow, signed_in
from web.problems import ProblemError
from web.receipts import page as paper
from web.tables import Asked, Listed, asked
from web.templating import make_templates
from web.words import later, tongue_of

CLOUD: Final = Path(__file__).parents[1]
NOUNS: Final = (
    "clients",
    "appointments",
    "messages",
    "reminders",
    "receipts",
    "pieces",
    "counts",
    "sales",
    "shifts",
    "ledger",
    "commissions",
    "compliance",
    "prices",
    "purchases",
    "consigned",
    "staff",
    "stores",
    "transfers",
    "goods",
    "orders",
    "client_orders",
    "parked",
    "payments",
    "value",
    "alarms",
    "segments",
    "loyalty",
    "suggestions",
    "campaigns",
    "reports",
)
OWN: Final = (NavLink("/me/second-factor", later("Second factor")),)
GAPS_SHOWN: Final = 10
"""Newest gaps in coverage, and newest changes of readers, on a store's page;"""
CALIBRATIONS_SHOWN: Final = 5
"""and newest calibrations of its zones."""
BANKINGS_SHOWN: Final = 20
"""Newest under the shifts."""


Anyone = Annotated[Login, signed_in()]
List = Annotated[Asked, Depends(asked)]
Overseer = Annotated[Login, allow(*OVERSEERS)]


def dress(
    app: FastAPI, *, house: str, time_zone: str, desk: Desk, lists: Lists, ring: Keyring, comparing: Comparing,
    ways: Ways, logins: Logins, entrance: Entrance, secure: bool, language: str, tickets: Tickets,
    divisions: Divisions,
) -> None:  # fmt: skip
    """Gives the office's app its pages."""
    folders = {"cloud": CLOUD / "templates", **{noun: CLOUD / "pos" / noun / "templates" for noun in NOUNS}}
    folders["paper"] = paper.TEMPLATES
    templates = make_templates(folders, paper.STATIC, time_zone, desk.now_us)
    jobs = Jobs(lists, divisions, comparing)
    front = Front(
        "office", "Vitrine", logins, templates, secure=secure, nav=NAV, place=house_name(house),
        tongue=tongue_of(language), glances=tickets.logins,
        globals={"jobs_running": jobs.running}, own=OWN, prefers=_prefers(desk),
    )  # fmt: skip
    fit(app, front, paper.STATIC)
    join(
        app,
        door.router(entrance),
        ticket_doors.router(tickets),
        piece_lists.router(desk, lists),
        piece_categories.router(desk),
        piece_papers.router(desk),
        piece_appraisals.router(desk),
        piece_pages.router(desk),
        receipts.router(desk, Attempts()),
        client_order_private.router(desk, ring, Attempts()),
        receipt_pages.router(desk),
        staff_pages.router(desk, entrance, house_name(house)),
        store_pages.router(desk, time_zone, AWAY_AFTER_US),
        price_pages.router(desk, time_zone),
        ledger.router(desk, time_zone, client_reach.naming(ring)),
        sales.router(desk, client_reach.naming(ring)),
        value_pages.router(desk, client_reach.naming(ring)),
        payment_pages.router(desk),
        shift_routes.pages(desk),
        goods_pages.router(desk),
        client_order_pages.router(desk, ring, client_reach.naming(ring)),
        compliance_pages.router(desk, client_reach.naming(ring)),
        purchase_pages.router(desk, ring, client_reach.naming(ring)),
        consigned_pages.router(desk),
        piece_melting.router(desk),
        client_things.router(desk, ring),
        client_pages.router(desk, ring, comparing),
        client_private.router(
            desk,
            ring,
            _services(ring),
            receipt_pages.theirs(desk.new_id),
            receipt_paper.drawable,
            chance=os.urandom,
            attempts=Attempts(),
            public_url=ways.public_url,
        ),
        message_pages.router(desk, ring, ways, client_reach.reaching(ring), client_reach.naming(ring)),
        appointment_pages.router(
            desk, Means(ring, ways, client_reach.reaching(ring), desk.new_id), client_reach.naming(ring)
        ),
        reminder_pages.router(desk, client_reach.naming(ring), client_days.occasions(ring), time_zone),
        *clienteling.routers(desk, ring, divisions, ways, time_zone),
        router(desk),
        counts.router(desk),
        wide.router(desk),
        today.router(desk, client_reach.naming(ring), jobs),
    )


def _prefers(desk: Desk) -> Prefers:
    """Keeps what somebody chose their pages to speak."""

    def keep(user: UserId, language: str) -> None:
        with desk.work() as work:
            staff_desk.prefer(work, user, language, work.now_us)

    async def prefers(user: UserId, language: str) -> None:
        await run_in_threadpool(keep, user, language)

    return prefers


def house_name(house: str) -> str:
    """What stands beside the wordmark: the house's own name, or the office when it has none."""
    return house if house != "Vitrine" else "Head office"


def _services(ring: Keyring) -> client_private.Services:
    """What a client had mended or made, for their own page."""

    def told(work: Work, person: str) -> list[client_private.Service]:
        rows = client_orders.of_client(work.tx, Remarks(work.tx, ring), person, now_us=work.now_us)
        return [
            client_private.Service(
                number=row.number, store=row.store, title=row.title, told=told_of(OrderState(row.state), row.held),
                promised_day=row.promised_day if OrderState(row.state) not in ENDS else "", currency=row.currency,
                total_minor=row.total_minor, opened_us=row.opened_us,
            )
            for row in sorted(rows, key=lambda row: -row.opened_us)
        ]  # fmt: skip

    return told


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(include_in_schema=False, dependencies=[signed_in()])

    @routes.get("/shifts")
    def shift_list(request: Request, what: List, who: Anyone, store: Word = "") -> Response:
        with desk.look() as work:
            houses = stores.listing(work.tx)
            table = lists.of_shifts(work.tx, what, names(houses), store=store)
            return answer(
                request, table, "shifts/list.html", names=names(houses),
                bankings=shifts.bankings(work.tx, store=store, limit=BANKINGS_SHOWN),
                people=people_of(staff.listing(work.tx)), may_match=who.may(Permission.LEDGER, store=store),
            )  # fmt: skip

    @routes.get("/shifts/{store}/{shift}")
    def one_shift(request: Request, store: str, shift: str) -> Response:
        with desk.look() as work:
            seen = found(shifts.detail(work.tx, store, shift), f"shift {shift} in {store}")
            told, people = names(stores.listing(work.tx)), people_of(staff.listing(work.tx))
            return render(request, "shifts/shift.html", detail=seen, shift=seen.row, names=told, people=people)

    @routes.get("/stores/{store}")
    def one_store(request: Request, who: Anyone, store: str) -> Response:
        with desk.look() as work:
            seen = found(stores.detail(work.tx, store), f"store {store}")
            zones = floor.zones(work.tx, store)
            return render(
                request, "stores/store.html", may_set=who.may(Permission.SETTINGS, store=store), store=seen.row,
                detail=seen, online=online(desk, seen.row),
                readers=floor.readers(work.tx, store=store), gaps=floor.gaps(work.tx, store, limit=GAPS_SHOWN),
                changes=floor.reader_changes(work.tx, store, limit=GAPS_SHOWN), signals=floor.signals(work.tx, store),
                blind=[zone for zone in zones if zone.vision == "blind"],
                zone_names=floor.zone_names(work.tx, store),
                calibrations=floor.calibrations(work.tx, store, limit=CALIBRATIONS_SHOWN),
            )  # fmt: skip

    @routes.get("/alarms")
    def alarm_list(request: Request, what: List, store: Word = "") -> Response:
        with desk.look() as work:
            told = names(stores.listing(work.tx))
            table = lists.of_alarms(work.tx, what, told, store=store)
            return answer(request, table, "alarms/list.html", names=told)

    @routes.get("/parked")
    def waiting(
        request: Request, who: Overseer, what: List, store: Word = "", of: Literal["cases", "entries"] = "cases"
    ) -> Response:
        with desk.look() as work:
            told = names(stores.listing(work.tx))
            table: Listed[Any] = lists.of_cases(work.tx, what, told, store=store)
            if of == "entries":
                table = lists.of_parked(work.tx, what, told, store=store)
            return answer(
                request, table, "parked/list.html", of=of, names=told, may_close=who.may(*OVERSEERS),
                parked=parked.count(work.tx, store=store),
            )  # fmt: skip

    @routes.post("/parked/cases/close")
    def close_case(
        request: Request,
        who: Overseer,
        case: Annotated[str, Form(max_length=300)],
        outcome: Annotated[str, Form(min_length=1, max_length=500)],
    ) -> Response:
        with conflicts(parked.SaleStandsError, code="resolve-the-sale"), desk.work() as work:
            if not who.of(parked.store_of(work.tx, case)):
                raise ProblemError(403, "store", "This case is of another store", "Somebody of that store ends it.")
            closed = parked.close_case(work.tx, case, by=who.user, outcome=outcome, now_us=work.now_us)
        if not closed:
            raise ProblemError(409, "case", "This case is closed already", "Reload the page.")
        return go(request, "/parked")

    return routes
