"""Rounds: what one reader read in about a second, and whether it was a witness for the whole of it.

A round counts only when the reader's link was READING at every tick of it *and* the reader was heard again after it
ended. The second half matters: a reader that is cut off goes on looking alive until its watchdog bites, and the
silence before that bite is no evidence about any piece (DESIGN law 7). Nor does a round count of whose reads any were
lost, by the reader or by us, or that began before this stretch of reading: a connection can go and come between two
ticks.

Rounds are given back on a beat, those of many readers together: what weighs them costs about as much for one reader as
for all of them.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.facts import ReaderLink
from contract.ids import ReaderId
from edge.floor.zonemap import ZoneMap
from edge.readers.base import RSSI_ABSENT_CDBM
from edge.readers.health import Health

ROUND_US: Final = 1_000_000
BEAT_US: Final = 250_000
READS_PER_ROUND_MAX: Final = 100_000
ROUNDS_PENDING_MAX: Final = 16
ROW_BITS: Final = 31
NO_ROWS: Final = np.empty(0, np.int32)
NO_PORTS: Final = np.empty(0, np.uint16)
NO_LEVELS: Final = np.empty(0, np.int16)


@dataclass(frozen=True, slots=True)
class Heard:
    """Columns of equal length n: known pieces only. `zone` indexes the store's zones."""

    reader: ReaderId
    arrived_us: int
    row: NDArray[np.int32]
    zone: NDArray[np.int32]
    rssi_cdbm: NDArray[np.int16]
    seen_count: NDArray[np.uint16]
    antenna: NDArray[np.uint16]
    unknown: NDArray[np.int32] = field(default_factory=lambda: NO_ROWS)
    """Unknown EPCs read in known zones, by the catalogue's index, any number of times;"""
    unknown_zone: NDArray[np.int32] = field(default_factory=lambda: NO_ROWS)
    unknown_rssi_cdbm: NDArray[np.int16] = field(default_factory=lambda: NO_LEVELS)
    unknown_antenna: NDArray[np.uint16] = field(default_factory=lambda: NO_PORTS)
    """beside them."""
    reference: NDArray[np.int32] = field(default_factory=lambda: NO_ROWS)
    """Zones whose reference tag was read by an antenna of theirs, any number of times."""


@dataclass(frozen=True, slots=True)
class ByAntenna:
    """Each (antenna, row) of a round once, with its strongest RSSI. `antenna` indexes the store's antennas."""

    row: NDArray[np.int32]
    antenna: NDArray[np.int32]
    rssi_cdbm: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Round:
    """One witnessed round of one reader: each (zone, row) once, with its reads and its strongest RSSI."""

    reader: ReaderId
    zones: NDArray[np.int32]
    """The zones this reader watched throughout: all of its own, less those of an antenna that was down meanwhile or
    that its look leaves out: silence in half of its antennas is no silence of a zone."""
    began_us: int
    dt_s: float
    row: NDArray[np.int32]
    zone: NDArray[np.int32]
    reads: NDArray[np.int32]
    rssi_cdbm: NDArray[np.int16]
    reference: NDArray[np.int32] = field(default_factory=lambda: NO_ROWS)
    """Zones whose reference tag was read there, each once."""
    by_antenna: ByAntenna | None = None
    """The same reads antenna by antenna; None where nobody asks (`Rounds.tell_antennas`) and
    no unknown tag was read, whose level is held against them."""


@dataclass(slots=True)
class RoundTally:
    witnessed_total: int = 0
    unwitnessed_total: int = 0
    reads_dropped_total: int = 0


@dataclass(slots=True)
class _Open:
    """The round a reader is in."""

    began_us: int
    heard: list[Heard] = field(default_factory=list)
    reads: int = 0
    watched: bool = True
    down: frozenset[int] = frozenset()
    """Ports whose antenna was disconnected at some moment of it, or left out by the look of a count."""


