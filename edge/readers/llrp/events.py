"""What a reader answers and announces: status, ROSpec states, events. Raises nothing but `ProtocolError`."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, NamedTuple

from edge.readers.base import ProtocolError
from edge.readers.llrp.frames import Frame
from edge.readers.llrp.params import Param, Tv, walk
from edge.readers.sayings import words_in

GET_CAPABILITIES_RESPONSE: Final = 11
GET_CONFIG_RESPONSE: Final = 12
GET_ROSPECS_RESPONSE: Final = 36
KEEPALIVE: Final = 62
READER_EVENT_NOTIFICATION: Final = 63
ERROR_MESSAGE: Final = 100
CUSTOM_MESSAGE: Final = 1023
RESPONSES: Final = frozenset((*range(4, 5), *range(11, 14), *range(30, 37), 51, CUSTOM_MESSAGE))
"""Answers to the requests we make (LLRP 1.1 §16)."""
P_UTC, P_UPTIME, P_ROSPEC, P_EVENT_DATA, P_STATUS = 128, 129, 177, 246, 287
P_HOPPING, P_GPI_EVENT, P_ROSPEC_EVENT, P_BUFFER_LEVEL, P_BUFFER_OVERFLOW, P_EXCEPTION = 247, 248, 249, 250, 251, 252
P_SURVEY_EVENT, P_AISPEC_EVENT, P_ANTENNA_EVENT, P_ATTEMPT, P_CLOSE, P_SPEC_LOOP = 253, 254, 255, 256, 257, 356
ROSPEC_INACTIVE: Final = 1
ROSPEC_ACTIVE: Final = 2
CUSTOM_PREFIX_BYTES: Final = 5
"""A custom message begins with u32 vendor and u8 subtype."""


@dataclass(frozen=True, slots=True)
class Status:
    """LLRPStatus: code 0 is success."""

    code: int
    words: str


class Turn(IntEnum):
    """What happened to an ROSpec, an AISpec or an RF survey (LLRP 1.1 §17.2.7.6.4, §17.2.7.6.7)."""

    BEGAN = 0
    ENDED = 1
    PREEMPTED = 2


class Spec(NamedTuple):
    """A turn of an ROSpec, or of the spec in it that `spec` counts (from 1; 0 = the ROSpec itself)."""

    turn: int
    rospec: int
    spec: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """A READER_EVENT_NOTIFICATION (LLRP 1.1 §17.2.7.6); None, False and 0 where it does not speak of the thing."""

    utc_us: int | None = None
    uptime_us: int | None = None
    attempt: int | None = None
    """ConnectionAttemptEvent: 0 is success."""
    closes: bool = False
    rospec: Spec | None = None
    aispec: Spec | None = None
    """An AISpec has no beginning of its own: its end is 0, which is not `Turn.ENDED`."""
    survey: Spec | None = None
    gpi: tuple[int, bool] | None = None
    """(input port, high)."""
    antenna: tuple[int, bool] | None = None
    """(port, connected)."""
    exception: str | None = None
    """The reader's words, and the antenna they are about where it names one."""
    buffer_percent: int | None = None
    """How full the reader's report buffer is."""
    overflow: bool = False
    """The report buffer ran over: reads were lost."""
    hop: tuple[int, int] | None = None
    """(hop table, next channel)."""
    loop: tuple[int, int] | None = None
    """(ROSpecID, how often its specs have been gone through); new in LLRP 1.1."""
    unknown: tuple[str, ...] = ()


def status_of(frame: Frame) -> Status:
    """The LLRPStatus of a response or ERROR_MESSAGE. Raises `ProtocolError` when there is none."""
    skip = CUSTOM_PREFIX_BYTES if frame.type == CUSTOM_MESSAGE else 0
    for param in walk(frame.body, skip, len(frame.body)):
        if param.type == P_STATUS and param.size >= 4:
            code, length = struct.unpack_from("!HH", frame.body, param.at)
            words = frame.body[param.at + 4 : param.at + min(param.size, 4 + length)]
            return Status(code, words_in(words))
    raise ProtocolError(f"message {frame.type} carries no status")


