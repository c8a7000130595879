"""Eight tills that sell at one store's box while its readers tell 5,000 reads a tick and somebody asks the history.

The box is whole from the house thread down: pipeline, desk, books on a disk with every commit synced, history in its
own pool. Each till is a thread that hands its acts to the house as the API does, and thinks between two sales; a sale
is timed from there to the answer that it is recorded. A writer of its own syncs the same disk meanwhile: what the disk
alone takes stands beside what a sale takes.

Pieces are laid on a pad again and again. Its rule asks for two strong reads of each and then for quiet; what passes
from there to the verdict that pages are shown is ours.
"""

import itertools
import os
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from bench.figures import Figures
from bench.history import BEGIN_US, PIECES, ROWS_A_DAY, day_of_rows
from bench.pipeline import EPOCH
from bench.shelves import Shelves, config_of, fill, piece
from contract.facts import ReaderLink, Tender, TenderKind
from contract.feed import FeedPage, FeedRow, Role, StaffCard
from contract.ids import PieceId, ReaderId, SaleId, ShiftId, TillId, UserId, ZoneId
from edge.books.journal import Books
from edge.clock import SystemClock
from edge.config import EdgeConfig, ReaderConfig, ZoneConfig, ZoneKind
from edge.history.history import History, Keep
from edge.history.questions import DAY_US, By, Span
from edge.house import House
from edge.readers.health import Health
from edge.readers.llrp.inbox import Inbox
from edge.reconcile.pad import CUSTOMARY
from edge.store import Store
from edge.till.desk import Done
from edge.till.queries import sales_in
from trade.acts import AddPiece, AnyAct, OpenSale, OpenShift, RecordSale
from trade.sale import SaleState

TILLS: Final = 8
ON_SHELVES: Final = 20_000
READS_PER_TICK: Final = 5_000
TICKS_MADE: Final = 25
"""Bytes of half a second, heard again and again."""
SECONDS: Final = 90
SECONDS_SHORT: Final = 6
THINKS_S: Final = 0.4
"""Between two acts of a till, on average: 4 acts a sale make 5 sales a second in the store."""
HISTORY_DAYS: Final = 30
FSYNC_EVERY_S: Final = 0.05
PAGE_BYTES: Final = 4096
LAID: Final = 5
LYING_S, LIFTED_S = 1.0, 1.6
PAD, PAD_READER = ZoneId("pad"), ReaderId("pad")
PRICE_MINOR: Final = 120_000
ANA: Final = UserId("ana")


@dataclass
class Timed:
    """Seconds, each as it was measured."""

    recorded: list[float] = field(default_factory=list)
    synced: list[float] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    verdicts: list[float] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)


def figures_of(*, short: bool) -> Figures:
    """Raises what a till, the history or the house raised."""
    seconds, timed, enough = SECONDS_SHORT if short else SECONDS, Timed(), threading.Event()
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as name, box_of(Path(name)) as box:
        history = _history(Path(name) / "asked", 2 if short else HISTORY_DAYS)
        house = House(box.tick, SystemClock())
        jobs: list[Callable[[], None]] = [
            *(partial(_till, house, box.store, at, timed, enough) for at in range(TILLS)),
            partial(_sync, Path(name), timed, enough),
            partial(_ask, history, timed, enough),
        ]
        threads = [threading.Thread(target=_kept, args=(job, timed, enough)) for job in jobs]
        house.start()
        for thread in threads:
            thread.start()
        enough.wait(seconds)
        enough.set()
        for thread in threads:
            thread.join()
        house.stop(lambda: None)
        history.duck.close()
        if timed.errors:
            raise timed.errors[0]
        assert not box.store.pipeline.intake.batches_dropped_total, "reads were lost"
        timed.verdicts += box.pad.verdicts
        kept = len(sales_in(box.store.books.db, SaleState.RECORDED, 1_000_000))
    assert kept == len(timed.recorded), "a sale that was answered is not in the books, or one nobody heard of is"
    return {
        "tills": TILLS,
        "sales_recorded": len(timed.recorded),
        **spread("sale_recorded", timed.recorded),
        **spread("disk_fsync", timed.synced),
        "history_rows": (2 if short else HISTORY_DAYS) * ROWS_A_DAY,
        "history_questions": len(timed.asked),
        **spread("history_question", timed.asked),
        "ticks": house.tally.ticks_total,
        "tick_mean_ms": round(house.tally.tick_us_total / house.tally.ticks_total / 1000, 2),
        "reads_per_tick": READS_PER_TICK,
        "pad_verdicts": len(timed.verdicts),
        **spread("pad_ours", timed.verdicts),
    }


