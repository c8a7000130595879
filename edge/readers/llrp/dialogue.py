"""One LLRP connection without input or output: bytes and time in, bytes to send and batches of reads out."""

from collections.abc import Mapping
from typing import Final

from contract.facts import ReaderLink
from edge.readers.base import ProtocolError, ReadBatch
from edge.readers.health import Health
from edge.readers.llrp import events, messages
from edge.readers.llrp.accesses import Accesses
from edge.readers.llrp.connection import CONNECTED_STATES, RESTING_STATES, Heard, Say, State, step
from edge.readers.llrp.device import Device
from edge.readers.llrp.frames import Bytes, Frame
from edge.readers.llrp.gpio import UNWIRED, Gpio, Wires
from edge.readers.llrp.inbox import Inbox
from edge.readers.llrp.notices import Notices
from edge.readers.llrp.timing import Timing
from edge.readers.llrp.words import words
from edge.readers.looks import Looks
from edge.readers.profiles import Place, Profile, Vendor, gpi_trigger

MESSAGE_ID_MAX: Final = 0xFFFF_FFFF
WITNESSES: Final = frozenset((State.READING, State.WAITING))
"""Shown as reading: one that waits for its input is well, and `waits_for` says that it sees nothing meanwhile."""
SETTING_STATES: Final = frozenset(
    (State.VARYING, State.ADDING, State.ENABLING, State.STARTING, State.CHECKING, State.AWAITING_START)
)
BEFORE_A_START: Final = frozenset((State.STARTING, State.CHECKING, State.WAITING))
"""Nothing is read in these, nor witnessed, by a reader that its input starts."""