class Rounds:
    """Collects `Heard` per reader and gives back witnessed rounds. Time is monotonic µs, passed in.

    `readers` are the fixed ones: a handheld has no rounds, for its silence is no evidence (`floor/sweeps.py`).
    """

    def __init__(
        self,
        zones: ZoneMap,
        readers: tuple[ReaderId, ...],
        lost_us: Mapping[ReaderId, int] = MappingProxyType({}),
        *,
        round_us: int = ROUND_US,
        beat_us: int = BEAT_US,
    ) -> None:
        """`lost_us`: when reads of a reader were dropped last, before they came here."""
        self.tally = RoundTally()
        self.tell_antennas = False
        """Whether rounds say which antenna read what: a calibrated store wants to know."""
        self._zones = zones
        self._lost_us = lost_us
        self._round_us, self._beat_us = round_us, beat_us
        self._beat = -1
        self._open: dict[ReaderId, _Open] = {}
        self._pending: dict[ReaderId, deque[tuple[_Open, int]]] = {reader: deque() for reader in readers}

    def hear(self, heard: Heard) -> None:
        """Add reads to the reader's round. Above `READS_PER_ROUND_MAX` they are dropped and counted, and the round with
        them: what was dropped would look gone.
        """
        current = self._open.get(heard.reader)
        if current is None:
            return
        if current.reads + len(heard.row) > READS_PER_ROUND_MAX:
            self.tally.reads_dropped_total += len(heard.row)
            current.watched = False
            return
        current.heard.append(heard)
        current.reads += len(heard.row)

    def close(self, now_us: int, health: Mapping[ReaderId, Health]) -> list[Round]:
        """Called each tick: on a beat the rounds that have become witnessed, oldest first per reader."""
        done: list[Round] = []
        before, self._beat = self._beat, now_us // self._beat_us
        for reader, pending in self._pending.items():
            state = health.get(reader)
            if state is None:
                continue  # not started yet
            self._advance(reader, state, now_us)
            while self._beat != before and pending:
                was, ended_us = pending[0]
                if state.link is not ReaderLink.READING:
                    self.tally.unwitnessed_total += len(pending)
                    pending.clear()
                    break
                if state.last_heard_us < ended_us:
                    break
                pending.popleft()
                if not self._unbroken(reader, was, state):
                    self.tally.unwitnessed_total += 1
                    continue
                self.tally.witnessed_total += 1
                was.down |= state.antennas_down  # what the reader noticed late, it did not see through
                done.append(self._fold(reader, was, ended_us))
        return done

    def _advance(self, reader: ReaderId, state: Health, now_us: int) -> None:
        reading = state.witnesses
        current = self._open.get(reader)
        if current is None:
            if reading:
                self._open[reader] = _Open(now_us, down=_unseeing(state))
            return
        current.watched &= reading
        current.down |= _unseeing(state)
        if now_us - current.began_us < self._round_us and reading:
            return
        if current.watched:
            self._pending[reader].append((current, now_us))
            if len(self._pending[reader]) > ROUNDS_PENDING_MAX:
                self._pending[reader].popleft()
                self.tally.unwitnessed_total += 1
        else:
            self.tally.unwitnessed_total += 1
        if reading:
            self._open[reader] = _Open(now_us, down=_unseeing(state))
        else:
            del self._open[reader]

    def _unbroken(self, reader: ReaderId, was: _Open, state: Health) -> bool:
        """Whether the reader has read throughout since the round began, and nothing of it was lost on its way."""
        lost_us = max(state.overflow_us, self._lost_us.get(reader, 0))
        began_us = max(state.alive_since_us, state.look.since_us)
        return began_us <= was.began_us and lost_us < max(was.began_us, 1)

    def _fold(self, reader: ReaderId, was: _Open, ended_us: int) -> Round:
        row, zone, reads, rssi = fold_reads(was.heard)
        return Round(
            reader=reader,
            zones=self._zones.watched_by(reader, was.down),
            began_us=was.began_us,
            dt_s=(ended_us - was.began_us) / 1e6,
            row=row,
            zone=zone,
            reads=reads,
            rssi_cdbm=rssi,
            reference=_zones_of(was.heard),
            by_antenna=self._by_antenna(reader, was.heard) if self._antennas_told(was) else None,
        )

    def _antennas_told(self, was: _Open) -> bool:
        return self.tell_antennas or any(len(each.unknown) for each in was.heard)

    def _by_antenna(self, reader: ReaderId, heard: list[Heard]) -> ByAntenna:
        if not heard:
            return ByAntenna(NO_ROWS, NO_ROWS, NO_LEVELS)
        antenna = self._zones.antenna_of(reader, np.concatenate([each.antenna for each in heard]))
        known = antenna >= 0
        row = np.concatenate([each.row for each in heard])[known]
        rssi = np.concatenate([each.rssi_cdbm for each in heard])[known]
        row, antenna, rssi = strongest(row, antenna[known], rssi)
        return ByAntenna(row, antenna, rssi)


def _unseeing(state: Health) -> frozenset[int]:
    """Ports that read nothing now."""
    return state.antennas_down | state.look.without


def together(rounds: list[Round]) -> Iterator[list[Round]]:
    """The same rounds in as few lists as possible, none with two of one reader; the older first."""
    while rounds:
        first: dict[ReaderId, Round] = {}
        later = [one for one in rounds if first.setdefault(one.reader, one) is not one]
        yield list(first.values())
        rounds = later


def _zones_of(heard: list[Heard]) -> NDArray[np.int32]:
    told = [each.reference for each in heard if len(each.reference)]
    return np.unique(np.concatenate(told)) if told else NO_ROWS


def fold_reads(
    heard: list[Heard],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int16]]:
    """Each (zone, row) once: rows, zones, sum of reads, strongest RSSI (`RSSI_ABSENT_CDBM` when never told)."""
    if not heard:
        return NO_ROWS, NO_ROWS, NO_ROWS, NO_LEVELS
    zone = np.concatenate([each.zone for each in heard]).astype(np.int64)
    row = np.concatenate([each.row for each in heard])
    places = len(row).bit_length()
    # one column says zone, row and place: sorting it is much cheaper than asking for the order of a column
    key = (zone << ROW_BITS | row) << places | np.arange(len(row))
    key.sort()
    order = key & (1 << places) - 1
    key >>= places
    starts = np.flatnonzero(np.append(True, key[1:] != key[:-1]))[: len(key)]
    if not len(starts):
        return NO_ROWS, NO_ROWS, NO_ROWS, NO_LEVELS
    keys = key[starts]
    seen, rssi = (
        np.concatenate(columns)[order]
        for columns in ([each.seen_count for each in heard], [each.rssi_cdbm for each in heard])
    )
    reads = np.add.reduceat(seen, starts, dtype=np.int32)
    best = np.maximum.reduceat(rssi, starts)
    return (keys & (1 << ROW_BITS) - 1).astype(np.int32), (keys >> ROW_BITS).astype(np.int32), reads, best


def strongest(
    row: NDArray[np.int32], place: NDArray[np.int32], rssi: NDArray[np.int16]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int16]]:
    """Each (place, row) once, with its strongest RSSI."""
    keys, which = np.unique(place.astype(np.int64) << 32 | row, return_inverse=True)
    level = np.full(len(keys), RSSI_ABSENT_CDBM, np.int16)
    np.maximum.at(level, which, rssi)
    return (keys & 0xFFFFFFFF).astype(np.int32), (keys >> 32).astype(np.int32), level
