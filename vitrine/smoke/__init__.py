"""The main job without a person: counts, a sale from the pad, two exits, a theft, a transfer, seen through public APIs.

Everything is asked of the edges' and the office's own HTTP APIs; the simulator's door only moves things, as people
would. Prints what happened, and the figures as one JSON line, last. Exit code 0 only when all of it was seen.
"""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from contract.facts import CountPlace, ReaderLink
from contract.feed import Role
from edge.api import shapes
from vitrine.ask import Api, AskError, wait
from vitrine.demo import Running, running
from vitrine.shop import Wish
from vitrine.smoke.counts import finish_count, start_count
from vitrine.smoke.run import BOUTIQUE, FLAGSHIP, Figures, Smoke, Truth, say, seconds_since
from vitrine.smoke.theft import alarm, steal
from vitrine.smoke.trade import leave_in_peace, sell_from_the_pad, transfer

UNREAD_AT_START_MAX: Final = 40
"""Pieces of the flagship that may still wait to be read for the first time: some are hard to read."""
ALARM_NATS: Final = 14.0
"""The least evidence a store may ask for. A store's own 22 nats take a hundred rounds more for the same piece (and are
wrong a hundred times more seldom); the smoke run has not the time, and its figures name the threshold."""
SMOKE: Final = Wish(well_known_ports=False, alarm_nats=ALARM_NATS, clients=40)


def smoke(folder: Path) -> int:
    """Exit code: 0 everything was seen, 1 something was not."""
    began = time.monotonic()
    figures = Figures()
    try:
        with running(folder, say=say, stop=threading.Event(), wish=SMOKE) as house:
            figures.up_s = seconds_since(began)
            say(f"Up after {figures.up_s} s")
            with _people(house, figures, began) as run:
                _main_job(run)
        figures.ok = True
    except AskError as error:
        print(f"Not seen: {error}. Logs: {folder.resolve() / 'logs'}", file=sys.stderr)
    figures.total_s = seconds_since(began)
    print(msgspec.json.encode(figures).decode(), flush=True)
    return 0 if figures.ok else 1


@contextlib.contextmanager
def _people(house: Running, figures: Figures, began: float) -> Iterator[Smoke]:
    shop = house.shop
    manager = shop.login(Role.MANAGER)
    with contextlib.ExitStack() as stack:

        def at(api: Api) -> Api:
            stack.callback(api.close)
            return api

        # Staff reach a store by the feed: the first sign-in after a start may have to wait for it.
        flagship, boutique = shop.edge_url(FLAGSHIP), shop.edge_url(BOUTIQUE)
        yield Smoke(
            house,
            store=at(_patiently(flagship, house, Role.MANAGER)),
            guard=at(_patiently(boutique, house, Role.LOSS_PREVENTION)),
            other=at(_patiently(boutique, house, Role.MANAGER)),
            office=at(Api(shop.office_url).at_office(manager)),
            world=at(Api(shop.simulator_url)),
            began=began,
            figures=figures,
        )


def _patiently(url: str, house: Running, role: Role) -> Api:
    def once() -> Api | None:
        try:
            return Api(url).at_store(house.shop.login(role))
        except AskError:
            return None

    return wait(f"signing in at {url} as {role}", 30, once)


def _tidy_up(run: Smoke) -> None:
    """An earlier run may have been cut short."""
    for store, api in ((FLAGSHIP, run.store), (BOUTIQUE, run.other)):
        world = run.world.get("/truth", Truth, store=store, log="0")
        held = [piece for piece, place in world.away.items() if place == "hand"]
        for piece in (*world.zones.get("pad-1", ()), *held):
            view = api.get(f"/api/v1/pieces/{piece}", shapes.PieceView)
            if view.custody:
                run.move(store, [piece], "client" if view.custody == "sold" else view.home_zone)
    for count in run.store.get("/api/v1/counts", list[shapes.CountView]):
        if count.state == "running":
            run.store.post(f"/api/v1/counts/{count.count}/abandon", shapes.CountView, {"reason": "cut short"})


def _main_job(run: Smoke) -> None:
    """Counts run while the store is open: what is sold or shipped meanwhile, they explain. The theft is elsewhere."""
    _ready(run)
    _tidy_up(run)
    counts = [start_count(run, place) for place in CountPlace]
    sold = sell_from_the_pad(run)
    leave_in_peace(run, sold)
    transfer(run)
    stolen = steal(run)
    for count in counts:
        finish_count(run, count)
    alarm(run, stolen)


def _ready(run: Smoke) -> None:
    """Every reader reads, the store is active, and its stock has been received by being read."""

    def ready() -> bool:
        stores = [api.get("/api/v1/store", shapes.StoreView) for api in (run.store, run.other)]
        reading = all(reader.link is ReaderLink.READING for store in stores for reader in store.readers)
        active = all(store.mode == "active" and store.uplink.up for store in stores)
        waiting = run.store.get("/api/v1/transfers/incoming", list[shapes.IncomingView])
        return reading and active and len(waiting) <= UNREAD_AT_START_MAX

    wait("readers reading, stores active, stock received", 60, ready)
    run.figures.stock_received_s = seconds_since(run.began)
    say(f"Readers read and the stock is received after {run.figures.stock_received_s} s")