class Dialogue:
    """Follows `connection.TABLE` for one reader, over any number of connections one after the other."""

    def __init__(
        self, health: Health, profile: Profile, places: Mapping[int, Place], timing: Timing, wires: Wires = UNWIRED
    ) -> None:
        self.health = health
        self.state = State.OFFLINE
        self._profile = profile
        self._places = dict(places)
        self._timing = timing
        self._inbox = Inbox(health)
        self._out = bytearray()
        self._hung_up = False
        self._message_id = 0
        self._pending = 0
        self._deadline_us = 0
        self._device = Device(health, profile, self._places, wires)
        self.accesses = Accesses(health, places, self._next_id)
        self.gpio = Gpio(health, wires, self._next_id)
        self._trigger = gpi_trigger(places)
        self._started = False
        self._alive = False
        self._working_us = 0
        """When our ROSpec was last known to work: a read, a start, an answer."""
        self._idle_once = self._mute = False
        """It was found between two turns; the reader does not tell what its ROSpecs do."""
        self._varying = False
        """Another look is being set: some tenths of a second in which a reader that was well still is."""
        self._notices = Notices(
            health,
            self._places,
            late_max_us=timing.silent_after_us + 1000 * messages.cycle_ms(places),
            periodic=bool(messages.cycle_ms(places)),
        )
        self.looks = Looks(health, self._places)
        self._words = words(profile, self.looks, self._device)

    @property
    def connected(self) -> bool:
        return self.state in CONNECTED_STATES

    def room(self) -> memoryview:
        """Where the next receive call writes. Release it before `received`."""
        return self._inbox.room()

    def received(self, count: int, now_us: int) -> ReadBatch | None:
        """`count` bytes were written into `room()`. Returns the reads of them, if any."""
        decoded = self._inbox.received(count, now_us)
        if decoded.batch is not None:
            self._reads(decoded.batch, now_us)
        self.accesses.results(decoded.results, now_us)
        self._attend(now_us)
        if decoded.frames:
            # last: whoever sees that it was heard sees also what it said, such as that reads were lost
            self.health.last_heard_us = now_us
        self._inbox.held(len(decoded.others))
        if self.connected and not self._inbox.believed:
            self._hear(Heard.DAMAGED, now_us, "the reader's bytes cannot be read")
        self._show(now_us)
        return decoded.batch

    def hear_bytes(self, data: Bytes, now_us: int) -> list[ReadBatch]:
        """Bytes of any length, for transports that bring their own buffers."""
        batches = []
        view = memoryview(data)
        while view and self.connected:
            with self.room() as room:
                count = min(len(room), len(view))
                room[:count] = view[:count]
            batches.append(self.received(count, now_us))
            view = view[count:]
        return [batch for batch in batches if batch is not None]

    def connect(self, now_us: int) -> None:
        """TCP stands."""
        self._inbox.clear()
        self._out.clear()
        self._hung_up = False
        self._started = self._alive = self._idle_once = self._mute = False
        self._notices.connected()
        self._device.connected()
        self.health.connects_total += 1
        self._hear(Heard.CONNECTED, now_us, "the reader does not greet")
        self._deadline_us = now_us + self._timing.answer_within_us

    def distrust(self, now_us: int, why: str) -> None:
        """Whoever answers there is not trusted: no word of LLRP was said."""
        self._hear(Heard.DISTRUSTED, now_us, why)
        self.health.why = why
        self.tick(now_us)

    def lose(self, now_us: int, why: str) -> None:
        """TCP ended, or could not be had."""
        if self.connected:
            self._hear(Heard.LOST, now_us, why)
        elif self.state is State.OFFLINE:
            self.health.why = why
        self.tick(now_us)

    def tick(self, now_us: int) -> None:
        """Time passed: messages that waited for it, deadlines, the watchdog, and what the health says."""
        self._attend(now_us)
        self._inbox.tick()
        if self.connected:
            quiet_us = now_us - self.health.last_heard_us
            if self.state in WITNESSES and quiet_us >= self._timing.silent_after_us:
                self._hear(Heard.SILENCE, now_us, f"nothing heard for {quiet_us / 1e6:.1f} s, not even a keepalive")
            elif self._deadline_us and now_us >= self._deadline_us:
                self._hear(Heard.LATE, now_us, f"no answer while {self.state}")
            elif self.state is State.READING and self._is_quiet(now_us):
                self._hear(Heard.QUIET, now_us)
            self.accesses.tick(now_us)
            self.gpio.tick(now_us)
            if self.state is State.WAITING and not self._started and self.gpio.stands:
                self._started = True
                self._hear(Heard.STANDS, now_us)
            if self.state is State.READING and self.looks.wanted:
                self._varying = True
                self.looks.changing(now_us)
                self._hear(Heard.VARIED, now_us)
            elif self._varying and now_us - self.health.look.since_us >= self._timing.vary_within_us:
                self._varying = self._alive = False
        self._show(now_us)

    def take(self) -> bytes:
        """Bytes to send."""
        out = bytes(self._out) + self.gpio.take() + self.accesses.take()
        self._out.clear()
        return out

    @property
    def hung_up(self) -> bool:
        """Whether the table said to end this connection."""
        return self._hung_up

    @property
    def behind(self) -> bool:
        """Whether messages wait for the next tick: receive nothing until then."""
        return self._inbox.behind

    def _attend(self, now_us: int) -> None:
        """Act on what waits."""
        if self.connected:
            for frame in self._inbox.messages():
                self._message(frame, now_us)
                if not self.connected:
                    break
        if not self.connected:
            self._inbox.drop()

    def _reads(self, batch: ReadBatch, now_us: int) -> None:
        heard, why = self._notices.reads(batch, now_us)
        if heard is not None:
            self._hear(heard, now_us, why)
        # one that told its end may still send reads from before it: then only its word is a start
        over = self._started and self.state in (State.STARTING, State.WAITING)
        if self.state is not State.READING and not over and bool((batch.rospec_id == messages.ROSPEC_ID).any()):
            self._hear(Heard.STARTED, now_us)
        self._working_us, self._idle_once = now_us, False

    def _is_quiet(self, now_us: int) -> bool:
        return not self._pending and not self._mute and now_us - self._working_us >= self._timing.quiet_us

    def _message(self, frame: Frame, now_us: int) -> None:
        try:
            heard, why = self._meaning(frame, now_us)
        except ProtocolError as error:
            self._inbox.decoder.counts.know((f"message:{frame.type}",), 1)
            if frame.message_id != self._pending:
                return
            heard, why = Heard.REFUSED, str(error)
        if self.state is State.ASKING and heard in {Heard.DONE, Heard.REFUSED}:
            heard, why = self._device.fits(heard, why)
        elif self.state is State.EXTENDING and heard is Heard.REFUSED:
            why = f"profile {self._profile.name!r} speaks its maker's extensions, and {why}; use generic-llrp"
        if heard is not None:
            self._hear(heard, now_us, why)

    def _meaning(self, frame: Frame, now_us: int) -> tuple[Heard | None, str]:
        if frame.type == events.KEEPALIVE:
            self.health.last_keepalive_us = now_us
            return Heard.KEEPALIVE, ""
        if frame.type == events.READER_EVENT_NOTIFICATION:
            event = events.event_of(frame)
            self._inbox.decoder.counts.know(event.unknown, 1)
            if event.gpi is not None:
                self.gpio.event(event.gpi)
            return self._notices.event(event, now_us)
        answers = self._pending and frame.message_id == self._pending
        if answers and self.state is State.READING:
            return self._turn(frame, now_us)
        if not answers and self.accesses.hears(frame.type, frame.message_id):
            self.accesses.hear(frame.message_id, events.status_of(frame), now_us)
            return None, ""
        if self.gpio.hears(frame):
            self.gpio.hear(frame, now_us)
            return None, ""
        if frame.type == events.ERROR_MESSAGE:
            status = events.status_of(frame)
            return (Heard.REFUSED if answers else Heard.ERROR), _reason(status)
        if frame.type not in events.RESPONSES or not answers:
            return None, ""
        status = events.status_of(frame)
        if status.code:
            return Heard.REFUSED, _reason(status)
        self._device.answered(frame)
        if frame.type == events.GET_ROSPECS_RESPONSE:
            if events.rospec_states(frame).get(messages.ROSPEC_ID) == events.ROSPEC_ACTIVE:
                return Heard.RUNNING, ""
            return (Heard.IDLE if self._trigger is None else Heard.ARMED), ""
        return Heard.DONE, ""

    def _turn(self, frame: Frame, now_us: int) -> tuple[Heard | None, str]:
        """What our ROSpec does, asked because it was quiet: found idle twice, it does not begin again by itself."""
        self._pending = self._deadline_us = 0
        self._working_us = now_us
        if frame.type != events.GET_ROSPECS_RESPONSE or events.status_of(frame).code:
            self._mute = True
            return None, ""
        state = events.rospec_states(frame).get(messages.ROSPEC_ID)
        between = state == events.ROSPEC_INACTIVE and not self._idle_once
        self._idle_once = between
        if state == events.ROSPEC_ACTIVE or between:
            return None, ""
        return Heard.STOPPED, "somebody stopped our ROSpec"

    def _hear(self, heard: Heard, now_us: int, why: str = "") -> None:
        before = self.state
        self.state, say = step(before, heard)
        if heard is Heard.STARTED or self.state is not before:
            self._working_us, self._idle_once = now_us, False
        if self.state is not before:
            self._deadline_us = 0
            self._pending = 0
            if before in (State.ASKING, State.IDENTIFYING) and self.state in (State.CONFIGURING, State.REFUSED):
                self._device.identify()
            if self.state is State.AWAITING_START:
                self._deadline_us = now_us + self._timing.start_within_us
                why = f"the reader does not start our ROSpec ({why})"
            if self.state is State.REFUSED and self.looks.refused(why):
                why = f"it refuses a look of the count ({why}) and is set up as always again"
            self._varying &= self.state in SETTING_STATES
            self.health.why = "" if self.state is State.READING or self._varying else why or self.state.value
            self._witness(now_us)
            if before is State.CONFIGURING and heard is Heard.DONE:
                self.gpio.begin(now_us)
            if not self.connected:
                self.gpio.end()
                self.accesses.end(now_us, why or self.state.value)
        self._say(say, now_us)

    def _witness(self, now_us: int) -> None:
        """The reader reads, or is well and waits for its input: two turns of one stretch, and no gap between them."""
        if not self._varying and (self._trigger is None or self.state not in {*WITNESSES, *BEFORE_A_START}):
            # a look that is set has come through its change alive; every other way into READING begins a stretch
            self._alive = self._alive and self.state is State.READING
        waits = self._trigger is not None and self.state in BEFORE_A_START
        self.health.waits_for = f"input {self._trigger.gpi_port}" if self._trigger and waits else ""
        if self.state in WITNESSES and not self._alive:
            self.health.alive_since_us = now_us
            self._alive = True
        if self._trigger is not None and self.state in WITNESSES:
            self.health.why = f"it reads while input {self._trigger.gpi_port} is {self._trigger.gpi_level}"
        if self.state is State.READING:
            self.looks.reading(now_us)
            self._started = True
            self.accesses.read(now_us)

    def _say(self, say: Say, now_us: int) -> None:
        if say is Say.NOTHING:
            return
        if say is Say.HANG_UP:
            self._hung_up = True
            return
        if say is Say.ACKNOWLEDGE:
            self._out += messages.encode("KEEPALIVE_ACK", self._next_id())
            return
        if say is Say.START_ROSPEC:
            self._out += messages.encode("ENABLE_EVENTS_AND_REPORTS", self._next_id())
            if self._trigger is not None:
                self._hear(Heard.ARMED, now_us)
                return
        if say is Say.ENABLE_EXTENSIONS and self._profile.vendor is not Vendor.IMPINJ:
            self._hear(Heard.DONE, now_us)
            return
        self._pending = self._next_id()
        self._deadline_us = now_us + self._timing.answer_within_us
        self._out += self._words[say](self._pending)

    def _next_id(self) -> int:
        self._message_id = self._message_id % MESSAGE_ID_MAX + 1
        return self._message_id

    def _show(self, now_us: int) -> None:
        """Silence is shown whatever the state, unless the reader told us to stay away."""
        if self.state in WITNESSES or self._alive:
            link = ReaderLink.READING
        elif self.state in RESTING_STATES:
            link = ReaderLink.REFUSED
        elif now_us - self.health.last_heard_us >= self._timing.silent_after_us:
            link = ReaderLink.SILENT
        else:
            link = ReaderLink.CONNECTING
        self.health.link = link


def _reason(status: events.Status) -> str:
    return f"the reader refuses: {status.words or f'status {status.code}'}"
