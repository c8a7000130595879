"""The house thread: the one owner of the writing connection, the catalogue and presence.

Acts (`sell`, `hold`, `count`) come through one bounded queue and run between ticks, so there are no locks and an act
waits one tick at most. The same house runs without a thread: `step(now)` does what the thread would do.
"""

import asyncio
import errno
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol, TypeVar

import structlog

from edge.clock import Clock

TICK_US: Final = 20_000
ACTS_PENDING_MAX: Final = 1024
FULL_RETRY_US: Final = 5_000_000
"""How long a full disk is left alone before the tick tries to write again."""
STOPPING: Final = "the edge is stopping; try again in a few seconds"

log = structlog.get_logger(__name__)
Result = TypeVar("Result")


class HouseBusyError(Exception):
    """The queue of acts is full: try again in a moment."""


class HouseStoppedError(Exception):
    """The house has stopped; the process is going down and will be started again."""


class DiskFullError(Exception):
    """Nothing can be written: free space on the data directory; the register resumes by itself."""


class Mood(StrEnum):
    """How the house stands."""

    RUNNING = "running"
    FULL = "full"
    STOPPED = "stopped"
    BROKEN = "broken"


class Tick(Protocol):
    """What the house does every 20 ms. `writing` is false while the disk is full."""

    def __call__(self, now_us: int, *, writing: bool) -> None: ...


@dataclass(slots=True)
class Tally:
    """Counters of the house, read by `/metrics`."""

    acts_total: int = 0
    acts_refused_busy_total: int = 0
    ticks_total: int = 0
    tick_us_max: int = 0
    tick_us_total: int = 0
    disk_full_total: int = 0


