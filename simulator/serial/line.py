"""A serial cable made of a pseudo-terminal, with the faults of real ones, behind a name that survives unplugging."""

import asyncio
import contextlib
import os
import random
import termios
import tty
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol, Self

from simulator.gen2 import Power, always

STEP_S: Final = 0.005
READ_BYTES: Final = 4096
LOST_SHARE: Final = 0.01
NOISE_BYTES: Final = 64
SPEEDS: Final = {
    9600: termios.B9600, 19_200: termios.B19200, 38_400: termios.B38400, 57_600: termios.B57600,
    115_200: termios.B115200, 230_400: termios.B230400, 460_800: termios.B460800, 921_600: termios.B921600,
}  # fmt: skip


class Fault(StrEnum):
    NONE = "none"
    SILENT = "silent"
    """Power of the module fails; its USB adapter stays."""
    GARBAGE = "garbage"
    """Noise before and after what is said."""
    LOSS = "loss"
    """One byte in a hundred is lost."""


class Module(Protocol):
    """A module without I/O."""

    baud: int
    feeds: Power
    """Whether its field still feeds a tag, asked before each word that is written."""

    def power(self) -> None: ...

    def hear(self, data: bytes, now_us: int) -> None: ...

    def advance(self, now_us: int) -> bytes: ...


class Line:
    """Carries bytes between a module and whoever opens `path`. Use it as an async context."""

    def __init__(
        self, module: Module, path: Path, now_us: Callable[[], int], *, seed: int = 1, pace: float = 1.0
    ) -> None:
        """`pace`: seconds of `now_us` that pass in one of the event loop."""
        self.module, self.path = module, path
        self.fault = Fault.NONE
        self._now_us = now_us
        self._step_s = STEP_S / pace
        self._chance = random.Random(seed)
        self._ends: tuple[int, int] | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.plug()
        self._task = asyncio.create_task(self._carry())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.unplug()

    def plug(self) -> None:
        """A new device, under the old name."""
        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self._ends = master, slave
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(slave))
        self.module.power()

    def unplug(self) -> None:
        """Whoever has it open is hung up on; the name is gone."""
        if self._ends is not None:
            self.path.unlink(missing_ok=True)
            for end in self._ends:
                os.close(end)
            self._ends = None

    def cut_power_after(self, words: int) -> None:
        """The module's power fails when it has written so many more words to tags: half a write, and `SILENT`."""
        left = iter([True] * words)

        def feeds() -> bool:
            if next(left, False):
                return True
            self.fault = Fault.SILENT
            return False

        self.module.feeds = feeds

    async def _carry(self) -> None:
        while True:
            if self._ends is not None:
                self._step(self._ends[0])
            await asyncio.sleep(self._step_s)

    def _step(self, master: int) -> None:
        heard = b""
        with contextlib.suppress(BlockingIOError):
            heard = os.read(master, READ_BYTES)
        in_time = termios.tcgetattr(master)[5] == SPEEDS[self.module.baud]
        if self._dark():
            self.module.power()
            return
        if heard:
            self.module.hear(heard if in_time else self._noise(len(heard)), self._now_us())
        said = self.module.advance(self._now_us())
        if self._dark():
            self.module.feeds = always
            return
        said = self._spoil(said) if in_time else self._noise(len(said))
        with contextlib.suppress(BlockingIOError):  # nobody reads: a UART has no memory
            if said:
                os.write(master, said)

    def _dark(self) -> bool:
        return self.fault is Fault.SILENT

    def _spoil(self, said: bytes) -> bytes:
        if self.fault is Fault.LOSS:
            return bytes(byte for byte in said if self._chance.random() >= LOST_SHARE)
        if self.fault is Fault.GARBAGE:
            return self._noise(NOISE_BYTES) + said + self._noise(NOISE_BYTES)
        return said

    def _noise(self, size: int) -> bytes:
        return self._chance.randbytes(size)
