"""Three times of a read: when it arrived by the box's monotonic clock (and which boot that clock counts from), what the
box's calendar said then, and the reader's own stamp. Only the first orders and waits; the others date.

A reader's clock is compared with the box's monotonic one, because a stamp arrives late and never early: the smallest
(arrival − stamp) of the last minute is how far apart they are, as nearly as the quickest message tells. The box's own
calendar may be set meanwhile without disturbing that.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec

from edge.readers.base import ReadBatch

WINDOW_US: Final = 60_000_000
"""So long a quick message is believed: two quartz clocks part by 6 ms in it at 100 ppm."""
PANES: Final = 6
"""The window slides by a sixth of itself."""
PANE_US: Final = WINDOW_US // PANES


class ReaderTime:
    """The offset of one reader's clock, in UTC or in uptime, and how it jumps. Times are µs.

    `late_max_us`: no message is later than that, or its connection would have been given up. What differs by more is
    the clock's doing, whatever jitter there is and in whatever order stamps come.
    """

    def __init__(self, late_max_us: int) -> None:
        self.offset_us: int | None = None
        """Box's monotonic time − reader's time; None until a stamp was heard."""
        self.is_uptime = False
        self._late_max_us = late_max_us
        self._panes: deque[tuple[int, int]] = deque()

    def connected(self) -> None:
        """A new connection: an uptime may begin anew without a word, UTC goes on."""
        if self.is_uptime:
            self._forget()

    def hear(self, stamp_us: int, arrived_us: int, *, uptime: bool) -> int:
        """A stamp of the reader. Returns by how much its clock has just jumped: forwards positive, 0 when it did not.

        An uptime that jumps backwards is a reboot.
        """
        if uptime is not self.is_uptime:
            self._forget()
            self.is_uptime = uptime
        apart_us = arrived_us - stamp_us
        jumped_us = 0 if self.offset_us is None else self.offset_us - apart_us
        if abs(jumped_us) <= self._late_max_us:
            jumped_us = 0
        else:
            self._forget()
        pane = arrived_us // PANE_US
        if self._panes and self._panes[-1][0] == pane:
            apart_us = min(apart_us, self._panes.pop()[1])
        self._panes.append((pane, apart_us))
        while self._panes[0][0] <= pane - PANES:
            self._panes.popleft()
        self.offset_us = min(smallest_us for _, smallest_us in self._panes)
        return jumped_us

    def _forget(self) -> None:
        self.offset_us = None
        self._panes.clear()


def dated(deliver: Callable[[ReadBatch], None], wall_us: Callable[[], int], boot: str) -> Callable[[ReadBatch], None]:
    """`deliver`, with each batch dated by the box's calendar at the moment it arrives."""

    def deliver_dated(batch: ReadBatch) -> None:
        deliver(msgspec.structs.replace(batch, arrived_utc_us=wall_us(), boot=boot))

    return deliver_dated
