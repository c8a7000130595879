"""Writes down what the pipeline heard: events on the house thread, files in the pool.

Every `SEGMENT_US` a file begins with all the house knows (`still.py`, tables of the books), so that any file of the
ring can be replayed alone. Around an alarm the running file and the one before are kept.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
import structlog

from contract.entries import Entry, encode_entry
from contract.facts import AlarmRaised, AnyFact, ReaderLink
from contract.feed import FeedPage
from contract.ids import PieceId, ReaderId
from edge.books.db import Database
from edge.capture.ear import Ear
from edge.capture.frames import Batch, Begin, Did, Event, Learned, Stood, Tick, Written
from edge.capture.ring import Ring, last_number
from edge.capture.still import ARRAY_32, Camera, Outside, StillError
from edge.clock import Clock
from edge.config import EdgeConfig
from edge.floor.stock import Stock
from edge.readers.base import ReadBatch
from edge.readers.health import Health

log = structlog.get_logger(__name__)

SEGMENT_US: Final = 300_000_000
FRAME_US: Final = 1_000_000
AFTER_ALARM_US: Final = 120_000_000
"""A file that begins so soon after an alarm is kept for it too: what came next explains it as well."""
EVENTS_PENDING_MAX: Final = 20_000
"""Of frames that the pool has not taken; above it the file ends and another begins, and the gap is counted."""
SECRETS: Final = frozenset(
    {"journal", "snapshot", "orphan", "fetched", "down_log", "login", "pin_verifier", "device", "device_token"}
)
"""Tables that no replay needs, or that are nobody's business."""
SEARCHED: Final = "seek"
"""What tables of the search begin with: they are made anew of the cards, and are more than all others together."""
ROWS_AT_ONCE: Final = 1_000
PAUSE_S: Final = 0.002
"""After so many rows of a table, about a millisecond's work, the pool lets go for so long: whoever waits for the
interpreter, an alarm on its way to the wall, has it then. A hundred thousand pieces take a second or two so."""
HEALTH: Final = (
    "link", "why", "model", "firmware", "serial", "last_heard_us", "alive_since_us", "overflow_us", "waits_for",
    "exception", "overflows_total", "reads_total", "look", "looks",
)  # fmt: skip
"""What the pipeline asks of a reader's health, beside inputs and antennas."""


class Known(Protocol):
    """What a capture needs of a store."""

    config: EdgeConfig
    clock: Clock
    stock: Stock

    def still(self) -> tuple[object, Outside]:
        """What is in memory, and what stands outside of it."""

    def reading_db(self) -> Database:
        """A connection of its own to the books as they are now, for the pool; closed there."""


