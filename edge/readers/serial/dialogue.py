"""One serial module without input or output: bytes and time in, bytes to send and batches of reads out."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import msgspec

from contract.facts import ReaderLink
from edge.readers.access import Access
from edge.readers.base import MisconfiguredError, ProtocolError, ReadBatch, ReaderError
from edge.readers.health import Health
from edge.readers.looks import Looks
from edge.readers.profiles import Place
from edge.readers.serial.accesses import Accesses, Told
from edge.readers.serial.connection import CONNECTED_STATES, Heard, Say, State, step
from edge.readers.serial.reads import Walked, columns

NOISE_BYTES_MAX: Final = 4096
"""So many bytes without one good frame: this is not the module's baud rate (any more)."""
WORKING_STATES: Final = (State.STARTING, State.READING, State.PAUSING, State.ACCESSING)
"""The module is known and set: what is wanted of a tag waits for its turn."""
HALTING_STATES: Final = (State.PROBING, State.PAUSING, State.VARYING)
LOOK_STATES: Final = (State.POWERING, State.TUNING, State.STARTING)
"""What is refused in them while a look is set, is the look."""
VARYING_STATES: Final = (State.VARYING, *LOOK_STATES)


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Limits in µs. A dead module: quiet for the family's time, then no answer to HALT; shown silent within 5 s."""

    silent_after_us: int = 3_000_000
    probe_within_us: int = 500_000
    answer_within_us: int = 800_000
    halt_again_us: int = 200_000
    """A module in the middle of a round may not listen: HALT is said again until it is answered or too late."""
    access_within_us: int = 2_500_000
    vary_within_us: int = 800_000
    """So long a module that was well is a witness still, while another look is set."""
    start_within_us: int = 2_500_000
    frame_gap_us: int = 200_000
    """A frame that stopped in the middle for so long has lost bytes: the next may begin inside it."""


class Ask(msgspec.Struct, frozen=True):
    """Bytes of one command, and the code its answer will carry; None when nothing answers it."""

    data: bytes
    answers: int | None


class Family(Protocol):
    """What differs between families. Reset by `opened`; writes model and firmware into the health it was made with."""

    quiet_after_us: int
    """Longest time between two frames of a module that reads."""
    got: bytes
    """What the last access brought."""

    @property
    def varies(self) -> bool:
        """Whether looks of a count differ at this module; known once it has said who it is."""
        ...

    def opened(self) -> None: ...

    def read_as(self, places: Mapping[int, Place]) -> None:
        """How each antenna is read from the next `SET_POWER` on."""
        ...

    def words(self, say: Say, access: Access | None) -> Sequence[Ask]:
        """Raises `MisconfiguredError` for an access that this family cannot do."""
        ...

    def walk(self, data: bytes, *, ended: bool) -> Walked: ...

    def meaning(self, frame: msgspec.Struct, pending: int | None) -> tuple[Heard | None, ReaderError | None]:
        """`pending`: the code of the answer we wait for. DONE and REFUSED answer it. Raises `ProtocolError`."""
        ...


