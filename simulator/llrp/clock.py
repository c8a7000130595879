"""The reader's own clock, which is nobody else's: UTC that is wrong or jumps, or only the time since it was booted."""

import struct

import numpy as np
import numpy.typing as npt

from simulator.llrp.codec import P, tlv

Times = npt.NDArray[np.int64]


class Clock:
    """`utc` False: a reader without a UTC clock, which stamps everything with its uptime (LLRP 1.0.1 §16.2.2.2).

    `offset_us` is how far its UTC is ahead of the true one; change it while it runs and the clock jumps.
    """

    def __init__(self, *, utc: bool) -> None:
        self.utc, self.offset_us = utc, 0
        self._booted_us: int | None = None

    def boot(self, now_us: int) -> None:
        """Switched on: uptime begins at 0. A UTC clock keeps running on its battery, as wrong as it was."""
        self._booted_us = now_us

    def read(self, true_us: int) -> int:
        """What it shows at a time of the world."""
        return true_us + self._ahead(true_us)

    def read_all(self, true_us: Times) -> Times:
        return true_us + self._ahead(int(true_us[0])) if len(true_us) else true_us

    def stamp(self, now_us: int) -> bytes:
        """UTCTimestamp or Uptime parameter."""
        return tlv(P.UTC_TIMESTAMP if self.utc else P.UPTIME, struct.pack(">Q", self.read(now_us)))

    def _ahead(self, true_us: int) -> int:
        if self.utc:
            return self.offset_us
        if self._booted_us is None:
            self._booted_us = true_us
        return -self._booted_us
