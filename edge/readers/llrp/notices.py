"""What a reader says of itself, unasked: its events and its clock, into its health. No input or output."""

from collections.abc import Container
from typing import Final

from edge.readers.base import ReadBatch
from edge.readers.health import Health
from edge.readers.llrp import messages
from edge.readers.llrp.connection import Heard
from edge.readers.llrp.events import Event, Turn
from edge.readers.times import ReaderTime

Meaning = tuple[Heard | None, str]
"""What it means to the connection, and why in words; None where the connection does not care."""
NOTHING: Final[Meaning] = (None, "")
REBOOTED: Final[Meaning] = (Heard.REBOOTED, "the reader has rebooted")


class Notices:
    """Of one reader over all its connections. `ports`: our antennas, of others nothing is kept, whatever it tells.

    `periodic`: it pauses between its rounds by our own wish.
    """

    def __init__(self, health: Health, ports: Container[int], *, late_max_us: int, periodic: bool) -> None:
        self._health = health
        self._ports = ports
        self._periodic = periodic
        self._time = ReaderTime(late_max_us)
        self._event_uptime_us = 0

    def connected(self) -> None:
        """A new connection: events begin anew."""
        self._time.connected()
        self._event_uptime_us = 0
        self._health.antennas_down = frozenset()

    def reads(self, batch: ReadBatch, now_us: int) -> Meaning:
        """Stamps of reads come in any order: the latest of a batch is what the clock said last."""
        stamp_us = int(batch.last_seen_us.max())
        return self._stamped(stamp_us, now_us, uptime=batch.uptime) if stamp_us else NOTHING

    def event(self, event: Event, now_us: int) -> Meaning:
        """LLRP 1.1 §17.2.7.6. What we do not live by (hops, AISpecs, surveys, loops) is read and let go."""
        rebooted = self._clock(event, now_us)
        if rebooted is not NOTHING:
            return rebooted
        self._note(event, now_us)
        if event.closes:
            return Heard.CLOSED, "the reader closed the connection"
        if event.attempt is not None:
            return _greeting(event.attempt)
        if event.rospec is not None and event.rospec.rospec == messages.ROSPEC_ID:
            if event.rospec.turn == Turn.BEGAN:
                return Heard.STARTED, ""
            if not self._periodic:
                return Heard.STOPPED, "the reader stopped reading"
        return NOTHING

    def _clock(self, event: Event, now_us: int) -> Meaning:
        """Events come in order: an uptime behind that of the event before is a reboot, however little it is behind."""
        if event.utc_us:
            return self._stamped(event.utc_us, now_us, uptime=False)
        if event.uptime_us is None:
            return NOTHING
        before_us, self._event_uptime_us = self._event_uptime_us, event.uptime_us
        if event.uptime_us < before_us:
            return REBOOTED
        return self._stamped(event.uptime_us, now_us, uptime=True) if event.uptime_us else NOTHING

    def _stamped(self, stamp_us: int, now_us: int, *, uptime: bool) -> Meaning:
        health, jumped_us = self._health, self._time.hear(stamp_us, now_us, uptime=uptime)
        health.clock_offset_us, health.clock_is_uptime = self._time.offset_us, uptime
        if uptime and jumped_us < 0:
            return REBOOTED
        if jumped_us:
            health.clock_jumps_total += 1
            health.clock_jump_us = jumped_us
        return NOTHING

    def _note(self, event: Event, now_us: int) -> None:
        health = self._health
        if event.antenna is not None and event.antenna[0] in self._ports:
            port, stands = event.antenna
            down = health.antennas_down
            health.antennas_down = down - {port} if stands else down | {port}
        if event.exception is not None:
            health.exceptions_total += 1
            health.exception = event.exception or "a trouble without words"
        if event.buffer_percent is not None:
            health.buffer_warnings_total += 1
            health.buffer_percent = event.buffer_percent
        if event.overflow:
            health.overflows_total += 1
            health.overflow_us = now_us


def _greeting(status: int) -> Meaning:
    """ConnectionAttemptEvent (§17.2.7.6.10)."""
    if status == 0:
        return Heard.GREETED, ""
    if status in (1, 2):
        return Heard.TURNED_AWAY, "another client holds this reader"
    if status == 3:
        return Heard.TURNED_AWAY, "the reader turns connections away"
    return NOTHING
