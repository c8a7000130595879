"""What every door of the office is given: the database, the guards, and the clock and chance of this process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cloud.db import Office
from cloud.sealing import Sealing, passing
from cloud.work import Work, begin
from trade.guards import ALL, Guards


@dataclass(frozen=True, slots=True)
class Desk:
    """`now_us` is the wall clock (for rows and people), `mono_us` the monotonic one (for waits), `new_id` a UUIDv7."""

    office: Office
    now_us: Callable[[], int]
    mono_us: Callable[[], int]
    new_id: Callable[[], str]
    guards: Guards = ALL
    sealing: Sealing = field(default_factory=passing)
    """Keys that are not in the database."""

    @contextmanager
    def work(self) -> Iterator[Work]:
        """A unit of work: all or nothing, durable when the block ends."""
        with self.office.transaction() as tx:
            yield begin(tx, self.guards, self.now_us())

    @contextmanager
    def look(self) -> Iterator[Work]:
        """A consistent look that changes nothing."""
        with self.office.reading() as tx:
            yield begin(tx, self.guards, self.now_us())
