"""Tags that nobody knows, on the running floor: what rounds heard of each, and which of them lie here.

A stray (the neighbour's stock through the wall, a client's own tag) is read as well, and is nobody's business. Levels
are held against those of the zone's own pieces *through the same antenna*: one beside a wall, or at less power, hears
everything fainter. A count keeps such notes from its first round to its last, the floor minute by minute.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.floor.rounds import Heard, Round, strongest
from edge.floor.zonemap import ZoneMap
from edge.readers.base import RSSI_ABSENT_CDBM
from edge.reconcile.counts import strays

WINDOW_US: Final = 60_000_000
"""How long the floor listens before it says anew which lie here."""
NOTES_MAX: Final = 8192
"""Pairs of tag and zone followed at a time; what comes beyond is counted and not followed."""
PENDING_MAX: Final = 100_000
"""Reads of unknown tags that wait for their reader's round."""


class Lying(NamedTuple):
    """An unknown tag, by the catalogue's index, in the zone where most rounds read it."""

    rounds: int
    zone: int
    tag: int


@dataclass(slots=True)
class Note:
    """One tag in one zone: rounds that read it, the first and last of them, and its levels by antenna."""

    first: int
    last: int = 0
    rounds: int = 0
    levels: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Antenna → rounds that told a level, and their sum in hundredths of dBm."""


class Strangers:
    """Notes of unknown tags over some rounds. Owned by the house thread.

    An antenna is an index of `ZoneMap.antennas`; where a reader does not tell its antenna it is the zone's own number
    after these, and the zone's pieces as a whole are the measure.
    """

    def __init__(self, zones: ZoneMap) -> None:
        self.dropped_total = 0
        """Reads and tags not followed: `notes_max`, `pending_max`."""
        self._zones = zones
        self._notes: dict[tuple[int, int], Note] = {}
        self._rounds = np.zeros(len(zones.zones), np.int64)
        """By zone: rounds that could speak of it."""
        self._own = np.zeros((len(zones.antennas) + len(zones.zones), 2))
        """float64[antennas, 2]: sum of levels of the zone's own pieces, and of how many."""
        self._pending: list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int16]]] = []
        self._waiting = 0

    def hear(self, found: Heard, inside: NDArray[np.bool_] | slice = slice(None)) -> None:
        """Reads of unknown tags on their way into the next round; `inside`: which of them count."""
        if not len(found.unknown):
            return
        tag, zone = found.unknown[inside], found.unknown_zone[inside]
        if self._waiting + len(tag) > PENDING_MAX:
            self.dropped_total += len(tag)
            return
        antenna = self._zones.antenna_of(found.reader, found.unknown_antenna[inside])
        antenna = np.where(antenna < 0, len(self._zones.antennas) + zone, antenna)
        self._pending.append((tag, antenna * len(self._zones.zones) + zone, found.unknown_rssi_cdbm[inside]))
        self._waiting += len(tag)

    def hear_rounds(self, rounds: list[Round], home: NDArray[np.int32]) -> NDArray[np.int32]:
        """The round of one reader, or of several at once, ends; `home` by row. Gives the unknown tags read in it."""
        watched = np.unique(np.concatenate([one.zones for one in rounds]))
        self._rounds[watched] += 1
        if not self._pending:
            return np.zeros(0, np.int32)
        for one in rounds:
            self._hear_own(one, home)
        tag, place, level = strongest(*map(np.concatenate, zip(*self._pending, strict=True)))
        zone, antenna = place % len(self._zones.zones), place // len(self._zones.zones)
        here = np.isin(zone, watched)
        waits = ~here
        self._pending = [(tag[waits], place[waits], level[waits])] if waits.any() else []
        self._waiting = int(waits.sum())
        columns = (tag[here].tolist(), zone[here].tolist(), antenna[here].tolist(), level[here].tolist())
        for each in zip(*columns, strict=True):
            self._note(*each)
        return np.unique(tag[here])

    def lying(self) -> list[Lying]:
        """Those that lie here, strays left out, the most read first; each tag once, where most rounds read it."""
        keys, notes = list(self._notes), list(self._notes.values())
        if not keys:
            return []
        tag, zone = np.array(keys, np.int32).T
        level_db, own_db = np.array([self._levels(note) for note in notes]).T
        here = strays.lying(
            strays.Heard(
                rounds=np.array([note.rounds for note in notes]),
                first=np.array([note.first for note in notes]),
                last=np.array([note.last for note in notes]),
                of=np.maximum(self._rounds[zone], 1),
                level_db=level_db,
                own_db=own_db,
            )
        )
        best: dict[int, Lying] = {}
        for at in np.flatnonzero(here).tolist():
            one = Lying(notes[at].rounds, int(zone[at]), int(tag[at]))
            best[one.tag] = max(best.get(one.tag, one), one)
        return sorted(best.values(), reverse=True)

    def heard(self) -> int:
        """Different tags that were noted."""
        return len({tag for tag, _ in self._notes})

    def _note(self, tag: int, zone: int, antenna: int, cdbm: int) -> None:
        at = max(int(self._rounds[zone]) - 1, 0)
        note = self._notes.get((tag, zone))
        if note is None:
            if len(self._notes) >= NOTES_MAX:
                self.dropped_total += 1
                return
            note = self._notes[tag, zone] = Note(first=at)
        if not note.rounds or note.last != at:
            note.last, note.rounds = at, note.rounds + 1
        if cdbm != RSSI_ABSENT_CDBM:
            told, total = note.levels.get(antenna, (0, 0))
            note.levels[antenna] = told + 1, total + cdbm

    def _hear_own(self, one: Round, home: NDArray[np.int32]) -> None:
        """How loud what is at home in each zone was heard: by zone, and by antenna where the round tells it."""
        first = len(self._zones.antennas)
        columns = [(one.row, one.zone, first + one.zone, one.rssi_cdbm)]
        if one.by_antenna is not None:
            each = one.by_antenna
            columns.append((each.row, self._zones.zone_by_antenna[each.antenna], each.antenna, each.rssi_cdbm))
        for row, zone, place, cdbm in columns:
            own = (home[row] == zone) & (cdbm != RSSI_ABSENT_CDBM)
            np.add.at(self._own, place[own], np.stack([cdbm[own], np.ones(int(own.sum()))], axis=1))

    def _levels(self, note: Note) -> tuple[float, float]:
        """Its mean level, and that of the zone's own pieces through the same antennas, dB; NaN where nobody told."""
        known = [(n, total, self._own[at]) for at, (n, total) in note.levels.items() if self._own[at, 1]]
        rounds = sum(n for n, _, _ in known)
        if not rounds:
            return np.nan, np.nan
        own = sum(n * own_sum / own_n for n, _, (own_sum, own_n) in known)
        return sum(total for _, total, _ in known) / rounds / 100, float(own) / rounds / 100


