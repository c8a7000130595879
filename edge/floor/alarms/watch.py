"""The watch of a store: a `Scene` for each witnessed round, the detectors over it, and alarms for what they suspect.

Deliveries mute, the budget sets bars, severity follows the pieces' value. The watch decides nothing about presence: it
names what presence accuses, and adds what presence does not look at.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from contract.facts import AlarmKind, AlarmRaised, PresenceState
from contract.ids import AlarmId, PieceId, ZoneId
from edge.books.db import Database
from edge.books.rows import AlarmRow, PresenceRow, RestockRow, pieces_of
from edge.config import LIES_IN, EdgeConfig
from edge.floor import sentences
from edge.floor.alarms import memory
from edge.floor.alarms.deliveries import Deliveries, Missed
from edge.floor.rounds import Round
from edge.floor.stock import Stock
from edge.hours import is_open
from edge.reconcile.detectors import Scene, Suspicion
from edge.reconcile.detectors.after_hours import AfterHours
from edge.reconcile.detectors.budget import Budget, Line
from edge.reconcile.detectors.clone import Clone
from edge.reconcile.detectors.departures import Departures
from edge.reconcile.detectors.exits import Exits
from edge.reconcile.detectors.jam import Jam
from edge.reconcile.detectors.out_of_case import OutOfCase
from edge.reconcile.detectors.returned import Returned
from edge.reconcile.detectors.severity import Scale, severity
from edge.reconcile.detectors.silence import harmless_per_month
from edge.reconcile.detectors.strong import Strong
from edge.reconcile.detectors.travel import Travel
from edge.reconcile.presence.evidence import MISSING, Evidence
from edge.reconcile.presence.shapes import Accusation, Placement

DAY_S: Final = 86_400.0
NEAR_M: Final = 1.0
"""Zones so close on the plan are taken to hear each other's pieces."""
STRANGERS_AFTER_US: Final = 120_000_000
"""A box that has just started hears every stranger of the house for the first time."""
FALSE: Final = "false_alarm"
OPEN_EVERY_US: Final = 1_000_000
ALARMS_LOOKED_AT: Final = 10_000
"""The newest, after a restart within a delivery: what one of them named was not muted."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a round is looked at with. `stirring`: zones where a door stands open or somebody moves; `tids`: row → TID
    that its tag told since the last round.
    """

    evidence: Evidence
    placement: Placement
    stirring: tuple[ZoneId, ...] = ()
    tids: Mapping[int, str] = field(default_factory=dict)


