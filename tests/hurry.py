"""A clock for stories in which a driver and a simulated reader talk over real sockets and mostly wait for seconds to
pass. `conftest` makes this importable as `house_hurry`.

Both ends of a story are given the same clock, and it runs `PACE` times as fast as the machine's. While the machine is
busy it stands still: nobody is called silent because a test was not let run.
"""

import time

PACE = 5.0
STALL_S = 0.02
"""What passes beyond this between two looks at the clock is the machine's fault, not the reader's."""


class Hurried:
    """What `edge.clock.Clock` asks, and `now_us` for the simulated reader."""

    def __init__(self, pace=PACE):
        self.pace = pace
        self._began_us = time.time_ns() // 1000
        self._looked_s, self._us = time.monotonic(), 1_000_000

    def mono_us(self):
        now_s = time.monotonic()
        self._us += int(min(now_s - self._looked_s, STALL_S) * 1e6 * self.pace)
        self._looked_s = now_s
        return self._us

    def wall_us(self):
        return self._began_us + self.mono_us()

    now_us = wall_us


HURRIED = Hurried()
"""One for the whole process: whatever is made with it agrees on the time."""
