"""The tick: reads → rows → rounds → presence → facts → one transaction → what everyone sees.

Runs on the house thread every 20 ms and costs O(reads + changes); what others see is swapped only after the commit.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import structlog
from numpy.typing import NDArray

from contract.facts import AlarmKind, AlarmRaised, AnyFact, ExitSeen, PresenceState
from contract.ids import PieceId, ReaderId, ZoneId
from edge.books.journal import Books
from edge.books.rows import PresenceRow, SignalRow
from edge.config import EdgeConfig, ZoneKind
from edge.floor.alarms.memory import NAME as DETECTORS
from edge.floor.alarms.memory import save as detectors_body
from edge.floor.alarms.watch import Around, Watch
from edge.floor.inputs import Inputs
from edge.floor.intake import Intake
from edge.floor.memory import Memory
from edge.floor.newcomers import Newcomers
from edge.floor.news import News
from edge.floor.now import FloorNow, PadNow
from edge.floor.pads_and_gates import Gates, Pads
from edge.floor.reference_tags import NAME as REFERENCES
from edge.floor.reference_tags import ReferenceTags
from edge.floor.rounds import Heard, Round, Rounds, RoundTally, together
from edge.floor.showing import false_alarms, least_bar, signals_now, zones_now
from edge.floor.signals import Signals
from edge.floor.stock import Stock
from edge.floor.strangers import StrangersNow
from edge.floor.sweeps import parted, sweep
from edge.floor.vision import VisionWatch, told_before
from edge.floor.whereabouts import Placed, Places
from edge.floor.zonemap import NO_ZONE
from edge.readers.base import ReadBatch
from edge.readers.health import Health
from edge.reconcile.presence import evidence as ev
from edge.reconcile.presence.by_hand import found
from edge.reconcile.presence.evidence import Evidence
from edge.reconcile.presence.shapes import Placement, Rules
from edge.reconcile.presence.shapes import Round as Evidenced
from edge.reconcile.presence.step import step

log = structlog.get_logger(__name__)

SEEN_WINDOW_US: Final = 30_000_000
"""`seen now`: about thirty rounds, so that a piece read in one round of five still counts as seen."""
FLOOR_EVERY_US: Final = 1_000_000


@dataclass(slots=True)
class Outcome:
    """What one tick asks the house to do next. `woke` names what pages should fetch again."""

    woke: set[str] = field(default_factory=set)
    met: dict[ZoneId, set[PieceId]] = field(default_factory=dict)
    """Pieces read here that this store does not hold (yet): to be received or reported."""
    drive: bool = False
    """Outputs are to be otherwise: tell the readers."""
    written: tuple[AnyFact, ...] = ()
    """Rows that were added to the journal: wake the uplink."""


Listener = Callable[[list[Heard], list[Round], int], list[AnyFact]]
"""Looks at this tick's reads and rounds, gives facts: a running count, the chronicle, a walk of calibration."""


