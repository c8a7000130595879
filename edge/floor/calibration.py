"""The walk with the reference tray: position after position, what each antenna hears of its tags.

One position at a time: a person lays the tray, `begin` starts it, witnessed rounds fill it, and the points join those
of the walk, which are kept over restarts. What is in use changes only when the walk is finished (`edge/zoning.py`).
Reference tags may be pieces of ours or strangers; their reads go everywhere else as well.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.facts import AnyFact
from contract.ids import HOUSE, ReaderId, UserId, ZoneId
from edge.floor.rounds import Heard, Round
from edge.floor.stock import Stock
from edge.reconcile.zones import points as walked
from edge.reconcile.zones.features import Window
from edge.reconcile.zones.points import Points

ROUNDS: Final = 30
ROUNDS_MIN: Final = 3
ROUNDS_MAX: Final = 300
POSITIONS: Final = 3
TAGS_MIN: Final = 4
TAGS_MAX: Final = 64
PENDING_MAX: Final = 2_000
"""Batches with reference tags that wait for their round to be witnessed."""
PATIENCE_US: Final = 300_000_000
"""A position that has not filled by then is given up: its reader does not read."""
RATE_POOR: Final = 0.2
WALKER_US: Final = 600_000_000
"""A walk is its walker's for so long after their last position: two people in one walk would mix their trays."""


class CalibrationRefusedError(Exception):
    """This cannot be calibrated; the message says why and what to do."""


@dataclass(slots=True)
class Walk:
    """A position that is being heard. Sums float32[t, a]; `rounds` float32[a]."""

    zone: int
    wanted: int
    began_us: int
    sum_dbm: NDArray[np.float32]
    read: NDArray[np.float32]
    rounds: NDArray[np.float32]
    pending: dict[ReaderId, list[tuple[int, NDArray[np.int32], NDArray[np.int32], NDArray[np.int16]]]] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True)
class WalkNow:
    """What pages and the command see; swapped whole. `advice`: what to do next, in sentences."""

    zone: ZoneId | None = None
    rounds: int = 0
    wanted: int = 0
    tags_heard: int = 0
    advice: tuple[str, ...] = ()


