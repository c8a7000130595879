"""A keyboard-wedge sled: it types into the page "Pass", the page posts what it typed, and this makes reads of it.

Here nothing is opened and nothing dialled. One such reader serves every phone of the store at once: where a read
belongs is said with it.
"""

import asyncio
from collections.abc import Callable, Sequence

from contract.facts import ReaderLink
from edge.clock import Clock
from edge.readers.base import PHASE_ABSENT, RSSI_ABSENT_CDBM, ReadBatch, UnreachableError
from edge.readers.health import Health
from edge.readers.serial.reads import columns


class WedgeReader:
    """`feed` is called on the loop's thread, as `deliver` is."""

    def __init__(self, health: Health) -> None:
        self.id = health.reader
        self.health = health
        self._deliver: Callable[[ReadBatch], None] | None = None
        self._now_us: Callable[[], int] = lambda: 0

    async def run(self, deliver: Callable[[ReadBatch], None], clock: Clock) -> None:
        """Stand ready until cancelled."""
        self._deliver, self._now_us = deliver, clock.mono_us
        self.health.link, self.health.why = ReaderLink.READING, "waits for what sleds type on the page Pass"
        self.health.waits_for = "a sled"
        self.health.alive_since_us = clock.mono_us()
        try:
            await asyncio.Event().wait()
        finally:
            self._deliver = None
            self.health.link, self.health.why = ReaderLink.CONNECTING, "the box is stopping"

    def feed(self, port: int, epcs: Sequence[bytes], unreadable: int = 0) -> None:
        """What was typed in the zone of this port. Raises `UnreachableError` while the box starts or stops."""
        if self._deliver is None:
            raise UnreachableError("the store's box is starting; try again in a moment")
        health, now_us = self.health, self._now_us()
        health.last_heard_us = now_us
        health.reads_total += len(epcs)
        health.dropped_total += unreadable
        if epcs:
            reads = [(epc, port, RSSI_ABSENT_CDBM, PHASE_ABSENT, 1) for epc in epcs]
            self._deliver(columns(self.id, now_us, reads))
