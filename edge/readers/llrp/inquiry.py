"""Asking an LLRP reader about itself: four questions and a farewell, in place of the table. No input or output.

Nothing is changed at the reader and nothing is read with it; what another client left running goes on.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from edge.readers.health import Health
from edge.readers.llrp import events, messages
from edge.readers.llrp.connection import Heard, Say, State
from edge.readers.llrp.dialogue import Dialogue
from edge.readers.llrp.frames import Frame
from edge.readers.llrp.settings import Settings, settings_of
from edge.readers.llrp.timing import Timing
from edge.readers.llrp.told import LlrpTold
from edge.readers.profiles import Place, Profile, Vendor

CLOSE_CONNECTION: Final = 14
GET_READER_CONFIG_RESPONSE: Final = 12
NOBODY: Final = Profile(name="inquiry", vendor=Vendor.GENERIC, places={})
NOWHERE: Final = Place(session=1, population=1)
ANSWERS: Final = (Heard.DONE, Heard.RUNNING, Heard.IDLE, Heard.REFUSED, Heard.UNFIT)
"""What the dialogue makes of an answer; none of it matters here but that it was one."""
ENDS: Final = (Heard.LATE, Heard.SILENCE, Heard.REBOOTED, Heard.CLOSED, Heard.DAMAGED, Heard.LOST, Heard.TURNED_AWAY)

Question = Callable[[int], bytes]


def close_connection(message_id: int) -> bytes:
    """CLOSE_CONNECTION (LLRP 1.1 §16.1.41)."""
    return messages.message(CLOSE_CONNECTION, message_id)


QUESTIONS: Final[tuple[Question, ...]] = (
    lambda i: messages.encode("GET_READER_CAPABILITIES", i, {"RequestedData": 0}),
    messages.get_reader_config,
    messages.get_rospecs,
    close_connection,
)


class Inquiry(Dialogue):
    """`over` when there is no more to come; `told` then has what was said, None when nothing was."""

    def __init__(self, health: Health, timing: Timing) -> None:
        super().__init__(health, NOBODY, {1: NOWHERE}, timing)
        self.over = self.distrusted = False
        self.told: LlrpTold | None = None
        self.why = ""
        """Why nothing was said, with the mend."""
        self._settings = Settings()
        self._rospecs: dict[int, int] = {}
        self._questions: deque[Question] = deque()

    def lose(self, now_us: int, why: str) -> None:
        if not self.over:
            self._end(why, self._mend())
        super().lose(now_us, why)

    def distrust(self, now_us: int, why: str) -> None:
        del now_us
        self.health.why = why
        self.distrusted = True
        self._end(why)

    def _mend(self) -> str:
        if self.state is State.OFFLINE:
            return (
                "look at the address, whether the reader has power and LLRP is switched on there, and at the port: "
                "5084, or 5085 with TLS"
            )
        if self.health.bytes_skipped_total:
            return "what answers there does not speak LLRP; its port is 5084, or 5085 with TLS"
        return (
            "what is there says nothing of LLRP; look at the port, write llrps:// where TLS is on, or switch the "
            "reader off and on"
        )

    def _hear(self, heard: Heard, now_us: int, why: str = "") -> None:
        if heard is Heard.CONNECTED:
            self.state = State.GREETING
            self._questions = deque(QUESTIONS)
            self.health.why = "connected; waiting for the reader's greeting"
        elif heard is Heard.KEEPALIVE:
            self._say(Say.ACKNOWLEDGE, now_us)
        elif heard is Heard.GREETED or (heard in ANSWERS and self.state is State.ASKING):
            self._ask(now_us)
        elif heard in ENDS:
            held = (
                "end the program that is connected to it (a box of Vitrine that names it in its edge.toml is one), or "
                "its connection on the reader's own page"
            )
            self._end(why, held if heard is Heard.TURNED_AWAY else self._mend())
            self.state = State.TURNED_AWAY if heard is Heard.TURNED_AWAY else State.OFFLINE

    def _ask(self, now_us: int) -> None:
        self.state = State.ASKING
        if not self._questions:
            self._end()
            self.state = State.OFFLINE
            return
        question = self._questions.popleft()
        self.health.why = f"{len(QUESTIONS) - len(self._questions)} of {len(QUESTIONS)} questions asked"
        self._pending = self._next_id()
        self._deadline_us = now_us + self._timing.answer_within_us
        self._out += question(self._pending)

    def _meaning(self, frame: Frame, now_us: int) -> tuple[Heard | None, str]:
        heard, why = super()._meaning(frame, now_us)
        if heard in ANSWERS and heard is not Heard.REFUSED:
            if frame.type == GET_READER_CONFIG_RESPONSE:
                self._settings = settings_of(frame)
            elif frame.type == events.GET_ROSPECS_RESPONSE:
                self._rospecs = events.rospec_states(frame)
            self.told = LlrpTold(self._device.capabilities, self._settings, self._rospecs)
        return heard, why

    def _end(self, why: str = "", mend: str = "") -> None:
        self.why = f"{why}; {mend}" if mend else why
        self._deadline_us = self._pending = 0
        self._hung_up = self.over = True
