"""Composition root of a store's box: books, store, readers, logins and pages, put together once.

`run(config)` lives until SIGTERM or SIGINT (exit code 0) or until the house breaks (exit code 1, to be started again).
"""

import asyncio
import contextlib
import datetime as dt
import itertools
import random
import secrets
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

from contract.feed import ForgetCard, StaffCard
from contract.ids import UserId
from edge.api.blindness import hidden_zones
from edge.api.book_logins import BookLogins
from edge.api.build import create_api
from edge.api.chosen import Chosen
from edge.api.client_desk import ClientDesk
from edge.api.pictures import Pictures
from edge.api.proving.devices import Devices
from edge.api.shop import Shop
from edge.backup import mirroring
from edge.blobs import FOLDER, BlobCache
from edge.books import replica
from edge.books.db import Database
from edge.books.journal import Books
from edge.books.rows import Mode
from edge.clients.keys import box_keys
from edge.clients.remarks import NAME as REMARKS
from edge.clients.remarks import Remarks
from edge.clients.slice import FOLDER as CLIENTS
from edge.clients.slice import Slice
from edge.clock import Clock, SystemClock
from edge.commissioning import label_press, tag_writer
from edge.config import ConfigError, EdgeConfig, ReaderConfig
from edge.counts.duration import tags_per_s
from edge.floor.now import MirrorNow, UplinkNow
from edge.gauges import (
    capture_gauges,
    client_gauges,
    floor_gauges,
    house_gauges,
    label_gauges,
    link_gauges,
    mirror_gauges,
    paper_gauges,
    people_gauges,
    picture_gauges,
    reader_gauges,
    receipt_gauges,
    tag_gauges,
    terminal_gauges,
)
from edge.house import House
from edge.life import Edge, listen, live
from edge.own_books import instance_of, open_books
from edge.papers import FOLDER as PAPERS
from edge.papers import Papers
from edge.paperwork import Paperwork
from edge.readers import Reader, open_reader
from edge.readers.base import MisconfiguredError, Varying
from edge.readers.profiles import load_profile
from edge.receipts.counter import counter
from edge.store import Store
from edge.sync import papers
from edge.sync.facing import face_of, first_face
from edge.sync.tally import UplinkTally
from edge.tags import scheme
from edge.terminals import drivers
from edge.till.approvals import Approvals
from trade.permissions import allowed, works_here
from web.attempts import Attempts
from web.logins import HOUR_US, Logins
from web.metrics import CONTENT_TYPE, render
from web.powers import Powers
from web.serving import write_logs
from web.sse import Bulletin

log = structlog.get_logger(__name__)


def create(config: EdgeConfig, *, clock: Clock | None = None, chance: random.Random | None = None) -> Edge:
    """Build a box: opens its books. Raises `ConfigError` or `BooksError` with one sentence that says what to do."""
    clock = clock or SystemClock()
    chance = chance or random.Random(secrets.randbits(128))  # noqa: S311 — seeded by the machine's entropy, once
    readers = tuple(_reader(reader, config, chance) for reader in config.readers)
    _check_tags(config)
    instance = instance_of(config)
    books = open_books(config, instance)
    slow, archive, tape = (ThreadPoolExecutor(1, name) for name in ("slow", "archive", "tape"))
    kept = clients_kept(config, books)
    remarks = remarks_kept(config, books, lambda: kept is None or kept.is_open)
    store = Store(config, books, clock, chance, slow=tape, archive=archive, remarks=remarks)
    store.pipeline.health = {reader.id: reader.health for reader in readers}
    store.counting.looks.varying = {reader.id: reader for reader in readers if isinstance(reader, Varying)}
    store.counting.tags_per_s = {reader.id: _tags_per_s(reader, config) for reader in config.readers}
    house = House(tick=store.tick, clock=clock)
    db = Database(books.path, readonly=True) if books.path is not None else books.db
    rows = BookLogins(db, books, house, idle_us=HOUR_US, now_us=clock.wall_us)
    chosen = Chosen()
    logins = Logins(
        rows,
        lambda user: chosen.card(_card(db, user, config)),
        now_us=clock.wall_us,
        chance=secrets.token_bytes,
        powers=lambda card: Powers(house=allowed(card, config.store, replica.roles(db)).permissions),
        idle_us=HOUR_US,
    )
    bulletin, attempts, link = Bulletin(), Attempts(), UplinkTally()
    approvals = Approvals()
    devices = Devices(db, config.store, clock.wall_us, only=config.only_enrolled_devices)
    uplink = UplinkNow(configured=config.uplink is not None)
    mirror_now = MirrorNow(configured=config.mirror is not None)
    mirror = mirroring.of(config, mirror_now, clock.mono_us)

    pictures = Pictures(BlobCache(config.data_dir / FOLDER), config.uplink, clock.mono_us)

    paperwork = Paperwork(Papers(config.data_dir / PAPERS), config.uplink, clock.mono_us)
    for card in replica.cards(db, ForgetCard):  # an older disk, put back, may hold what was destroyed on a newer one
        paperwork.papers.forget(card.person)

    def metrics() -> bytes:
        rooms = (
            house_gauges(house),
            floor_gauges(store, hidden_zones(shop, None)),
            capture_gauges(store),
            reader_gauges([reader.health for reader in readers], clock),
            link_gauges(uplink, link, store),
            mirror_gauges(mirror_now, clock.mono_us()),
            tag_gauges(tags.tally),
            terminal_gauges(terminals),
            label_gauges(press.tally),
            picture_gauges(pictures.cache),
            paper_gauges(paperwork),
            client_gauges(kept),
            receipt_gauges(receipts.tally),
            people_gauges(bulletin, attempts, rows.waiting_lost_total, approvals, devices.proofs_refused_total),
        )
        return render(itertools.chain.from_iterable(rooms))

    tags = tag_writer(config, store, readers, clock, house=house, tell=bulletin.tell)
    try:
        press = label_press(config, store, chance, house=house, tell=bulletin.tell)
    except MisconfiguredError as error:
        raise ConfigError(str(error)) from error
    receipts = counter(config.receipt_printers, lambda: bulletin.tell("receipts"))
    shop = Shop(
        config=config,
        clock=clock,
        house=house,
        store=store,
        db=db,
        logins=logins,
        bulletin=bulletin,
        render_metrics=metrics,
        metrics_type=CONTENT_TYPE,
        slow=slow,
        archive=archive,
        tape=tape,
        uplink=uplink,
        mirror=mirror_now,
        link=link,
        attempts=attempts,
        approvals=approvals,
        devices=devices,
        tags=tags,
        press=press,
        pictures=pictures,
        paperwork=paperwork,
        clients=ClientDesk(kept, config.uplink),
        readers={reader.id: reader for reader in readers},
        receipts=receipts,
        chosen=chosen,
    )
    api = create_api(shop, secure=face_of(config) is not None)
    terminals = drivers(config, store, house, db, clock)
    return Edge(config, clock, chance, instance, house, store, shop, api, readers, terminals, mirror)


