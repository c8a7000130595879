"""Composition root of a store's box: the loop thread, the house thread, readers, uplink and the HTTP server.

`run(config)` lives until SIGTERM or SIGINT (exit code 0) or until the house breaks (exit code 1, to be started again).
"""

import asyncio
import contextlib
import hashlib
import random
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import structlog
import uvicorn
from fastapi import FastAPI

from contract.feed import StaffCard
from contract.ids import Epoch, UserId
from edge.api.build import create_api
from edge.api.pins import make_verifier
from edge.api.shop import Shop
from edge.api.views import works_here
from edge.books import local, replica
from edge.books.db import Database
from edge.books.journal import Books
from edge.books.rows import Mode
from edge.clock import Clock, SystemClock
from edge.cloudward import Cloudward
from edge.config import ConfigError, EdgeConfig, ReaderConfig
from edge.floor.now import UplinkNow
from edge.gauges import gauges
from edge.house import House
from edge.metrics import CONTENT_TYPE, make_metrics
from edge.readers import Reader, open_reader
from edge.readers.base import MisconfiguredError
from edge.readers.profiles import load_profile
from edge.store import Store, Wakes
from web.logins import Logins, MemoryLogins
from web.sse import Bulletin

log = structlog.get_logger(__name__)
Result = TypeVar("Result")

BOOKS: Final = "books.sqlite3"
MACHINE_ID: Final = Path("/etc/machine-id")
STOP_GRACE_S: Final = 3
BACKLOG: Final = 128
ALONE: Final = Epoch("alone")
"""The log of a store that was never given a cloud."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Everything a box is made of, not yet running."""

    config: EdgeConfig
    clock: Clock
    chance: random.Random
    instance: str
    house: House
    store: Store
    shop: Shop
    api: FastAPI
    readers: tuple[Reader, ...]


def create(config: EdgeConfig, *, clock: Clock | None = None, chance: random.Random | None = None) -> Edge:
    """Build a box: opens its books. Raises `ConfigError` or `BooksError` with one sentence that says what to do."""
    clock = clock or SystemClock()
    chance = chance or random.Random(secrets.randbits(128))  # noqa: S311 — seeded by the machine's entropy, once
    readers = tuple(_reader(reader, config, chance) for reader in config.readers)
    instance = instance_of(config)
    books = open_books(config, instance)
    slow = ThreadPoolExecutor(1, "slow")
    store = Store(config, books, clock, chance, slow=slow)
    store.pipeline.health = {reader.id: reader.health for reader in readers}
    house = House(tick=store.tick, clock=clock)
    db = Database(books.path, readonly=True) if books.path is not None else books.db
    logins = Logins(
        MemoryLogins(),
        lambda user: _card(db, user, config),
        now_us=clock.wall_us,
        chance=secrets.token_bytes,
    )
    bulletin = Bulletin()
    uplink = UplinkNow(configured=config.uplink is not None)
    shop = Shop(
        config=config,
        clock=clock,
        house=house,
        store=store,
        db=db,
        logins=logins,
        bulletin=bulletin,
        render_metrics=make_metrics(lambda: gauges(house, store, bulletin, uplink)),
        metrics_type=CONTENT_TYPE,
        slow=slow,
        uplink=uplink,
    )
    api = create_api(shop, secure=config.tls_cert is not None)
    return Edge(config, clock, chance, instance, house, store, shop, api, readers)


def run(config: EdgeConfig) -> int:
    """Run a box until it is told to stop. Exit code: 0 stopped, 1 the house broke."""
    write_logs()
    edge = create(config)
    listener = _listen(config)
    with contextlib.closing(listener):
        return asyncio.run(_live(edge, listener))


def set_pin(config: EdgeConfig, user: UserId, pin: str) -> None:
    """Give a person a PIN on this box; may be done while it runs. Raises `PinError`, `BooksError`."""
    verifier = make_verifier(pin)
    books = open_books(config, instance_of(config))
    with contextlib.closing(books):
        local.set_pin(books, user=user, verifier=verifier, now_us=SystemClock().wall_us())


def open_books(config: EdgeConfig, instance: str) -> Books:
    """The books of this store; a store without a cloud begins its own log."""
    config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o750)
    books = Books.open(config.data_dir / BOOKS, store=config.store, instance=instance)
    if config.uplink is None and books.node().mode is Mode.REJOIN and not books.node().epoch:
        with books.transaction() as tx:
            tx.new_log(config.store, ALONE)
            tx.db.run("node_joined", term=1, epoch=ALONE, cloud_epoch=0, instance=instance)
    return books


