"""Counting from the expected list: how sure is it that everything there has been read (inference §2).

Takes   the expected rows with what was learned about each, then one call of `hear` per witnessed round.
Gives   `Progress` after each round, a reason to stop, and a verdict with its probability for every piece.

A piece is never called missing because the rounds ran out: below certainty it is named "check by hand".
Capture–recapture is used for unknown tags only, and only as "at least n more".
"""

from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contract.facts import Verdict
from edge.reconcile.blocking import CUSTOMARY, Blocking, Fading, Unread, one_more
from edge.reconcile.expected import Expected

COMPLETE_AT: Final = 0.99
MISSING_BELOW: Final = 0.02
HOPED_MIN: Final = 3.0
SEEN_SHARE_MIN: Final = 0.25
"""A round that reads less than this share of at least so many hoped-for pieces of a zone does not count there."""
MISPLACED_BELOW: Final = 0.05
"""Chance of having stayed unread at home below which a piece read elsewhere is misplaced, not a stray read."""


class Progress(NamedTuple):
    """After a round. `unread_expected`: pieces believed there and unread; `gain`: finds hoped for in one more round."""

    round: int
    found: int
    expected: int
    p_complete: float
    unread_expected: float
    gain: float


class Stop(StrEnum):
    COMPLETE = "complete"
    FUTILE = "another round would hardly find more"
    ROUNDS = "the rest is sooner found by hand"


class Judged(NamedTuple):
    """What the count says about one piece. `zone`: where it was read, or should have been."""

    row: int
    verdict: Verdict
    zone: int
    p_present: float


