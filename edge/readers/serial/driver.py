"""The port of a serial module, read at the pace of a tick: watchdog in seconds, opened again for ever, baud rate found.

Nothing else here does input or output. pyserial opens and sets the port; bytes are read and written without it, because
its write spins while a non-blocking port is full (pyserial 3.5, `serialposix.py`).
"""

import asyncio
import errno
import os
import select
import termios
from collections.abc import Callable
from random import Random
from typing import Final

import serial

from edge.clock import Clock
from edge.readers.access import Access
from edge.readers.base import ReadBatch, ReaderError, UnreachableError
from edge.readers.health import Health
from edge.readers.inquiry import Said, wait
from edge.readers.serial.address import Address
from edge.readers.serial.connection import State
from edge.readers.serial.dialogue import Dialogue
from edge.readers.serial.inquiry import Inquiry, SerialTold

TICK_S: Final = 0.02
READ_BYTES: Final = 4096
"""What the kernel's line discipline holds at most."""
BYTES_PER_TICK_MAX: Final = 1 << 16
AGAIN_AFTER_S: Final = (0.1, 0.3)
FAILURES_COUNTED_MAX: Final = 4
REFUSED_AGAIN_AFTER_S: Final = (8.0, 12.0)
"""Shortest and longest pause before the port is opened again, drawn each time: a store's modules must not come back as
one. It grows with the failures in a row, at most four: we are back within 2 s. A refusal needs a person first."""
SAME_BAUD_TRIES: Final = 3
"""A module that once answered is looked for at its own rate so often before another is tried once."""
SEND_PENDING_MAX: Final = 1 << 14


class SerialReader:
    """One module on a serial port. `run` ends only by cancellation; whatever happens is told by `health`."""

    def __init__(self, address: Address, dialogue: Dialogue, chance: Random, *, tick_s: float = TICK_S) -> None:
        self.id = dialogue.health.reader
        self.health: Health = dialogue.health
        self._path = address.path
        self._bauds = Bauds(address.bauds)
        self._dialogue = dialogue
        self._chance = chance
        self._tick_s = tick_s
        self._failures = 0

    async def run(self, deliver: Callable[[ReadBatch], None], clock: Clock) -> None:
        """Read for ever. `deliver` gets every batch on the loop's thread and must not block."""
        self.health.last_heard_us = self.health.last_heard_us or clock.mono_us()
        while True:
            port = await self._open(clock)
            if port is not None:
                try:
                    await self._converse(port, deliver, clock)
                finally:
                    _close(port)
                self._bauds.tried(answered=self._dialogue.answered)
            await self._pause(clock)

    @property
    def looks(self) -> tuple[str, ...]:
        """`edge.readers.base.Varying`."""
        return self._dialogue.looks.named

    def vary(self, number: int) -> None:
        """`edge.readers.base.Varying`. Raises `ValueError`."""
        self._dialogue.looks.vary(number)

    async def access(self, access: Access) -> bytes:
        """Do this to a tag between two stretches of reading. Raises `ReaderError`, whose class says what to do."""
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def told(outcome: bytes | ReaderError) -> None:
            if future.done():
                return
            if isinstance(outcome, ReaderError):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

        self._dialogue.want(access, told)
        try:
            return await future
        finally:
            self._dialogue.give_up(told)

    async def _open(self, clock: Clock) -> serial.Serial | None:
        """In a thread, because a wedged USB device holds whoever opens it for seconds; the watchdog's clock goes on."""
        attempt = asyncio.ensure_future(asyncio.to_thread(_opened, self._path, self._bauds.now))
        try:
            while not attempt.done():
                await asyncio.wait((attempt,), timeout=self._tick_s * 5)
                self._dialogue.tick(clock.mono_us())
            port = attempt.result()
        except (OSError, ValueError, termios.error) as error:
            self._failures += 1
            self._dialogue.lose(clock.mono_us(), f"cannot open {self._path}: {_words(error)}")
            return None
        except asyncio.CancelledError:
            attempt.add_done_callback(_close_late)
            raise
        self._failures = 0
        self._dialogue.open(clock.mono_us())
        return port

    async def _converse(self, port: serial.Serial, deliver: Callable[[ReadBatch], None], clock: Clock) -> None:
        """Until the table hangs up or the port is gone."""
        dialogue, unsent = self._dialogue, b""
        while not dialogue.hung_up:
            try:
                self._receive(port.fileno(), deliver, clock)
                cut_short = dialogue.tick(clock.mono_us())
                if cut_short is not None:
                    deliver(cut_short)
                unsent = _send(port.fileno(), unsent + dialogue.take())
            except (OSError, ValueError, termios.error) as error:
                dialogue.lose(clock.mono_us(), f"{self._path} is gone: {_words(error)}")
                return
            await asyncio.sleep(self._tick_s)

    def _receive(self, fd: int, deliver: Callable[[ReadBatch], None], clock: Clock) -> None:
        """What the tick brought. Raises `OSError` when the port is gone."""
        taken = 0
        while taken < BYTES_PER_TICK_MAX and not self._dialogue.hung_up:
            if not select.select((fd,), (), (), 0)[0]:
                return
            data = os.read(fd, READ_BYTES)
            if not data:  # readable and empty: the device was unplugged
                raise ConnectionResetError("unplugged")
            batch = self._dialogue.hear(data, clock.mono_us())
            if batch is not None:
                deliver(batch)
            taken += len(data)

    async def _pause(self, clock: Clock) -> None:
        refused = self._dialogue.state is State.REFUSED
        left_s = self._chance.uniform(*(REFUSED_AGAIN_AFTER_S if refused else AGAIN_AFTER_S))
        if not refused:
            left_s *= max(1, min(self._failures, FAILURES_COUNTED_MAX))
        until_us = clock.mono_us() + round(left_s * 1e6)
        while (left_us := until_us - clock.mono_us()) > 0:
            await asyncio.sleep(min(left_us / 1e6, self._tick_s * 5))
            self._dialogue.tick(clock.mono_us())


