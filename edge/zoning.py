"""The zone calibration of a store: the walk under way, the version in use, the older ones that can be put back.

Owned by the house thread. Choosing a model takes a second or more, so it is asked for in two steps: `points_walked` or
`points_of` on the house, `choose` in the slow pool, `adopt` on the house again.
A store that was never walked, or whose antennas have changed since, says where pieces lie by the strongest antenna.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np
import structlog

from contract.facts import ZonesCalibrated, ZoneWalked
from contract.ids import UserId, ZoneId
from edge.books.journal import Books
from edge.books.rows import CalibrationRow, EvidenceRow
from edge.clock import Clock
from edge.floor.calibrated import EVIDENCE
from edge.floor.calibration import POSITIONS, Calibration, CalibrationRefusedError
from edge.floor.pipeline import Pipeline
from edge.floor.stock import Stock
from edge.reconcile.blob import checksum
from edge.reconcile.zones import points as walked
from edge.reconcile.zones.choose import Chosen, choose, refit
from edge.reconcile.zones.finder import FinderDamagedError
from edge.reconcile.zones.models import Layout
from edge.reconcile.zones.points import Points, PointsDamagedError

WALK: Final = "zones/walk"
TAGS: Final = "zones/tags"
VERSIONS_SHOWN_MAX: Final = 20
POINTS_KEPT_MAX: Final = 8
"""Versions whose points are kept: older ones are known by their figures and cannot be put back."""
UNKNOWN: Final = -1.0
"""An accuracy that nothing tells."""

log = structlog.get_logger(__name__)


class Zoning:
    """`row` is the version the books call newest, `chosen` what is in use; `stale` says why it is not in use."""

    def __init__(self, books: Books, stock: Stock, pipeline: Pipeline, clock: Clock) -> None:
        self.calibration = Calibration(stock)
        self.row: CalibrationRow | None = None
        self.chosen: Chosen | None = None
        self.stale = ""
        self.adopted = False
        """Another version is in use since somebody looked: what was heard before does not lead here."""
        self._shown = self.calibration.now
        self._books, self._stock, self._pipeline, self._clock = books, stock, pipeline, clock
        self.layout = Layout(np.array([a.zone for a in stock.zones.antennas], np.int32), len(stock.zones.zones))

    def load(self) -> None:
        """Take up the newest version, what was learned by it, and the walk that was under way."""
        db = self._books.db
        tags = db.one("evidence", EvidenceRow, name=TAGS)
        self.calibration.tags = tuple(tags.body.decode(errors="replace").split()) if tags is not None else ()
        kept = db.one("evidence", EvidenceRow, name=WALK)
        if kept is not None:
            try:
                self.calibration.take_up(walked.load(kept.body))
            except PointsDamagedError as error:
                self.calibration.filled = True  # said once: the walk that is kept is the new one from now on
                log.warning("zone_walk_lost", why=str(error))
        rows = db.rows("zone_calibrations", CalibrationRow, limit=1)
        self.row = rows[0] if rows else None
        if self.row is None:
            return
        try:
            self._use(self._again(self.row))
        except CalibrationRefusedError as error:
            self._use(None)
            self.stale = str(error)
            log.warning("zone_calibration_stale", version=self.row.version, why=self.stale)
            return
        self._resume()

    def changed(self, *, writing: bool) -> bool:
        """Whether pages should look again. A position that was filled is written. Raises what the disk raises."""
        if self.calibration.filled and writing:
            self._write_walk(self.calibration.points)
            self.calibration.filled = False
        was, self._shown = self._shown, self.calibration.now
        return was != self._shown

    def anew(self, zone: ZoneId | None, by: UserId) -> None:
        """Forget the walk, or one zone of it. Raises `CalibrationRefusedError`, and what the disk raises: then the walk
        is what it was.
        """
        points = self.calibration.without(zone, by, self._clock.mono_us())
        self._write_walk(points)
        self.calibration.anew(points)

    def points_walked(self) -> Points:
        """What a new version would be of. Raises `CalibrationRefusedError` when zones are missing."""
        points = self.calibration.points
        missing = [zone for zone in self.calibration.zones_to_walk() if not points.positions_in(self._at(zone))]
        if not self.calibration.zones_to_walk():
            raise CalibrationRefusedError("no fixed reader watches a zone that pieces stay in: nothing to walk")
        if missing:
            raise CalibrationRefusedError(f"not walked yet: {', '.join(missing)}; lay the tray there first")
        if self.calibration.walking:
            raise CalibrationRefusedError("a position is being heard: wait for it")
        return points

    def points_of(self, version: int) -> Points:
        """Those of an older version. Raises `CalibrationRefusedError`."""
        row = next((each for each in self.versions() if each.version == version), None)
        if row is None:
            raise CalibrationRefusedError(f"there is no version {version}")
        return self._points(row)

    def versions(self) -> list[CalibrationRow]:
        """Newest first."""
        return self._books.db.rows("zone_calibrations", CalibrationRow, limit=VERSIONS_SHOWN_MAX)

    def adopt(self, points: Points, chosen: Chosen, by: UserId, put_back: int = 0) -> int:
        """In use from now on; gives its version. Raises what the disk raises, and `NotServingError`."""
        blob = walked.save(points)
        version = 1 + max((row.version for row in self.versions()), default=0)
        names = {zone.id: zone.name for zone in self._stock.zones.zones}
        fact = told(version, checksum(blob), points, chosen, put_back=put_back, names=names)
        now_us = self._clock.wall_us()
        with self._books.transaction() as tx:
            tx.db.run("evidence_set", name=f"zones/{fact.points}", body=blob, at_us=now_us)
            tx.write(at_us=now_us, by=by, why="zones.calibrate", facts=(fact,))
            for old in {row.points for row in self.versions()[POINTS_KEPT_MAX:]} - {
                row.points for row in self.versions()[:POINTS_KEPT_MAX]
            }:
                tx.db.run("evidence_drop", name=f"zones/{old}")
        self.row, self.stale = self.versions()[0], ""
        self._use(chosen)
        self.calibration.ended()
        self.adopted = True
        return version

    # --- inside -----------------------------------------------------------------------------------------------

    def _at(self, zone: ZoneId) -> int:
        return self._stock.zones.index[zone]

    def _use(self, chosen: Chosen | None) -> None:
        self.chosen, pipeline = chosen, self._pipeline
        pipeline.tell_antennas(wanted=chosen is not None)
        pipeline.places.use(chosen, self._stock.lies[: len(self._stock)])
        pipeline.keeps.pop(EVIDENCE, None)
        calibrated = pipeline.places.calibrated
        if calibrated is not None:
            pipeline.keeps[EVIDENCE] = lambda: calibrated.save(self._stock.catalogue.pieces)

    def _resume(self) -> None:
        kept, calibrated = self._books.db.one("evidence", EvidenceRow, name=EVIDENCE), self._pipeline.places.calibrated
        if kept is not None and calibrated is not None:
            try:
                calibrated.resume(kept.body, self._stock.catalogue.pieces)
            except FinderDamagedError as error:
                log.warning("places_forgotten", why=str(error))

    def _again(self, row: CalibrationRow) -> Chosen:
        points = self._points(row)
        try:
            warmth = (row.temperature, row.tray_temperature)
            return refit(points.features(), points.laid, self.layout, row.model, warmth)
        except KeyError as error:
            raise CalibrationRefusedError(
                f"this version of Vitrine has no model {error}: walk the tray again"
            ) from error

    def _points(self, row: CalibrationRow) -> Points:
        kept = self._books.db.one("evidence", EvidenceRow, name=f"zones/{row.points}")
        if kept is None:
            raise CalibrationRefusedError(
                f"the points of version {row.version} are not on this box: walk the tray again"
            )
        try:
            points = walked.load(kept.body)
        except PointsDamagedError as error:
            raise CalibrationRefusedError(str(error)) from error
        now = self.calibration
        if points.antennas != now.antennas or points.zones != now.points.zones:
            changed = sorted(set(points.antennas) ^ set(now.antennas)) or ["the zones"]
            raise CalibrationRefusedError(
                f"version {row.version} is of other readers or antennas ({', '.join(changed[:3])} changed): "
                "walk the tray again"
            )
        return points

    def _write_walk(self, points: Points) -> None:
        now_us = self._clock.wall_us()
        with self._books.transaction() as tx:
            tx.db.run("evidence_set", name=WALK, body=walked.save(points), at_us=now_us)
            tx.db.run("evidence_set", name=TAGS, body="\n".join(self.calibration.tags).encode(), at_us=now_us)


def choose_by(points: Points, layout: Layout) -> Chosen:
    """The model for these points; a second's work in a large store."""
    return choose(points.features(), points.laid, layout)


