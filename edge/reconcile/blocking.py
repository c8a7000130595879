"""How likely a piece that is there stays unread for some rounds (inference §2.2).

Rounds are not independent: a blocked piece (a hand, a stack, a bad angle) stays blocked from round to round. What five
equal rounds are worth is learned from earlier counts, by when each piece was first read. A piece in a fade of its own
stays silent for longer than a count may last: how often and how long pieces of this store fade, presence has learned.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.absence import absence
from edge.reconcile.story import FADE_READS

SHARES: Final = (1e-9, 0.001, 0.002, 0.005, 0.01, 0.02, 0.04)
STAYS: Final = (0.2, 0.5, 0.7, 0.85, 0.95)
COUNTS_MIN: Final = 3
"""Fewer earlier counts than this do not tell."""


@dataclass(frozen=True, slots=True)
class Blocking:
    """How rounds depend on each other.

    share  of pieces blocked at any time        stay  chance that a blocked piece is blocked in the next round too
    dark   share that cannot be read at all in this count        dependence  mixed into each round (real trace: .02)
    freed  chance that an altered round finds a piece blocked or not as if for the first time
    """

    share: float = 0.002
    stay: float = 0.5
    dark: float = 1e-6
    dependence: float = 0.0
    freed: float = 0.3


CUSTOMARY: Final = Blocking()


class Fading(NamedTuple):
    """Fades of n pieces, by round: P(in one before the first round), P(one begins), P(one lasts on)."""

    share: NDArray[np.float64]
    enter: NDArray[np.float64]
    stay: float

    @classmethod
    def never(cls, size: int) -> "Fading":
        return cls(np.zeros(size), np.zeros(size), 0.0)


class Unread(NamedTuple):
    """Weights of n unread pieces, if they are there: clear, blocked and in a fade, after `looks` rounds."""

    clear: NDArray[np.float64]
    blocked: NDArray[np.float64]
    faded: NDArray[np.float64]
    looks: NDArray[np.int64]

    @classmethod
    def before(cls, fading: Fading, blocking: Blocking) -> "Unread":
        """Before the first round."""
        awake = 1 - fading.share
        return cls(
            awake * (1 - blocking.share), awake * blocking.share, fading.share, np.zeros(len(fading.share), np.int64)
        )

    def chance(self, blocking: Blocking) -> NDArray[np.float64]:
        """M of the handbook: P(unread so far | present)."""
        return blocking.dark + (1 - blocking.dark) * (self.clear + self.blocked + self.faded)

    def where(self, chosen: NDArray[np.bool_], other: "Unread") -> "Unread":
        """The other's weights where chosen."""
        return Unread(*(np.where(chosen, theirs, mine) for mine, theirs in zip(self, other, strict=True)))


def one_more(
    unread: Unread,
    hits: NDArray[np.float64],
    misses: NDArray[np.float64],
    blocking: Blocking,
    fading: Fading,
    *,
    altered: bool = False,
) -> Unread:
    """After another round without a read. Polya: each clear miss lowers the piece's own detectability."""
    freed = blocking.freed if altered else 0.0
    stay = blocking.stay * (1 - freed) + blocking.share * freed
    enter = blocking.share * (1 - stay) / (1 - blocking.share)
    was = unread
    into_fade, out_of_fade = was.clear * fading.enter, was.faded * (1 - fading.stay)
    later = unread.looks > 0
    clear = np.where(later, was.clear * (1 - enter) - into_fade + was.blocked * (1 - stay) + out_of_fade, was.clear)
    blocked = np.where(later, was.blocked * stay + was.clear * enter, was.blocked)
    faded = np.where(later, was.faded * fading.stay + into_fade, was.faded)
    clear_rounds = unread.looks * clear / (clear + blocked + faded)
    p = hits / (hits + misses + clear_rounds)
    missed = absence(p, 1.0, seen=False)
    return Unread(
        clear * (missed * (1 - blocking.dependence) + blocking.dependence),
        np.asarray(blocked),
        faded * absence(p, FADE_READS, seen=False),
        unread.looks + 1,
    )


def fit(first_reads: NDArray[np.int64], counts: int, hits: float, misses: float) -> Blocking:
    """Grid maximum likelihood. `first_reads[j]`: pieces first read in round j (from 0), summed over earlier counts.

    `hits`, `misses`: Beta of detectability over all pieces. Too few counts: the customary value.
    """
    rounds = len(first_reads)
    if counts < COUNTS_MIN or rounds < 2 or not first_reads.sum():
        return CUSTOMARY
    best, found = -np.inf, CUSTOMARY
    for share in SHARES:
        for stay in STAYS:
            blocking = Blocking(share=share, stay=stay)
            unread = Unread.before(Fading.never(1), blocking)
            chance = [1.0]
            for _ in range(rounds):
                unread = one_more(unread, np.array([hits]), np.array([misses]), blocking, Fading.never(1))
                chance.append(float(unread.chance(blocking)[0]))
            first = -np.diff(chance) / (1 - chance[-1])
            score = float((first_reads * np.log(np.maximum(first, 1e-300))).sum())
            if score > best:
                best, found = score, blocking
    return found
