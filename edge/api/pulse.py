"""How many reads a second each reader gave in the last ten minutes: for a line on a page. In memory, bounded."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from contract.ids import ReaderId
from edge.floor.now import FloorNow

EVERY_S: Final = 5.0
KEPT: Final = 120


@dataclass(slots=True)
class Pulse:
    """Owned by the loop thread. A reader of the configuration each, so their number is bounded by it."""

    _beats: dict[ReaderId, deque[float]] = field(default_factory=dict)

    def of(self, reader: ReaderId) -> tuple[float, ...]:
        """The oldest first, `EVERY_S` apart; empty in the first seconds of a box."""
        return tuple(self._beats.get(reader, ()))

    def feel(self, floor: FloorNow) -> None:
        for one in floor.readers:
            self._beats.setdefault(one.reader, deque(maxlen=KEPT)).append(round(one.reads_per_s, 1))

    async def run(self, floor: Callable[[], FloorNow]) -> None:
        """Until cancelled."""
        while True:
            self.feel(floor())
            await asyncio.sleep(EVERY_S)
