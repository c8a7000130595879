"""Who is accused: a piece that was alone in its surprise, or a group that fell silent at one moment and stays so."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.facts import AlarmKind
from edge.reconcile.presence.company import TRAY_NATS, Silent, in_company, same_moment, statistic
from edge.reconcile.presence.evidence import FEW, GROUP, MISSING, PRESENT, Evidence
from edge.reconcile.presence.groups import against_cover, few_of_zone, groups_over, quiet_trays
from edge.reconcile.presence.shapes import Accusation, Placement, Round, Rules

PEAK_MIN: Final = 0.01
"""What a piece that is judged has at least reached: it marks the gap as judged."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What a judgement needs to know; who is accused is `MISSING` from then on."""

    evidence: Evidence
    placement: Placement
    rules: Rules
    heard: Round

    @property
    def now_us(self) -> int:
        return self.heard.now_us

    def accusations(self, silent: NDArray[np.intp]) -> Iterator[Accusation]:
        """Judge rows that were watched and are silent and surprising. Notes company, and the gap's peak.

        Those that were read just once amid a surprising silence are among `silent`: they are company, no more.
        """
        evidence, rules = self.evidence, self.rules
        at = silent[(evidence.state[silent] == PRESENT)]
        at = at[~self._elsewhere(at)]
        company, surprising = self._in_company(at), evidence.nats[at] > TRAY_NATS
        at, company = at[surprising], company[surprising]
        zone, nats, lone = self.placement.home[at], evidence.nats[at], evidence.lone_nats[at]
        company |= evidence.peak[at] == 0  # judged for the first time
        evidence.company_us[at[company]] = self.now_us
        evidence.company_nats[at[company]] = lone[company]
        alone = self.now_us - evidence.company_us[at] >= rules.alone_s * 1e6
        alone &= lone - evidence.company_nats[at] >= rules.alone_nats
        strength = statistic(nats, alone)
        seeing = ~evidence.withheld[zone]
        reached = np.where(seeing, np.maximum(strength, np.float32(PEAK_MIN)), np.float32(PEAK_MIN))
        evidence.peak[at] = np.maximum(evidence.peak[at], reached)
        bar = np.where(evidence.small[zone], rules.small_nats, rules.alarm_nats)
        accused = at[seeing & (strength >= bar)]
        for row in accused.tolist():
            yield self._accuse(AlarmKind.MISSING, [row], float(evidence.nats[row]))
        for quiet in quiet_trays(evidence, self.placement, self.heard):
            if quiet.nats >= rules.tray_nats:
                yield self._accuse(AlarmKind.GROUP, quiet.rows.tolist(), quiet.nats)
        together = at[seeing & ~alone & (evidence.state[at] == PRESENT)]
        yield from self._together(together[evidence.nats[together] >= rules.group_min_nats])

    def _in_company(self, at: NDArray[np.intp]) -> NDArray[np.bool_]:
        evidence, zone = self.evidence, self.placement.home[at]
        onset_us, lit = evidence.onset_us[at], evidence.onset_us[at] < evidence.read_us[at]
        return in_company(Silent(evidence.nats[at], zone, self.placement.tray[at], onset_us, evidence.calm[zone], lit))

    def _elsewhere(self, at: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Read just now in another zone that vouches: it has moved, it has not left. Only for a limited time."""
        where = self.evidence.away_zone[at]
        fresh: NDArray[np.bool_] = self.evidence.away_us[at] >= self.now_us - self.rules.away_fresh_s * 1e6
        fresh &= self.now_us - self.evidence.read_us[at] < self.rules.away_at_most_s * 1e6
        return fresh & (where >= 0) & self.placement.vouches[where]

    def _together(self, at: NDArray[np.intp]) -> Iterator[Accusation]:
        """One moment, one event. It must last: hands and doors go away, a lifted tray does not."""
        evidence, rules = self.evidence, self.rules
        reached: dict[tuple[int, int], float] = {}
        if not len(at):
            groups_over(evidence, reached, self.now_us)
            return
        p = evidence.detectability()
        for members in same_moment(self.placement.home[at], evidence.read_us[at], int(rules.group_spread_s * 1e6)):
            rows = at[members]
            zone = int(self.placement.home[rows[0]])
            silent_s = float(evidence.silent_rounds[rows].min() * evidence.step_s[zone])
            strength = float(p[rows].sum())
            nats = against_cover(evidence, zone, strength, silent_s)
            few = few_of_zone(evidence, self.placement, rows, strength)
            kind_of = FEW if few else GROUP
            reached[kind_of, zone] = max(reached.get((kind_of, zone), 0.0), nats)
            if nats >= (rules.few_nats if few else rules.group_nats):
                kind = AlarmKind.GROUP if len(rows) > 1 else AlarmKind.MISSING
                yield self._accuse(kind, rows.tolist(), nats)
        groups_over(evidence, reached, self.now_us)

    def _accuse(self, kind: AlarmKind, rows: list[int], nats: float) -> Accusation:
        evidence = self.evidence
        zone = int(self.placement.home[rows[0]])
        evidence.state[rows] = MISSING
        return Accusation(
            kind=kind,
            rows=tuple(rows),
            zone=zone,
            nats=nats,
            rounds=int(evidence.silent_rounds[rows].min()),
            silent_s=float((self.now_us - evidence.read_us[rows].max()) / 1e6),
            p=float(evidence.detectability()[rows].mean()),
            visibility=float(evidence.visibility[zone]),
        )