class Dialogue:
    """Follows `connection.TABLE` for one module, over any number of times its port is opened."""

    def __init__(
        self, health: Health, family: Family, places: Mapping[int, Place], timing: Timing | None = None
    ) -> None:
        """`places`: antenna port → how it is read, and by which looks."""
        self.health = health
        self.looks = Looks(health, places)
        self.state = State.OFFLINE
        self.answered = False
        """Whether the module has answered since the port was opened: the baud rate is right."""
        self.hung_up = False
        self._family = family
        self._timing = timing or Timing()
        self._rest = b""
        self._out = bytearray()
        self._asks: deque[Ask] = deque()
        self._pending: Ask | None = None
        self._deadline_us = 0
        self._halted_us = 0
        self._frame_us = 0
        self._noise = 0
        self._accesses = Accesses(health)
        self._varying = False
        """Another look is being set: some tenths of a second in which a module that was well still is."""

    @property
    def connected(self) -> bool:
        return self.state in CONNECTED_STATES

    def open(self, now_us: int) -> None:
        """The port is open."""
        self._family.opened()
        self._rest = b""
        self._out.clear()
        self._noise = 0
        self.answered = self.hung_up = False
        self.health.connects_total += 1
        self._hear(Heard.OPENED, now_us, f"nothing answers: {self.health.why}")

    def lose(self, now_us: int, why: str) -> None:
        """The port is gone, or could not be had."""
        if self.connected:
            self._hear(Heard.LOST, now_us, why)
        elif self.state is State.OFFLINE:
            self.health.why = why
        self.tick(now_us)

    def want(self, access: Access, told: Told) -> None:
        """Do this as soon as the module can be paused; `told` hears of it once."""
        self._accesses.want(access, told, works=self._varying or self.state in WORKING_STATES)

    def give_up(self, told: Told) -> None:
        """Whoever wanted it has gone."""
        self._accesses.give_up(told)

    def hear(self, data: bytes, now_us: int) -> ReadBatch | None:
        """Bytes of any length. Returns the reads that ended in them, if any."""
        if not self.connected:
            return None
        self.health.bytes_total += len(data)
        self._frame_us = now_us
        return self._walk(self._rest + data, now_us, ended=False)

    def tick(self, now_us: int) -> ReadBatch | None:
        """Time passed: deadlines, the watchdog, a frame cut short, and what the health says."""
        batch = None
        if self._rest and self.connected and now_us - self._frame_us >= self._timing.frame_gap_us:
            batch = self._walk(self._rest, now_us, ended=True)
        if self.connected:
            quiet_us = now_us - self.health.last_heard_us
            if self._deadline_us and now_us >= self._deadline_us:
                self._hear(Heard.LATE, now_us, f"no answer while {self.state}")
            elif self.state is State.READING and quiet_us >= self._family.quiet_after_us:
                self._hear(Heard.QUIET, now_us, f"nothing heard for {quiet_us / 1e6:.1f} s")
            elif self.state in HALTING_STATES and now_us - self._halted_us >= self._timing.halt_again_us:
                self._send(now_us)
            elif self.state is State.READING and self._accesses.waiting:
                self._hear(Heard.WANTED, now_us, "a tag is being read or written")
            elif self.state is State.READING and self.looks.wanted:
                self._varying = True
                self.looks.changing(now_us)
                self._hear(Heard.VARIED, now_us)
            if self._varying and now_us - self.health.look.since_us >= self._timing.vary_within_us:
                self._varying = False
        self._show(now_us)
        return batch

    def take(self) -> bytes:
        """Bytes to send."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def _walk(self, data: bytes, now_us: int, *, ended: bool) -> ReadBatch | None:
        walked = self._family.walk(data, ended=ended)
        self._rest = data[walked.consumed :]
        self.health.bytes_skipped_total += walked.skipped
        self.health.dropped_total += walked.damaged
        batch = None
        if walked.good:
            self._noise = 0
        if walked.reads:
            batch = columns(self.health.reader, now_us, walked.reads)
            self.health.reads_total += len(batch)
            self._hear(Heard.ROUND, now_us)
        for frame in walked.frames:
            if not self.connected:
                break
            self._frame(frame, now_us)
        if walked.good:
            # last: whoever sees that it was heard sees also what it said, such as that an antenna is gone
            self.health.last_heard_us = self.health.last_keepalive_us = now_us
        self._noise += walked.skipped
        if self._noise > NOISE_BYTES_MAX and self.connected:
            self._hear(Heard.DAMAGED, now_us, "what the module sends cannot be read; is the baud rate right?")
        self._show(now_us)
        return batch

    def _frame(self, frame: msgspec.Struct, now_us: int) -> None:
        pending = self._pending.answers if self._pending is not None else None
        try:
            heard, error = self._family.meaning(frame, pending)
        except ProtocolError:
            self.health.unknown_total += 1
            return
        if heard in (Heard.DONE, Heard.REFUSED):
            self.answered = True
        if heard is Heard.DONE and self._asks:
            self._ask(now_us)
        elif heard is not None:
            if heard is Heard.REFUSED:
                self._asks.clear()
            if self.state is State.ACCESSING and heard in (Heard.DONE, Heard.REFUSED):
                self._accesses.end(error if error is not None else self._family.got)
            self._hear(heard, now_us, f"the module refuses: {error}" if error is not None else "")

    def _hear(self, heard: Heard, now_us: int, why: str = "") -> None:
        before = self.state
        if heard is Heard.REFUSED and before in LOOK_STATES and self.looks.refused(why):
            heard = Heard.VARIED
        self.state, say = step(before, heard)
        if self.state is not before:
            self._pending = None
            self._asks.clear()
            self._deadline_us = 0
            in_view = self.state is State.READING or (self._varying and self.state in VARYING_STATES)
            self.health.why = "" if in_view else why or self.health.why or self.state.value
            if self.state is State.READING:
                self._reads(now_us)
            self._varying &= in_view and self.state is not State.READING
            if not self.connected:
                self._accesses.abandon(self.health.why)
        self._say(say, now_us)

    def _reads(self, now_us: int) -> None:
        """A stretch of reading begins; one that a look has come through alive goes on."""
        if not self._varying:
            self.health.alive_since_us = now_us
        if not self._family.varies:
            self.looks.forbid()
        self.looks.reading(now_us)

    def _say(self, say: Say, now_us: int) -> None:
        if say is Say.NOTHING:
            return
        if say is Say.HANG_UP:
            self.hung_up = True
            return
        if say is Say.ACCESS:
            self._accesses.begin()
        if say is Say.SET_POWER:
            self._family.read_as(self.looks.places)
        try:
            self._asks.extend(self._family.words(say, self._accesses.under_way))
        except MisconfiguredError as error:
            self._accesses.end(error)
            self._hear(Heard.REFUSED, now_us, str(error))
            return
        if self._asks:
            self._ask(now_us)
        else:
            self._hear(Heard.DONE, now_us, self.health.why)

    def _ask(self, now_us: int) -> None:
        """Send the next command; several that nothing answers go out together."""
        timing = self._timing
        within = {State.PROBING: timing.probe_within_us, State.STARTING: timing.start_within_us}
        within[State.ACCESSING] = timing.access_within_us
        self._pending = self._asks.popleft()
        self._send(now_us)
        while self._pending.answers is None and self._asks:
            self._pending = self._asks.popleft()
            self._send(now_us)
        if self.state is not State.READING:
            self._deadline_us = now_us + within.get(self.state, timing.answer_within_us)

    def _send(self, now_us: int) -> None:
        assert self._pending is not None
        self._out += self._pending.data
        self._halted_us = now_us

    def _show(self, now_us: int) -> None:
        """Silence is shown whatever the state, unless the module refused us."""
        if self.state is State.READING or self._varying:
            link = ReaderLink.READING
        elif self.state is State.REFUSED:
            link = ReaderLink.REFUSED
        elif now_us - self.health.last_heard_us >= self._timing.silent_after_us:
            link = ReaderLink.SILENT
        else:
            link = ReaderLink.CONNECTING
        self.health.link = link
