"""Composition root of the office: pages and API, the edges' door, ingest from the broker, the order desk.

`cloud.running` keeps it alive.
"""

import functools
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from cloud import due_back, pages, people, points, schema
from cloud import ways as order_ways
from cloud.client_standings import ClientStandings
from cloud.config import CloudConfig
from cloud.db import ContentionError, Office, open_office
from cloud.desk import Desk
from cloud.doors import create_door
from cloud.doors.blobs import add_blobs
from cloud.doors.clients import add_clients
from cloud.doors.papers import add_order_papers
from cloud.doors.tickets import add_tickets
from cloud.first_steps import steps_of
from cloud.forgotten import open_forgotten
from cloud.ingest import Ingest
from cloud.messages import opening
from cloud.messages.post import Post
from cloud.metrics import office_samples
from cloud.mqtt import Consumer
from cloud.pages import clienteling as clienteling_pages
from cloud.points_lots import Lapsing
from cloud.pos.alarms import routes as alarms
from cloud.pos.appointments import routes as appointments
from cloud.pos.appointments.desk import Means
from cloud.pos.campaigns.sending import Sending
from cloud.pos.client_orders import pages as client_orders
from cloud.pos.client_orders import papers_routes as client_order_papers
from cloud.pos.client_orders import resealing
from cloud.pos.clients import days as client_days
from cloud.pos.clients import erasing
from cloud.pos.clients import reach as client_reach
from cloud.pos.clients import routes as clients
from cloud.pos.clients import routes_things as client_things
from cloud.pos.clients.comparing import Comparing
from cloud.pos.commissions import routes as commissions
from cloud.pos.compliance import routes as compliance
from cloud.pos.counts import routes as counts
from cloud.pos.floor import routes as floor
from cloud.pos.goods import routes as goods
from cloud.pos.ledger import routes as ledger
from cloud.pos.messages import routes as messages
from cloud.pos.orders import routes as orders
from cloud.pos.orders.desk import OrderDesk
from cloud.pos.parked import routes as parked
from cloud.pos.payments import routes as payments
from cloud.pos.pieces import pages_appraisals as appraisal_doors
from cloud.pos.pieces import pages_lists as piece_lists
from cloud.pos.pieces import pages_papers as papers
from cloud.pos.pieces import routes as pieces
from cloud.pos.pieces import routes_melting as melting
from cloud.pos.pieces import seeking
from cloud.pos.pieces.lists import Lists
from cloud.pos.prices import routes as prices
from cloud.pos.purchases import routes as purchases
from cloud.pos.reminders import pages as reminder_pages
from cloud.pos.sales import routes as sales
from cloud.pos.segments.job import Divisions
from cloud.pos.shifts import routes as shifts
from cloud.pos.staff import desk as staff_desk
from cloud.pos.staff import factors
from cloud.pos.staff import routes as staff
from cloud.pos.staff.entrance import Entrance
from cloud.pos.staff.powers import Powerhouse
from cloud.pos.stores import enrolment
from cloud.pos.stores import queries as store_queries
from cloud.pos.stores import routes as stores
from cloud.pos.stores.enrolment import Signer
from cloud.pos.transfers import routes as transfers
from cloud.pos.value import routes as value
from cloud.provider import HttpProvider, NoProvider, Provider
from cloud.rejoin import Rejoins
from cloud.reminders.job import Reminders
from cloud.sealing import open_sealing
from cloud.tickets import Tickets
from cloud.work import begin
from contract.ids import StoreId, uuid7
from trade.guards import ALL
from web.attempts import Attempts
from web.fit import join
from web.logins import Logins
from web.metrics import CONTENT_TYPE, render
from web.policy import public
from web.problems import ProblemError, answer
from web.serving import version

_log = structlog.get_logger()


@dataclass(slots=True)
class Fatal:
    """Why the office must stop, told from any thread; `then` is what to do about it."""

    errors: list[Exception] = field(default_factory=list)
    then: Callable[[], object] = lambda: None

    def tell(self, error: Exception) -> None:
        self.errors.append(error)
        self.then()


