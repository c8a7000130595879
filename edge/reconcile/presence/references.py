"""The reference tag of a zone: it hangs there for good, so its silence is the zone's and never a theft.

Takes   of each round which zones were witnessed and whose reference tag was read at home.
Gives   `Standing`: what that says of each zone. Presence takes it as one more tag that is there (`sight`), as proof
        that a zone sees whose pieces are all silent, and as proof that an empty one does not.

One tag hears what lies over it and nothing else: a two-state filter, covered or not, with the rates of `visibility`.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.absence import P_MAX, P_MIN
from edge.reconcile.blob import names_in, pack, unpack
from edge.reconcile.presence.visibility import CALM_AGAIN_PER_S, DISTURBED_PER_S, rate

KNOWN_ROUNDS: Final = 60.0
"""Rounds after which its usual share of reads is believed."""
USUAL_P: Final = 0.5
"""A reference tag that is read less often says nothing: hang it where its antenna hears it."""
SEES: Final = 0.9
"""P(nothing lies over it) above which a zone is vouched for."""
LEAK: Final = 0.08
"""Share of its reads that a cover lets through."""
DARK_S: Final = 20.0
DARK_NATS: Final = 12.0
"""So long, and so much less likely than usual: the tag has fallen silent, not missed a round or two."""
FADING: Final = 1 - 1 / 7200
"""Of what was learned, kept from round to round: some two hours of seconds."""
PRIOR: Final = (1.0, 2.0)
DT_MAX_S: Final = 10.0
_MAGIC: Final = b"VTREF1\n"
_KEPT: Final = ("hits", "rounds", "clear", "silent_s", "silent_rounds")


class Standing(NamedTuple):
    """What reference tags say of each zone in this round.

    read  bool   [z]  read at home in this round
    p     float64[z]  its usual share of reads; 0 where none hangs, or it says nothing (yet)
    sees  bool   [z]  it is read as usual: reader, antenna and air are well
    dark  bool   [z]  silent for long, though it usually is read
    """

    read: NDArray[np.bool_]
    p: NDArray[np.float64]
    sees: NDArray[np.bool_]
    dark: NDArray[np.bool_]


class References:
    """Arrays by zone, changed by `hear` only.

    hung           bool   [z]  whether a reference tag hangs there
    hits, rounds   float64[z]  decayed reads and uncovered rounds; their ratio is its usual share
    clear          float64[z]  P(nothing lies over it)
    silent_s, silent_rounds    witnessed since its last read
    """

    def __init__(self, epcs: Sequence[str]) -> None:
        """`epcs`: of each zone in order its reference tag in upper-case hex, or nothing."""
        zones = len(epcs)
        self.epcs = tuple(epcs)
        self.hung = np.array([bool(epc) for epc in epcs], np.bool_)
        self.hits, self.rounds = np.full(zones, PRIOR[0]), np.full(zones, PRIOR[1])
        self.clear = np.ones(zones)
        self.silent_s, self.silent_rounds = np.zeros(zones), np.zeros(zones)

    @property
    def p(self) -> NDArray[np.float64]:
        """Learned chance of a read in an uncovered round."""
        p: NDArray[np.float64] = np.clip(self.hits / self.rounds, P_MIN, P_MAX)
        return p

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where it hangs and its usual share is believed."""
        out: NDArray[np.bool_] = self.hung & (self.rounds >= KNOWN_ROUNDS)
        return out

    @property
    def usual(self) -> NDArray[np.bool_]:
        """Where it usually is read: only there its silence means something."""
        out: NDArray[np.bool_] = self.known & (self.p >= USUAL_P)
        return out

    @property
    def dark(self) -> NDArray[np.bool_]:
        nats = -self.silent_rounds * np.log1p(-self.p)
        out: NDArray[np.bool_] = self.usual & (self.silent_s >= DARK_S) & (nats >= DARK_NATS)
        return out

    def hear(
        self, witnessed: NDArray[np.bool_], read: NDArray[np.bool_], dt_s: NDArray[np.float64] | float
    ) -> Standing:
        """One round, of one reader or of several: `witnessed` bool[z] as presence has it, `read` bool[z] whose tag was
        read in its own zone, `dt_s` float64[z] or one for all: how long it took.
        """
        on, dt = self.hung & witnessed, np.broadcast_to(np.minimum(dt_s, DT_MAX_S), self.hung.shape)
        was_known, p = self.known, self.p
        self._watch(on, on & read, p, dt)
        weight = np.where(was_known, self.clear, 1.0)
        self.hits[on] = self.hits[on] * FADING + (read * weight)[on]
        self.rounds[on] = self.rounds[on] * FADING + weight[on]
        self.silent_s[on] += dt[on]
        self.silent_rounds[on] += 1
        self.silent_s[on & read] = self.silent_rounds[on & read] = 0.0
        usual, dark = self.usual, self.dark
        sees = usual & (self.clear >= SEES)
        return Standing(on & read, np.where(usual & ~dark & on, self.p, 0.0), sees, dark)

    def _watch(
        self, on: NDArray[np.bool_], read: NDArray[np.bool_], p: NDArray[np.float64], dt: NDArray[np.float64]
    ) -> None:
        cover, lift = rate(DISTURBED_PER_S, dt), rate(CALM_AGAIN_PER_S, dt)
        clear = self.clear * (1 - cover) + (1 - self.clear) * lift
        open_, covered = np.where(read, p, 1 - p), np.where(read, LEAK * p, 1 - LEAK * p)
        weighed = clear * open_ / (clear * open_ + (1 - clear) * covered)
        self.clear[on] = weighed[on]

    def save(self, zones: Sequence[str]) -> bytes:
        """What was learned, by zone id and tag: another tag is learned anew."""
        arrays = {name: getattr(self, name) for name in _KEPT}
        return pack(_MAGIC, arrays, {"zone_ids": zones, "epcs": [epc or "-" for epc in self.epcs]})

    def load(self, blob: bytes, zones: Sequence[str]) -> None:
        """Take up what `save` gave. Raises `BlobDamagedError`."""
        old = unpack(_MAGIC, blob)
        kept = {
            named: at for at, named in enumerate(zip(names_in(old["zone_ids"]), names_in(old["epcs"]), strict=True))
        }
        for at, named in enumerate(zip(zones, self.epcs, strict=True)):
            before = kept.get(named)
            if before is not None and self.hung[at]:
                for name in _KEPT:
                    getattr(self, name)[at] = old[name][before]
