"""The door of the tick: batches from the readers' thread in, reads of known pieces out.

Bounded: a house that cannot keep up drops batches at the door, counts them, and knows whose rounds lack them.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.ids import ReaderId
from edge.floor.catalogue import Heard as Found
from edge.floor.rounds import Heard, place
from edge.floor.stock import Stock
from edge.readers.base import ReadBatch
from edge.readers.details import Details

BATCHES_PENDING_MAX: Final = 4096
TIDS_PENDING_MAX: Final = 1024
"""Pieces whose tags told their own number, kept until the next round looks at them."""
UNKNOWN_EVERY_US: Final = 10_000_000


def _deaf(_: ReadBatch) -> None:
    """Nobody asked to be told."""


class Intake:
    """`deliver` may be called from any thread, the rest belongs to the house. Counters are read by `/metrics`."""

    def __init__(self, stock: Stock, readers: tuple[ReaderId, ...]) -> None:
        self.reads_total = 0
        self.batches_dropped_total = 0
        self.lost_us: dict[ReaderId, int] = {}
        """When a reader's last dropped batch arrived: no round that had begun by then is a witnessed one."""
        self._stock = stock
        self._reader_at = {reader: at for at, reader in enumerate(readers)}
        self._batches: deque[ReadBatch] = deque()
        self.ear: Callable[[ReadBatch], None] = _deaf
        """Told of every batch that is drained."""
        self.tids: dict[int, str] = {}
        """Row → TID in hex as its tag told it, since somebody took them."""
        self.tids_dropped_total = 0
        self._unknown = 0
        self._unknown_us = -UNKNOWN_EVERY_US

    def __len__(self) -> int:
        """Batches that wait."""
        return len(self._batches)

    def deliver(self, batch: ReadBatch) -> None:
        """Above `BATCHES_PENDING_MAX` a batch is dropped and counted."""
        if len(self._batches) >= BATCHES_PENDING_MAX:
            self.batches_dropped_total += 1
            self.lost_us[batch.reader] = batch.arrived_us
            return
        self._batches.append(batch)

    def drain(self) -> list[Heard]:
        """Everything that waits, looked up; sightings are noted on the way."""
        heard: list[Heard] = []
        stock = self._stock
        waiting = [self._batches.popleft() for _ in range(len(self._batches))]
        for batch, found in zip(waiting, self._look_up(waiting), strict=True):
            self.ear(batch)
            self.reads_total += len(batch)
            strange = bool((found.unknown >= 0).any())
            one = place(batch, found.rows, stock.zones, found.unknown if strange else None)
            stock.sightings.saw(one.row, one.zone, self._reader_at[batch.reader], one.arrived_us)
            if batch.details is not None and batch.details.tid is not None:
                self._note_tids(batch.details, found.rows)
            heard.append(one)
        return heard

    def forget_waiting(self) -> None:
        """A replay delivers by itself what waited then."""
        self._batches.clear()

    def take_tids(self) -> dict[int, str]:
        """What tags told of themselves since the last call."""
        out, self.tids = self.tids, {}
        return out

    def _note_tids(self, details: Details, rows: NDArray[np.int32]) -> None:
        assert details.tid is not None
        assert details.tid_bytes is not None, "a TID comes with its length"
        for at in np.flatnonzero((rows >= 0) & (details.tid_bytes > 0)).tolist():
            row = int(rows[at])
            if row not in self.tids and len(self.tids) >= TIDS_PENDING_MAX:
                self.tids_dropped_total += 1
                continue
            self.tids[row] = details.tid[at, : int(details.tid_bytes[at])].tobytes().hex().upper()

    def _look_up(self, batches: list[ReadBatch]) -> list[Found]:
        """All readers of a tick at once where their EPC columns are of one width: eight small look-ups cost more."""
        hear = self._stock.catalogue.hear
        if len({batch.epc_bytes for batch in batches}) != 1:
            return [hear(batch.epc, batch.epc_bits, batch.arrived_us) for batch in batches]
        epc = np.concatenate([batch.epc for batch in batches])
        bits = np.concatenate([batch.epc_bits for batch in batches])
        found = hear(epc, bits, batches[-1].arrived_us)
        ends = np.cumsum([len(batch) for batch in batches])[:-1].tolist()
        return [Found(*part) for part in zip(np.split(found.rows, ends), np.split(found.unknown, ends), strict=True)]

    def unknown_tags(self, now_us: int) -> int:
        """Tags in the air that are no piece of ours. They change slowly and cost a look-up each: every ten seconds."""
        if now_us - self._unknown_us >= UNKNOWN_EVERY_US:
            self._unknown, self._unknown_us = len(self._stock.catalogue.unknown()), now_us
        return self._unknown