@dataclass(slots=True)
class Cloud:
    """Everything the office is made of, not yet running."""

    config: CloudConfig
    desk: Desk
    ingest: Ingest
    rejoins: Rejoins
    orders: OrderDesk
    entrance: Entrance
    logins: Logins
    tickets: Tickets
    app: FastAPI
    door: FastAPI
    lists: Lists
    ring: people.Keyring
    comparing: Comparing
    post: Post
    divisions: Divisions
    lapsing: Lapsing
    campaigns: Sending
    reminders: Reminders
    consumer: Consumer | None = None
    fatal: Fatal = field(default_factory=Fatal)

    @property
    def office(self) -> Office:
        return self.desk.office


def build(config: CloudConfig, *, provider: Provider | None = None, signer: Signer | None = None) -> Cloud:
    """Open and migrate the database, and wire the parts. Raises `UnsafeDatabaseError`."""
    office = open_office(config.database_url)
    schema.migrate(office)
    with office.transaction() as tx:
        seeking.fill(tx)
        work = begin(tx, ALL, time.time_ns() // 1000)
        points.tell_rules(work)
        due_back.tell_all(work)
        order_ways.tell_all(work)
    desk = Desk(
        office=office,
        now_us=lambda: time.time_ns() // 1000,
        mono_us=lambda: time.monotonic_ns() // 1000,
        new_id=lambda: uuid7(time.time_ns() // 1000, os.urandom(10)),
        sealing=open_sealing(config),
    )
    factors.seal_anew(office, desk.sealing)
    people.wrap_anew(office, desk.sealing)
    forgotten = open_forgotten(config)
    with office.reading() as tx:
        forgotten.add(erasing.erased(tx))  # before this list was kept, too
    office.on_forget = forgotten.add
    if again := erasing.again(desk, forgotten.persons):
        _log.warning("forgotten_again", clients=again, why="this database is from before they were erased")
    ring = people.Keyring(desk.sealing)
    if sealed := resealing.seal_older(desk, ring):
        _log.info("reasons_sealed", orders=sealed)
    ingest = Ingest(office)
    if provider is None:
        provider = HttpProvider(config.payment_url) if config.payment_url else NoProvider()
    order_desk = OrderDesk(office, provider, lease_wait_us=round(config.lease_wait_s * 1_000_000))
    rejoins = Rejoins(office, order_desk.end_store)
    passwords = staff_desk.Passwords()
    entrance = Entrance(desk, passwords, Attempts())
    powers = Powerhouse(office, second_factor=config.second_factor)
    logins = Logins(
        staff_desk.LoginTable(office), staff_desk.staff_now(office), now_us=desk.now_us, chance=os.urandom,
        powers=powers.powers, factor_due=powers.factor_due,
    )  # fmt: skip
    app = FastAPI(
        title="Vitrine office",
        version=version(),
        description="All stores of the house: pieces, counts, sales, transfers, web orders, ledger.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    post = Post(desk, ring, opening.ways(config))
    cloud = Cloud(
        config=config, desk=desk, ingest=ingest, rejoins=rejoins, orders=order_desk, entrance=entrance, logins=logins,
        tickets=Tickets(desk, staff_desk.staff_now(office), powers.powers, os.urandom),
        app=app, door=create_door(
            desk, ingest, rejoins, signer=signer, crl=_crl(config), taken=_own_hosts(config)
        ), lists=Lists(desk),
        ring=ring, comparing=Comparing(desk, ring), post=post,
        reminders=Reminders(desk, ring, post.ways, client_days.clients(ring)),
        divisions=Divisions(desk, config.time_zone), lapsing=Lapsing(desk, config.time_zone),
        campaigns=Sending(desk, ring, post.ways, client_reach.reaching(ring)),
    )  # fmt: skip
    add_tickets(cloud.door, cloud.tickets, _pages_url(config))
    add_blobs(cloud.door, desk)
    add_order_papers(cloud.door, desk)
    add_clients(cloud.door, desk, ring, ClientStandings())
    join(
        app,
        staff.router(desk, passwords, entrance),
        goods.router(desk),
        prices.router(desk),
        stores.router(desk, rejoins),
        enrolment.router(desk, signer, os.urandom),
        piece_lists.api(desk),
        papers.api(desk),
        appraisal_doors.api(desk),
        pieces.router(desk),
        melting.router(desk),
        purchases.router(desk, cloud.ring),
        counts.router(desk),
        sales.router(desk),
        shifts.router(desk),
        payments.router(desk),
        value.router(desk),
        clients.router(desk, cloud.ring, cloud.comparing),
        client_things.router(desk, cloud.ring),
        appointments.router(desk, Means(ring, post.ways, client_reach.reaching(ring), desk.new_id)),
        reminder_pages.api(desk, config.time_zone),
        messages.router(desk, cloud.ring, cloud.post, functools.partial(opening.hook_secret, config)),
        ledger.router(desk),
        compliance.router(desk),
        commissions.router(desk),
        *clienteling_pages.apis(desk, post.ways, config.time_zone),
        transfers.router(desk),
        orders.router(desk, order_desk),
        client_orders.api(desk, cloud.ring),
        client_order_papers.api(desk, cloud.ring),
        alarms.router(desk),
        parked.router(desk, ingest.unpark),
        floor.router(desk),
        enrolment.pages(desk, signer, os.urandom, config.pages_url.rstrip("/")),
        _house_keeping(cloud),
    )
    _dress(cloud)
    if config.broker is not None:
        cloud.consumer = Consumer(config.broker, ingest, desk.now_us, cloud.fatal.tell, lambda: _stores(desk))
        office.on_poke = cloud.consumer.poke
    return cloud


def _dress(cloud: Cloud) -> None:
    pages.dress(
        cloud.app,
        house=cloud.config.house,
        time_zone=cloud.config.time_zone,
        desk=cloud.desk,
        lists=cloud.lists,
        ring=cloud.ring,
        comparing=cloud.comparing,
        ways=cloud.post.ways,
        logins=cloud.logins,
        tickets=cloud.tickets,
        entrance=cloud.entrance,
        secure=bool(cloud.config.cert),
        language=cloud.config.language,
        divisions=cloud.divisions,
    )

    cloud.app.state.first_steps = steps_of(cloud.desk)

    async def on_busy(request: Request, error: Exception) -> Response:
        return answer(request, ProblemError(503, "busy", "The office is busy", str(error)))

    cloud.app.add_exception_handler(ContentionError, on_busy)


def _house_keeping(cloud: Cloud) -> APIRouter:
    routes = APIRouter(tags=["housekeeping"])

    @routes.get("/healthz", dependencies=[public()])
    def healthz(response: Response) -> dict[str, bool]:
        """503 when a part that must not fail has failed; a broker out of reach is told, and the office stays well."""
        with cloud.desk.look() as work:
            recovering = work.recovering
        broker = cloud.consumer is None or cloud.consumer.connected
        well = not cloud.fatal.errors
        response.status_code = 200 if well else 503
        return {"ok": well, "broker": broker, "recovering": recovering}

    @routes.get("/metrics", dependencies=[public()])
    def metrics() -> Response:
        """Prometheus text. Figures only, nobody's names."""
        counted = None if cloud.consumer is None else cloud.consumer.counts
        with cloud.desk.look() as work:
            text = render(office_samples(work.tx, cloud.ingest.counts, counted, cloud.post.counts))
        return Response(text, media_type=CONTENT_TYPE)

    return routes


def _pages_url(config: CloudConfig) -> str:
    scheme = "https" if config.cert else "http"
    return config.pages_url.rstrip("/") or f"{scheme}://{config.host}:{config.port}"


def _own_hosts(config: CloudConfig) -> frozenset[str]:
    """Where the office itself is reached: no store's box may pass for it."""
    letters = config.messages.public_url if config.messages is not None else ""
    hosts = [urlsplit(url).hostname or "" for url in (_pages_url(config), letters)]
    hosts += [config.broker.host] if config.broker is not None else []
    return frozenset(map(enrolment.host_of, hosts)) - {""}


def _crl(config: CloudConfig) -> Path | None:
    return Path(config.door.crl) if config.door is not None and config.door.crl else None


def _stores(desk: Desk) -> list[StoreId]:
    with desk.look() as work:
        return [StoreId(row.store) for row in store_queries.listing(work.tx)]
