"""What a window of rounds says about a tag: one row of numbers per tag, two per antenna (inference §3.1)."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

UNREAD_DBM: Final = -72.0
"""What an antenna that never read the tag is taken to hear: just below any reader's floor."""
LOGIT_DB: Final = 3.0
"""Decibels that one nat of read rate weighs: about the width of a receiver's edge."""


class Window(NamedTuple):
    """Tags by antennas over some rounds of each antenna's reader.

    level_dbm  float32[n, a]  mean RSSI of the rounds that read it; anything where `read` is 0
    read       float32[n, a]  rounds in which this antenna read it
    rounds     float32[a]     rounds there were, >= `read`
    """

    level_dbm: NDArray[np.float32]
    read: NDArray[np.float32]
    rounds: NDArray[np.float32]

    def at(self, rows: NDArray[np.intp]) -> "Window":
        """These tags only."""
        return Window(self.level_dbm[rows], self.read[rows], self.rounds)


def features(window: Window) -> Floats:
    """float64[n, 2 a]: mean RSSI in dBm, then the logit of the read rate, in dB of `LOGIT_DB` per nat.

    An antenna that had no round tells nothing: its level is unread, its rate even.
    """
    read = window.read.astype(np.float64)
    missed = np.maximum(window.rounds - read, 0)
    level = np.where(read > 0, window.level_dbm, UNREAD_DBM)
    return np.concatenate([level, LOGIT_DB * np.log((read + 0.5) / (missed + 0.5))], axis=1)
