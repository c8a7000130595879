"""Counting from the expected list: how sure is it that everything there has been read (inference §2).

Takes   the expected rows with what was learned about each, then one call of `hear` per witnessed round.
Gives   `Progress` after each round, a reason to stop, a verdict with its probability for every piece, and its own
        story, from which later counts learn (`lessons`).

A piece is never called missing because the rounds ran out: below certainty it is named "check by hand".
Capture–recapture is used for unknown tags only, and only as "at least n more".
"""

from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contract.facts import Verdict
from edge.reconcile.counts.blocking import CUSTOMARY, Fading, Floats, Suppositions, Unread, one_more
from edge.reconcile.counts.expected import Expected
from edge.reconcile.counts.lessons import ROUNDS_KEPT, UNKNOWN

COMPLETE_AT: Final = 0.995
"""One count in two hundred that calls itself complete may be wrong."""
MISSING_BELOW: Final = 0.01
"""P(present) below which a piece is called missing."""
ROUNDS_MIN: Final = 2
"""One round alone never ends the hope for what is unread."""
HOPED_MIN: Final = 3.0
SEEN_SHARE_MIN: Final = 0.25
"""A round that reads less than this share of at least so many hoped-for pieces of a zone does not count there."""
MISPLACED_BELOW: Final = 0.05
"""Chance of having stayed unread at home below which a piece read elsewhere is misplaced, not a stray read."""


class Care(NamedTuple):
    """How long to go on: while another round is hoped to find `gain_min` pieces, or, with `decide`, would let us call
    one missing; and for at most `rounds_max`.
    """

    gain_min: float
    rounds_max: int
    decide: bool = False


CAREFUL: Final = Care(0.02, 40, decide=True)
"""Fixed readers: a round is a second."""
NORMAL: Final = Care(0.1, 6)
"""A round costs somebody minutes."""
QUICK: Final = Care(0.3, 4)

VERDICTS: Final = (Verdict.FOUND, Verdict.MISPLACED, Verdict.MISSING, Verdict.CHECK_BY_HAND)
FOUND, MISPLACED, MISSING, CHECK_BY_HAND = range(4)
ZONE: Final = 0xFFFFFFFF
"""Of a pair of place and zone in one number, the bits that are the zone."""

Rows = NDArray[np.int32]
Bools = NDArray[np.bool_]
Keys = NDArray[np.int64]


class Progress(NamedTuple):
    """After a round. `unread_expected`: pieces believed there and unread; `gain`: finds hoped for in one more round;
    `decided`: pieces that, silent in one more round too, could be called missing by then and not yet.
    """

    round: int
    found: int
    expected: int
    p_complete: float
    unread_expected: float
    gain: float
    decided: int


class Stop(StrEnum):
    COMPLETE = "complete"
    FUTILE = "another round would hardly find more"
    ROUNDS = "the rest is sooner found by hand"


class Judged(NamedTuple):
    """What the count says about one piece. `zone`: where it was read, or should have been; `rounds`: of what does not
    belong there, how many read it there.
    """

    row: int
    verdict: Verdict
    zone: int
    p_present: float
    rounds: int = 0