def told(
    version: int, blob: str, points: Points, chosen: Chosen, *, put_back: int, names: Mapping[ZoneId, str]
) -> ZonesCalibrated:
    """What the books keep of it, with the zones' names as the store has them today."""
    tried, right = chosen.confusion.sum(axis=1), chosen.confusion.diagonal()
    return ZonesCalibrated(
        version=version,
        points=blob,
        model=chosen.name,
        temperature=round(chosen.temperature, 3),
        accuracy=UNKNOWN if np.isnan(chosen.accuracy) else round(chosen.accuracy, 4),
        tray_temperature=round(chosen.tray_temperature, 3),
        tray_accuracy=UNKNOWN if np.isnan(chosen.tray_accuracy) else round(chosen.tray_accuracy, 4),
        zones=tuple(
            ZoneWalked(
                zone=ZoneId(zone),
                positions=points.positions_in(at),
                tried=int(tried[at]),
                right=int(right[at]),
                name=names.get(ZoneId(zone), ""),
            )
            for at, zone in enumerate(points.zones)
        ),
        antennas=points.antennas,
        confusion=tuple(tuple(int(n) for n in line) for line in chosen.confusion),
        put_back=put_back,
    )


def zones_of(row: CalibrationRow) -> tuple[ZoneWalked, ...]:
    """The zones of a version, as the books keep them."""
    return msgspec.json.decode(row.zones, type=tuple[ZoneWalked, ...])


__all__ = ["POSITIONS", "UNKNOWN", "Zoning", "choose_by", "told", "zones_of"]
