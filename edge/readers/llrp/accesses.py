"""What is wanted of tags, one after the other, by the table of `access`: asked in, bytes to send and answers out.

No input or output here; the dialogue brings what the reader says, and the time.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from edge.readers.access import Access, Bank, WriteMemory
from edge.readers.base import MisconfiguredError, ReaderError, TagError, UnreachableError
from edge.readers.health import Health
from edge.readers.llrp import accessspecs
from edge.readers.llrp.access import UNDER_WAY, AccessHeard, AccessSay, AccessState, End, step
from edge.readers.llrp.events import ERROR_MESSAGE, Status
from edge.readers.llrp.messages import cycle_ms
from edge.readers.llrp.results import AccessResult
from edge.readers.profiles import Place

ACCESSES_PENDING_MAX: Final = 16
"""Waiting for their turn; a pad has one tag on it, and one person before it."""
RESPONSES: Final = range(50, 54)
"""ADD to DISABLE_ACCESSSPEC_RESPONSE (LLRP 1.1 §16, table of types)."""
ANSWER_WITHIN_US: Final = 2_500_000
TAG_WITHIN_US: Final = 3_000_000
"""A tag in view is singulated many times a second; where the reader goes in cycles, one of them comes on top."""
PERSISTENT_SESSION: Final = 2
"""From S2 on a tag that was inventoried keeps silent while it is powered, and for 2 s after (Gen2 v2 §6.3.2.2)."""


@dataclass(slots=True, eq=False)
class Asked:
    """An access and who gets its answer: the bytes, or the error that says what to do."""

    access: Access
    done: Callable[[bytes | ReaderError], None]
    op_spec_id: int = 0

    def answers(self, result: AccessResult) -> bool:
        """Whether this is its result: of its operation, at its tag (whose EPC a write may have changed)."""
        tag = self.access.tag
        same = tag.bank is Bank.TID or isinstance(self.access, WriteMemory) or result.epc in (b"", tag.bits)
        return result.op_spec_id == self.op_spec_id and same


class Accesses:
    """The accesses of one reader. `next_id` numbers messages, together with those of the connection."""

    def __init__(self, health: Health, places: Mapping[int, Place], next_id: Callable[[], int]) -> None:
        self.state = AccessState.CLOSED
        self._health = health
        self._places = dict(places)
        self._next_id = next_id
        self._waiting: deque[Asked] = deque()
        self._current: Asked | None = None
        self._op_spec_id = 0
        self._pending = 0
        self._deadline_us = 0
        self._out = bytearray()

    def ask(self, access: Access, done: Callable[[bytes | ReaderError], None]) -> Asked:
        """Take an access; `done` is called once, later. Raises `ReaderError` for what can never be asked of a tag."""
        reader = self._health.reader
        port = access.tag.antenna
        if port is not None and port not in self._places:
            ports = ", ".join(map(str, sorted(self._places)))
            raise MisconfiguredError(f"reader {reader} has no antenna {port}; it reads {ports}")
        accessspecs.add_accessspec(0, access, 0)
        if self.state is AccessState.CLOSED:
            raise UnreachableError(f"reader {reader} is not reading: {self._health.why or 'it is being connected'}")
        if self._health.waits_for:
            raise UnreachableError(f"reader {reader} waits for {self._health.waits_for} and reads no tag until then")
        if len(self._waiting) >= ACCESSES_PENDING_MAX:
            self._health.accesses_refused_total += 1
            raise UnreachableError(f"{ACCESSES_PENDING_MAX} accesses wait at reader {reader}; try again after them")
        asked = Asked(access, done)
        self._waiting.append(asked)
        return asked

    def give_up(self, asked: Asked) -> None:
        """Nobody waits for it any more: it is not begun, or ended as if no tag had come in time."""
        if asked in self._waiting:
            self._waiting.remove(asked)
        elif asked is self._current and self.state in UNDER_WAY:
            self._deadline_us = 1

    def read(self, now_us: int) -> None:
        """Our ROSpec runs. Operations are numbered from the moment: what is told of an earlier one is not ours."""
        if self.state is AccessState.CLOSED:
            self._op_spec_id = now_us % accessspecs.OPSPEC_ID_MAX
        self._hear(AccessHeard.READING, now_us)

    def end(self, now_us: int, why: str) -> None:
        """The connection ended: what waited was not begun, what was under way may have been done."""
        self._hear(AccessHeard.GONE, now_us, why)
        self._out.clear()
        while self._waiting:
            self._answer(self._waiting.popleft(), UnreachableError(f"not begun: {why}; ask again when it reads"))

    def hears(self, kind: int, message_id: int) -> bool:
        """Whether this message is for us: the answer to our pending request, or to an earlier one of ours."""
        return kind in RESPONSES or (kind == ERROR_MESSAGE and message_id == self._pending != 0)

    def hear(self, message_id: int, status: Status, now_us: int) -> None:
        """An answer."""
        if message_id == self._pending:
            heard = AccessHeard.REFUSED if status.code else AccessHeard.DONE
            self._hear(heard, now_us, status.words or f"status {status.code}")

    def results(self, results: Iterable[AccessResult], now_us: int) -> None:
        """What tag reports carried; a result nobody waits for is passed over."""
        for result in results:
            if self._current is not None and self._current.answers(result):
                self._hear(AccessHeard.RESULT, now_us, result=result)

    def tick(self, now_us: int) -> None:
        """Time passed."""
        if self._deadline_us and now_us >= self._deadline_us:
            self._hear(AccessHeard.LATE, now_us)
        if self._waiting and self.state is AccessState.IDLE:
            self._hear(AccessHeard.ASKED, now_us)

    def take(self) -> bytes:
        """Bytes to send."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def _hear(self, heard: AccessHeard, now_us: int, why: str = "", result: AccessResult | None = None) -> None:
        before = self.state
        self.state, say, end = step(before, heard)
        if self.state is before:
            return
        self._pending = self._deadline_us = 0
        if end is not None and self._current is not None:
            self._answer(self._current, self._told(end, self._current.access, why, result))
            self._current = None
        if heard is AccessHeard.ASKED:
            self._begin()
        if self.state is AccessState.AWAITING:
            self._deadline_us = now_us + self._tag_within_us()
        if say is not AccessSay.NOTHING:
            self._say(say, now_us)

    def _begin(self) -> None:
        self._current = self._waiting.popleft()
        self._op_spec_id = self._op_spec_id % accessspecs.OPSPEC_ID_MAX + 1
        self._current.op_spec_id = self._op_spec_id
        self._health.accesses_total += 1

    def _say(self, say: AccessSay, now_us: int) -> None:
        self._pending = self._next_id()
        self._deadline_us = now_us + ANSWER_WITHIN_US
        if say is AccessSay.ADD and self._current is not None:
            self._out += accessspecs.add_accessspec(self._pending, self._current.access, self._current.op_spec_id)
            return
        speak = {
            AccessSay.ENABLE: accessspecs.enable_accessspec,
            AccessSay.DISABLE: accessspecs.disable_accessspec,
            AccessSay.DELETE: accessspecs.delete_accessspec,
        }
        self._out += speak[say](self._pending)

    def _told(self, end: End, access: Access, why: str, result: AccessResult | None) -> bytes | ReaderError:
        match end:
            case End.RESULT:
                assert result is not None, "an access ends by a result only where one came"
                try:
                    return accessspecs.outcome(access, result)
                except ReaderError as error:
                    return error
            case End.REFUSED:
                return MisconfiguredError(f"the reader refuses the access: {why}")
            case End.UNANSWERED:
                return UnreachableError("the reader did not say in time whether it was done; read the tag to see")
            case End.LOST:
                return UnreachableError(f"{why}; read the tag to see whether it was done")
            case End.NO_TAG:
                return TagError(self._no_tag(access))

    def _no_tag(self, access: Access) -> str:
        """A tag that was just read in session 2 or 3 answers no more while it is powered, and looks as if not there."""
        port = access.tag.antenna
        places = self._places.values() if port is None else (self._places[port],)
        session = max(place.session for place in places)
        within_s = self._tag_within_us() / 1e6
        words = f"no such tag answered within {within_s:g} s; bring it closer and lay it alone"
        if session >= PERSISTENT_SESSION:
            words += (
                f", or lift it off and lay it down again: in session {session} a tag that was just read keeps silent"
            )
        return words

    def _tag_within_us(self) -> int:
        return TAG_WITHIN_US + cycle_ms(self._places) * 1000

    def _answer(self, asked: Asked, told: bytes | ReaderError) -> None:
        if isinstance(told, ReaderError):
            self._health.accesses_failed_total += 1
        asked.done(told)
