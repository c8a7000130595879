"""The other ways to say "it is gone", and the judge that treats all alike: same reads, same budget of false alarms.

`fixed`   no read by any antenna for so many seconds; `edgex` is the same with EdgeX's customary 600 s.
`smurf`   SMURF's window in its evidence form: silence times the piece's chance of a read. Generously it is told the
          true mean chance, neighbours' antennas included, and its delta is tuned for each family.
`oracle`  the exact forward filter of clear and faded, told the true p, every shadow, every reader's state in every
          round and the true law of fades. It hears the piece's own zone only, and judges each piece by itself.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.worlds import Heard, Shop

Floats32 = NDArray[np.float32]
METHODS: Final = ("fixed", "smurf", "oracle")
EDGEX_S: Final = 600.0
MONTH_S: Final = 30 * 86400.0
TAIL: Final = 40
"""An exponential is fitted to so many of the highest peaks of innocent gaps."""
KEPT: Final = 4000
Q_MAX: Final = 0.999


@dataclass(slots=True)
class Peaks:
    """The highest statistics that innocent gaps reached."""

    values: list[NDArray[np.float32]] = field(default_factory=list)
    number: int = 0
    floor: float = 0.0

    def add(self, values: NDArray[np.float32]) -> None:
        values = values[values > self.floor]
        if len(values):
            self.values.append(values)
            self.number += len(values)
            if self.number > 4 * KEPT:
                self._shrink()

    def _shrink(self) -> None:
        top = np.sort(np.concatenate(self.values))[-KEPT:]
        self.values, self.number, self.floor = [top], len(top), float(top[0])

    def limit(self, months: float, alarms_per_month: float) -> float:
        """The threshold for a budget: peaks over threshold, an exponential through the highest."""
        if not self.values:
            return 1.0
        top = np.sort(np.concatenate(self.values))[-TAIL:]
        excess = float(top.mean() - top[0])
        return float(top[0] + excess * np.log(max(len(top) / (months * alarms_per_month), 1.0)))


class Peers:
    """Statistics of the methods for every piece of a shop, float32[n] each. `hear` first, then read `now`."""

    def __init__(self, shop: Shop) -> None:
        self.shop, n, family = shop, len(shop.p), shop.family
        self.step_s = np.float32(family.round_s)
        self.any_p = 1 - (1 - shop.p) * (1 - shop.stray_p)
        self.now: dict[str, Floats32] = {name: np.zeros(n, np.float32) for name in METHODS}
        self.peaks = {name: Peaks() for name in METHODS}
        self.faded = np.zeros(n, np.float32)
        fades = family.fades_per_s > 0
        length_s = family.fade_s * (np.exp(family.fade_sigma**2 / 2) if family.fade_sigma else 1.0)
        self.fade_reads = np.float32(family.fade_reads)
        self.begins = (1 - np.exp(-shop.fade_rate * family.round_s)).astype(np.float32) if fades else None
        self.lasts = np.float32(np.exp(-family.round_s / length_s))
        self._q, self._a, self._b = (np.empty(n, np.float32) for _ in range(3))

    def hear(self, heard: Heard, *, keep: bool) -> NDArray[np.bool_]:
        """Take in a round; `keep` the peaks of gaps that end. Gives who was read by any antenna."""
        read = heard.read
        if len(heard.strays):
            read = read.copy()
            read[heard.strays] = True
        if keep:
            self._end(read, heard.read)
        missed = (~read).astype(np.float32)
        fixed, smurf = self.now["fixed"], self.now["smurf"]
        fixed += self.step_s
        fixed *= missed
        np.multiply(fixed, self.any_p, out=smurf)
        self._oracle(heard.read, missed if read is heard.read else (~heard.read).astype(np.float32))
        return read

    def _end(self, read: NDArray[np.bool_], at_home: NDArray[np.bool_]) -> None:
        for name, value in self.now.items():
            ended = (at_home if name == "oracle" else read) & (value > max(self.peaks[name].floor, 8.0))
            if ended.any():
                self.peaks[name].add(value[ended])

    def _oracle(self, read: NDArray[np.bool_], missed: Floats32) -> None:
        nats, q, a, b, f = self.now["oracle"], self._q, self._a, self._b, self.faded
        np.minimum(self.shop.q_told, np.float32(Q_MAX), out=q)
        if self.begins is None:
            np.negative(q, out=a)
            np.log1p(a, out=a)
            nats -= a
            nats *= missed
            return
        np.subtract(1, f, out=a)  # chance of clear
        np.multiply(a, self.begins, out=b)
        f *= self.lasts
        f += b
        np.subtract(1, f, out=a)
        # a miss weighs clear by 1 - q and faded by 1 - q·reads; a read by q and q·reads
        np.multiply(q, self.fade_reads, out=b)
        np.subtract(1, q, out=q)
        np.subtract(1, b, out=b)
        a *= q
        b *= f
        a += b
        back = f[read]
        np.divide(b, a, out=f)
        back *= self.fade_reads
        f[read] = back / (back + np.maximum(1 - back / max(float(self.fade_reads), 1e-6), 1e-6))
        np.log(a, out=a)
        nats -= a
        nats *= missed


@dataclass
class Verdicts:
    """What one method said: when it found what was gone, and what it said of pieces that were there."""

    limit: float
    found_s: NDArray[np.float64]
    declared: NDArray[np.bool_]
    false_alarms: int = 0
    blamed: int = 0

    @classmethod
    def of(cls, pieces: int, limit: float) -> "Verdicts":
        return cls(limit, np.full(pieces, np.nan), np.zeros(pieces, np.bool_))

    def judge(self, shop: Shop, value: Floats32, read: NDArray[np.bool_], *, count: bool) -> None:
        """Alarms of this round: once a gap. `count`: false ones are counted from now on."""
        over = value >= self.limit
        if over.any():
            self.say(shop, np.flatnonzero(over & ~self.declared), count=count)
        self.declared &= ~read

    def say(self, shop: Shop, rows: NDArray[np.intp], *, count: bool, events: int | None = None) -> None:
        """These are said to be gone; wrong is every piece that is there, or the whole event once (`events`)."""
        self.declared[rows] = True
        wrong = rows[shop.there[rows]]
        gone = rows[~shop.there[rows] & np.isnan(self.found_s[rows])]
        self.found_s[gone] = shop.now_s
        if count and len(wrong):
            self.false_alarms += len(wrong) if events is None else events
            self.blamed += sum(shop.blamed_on_reader(row) for row in wrong.tolist())
