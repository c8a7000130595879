"""What a store is made of, and what all its parts do: ids, records, and the turn in which everybody hears of them."""

import random
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from contract.entries import Entry, keys_of
from contract.facts import AlarmClosed, AnyFact, CountApproved, OrderItemTaken, TagBound
from contract.feed import StoreCard
from contract.ids import AppointmentId, PieceId, UserId, ZoneId, uuid7
from edge.books import local, replica, seeking
from edge.books.ballast import Ballast
from edge.books.db import Database
from edge.books.journal import Books
from edge.books.rows import AlarmRow, CountRow, DueRow
from edge.capture.ear import Ear
from edge.capture.recorder import SEGMENT_US, Recorder
from edge.capture.ring import Bounds, Ring
from edge.capture.still import Outside
from edge.clients.remarks import Remarks, in_memory
from edge.clock import Clock
from edge.config import EdgeConfig
from edge.counts.counting import Counting
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
from edge.store.wakes import SILENT, Wakes, page_of
from edge.sync.uplink import Sync
from edge.till.desk import Desk
from edge.zoning import Zoning
from trade.stocktake import RUNNING
from web.serving import version

IN_MEMORY: Final = ("stock", "pipeline", "counting", "passes", "looking")
"""What the floor is made of: a capture keeps it, a replay takes it up."""
CAPTURE: Final = "capture"
HISTORY: Final = "history"
"""Folder of the stays, beside the books."""


class Core:
    """`chance` gives ids; by the same seed the same ids. `slow` and `archive` are pools of one: without the first
    nothing is captured, without the second no history is kept. Without `remarks` their keys are in memory alone.
    """

    def __init__(
        self,
        config: EdgeConfig,
        books: Books,
        clock: Clock,
        chance: random.Random,
        wakes: Wakes = SILENT,
        *,
        slow: Executor | None = None,
        archive: Executor | None = None,
        remarks: Remarks | None = None,
    ) -> None:
        self.config = config
        self.books = books
        self.clock = clock
        self.wakes = wakes
        self._chance = chance
        self.stock = Stock(ZoneMap(config))
        here = StoreCard(store=config.store, name=config.name, currency=config.currency, time_zone=config.time_zone)
        self.remarks = remarks or in_memory(config.store)
        terminals = {terminal.till: terminal.id for terminal in config.terminals}
        self.desk = Desk(books, terminals, here, self.remarks)
        self.trays_out_us: dict[AppointmentId, int] = {}
        """Monotonic time since which each open tray has to be read back; of one from before the start: since then."""
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
            lying=self._lying_now,
            pads=self._pads_now,
            is_open=self._open_now,
            alarm=self.pipeline.watch.alarm,
        )
        self.pipeline.listeners.append(self.looking.hear)
        self.pipeline.keeps[LOOKING] = self.looking.body
        self.chronicle: Chronicle | None = None
        self.recorder: Recorder | None = None
        if archive is not None:
            self.chronicle = Chronicle(
                self.stock,
                History(config.data_dir / HISTORY, Keep(config.history.days, config.history.mib << 20)),
                archive,
                clock.wall_us,
                [reader.id for reader in config.readers],
            )
            self.pipeline.listeners.append(self.chronicle.hear)
        if slow is not None and config.capture.minutes:
            self.recorder = self.record_with(slow)
        self.till_logs_unsealed_total = 0
        self.sync = Sync(books, boot=self.new_id())
        self.mode = books.node().mode
        self.unknown_command = ""
        """What the office asked for and this version does not know; every later wish of the office waits behind it."""
        self._chores_us = 0
        with books.transaction() as tx:
            seeking.fill(tx.db)
            local.note_devices(tx, clock.wall_us())
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

    def _lying_now(self) -> Mapping[int, int]:
        return self.pipeline.strangers.lying

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
            "cards": self.stock.cards,  # most of what there is, and of the books: whoever takes this up has read them
            "status": self.stock.status,
            "health": self.pipeline.health,
            "varying": self.counting.looks.varying,
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

    def record_with(self, slow: Executor) -> Recorder:
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
        self.note_devices()
        self.reload()
        self.wakes.tell("store")
        self.wakes.uplink()

    def note_devices(self) -> None:
        """Devices that were let in, shut out, or have another key: the journal hears of it when this box may write."""
        with self.books.transaction() as tx:
            entries = local.note_devices(tx, self.clock.wall_us())
        self.notice(entries)

    def _record(self, facts: tuple[AnyFact, ...], why: str, by: UserId) -> None:
        if not facts:
            return
        with self.books.transaction() as tx:
            entries = tx.write(at_us=self.clock.wall_us(), by=by, why=why, facts=facts)
        self.notice(entries)

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
            if entry.why.startswith(("payment.", "card_refund.")):
                self.wakes.payments()
        if not whys:
            return
        self.stock.restand(self.books.db, pieces)
        facts = [fact for entry in entries for fact in entry.facts if isinstance(fact, TagBound | OrderItemTaken)]
        self._forget_envelopes([fact for fact in facts if isinstance(fact, TagBound)])
        self._learn(fact.piece if isinstance(fact, TagBound) else fact.item.item for fact in facts)
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

    def _learn(self, pieces: Iterable[PieceId]) -> None:
        """The cards of these pieces as the books have them now: catalogue and presence hear of another tag at once."""
        cards = [card for piece in dict.fromkeys(pieces) if (card := replica.piece(self.books.db, piece)) is not None]
        if cards:
            self._forget_rows(self.stock.learn(cards))

    def _forget_envelopes(self, bound: Sequence[TagBound]) -> None:
        """Those whose tag is on another one now, for their thing was given back: they have no card any more."""
        for fact in bound:
            named = [piece for piece in self.stock.cards if piece != fact.piece and self.stock.is_clients(piece)]
            for piece in named:
                if replica.piece(self.books.db, piece) is None:
                    self._forget(piece)

    def _forget(self, piece: PieceId) -> None:
        """It has no card any more; its row is free for another piece from now on."""
        row = self.stock.catalogue.row_of(piece)
        if row is None:
            return
        if self.chronicle is not None:
            self.chronicle.part(row)
        self.stock.forget(piece)
        self._forget_rows(np.array([row], np.int32))

    def _forget_rows(self, rows: NDArray[np.int32]) -> None:
        """They mean other pieces, or other tags, now."""
        self.pipeline.forget_rows(rows)
        self.looking.forget_rows(rows.tolist())
