"""What presence takes and gives: thresholds, where pieces belong, one round of reads, and what it changed."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.facts import AlarmKind
from edge.reconcile.presence.references import Standing


@dataclass(frozen=True, slots=True)
class Rules:
    """Thresholds of one store, calibrated on its own history (`threshold.calibrate`): for a single piece, for one in a
    small zone, for a whole tray, a group, and few of a zone.
    """

    alarm_nats: float = 22.0
    small_nats: float = 22.0
    tray_nats: float = 7.0
    group_nats: float = 11.0
    few_nats: float = 8.0
    alone_s: float = 6.0
    alone_nats: float = 2.5
    """A piece that lost its company is given the time to be read again, too: so much evidence since."""
    group_min_nats: float = 12.0
    group_spread_s: float = 20.0
    away_fresh_s: float = 10.0
    away_at_most_s: float = 900.0
    """A read elsewhere withholds an accusation for so long at most: a thief's bag must not hide what is in it."""
    hard_after_s: float = 1800.0
    hard_known_rounds: float = 120.0
    blind_below: float = 0.25
    seeing_above: float = 0.5
    blind_lag_s: float = 3.0
    trouble_lasts_s: float = 60.0
    """Nobody is accused for so long after a reader's trouble: what returns is read again one by one."""


CUSTOMARY: Final = Rules()


@dataclass(frozen=True, slots=True)
class Placement:
    """Where pieces belong, by row; the caller's arrays, of equal length.

    home      int32[n]  zone, -1 = nowhere here
    tray      int32[n]  tray number, unique in the store, -1 = none
    expected  bool [n]  False: sold, in a cart, in transit, on the pad: not judged, whatever it does
    vouches   bool [z]  False for the exit: a read there is no reason to believe that the piece stays
    reader    int32[z]  number of the reader that watches the zone, -1 = several or none; None: not known of any
    """

    home: NDArray[np.int32]
    tray: NDArray[np.int32]
    expected: NDArray[np.bool_]
    vouches: NDArray[np.bool_]
    reader: NDArray[np.int32] | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """One round, of one reader or of several.

    witnessed  bool [z]  zones whose reader was reading through the whole round
    rows       int32[k]  pieces read, any number of times; `zones` int32[k]: zone of the antenna that read them
    standing   what the zones' reference tags say; None in a store that has none
    """

    now_us: int
    witnessed: NDArray[np.bool_]
    rows: NDArray[np.int32]
    zones: NDArray[np.int32]
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Accusation:
    """Pieces that left their place, and how we know. `nats`: the weakest member's evidence."""

    kind: AlarmKind
    rows: tuple[int, ...]
    zone: int
    nats: float
    rounds: int
    silent_s: float
    p: float
    visibility: float

    def sentence(self) -> str:
        """Why, in one sentence with numbers, short enough for a wall."""
        who = "Not read" if len(self.rows) == 1 else f"{len(self.rows)} pieces together not read"
        return (
            f"{who} in {self.rounds} rounds ({self.silent_s:.0f} s), before in {self.p:.0%}; "
            f"the zone reads at {self.visibility:.0%} of normal."
        )


def _no_rows() -> NDArray[np.int32]:
    return np.zeros(0, np.int32)


@dataclass(slots=True)
class Changes:
    """What one round changed. Rows and zones are indices."""

    present: NDArray[np.int32] = field(default_factory=_no_rows)
    accused: list[Accusation] = field(default_factory=list)
    hard: NDArray[np.int32] = field(default_factory=_no_rows)
    blind: NDArray[np.int32] = field(default_factory=_no_rows)
    seeing: NDArray[np.int32] = field(default_factory=_no_rows)