class Count:
    """One count of some zones. Deterministic: no time, no chance."""

    def __init__(self, expected: Expected, zones: int, blocking: Blocking = CUSTOMARY, *, rounds_max: int = 40) -> None:
        self.expected = expected
        self.blocking = blocking
        self.rounds_max = rounds_max
        self.round = 0
        size = len(expected.rows)
        self._fading = Fading.never(size) if expected.fading is None else expected.fading
        self._unread = Unread.before(self._fading, blocking)
        self._reads = np.zeros((size, zones), np.int32)
        self._others: dict[tuple[int, int], int] = {}
        self._unknown: dict[int, int] = {}
        self.first_reads = np.zeros(rounds_max, np.int64)
        """Pieces first read in round j, from 0: what `blocking.fit` learns from."""
        self.blind_rounds = np.zeros(zones, np.int64)
        """Rounds that showed almost nothing of a zone: they speak against nobody."""
        self._place = {int(row): at for at, row in enumerate(expected.rows)}

    def hear(
        self,
        rows: NDArray[np.int32],
        zones: NDArray[np.int32],
        witnessed: NDArray[np.bool_],
        unknown: NDArray[np.int32] | None = None,
        *,
        altered: bool = False,
    ) -> Progress:
        """One round: rows read, the zones that read them, which zones worked through it, indices of unknown tags.

        `altered`: its readers looked otherwise than in the round before, so that the two depend on each other less.

        A zone of which this round shows almost nothing is not witnessed by it, whatever the caller says.
        """
        assert self.round < self.rounds_max, "the count has had its rounds; ask why_stop"
        found, reads = int(self._found().sum()), self._reads.copy()
        for row, zone in set(zip(rows.tolist(), zones.tolist(), strict=True)):
            at = self._place.get(row)
            if at is None:
                self._others[row, zone] = self._others.get((row, zone), 0) + 1
            else:
                self._reads[at, zone] += 1
        for index in set() if unknown is None else set(unknown.tolist()):
            self._unknown[index] = self._unknown.get(index, 0) + 1
        home = self.expected.home
        self._unread = self._unread.where(
            self._seeing(self._reads - reads, witnessed)[home], self._after_one_more(altered=altered)
        )
        self.first_reads[self.round] = int(self._found().sum()) - found
        self.round += 1
        return self.progress()

    def find(self, rows: NDArray[np.int32], zones: NDArray[np.int32]) -> None:
        """A handheld's reads: what it read in its own zone is found. No round: what it did not read is not judged."""
        for row, zone in set(zip(rows.tolist(), zones.tolist(), strict=True)):
            at = self._place.get(row)
            if at is not None and self.expected.home[at] == zone:
                self._reads[at, zone] += 1

    def progress(self) -> Progress:
        unread = ~self._found()
        present = self.p_present()[unread]
        p_complete = float(np.exp(np.log1p(-np.minimum(present, 1 - 1e-12)).sum()))
        now, then = self._unread.chance(self.blocking)[unread], self._after_one_more().chance(self.blocking)[unread]
        gain = float((present * (1 - then / now)).sum())
        return Progress(self.round, int((~unread).sum()), len(unread), p_complete, float(present.sum()), gain)

    def why_stop(self, gain_min: float) -> Stop | None:
        """Whether to stop: complete, or another round would find fewer than `gain_min` pieces. None: go on."""
        now = self.progress()
        if now.p_complete >= COMPLETE_AT and self.round:
            return Stop.COMPLETE
        if self.round >= 2 and now.gain < gain_min:
            return Stop.FUTILE
        return Stop.ROUNDS if self.round >= self.rounds_max else None

    def p_present(self) -> NDArray[np.float64]:
        """P(present | what was read), by expected piece; 1 once read anywhere."""
        there = self.expected.prior * self._unread.chance(self.blocking)
        unread: NDArray[np.float64] = there / (there + 1 - self.expected.prior)
        return np.where(self._found(), 1.0, unread)

    def verdicts(self) -> list[Judged]:
        """One verdict for each expected piece, then what was read and not expected there."""
        present, unread_at_home = self.p_present(), self._unread.chance(self.blocking)
        home = self.expected.home
        at_home = self._reads[np.arange(len(home)), home] > 0
        out = []
        for at, row in enumerate(self.expected.rows.tolist()):
            zone = int(home[at])
            if present[at] < 1.0 or not self._reads[at].any():
                verdict = Verdict.MISSING if present[at] < MISSING_BELOW else Verdict.CHECK_BY_HAND
            elif at_home[at] or unread_at_home[at] >= MISPLACED_BELOW:
                verdict = Verdict.FOUND
            else:
                verdict, zone = Verdict.MISPLACED, int(self._reads[at].argmax())
            out.append(Judged(row, verdict, zone, float(present[at])))
        return out + self._unexpected()

    def unknown_tags(self) -> tuple[int, float]:
        """Unknown tags heard, and how many more there are *at least* (Chao2, a lower bound)."""
        times = np.array(list(self._unknown.values()), np.int64)
        return len(times), chao2_unseen(times, self.round)

    def _unexpected(self) -> list[Judged]:
        """Known pieces that do not belong here, read in half the rounds: less may be a stray from next door."""
        often = max(2, (self.round + 1) // 2)
        best: dict[int, tuple[int, int]] = {}
        for (row, zone), times in self._others.items():
            best[row] = max(best.get(row, (0, 0)), (times, zone))
        return [Judged(row, Verdict.UNEXPECTED, zone, 1.0) for row, (n, zone) in sorted(best.items()) if n >= often]

    def _seeing(self, reads: NDArray[np.int32], witnessed: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Zones that this round can speak about: at least a quarter of the reads hoped for at home."""
        home = self.expected.home
        p = self.expected.hits / (self.expected.hits + self.expected.misses) * self.p_present()
        zones = len(witnessed)
        hoped = np.bincount(home, p, zones)
        got = np.bincount(home, reads[np.arange(len(home)), home] > 0, zones)
        dark = witnessed & (hoped >= HOPED_MIN) & (got < SEEN_SHARE_MIN * hoped)
        self.blind_rounds += dark
        return np.asarray(witnessed & ~dark, np.bool_)

    def _found(self) -> NDArray[np.bool_]:
        return np.asarray(self._reads.any(axis=1), np.bool_)

    def _after_one_more(self, *, altered: bool = False) -> Unread:
        expected = self.expected
        return one_more(self._unread, expected.hits, expected.misses, self.blocking, self._fading, altered=altered)


def chao2_unseen(times: NDArray[np.int64], rounds: int) -> float:
    """Bias-corrected Chao2: `times[i]` rounds saw tag i of those seen. A lower bound, never a reason to stop."""
    once, twice = int((times == 1).sum()), int((times == 2).sum())
    return (rounds - 1) / rounds * once * (once - 1) / (2 * (twice + 1)) if rounds else 0.0
