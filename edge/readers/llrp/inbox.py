"""What one connection brings: bytes into tag reports at once, and into other messages that are acted on in order."""

from collections import deque
from collections.abc import Iterator
from typing import Final

from edge.readers.base import ProtocolError
from edge.readers.health import Health
from edge.readers.llrp.frames import Frame, FrameBuffer
from edge.readers.llrp.params import Counts
from edge.readers.llrp.reports import Decoded, ReportDecoder
from edge.readers.llrp.survey import loudest

MESSAGES_PER_TICK_MAX: Final = 100
"""Other messages than tag reports that are acted on between two ticks, events some 10 ms; a reader has a few a second
to say. More of them, a storm, wait for the next tick, and nothing is received meanwhile: TCP holds the reader."""
RESYNCS_MAX: Final = 16
"""After so many places where no message could begin, a connection's bytes are not believed any more."""


class Inbox:
    """Of one reader, over any number of connections. Writes into its health what was received and what was damaged."""

    def __init__(self, health: Health) -> None:
        self.decoder = ReportDecoder(health.reader)
        self._health = health
        self._buffer = FrameBuffer()
        self._waiting: deque[Frame] = deque()
        self._taken = 0
        self._resyncs = 0

    def clear(self) -> None:
        """A new connection: nothing of the old one is left."""
        self._buffer.clear()
        self._waiting.clear()
        self._resyncs = 0

    def room(self) -> memoryview:
        """Where the next receive call writes. Release it before `received`."""
        return self._buffer.free()

    def received(self, count: int, now_us: int) -> Decoded:
        """`count` bytes were written into `room()`."""
        health, buffer = self._health, self._buffer
        buffer.wrote(count)
        health.bytes_total += count
        with buffer.filled() as data:
            decoded = self.decoder.decode(data, now_us, buffer.roomy)
        buffer.consume(decoded.consumed)
        counts = self.decoder.counts
        health.dropped_total = counts.reports_damaged_total
        health.bytes_skipped_total = counts.bytes_skipped_total
        health.resyncs_total = counts.resyncs_total
        health.stamps_dropped_total = counts.stamps_dropped_total
        health.shapes_forgotten_total = counts.shapes_forgotten_total
        if health.unknown_total != counts.unknown_times:
            health.unknown_total = counts.unknown_times
            health.unknown_kinds = tuple(sorted(counts.unknown_total.items()))
        if health.surveys_total != counts.surveys_total:
            health.surveys_total = counts.surveys_total
            health.survey_loudest = _loudest(counts)
        if decoded.batch is not None:
            health.reads_total += len(decoded.batch)
        self._waiting += decoded.others
        if len(decoded.others) > MESSAGES_PER_TICK_MAX:
            buffer.small_bites()
        self._resyncs += decoded.resyncs
        return decoded

    @property
    def believed(self) -> bool:
        """Whether the bytes of this connection still make sense."""
        return self._resyncs <= RESYNCS_MAX

    @property
    def behind(self) -> bool:
        """Whether messages wait for the next tick: receive nothing until then."""
        return bool(self._waiting)

    def tick(self) -> None:
        """A tick has passed: as many messages again may be acted on."""
        self._taken = 0

    def messages(self) -> Iterator[Frame]:
        """What waits, in order, up to the limit."""
        while self._waiting and self._taken < MESSAGES_PER_TICK_MAX:
            self._taken += 1
            yield self._waiting.popleft()

    def held(self, fresh: int) -> None:
        """So many messages were new: count those that wait for a later tick."""
        self._health.messages_held_total += min(len(self._waiting), fresh)

    def drop(self) -> None:
        """The connection has ended: what waits is of no use."""
        self._waiting.clear()


def _loudest(counts: Counts) -> tuple[int, int] | None:
    try:
        return loudest(counts.survey)
    except ProtocolError:
        counts.reports_damaged_total += 1
        return None
