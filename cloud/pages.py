"""The office's screens: thin routes over each noun's queries. `dress(cloud parts)` fits them onto the app."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final, Protocol, TypeVar

from fastapi import APIRouter, FastAPI, Form, Query, Request
from starlette.responses import Response

from cloud import pages_clienteling, pages_ledger, pages_sales
from cloud.desk import Desk
from cloud.messages.outbox import Ways
from cloud.people import Keyring
from cloud.pos.alarms import queries as alarms
from cloud.pos.appointments import pages as appointment_pages
from cloud.pos.appointments.desk import Means
from cloud.pos.client_orders import pages as client_order_pages
from cloud.pos.client_orders import private as client_order_private
from cloud.pos.clients import days as client_days
from cloud.pos.clients import pages as client_pages
from cloud.pos.clients import reach as client_reach
from cloud.pos.clients.comparing import Comparing
from cloud.pos.compliance import pages as compliance_pages
from cloud.pos.counts import queries as counts
from cloud.pos.counts.apply import ABANDONED, APPROVED, COUNTING, FINISHED, RECOUNTING, REQUESTED
from cloud.pos.counts.desk import request as request_count
from cloud.pos.floor import queries as floor
from cloud.pos.goods import pages as goods_pages
from cloud.pos.http import conflicts, found
from cloud.pos.messages import pages as message_pages
from cloud.pos.orders import queries as orders
from cloud.pos.parked import queries as parked
from cloud.pos.payments import pages as payment_pages
from cloud.pos.pieces import appraising, papers
from cloud.pos.pieces import pages as piece_pages
from cloud.pos.pieces import pages_appraisals as piece_appraisals
from cloud.pos.pieces import pages_categories as piece_categories
from cloud.pos.pieces import pages_lists as piece_lists
from cloud.pos.pieces import pages_melting as piece_melting
from cloud.pos.pieces import pages_papers as piece_papers
from cloud.pos.pieces import queries as pieces
from cloud.pos.pieces.lists import Lists
from cloud.pos.pieces.record import full_record, gems_told, labels
from cloud.pos.pieces.routes_record import MERCHANDISERS
from cloud.pos.prices import pages as price_pages
from cloud.pos.purchases import pages as purchase_pages
from cloud.pos.receipts import office as receipt_pages
from cloud.pos.receipts import pages as receipts
from cloud.pos.reminders import pages as reminder_pages
from cloud.pos.sales import queries as sales
from cloud.pos.segments.job import Divisions
from cloud.pos.shifts import queries as shifts
from cloud.pos.staff import pages as staff_pages
from cloud.pos.staff import queries as staff
from cloud.pos.staff.entrance import TICKET_BYTES_MAX, Answer, Entrance, Verdict
from cloud.pos.stores import pages as store_pages
from cloud.pos.stores import queries as stores
from cloud.pos.transfers import queries as transfers
from cloud.pos.value import pages as value_pages
from cloud.screens import Line, Where, story_of, where_is
from contract.facts import CountPlace
from contract.feed import Permission
from contract.ids import CountId, PieceId, StoreId
from trade.seek import SeekError
from web.attempts import Attempts
from web.fit import fit, join
from web.forms import safe_next
from web.front import LOGIN_PATH, Front, NavLink, front_of, go, render, token_of
from web.logins import Login, Logins
from web.policy import allow, public, require, signed_in
from web.problems import ProblemError
from web.receipts import page as paper
from web.templating import make_templates

HERE: Final = Path(__file__).parent
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
)
OFFICE: Final = (Permission.CLOSE_ALARM,)
COUNT_ASKERS: Final = (Permission.APPROVE_COUNT, Permission.CLOSE_ALARM)
NAV: Final = (
    NavLink("/", "Overview"),
    NavLink("/pieces", "Pieces"),
    NavLink("/counts", "Counts"),
    NavLink("/sales", "Sales"),
    NavLink("/clients", "Clients", (Permission.SEE_CLIENTS,)),
    NavLink("/appointments", "Appointments", (Permission.SEE_CLIENTS,)),
    NavLink("/reminders", "Today", (Permission.SEE_CLIENTS,)),
    NavLink("/messages", "Messages", (Permission.SEE_CLIENTS,)),
    NavLink("/segments", "Segments", (Permission.SEE_CLIENTS,), under=("/loyalty",)),
    NavLink("/campaigns", "Campaigns", (Permission.SEE_CLIENTS,)),
    NavLink("/receipts", "Receipts"),
    NavLink("/ledger", "Ledger", (Permission.LEDGER,), under=("/compliance", "/purchases", "/scrap")),
    NavLink("/commissions", "Commissions"),
    NavLink("/owed", "Owed", (Permission.LEDGER,)),
    NavLink("/transfers", "Transfers"),
    NavLink("/client-orders", "Orders", (Permission.ORDERS,)),
    NavLink("/orders", "Web orders"),
    NavLink("/alarms", "Alarms"),
    NavLink("/stores", "Stores"),
    NavLink("/prices", "Prices", (Permission.SETTINGS,)),
    NavLink("/goods", "Goods", (Permission.PIECES,)),
    NavLink("/staff", "Staff", (Permission.SEE_STAFF, Permission.STAFF), under=("/roles", "/changes")),
    NavLink("/parked", "Cases", OFFICE),
)
AWAY_AFTER_US: Final = 30_000_000
"""A store says hello every 5 s; after this long without a word it is shown as away."""
ALARMS_ON_OVERVIEW: Final = 6
GAPS_SHOWN: Final = 10
"""Newest gaps in coverage, and newest changes of readers, on a store's page;"""
CALIBRATIONS_SHOWN: Final = 5
"""and newest calibrations of its zones."""
BANKINGS_SHOWN: Final = 20
"""Newest under the shifts."""
COUNT_STATES: Final = (
    ("", "Any state"), (REQUESTED, "Asked for"), (COUNTING, "Running"), (FINISHED, "To approve"),
    (RECOUNTING, "Counted again"), (APPROVED, "Approved"), (ABANDONED, "Abandoned"),
)  # fmt: skip
SHOW_STEP: Final = 50
SHOW_MAX: Final = 1000