def spread(name: str, seconds: list[float]) -> Figures:
    """Percentiles, in ms."""
    return {f"{name}_p{q}_ms": round(1000 * float(np.percentile(seconds, q)), 2) for q in (50, 95, 99)}


def _kept(job: Callable[[], None], timed: Timed, enough: threading.Event) -> None:
    try:
        job()
    except BaseException as error:  # noqa: BLE001 - carried to the bench's own thread
        timed.errors.append(error)
        enough.set()


# --- the box --------------------------------------------------------------------------------------------------


class Laid:
    """Pieces that are laid on the pad and lifted again, read once a tick while they lie there."""

    def __init__(self, said: bytes) -> None:
        self.said, self.verdicts = said, list[float]()
        self._since_us = self._reads = self._ripe_us = 0
        self._lies = False

    def turn(self, now_us: int) -> bytes:
        """What the pad's reader says in this tick."""
        if now_us - self._since_us >= 1e6 * (LYING_S if self._lies else LIFTED_S):
            self._lies, self._since_us, self._reads, self._ripe_us = not self._lies, now_us, 0, 0
        if not self._lies:
            return b""
        self._reads += 1
        if self._reads == CUSTOMARY.reads_min:  # the last of the pieces is on the pad; from here on nothing changes
            self._ripe_us = now_us + round(1e6 * CUSTOMARY.settle_s_min)
        return self.said

    def shown(self, now_us: int, *, settled: bool) -> None:
        if settled and self._ripe_us:
            self.verdicts.append((now_us - self._ripe_us) / 1e6)
            self._ripe_us = 0


class Box:
    """A store, and what its readers say tick by tick."""

    def __init__(self, store: Store, inboxes: list[Inbox], said: list[list[bytes]], pad: Laid) -> None:
        self.store, self.pad = store, pad
        self._inboxes, self._said = inboxes, itertools.cycle(said)

    def tick(self, now_us: int, *, writing: bool) -> None:
        """A store's tick; the bytes of its readers come in the same turn, so that their cost is in it too."""
        for inbox, data in zip(self._inboxes, (*next(self._said), self.pad.turn(now_us)), strict=True):
            view = memoryview(data)
            while view:
                with inbox.room() as room:
                    count = min(len(room), len(view))
                    room[:count] = view[:count]
                batch = inbox.received(count, now_us).batch
                if batch is not None:
                    self.store.pipeline.deliver(batch)
                view = view[count:]
        self.store.tick(now_us, writing=writing)
        (on_pad,) = self.store.pipeline.floor.pads
        self.pad.shown(self.store.clock.mono_us(), settled=on_pad.settled and len(on_pad.pieces) == LAID)


