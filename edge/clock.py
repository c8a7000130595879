"""Time is an argument. Only composition roots hold a clock; everything below gets integers."""

import time
from pathlib import Path
from typing import Final, Protocol
from uuid import uuid4

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


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


def boot_id() -> str:
    """Which start of the machine its monotonic clock counts from; where the system does not tell, a new one."""
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return str(uuid4())
