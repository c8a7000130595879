"""Who is accused: a piece that was alone in its surprise, or a group that fell silent at one moment and stays so."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.facts import AlarmKind
from edge.reconcile.company import TRAY_NATS, in_company, same_moment, statistic
from edge.reconcile.evidence import PRESENT, Evidence
from edge.reconcile.shapes import Accusation, Placement, Rules


@dataclass(frozen=True, slots=True)
class Bench:
    """What a judgement needs to know. Nothing here decides by itself."""

    evidence: Evidence
    placement: Placement
    rules: Rules
    now_us: int

    def accusations(self, silent: NDArray[np.intp]) -> Iterator[Accusation]:
        """Judge rows that were watched and not read in this round. Notes who had company, and the gap's peak."""
        evidence, rules = self.evidence, self.rules
        surprising = np.take(evidence.nats, silent, mode="clip") > TRAY_NATS
        evidence.company_us[silent[np.flatnonzero(~surprising)]] = self.now_us
        silent = silent[np.flatnonzero(surprising)]
        at = silent[~self._elsewhere(silent) & (evidence.state[silent] == PRESENT)]
        zone, nats = self.placement.home[at], evidence.nats[at]
        evidence.company_us[at[in_company(nats, zone, self.placement.tray[at])]] = self.now_us
        alone = self.now_us - evidence.company_us[at] >= rules.alone_s * 1e6
        strength = statistic(nats, alone)
        evidence.peak[at] = np.maximum(evidence.peak[at], strength)
        seeing = ~evidence.blind[zone]
        for row in at[seeing & (strength >= rules.alarm_nats)].tolist():
            yield self._accuse(AlarmKind.MISSING, [row])
        together = at[seeing & ~alone & (nats > TRAY_NATS)]
        if (evidence.nats[together] >= rules.group_nats).any():
            yield from self._together(together)

    def _elsewhere(self, at: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Read just now in another zone that vouches: it has moved, it has not left."""
        where = self.evidence.away_zone[at]
        fresh: NDArray[np.bool_] = self.evidence.away_us[at] >= self.now_us - self.rules.away_fresh_s * 1e6
        return fresh & (where >= 0) & self.placement.vouches[where]

    def _together(self, at: NDArray[np.intp]) -> Iterator[Accusation]:
        """One moment, one event. It must last: hands and doors go away, a lifted tray does not."""
        evidence, rules = self.evidence, self.rules
        for members in same_moment(self.placement.home[at], evidence.read_us[at], int(rules.group_spread_s * 1e6)):
            rows = at[members]
            sure = rows[evidence.nats[rows] >= (rules.group_nats if len(rows) > 1 else rules.alarm_nats)]
            lasting = self.now_us - evidence.read_us[rows].max() >= rules.group_dwell_s * 1e6
            if lasting and len(sure) >= min(2, len(rows)):
                yield self._accuse(AlarmKind.GROUP if len(sure) > 1 else AlarmKind.MISSING, sure.tolist())

    def _accuse(self, kind: AlarmKind, rows: list[int]) -> Accusation:
        evidence = self.evidence
        zone = int(self.placement.home[rows[0]])
        return Accusation(
            kind=kind,
            rows=tuple(rows),
            zone=zone,
            nats=float(evidence.nats[rows].min()),
            rounds=int(evidence.silent_rounds[rows].min()),
            silent_s=float((self.now_us - evidence.read_us[rows].max()) / 1e6),
            p=float(evidence.detectability()[rows].mean()),
            visibility=float(evidence.visibility[zone]),
        )