def instance_of(config: EdgeConfig) -> str:
    """Identity of this machine for this store, kept outside the data directory: a copied disk does not carry it."""
    try:
        machine = MACHINE_ID.read_text(encoding="ascii").strip()
    except OSError:
        machine = socket.gethostname()
    return hashlib.sha256(f"vitrine/{config.store}/{machine}".encode()).hexdigest()[:32]


def write_logs() -> None:
    """Structured logs as JSON lines on stderr."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )


# --- running --------------------------------------------------------------------------------------------------


async def _live(edge: Edge, listener: socket.socket) -> int:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    code = 0

    def broke(_: BaseException) -> None:
        nonlocal code
        code = 1
        _over(loop, stop.set)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = _server(edge)
    tasks = [asyncio.create_task(server.serve(sockets=[listener]), name="http")]
    tasks += [
        asyncio.create_task(reader.run(edge.store.pipeline.deliver, edge.clock), name=f"reader {reader.id}")
        for reader in edge.readers
    ]
    cloudward = _cloudward(edge)
    edge.house.broken = broke
    edge.store.wakes = Wakes(
        tell=lambda name: _over(loop, edge.shop.bulletin.tell, name),
        uplink=(lambda: None) if cloudward is None else lambda: _over(loop, cloudward.wake.set),
    )
    edge.house.start()
    if cloudward is not None:
        tasks.append(asyncio.create_task(cloudward.run(), name="uplink"))
    log.info("edge_started", store=edge.config.store, port=listener.getsockname()[1], readers=len(edge.readers))
    stopped = asyncio.create_task(stop.wait(), name="stop")
    await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        if task.done() and not stop.is_set():
            code = 1
            log.critical("task_ended", task=task.get_name(), error=repr(None if task.cancelled() else task.exception()))
    await _stop(edge, server, tasks)
    return code


def _over(loop: asyncio.AbstractEventLoop, act: Callable[..., object], *given: object) -> None:
    """From the house thread to the loop; at the very end the loop may be gone, and nobody is left to be told."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(act, *given)


async def _stop(edge: Edge, server: uvicorn.Server, tasks: list[asyncio.Task[None]]) -> None:
    """Doors first, then readers and uplink, then the house writes what it learned."""
    edge.shop.bulletin.close()
    server.should_exit = True
    http, *others = tasks
    for task in others:
        task.cancel()
    await asyncio.wait([http], timeout=STOP_GRACE_S)
    http.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.to_thread(edge.house.stop, edge.store.stop)
    # The history's last page may still be on its way to the disk.
    await asyncio.to_thread(edge.shop.slow.shutdown)
    if edge.shop.db is not edge.store.books.db:
        edge.shop.db.close()
    edge.store.books.close()
    log.info("edge_stopped", store=edge.config.store)


def _cloudward(edge: Edge) -> Cloudward | None:
    if edge.config.uplink is None:
        return None

    async def on_house(work: Callable[[], Result]) -> Result:
        return await asyncio.wrap_future(edge.house.submit(work))

    return Cloudward(
        edge.config,
        edge.config.uplink,
        edge.store,
        on_house,
        edge.shop.uplink,
        instance=edge.instance,
        chance=edge.chance,
    )


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: stopping is ours, in our order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server(edge: Edge) -> uvicorn.Server:
    config = edge.config
    return _Server(
        uvicorn.Config(
            edge.api,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=STOP_GRACE_S,
            ssl_certfile=config.tls_cert,
            ssl_keyfile=config.tls_key,
        )
    )


def _listen(config: EdgeConfig) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.http_host else socket.AF_INET
    # asyncio switches Nagle off only where the protocol is named; without it every answer waits 40 ms for an ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((config.http_host, config.http_port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"cannot listen on {config.http_host}:{config.http_port}: {error.strerror}; free the port or set http_port"
        ) from error
    return listener


def _reader(config: ReaderConfig, edge: EdgeConfig, chance: random.Random) -> Reader:
    kinds = {zone.id: zone.kind for zone in edge.zones}
    ports = {int(port): kinds[zone] for port, zone in config.antennas.items()}
    try:
        own = random.Random(chance.random())  # noqa: S311 — jitter needs no secrecy
        return open_reader(config, load_profile(config.profile), own, ports)
    except MisconfiguredError as error:
        raise ConfigError(f"reader {config.id}: {error}") from error


def _card(db: Database, user: UserId, config: EdgeConfig) -> StaffCard | None:
    card = replica.staff(db, user)
    return card if card is not None and works_here(card, config.store) else None