@dataclass(slots=True)
class House:
    """`tick` is run every 20 ms of monotonic time; `broken` hears why the house had to stop (then the process ends)."""

    tick: Tick
    clock: Clock
    broken: Callable[[BaseException], None] = lambda _: None
    acts_pending_max: int = ACTS_PENDING_MAX
    mood: Mood = Mood.RUNNING
    tally: Tally = field(default_factory=Tally)
    _acts: queue.Queue[Callable[[], None]] = field(init=False)
    _thread: threading.Thread | None = None
    _next_us: int = 0
    _full_since_us: int = 0
    _last: Callable[[], None] | None = None
    _ended: bool = False
    """Nobody takes acts from the queue any more."""

    def __post_init__(self) -> None:
        self._acts = queue.Queue(self.acts_pending_max)

    def submit(self, act: Callable[[], Result]) -> Future[Result]:
        """Run `act` on the house thread; its result or its error arrives in the future. Any thread may call.

        Raises `HouseBusyError` when `acts_pending_max` acts wait already, `HouseStoppedError` when nobody will run it.
        """
        if self.mood in (Mood.STOPPED, Mood.BROKEN):
            raise HouseStoppedError(STOPPING)
        future: Future[Result] = Future()

        def run() -> None:
            if future.set_running_or_notify_cancel():
                self._run_act(act, future)

        try:
            self._acts.put_nowait(run)
        except queue.Full:
            self.tally.acts_refused_busy_total += 1
            raise HouseBusyError("the edge is busy; try again in a moment") from None
        if self._ended:
            self._drain()  # the house ended between our look at it and our act: whoever finds the act fails it
        return future

    async def ask(self, act: Callable[[], Result]) -> Result:
        """`submit`, awaited on the loop. Without a thread (tests) the house steps here."""
        future = self.submit(act)
        if not self.threaded:
            self.step()
        return await asyncio.wrap_future(future)

    @property
    def threaded(self) -> bool:
        """Whether the house has its own thread; without, somebody calls `step`."""
        return self._thread is not None

    def step(self) -> None:
        """Inline mode: run every waiting act, then one tick."""
        assert self._thread is None, "a house with a thread steps by itself"
        self._drain()
        self._tick(self.clock.mono_us())

    def start(self) -> None:
        """Give the house its thread."""
        assert self._thread is None, "the house is started once"
        self._thread = threading.Thread(target=self._live, name="house", daemon=True)
        self._thread.start()

    def stop(self, last: Callable[[], None]) -> None:
        """Finish waiting acts, run `last` on the house thread, end. Waits for it."""
        if self._thread is None:
            self._drain()
            if self.mood is not Mood.BROKEN:
                last()
            self.mood = Mood.STOPPED
            self._end()
            return
        if self.mood is not Mood.BROKEN:
            # not through the queue: that may be full
            done: Future[None] = Future()
            self._last = lambda: self._run_act(last, done)
            self.mood = Mood.STOPPED
            self._wake()
            done.result(timeout=10)
        self._thread.join(timeout=10)

    # --- the thread -------------------------------------------------------------------------------------------

    def _live(self) -> None:
        self._next_us = self.clock.mono_us()
        while self.mood in (Mood.RUNNING, Mood.FULL):
            now = self.clock.mono_us()
            if now >= self._next_us:
                self._tick(now)
                # A late tick is not made up for: the next one takes what has gathered meanwhile.
                self._next_us = max(self._next_us + TICK_US, self.clock.mono_us())
                continue
            try:
                act = self._acts.get(timeout=(self._next_us - now) / 1e6)
            except queue.Empty:
                continue
            act()
        self._drain()
        if self._last is not None:
            self._last()
        self._end()

    def _end(self) -> None:
        """Nobody waits for ever: an act that came after the last one is told that it will not be run."""
        self._ended = True
        self._drain()

    def _wake(self) -> None:
        try:
            self._acts.put_nowait(lambda: None)
        except queue.Full:
            return  # a full queue wakes the thread as well

    def _drain(self) -> None:
        while True:
            try:
                act = self._acts.get_nowait()
            except queue.Empty:
                return
            act()

    def _run_act(self, act: Callable[[], Result], future: Future[Result]) -> None:
        if self.mood is Mood.BROKEN:
            future.set_exception(HouseStoppedError("the edge has stopped after a fault; it is being restarted"))
            return
        if self._ended:
            future.set_exception(HouseStoppedError(STOPPING))
            return
        self.tally.acts_total += 1
        try:
            result = act()
        except BaseException as error:  # noqa: BLE001 the caller gets every error; the fatal ones also end the house
            future.set_exception(self._judge(error))
        else:
            future.set_result(result)

    def _tick(self, now_us: int) -> None:
        if self.mood is Mood.FULL and now_us - self._full_since_us >= FULL_RETRY_US:
            self.mood = Mood.RUNNING
        try:
            self.tick(now_us, writing=self.mood is Mood.RUNNING)
        except BaseException as error:  # noqa: BLE001 the outermost shell of the thread: stop rather than go on wrong
            if not isinstance(self._judge(error), DiskFullError):
                self._break(error)
        spent = self.clock.mono_us() - now_us
        self.tally.ticks_total += 1
        self.tally.tick_us_total += spent
        self.tally.tick_us_max = max(self.tally.tick_us_max, spent)

    def _judge(self, error: BaseException) -> BaseException:
        """A full disk pauses writing; a damaged one, or a broken invariant, ends the process (DESIGN law 8)."""
        if disk_is_full(error):
            if self.mood is not Mood.FULL:
                log.error("disk_full", mend="free space in the data directory; writing resumes by itself")
            self.mood, self._full_since_us = Mood.FULL, self.clock.mono_us()
            self.tally.disk_full_total += 1
            return DiskFullError("the disk of this store's box is full: free space, then try again")
        if is_fatal(error):
            self._break(error)
        return error

    def _break(self, error: BaseException) -> None:
        if self.mood is Mood.BROKEN:
            return
        self.mood = Mood.BROKEN
        log.critical("house_broken", error=repr(error), exc_info=error)
        self.broken(error)


def disk_is_full(error: BaseException) -> bool:
    """SQLITE_FULL or ENOSPC."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def is_fatal(error: BaseException) -> bool:
    """EIO, a corrupt database, a broken invariant: nothing after it can be trusted."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        return code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    return isinstance(error, AssertionError | MemoryError) or (isinstance(error, OSError) and error.errno == errno.EIO)
