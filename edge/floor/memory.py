"""What presence has learned, kept over restarts: one checksummed blob each minute and at stop, and the alarm threshold.

Losing the last minute of it delays an alarm and never raises one.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import structlog

from contract.facts import PresenceState
from contract.ids import PieceId
from edge.books.journal import Books
from edge.books.rows import EvidenceRow
from edge.config import EdgeConfig
from edge.floor.stock import Stock
from edge.reconcile.presence import evidence as ev
from edge.reconcile.presence.evidence import Evidence, EvidenceDamagedError
from edge.reconcile.presence.shapes import CUSTOMARY, Rules
from edge.reconcile.presence.threshold import (
    FEW_NATS_MIN,
    GROUP_NATS_MIN,
    NATS_MAX,
    NATS_MIN,
    TRAY_NATS_MIN,
    thresholds,
)

log = structlog.get_logger(__name__)

BARS: Final = {
    "alarm_nats": NATS_MIN,
    "tray_nats": TRAY_NATS_MIN,
    "group_nats": GROUP_NATS_MIN,
    "few_nats": FEW_NATS_MIN,
    "small_nats": NATS_MIN,
}
"""The thresholds that are kept over a restart, each with the least it can be."""

SAVE_EVERY_US: Final = 60_000_000
EVIDENCE: Final = "presence"
THRESHOLD: Final = "threshold"
DAY_US: Final = 86_400_000_000


class Memory:
    """Owned by the house thread. `evidence` and `rules` are what the tick weighs rounds with."""

    def __init__(self, config: EdgeConfig, books: Books, stock: Stock, wall_us: Callable[[], int]) -> None:
        self.evidence = Evidence(len(config.zones))
        self.rules = replace(CUSTOMARY, alarm_nats=config.alarm_nats, small_nats=config.alarm_nats)
        self._config = config
        self._books = books
        self._stock = stock
        self._wall_us = wall_us
        self._zone_ids = tuple(zone.id for zone in config.zones)
        self._saved_us = self._calibrated_us = 0

    def load(self, shown: Mapping[PieceId, PresenceState], now_us: int) -> None:
        """Begin from the blob; states are the books' (`shown`): what was learned and never written is learned again."""
        self.evidence = self._kept(now_us)
        self.evidence.grow(len(self._stock))
        self.evidence.state[:] = ev.UNKNOWN
        for piece, state in shown.items():
            row = self._stock.catalogue.row_of(piece)
            if row is not None:
                self.evidence.state[row] = ev.STATES.index(state)
        threshold = self._books.db.one("evidence", EvidenceRow, name=THRESHOLD)
        if threshold is not None:
            self.rules = _kept_rules(self.rules, threshold.body)
        self._saved_us = self._calibrated_us = now_us

    def is_due(self, now_us: int) -> bool:
        """Whether a minute has passed since it was saved."""
        return now_us - self._saved_us >= SAVE_EVERY_US

    def calibrate(self, now_us: int, *, alone_per_month_max: float, together_per_month_max: float) -> None:
        """Set the thresholds to their shares of the budget by the store's history, a nat a day (inference §1.5)."""
        self.rules = thresholds(
            self.evidence.peaks,
            self.evidence.store_s,
            self.rules,
            alone_per_month_max=alone_per_month_max,
            together_per_month_max=together_per_month_max,
            days=(now_us - self._calibrated_us) / DAY_US,
        )
        self._calibrated_us = now_us

    def save(self, now_us: int, also: Mapping[str, bytes] = MappingProxyType({})) -> None:
        """Write what was learned; `also`: other rooms' rows, by name. Raises what the disk raises."""
        blob = self.evidence.save(now_us, self._stock.catalogue.pieces, self._zone_ids)
        with self._books.transaction() as tx:
            tx.db.run("evidence_set", name=EVIDENCE, body=blob, at_us=self._wall_us())
            nats = tuple(getattr(self.rules, name) for name in BARS)
            tx.db.run("evidence_set", name=THRESHOLD, body=repr(nats).strip("()").encode(), at_us=self._wall_us())
            for name, body in also.items():
                tx.db.run("evidence_set", name=name, body=body, at_us=self._wall_us())
        self._saved_us = now_us

    def _kept(self, now_us: int) -> Evidence:
        kept = self._books.db.one("evidence", EvidenceRow, name=EVIDENCE)
        if kept is not None:
            try:
                return ev.load(kept.body, now_us, self._stock.catalogue.pieces, self._zone_ids)
            except EvidenceDamagedError as error:
                log.warning("evidence_damaged", why=str(error))
        return Evidence(len(self._zone_ids))


def _kept_rules(rules: Rules, body: bytes) -> Rules:
    """The thresholds as saved, in the order of `BARS`; an older box saved the first of them, three or four."""
    try:
        nats = [float(word) for word in body.decode().split(",")]
    except ValueError:
        nats = []
    least = list(BARS.values())[: len(nats)]
    if len(nats) not in (1, 3, 4, len(BARS)) or not all(
        a <= each <= NATS_MAX for a, each in zip(least, nats, strict=True)
    ):
        log.warning("thresholds_damaged", why=repr(body[:40]))  # by a NaN nothing would ever be an alarm
        return rules
    return replace(rules, **dict(zip(BARS, nats, strict=False)))