class Pipeline:
    """Owned by the house thread; only `deliver` may be called from elsewhere. `now_us` is monotonic."""

    def __init__(
        self,
        config: EdgeConfig,
        books: Books,
        stock: Stock,
        *,
        new_id: Callable[[], str],
        wall_us: Callable[[], int],
    ) -> None:
        self.config = config
        self.books = books
        self.stock = stock
        self.floor = FloorNow()
        self.health: dict[ReaderId, Health] = {}
        """Written by the drivers at any moment; a turn goes by `readers`."""
        self.readers: dict[ReaderId, Health] = {}
        """How each reader stood when this turn began: all that a turn, and what people do until the next, goes by."""
        self.listeners: list[Listener] = []
        self.reference_tags = ReferenceTags(stock.zones)
        self.keeps: dict[str, Callable[[], bytes]] = {
            DETECTORS: self._detectors_body,
            REFERENCES: self.reference_tags.body,
        }
        """What is kept over restarts beside presence's evidence, by name."""
        self.memory = Memory(config, books, stock, wall_us)
        self._zones = stock.zones
        self._wall_us = wall_us
        self.intake = Intake(stock, tuple(reader.id for reader in config.readers))
        self._rounds = Rounds(self._zones, self._zones.fixed, self.intake.lost_us)
        self._vouches = np.array([zone.kind is not ZoneKind.EXIT for zone in config.zones], np.bool_)
        self._pads = Pads(self._zones, stock)
        self.watch = Watch(config, stock, new_id=new_id, wall_us=wall_us)
        self._gates = Gates(self._zones, stock, self.watch)
        self.places = Places(self._zones, self._zones.fixed)
        self.inputs = Inputs(config.readers)
        self.signals = Signals(config.readers)
        self.strangers = StrangersNow(self._zones)
        self._newcomers = Newcomers(stock, books, self._vouches, wall_us)
        self.news = News(stock)
        self._floor_us = -FLOOR_EVERY_US
        self._calibrated_us = 0
        self._vision = VisionWatch(self._zones, (), wall_us=wall_us, now_us=0)

    def tell_antennas(self, *, wanted: bool) -> None:
        """Whether rounds say which antenna read what."""
        self._rounds.tell_antennas = wanted

    @property
    def evidence(self) -> Evidence:
        return self.memory.evidence

    @property
    def rules(self) -> Rules:
        return self.memory.rules

    @property
    def rounds_tally(self) -> RoundTally:
        return self._rounds.tally

    @property
    def gaps_short_total(self) -> int:
        """Gaps in coverage too short to be told."""
        return self._vision.coverage.gaps_short_total

    @property
    def near_reads_dropped_total(self) -> int:
        """Reads at pads and gates that were not followed: so many other pieces are there already."""
        return self._pads.overflow_total + self._gates.overflow_total

    @property
    def pads_now(self) -> tuple[PadNow, ...]:
        """What lies on the pads in this tick."""
        return self._pads.now

    # --- the loop thread --------------------------------------------------------------------------------------

    def deliver(self, batch: ReadBatch) -> None:
        """Hand a batch over. Above `BATCHES_PENDING_MAX` it is dropped and counted. Any thread."""
        self.intake.deliver(batch)

    # --- the house thread -------------------------------------------------------------------------------------

    def load(self, now_us: int) -> None:
        """Take up what the books say: states shown, zones and readers told, evidence learned."""
        db = self.books.db
        shown = db.rows("presence", PresenceRow)
        self.news.load(shown)
        for known in shown:
            row, zone = self.stock.catalogue.row_of(known.piece), self._zones.index.get(known.zone, NO_ZONE)
            if row is not None and zone != NO_ZONE and self.places.stays[zone]:
                self.stock.lies[row] = zone
        self._vision = VisionWatch(
            self._zones, self._zones.fixed, told_before(db), wall_us=self._wall_us, now_us=now_us
        )
        told = db.rows("signals", SignalRow)
        self.inputs.load(told)
        self.signals.load(told)
        self.memory.load(self.news.shown, now_us)
        self.reference_tags.load(db)
        self.watch.load(db, now_us)
        self._calibrated_us = now_us
        self.places.settle(np.arange(len(self.stock), dtype=np.int32), self.stock.lies[: len(self.stock)])

    def forget_rows(self, rows: NDArray[np.int32]) -> None:
        """These rows mean other pieces now."""
        self.evidence.grow(len(self.stock))
        self.places.settle(rows, self.stock.lies[: len(self.stock)])
        if len(rows):
            self.evidence.clear(rows)
            self._gates.forget(rows)
            self.watch.forget(rows)

    def tick(self, now_us: int, *, writing: bool) -> Outcome:
        """One turn of the house."""
        out = Outcome()
        self.readers = {reader: state.stand() for reader, state in self.health.items()}
        heard, swept = parted(self.intake.drain(), self._zones)
        for each in heard:
            self._rounds.hear(each)
        rounds = self._rounds.close(now_us, self.readers)
        for of_each in together(rounds):
            self._weigh(of_each, now_us, out)
        if self.strangers.hear(heard, rounds, self.stock.home, now_us):
            out.woke.add("floor")
        for each in swept:
            self._sweep(each, now_us, out)
        told = self._vision.look(self.readers, self.evidence.blind, now_us, self.reference_tags.silent())
        if told:
            out.woke |= {"readers", "floor"}
        self.news.say(told)
        self._place(
            self.places.close(now_us, self.stock.lies[: len(self.stock)], self.stock.tray[: len(self.stock)]), out
        )
        if writing:
            for zone, piece in self._newcomers.meet(now_us):
                out.met.setdefault(zone, set()).add(piece)
        for row, facts in self._gates.hear(heard, self.books.db):
            self._passed(row, facts, out, now_us)
        bag = self.watch.bag(now_us)
        if bag is not None:
            out.woke.add("floor")
            self.say_alarm(bag, now_us)
        if self._pads.hear(heard, self.readers, now_us):
            out.woke.add("pad")
        self._signal(now_us, out)
        for listener in self.listeners:
            facts = listener(heard + swept, rounds, now_us)
            if facts:
                out.woke.add("counts")
            self.news.say(facts)
        if writing:
            self._write(now_us, out)
        if out.woke or now_us - self._floor_us >= FLOOR_EVERY_US:
            self.show(now_us)
        return out

    def seen(self, piece: PieceId, now_us: int) -> bool:
        """A working reader, or a scan, has read the piece within the window that counts as now."""
        return self.stock.seen_since(piece, now_us - SEEN_WINDOW_US)

    # --- steps ------------------------------------------------------------------------------------------------

    def _weigh(self, rounds: list[Round], now_us: int, out: Outcome) -> None:
        """Presence, by what these rounds of different readers showed."""
        witnessed = np.zeros(len(self._zones.zones), np.bool_)
        for one in rounds:
            witnessed[one.zones] = True
        placement = self._placement()
        rows, zones = (
            np.concatenate(columns) for columns in zip(*((one.row, one.zone) for one in rounds), strict=True)
        )
        heard = Evidenced(now_us, witnessed, rows, zones, self.reference_tags.hear(rounds))
        changes = step(self.evidence, placement, heard, self.rules)
        self.news.changed(changes)
        if len(changes.present) or changes.accused or len(changes.hard) or len(changes.blind) or len(changes.seeing):
            out.woke.add("floor")
        around = Around(self.evidence, placement, self.inputs.stirring(), self.intake.take_tids())
        accused = changes.accused
        for one in rounds:
            theirs = [each for each in accused if each.zone in one.zones]
            accused = [each for each in accused if each not in theirs]  # a zone of two readers is said once
            for alarm in self.watch.round(one, theirs, around, now_us):
                self.say_alarm(alarm, now_us)
            around = replace(around, tids={})
            self._newcomers.notice(one, now_us)
            self._place(self.places.hear(one, self.stock.lies[: len(self.stock)]), out)

    def _sweep(self, heard: Heard, now_us: int, out: Outcome) -> None:
        """What a handheld found (`sweeps.py`)."""
        one = sweep(heard, self.places.stays)
        self._newcomers.notice(one, now_us)
        self._place(self.places.first(one, self.stock.lies[: len(self.stock)]), out)
        for row in found(self.evidence, self._placement(), one.row, one.zone, now_us).tolist():
            zone = self._zones.zones[int(self.stock.lies[row])].name
            self.news.state(row, PresenceState.PRESENT, f"read by hand in {zone}")
            out.woke.add("floor")

    def _placement(self) -> Placement:
        """Where pieces belong now."""
        count = len(self.stock)
        return Placement(
            home=self.stock.lies[:count],
            tray=self.stock.tray[:count],
            expected=self.stock.expected[:count],
            vouches=self._vouches,
            reader=self._zones.only_reader,
        )

    def _place(self, placed: list[Placed], out: Outcome) -> None:
        """Pieces that lie elsewhere now: presence judges them there from here on."""
        for row, zone, p in placed:
            self.stock.lies[row] = zone
            self.watch.moved(row)
            if self.news.moved(row, f"lies in {self._zones.zones[zone].name} (p = {p:.2f})", round(p, 4)):
                out.woke.add("floor")

    def _passed(self, row: int, facts: list[AnyFact], out: Outcome, now_us: int) -> None:
        """A passage through a gate; an unpeaceful one has its alarm, or its bag has: it is not missed a second time."""
        self.news.say(facts)
        out.woke.add("floor")
        for fact in facts:
            self.signals.raised(fact, now_us)
            if isinstance(fact, ExitSeen) and not fact.peaceful:
                self.evidence.grow(len(self.stock))
                self.evidence.state[row] = ev.MISSING
                self.news.state(row, PresenceState.MISSING, f"carried out and not sold: {fact.why}")

    def say_alarm(self, alarm: AlarmRaised, now_us: int) -> None:
        """An alarm is to be written, and shown at the exits where it is loud enough."""
        self.news.say([alarm])
        self.signals.raised(alarm, now_us)

    def save(self, now_us: int) -> None:
        """Write what was learned. Raises what the disk raises."""
        self.memory.save(now_us, {name: body() for name, body in self.keeps.items()})

    def _detectors_body(self) -> bytes:
        return detectors_body(self.watch.budget)

    def _signal(self, now_us: int, out: Outcome) -> None:
        """Doors and lamps: what changed at inputs, and what outputs are to be."""
        changed = self.inputs.look(self.readers, now_us)
        drive = self.signals.look(self._vision.vision_of, self.readers, now_us)
        out.drive = bool(drive)
        if changed or drive:
            out.woke.add("readers")
        self.news.say([*changed, *drive])

    def _write(self, now_us: int, out: Outcome) -> None:
        if self.memory.is_due(now_us):
            self.watch.calibrate(now_us - self._calibrated_us)
            self._calibrated_us = now_us
            shares = self.watch.budget.shares()
            self.memory.calibrate(
                now_us,
                alone_per_month_max=shares[AlarmKind.MISSING],
                together_per_month_max=shares[AlarmKind.GROUP],
            )
            self.save(now_us)
        out.written = self.news.write(self.books, self._wall_us())
        if any(isinstance(fact, AlarmRaised) for fact in out.written):
            out.woke.add("alarms")

    def show(self, now_us: int) -> None:
        """Swap what everyone sees."""
        self._floor_us = now_us
        lone, together, expected = false_alarms(self.evidence, self.rules)
        bar_nats = least_bar(self.evidence, self.rules)
        presence = {
            AlarmKind.MISSING: (bar_nats, lone),
            AlarmKind.GROUP: (self.rules.group_nats, together),
        }
        self.floor = FloorNow(
            at_us=now_us,
            zones=zones_now(self.stock, self.evidence, self._vision, self.reference_tags.words),
            readers=self._vision.readers_now(self.readers, now_us),
            pads=self._pads.now,
            signals=signals_now(self.config.readers, self.inputs, self.signals),
            unknown_tags=self.intake.unknown_tags(now_us),
            unknown_lying=len(self.strangers.lying),
            strays=self.strangers.strays,
            threshold_nats=round(bar_nats, 2),
            alarms_per_month=expected,
            pieces=int(self.stock.expected[: len(self.stock)].sum()),
            budget=self.watch.lines(presence),
            alarms_per_month_max=self.watch.budget.alarms_per_month_max,
            deliveries=self.watch.deliveries.now,
            in_view=self._gates.in_view(now_us),
            is_open=self.watch.is_open(now_us),
        )