def rospec_states(frame: Frame) -> dict[int, int]:
    """GET_ROSPECS_RESPONSE: ROSpecID → CurrentState (0 disabled, 1 inactive, 2 active). Raises `ProtocolError`."""
    states: dict[int, int] = {}
    for param in walk(frame.body, 0, len(frame.body)):
        if param.type == P_ROSPEC:
            if param.size < 6:
                raise ProtocolError("a ROSpec without a state")
            rospec, _, state = struct.unpack_from("!IBB", frame.body, param.at)
            states[rospec] = state
    return states


def event_of(frame: Frame) -> Event:
    """READER_EVENT_NOTIFICATION (§17.2.7.6). Raises `ProtocolError`."""
    body = frame.body
    told: dict[str, Any] = {}
    unknown: list[str] = []
    for data in walk(body, 0, len(body)):
        if data.type != P_EVENT_DATA:
            unknown.append(data.name)
            continue
        for param in walk(body, data.at, data.at + data.size):
            read = READ.get(param.type)
            if read is None or param.tv:
                unknown.append(param.name)
            else:
                told |= read(body, param)
    return Event(**told, unknown=tuple(unknown))


def _exception(body: bytes, param: Param) -> dict[str, Any]:
    """ReaderExceptionEvent (§17.2.7.6.6): u16 length, words, then which spec and antenna it is about."""
    (length,) = _unpack("!H", body, param)
    after = param.at + min(param.size, 2 + length)
    words = words_in(body[param.at + 2 : after])
    for about in walk(body, after, param.at + param.size):
        if about.tv and about.type == Tv.ANTENNA:
            words += f" (antenna {_unpack('!H', body, about)[0]})"
    return {"exception": words}


def _spec_in(body: bytes, param: Param) -> Spec:
    return Spec(*_unpack("!BIH", body, param))


def _antenna(body: bytes, param: Param) -> dict[str, Any]:
    kind, port = _unpack("!BH", body, param)
    return {"antenna": (port, kind == 1)}


def _gpi(body: bytes, param: Param) -> dict[str, Any]:
    port, level = _unpack("!HB", body, param)
    return {"gpi": (port, bool(level & 0x80))}


READ: Final[dict[int, Callable[[bytes, Param], dict[str, Any]]]] = {
    P_UTC: lambda body, param: {"utc_us": _unpack("!Q", body, param)[0]},
    P_UPTIME: lambda body, param: {"uptime_us": _unpack("!Q", body, param)[0]},
    P_HOPPING: lambda body, param: {"hop": _unpack("!HH", body, param)},
    P_GPI_EVENT: _gpi,
    P_ROSPEC_EVENT: lambda body, param: {"rospec": Spec(*_unpack("!BI", body, param))},
    P_BUFFER_LEVEL: lambda body, param: {"buffer_percent": _unpack("!B", body, param)[0]},
    P_BUFFER_OVERFLOW: lambda _, __: {"overflow": True},
    P_EXCEPTION: _exception,
    P_SURVEY_EVENT: lambda body, param: {"survey": _spec_in(body, param)},
    P_AISPEC_EVENT: lambda body, param: {"aispec": _spec_in(body, param)},
    P_ANTENNA_EVENT: _antenna,
    P_ATTEMPT: lambda body, param: {"attempt": _unpack("!H", body, param)[0]},
    P_CLOSE: lambda _, __: {"closes": True},
    P_SPEC_LOOP: lambda body, param: {"loop": _unpack("!II", body, param)},
}
"""What each parameter of a notification fills of an `Event`."""


def _unpack(form: str, body: bytes, param: Param) -> tuple[int, ...]:
    if param.size < struct.calcsize(form):
        raise ProtocolError(f"parameter {param.type} is too short")
    return struct.unpack_from(form, body, param.at)