@contextmanager
def box_of(folder: Path) -> Iterator[Box]:
    shelves = Shelves(ON_SHELVES, 42)
    config = _with_pad(config_of(shelves, folder))
    books = Books.open(folder / "books.sqlite3", store=config.store, instance="bench")
    with books.transaction() as tx:
        tx.new_log(config.store, EPOCH)
        tx.db.run("node_joined", term=1, epoch=EPOCH, cloud_epoch=0, instance="bench")
    archive = ThreadPoolExecutor(1)
    store = Store(config, books, SystemClock(), random.Random(1), archive=archive)
    fill(store, shelves)
    card = StaffCard(user=ANA, name="Ana", roles=(Role.MANAGER,))
    rev = ON_SHELVES + 1
    store.take_feed(FeedPage(rows=(FeedRow(rev=rev, scope="*", key=f"staff:{ANA}", body=card),), upto=rev, more=False))
    now_us = store.clock.mono_us()
    healths = [Health(reader.id, link=ReaderLink.READING, why="", alive_since_us=now_us) for reader in config.readers]
    store.pipeline.health = {health.reader: health for health in healths}
    said = [
        [shelves.said(reader, READS_PER_TICK // shelves.readers) for reader in range(shelves.readers)]
        for _ in range(TICKS_MADE)
    ]
    try:
        yield Box(store, [Inbox(health) for health in healths], said, Laid(_laid(shelves)))
    finally:
        archive.shutdown()
        books.close()


def _with_pad(config: EdgeConfig) -> EdgeConfig:
    pad = ReaderConfig(id=PAD_READER, url="llrp://127.0.0.1:1", profile="impinj-r420", antennas={"1": PAD})
    return msgspec.structs.replace(
        config,
        tills=tuple(TillId(f"till-{at}") for at in range(TILLS)),
        zones=(*config.zones, ZoneConfig(id=PAD, name="Pad", kind=ZoneKind.PAD)),
        readers=(*config.readers, pad),
    )


def _laid(shelves: Shelves) -> bytes:
    """A round of the pad's reader over pieces that no till sells."""
    return shelves.report(shelves.epc[-LAID:], np.ones(LAID, np.int32))


# --- what goes on at once -------------------------------------------------------------------------------------


def _till(house: House, store: Store, at: int, timed: Timed, enough: threading.Event) -> None:
    """Sells a piece after another, each scanned as it is taken."""
    till, chance = TillId(f"till-{at}"), random.Random(at)

    def do(act: AnyAct) -> float:
        began_s = time.perf_counter()
        done = house.submit(lambda: store.act(act, ANA)).result()
        took_s = time.perf_counter() - began_s
        assert isinstance(done, Done), done
        return took_s

    do(OpenShift(shift=ShiftId(f"shift-{at}"), till=till, business_day="2026-11-29", float_minor=0, currency="EUR"))
    for row in range(at, ON_SHELVES - LAID, TILLS):
        sale, taken = SaleId(f"sale-{row}"), piece(row)
        do(OpenSale(sale=sale, till=till, currency="EUR"))
        enough.wait(chance.expovariate(1 / THINKS_S))
        house.submit(partial(store.scan, (taken,), PAD, ANA, damaged=False)).result()
        do(AddPiece(sale=sale, piece=taken, override="scanned by hand"))
        enough.wait(chance.expovariate(1 / THINKS_S))
        tenders = (Tender(kind=TenderKind.CASH, amount_minor=PRICE_MINOR),)
        timed.recorded.append(do(RecordSale(sale=sale, tenders=tenders, override="scanned by hand")))
        if enough.wait(chance.expovariate(1 / THINKS_S)):
            return


def _sync(folder: Path, timed: Timed, enough: threading.Event) -> None:
    """A page written and synced again and again, beside the books."""
    with (folder / "synced").open("wb", buffering=0) as file:
        while not enough.wait(FSYNC_EVERY_S):
            file.write(os.urandom(PAGE_BYTES))
            began_s = time.perf_counter()
            os.fdatasync(file.fileno())
            timed.synced.append(time.perf_counter() - began_s)


def _ask(history: History, timed: Timed, enough: threading.Event) -> None:
    """One question after another, as from somebody who reads the answers."""
    chance, whole = random.Random(7), Span(BEGIN_US, BEGIN_US + HISTORY_DAYS * DAY_US)
    while not enough.wait(0.1):
        began_s = time.perf_counter()
        if chance.random() < 0.5:
            history.where_was(PieceId(f"P-{chance.randrange(PIECES):06d}"), whole.from_us, whole.to_us)
        else:
            history.dwell(whole, By.ZONE)
        timed.asked.append(time.perf_counter() - began_s)


def _history(folder: Path, days: int) -> History:
    history = History(folder, Keep(bytes_max=1 << 40))
    for at in range(days):
        day_us = BEGIN_US + at * DAY_US
        with history.duck.work() as duck:
            history.stays.add(duck.sql(day_of_rows(day_us)), day_us, day_us + DAY_US - 1)
        history.tidy(day_us + DAY_US + 1)
    return history