class HasStore(Protocol):
    @property
    def store(self) -> str: ...


OfStore = TypeVar("OfStore", bound=HasStore)
Anyone = Annotated[Login, signed_in()]
Wide = Annotated[Login, signed_in("house")]
Overseer = Annotated[Login, allow(*OFFICE)]
Asker = Annotated[Login, allow(*COUNT_ASKERS)]
Show = Annotated[int, Query(ge=1, le=SHOW_MAX)]
Word = Annotated[str, Query(max_length=100)]
Query200 = Annotated[str, Query(max_length=200)]


def dress(
    app: FastAPI, *, house: str, time_zone: str, desk: Desk, lists: Lists, ring: Keyring, comparing: Comparing,
    ways: Ways, logins: Logins, entrance: Entrance, secure: bool,
    divisions: Divisions,
) -> None:  # fmt: skip
    """Gives the office's app its pages."""
    folders = {"cloud": HERE / "templates", **{noun: HERE / "pos" / noun / "templates" for noun in NOUNS}}
    folders["paper"] = paper.TEMPLATES
    templates = make_templates(folders, paper.STATIC, time_zone)
    fit(
        app,
        Front("office", "Vitrine", logins, templates, secure=secure, nav=NAV, place=house_name(house)),
        paper.STATIC,
    )
    join(
        app,
        door(entrance),
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
        pages_ledger.router(desk, time_zone),
        pages_sales.router(desk),
        value_pages.router(desk),
        payment_pages.router(desk),
        goods_pages.router(desk),
        client_order_pages.router(desk),
        compliance_pages.router(desk),
        purchase_pages.router(desk, time_zone),
        piece_melting.router(desk),
        client_pages.router(desk, ring, comparing),
        message_pages.router(desk, ring, ways, client_reach.reaching(ring), client_reach.naming(ring)),
        appointment_pages.router(
            desk, Means(ring, ways, client_reach.reaching(ring), desk.new_id), client_reach.naming(ring)
        ),
        reminder_pages.router(desk, client_reach.naming(ring), client_days.occasions(ring), time_zone),
        *pages_clienteling.routers(desk, ring, divisions, ways, time_zone),
        router(desk),
        wide(desk),
    )


