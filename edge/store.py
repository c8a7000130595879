"""One store, as the house thread runs it: books, stock, the tick, the desk, counts, and what the cloud says.

Every method runs on the house thread (or inline in a test). Whatever writes goes through `notice`, so that stock and
pages hear of it in the same turn.
"""

import random
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
import structlog
from numpy.typing import NDArray

from contract.commands import decode_command
from contract.entries import Entry, keys_of
from contract.facts import (
    AlarmBudgetSet,
    AlarmClosed,
    AnyFact,
    CountAbandoned,
    CountApproved,
    CountFinished,
    CountPlace,
    CountStarted,
    PieceLooked,
    TagBound,
)
from contract.feed import FeedPage, PieceCard
from contract.ids import HOUSE, CountId, PieceId, ReaderId, TillId, UserId, ZoneId, uuid7
from contract.messages import Down, Up
from edge.books import replica
from edge.books.ballast import Ballast
from edge.books.db import Database
from edge.books.journal import Books
from edge.books.local import count_requests
from edge.books.rows import AlarmRow, CountRow, DueRow, Mode, SaleRow, zones_of
from edge.capture.ear import Ear, told
from edge.capture.recorder import SEGMENT_US, Recorder
from edge.capture.ring import Bounds, Ring
from edge.capture.still import Outside
from edge.clock import Clock
from edge.config import EdgeConfig
from edge.counts.counting import CountImpossibleError, Counting, CountRefusedError
from edge.counts.schedule import Schedules
from edge.floor.looking import NAME as LOOKING
from edge.floor.looking import Looking
from edge.floor.now import PadNow
from edge.floor.passes import Passes
from edge.floor.pipeline import Pipeline
from edge.floor.stock import Stock
from edge.floor.zonemap import NO_ZONE, ZoneMap
from edge.history.chronicle import Chronicle
from edge.history.history import History, Keep
from edge.house import disk_is_full
from edge.sync.uplink import Heard, Sync
from edge.till.desk import Desk, Done, Refused
from edge.zoning import Zoning
from trade.acts import AnyAct, ApproveCount, CloseShift, Sight
from trade.scene import NOWHERE
from trade.stocktake import RUNNING
from web.serving import version

log = structlog.get_logger(__name__)

IN_MEMORY: Final = ("stock", "pipeline", "counting", "passes", "looking")
"""What the floor is made of: a capture keeps it, a replay takes it up."""
CAPTURE: Final = "capture"
HISTORY: Final = "history"
"""Folder of the stays, beside the books."""
CHORES_EVERY_US: Final = 10_000_000
PAGE_OF: Final = {
    "sale": "sales",
    "return": "sales",
    "shift": "sales",
    "count": "counts",
    "alarm": "alarms",
    "tag": "tags",
    "output": "readers",
    "piece": "looks",
}


@dataclass(frozen=True, slots=True)
class Wakes:
    """What the store tells the loop. Called on the house thread: hand over with `call_soon_threadsafe`."""

    tell: Callable[[str], None]
    """A page name changed: pad, floor, alarms, counts, passes, sales, tags, readers, uplink, store."""
    uplink: Callable[[], None]
    """Rows wait to be sent."""
    outputs: Callable[[], None] = lambda: None
    """Lamps, sirens or locks are to be otherwise: `pipeline.signals.wanted`."""


SILENT: Final = Wakes(tell=lambda _: None, uplink=lambda: None)
"""Until the loop runs, nobody listens."""