class Calibration:
    """Owned by the house thread; `hear` is a detector of the pipeline. `points` is the walk so far."""

    def __init__(self, stock: Stock) -> None:
        self._stock = stock
        self._zones = stock.zones
        self.points: Points = walked.none([zone.id for zone in self._zones.zones], self.antennas)
        self.tags: tuple[str, ...] = ()
        self.now = WalkNow()
        self.filled = False
        """A position has been filled since somebody looked: keep the points."""
        self.pending_dropped_total = 0
        self._walk: Walk | None = None
        self._walker, self._walker_us = UserId(""), -WALKER_US

    @property
    def antennas(self) -> tuple[str, ...]:
        """The store's antennas as records name them: which port watches which zone."""
        zones = self._zones.zones
        return tuple(f"{each.name}={zones[each.zone].id}" for each in self._zones.antennas)

    def positions_in(self, zone: ZoneId) -> int:
        """At how many places of this zone the tray has been heard."""
        return self.points.positions_in(self._zones.index[zone])

    @property
    def walking(self) -> bool:
        return self._walk is not None

    def zones_to_walk(self) -> list[ZoneId]:
        """Zones that pieces stay in and a fixed reader watches, in the order of the configuration."""
        watched = sorted({each.zone for each in self._zones.antennas})
        return [self._zones.zones[zone].id for zone in watched]

    def take_up(self, points: Points) -> None:
        """Go on with this walk. One of other antennas is given up, and pages say so: what is kept of it is no use."""
        if (points.zones, points.antennas) == (self.points.zones, self.points.antennas):
            self.points = points
            return
        self.filled = True  # the walk that is kept is to be this empty one, or every start would find the old one
        self.now = WalkNow(
            advice=("The walk under way was given up: readers, antennas or zones have changed. Begin a new one.",)
        )

    def without(self, zone: ZoneId | None, by: UserId, now_us: int) -> Points:
        """The walk without one zone, or without any. Raises `CalibrationRefusedError` in somebody else's walk."""
        self._check_walker(by, now_us)
        return self.points.without(self._zone(zone)) if zone else walked.none(self.points.zones, self.points.antennas)

    def anew(self, points: Points) -> None:
        """The walk is this from now on (`without`); what was being heard is given up."""
        self._walk, self.points, self.now = None, points, WalkNow()

    def ended(self) -> None:
        """The walk is nobody's any more: it was finished or stopped."""
        self._walker_us = -WALKER_US

    def begin(
        self, zone: ZoneId, tags: tuple[str, ...], now_us: int, rounds: int = ROUNDS, *, by: UserId = HOUSE
    ) -> None:
        """The tray lies in `zone` now. Raises `CalibrationRefusedError`."""
        at = self._zone(zone)
        self._check_walker(by, now_us)
        if self._walk is not None:
            name = self._zones.zones[self._walk.zone].name
            raise CalibrationRefusedError(f"a position in {name} is being heard: wait for it, or stop it")
        named = tuple(dict.fromkeys(tag.upper() for tag in tags)) or self.tags
        if not TAGS_MIN <= len(named) <= TAGS_MAX:
            raise CalibrationRefusedError(
                f"a reference tray has {TAGS_MIN} to {TAGS_MAX} tags, eight do: name their EPCs"
            )
        if not ROUNDS_MIN <= rounds <= ROUNDS_MAX:
            raise CalibrationRefusedError(f"a position takes {ROUNDS_MIN} to {ROUNDS_MAX} rounds, {ROUNDS} do")
        for tag in named:
            try:
                self._stock.catalogue.find(tag)
            except ValueError as error:
                raise CalibrationRefusedError(f"{tag!r} is no EPC: {error}") from error
        self.tags, self._walker, self._walker_us = named, by, now_us
        shape = (len(named), len(self.antennas))
        self._walk = Walk(
            at, rounds, now_us, np.zeros(shape, np.float32), np.zeros(shape, np.float32), np.zeros(shape[1], np.float32)
        )
        self.now = WalkNow(zone, 0, rounds, 0)

    def stop(self) -> None:
        """Give up the position that is being heard; what was filled before stays."""
        self.ended()
        self._walk, self.now = None, WalkNow(advice=("Stopped. What was walked before is kept.",))

    def hear(self, heard: list[Heard], rounds: list[Round], now_us: int) -> list[AnyFact]:
        """A tick of the pipeline. It has nothing to say: no facts."""
        walk = self._walk
        if walk is None:
            return []
        known, strange = self._wanted()
        for one in heard:
            self._collect(walk, one, known, strange)
        for each in rounds:
            self._count(walk, each)
        if rounds:
            self._show(walk)
        if self._full(walk):
            self._fill(walk)
        elif now_us - walk.began_us > PATIENCE_US:
            name = self._zones.zones[walk.zone].name
            self._walk = None
            self.now = WalkNow(
                advice=(f"{name} was given up: its reader gave no full round for so long. Is it reading?",)
            )
        return []

    # --- inside -----------------------------------------------------------------------------------------------

    def _check_walker(self, by: UserId, now_us: int) -> None:
        ago_us = now_us - self._walker_us
        if by != self._walker and ago_us < WALKER_US:
            raise CalibrationRefusedError(
                f"{self._walker} is walking the tray and began their last place {ago_us // 60_000_000} min ago: "
                f"go on when they have finished or stopped, or in {-(-(WALKER_US - ago_us) // 60_000_000)} min"
            )

    def _zone(self, zone: ZoneId) -> int:
        if zone not in self.zones_to_walk():
            names = ", ".join(self.zones_to_walk()) or "none"
            raise CalibrationRefusedError(
                f"{zone} is not watched by a fixed reader, or nothing stays there; walk {names}"
            )
        return self._zones.index[zone]

    def _wanted(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Reference tags by catalogue row, and by index among the unknown; -1 where they are not there."""
        found = np.array([self._stock.catalogue.find(tag) for tag in self.tags], np.int32)
        return found[:, 0], found[:, 1]

    def _collect(self, walk: Walk, one: Heard, known: NDArray[np.int32], strange: NDArray[np.int32]) -> None:
        parts = []
        for heard, port, cdbm, wanted in (
            (one.row, one.antenna, one.rssi_cdbm, known),
            (one.unknown, one.unknown_antenna, one.unknown_rssi_cdbm, strange),
        ):
            if not len(heard) or one.reader not in self._zones.fixed:
                continue
            hit = (heard[:, None] == wanted) & (wanted >= 0)
            at = np.flatnonzero(hit.any(axis=1))
            antenna = self._zones.antenna_of(one.reader, port[at])
            on = antenna >= 0
            parts.append((hit[at].argmax(axis=1)[on], antenna[on], cdbm[at][on]))
        waiting = walk.pending.setdefault(one.reader, [])
        for tag, antenna, cdbm in parts:
            if len(waiting) >= PENDING_MAX:
                self.pending_dropped_total += 1
            elif len(tag):
                waiting.append((one.arrived_us, tag.astype(np.int32), antenna, cdbm))

    def _count(self, walk: Walk, one: Round) -> None:
        """A witnessed round, and the reads that came in it."""
        if one.began_us < walk.began_us:
            return  # somebody was still carrying the tray
        ends_us = one.began_us + int(one.dt_s * 1e6)
        waiting = walk.pending.get(one.reader, [])
        inside = [each for each in waiting if one.began_us <= each[0] <= ends_us]
        walk.pending[one.reader] = [each for each in waiting if each[0] > ends_us]
        own = [
            at
            for at, each in enumerate(self._zones.antennas)
            if each.reader == one.reader and (one.zones == each.zone).any()
        ]
        walk.rounds[own] += 1
        if inside:
            tag, antenna, cdbm = (np.concatenate([each[at] for each in inside]) for at in (1, 2, 3))
            strongest = np.full(walk.read.shape, -np.inf, np.float32)
            np.maximum.at(strongest, (tag, antenna), (cdbm / 100).astype(np.float32))
            read = np.isfinite(strongest)
            walk.read += read
            walk.sum_dbm += np.where(read, strongest, 0)

    def _full(self, walk: Walk) -> bool:
        """Every antenna of the zone has had its rounds."""
        own = [at for at, each in enumerate(self._zones.antennas) if each.zone == walk.zone]
        return bool((walk.rounds[own] >= walk.wanted).all())

    def _show(self, walk: Walk) -> None:
        own = [at for at, each in enumerate(self._zones.antennas) if each.zone == walk.zone]
        heard = int((walk.read.sum(axis=1) > 0).sum())
        self.now = WalkNow(
            self._zones.zones[walk.zone].id,
            int(walk.rounds[own].min(initial=0)),
            walk.wanted,
            heard,
            self._advice(walk),
        )

    def _advice(self, walk: Walk) -> tuple[str, ...]:
        """What is wrong with what was heard so far, and what to do."""
        if walk.rounds.max(initial=0) < ROUNDS_MIN:
            return ()
        zone, said = self._zones.zones[walk.zone].name, []
        for at, each in enumerate(self._zones.antennas):
            if each.zone == walk.zone and walk.rounds[at] and not walk.read[:, at].any():
                said.append(
                    f"Antenna {each.port} of {each.reader} hears nothing of the tray: is it in {zone}, its cable in?"
                )
        mute = [tag for tag, read in zip(self.tags, walk.read.sum(axis=1), strict=True) if not read]
        if mute and len(mute) < len(self.tags):
            said.append(f"Not heard by any antenna: {', '.join(mute)}. Turn or replace these tags.")
        rate = walk.read.max(axis=1) / max(float(walk.rounds.max()), 1)
        poor = int((rate < RATE_POOR).sum()) - len(mute)
        if poor > 0:
            said.append(
                f"{poor} of {len(self.tags)} tags are read in less than a fifth of the rounds: lay the tray flat."
            )
        return tuple(said)

    def _fill(self, walk: Walk) -> None:
        """The position is full: its tags join the points, unless the zone's own antennas heard nothing of the tray.

        What lies elsewhere and is called this zone would be believed for months.
        """
        advice, name = self._advice(walk), self._zones.zones[walk.zone]
        self._walk = None
        own = [at for at, each in enumerate(self._zones.antennas) if each.zone == walk.zone]
        if not walk.read[:, own or slice(None)].any():
            told = f"No antenna of {name.name} heard the tray: this position was not kept."
            self.now = WalkNow(advice=(told, *advice))
            return
        heard = walk.read.any(axis=1)
        level = (walk.sum_dbm / np.maximum(walk.read, 1)).astype(np.float32)
        self.points = self.points.joined(Window(level[heard], walk.read[heard], walk.rounds), walk.zone)
        self.filled = True
        done = self.points.positions_in(walk.zone)
        then = f"{POSITIONS} make it surest" if done < POSITIONS else "enough here"
        self.now = WalkNow(advice=(f"{name.name}: position {done} is heard, {then}.", *advice))