class StrangersNow:
    """The floor's own notes, begun anew each minute; `lying` and `strays` are of the last whole one."""

    def __init__(self, zones: ZoneMap) -> None:
        self.lying: Mapping[int, int] = {}
        """Unknown tag → zone it lies in. Swapped whole."""
        self.strays = 0
        """Unknown tags heard in that minute that lie nowhere here."""
        self.strays_total = 0
        self._dropped = 0
        self._zones = zones
        self._notes = Strangers(zones)
        self._ends_us = 0

    @property
    def dropped_total(self) -> int:
        """Reads and tags not followed."""
        return self._dropped + self._notes.dropped_total

    def hear(self, heard: list[Heard], rounds: list[Round], home: NDArray[np.int32], now_us: int) -> bool:
        """A tick. True when a minute has ended and what is shown may be otherwise."""
        for found in heard:
            if found.reader in self._zones.fixed:
                self._notes.hear(found)
        for one in rounds:
            self._notes.hear_rounds([one], home)
        if now_us < self._ends_us:
            return False
        if self._ends_us:
            self.lying = {each.tag: each.zone for each in self._notes.lying()}
            self.strays = self._notes.heard() - len(self.lying)
            self.strays_total += self.strays
        self._dropped += self._notes.dropped_total
        self._notes, self._ends_us = Strangers(self._zones), now_us + WINDOW_US
        return True