async def inquire(address: Address, inquiry: Inquiry, chance: Random, clock: Clock, said: Said) -> SerialTold:
    """Who the module is. Raises `UnreachableError` with the mend."""
    await wait(SerialReader(address, inquiry, chance), lambda: inquiry.over, clock, said)
    if inquiry.told is None:
        raise UnreachableError(
            f"no module answered at {address.path}: {inquiry.health.why}; look whether it is plugged in and has power, "
            "whether this is its port and its kind, and whether another program has the port open"
        )
    return inquiry.told


class Bauds:
    """Which rate to try now: all in turn until one answers, then that one, and now and then another."""

    def __init__(self, bauds: tuple[int, ...]) -> None:
        self._all = bauds
        self._known: int | None = None
        self._next = 0
        self._silent = 0
        self.now = bauds[0]

    def tried(self, *, answered: bool) -> None:
        """The port was open at `now` and is not any more."""
        if answered:
            self._known, self._silent = self.now, 0
            return
        self._silent += 1
        if self._known is not None and self._silent % (SAME_BAUD_TRIES + 1):
            self.now = self._known
            return
        self._next = (self._next + 1) % len(self._all)
        self.now = self._all[self._next]


def _opened(path: str, baud: int) -> serial.Serial:
    port = serial.Serial(path, baud, timeout=0, write_timeout=0, exclusive=True)
    os.set_blocking(port.fileno(), False)
    return port


def _close(port: serial.Serial) -> None:
    """At once: the kernel would wait up to 30 s for unsent bytes of a port that takes none."""
    try:
        termios.tcflush(port.fileno(), termios.TCOFLUSH)
    except (OSError, termios.error):  # unplugged: nothing waits to be sent
        pass
    finally:
        port.close()


def _close_late(attempt: "asyncio.Future[serial.Serial]") -> None:
    if not attempt.cancelled() and attempt.exception() is None:
        _close(attempt.result())


def _send(fd: int, data: bytes) -> bytes:
    """Send what the port takes; returns the rest. Raises `OSError`."""
    if not data:
        return b""
    try:
        sent = os.write(fd, data)
    except BlockingIOError:
        sent = 0
    if len(data) - sent > SEND_PENDING_MAX:
        raise ConnectionResetError("the module does not take what we send")
    return data[sent:]


def _words(error: Exception) -> str:
    """The system's own words: pyserial puts the path and the number around them, which is said already."""
    if not isinstance(error, OSError) or error.errno is None:
        return str(error)
    mend = "; let the user who runs this open it (group dialout)" if error.errno == errno.EACCES else ""
    return os.strerror(error.errno) + mend
