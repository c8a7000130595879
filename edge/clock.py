"""Time is an argument. Only composition roots hold a clock; everything below gets integers."""

import time
from typing import Protocol


class Clock(Protocol):
    """Two times, both in µs: `mono_us` orders and waits; `wall_us` only dates what people read."""

    def mono_us(self) -> int: ...

    def wall_us(self) -> int: ...


class SystemClock:
    """The machine's clocks."""

    def mono_us(self) -> int:
        return time.monotonic_ns() // 1000

    def wall_us(self) -> int:
        return time.time_ns() // 1000
