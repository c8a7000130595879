"""The door of the tick: batches from the readers' thread in, reads of known pieces out.

Bounded: a house that cannot keep up drops batches at the door, counts them, and knows whose rounds lack them.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from contract.ids import ReaderId
from edge.floor.rounds import Heard
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
        """Everything that waits, looked up; sightings are noted on the way.

        All readers of a tick at once where their EPC columns are of one width: eight small batches cost more.
        """
        waiting = [self._batches.popleft() for _ in range(len(self._batches))]
        for batch in waiting:
            self.ear(batch)
            self.reads_total += len(batch)
        if len({batch.epc_bytes for batch in waiting}) == 1:
            return self._hear(waiting)
        return [one for batch in waiting for one in self._hear([batch])]

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

    def _hear(self, batches: list[ReadBatch]) -> list[Heard]:
        """Reads of known pieces, and of tags that nobody knows, on known antennas: batch by batch."""
        stock, sizes = self._stock, [len(batch) for batch in batches]
        epc_bits, antenna = _column(batches, "epc_bits"), _column(batches, "antenna")
        found = stock.catalogue.hear(np.concatenate([batch.epc for batch in batches]), epc_bits, batches[-1].arrived_us)
        at = np.repeat(np.arange(len(batches)), sizes)
        reader = np.array([self._reader_at[batch.reader] for batch in batches])[at]
        zone = stock.zones.zone_of(reader, antenna)
        rssi, seen_count = _column(batches, "rssi_cdbm"), _column(batches, "seen_count")
        known, strange = (
            np.flatnonzero((found.rows >= 0) & (zone >= 0)),
            np.flatnonzero((found.unknown >= 0) & (zone >= 0)),
        )
        row, where = found.rows[known], zone[known]
        arrived_us = np.array([batch.arrived_us for batch in batches])[at[known]]
        stock.sightings.saw(row, where, reader[known], arrived_us)
        columns: tuple[NDArray[Any], ...] = (row, where, rssi[known], seen_count[known], antenna[known])
        others: tuple[NDArray[Any], ...] = (found.unknown[strange], zone[strange], rssi[strange], antenna[strange])
        ends, other_ends = (
            np.bincount(at[each], minlength=len(batches)).cumsum().tolist() for each in (known, strange)
        )
        lit = None if found.reference is None else (found.reference >= 0) & (found.reference == zone)
        heard, low, other_low = [], 0, 0
        for batch, high, other_high in zip(batches, ends, other_ends, strict=True):
            told = (column[low:high] for column in columns)
            untold = (column[other_low:other_high] for column in others) if other_high > other_low else ()
            heard.append(Heard(batch.reader, batch.arrived_us, *told, *untold))
            low, other_low = high, other_high
        if lit is not None:
            parts = (zone[lit & (at == number)] for number in range(len(batches)))
            heard = [replace(one, reference=each) for one, each in zip(heard, parts, strict=True)]
        if any(batch.details is not None and batch.details.tid is not None for batch in batches):
            for batch, rows in zip(batches, np.split(found.rows, np.cumsum(sizes)[:-1]), strict=True):
                if batch.details is not None and batch.details.tid is not None:
                    self._note_tids(batch.details, rows)
        return heard

    def unknown_tags(self, now_us: int) -> int:
        """Tags in the air that are no piece of ours. They change slowly and cost a look-up each: every ten seconds."""
        if now_us - self._unknown_us >= UNKNOWN_EVERY_US:
            self._unknown, self._unknown_us = len(self._stock.catalogue.unknown()), now_us
        return self._unknown


def _column(batches: list[ReadBatch], name: str) -> NDArray[Any]:
    return np.concatenate([getattr(batch, name) for batch in batches])
