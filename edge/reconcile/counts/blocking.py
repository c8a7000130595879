"""How likely a piece that is there stays unread for some rounds (inference §2.2).

Rounds are not independent: a blocked piece (a hand, a stack, a bad angle) stays blocked from round to round, and a
round tends to repeat the one before. What equal rounds are worth, and what one of another kind is worth (other
antennas, power, mode or session), is learned from earlier counts (`learning`): not one value but a few `Suppositions`
with weights, because a store's first fifteen counts leave room for more than one. A piece in a fade of its own stays
silent for longer than a count may last: how often and how long pieces of this store fade, presence has learned.

A piece's detectability is a Beta, and integrated exactly: the weights are kept by how many rounds told of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.absence import absence
from edge.reconcile.presence.story import FADE_READS

Floats = NDArray[np.float64]

MISSES_TOLD_MAX: Final = 24
"""Misses that still teach how hard a piece is to read; further ones count, and teach nothing more."""


@dataclass(frozen=True, slots=True)
class Blocking:
    """One supposition of how rounds depend on each other.

    share   of pieces blocked at any time      stay   chance that a blocked piece is blocked in the next equal round too
    dark    share that cannot be read at all in this count
    repeat  chance that a round shows of a piece just what the one before did (real trace: .02 to .03)
    freed   chance that a round of another kind finds a piece blocked or not as if for the first time
    """

    share: float = 0.002
    stay: float = 0.5
    dark: float = 1e-6
    repeat: float = 0.0
    freed: float = 0.3


class Suppositions(NamedTuple):
    """Columns of h suppositions, by the names of `Blocking`; `weight` sums to 1."""

    weight: Floats
    share: Floats
    stay: Floats
    dark: Floats
    repeat: Floats
    freed: Floats

    @classmethod
    def of(cls, each: Sequence[Blocking], weight: Sequence[float] | Floats | None = None) -> "Suppositions":
        """`weight` is normalised; without it all are as likely."""
        heavy = np.ones(len(each)) if weight is None else np.asarray(weight, np.float64)
        names = ("share", "stay", "dark", "repeat", "freed")
        return cls(heavy / heavy.sum(), *(np.array([getattr(one, name) for one in each]) for name in names))

    def mean(self, by_supposition: Floats) -> Floats:
        """Of a column by supposition, or of `[h, n]`."""
        out: Floats = np.tensordot(self.weight, by_supposition, axes=1)
        return out

    def stays(self, altered: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """`[h, n]`: chance that a blocked piece is blocked in the next round, and that a clear one comes to be."""
        freed = self.freed[:, None] * altered
        stay = self.stay[:, None] * (1 - freed) + self.share[:, None] * freed
        return stay, self.share[:, None] * (1 - stay) / (1 - self.share[:, None])


CUSTOMARY: Final = Suppositions.of(
    [Blocking(share, stay, dark) for share in (1e-4, 0.003, 0.01) for stay in (0.4, 0.7) for dark in (1e-6, 3e-4)],
    [share * dark for share in (3.0, 2.0, 1.0) for _ in (0, 1) for dark in (3.0, 1.0)],
)
"""Before the first counts of a store have told: cautious, so that more is looked for by hand than later."""


class Fading(NamedTuple):
    """Fades of n pieces, by round: P(in one before the first round), P(one begins), P(one lasts on)."""

    share: Floats
    enter: Floats
    stay: float

    @classmethod
    def never(cls, size: int) -> "Fading":
        return cls(np.zeros(size), np.zeros(size), 0.0)

    def take(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> "Fading":
        return Fading(self.share[chosen], self.enter[chosen], self.stay)


class Unread(NamedTuple):
    """Weights `[h, k, n]` of n unread pieces, if they are there, by supposition and by misses that told of them.

    clear, blocked, faded   float64[h, k, n]        looks   int64[n], rounds that looked for each
    """

    clear: Floats
    blocked: Floats
    faded: Floats
    looks: NDArray[np.int64]

    @classmethod
    def before(cls, fading: Fading, suppositions: Suppositions) -> "Unread":
        """Before the first round."""
        awake, share = (1 - fading.share)[None, None, :], suppositions.share[:, None, None]
        faded = np.broadcast_to(fading.share, (len(share), 1, len(fading.share)))
        return cls(awake * (1 - share), awake * share, faded.copy(), np.zeros(len(fading.share), np.int64))

    def by_supposition(self, suppositions: Suppositions) -> Floats:
        """`[h, n]`: P(unread so far | present, supposition)."""
        awake: Floats = (self.clear + self.blocked + self.faded).sum(axis=1)
        dark = suppositions.dark[:, None]
        return dark + (1 - dark) * awake

    def chance(self, suppositions: Suppositions) -> Floats:
        """M of the handbook, `[n]`: P(unread so far | present)."""
        return suppositions.mean(self.by_supposition(suppositions))

    def awake(self, suppositions: Suppositions, fading: Fading) -> Floats:
        """`[n]`: as `chance`, of a piece that was in no fade of its own when the rounds began, nor is now."""
        dark = suppositions.dark[:, None]
        seen = (self.clear + self.blocked).sum(axis=1) / np.maximum(1 - fading.share, 1e-9)
        return suppositions.mean(dark + (1 - dark) * seen)

    def take(self, chosen: NDArray[np.bool_]) -> "Unread":
        """Those pieces alone."""
        return Unread(self.clear[..., chosen], self.blocked[..., chosen], self.faded[..., chosen], self.looks[chosen])

    def where(self, chosen: NDArray[np.bool_], before: "Unread") -> "Unread":
        """Only the chosen ones are so; the others stay what they were one round `before`."""
        return Unread(
            np.where(chosen, self.clear, _as_wide(before.clear, self.clear)),
            np.where(chosen, self.blocked, _as_wide(before.blocked, self.clear)),
            np.where(chosen, self.faded, _as_wide(before.faded, self.clear)),
            np.where(chosen, self.looks, before.looks),
        )


def one_more(
    unread: Unread,
    hits: Floats,
    misses: Floats,
    suppositions: Suppositions,
    fading: Fading,
    *,
    looked: NDArray[np.bool_] | None = None,
    altered: NDArray[np.bool_] | bool = False,
) -> Unread:
    """After another round without a read.

    hits, misses  float64[n]  Beta of each piece's detectability      looked  bool[n]  whose zone this round could see
    altered       bool[n]     whose round was of another kind than the one before

    A clear miss lowers the piece's own detectability (Polya: the k-th has chance (misses + k) / (hits + misses + k)).
    """
    size = len(hits)
    later = unread.looks > 0
    stay, enter = (each[:, None, :] for each in suppositions.stays(np.broadcast_to(altered, (size,))))
    clear, blocked, faded = unread.clear, unread.blocked, unread.faded
    if later.any():
        into_fade, out_of_fade = clear * fading.enter, faded * (1 - fading.stay)
        clear, blocked, faded = (
            np.where(later, then, now)
            for then, now in (
                (clear * (1 - enter) - into_fade + blocked * (1 - stay) + out_of_fade, clear),
                (blocked * stay + clear * enter, blocked),
                (faded * fading.stay + into_fade, faded),
            )
        )
    told = np.arange(clear.shape[1])[:, None]
    p = hits / (hits + misses + told)
    repeat = suppositions.repeat[:, None, None] * later
    fresh = clear * (1 - p) * (1 - repeat)
    repeated = _with_room(clear * repeat)
    repeated[:, 1:] += fresh[:, : repeated.shape[1] - 1]
    if fresh.shape[1] == repeated.shape[1]:
        repeated[:, -1] += fresh[:, -1]
    faded = faded * absence(p, FADE_READS, seen=False)
    after = Unread(repeated, _with_room(blocked), _with_room(faded), unread.looks + 1)
    return after if looked is None or looked.all() else after.where(looked, unread)


def _as_wide(weights: Floats, other: Floats) -> Floats:
    return weights if weights.shape == other.shape else _with_room(weights)


def _with_room(weights: Floats) -> Floats:
    """One more miss that may have told."""
    if weights.shape[1] > MISSES_TOLD_MAX:
        return weights
    return np.concatenate([weights, np.zeros_like(weights[:, :1])], axis=1)