class Recorder(Ear):
    """Owned by the house thread; `_begin`, `_write` and `_end` run in the pool, one after the other."""

    def __init__(self, store: Known, folder: Path, ring: Ring, pool: Executor, program: str) -> None:
        self.events_lost_total = 0
        self.writes_failed_total = 0
        self.segments_total = 0
        self.stills_failed_total = 0
        self._store = store
        self._ring = ring
        self._pool = pool
        self._program = program
        self._number = last_number(folder)
        self._gap = self._number > 0
        """Something was not written since the last file: the next one does not follow it, its number says so."""
        self._batches: list[ReadBatch] = []
        self._events: list[Event] = []
        self._told: dict[ReaderId, dict[str, Any]] = {}
        self._depth = 0
        self._began_us = -SEGMENT_US
        self._framed_us = 0
        self._alarm_us = -AFTER_ALARM_US
        self._alarms: list[str] = []
        self._by_acts: list[AlarmRaised] = []
        """Alarms that the act under way has written by itself."""
        self._anew = True
        self._in_pool: list[tuple[Future[None], int]] = []

    # --- the house thread -------------------------------------------------------------------------------------

    def heard(self, batch: ReadBatch) -> None:
        self._batches.append(batch)

    def ticked(
        self, now_us: int, *, writing: bool, health: Mapping[ReaderId, Health], facts: Sequence[AnyFact]
    ) -> None:
        batches, self._batches = self._batches, []
        if not self._anew:
            self._add(
                Tick(
                    now_us=now_us,
                    wall_us=self._store.clock.wall_us(),
                    writing=writing,
                    batches=[_batch(one) for one in batches],
                    health=self._changed(health),
                    facts=msgspec.json.encode(facts) if facts else b"",
                )
            )
        if self._anew or now_us - self._began_us >= SEGMENT_US:
            self._cut(now_us, health)
        if now_us - self._framed_us >= FRAME_US:
            self._framed_us = now_us
            self._hand_over([])
        self._keep(now_us, facts)

    def wrote(self, entries: Sequence[Entry]) -> None:
        if not self._depth:
            self._add(Written([encode_entry(entry) for entry in entries]))
            return
        self._by_acts += [fact for entry in entries for fact in entry.facts if isinstance(fact, AlarmRaised)]

    def learned(self, page: FeedPage) -> None:
        self._add(Learned(msgspec.json.encode(page)))

    def stood(self, pieces: set[PieceId]) -> None:
        told = [(piece, self._store.stock.status_of(piece)) for piece in sorted(pieces)]
        claims = [(p, str(s.custody), None if s.claim is None else str(s.claim), s.ref) for p, s in told]
        self._add(Stood([(str(piece), *rest) for piece, *rest in claims]))  # type: ignore[misc]  # a tuple of four

    def did(self, name: str, given: tuple[object, ...], named: Mapping[str, object]) -> None:
        if self._depth:
            return
        said, self._by_acts = self._by_acts, []
        if self._anew:
            return
        camera = Camera(Outside({}))
        try:
            camera.look([list(given), dict(named)])
            clock = self._store.clock
            facts = msgspec.json.encode(said) if said else b""
            self._add(Did(name, camera.encoded(), clock.mono_us(), clock.wall_us(), facts))
            self._keep(clock.mono_us(), said)
        except StillError as error:
            log.warning("capture_lacks_an_act", act=name, why=str(error))
            self.began_anew()

    def began_anew(self) -> None:
        self._anew, self._gap = True, self._number > 0
        self._events.clear()

    @contextmanager
    def inside(self) -> Iterator[None]:
        if not self._depth:
            self._by_acts = []
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def stop(self) -> None:
        self._hand_over([])
        self._submit(0, self._ring.close)

    # --- steps ------------------------------------------------------------------------------------------------

    def _keep(self, now_us: int, facts: Sequence[AnyFact]) -> None:
        """Files around an alarm are kept."""
        alarms = [str(fact.alarm) for fact in facts if isinstance(fact, AlarmRaised)]
        if alarms:
            self._alarm_us, self._alarms = now_us, alarms
            self._framed_us = now_us
            self._hand_over(alarms)

    def _add(self, event: Event) -> None:
        if not self._anew:
            self._events.append(event)

    def _changed(self, health: Mapping[ReaderId, Health]) -> dict[str, dict[str, Any]]:
        """What differs from what was told, by reader and field."""
        out: dict[str, dict[str, Any]] = {}
        for reader, state in health.items():
            now = {name: getattr(state, name) for name in HEALTH}
            now["inputs"], now["antennas_down"] = dict(state.inputs), sorted(state.antennas_down)
            before = self._told.get(reader, {})
            if now != before:
                self._told[reader] = now
                out[str(reader)] = {
                    name: str(value) if isinstance(value, ReaderLink) else value
                    for name, value in now.items()
                    if name not in before or before[name] != value
                }
        return out

    def _cut(self, now_us: int, health: Mapping[ReaderId, Health]) -> None:
        """Another file begins here, with all the house knows."""
        self._hand_over([])
        try:
            db = self._store.reading_db()
        except (sqlite3.Error, OSError) as error:
            self.writes_failed_total += 1
            log.warning("capture_not_begun", why=str(error))
            self.began_anew()
            return
        self._number += 2 if self._gap else 1
        self._anew = self._gap = False
        self._began_us = self._framed_us = now_us
        self.segments_total += 1
        still, outside = self._store.still()
        camera, why = Camera(outside), ""
        try:
            camera.look(still)
        except StillError as error:
            self.stills_failed_total += 1
            why = f"memory could not be kept: {error}"
            log.warning("capture_without_memory", why=why)
        begin = Begin(
            number=self._number,
            store=self._store.config.store,
            program=self._program,
            now_us=now_us,
            wall_us=self._store.clock.wall_us(),
            config=msgspec.json.encode(self._store.config, enc_hook=str),
            tables={},
            why=why,
        )
        self._told.clear()
        first = Tick(now_us=now_us, wall_us=begin.wall_us, writing=False, health=self._changed(health))
        alarms = self._alarms if now_us - self._alarm_us < AFTER_ALARM_US else []
        self._submit(1, lambda: self._begin(begin, camera, db, first, alarms))

    def _hand_over(self, alarms: list[str]) -> None:
        events, self._events = self._events, []
        self._in_pool = [(future, size) for future, size in self._in_pool if not future.done()]
        waiting = sum(size for _, size in self._in_pool)
        if waiting + len(events) > EVENTS_PENDING_MAX:
            self.events_lost_total += len(events)
            self.began_anew()
            return
        if events or alarms:
            self._submit(len(events), lambda: self._write(events, alarms))

    def _submit(self, size: int, work: Callable[[], None]) -> None:
        try:
            self._in_pool.append((self._pool.submit(self._safely, work), size))
        except RuntimeError:  # the pool has been shut down: the box is stopping
            self.events_lost_total += size

    # --- the pool ---------------------------------------------------------------------------------------------

    def _safely(self, work: Callable[[], None]) -> None:
        """A disk that is full or broken costs the capture and nothing else."""
        try:
            work()
        except (OSError, StillError, sqlite3.Error) as error:
            self.writes_failed_total += 1
            self._gap = True
            log.warning("capture_not_written", why=str(error), mend="free space in the data directory")

    def _begin(self, begin: Begin, camera: Camera, db: Database, first: Tick, alarms: list[str]) -> None:
        try:
            tables = {table: _rows(db.every(table)) for table in db.tables() if _told(table)}
        finally:
            db.close()
        still = b"" if begin.why else camera.encoded()
        self._ring.begin(begin.number, [msgspec.structs.replace(begin, tables=tables, still=still), first])
        for alarm in alarms:
            self._ring.keep(alarm)

    def _write(self, events: list[Event], alarms: list[str]) -> None:
        self._ring.write(events)
        for alarm in alarms:
            self._ring.keep(alarm)


def _told(table: str) -> bool:
    return table not in SECRETS and not table.startswith(SEARCHED)


def _rows(rows: Iterable[Sequence[object]]) -> msgspec.Raw:
    """A table as msgpack, row by row: its rows are never all in memory as objects."""
    out, encoder, count = bytearray(ARRAY_32 + bytes(4)), msgspec.msgpack.Encoder(), 0
    for row in rows:
        encoder.encode_into(row, out, -1)
        count += 1
        if count % ROWS_AT_ONCE == 0:
            time.sleep(PAUSE_S)
    out[: len(ARRAY_32) + 4] = ARRAY_32 + count.to_bytes(4)
    return msgspec.Raw(bytes(out))


def _batch(one: ReadBatch) -> Batch:
    details = b""
    if one.details is not None:
        camera = Camera(Outside({}))
        camera.look(one.details)
        details = camera.encoded()
    block = bytes(one.block)
    return Batch(
        str(one.reader), one.arrived_us, one.epc_bytes, one.uptime, one.arrived_utc_us, one.boot, block, details
    )
