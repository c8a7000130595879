"""Asking a reader about itself without reading with it: what every family answers, and the waiting for it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final, Protocol

from edge.clock import Clock
from edge.readers.base import ReadBatch, UnreachableError
from edge.readers.findings import Finding
from edge.readers.health import Health
from edge.readers.profiles import Place, Profile

LOOK_EVERY_S: Final = 0.05
PATIENCE_S: Final = 20.0
"""Longer than any module needs until all its baud rates were tried."""

Said = Callable[[str], None]
"""Hears how far it is, in words, while it lasts."""
Row = tuple[str, str]
"""A name, and what the reader says of it in words."""


class Told(Protocol):
    """What a reader said of itself: data for programs, rows for people, and what a profile would meet there."""

    def rows(self) -> Sequence[Row]: ...

    def findings(self, profile: Profile, places: Mapping[int, Place]) -> list[Finding]: ...


class Asked(Protocol):
    """A driver that runs, whatever its family."""

    health: Health

    async def run(self, deliver: Callable[[ReadBatch], None], clock: Clock) -> None: ...


async def wait(driver: Asked, over: Callable[[], bool], clock: Clock, said: Said) -> None:
    """Run the driver until the inquiry is over.

    Raises `UnreachableError` when nothing comes of it for `PATIENCE_S`.
    """
    running = asyncio.create_task(driver.run(lambda _: None, clock))
    last = ""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not over() and not running.done():
                await asyncio.sleep(LOOK_EVERY_S)
                if driver.health.why != last:
                    last = driver.health.why
                    said(last)
    except TimeoutError as error:
        raise UnreachableError(f"{driver.health.why}; nothing came of it for {PATIENCE_S:.0f} s") from error
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
