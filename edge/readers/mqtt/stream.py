"""One reader's stream: messages and time in, reads and health out. No input or output.

A broker stands between the reader and us, so a link that is up says nothing of the reader: it is alive while something
of it is heard within the agreed time. And it keeps what it could not send: messages that come late are no presence now,
and the seconds they are missing from were not witnessed.
"""

from collections import deque
from collections.abc import Callable, Container, Sequence
from typing import Final

import msgspec

from contract.facts import ReaderLink
from edge.readers.base import ReadBatch
from edge.readers.health import Health
from edge.readers.mqtt.reads import Decode, Read, Told, columns

LATE_US: Final = 5_000_000
"""So much later than the promptest message of late, and it was kept somewhere on its way."""
WINDOW_US: Final = 60_000_000
"""A window of the two in which the promptest is looked for: a clock that was set is believed again after them."""


class Message(msgspec.Struct, frozen=True):
    """`arrived_us`: monotonic time at which the link heard it."""

    arrived_us: int
    body: bytes


class Stream:
    """Owned by the loop. `ports`: our antennas, of others nothing is kept, whatever it tells.

    `sweeps` says the port whose zone a handheld's reads belong to; None: nobody does.
    """

    def __init__(
        self, health: Health, decode: Decode, ports: Container[int], *, silence_s: float, handheld: bool
    ) -> None:
        self.health = health
        self.sweeps: Callable[[], int | None] = lambda: None
        self._decode = decode
        self._ports = ports
        self._handheld = handheld
        self._silence_us = round(silence_s * 1e6)
        self._up = False
        self._why_down = "not connected yet"
        self._idle = False
        self._late_us = 0
        self._prompt = Promptness()

    def linked(self, connects_total: int, *, up: bool, why: str) -> None:
        """The broker is there, or is not; `connects_total` tells a link that was made anew from one that lasted."""
        if connects_total != self.health.connects_total:
            self.health.connects_total = connects_total
            self.health.last_heard_us = 0  # nothing has been heard of the reader on this link
            self._idle = False
        self._up, self._why_down = up, why

    def hear(self, messages: Sequence[Message]) -> ReadBatch | None:
        """Messages in the order they came, at least one. None: none of them told of a tag that is there now."""
        reads: list[Read] = []
        for message in messages:
            told = self._decode(message.body)
            self._note(told, message)
            if self._prompt.is_late(told.sent_us, message.arrived_us):
                self.health.late_total += len(told.reads)
                self.health.overflow_us = self._late_us = message.arrived_us
            else:
                reads += told.reads
                self.health.last_heard_us = message.arrived_us
        self.health.reads_total += len(reads)
        self.health.clock_offset_us = self._prompt.offset_us
        if not reads:
            return None
        if self._handheld:
            port = self.sweeps() or 0
            reads = [read._replace(antenna=port) for read in reads]
        return columns(self.health.reader, messages[-1].arrived_us, reads)

    def lost(self, count: int, now_us: int) -> None:
        """Messages that could not be kept: what they would have said was not witnessed."""
        if count:
            self.health.messages_lost_total += count
            self.health.overflow_us = now_us

    def tick(self, now_us: int) -> None:
        """Judge the reader by what was heard of it."""
        health = self.health
        link, why = self._judged(now_us)
        if link is ReaderLink.READING and health.link is not ReaderLink.READING:
            health.alive_since_us = now_us  # first: whoever sees that it reads sees since when
        health.link, health.why = link, why

    def _judged(self, now_us: int) -> tuple[ReaderLink, str]:
        heard_us = self.health.last_heard_us
        if not self._up:
            return ReaderLink.CONNECTING, self._why_down
        if not heard_us:
            return ReaderLink.CONNECTING, "the broker is there; nothing heard of the reader yet"
        if now_us - heard_us > self._silence_us:
            late = self._late_us > now_us - self._silence_us
            nothing = f"nothing heard for {self._silence_us / 1e6:g} s"  # no figure that moves: a change is a fact
            return ReaderLink.SILENT, "what it says comes late: mend its network, or set its clock" if late else nothing
        if self._idle:
            return ReaderLink.SILENT, "it lives and says that it is not reading: start its inventory"
        return ReaderLink.READING, ""

    def _note(self, told: Told, message: Message) -> None:
        health = self.health
        health.bytes_total += len(message.body)
        health.dropped_total += told.damaged
        health.unknown_total += told.unknown
        if told.inventory is not None:
            self._idle = not told.inventory
        elif told.reads:
            self._idle = False
        health.model = told.model or health.model
        if told.trouble:
            health.exceptions_total += 1
            health.exception = told.trouble
        if told.overflow:
            health.overflows_total += 1
            health.overflow_us = message.arrived_us
        told_of = {port: there for port, there in told.antennas.items() if port in self._ports}
        if told_of:
            down = {port for port, there in told_of.items() if not there}
            health.antennas_down = health.antennas_down - told_of.keys() | down


class Promptness:
    """How far the reader's clock and ours are apart, by its promptest messages; what is much later was kept back."""

    def __init__(self) -> None:
        self.offset_us: int | None = None
        """Our monotonic time − the reader's UTC; None until it told one."""
        self._windows: deque[tuple[int, int]] = deque(maxlen=2)

    def is_late(self, sent_us: int, arrived_us: int) -> bool:
        """A message without a time of its own is taken as prompt."""
        if not sent_us:
            return False
        apart_us, window = arrived_us - sent_us, arrived_us // WINDOW_US
        if self._windows and self._windows[-1][0] == window:
            self._windows.append((window, min(apart_us, self._windows.pop()[1])))
        else:
            self._windows.append((window, apart_us))
        self.offset_us = min(smallest for at, smallest in self._windows if at >= window - 1)
        return apart_us - self.offset_us > LATE_US