class Count:
    """One count of some zones. Deterministic: no time, no chance. A round costs what is unread, not what is there."""

    def __init__(
        self,
        expected: Expected,
        zones: int,
        suppositions: Suppositions = CUSTOMARY,
        *,
        care: Care = CAREFUL,
        rounds_min: int = 1,
    ) -> None:
        """`rounds_min`: so many are heard even when all is found (`Learned.rounds_min`)."""
        size = len(expected.rows)
        self.expected = expected
        self.suppositions = suppositions
        self.care = care
        self.rounds_min = rounds_min
        self.round = 0
        self.blind_rounds = np.zeros(zones, np.int64)
        """Rounds that showed almost nothing of a zone: they speak against nobody."""
        self._place = np.full(int(expected.rows.max(initial=-1)) + 2, -1, np.int32)
        self._place[expected.rows] = np.arange(size, dtype=np.int32)
        self._p = expected.hits / (expected.hits + expected.misses)
        self._fading = Fading.never(size) if expected.fading is None else expected.fading
        self._found = np.zeros(size, np.bool_)
        self._at_home = np.zeros(size, np.bool_)
        self._at = np.arange(size)
        """Those not read at home: all that is reckoned with, and the columns of `_unread`."""
        self._unread: Unread | None = None
        self._altered = False
        self._away: list[Keys] = []
        self._others: list[Keys] = []
        self._unknown: list[Rows] = []
        self._codes = np.ones(size, np.uint8)
        self._open = np.ones(size, np.bool_)
        """Whose code takes another round: those that every round so far could see."""
        self._altered_rounds = 0

    def hear(
        self, rows: Rows, zones: Rows, witnessed: Bools, unknown: Rows | None = None, *, altered: bool = False
    ) -> Progress:
        """One round: rows read, the zones that read them, which zones worked through it, indices of unknown tags.

        `altered`: its readers looked otherwise than in the round before, so that the two depend on each other less.
        A zone of which this round shows almost nothing is not witnessed by it, whatever the caller says.
        """
        assert self.round < self.care.rounds_max, "the count has had its rounds; ask why_stop"
        hoped = np.bincount(self.expected.home, self._p * self.p_present(), len(witnessed)).astype(np.float64)
        at = self._places(rows)
        self._others.append(_pairs(rows[at < 0], zones[at < 0]))
        at, zones = at[at >= 0], zones[at >= 0]
        home = self.expected.home[at] == zones
        self._away.append(_pairs(at[~home], zones[~home]))
        read = np.zeros(len(self._found), np.bool_)
        read[at[home]] = True
        self._found[at] = True
        self._at_home |= read
        if unknown is not None:
            self._unknown.append(np.unique(unknown))
        seeing = self._seeing(hoped, read, witnessed)[self.expected.home]
        self._tell(read, seeing, altered=altered)
        self._drop()
        self._altered = altered
        self._unread = self._one_more(seeing[self._at])
        self.round += 1
        return self.progress()

    def find(self, rows: Rows, zones: Rows) -> None:
        """A handheld's reads: what it read in its own zone is found. No round: what it did not read is not judged."""
        at = self._places(rows)
        at, zones = at[at >= 0], zones[at >= 0]
        home = at[self.expected.home[at] == zones]
        self._found[home] = self._at_home[home] = True
        self._drop()

    def progress(self) -> Progress:
        """How the count stands."""
        lacking = ~self._found[self._at]
        prior, now = self.expected.prior[self._at][lacking], self._chance(self._unread)[lacking]
        missed = 1 - self._p[self._at][lacking]
        then = self._chance(self._one_more())[lacking] if self.round else now * missed
        present, later = present_unread(prior, now), present_unread(prior, then)
        decided = (present >= MISSING_BELOW) & (later < MISSING_BELOW)
        return Progress(
            round=self.round,
            found=len(self._found) - len(present),
            expected=len(self._found),
            p_complete=p_complete(present),
            unread_expected=float(present.sum()),
            gain=float((present * (1 - then / now)).sum()),
            decided=int(decided.sum()),
        )

    def why_stop(self) -> Stop | None:
        """Whether to stop: complete, or another round would hardly find or decide anything. None: go on."""
        now = self.progress()
        if self.round < min(self.rounds_min, self.care.rounds_max):
            return None
        if now.p_complete >= COMPLETE_AT:
            return Stop.COMPLETE
        if self.round >= ROUNDS_MIN and now.gain < self.care.gain_min and not (self.care.decide and now.decided):
            return Stop.FUTILE
        return Stop.ROUNDS if self.round >= self.care.rounds_max else None

    def p_present(self) -> Floats:
        """P(present | what was read), by expected piece; 1 once read anywhere."""
        out = np.ones(len(self._found))
        out[self._at] = present_unread(self.expected.prior[self._at], self._chance(self._unread))
        out[self._found] = 1.0
        return out

    def found(self) -> Bools:
        """By expected piece: whether it was read anywhere."""
        return self._found.copy()

    def story(self) -> tuple[NDArray[np.uint8], int]:
        """What the first rounds showed of each expected piece, and which of them were altered: for `Lessons.take`."""
        codes = np.where(self._found, self._codes, self._codes | np.uint8(UNKNOWN))
        return np.where(self._found & ~self._at_home, np.uint8(0), codes), self._altered_rounds

    def verdicts(self, found: Bools | None = None) -> list[Judged]:
        """One verdict for each expected piece, then what was read and not expected there.

        `found`: by expected piece, whether to speak of it even if it was simply found; None: of all. Most are, and of
        a hundred thousand it takes a while.
        """
        size = len(self._found)
        present, unread, awake = self.p_present(), np.zeros(size), np.zeros(size)
        unread[self._at] = self._chance(self._unread)
        awake[self._at] = self._awake()
        rounds, away = _most(self._away, size)
        # what another zone reads round after round is in no fade of its own: that cannot be why home did not read it
        unread = np.where(rounds >= self._often, awake, unread)
        misplaced = self._found & ~self._at_home & (unread < MISPLACED_BELOW)
        simply = self._found & ~misplaced
        which = np.arange(size) if found is None else np.flatnonzero(~simply | found)
        missing = present < MISSING_BELOW
        kind = np.select([misplaced, self._found, missing], [MISPLACED, FOUND, MISSING], CHECK_BY_HAND)
        verdicts = [VERDICTS[each] for each in kind[which].tolist()]
        zone = np.where(misplaced, away, self.expected.home)
        rows, zones, p = (column[which].tolist() for column in (self.expected.rows, zone, present))
        out = [Judged(*each) for each in zip(rows, verdicts, zones, p, strict=True)]
        return out + self._unexpected()

    def elsewhere_only(self) -> dict[int, int]:
        """Row → zone of expected pieces that were read, but not at home."""
        _, zone = _most(self._away, len(self._found))
        which = np.flatnonzero(self._found & ~self._at_home)
        return dict(zip(self.expected.rows[which].tolist(), zone[which].tolist(), strict=True))

    def unknown_tags(self, lying: Rows | None = None) -> tuple[int, float]:
        """Unknown tags heard, and how many more there are *at least* (Chao2, a lower bound).

        lying: of those that lie here alone, strays left out (`strays`); None: of all that were heard.
        """
        heard = np.concatenate(self._unknown) if self._unknown else np.zeros(0, np.int32)
        if lying is not None:
            heard = heard[np.isin(heard, lying)]
        times = np.unique(heard, return_counts=True)[1].astype(np.int64)
        return len(times), chao2_unseen(times, self.round)

    @property
    def _often(self) -> int:
        """Rounds that read what lies there: half of them. Less may be a stray from next door."""
        return max(2, (self.round + 1) // 2)

    def _unexpected(self) -> list[Judged]:
        """Known pieces that do not belong here and lie here."""
        if not self._others:
            return []
        rows = np.unique(np.concatenate(self._others) >> 32)
        rounds, zone = _most(
            [np.searchsorted(rows, keys >> 32) << 32 | keys & ZONE for keys in self._others], len(rows)
        )
        lying = rounds >= self._often
        columns = (each[lying].tolist() for each in (rows, zone, rounds))
        return [Judged(row, Verdict.UNEXPECTED, at, 1.0, often) for row, at, often in zip(*columns, strict=True)]

    def _places(self, rows: Rows) -> Rows:
        """Where each stands in the expected list; -1: not on it."""
        return self._place[np.minimum(rows, len(self._place) - 1)]

    def _seeing(self, hoped: Floats, read: Bools, witnessed: Bools) -> Bools:
        """Zones that this round can speak about: at least a quarter of the reads hoped for at home."""
        got = np.bincount(self.expected.home, read, len(witnessed))
        dark = witnessed & (hoped >= HOPED_MIN) & (got < SEEN_SHARE_MIN * hoped)
        self.blind_rounds += dark
        return np.asarray(witnessed & ~dark, np.bool_)

    def _tell(self, read: Bools, seeing: Bools, *, altered: bool) -> None:
        """Add the round to the count's story, while that has room."""
        self._open &= seeing
        if self.round < ROUNDS_KEPT:
            self._codes = np.where(self._open, self._codes << 1 | read, self._codes)
            self._altered_rounds |= altered << self.round

    def _drop(self) -> None:
        """What was read at home needs no more reckoning."""
        keep = ~self._at_home[self._at]
        self._at = self._at[keep]
        self._unread = None if self._unread is None else self._unread.take(keep)

    def _chance(self, unread: Unread | None) -> Floats:
        return np.ones(len(self._at)) if unread is None else unread.chance(self.suppositions)

    def _awake(self) -> Floats:
        """As `_chance`, of pieces that are in no fade of their own."""
        if self._unread is None:
            return np.ones(len(self._at))
        return self._unread.awake(self.suppositions, self._fading.take(self._at))

    def _one_more(self, looked: Bools | None = None) -> Unread:
        at, fading = self._at, self._fading.take(self._at)
        unread = Unread.before(fading, self.suppositions) if self._unread is None else self._unread
        hits, misses = self.expected.hits[at], self.expected.misses[at]
        return one_more(unread, hits, misses, self.suppositions, fading, looked=looked, altered=self._altered)


def present_unread(prior: Floats, unread: Floats) -> Floats:
    """P(present | unread): `prior` is that before any round, `unread` the chance of staying unread if present."""
    there = prior * unread
    return np.asarray(there / (there + 1 - prior), np.float64)


def p_complete(present: Floats) -> float:
    """That none of the unread pieces is there, each with its own P(present | unread)."""
    return float(np.exp(np.log1p(-np.minimum(present, 1 - 1e-12)).sum()))


def _pairs(rows: Rows, zones: Rows) -> Keys:
    """Each (row, zone) once, as one number."""
    return np.unique(rows.astype(np.int64) << 32 | zones)


def _most(rounds: list[Keys], size: int) -> tuple[NDArray[np.int64], Rows]:
    """By place, of `_pairs` of each round: in how many rounds the zone that read it in the most of them did, and which
    that is (the last of equals); 0 and -1 where none did.
    """
    times, zone = np.zeros(size, np.int64), np.full(size, -1, np.int32)
    keys, often = np.unique(np.concatenate([np.zeros(0, np.int64), *rounds]), return_counts=True)
    order = np.argsort(often, kind="stable")
    place = keys[order] >> 32
    times[place], zone[place] = often[order], keys[order] & ZONE
    return times, zone


def chao2_unseen(times: NDArray[np.int64], rounds: int) -> float:
    """Bias-corrected Chao2: `times[i]` rounds saw tag i of those seen. A lower bound, never a reason to stop."""
    once, twice = int((times == 1).sum()), int((times == 2).sum())
    return (rounds - 1) / rounds * once * (once - 1) / (2 * (twice + 1)) if rounds else 0.0