def run(config: EdgeConfig) -> int:
    """Run a box until it is told to stop. Exit code: 0 stopped, 1 the house broke."""
    write_logs()
    if config.uplink is not None:
        papers.mend(config.uplink.cert, config.uplink.key)
    face = face_of(config)
    if face is not None and face.names:
        papers.mend(face.cert, face.key)
        asyncio.run(first_face(config, face, dt.datetime.now(dt.UTC)))
    edge = create(config)
    listener = listen(config)
    with contextlib.closing(listener):
        return asyncio.run(live(edge, listener))


def clients_kept(config: EdgeConfig, books: Books) -> Slice | None:
    """The clients this box keeps, after it has forgotten whom its books know to be erased. None without an office.

    A slice that cannot be read is thrown away: the office brings it anew.
    """
    if config.uplink is None or books.path is None:
        return None
    folder = config.data_dir / CLIENTS
    try:
        kept = Slice(folder, box_keys(folder), secrets.token_bytes)
    except (OSError, ValueError, sqlite3.Error) as error:
        shutil.rmtree(folder, ignore_errors=True)
        log.warning("clients_thrown_away", why=type(error).__name__)
        kept = Slice(folder, box_keys(folder), secrets.token_bytes)
    node = books.node()
    forget = (card.person for card in replica.cards(books.db, ForgetCard))
    kept.open(node.epoch if node.mode is Mode.ACTIVE else "", forget)
    return kept


def remarks_kept(config: EdgeConfig, books: Books, may_open: Callable[[], bool]) -> Remarks | None:
    """Keys of what staff write of clients, after it has forgotten the erased. None: books in memory.

    What cannot be read is thrown away: the office gives the keys back.
    """
    if books.path is None:
        return None
    folder = config.data_dir / REMARKS
    try:
        kept = Remarks(folder, box_keys(folder), secrets.token_bytes, may_open)
    except (OSError, ValueError, sqlite3.Error) as error:
        shutil.rmtree(folder, ignore_errors=True)
        log.warning("remarks_thrown_away", why=type(error).__name__)
        kept = Remarks(folder, box_keys(folder), secrets.token_bytes, may_open)
    kept.forget(card.person for card in replica.cards(books.db, ForgetCard))
    return kept


def _tags_per_s(config: ReaderConfig, edge: EdgeConfig) -> float:
    """What its modes allow; the slowest of the zones it watches."""
    kinds = {zone.id: zone.kind for zone in edge.zones}
    profile = load_profile(config.profile)
    return min(
        (tags_per_s(profile.place(kinds[zone]).mode) for zone in config.antennas.values()), default=tags_per_s(None)
    )


def _reader(config: ReaderConfig, edge: EdgeConfig, chance: random.Random) -> Reader:
    kinds = {zone.id: zone.kind for zone in edge.zones}
    ports = {int(port): kinds[zone] for port, zone in config.antennas.items()}
    try:
        own = random.Random(chance.random())  # noqa: S311 — jitter needs no secrecy
        return open_reader(config, load_profile(config.profile), own, ports)
    except MisconfiguredError as error:
        named = f"reader {config.id}"
        raise ConfigError(str(error) if str(error).startswith(named) else f"{named}: {error}") from error


def _check_tags(config: EdgeConfig) -> None:
    if config.tags is None:
        return
    try:
        scheme.check(config.tags)
    except scheme.SchemeError as error:
        raise ConfigError(str(error)) from error


def _card(db: Database, user: UserId, config: EdgeConfig) -> StaffCard | None:
    card = replica.staff(db, user)
    return card if card is not None and works_here(card, config.store) else None