def house_name(house: str) -> str:
    """What stands beside the wordmark: the house's own name, or the office when it has none."""
    return house if house != "Vitrine" else "Head office"


def door(entrance: Entrance) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    def form(request: Request, next_path: str, *, status: int = 200, **said: str) -> Response:
        shown = {"problem": "", "chosen": "", "ticket": "", **said}
        return render(request, "cloud/sign_in.html", status=status, next=next_path, **shown)

    def admitted(request: Request, answer: Answer, next_path: str, *, wrong: str, chosen: str) -> Response:
        if answer.verdict is Verdict.CODE_WANTED:
            said = {"problem": wrong, "ticket": answer.ticket} if not chosen else {"ticket": answer.ticket}
            return form(request, next_path, status=401 if not chosen else 200, **said)
        new = front_of(request).logins.begin(answer.user) if answer.verdict is Verdict.ADMITTED else None
        if new is None:
            return form(request, next_path, status=401, problem=wrong, chosen=chosen)
        going = go(request, safe_next(next_path, "/"))
        front_of(request).give_cookie(going, new)
        return going

    @routes.get(LOGIN_PATH, dependencies=[public()])
    def show(request: Request, next: Word = "/") -> Response:  # noqa: A002 - the query's name
        return form(request, next)

    @routes.post(LOGIN_PATH, dependencies=[public()])
    def sign_in(
        request: Request,
        user: Annotated[str, Form(max_length=64)],
        password: Annotated[str, Form(max_length=200)],
        next: Annotated[str, Form(max_length=200)] = "/",  # noqa: A002 - the field's name
    ) -> Response:
        """Wrong ones see the page again, with the reason and their name kept; then a code, where one is set up."""
        try:
            answer = entrance.verified(user, password)
        except ProblemError as wait:
            return form(request, next, status=wait.status, problem=str(wait), chosen=user)
        return admitted(request, answer, next, wrong="Name and password do not fit.", chosen=user)

    @routes.post(f"{LOGIN_PATH}/code", dependencies=[public()])
    def second_step(
        request: Request,
        ticket: Annotated[str, Form(max_length=TICKET_BYTES_MAX)],
        code: Annotated[str, Form(max_length=40)],
        next: Annotated[str, Form(max_length=200)] = "/",  # noqa: A002 - the field's name
    ) -> Response:
        """The ticket says whose password fitted a moment ago; it alone lets nobody in."""
        try:
            answer = entrance.continued(ticket, code)
        except ProblemError as wait:
            return form(request, next, status=wait.status, problem=str(wait), ticket=ticket)
        if answer.verdict is Verdict.WRONG:
            return form(request, next, status=401, problem="This took too long. Sign in again.")
        wrong = "This code does not fit, or was used before: wait for the next."
        return admitted(request, answer, next, wrong=wrong, chosen="")

    @routes.post("/sign-out", dependencies=[signed_in(before_factor=True)])
    def sign_out(request: Request) -> Response:
        front_of(request).logins.end(token_of(request))
        answer = go(request, LOGIN_PATH)
        front_of(request).take_cookie(answer)
        return answer

    return routes


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(include_in_schema=False, dependencies=[signed_in()])

    @routes.get("/counts")
    def count_list(
        request: Request, who: Anyone, store: Word = "", state: Word = "", show: Show = SHOW_STEP
    ) -> Response:
        with desk.look() as work:
            houses = stores.listing(work.tx)
            rows = counts.listing(work.tx, store=store, state=state, limit=show + 1)
            return render(
                request, "counts/list.html", rows=rows[:show], names=names(houses), stores=houses,
                more=_more(len(rows), show), may_ask=who.may(*COUNT_ASKERS), people=_people(staff.listing(work.tx)),
                store=store, state=state, states=COUNT_STATES, missed=counts.missed(work.tx, store=store),
            )  # fmt: skip

    @routes.post("/counts")
    def ask_count(
        request: Request,
        who: Asker,
        store: Annotated[str, Form(max_length=64)],
        place: Annotated[CountPlace, Form()],
    ) -> Response:
        """Asks a store to count; it begins when it hears of it."""
        require(who, *COUNT_ASKERS, store=store)
        count = CountId(desk.new_id())
        with conflicts(LookupError, code="unknown-store"), desk.work() as work:
            request_count(work, StoreId(store), count, place, zones=[], by=who.user)
        return go(request, f"/counts/{store}/{count}")

    @routes.get("/counts/{store}/{count}")
    def one_count(request: Request, store: str, count: str) -> Response:
        with desk.look() as work:
            seen = found(counts.detail(work.tx, store, count), f"count {count} in {store}")
            told, people = names(stores.listing(work.tx)), _people(staff.listing(work.tx))
            return render(
                request,
                "counts/count.html",
                count=seen.row,
                detail=seen,
                verdicts=seen.verdicts,
                names=told,
                people=people,
            )

    @routes.get("/shifts")
    def shift_list(request: Request, store: Word = "", show: Show = SHOW_STEP) -> Response:
        with desk.look() as work:
            houses = stores.listing(work.tx)
            rows = shifts.listing(work.tx, store=store, limit=show + 1)
            return render(
                request, "shifts/list.html", rows=rows[:show], names=names(houses), more=_more(len(rows), show),
                stores=houses, store=store, bankings=shifts.bankings(work.tx, store=store, limit=BANKINGS_SHOWN),
                people=_people(staff.listing(work.tx)),
            )  # fmt: skip

    @routes.get("/shifts/{store}/{shift}")
    def one_shift(request: Request, store: str, shift: str) -> Response:
        with desk.look() as work:
            seen = found(shifts.detail(work.tx, store, shift), f"shift {shift} in {store}")
            told, people = names(stores.listing(work.tx)), _people(staff.listing(work.tx))
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
    def alarm_list(request: Request, store: Word = "", show: Show = SHOW_STEP) -> Response:
        with desk.look() as work:
            rows = alarms.listing(work.tx, store=store, limit=show + 1)
            told = names(stores.listing(work.tx))
            return render(request, "alarms/list.html", rows=rows[:show], names=told, more=_more(len(rows), show))

    @routes.get("/parked")
    def waiting(request: Request, who: Overseer, store: Word = "", show: Show = SHOW_STEP) -> Response:
        with desk.look() as work:
            rows = parked.rows(work.tx, store=store, limit=show + 1)
            return render(
                request, "parked/list.html", rows=rows[:show], cases=parked.cases(work.tx, store=store, limit=SHOW_MAX),
                names=names(stores.listing(work.tx)), more=_more(len(rows), show), may_close=who.may(*OFFICE),
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


def wide(desk: Desk) -> APIRouter:
    """Pages that look past stores: a piece is found wherever it is, whoever asks."""
    routes = APIRouter(include_in_schema=False, dependencies=[signed_in("house")])

    @routes.get("/")
    def overview(request: Request, who: Wide) -> Response:
        with desk.look() as work:
            houses = [row for row in stores.listing(work.tx) if who.of(row.store)]
            days = [day for day in sales.by_day(work.tx) if who.of(day.store)]
            states = pieces.count_by_state(work.tx)
            newest = max((day.business_day for day in days), default="")
            return render(
                request, "cloud/overview.html", now_us=desk.now_us(), stores=houses, names=names(houses),
                online={row.store: online(desk, row) for row in houses}, business_day=newest,
                takings=_per_currency(day for day in days if day.business_day == newest),
                pieces=sum(states.values()), in_transit=states.get("transit", 0) + states.get("incoming", 0),
                alarms=_theirs(who, alarms.listing(work.tx, open_only=True, limit=SHOW_MAX))[:ALARMS_ON_OVERVIEW],
                cases=len(_theirs(who, parked.cases(work.tx))), parked=sum(row.parked for row in houses),
            )  # fmt: skip

    @routes.get("/pieces")
    def piece_list(request: Request, who: Wide, q: Query200 = "", store: Word = "", after: Word = "") -> Response:
        with desk.look() as work:
            houses = stores.listing(work.tx)
            problem, rows = "", []
            try:
                rows = pieces.search(work.tx, q, store=store, after=after, limit=SHOW_STEP + 1)
            except SeekError as error:
                problem = str(error)
            shown = [Line(row, where_is(row, names(houses))) for row in rows[:SHOW_STEP]]
            further = rows[SHOW_STEP - 1].piece if len(rows) > SHOW_STEP else ""
            return render(
                request, "pieces/list.html", status=422 if problem else 200, rows=shown, stores=houses, q=q,
                store=store, after=after, further=further, problem=problem, may_edit=who.may(*MERCHANDISERS),
            )  # fmt: skip

    @routes.get("/pieces/{piece}")
    def one_piece(request: Request, piece: str, who: Wide) -> Response:
        with desk.look() as work:
            told = names(stores.listing(work.tx))
            seen = found(pieces.detail(work.tx, piece), f"piece {piece}")
            where: Where = where_is(seen.row, told)
            may_edit = who.may(*MERCHANDISERS)
            record = found(
                full_record(work.tx, PieceId(seen.row.piece), with_cost=who.may(Permission.SEE_COST)), f"piece {piece}"
            )
            return render(
                request, "pieces/piece.html", piece=seen, where=where, story=story_of(seen, told), record=record,
                may_edit=may_edit, people=_people(staff.listing(work.tx)), labels=labels(), gems=gems_told(record.card),
                papers=papers.listing(work.tx, record.card.piece), kinds=tuple(papers.PaperKind),
                bases=appraising.BASES,
            )  # fmt: skip

    @routes.get("/transfers")
    def transfer_list(request: Request, show: Show = SHOW_STEP) -> Response:
        with desk.look() as work:
            rows = transfers.listing(work.tx, limit=show + 1)
            told = names(stores.listing(work.tx))
            return render(request, "transfers/list.html", rows=rows[:show], names=told, more=_more(len(rows), show))

    @routes.get("/orders")
    def order_list(request: Request, show: Show = SHOW_STEP) -> Response:
        with desk.look() as work:
            rows = orders.listing(work.tx, limit=show + 1)
            told = names(stores.listing(work.tx))
            return render(request, "orders/list.html", rows=rows[:show], names=told, more=_more(len(rows), show))

    return routes


def _theirs(who: Login, rows: Iterable[OfStore]) -> list[OfStore]:
    return [row for row in rows if who.of(row.store)]


def online(desk: Desk, row: stores.StoreRow) -> bool:
    return row.state == "active" and desk.now_us() - row.heard_us < AWAY_AFTER_US


def names(rows: Iterable[stores.StoreRow]) -> dict[str, str]:
    return {row.store: row.name for row in rows}


def _people(rows: Iterable[staff.StaffRow]) -> dict[str, str]:
    return {row.user: row.name for row in rows}


def _per_currency(days: Iterable[sales.DayTotal]) -> list[tuple[str, int, int]]:
    """(currency, total in minor units, number of sales), largest first."""
    totals: dict[str, tuple[int, int]] = {}
    for day in days:
        total, number = totals.get(day.currency, (0, 0))
        totals[day.currency] = (total + day.total_minor, number + day.sales)
    return sorted(((currency, *both) for currency, both in totals.items()), key=lambda each: -each[1])


def _more(rows: int, show: int) -> int:
    """How many rows the link below a list asks for; 0 when everything is shown."""
    return min(SHOW_MAX, show + SHOW_STEP) if rows > show and show < SHOW_MAX else 0
