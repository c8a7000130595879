"""The tick: reads → rows → rounds → presence → facts → one transaction → what everyone sees.

Runs on the house thread every 20 ms and costs O(reads + changes); what others see is swapped only after the commit.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import structlog
from numpy.typing import NDArray

from contract.facts import AlarmRaised, AnyFact, PresenceState, ReaderHealth
from contract.ids import PieceId, ReaderId, ZoneId
from edge.books.journal import Books
from edge.books.rows import EvidenceRow, PresenceRow, ReaderRow, ZoneRow
from edge.config import EdgeConfig, ZoneKind
from edge.floor.detectors import Gates, Pads
from edge.floor.news import News
from edge.floor.now import FloorNow
from edge.floor.rounds import Heard, Round, Rounds, RoundTally, place
from edge.floor.showing import zones_now
from edge.floor.stock import Stock
from edge.floor.vision import Health, VisionWatch
from edge.floor.whereabouts import Placed, Places
from edge.floor.zonemap import NO_ZONE
from edge.readers.base import ReadBatch
from edge.reconcile import evidence as ev
from edge.reconcile.evidence import Evidence, EvidenceDamagedError
from edge.reconcile.presence import step
from edge.reconcile.shapes import CUSTOMARY, Placement
from edge.reconcile.shapes import Round as Evidenced
from edge.reconcile.threshold import calibrate, false_alarms_per_month

log = structlog.get_logger(__name__)

BATCHES_PENDING_MAX: Final = 4096
SEEN_WINDOW_US: Final = 30_000_000
"""`seen now`: about thirty rounds, so that a piece read in one round of five still counts as seen."""
FLOOR_EVERY_US: Final = 1_000_000
EVIDENCE_EVERY_US: Final = 60_000_000
MEETS_PER_TICK_MAX: Final = 20
UNKNOWN_EVERY_US: Final = 10_000_000
EVIDENCE: Final = "presence"
THRESHOLD: Final = "threshold"
DAY_US: Final = 86_400_000_000
STATES: Final = ev.STATES


@dataclass(slots=True)
class Tally:
    """Counters, read by `/metrics`."""

    reads_total: int = 0
    batches_dropped_total: int = 0
    rounds_total: int = 0


@dataclass(slots=True)
class Outcome:
    """What one tick asks the house to do next. `woke` names what pages should fetch again."""

    woke: set[str] = field(default_factory=set)
    met: dict[ZoneId, set[PieceId]] = field(default_factory=dict)
    """Pieces read here that this store does not hold (yet): to be received or reported."""
    wrote: bool = False
    """Rows were added to the journal: wake the uplink."""


Detector = Callable[[list[Heard], list[Round], int], list[AnyFact]]
"""Looks at this tick's reads and rounds, gives facts: a running count."""


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
        self.rules = replace(CUSTOMARY, alarm_nats=config.alarm_nats)
        self.tally = Tally()
        self.floor = FloorNow()
        self.health: dict[ReaderId, Health] = {}
        self.detectors: list[Detector] = []
        self.evidence = Evidence(len(config.zones))
        self._zones = stock.zones
        self._wall_us = wall_us
        self._batches: deque[ReadBatch] = deque()
        self._rounds = Rounds(self._zones, tuple(reader.id for reader in config.readers))
        self._vouches = np.array([zone.kind is not ZoneKind.EXIT for zone in config.zones], np.bool_)
        self._pads = Pads(self._zones, stock)
        self._gates = Gates(self._zones, stock, new_id=new_id, currency=config.currency)
        self.places = Places(self._zones, tuple(reader.id for reader in config.readers))
        self._strangers: dict[int, int] = {}
        self.news = News(stock, new_id=new_id, currency=config.currency)
        self._floor_us = -FLOOR_EVERY_US
        self._evidence_us = self._calibrated_us = 0
        self._reader_at = {reader.id: at for at, reader in enumerate(config.readers)}
        self._unknown = 0
        self._unknown_us = -UNKNOWN_EVERY_US
        self._vision = VisionWatch(self._zones, (), {}, {})

    @property
    def rounds_tally(self) -> RoundTally:
        return self._rounds.tally

    # --- the loop thread --------------------------------------------------------------------------------------

    def deliver(self, batch: ReadBatch) -> None:
        """Hand a batch over. Above `BATCHES_PENDING_MAX` it is dropped and counted. Any thread."""
        if len(self._batches) >= BATCHES_PENDING_MAX:
            self.tally.batches_dropped_total += 1
            return
        self._batches.append(batch)

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
        zones = {row.zone: (row.vision, row.why) for row in db.rows("zones", ZoneRow)}
        readers = {
            row.reader: ReaderHealth(
                reader=row.reader, link=row.link, why=row.why, model=row.model, firmware=row.firmware
            )
            for row in db.rows("readers", ReaderRow)
        }
        self._vision = VisionWatch(self._zones, tuple(reader.id for reader in self.config.readers), zones, readers)
        pieces = self.stock.catalogue.pieces
        kept = db.one("evidence", EvidenceRow, name=EVIDENCE)
        self.evidence = Evidence(len(self._zones.zones))
        if kept is not None:
            try:
                self.evidence = ev.load(kept.body, now_us, pieces, self._zone_ids)
            except EvidenceDamagedError as error:
                log.warning("evidence_damaged", why=str(error))
        self.evidence.grow(len(self.stock))
        self.places.settle(np.arange(len(self.stock), dtype=np.int32), self.stock.lies[: len(self.stock)])
        self.evidence.state[:] = ev.UNKNOWN  # what was learned and never written is learned again
        for piece, state in self.news.shown.items():
            row = self.stock.catalogue.row_of(piece)
            if row is not None:
                self.evidence.state[row] = STATES.index(state)
        threshold = db.one("evidence", EvidenceRow, name=THRESHOLD)
        if threshold is not None:
            self.rules = replace(self.rules, alarm_nats=float(threshold.body))
        self._evidence_us = self._calibrated_us = now_us

    def forget_rows(self, rows: NDArray[np.int32]) -> None:
        """These rows mean other pieces now."""
        self.evidence.grow(len(self.stock))
        self.places.settle(rows, self.stock.lies[: len(self.stock)])
        if len(rows):
            self.evidence.clear(rows)

    def tick(self, now_us: int, *, writing: bool) -> Outcome:
        """One turn of the house."""
        out = Outcome()
        heard = self._drain()
        rounds = self._rounds.close(now_us, self.health)
        for one in rounds:
            self._weigh(one, now_us, out)
        told = self._vision.look(self.health, self.evidence.blind)
        if told:
            out.woke |= {"readers", "floor"}
        self.news.say(told)
        self._place(self.places.close(now_us, self.stock.lies[: len(self.stock)]), out)
        if writing:
            self._meet(now_us, out)
        for row, facts in self._gates.hear(heard, self.books.db):
            self._passed(row, facts, out)
        if self._pads.hear(heard, self.health, now_us):
            out.woke.add("pad")
        for detector in self.detectors:
            facts = detector(heard, rounds, now_us)
            if facts:
                out.woke.add("counts")
            self.news.say(facts)
        if writing:
            self._write(now_us, out)
        self._count_unknown(now_us)
        if out.woke or now_us - self._floor_us >= FLOOR_EVERY_US:
            self._show(now_us)
        return out

    def calibrate(self, now_us: int) -> None:
        """Set the alarm threshold to the store's budget by its own history, a nat a day at most (inference §1.5)."""
        days = (now_us - self._calibrated_us) / DAY_US
        nats = calibrate(
            self.evidence.peaks,
            self.evidence.store_s,
            self.rules.alarm_nats,
            alarms_per_month_max=self.config.alarms_per_month_max,
            days=days,
        )
        self.rules = replace(self.rules, alarm_nats=nats)
        self._calibrated_us = now_us

    def save_evidence(self, now_us: int) -> None:
        """Write what was learned; a lost minute of it delays an alarm and never raises one."""
        blob = self.evidence.save(now_us, self.stock.catalogue.pieces, self._zone_ids)
        with self.books.transaction() as tx:
            tx.db.run("evidence_set", name=EVIDENCE, body=blob, at_us=self._wall_us())
            nats = repr(self.rules.alarm_nats).encode()
            tx.db.run("evidence_set", name=THRESHOLD, body=nats, at_us=self._wall_us())
        self._evidence_us = now_us

    def seen(self, piece: PieceId, now_us: int) -> bool:
        """A working reader, or a scan, has read the piece within the window that counts as now."""
        return self.stock.seen_since(piece, now_us - SEEN_WINDOW_US)

    # --- steps ------------------------------------------------------------------------------------------------

    @property
    def _zone_ids(self) -> tuple[ZoneId, ...]:
        return tuple(zone.id for zone in self._zones.zones)

    def _drain(self) -> list[Heard]:
        heard: list[Heard] = []
        while self._batches:
            batch = self._batches.popleft()
            self.tally.reads_total += len(batch)
            found = self.stock.catalogue.hear(batch.epc, batch.epc_bits, batch.arrived_us)
            one = place(batch, found.rows, self._zones)
            self.stock.sightings.saw(one.row, one.zone, self._reader_at[batch.reader], one.arrived_us)
            self._rounds.hear(one)
            heard.append(one)
        return heard

    def _weigh(self, one: Round, now_us: int, out: Outcome) -> None:
        """Presence, by what this round showed."""
        self.tally.rounds_total += 1
        count = len(self.stock)
        witnessed = np.zeros(len(self._zones.zones), np.bool_)
        witnessed[one.zones] = True
        placement = Placement(
            home=self.stock.lies[:count],
            tray=self.stock.tray[:count],
            expected=self.stock.expected[:count],
            vouches=self._vouches,
        )
        changes = step(self.evidence, placement, Evidenced(now_us, witnessed, one.row, one.zone), self.rules)
        self.news.changed(changes)
        if len(changes.present) or changes.accused or len(changes.hard) or len(changes.blind) or len(changes.seeing):
            out.woke.add("floor")
        self._notice_strangers(one, now_us)
        self._place(self.places.hear(one, self.stock.lies[:count]), out)

    def _place(self, placed: list[Placed], out: Outcome) -> None:
        """Pieces that lie elsewhere now: presence judges them there from here on."""
        for row, zone, p in placed:
            self.stock.lies[row] = zone
            if self.news.moved(row, f"lies in {self._zones.zones[zone].name} (p = {p:.2f})"):
                out.woke.add("floor")

    def _passed(self, row: int, facts: list[AnyFact], out: Outcome) -> None:
        """A passage through a gate; an unpeaceful one is this piece's alarm, it need not be missed a second time."""
        self.news.say(facts)
        out.woke.add("floor")
        for fact in facts:
            if isinstance(fact, AlarmRaised):
                self.evidence.grow(len(self.stock))
                self.evidence.state[row] = ev.MISSING
                self.news.state(row, PresenceState.MISSING, fact.sentence)

    def _notice_strangers(self, one: Round, now_us: int) -> None:
        """Pieces of the house that lie here although the books do not hold them: not at the gate, which only passes."""
        here = self._vouches[one.zone] & self.stock.strange(one.row, now_us)
        self._strangers.update(zip(one.row[here].tolist(), one.zone[here].tolist(), strict=True))

    def _meet(self, now_us: int, out: Outcome) -> None:
        """A few at a time: the first round of a new store meets all its stock, and a till must not wait for that."""
        for row in list(self._strangers)[:MEETS_PER_TICK_MAX]:
            zone = self._zones.zones[self._strangers.pop(row)].id
            piece = self.stock.to_meet(self.books.db, row, now_us, self._wall_us())
            if piece is not None:
                out.met.setdefault(zone, set()).add(piece)

    def _write(self, now_us: int, out: Outcome) -> None:
        if now_us - self._evidence_us >= EVIDENCE_EVERY_US:
            self.calibrate(now_us)
            self.save_evidence(now_us)
        written = self.news.write(self.books, self._wall_us())
        out.wrote = bool(written)
        if any(isinstance(fact, AlarmRaised) for fact in written):
            out.woke.add("alarms")

    def _count_unknown(self, now_us: int) -> None:
        """Strangers in the air change slowly and cost a look-up each: counted every ten seconds."""
        if now_us - self._unknown_us >= UNKNOWN_EVERY_US:
            self._unknown, self._unknown_us = len(self.stock.catalogue.unknown()), now_us

    def _show(self, now_us: int) -> None:
        """Swap what everyone sees."""
        self._floor_us = now_us
        self.floor = FloorNow(
            at_us=now_us,
            zones=zones_now(self.stock, self.evidence, self._vision),
            readers=self._vision.readers_now(self.health, now_us),
            pads=self._pads.now,
            unknown_tags=self._unknown,
            threshold_nats=round(self.rules.alarm_nats, 2),
            alarms_per_month=false_alarms_per_month(self.evidence.peaks, self.evidence.store_s, self.rules.alarm_nats),
            pieces=int(self.stock.expected[: len(self.stock)].sum()),
        )