class Watch:
    """Owned by the house thread."""

    def __init__(
        self, config: EdgeConfig, stock: Stock, *, new_id: Callable[[], str], wall_us: Callable[[], int]
    ) -> None:
        self.budget = Budget(config.alarms_per_month_max)
        self.deliveries = Deliveries(stock.zones.index)
        self.exits = Exits()
        self._config, self._stock, self._zones = config, stock, stock.zones.zones
        self._new_id, self._wall_us = new_id, wall_us
        self._scale = Scale(config.alarm_from_minor, config.siren_from_minor)
        self._stays = np.array([zone.kind in LIES_IN for zone in config.zones], np.bool_)
        self._readers = {reader: at for at, reader in enumerate(stock.zones.fixed)}
        self._time_zone = ZoneInfo(config.time_zone)
        apart_m = apart(config)
        self._departures, self._jam, self.returned = Departures(), Jam(), Returned()
        self._strong, self._clone = Strong(len(config.zones)), Clone(apart_m <= NEAR_M)
        self._travel, self._after_hours = Travel(apart_m), AfterHours()
        self._out_of_case = OutOfCase(config.out_of_case_minutes * 60)
        self._moved: set[int] = set()
        self._strangers, self._began_us = -1, 0
        self._open: bool | None = None
        self._open_us = -OPEN_EVERY_US

    # --- what is kept -----------------------------------------------------------------------------------------

    def load(self, db: Database, now_us: int) -> None:
        """Begin from what the books say."""
        self.budget = memory.load(db, self._config.alarms_per_month_max)
        open_ = db.rows("restocks_open", RestockRow)
        self.deliveries.load(open_, self._wall_us(), now_us, self._missed(db) if open_ else ())
        self._strangers, self._began_us = -1, now_us
        self._set_bars()

    def calibrate(self, elapsed_us: int) -> None:
        """So much time has been watched since the last call: bars move towards their shares."""
        self.budget.watched_s += elapsed_us / 1e6
        for kind, peaks in ((AlarmKind.JAM, self._jam.innocent()), (AlarmKind.CLONE, self._clone.innocent())):
            for nats in peaks:
                self.budget.meters[kind].innocent(nats)
        self.budget.calibrate(elapsed_us / 1e6 / DAY_S)
        self._set_bars()

    def told(self, db: Database) -> None:
        """A manager set the budget."""
        memory.told(self.budget, db)

    def closed(self, row: AlarmRow | None, outcome: str) -> None:
        """A person said what an alarm was; a false one teaches its detector."""
        if row is not None:
            self.budget.closed(row.kind, row.evidence_nats, false=outcome == FALSE)

    def lines(self, presence: Mapping[AlarmKind, tuple[float, float | None]]) -> tuple[Line, ...]:
        """For the wall; `presence`: bar and expected false alarms a month of its own two meters."""
        return tuple(
            replace(line, bar_nats=presence[line.kind][0], expected=presence[line.kind][1])
            if line.kind in presence
            else line
            for line in self.budget.lines()
        )

    # --- what happens -----------------------------------------------------------------------------------------

    def moved(self, row: int) -> None:
        """A piece lies elsewhere since a moment ago."""
        self._moved.add(row)

    def round(self, one: Round, accused: list[Accusation], around: Around, now_us: int) -> list[AlarmRaised]:
        """One witnessed round, after presence has weighed it and accused pieces of its zones."""
        scene = self._scene(one, accused, around, now_us)
        loud = self._strong.of(scene)
        suspected = [*self._departures.hear(scene), *self._jam.hear(scene), *self._clone.hear(scene, loud)]
        suspected += [*self._travel.hear(scene, loud), *self.returned.hear(scene)]
        suspected += [*self._after_hours.hear(scene), *self._out_of_case.hear(scene)]
        return [self.alarm(each) for each in suspected if not self.deliveries.mutes(each)]

    def passed(self, now_us: int, row: int, zone: int, *, peaceful: bool, why: str) -> AlarmRaised | None:
        """A passage of the gate."""
        suspicion = self.exits.passed(now_us, row, zone, peaceful=peaceful, why=why)
        return None if suspicion is None else self.alarm(suspicion)

    def bag(self, now_us: int) -> AlarmRaised | None:
        """The alarm for a bag full of unsold pieces that has passed."""
        suspicion = self.exits.due(now_us)
        return None if suspicion is None else self.alarm(suspicion)

    def ended(self, restock: str, evidence: Evidence) -> AlarmRaised | None:
        """A delivery is over: the alarm for what it did not bring back."""
        suspicion = self.deliveries.ended(restock, lambda: set(np.flatnonzero(evidence.state == MISSING).tolist()))
        return None if suspicion is None else self.alarm(suspicion)

    def forget(self, rows: NDArray[np.int32]) -> None:
        """These rows mean other pieces, or other tags, now: what was seen of them is another's."""
        for each in (self._clone, self._travel, self.returned, self._out_of_case):
            each.forget(rows)

    def is_open(self, now_us: int) -> bool | None:
        """Whether the store is open; looked up once a second."""
        if self._config.hours is not None and now_us - self._open_us >= OPEN_EVERY_US:
            at = dt.datetime.fromtimestamp(self._wall_us() / 1e6, self._time_zone)
            self._open, self._open_us = is_open(self._config.hours, at), now_us
        return self._open

    def today(self) -> str:
        """The day of the calendar here."""
        return dt.datetime.fromtimestamp(self._wall_us() / 1e6, self._time_zone).date().isoformat()

    def alarm(self, suspicion: Suspicion) -> AlarmRaised:
        """In words, with its value and how loud it is."""
        pieces = tuple(piece for row in suspicion.rows if (piece := self._stock.catalogue.pieces[row]) is not None)
        cards = [self._stock.cards.get(piece) for piece in pieces]
        zone = self._zones[max(suspicion.zone, 0)]
        value_minor = sum(card.price_minor for card in cards if card is not None)
        names = sentences.several([sentences.called(card, piece) for card, piece in zip(cards, pieces, strict=True)])
        if suspicion.kind is AlarmKind.EXIT:
            sentence = sentences.left_unsold(names, zone.name, suspicion.why)
        else:
            sentence = sentences.accused(names, zone.name, suspicion.why) if names else f"{zone.name}: {suspicion.why}"
        return AlarmRaised(
            alarm=AlarmId(self._new_id()),
            kind=suspicion.kind,
            pieces=pieces,
            zone=zone.id,
            sentence=sentence,
            evidence_nats=round(suspicion.nats, 2),
            rounds=suspicion.rounds,
            value_minor=value_minor,
            currency=self._config.currency,
            severity=severity(suspicion.kind, value_minor, self._scale),
        )

    # --- inside -----------------------------------------------------------------------------------------------

    def _scene(self, one: Round, accused: list[Accusation], around: Around, now_us: int) -> Scene:
        evidence, tids = around.evidence, around.tids
        count = len(self._stock)
        moved, self._moved = np.array(sorted(self._moved), np.int32), set()
        tid_row = np.array(sorted(tids), np.int32)
        return Scene(
            now_us=now_us,
            reader=self._readers[one.reader],
            zones=one.zones.astype(np.int32),
            row=one.row,
            zone=one.zone,
            rssi_cdbm=one.rssi_cdbm,
            placement=around.placement,
            state=evidence.state[:count],
            nats=evidence.nats[:count],
            read_us=evidence.read_us[:count],
            p=evidence.detectability()[:count],
            sold=self._stock.sold[:count],
            shown=self._stock.shown[:count],
            stays=self._stays,
            accused=tuple(accused),
            harmless=tuple(harmless_per_month(evidence, each) for each in accused),
            moved=moved,
            tid_row=tid_row,
            tid_fits=np.array([self._fits(row, tids[row]) for row in tid_row.tolist()], np.bool_),
            strangers=self._new_strangers(now_us),
            is_open=self.is_open(now_us),
            stirring=tuple(self._stock.zones.index[zone] for zone in around.stirring),
        )

    def _missed(self, db: Database) -> list[Missed]:
        """Pieces that the books call missing."""
        said_us: dict[PieceId, int] = {}
        for alarm in db.rows("alarms_newest", AlarmRow, limit=ALARMS_LOOKED_AT):
            for piece in pieces_of(alarm):
                said_us[piece] = max(said_us.get(piece, 0), alarm.raised_us)
        index, row_of = self._stock.zones.index, self._stock.catalogue.row_of
        return [
            Missed(row, index[known.zone], known.since_us, said_us.get(known.piece, 0))
            for known in db.rows("presence", PresenceRow)
            if known.state is PresenceState.MISSING and (row := row_of(known.piece)) is not None and known.zone in index
        ]

    def _fits(self, row: int, told: str) -> bool:
        """A tag may tell only the first words of its TID; a piece whose tag was bound without one fits any."""
        piece = self._stock.catalogue.pieces[row]
        card = None if piece is None else self._stock.cards.get(piece)
        bound = "" if card is None else card.tid.upper()
        size = min(len(bound), len(told))
        return bound[:size] == told[:size].upper()

    def _new_strangers(self, now_us: int) -> int:
        """EPCs of the catalogue's list of unknown ones that are new, since the last round of any reader."""
        catalogue = self._stock.catalogue
        before, self._strangers = self._strangers, catalogue.unknown_heard_total
        if before < 0 or now_us - self._began_us < STRANGERS_AFTER_US:
            return 0
        return max(0, self._strangers - before)

    def _set_bars(self) -> None:
        self._jam.bar_nats = self.budget.meters[AlarmKind.JAM].bar_nats
        self._clone.bar_nats = self.budget.meters[AlarmKind.CLONE].bar_nats


def apart(config: EdgeConfig) -> NDArray[np.float64]:
    """float64[z, z]: metres between the edges of zones on the store's plan; 0 where none is drawn."""
    size = len(config.zones)
    out = np.zeros((size, size))
    for at, one in enumerate(config.zones):
        for to, other in enumerate(config.zones):
            across = max(one.x, other.x) - min(one.x + one.width, other.x + other.width)
            down = max(one.y, other.y) - min(one.y + one.height, other.y + other.height)
            out[at, to] = float(np.hypot(max(across, 0.0), max(down, 0.0)))
    return out
