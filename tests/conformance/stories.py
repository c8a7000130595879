"""How a story with real time is told: wait for what must come, never for a while. `conftest` makes this importable."""

import asyncio
import contextlib

from house_hurry import HURRIED, PACE

PATIENCE_S = 60.0
"""No measurement: a machine that is busy is waited for."""


@contextlib.asynccontextmanager
async def running(reader):
    """The batches it delivers."""
    batches = []
    reader._tick_s /= PACE
    task = asyncio.create_task(reader.run(batches.append, HURRIED))
    try:
        yield batches
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def play(story):
    """Run a story; the transports it closed get a moment to end before the loop does."""

    async def whole():
        try:
            await story()
        finally:
            await asyncio.sleep(0.1)

    asyncio.run(whole())


def play_each(story, subjects, folder):
    """The same story of every subject, side by side: they mostly wait. Each that fails is named."""

    async def told(subject):
        own = folder / subject.name
        own.mkdir()
        try:
            await story(subject, own)
        except Exception as error:  # noqa: BLE001 - raised below, together with the others
            error.add_note(f"in the story of {subject.name}")
            return error
        return None

    async def together():
        failed = [error for error in await asyncio.gather(*map(told, subjects)) if error is not None]
        if failed:
            raise ExceptionGroup("not every driver stands this story", failed)

    play(together)


async def until(condition):
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - the driver tells by its health, which is looked at, not waited for
            await asyncio.sleep(0.02)
