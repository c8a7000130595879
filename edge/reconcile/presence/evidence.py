"""What the store has learned about each piece and zone: arrays by row, kept apart from facts.

Losing the last minute of it delays an alarm and never raises one. It is saved as one checksummed blob, by piece and
zone id, so that it can be loaded after rows have changed. Times are monotonic µs; in the blob they are ages.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contract.facts import PresenceState
from contract.ids import PieceId, ZoneId
from edge.reconcile.blob import BlobDamagedError, pack, unpack
from edge.reconcile.presence.visibility import LEVELS, undisturbed

STATES: Final = (PresenceState.UNKNOWN, PresenceState.PRESENT, PresenceState.MISSING, PresenceState.HARD_TO_READ)
UNKNOWN, PRESENT, MISSING, HARD = range(4)
"""Codes of `Evidence.state`, positions in `STATES`."""

PRIOR_HITS: Final = 1.0
PRIOR_ROUNDS: Final = 2.0
"""Detectability before anything is known: half, and ready to be corrected by the first rounds."""
LONG_AGO_US: Final = -(1 << 60)
PEAK_BINS: Final = 400
PEAK_NATS_PER_BIN: Final = 0.25

SINGLE, TRAY, GROUP, FEW, SMALL = range(5)
CLASSES: Final = 5
"""Rows of `Evidence.peaks`."""
SMALL_ZONE: Final = 12
"""Where so few pieces can be read well, one is as large a part of its zone as a cover may be, or what is left of a
covered few: alone it is held to what lone silences reach in such zones."""
SIZES: Final = 6
"""Classes of parts of a zone, what covers lie over and trays are (`groups.size_of`), rows of `Evidence.cover_parts`."""

_MAGIC: Final = b"VTEV1\n"
_COLUMNS: Final = ("nats", "lone_nats", "peak", "hits", "rounds", "fades", "watched_s", "silent_rounds", "company_nats")
"""Rows of `Evidence.columns` below the four of the story."""
STORIES: Final = 4
_PIECE_ARRAYS: Final = {
    **dict.fromkeys(_COLUMNS, np.float32),
    "state": np.int8,
    "home": np.int32,
    "away_zone": np.int32,
    "by_hand": np.bool_,
    "read_us": np.int64,
    "onset_us": np.int64,
    "away_us": np.int64,
    "company_us": np.int64,
    "heard_us": np.int64,
}
_CLEAR: Final = np.array([[1], [0], [0], [0]], np.float32)
_TIMES: Final = ("read_us", "onset_us", "away_us", "company_us", "heard_us", "round_us", "turn_us", "trouble_us")
_ZONE_ARRAYS: Final = ("belief", "blind", "round_us", "turn_us", "step_s", "covers", "lately", "trouble", "trouble_us")
_ZONE_REFS: Final = ("home", "away_zone")


class EvidenceDamagedError(Exception):
    """The blob is not what was written: begin anew, evidence is learned again within minutes."""


@dataclass(slots=True)
class Trays:
    """What is known of each tray, by its number; made anew from the pieces, never saved.

    silent_s  float64[t]  witnessed seconds since any of its pieces was read
    strength  float64[t]  expected reads a round of its pieces that are there; able int64[t]: how many are well read
    zone      int32[t]    where it lies, -1 if its pieces lie apart; peak float64[t]: of its present silence
    size      int8[t]     what part of its zone it is (`groups.size_of`), -1 while its silence could not be judged
    reads     float64[t]  read in a round, lately; cover_s float64[t]: seconds since that fell under half of what is due
    judged    bool[t]     whether its silence was looked at since then
    part      int8[t]     the largest part of its zone that may be covered with it, -1: not looked at for long enough
    """

    silent_s: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    strength: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    able: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    zone: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    peak: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    reads: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    cover_s: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    judged: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    part: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    size: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    zone_able: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """int64[z]: well read pieces of each zone;"""
    group_peak: NDArray[np.float64] = field(default_factory=lambda: np.zeros((2, 0)))
    """float64[2, z]: what its present silences of a group, and of few, reached; group_us int64[2, z]: when last."""
    group_us: NDArray[np.int64] = field(default_factory=lambda: np.zeros((2, 0), np.int64))
    known_us: int = LONG_AGO_US


class Lying(NamedTuple):
    """Which rows lie in which zone: made anew when one has moved.

    zone   intp[n]  of each row, 0 for what lies nowhere: it is never watched
    order  intp[m]  rows that lie somewhere, zone by zone; peopled intp[k]: zones that have any, starts intp[k]: where
                    each begins in it
    """

    zones: int
    zone: NDArray[np.intp]
    order: NDArray[np.intp]
    peopled: NDArray[np.intp]
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, home: NDArray[np.int32], zones: int) -> "Lying":
        zone = np.maximum(home, 0).astype(np.intp)
        narrow = home.astype(np.int16) if zones <= 1 << 15 else home  # numpy sorts sixteen bits by radix
        order = np.argsort(narrow, kind="stable")[np.count_nonzero(home < 0) :]
        starts = np.flatnonzero(np.diff(home.take(order), prepend=-1))
        return cls(zones, zone, order, zone.take(order.take(starts)), starts)

    def rows(self, zone: int) -> NDArray[np.intp]:
        """Rows that lie in one zone."""
        at = int(np.searchsorted(self.peopled, zone))
        if at == len(self.peopled) or self.peopled[at] != zone:
            return self.order[:0]
        last = self.starts[at + 1] if at + 1 < len(self.starts) else len(self.order)
        return self.order[self.starts[at] : last]

    def total(self, column: NDArray[np.float32] | NDArray[np.int8]) -> NDArray[np.float64]:
        """Sum of a column [n] by zone. Sooner than a weighted bincount, whose additions wait for one another."""
        out = np.zeros(self.zones)
        if len(self.starts):
            out[self.peopled] = np.add.reduceat(column.take(self.order), self.starts, dtype=np.float64)
        return out


class Evidence:
    """Struct of arrays; [n] by piece row, [z] by zone. Changed in place by `presence.step` and `by_hand.found` only.

    columns        float32[13, n] one matrix, so that a block of rows stays in the cache; its rows are:
    story          float32[4, n]  weights of: clear, shadowed, fade, long fade (sum 1)
    nats           float32[n]     log P(silence | gone) - log P(silence | present), 0 after a read
    lone_nats      float32[n]     the same with shadows explained away: tells fades from shadows
    peak           float32[n]     highest alarm statistic of the present gap
    hits, rounds   float32[n]     decayed reads and visible rounds; p = hits / rounds
    fades, watched_s float32[n]   lone fades seen, seconds watched
    silent_rounds  float32[n]     rounds since the last read at home
    company_nats   float32[n]     its lone_nats when it had company last
    state          int8[n]        UNKNOWN, PRESENT, MISSING, HARD
    home           int32[n]       zone the evidence is about, -1 none
    away_zone      int32[n]       zone that read it last while not at home, -1 never; at `away_us`
    by_hand        bool[n]        present by a handheld's word alone: no witness has read it at home since
    read_us        int64[n]       last read at home, or since when silence counts
    onset_us       int64[n]       the read before its silence began; one read amid a surprising silence ends it not
    heard_us       int64[n]       last read anywhere
    company_us     int64[n]       last time it was not alone in its surprise
    belief         float64[z, 6]  visibility filter; blind bool[z]; round_us, turn_us int64[z]; step_s float64[z]
    peaks          int64[5, 400]  histograms of what harmless silences reached, bins of 0.25 nats: single pieces, whole
                                  trays, groups, few of a zone, single pieces of small zones
    covers         float64[z, 3]  covers of whole trays by zone: how many, sum of ln s, sum of (ln s)²
    cover_parts    float64[6, 2]  by part of a zone: covers of whole trays that lay over so much of it, by all that was
                                  not read since, and tray-seconds watched of trays that are so large
    trouble        bool[z]        its reader is, or was lately, dead, flapping or jammed; last at trouble_us
    lately         float64[z, 3]  observed, expected and variance of the live pieces' reads over some 20 rounds
    expected, observed float64[z] reads of the live pieces in the zone's last round; not saved
    store_s, pieces_s             seconds watched, of the whole store and summed over pieces
    fade_gaps, fade_gaps_s        lone fades of all pieces and their length together
    """

    def __init__(self, zones: int) -> None:
        self._bind(np.zeros((STORIES + len(_COLUMNS), 0), np.float32))
        self.home, self.away_zone = np.zeros(0, np.int32), np.zeros(0, np.int32)
        self.state = np.zeros(0, np.int8)
        self.by_hand = np.zeros(0, np.bool_)
        times = (np.zeros(0, np.int64) for _ in range(5))
        self.read_us, self.onset_us, self.away_us, self.company_us, self.heard_us = times
        self.belief = undisturbed(zones)
        self.blind = np.zeros(zones, np.bool_)
        self.round_us = np.full(zones, LONG_AGO_US, np.int64)
        self.turn_us = np.full(zones, LONG_AGO_US, np.int64)
        self.step_s = np.ones(zones)
        self.peaks = np.zeros((CLASSES, PEAK_BINS), np.int64)
        self.covers = np.zeros((zones, 3))
        self.cover_parts = np.zeros((SIZES, 2))
        self.expected, self.observed = np.zeros(zones), np.zeros(zones)
        self.lately = np.zeros((zones, 3))
        self.trouble = np.zeros(zones, np.bool_)
        self.trouble_us = np.full(zones, LONG_AGO_US, np.int64)
        self.trays = Trays()
        self.store_s = 0.0
        self.pieces_s = 0.0
        self.fade_gaps = 0
        self.fade_gaps_s = 0.0
        self.hard_us = LONG_AGO_US
        self._lying: Lying | None = None

    def _bind(self, columns: NDArray[np.float32]) -> None:
        self.columns, self.story = columns, columns[:STORIES]
        (
            self.nats,
            self.lone_nats,
            self.peak,
            self.hits,
            self.rounds,
            self.fades,
            self.watched_s,
            self.silent_rounds,
            self.company_nats,
        ) = columns[STORIES:]

    @property
    def rows(self) -> int:
        return len(self.nats)

    @property
    def zones(self) -> int:
        return len(self.belief)

    @property
    def calm(self) -> NDArray[np.float64]:
        """P(undisturbed) by zone."""
        out: NDArray[np.float64] = self.belief[:, 0]
        return out

    @property
    def visibility(self) -> NDArray[np.float64]:
        """Mean visible share by zone."""
        out: NDArray[np.float64] = self.belief @ LEVELS
        return out

    @property
    def withheld(self) -> NDArray[np.bool_]:
        """Zones in which nobody is accused now: blind, or their reader is, or was a moment ago, in trouble."""
        out: NDArray[np.bool_] = self.blind | self.trouble
        return out

    @property
    def small(self) -> NDArray[np.bool_]:
        """Zones of at most `SMALL_ZONE` well read pieces, as was known last."""
        able = self.trays.zone_able
        return able <= SMALL_ZONE if len(able) == self.zones else np.zeros(self.zones, np.bool_)

    def detectability(self) -> NDArray[np.float32]:
        """Learned chance of a read in a calm round, by row."""
        p: NDArray[np.float32] = self.hits / self.rounds
        return p

    def lying(self) -> Lying:
        """Rows by the zone that their evidence is about."""
        if self._lying is None:
            self._lying = Lying.of(self.home, self.zones)
        return self._lying

    def lie(self, rows: NDArray[np.intp] | NDArray[np.int32], home: NDArray[np.int32]) -> None:
        """The evidence of these rows is about other zones from now on."""
        self.home[rows] = home
        self._lying = None

    def grow(self, rows: int) -> None:
        """Make room for rows up to `rows`; new ones know nothing."""
        more = rows - self.rows
        if more <= 0:
            return
        self._bind(np.concatenate([self.columns, np.zeros((len(self.columns), more), np.float32)], axis=1))
        for name, kind in _PIECE_ARRAYS.items():
            if name not in _COLUMNS:
                setattr(self, name, np.concatenate([getattr(self, name), np.zeros(more, kind)]))
        self.clear(np.arange(rows - more, rows))

    def clear(self, rows: NDArray[np.intp] | NDArray[np.int32]) -> None:
        """Forget everything about these rows: another piece has them now."""
        for name in _PIECE_ARRAYS:
            getattr(self, name)[rows] = 0
        self.story[:, rows] = _CLEAR
        self.hits[rows], self.rounds[rows] = PRIOR_HITS, PRIOR_ROUNDS
        self.away_zone[rows] = -1
        self.lie(rows, np.full(len(rows), -1, np.int32))
        for name in ("read_us", "onset_us", "away_us", "company_us", "heard_us"):
            getattr(self, name)[rows] = LONG_AGO_US

    def begin_anew(self, rows: NDArray[np.intp], now_us: int) -> None:
        """Silence so far means nothing (excused, read, moved): start the gap from here."""
        self.story[:, rows] = _CLEAR
        self.nats[rows] = self.lone_nats[rows] = self.peak[rows] = self.company_nats[rows] = 0.0
        self.silent_rounds[rows] = 0
        self.read_us[rows] = self.onset_us[rows] = self.company_us[rows] = now_us

    def save(self, now_us: int, pieces: Sequence[PieceId | None], zones: Sequence[ZoneId]) -> bytes:
        """One blob. `pieces` names the rows (None: free), `zones` the zones, both in order."""
        assert len(pieces) >= self.rows, "the evidence knows rows that the catalogue does not"
        assert len(zones) == self.zones, "the evidence and the caller disagree about the zones"
        kept = np.array([row for row in range(self.rows) if pieces[row] is not None], np.intp)
        arrays: dict[str, NDArray[np.generic]] = {name: getattr(self, name)[kept] for name in _PIECE_ARRAYS}
        arrays["story"] = self.story[:, kept]
        for name in (*_ZONE_ARRAYS, "peaks", "cover_parts"):
            arrays[name] = getattr(self, name)
        for name in _TIMES:
            arrays[name] = np.maximum(np.asarray(arrays[name], np.int64) - now_us, LONG_AGO_US)
        arrays["totals"] = np.array([self.store_s, self.pieces_s, self.fade_gaps, self.fade_gaps_s])
        arrays["piece_ids"] = _text(str(pieces[row]) for row in kept.tolist())
        arrays["zone_ids"] = _text(zones)
        return pack(_MAGIC, arrays)


def load(blob: bytes, now_us: int, pieces: Sequence[PieceId | None], zones: Sequence[ZoneId]) -> Evidence:
    """The evidence of `save`, for today's rows and zones; time while the box was off does not count as silence.

    Raises `EvidenceDamagedError`.
    """
    try:
        old = unpack(_MAGIC, blob)
    except BlobDamagedError as error:
        raise EvidenceDamagedError(f"the evidence cannot be used ({error}); presence is learned anew") from error
    old.setdefault("onset_us", old["read_us"])
    for name in old.keys() & set(_TIMES):
        known = old[name] > LONG_AGO_US
        old[name] = np.where(known, old[name] + now_us, LONG_AGO_US)
    new_zone = {zone: at for at, zone in enumerate(zones)}
    zone_map = np.array([new_zone.get(ZoneId(zone), -1) for zone in _words(old["zone_ids"])] + [-1], np.int32)
    for name in _ZONE_REFS:
        old[name] = zone_map[old[name]]
    out = Evidence(len(zones))
    out.grow(len(pieces))
    row_of = {piece: row for row, piece in enumerate(pieces) if piece is not None}
    to = np.array([row_of.get(PieceId(piece), -1) for piece in _words(old["piece_ids"])], np.intp)
    for name in _PIECE_ARRAYS.keys() & old.keys():  # a blob from before a column was kept has none of it
        getattr(out, name)[to[to >= 0]] = old[name][to >= 0]
    out.story[:, to[to >= 0]] = old["story"][:, to >= 0]
    kept = zone_map[:-1] >= 0
    for name in old.keys() & set(_ZONE_ARRAYS):
        getattr(out, name)[zone_map[:-1][kept]] = old[name][kept]
    out.peaks[: len(np.atleast_2d(old["peaks"]))] = old["peaks"]
    out.cover_parts[:] = old.get("cover_parts", 0.0)
    out.store_s, out.pieces_s, gaps, out.fade_gaps_s = old["totals"].tolist()
    out.fade_gaps = int(gaps)
    return out


def _text(words: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(words).encode(), np.uint8)


def _words(text: NDArray[np.uint8]) -> list[str]:
    return text.tobytes().decode().split("\n") if len(text) else []
