"""The door of the tick: batches from the readers' thread in, reads of known pieces out.

Bounded: a house that cannot keep up drops batches at the door, and counts them.
"""

from collections import deque
from typing import Final

from contract.ids import ReaderId
from edge.floor.rounds import Heard, place
from edge.floor.stock import Stock
from edge.readers.base import ReadBatch

BATCHES_PENDING_MAX: Final = 4096
UNKNOWN_EVERY_US: Final = 10_000_000


class Intake:
    """`deliver` may be called from any thread, the rest belongs to the house. Counters are read by `/metrics`."""

    def __init__(self, stock: Stock, readers: tuple[ReaderId, ...]) -> None:
        self.reads_total = 0
        self.batches_dropped_total = 0
        self._stock = stock
        self._reader_at = {reader: at for at, reader in enumerate(readers)}
        self._batches: deque[ReadBatch] = deque()
        self._unknown = 0
        self._unknown_us = -UNKNOWN_EVERY_US

    def __len__(self) -> int:
        """Batches that wait."""
        return len(self._batches)

    def deliver(self, batch: ReadBatch) -> None:
        """Above `BATCHES_PENDING_MAX` a batch is dropped and counted."""
        if len(self._batches) >= BATCHES_PENDING_MAX:
            self.batches_dropped_total += 1
            return
        self._batches.append(batch)

    def drain(self) -> list[Heard]:
        """Everything that waits, looked up; sightings are noted on the way."""
        heard: list[Heard] = []
        stock = self._stock
        while self._batches:
            batch = self._batches.popleft()
            self.reads_total += len(batch)
            found = stock.catalogue.hear(batch.epc, batch.epc_bits, batch.arrived_us)
            fixed = batch.reader in stock.zones.fixed
            one = place(batch, found.rows, stock.zones, None if fixed else found.unknown)
            stock.sightings.saw(one.row, one.zone, self._reader_at[batch.reader], one.arrived_us)
            heard.append(one)
        return heard

    def unknown_tags(self, now_us: int) -> int:
        """Tags in the air that are no piece of ours. They change slowly and cost a look-up each: every ten seconds."""
        if now_us - self._unknown_us >= UNKNOWN_EVERY_US:
            self._unknown, self._unknown_us = len(self._stock.catalogue.unknown()), now_us
        return self._unknown