class Store:
    """`chance` gives ids; by the same seed the same ids. `slow` is the pool of one; without it no history is kept."""

    def __init__(
        self,
        config: EdgeConfig,
        books: Books,
        clock: Clock,
        chance: random.Random,
        wakes: Wakes = SILENT,
        *,
        slow: Executor | None = None,
    ) -> None:
        self.config = config
        self.books = books
        self.clock = clock
        self.wakes = wakes
        self._chance = chance
        self.stock = Stock(ZoneMap(config))
        self.desk = Desk(books)
        self.ballast = Ballast(config.data_dir)
        self.ear = Ear()
        """Told what the pipeline hears (`capture/`)."""
        self.pipeline = Pipeline(config, books, self.stock, new_id=self.new_id, wall_us=clock.wall_us)
        self.counting = Counting(config, self.stock, self.pipeline, clock.wall_us)
        self.schedules = Schedules(config)
        self.zoning = Zoning(books, self.stock, self.pipeline, clock)
        self.pipeline.listeners.append(self.zoning.calibration.hear)
        self.passes = Passes(self.stock)
        self.pipeline.listeners.append(self.passes.hear)
        self.looking = Looking(
            self.stock,
            pads=self._pads_now,
            is_open=self._open_now,
            alarm=self.pipeline.watch.alarm,
        )
        self.pipeline.listeners.append(self.looking.hear)
        self.pipeline.keeps[LOOKING] = self.looking.body
        self.chronicle: Chronicle | None = None
        self.recorder: Recorder | None = None
        if slow is not None:
            self.chronicle = Chronicle(
                self.stock,
                History(config.data_dir / HISTORY, Keep(config.history.days, config.history.mib << 20)),
                slow,
                clock.wall_us,
                [reader.id for reader in config.readers],
            )
            self.pipeline.listeners.append(self.chronicle.hear)
            if config.capture.minutes:
                self.recorder = self._record_with(slow)
        self.till_logs_unsealed_total = 0
        self.sync = Sync(books, boot=self.new_id())
        self.mode = books.node().mode
        self.unknown_command = ""
        """What the office asked for and this version does not know; every later wish of the office waits behind it."""
        self._chores_us = 0
        self.reload()

    def new_id(self) -> str:
        return uuid7(self.clock.wall_us(), self._chance.randbytes(10))

    def reload(self) -> None:
        """Take everything up from the books anew: at start, and after a rejoin."""
        self.stock.load(self.books.db)
        self.pipeline.load(self.clock.mono_us())
        self.zoning.load()
        self.looking.load(self.books.db)
        db = self.books.db
        running = [row for state in sorted(RUNNING) for row in db.rows("counts_in", CountRow, state=state)]
        self.counting.load(running, db, self.clock.mono_us())
        told = {row.schedule: row.due_us for row in db.rows("counts_due_last", DueRow)}
        self.schedules.load(told, self.clock.wall_us())
        self.mode = self.books.node().mode
        self.ear.began_anew()

    def _pads_now(self) -> tuple[PadNow, ...]:
        return self.pipeline.pads_now

    def _open_now(self) -> bool:
        return self.pipeline.watch.is_open(self.clock.mono_us()) is not False

    def still(self) -> tuple[object, Outside]:
        """What the house has in memory for the floor, and what stands outside of it (`capture/still.py`)."""
        things = {
            "config": self.config,
            "books": self.books,
            "db": self.books.db,
            "clock": self.clock,
            "store": self,
            "health": self.pipeline.health,
            "chronicle": self.chronicle,
            "recorder": self.recorder,
        }
        outside = Outside({name: thing for name, thing in things.items() if thing is not None})
        return {name: getattr(self, name) for name in IN_MEMORY}, outside

    def take_up(self, memory: dict[str, Any]) -> None:
        """A still of another house like this one."""
        for name in IN_MEMORY:
            setattr(self, name, memory[name])

    def reading_db(self) -> Database:
        """The books as they are now, on a connection of its own."""
        if self.books.path is None:
            return Database(None, image=self.books.db.image())
        db = Database(self.books.path, readonly=True)
        db.stand_still()
        return db

    def _record_with(self, slow: Executor) -> Recorder:
        bounds = Bounds(
            segments=-(-self.config.capture.minutes * 60_000_000 // SEGMENT_US) + 1,
            bytes_max=self.config.capture.mib << 20,
            kept_bytes_max=self.config.capture.kept_mib << 20,
        )
        folder = self.config.data_dir / CAPTURE
        self.ear = recorder = Recorder(self, folder, Ring(folder, bounds), slow, version())
        self.pipeline.intake.ear = recorder.heard
        return recorder

    def rejoined(self) -> None:
        """The books are the cloud's again: believe them, and nothing that was seen before (custody.md §2.1)."""
        self.desk.forget_sightings()
        self.reload()
        self.wakes.tell("store")
        self.wakes.uplink()

    # --- the tick ---------------------------------------------------------------------------------------------

    def tick(self, now_us: int, *, writing: bool) -> None:
        out = self.pipeline.tick(now_us, writing=writing)
        self.ear.ticked(now_us, writing=writing, health=self.pipeline.health, facts=out.written)
        if writing and self.mode is Mode.ACTIVE:
            for zone, pieces in out.met.items():
                self.act(Sight(pieces=tuple(sorted(pieces)), zone=zone), HOUSE)
        if writing and now_us - self._chores_us >= CHORES_EVERY_US:
            self._chores_us = now_us
            self._do_chores()
        self.looking.passed(out.written)
        if self.zoning.changed(writing=writing):
            out.woke.add("zones")
        if self.passes.changed(now_us):
            out.woke.add("passes")
        for name in sorted(out.woke):
            self.wakes.tell(name)
        if out.drive:
            self.wakes.outputs()
        if out.written:
            self._counted(out.written)
            self.wakes.uplink()

    def _counted(self, facts: tuple[AnyFact, ...]) -> None:
        """Counts that ended tell the history how often a piece lay where it was believed."""
        ended = {
            fact.count: self.books.db.one("count", CountRow, count=fact.count)
            for fact in facts
            if isinstance(fact, CountFinished)
        }
        if self.chronicle is not None and ended:
            self.chronicle.counted(facts, {count: zones_of(row) for count, row in ended.items() if row is not None})

    def _do_chores(self) -> None:
        """What may wait some seconds: counts the office asked for, the ballast."""
        if self.books.path is not None:
            self.ballast.keep()
        if self.mode is Mode.ACTIVE:
            self._take_requests()
            self._begin_due()
            for restock in self.pipeline.watch.deliveries.due(self.clock.wall_us(), self.clock.mono_us()):
                self.end_restock(restock, "its time was over", HOUSE)

    def stop(self) -> None:
        """The last thing the house does: keep what was learned."""
        if self.chronicle is not None:
            self.chronicle.stop()
        self.ear.stop()
        self.pipeline.save(self.clock.mono_us())

    # --- counts -----------------------------------------------------------------------------------------------

    @told
    def start_count(
        self,
        count: CountId,
        place: CountPlace,
        zones: tuple[ZoneId, ...],
        by: UserId,
        *,
        why: str = "",
        due_us: int = 0,
        blind: bool = False,
    ) -> None:
        """Nothing when the books know this count. Raises `CountRefusedError` or `NotServingError`.

        why, due_us: of a schedule.
        """
        if self.books.db.one("count", CountRow, count=count) is not None:
            return  # asked for twice; one that has ended would be judged anew under an approved name
        now_us = self.clock.mono_us()
        facts = self.counting.start(count, place, zones, now_us, why=why, due_us=due_us, blind=blind)
        self._begin_count(count, facts, "count.start", by)

    @told
    def recount(self, count: CountId, zones: tuple[ZoneId, ...], reason: str, by: UserId) -> None:
        """Some zones of a finished count again. Raises `CountRefusedError` or `NotServingError`."""
        facts = self.counting.recount(self._count(count), self.books.db, zones, reason, self.clock.mono_us())
        self._begin_count(count, facts, "count.recount", by)

    @told
    def submit_count(self, count: CountId, quantities: Mapping[ZoneId, int], by: UserId) -> None:
        """What a person counted blind. Raises `CountRefusedError` or `NotServingError`."""
        self._record(self.counting.submit(self._count(count), quantities), "count.submit", by)

    @told
    def abandon_count(self, count: CountId, reason: str, by: UserId) -> None:
        """Raises `CountRefusedError` or `NotServingError`."""
        self._record(self.counting.abandon(self._count(count), reason), "count.abandon", by)

    def _count(self, count: CountId) -> CountRow:
        row = self.books.db.one("count", CountRow, count=count)
        if row is None:
            raise CountRefusedError(f"There is no count {count}")
        return row

    def _begin_count(self, count: CountId, facts: tuple[AnyFact, ...], why: str, by: UserId) -> None:
        with ExitStack() as undo:
            undo.callback(self.counting.forget, count)  # what is not in the books does not run
            self._record(facts, why, by)
            undo.pop_all()

    def approve_count(self, count: CountId, business_day: str, by: UserId) -> Done | Refused:
        return self.act(ApproveCount(count=count, business_day=business_day), by)

    def _begin_due(self) -> None:
        """Scheduled counts begin, or are said to have been missed."""
        now, missed = self.schedules.look(self.clock.mono_us(), self.clock.wall_us())
        self._record(tuple(missed), "count.miss", HOUSE)
        for one in now:
            what = one.schedule
            try:
                self.start_count(
                    CountId(self.new_id()), what.place, what.zones, HOUSE,
                    why=what.name, due_us=one.due_us, blind=what.blind,
                )  # fmt: skip
            except CountRefusedError as refused:
                self.schedules.refused(one, str(refused))
            else:
                self.schedules.began(one)

    def _take_requests(self) -> None:
        """Counts the office asked for begin as soon as their zones are free."""
        for request in count_requests(self.books.db):
            try:
                self.start_count(request.count, request.place, zones_of(request), HOUSE)
            except CountImpossibleError as refused:
                started = CountStarted(count=request.count, place=request.place, zones=zones_of(request), expected=0)
                abandoned = CountAbandoned(count=request.count, reason=str(refused))
                self._record((started, abandoned), "count.refuse", HOUSE)
            except CountRefusedError as refused:
                log.info("count_request_waits", count=request.count, why=str(refused))

    def _record(self, facts: tuple[AnyFact, ...], why: str, by: UserId) -> None:
        if not facts:
            return
        with self.books.transaction() as tx:
            entries = tx.write(at_us=self.clock.wall_us(), by=by, why=why, facts=facts)
        self.notice(entries)

    # --- looks ------------------------------------------------------------------------------------------------

    def look(self, piece: PieceId, tags: tuple[str, ...], zone: ZoneId | None, by: UserId, *, found: bool) -> None:
        """A person looked for a piece; `tags` is what the pad of `zone` read. Raises `NotServingError`."""
        fact = PieceLooked(piece=piece, found=found, tags=tags, zone=zone)
        self._record((fact, *self.looking.looked(piece, tags, found=found)), "piece.look", by)

    # --- signals ----------------------------------------------------------------------------------------------

    @told
    def open_lock(self, reader: ReaderId, port: int, seconds: int, why: str, by: UserId) -> None:
        """Open a case or door for seconds; it is in the books before it opens.

        Raises `SignalRefusedError` or `NotServingError`.
        """
        signals = self.pipeline.signals
        fact = signals.open_lock((reader, port), seconds=seconds, why=why, health=self.pipeline.health)
        self._record((fact,), "output.open", by)
        signals.opened((reader, port), seconds, self.clock.mono_us())
        self.wakes.outputs()

    # --- alarms -----------------------------------------------------------------------------------------------

    @told
    def begin_restock(self, restock: str, zones: tuple[ZoneId, ...], minutes: int, by: UserId) -> None:
        """A delivery is being put away: movement there accuses nobody. Raises `RestockRefusedError`."""
        deliveries = self.pipeline.watch.deliveries
        if deliveries.is_open(restock):
            return  # asked for twice; what it muted so far is kept
        fact = deliveries.begin(restock, zones, minutes, self.clock.wall_us())
        self._record((fact,), "alarm.restock", by)
        deliveries.began(fact, self.clock.wall_us(), self.clock.mono_us())
        self.pipeline.show(self.clock.mono_us())  # whoever did it looks at once

    @told
    def end_restock(self, restock: str, why: str, by: UserId) -> None:
        """It has been put away; what it did not bring back is said now. Raises `RestockRefusedError`."""
        pipeline = self.pipeline
        self._record((pipeline.watch.deliveries.end(restock, why),), "alarm.restock", by)
        alarm = pipeline.watch.ended(restock, pipeline.evidence)
        if alarm is not None:
            pipeline.say_alarm(alarm, self.clock.mono_us())
        pipeline.show(self.clock.mono_us())

    @told
    def set_budget(self, alarms_per_month_max: float, weights: dict[str, float], by: UserId) -> None:
        """How many false alarms a month the store will bear, and how detectors share them."""
        fact = AlarmBudgetSet(alarms_per_month_max=alarms_per_month_max, weights=weights)
        self._record((fact,), "alarm.budget", by)
        self.pipeline.watch.told(self.books.db)
        self.pipeline.show(self.clock.mono_us())

    # --- acts -------------------------------------------------------------------------------------------------

    def act(self, act: AnyAct, by: UserId) -> Done | Refused:
        """One act of a person or of the floor. On a full disk the ballast is thrown out to let a shift close."""
        try:
            answer = self._do(act, by)
        except (sqlite3.Error, OSError) as error:
            if not (isinstance(act, CloseShift) and disk_is_full(error) and self.ballast.drop()):
                raise
            log.warning("ballast_dropped", why="the disk is full and a shift is being closed")
            answer = self._do(act, by)
        if isinstance(answer, Done):
            self.notice(answer.entries)
        return answer

    def _do(self, act: AnyAct, by: UserId) -> Done | Refused:
        now_us = self.clock.mono_us()
        till = self._till_of(act)
        return self.desk.do(
            act,
            by=by,
            now_us=self.clock.wall_us(),
            new_id=self.new_id,
            seen=lambda piece: self.seen(piece, now_us),
            pad=self.pad_of(till),
            pad_zone=next((pad.zone for pad in self._pads_of(till)), NOWHERE),
        )

    def notice(self, entries: Sequence[Entry]) -> None:
        """Entries were written: stock, pages and uplink hear of it."""
        pieces: set[PieceId] = set()
        whys: set[str] = set()
        self.ear.wrote(entries)
        for entry in entries:
            for fact in entry.facts:
                if isinstance(fact, AlarmClosed):
                    self.pipeline.signals.closed(fact.alarm)
                    self.pipeline.watch.closed(self.books.db.one("alarm", AlarmRow, alarm=fact.alarm), fact.outcome)
                elif isinstance(fact, CountApproved):
                    self.counting.approved(fact)
            keys = entry.keys or keys_of(entry.facts)
            pieces |= {PieceId(key.removeprefix("piece:")) for key in keys if key.startswith("piece:")}
            whys.add(entry.why)
        if not whys:
            return
        self.stock.restand(self.books.db, pieces)
        self._learn(fact.piece for entry in entries for fact in entry.facts if isinstance(fact, TagBound))
        self.mode = self.books.node().mode
        for name in sorted({page_of(why) for why in whys} | ({"floor"} if pieces else set())):
            self.wakes.tell(name)
        self.wakes.uplink()

    def seen(self, piece: PieceId, now_us: int) -> bool:
        """A reader that works reads it now; where none is fixed, scans and passes since the start count."""
        if not self.stock.zones.fixed:
            return self.stock.seen_since(piece, 0)
        return self.pipeline.seen(piece, now_us)

    def zone_now(self, piece: PieceId, now_us: int) -> ZoneId | None:
        """Where the piece was read last, while that counts as now."""
        last = self.stock.last_seen(piece)
        if last is None or not self.seen(piece, now_us) or last.zone == NO_ZONE:
            return None
        return self.config.zones[last.zone].id

    def pad_of(self, till: TillId | None) -> frozenset[PieceId]:
        """Pieces on this till's pad."""
        return frozenset(piece for pad in self._pads_of(till) for piece in pad.pieces)

    def _pads_of(self, till: TillId | None) -> tuple[PadNow, ...]:
        """Tills and pads pair up in the configuration's order; the last pad is shared. Without a till, every pad."""
        pads = self.pipeline.floor.pads
        if not pads or till is None or till not in self.config.tills:
            return pads
        return (pads[min(self.config.tills.index(till), len(pads) - 1)],)

    def scan(self, pieces: tuple[PieceId, ...], zone: ZoneId, by: UserId, *, damaged: bool) -> Done | Refused:
        """A person's scanner read these pieces in `zone`."""
        self.scanned(pieces, zone)
        return self.act(Sight(pieces=pieces, zone=zone, damaged=damaged), by)

    @told
    def scanned(self, pieces: tuple[PieceId, ...], zone: ZoneId) -> None:
        """A scanner's read is a sighting."""
        for piece in pieces:
            self.stock.scanned(piece, zone, self.clock.mono_us())
        if self.chronicle is not None:
            self.chronicle.scanned(pieces, zone)

    def _till_of(self, act: AnyAct) -> TillId | None:
        """The till an act is made at: its own word, or that of its sale."""
        till = getattr(act, "till", None)
        if till is not None:
            return TillId(till)
        sale = getattr(act, "sale", None)
        row = None if sale is None else self.books.db.one("sale_row", SaleRow, sale=sale)
        return None if row is None else row.till

    # --- the cloud --------------------------------------------------------------------------------------------

    def messages(self) -> list[Up]:
        """What to send the cloud now."""
        return self.sync.messages(self.clock.mono_us())

    def hear(self, down: Down) -> Heard:
        """An answer of the cloud: acknowledgements, and commands carried out."""
        now_us = self.clock.mono_us()
        heard = self.sync.hear(
            down, mono_us=now_us, now_us=self.clock.wall_us(), seen=lambda piece: self.seen(piece, now_us)
        )
        if heard.commands or heard.must_rejoin:
            pieces = {piece for body in down.commands if (piece := piece_of(body)) is not None}
            self.stock.restand(self.books.db, pieces)
            self.ear.stood(pieces)
            self.mode = self.books.node().mode
            self.wakes.tell("floor")
            self.wakes.uplink()
            if self.mode is Mode.ACTIVE:
                self._take_requests()
        if heard.acked or heard.must_rejoin:
            self.wakes.tell("uplink")
        if (heard.commands or heard.unknown) and heard.unknown != self.unknown_command:
            self.unknown_command = heard.unknown
            self.wakes.tell("uplink")
            if heard.unknown:
                log.error("command_unknown", command=heard.unknown, mend="upgrade this box; what the office asks waits")
        return heard

    def take_feed(self, page: FeedPage) -> int:
        """A page of the feed: into the replica, then into the catalogue. Gives the revision to ask from next."""
        rev = replica.take(self.books, page)
        self.ear.learned(page)
        cards = [row.body for row in page.rows if isinstance(row.body, PieceCard)]
        gone = [row.key for row in page.rows if row.body is None]
        for key in gone:
            self._forget(PieceId(key.removeprefix("piece:")))
        self._learn(card.piece for card in cards)
        if cards or gone:
            self.wakes.tell("floor")
        return rev

    def _learn(self, pieces: Iterable[PieceId]) -> None:
        """The cards of these pieces as the books have them now: catalogue and presence hear of another tag at once."""
        cards = [card for piece in dict.fromkeys(pieces) if (card := replica.piece(self.books.db, piece)) is not None]
        if cards:
            self._forget_rows(self.stock.learn(cards))

    def _forget_rows(self, rows: NDArray[np.int32]) -> None:
        """They mean other pieces, or other tags, now."""
        self.pipeline.forget_rows(rows)
        self.looking.forget_rows(rows.tolist())

    def _forget(self, piece: PieceId) -> None:
        """The feed took a card back; its row is free for another piece from now on."""
        row = self.stock.catalogue.row_of(piece)
        if row is None:
            return
        if self.chronicle is not None:
            self.chronicle.part(row)
        self.stock.forget(piece)
        self._forget_rows(np.array([row], np.int32))


def piece_of(body: msgspec.Raw) -> PieceId | None:
    """The piece a command is about; None for one that is about none, or that this version cannot read."""
    try:
        return getattr(decode_command(bytes(body)).command, "piece", None)
    except msgspec.ValidationError:
        return None


def page_of(why: str) -> str:
    """Which page an entry's `why` (an act's or command's name) concerns."""
    return PAGE_OF.get(why.partition(".")[0], "store")
