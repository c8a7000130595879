"""What a reader answers and announces: status, ROSpec states, events. Raises nothing but `ProtocolError`."""

import struct
from dataclasses import dataclass
from typing import Final

from edge.readers.base import ProtocolError
from edge.readers.llrp.frames import Frame
from edge.readers.llrp.params import Param, walk

GET_CAPABILITIES_RESPONSE: Final = 11
GET_ROSPECS_RESPONSE: Final = 36
KEEPALIVE: Final = 62
READER_EVENT_NOTIFICATION: Final = 63
ERROR_MESSAGE: Final = 100
CUSTOM_MESSAGE: Final = 1023
RESPONSES: Final = frozenset((*range(4, 5), *range(11, 14), *range(30, 37), 51, CUSTOM_MESSAGE))
"""Answers to the requests we make (LLRP 1.1 §16)."""
P_UPTIME, P_ROSPEC, P_EVENT_DATA = 129, 177, 246
P_ROSPEC_EVENT, P_EXCEPTION, P_ANTENNA_EVENT, P_CONNECTION_ATTEMPT, P_CONNECTION_CLOSE = 249, 252, 255, 256, 257
P_STATUS: Final = 287
ROSPEC_ACTIVE: Final = 2
CUSTOM_PREFIX_BYTES: Final = 5
"""A custom message begins with u32 vendor and u8 subtype."""


@dataclass(frozen=True, slots=True)
class Status:
    """LLRPStatus: code 0 is success."""

    code: int
    words: str


@dataclass(frozen=True, slots=True)
class Event:
    """A READER_EVENT_NOTIFICATION; None and False where it does not speak of the thing."""

    uptime_us: int | None = None
    connection: int | None = None
    closes: bool = False
    rospec: tuple[int, int] | None = None
    """(0 start, 1 end, 2 pre-empted; ROSpecID)."""
    antenna: tuple[int, bool] | None = None
    """(port, connected)."""
    exception: str | None = None


def status_of(frame: Frame) -> Status:
    """The LLRPStatus of a response or ERROR_MESSAGE. Raises `ProtocolError` when there is none."""
    skip = CUSTOM_PREFIX_BYTES if frame.type == CUSTOM_MESSAGE else 0
    for param in walk(frame.body, skip, len(frame.body)):
        if param.type == P_STATUS and param.size >= 4:
            code, length = struct.unpack_from("!HH", frame.body, param.at)
            words = frame.body[param.at + 4 : param.at + min(param.size, 4 + length)]
            return Status(code, words.decode(errors="replace"))
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
    uptime: int | None = None
    connection: int | None = None
    closes = False
    rospec: tuple[int, int] | None = None
    antenna: tuple[int, bool] | None = None
    exception: str | None = None
    for data in walk(body, 0, len(body)):
        if data.type != P_EVENT_DATA:
            continue
        for param in walk(body, data.at, data.at + data.size):
            if param.type == P_UPTIME:
                uptime = _unpack("!Q", body, param)[0]
            elif param.type == P_CONNECTION_ATTEMPT:
                connection = _unpack("!H", body, param)[0]
            elif param.type == P_CONNECTION_CLOSE:
                closes = True
            elif param.type == P_ROSPEC_EVENT:
                kind, rospec_id = _unpack("!BI", body, param)
                rospec = (kind, rospec_id)
            elif param.type == P_ANTENNA_EVENT:
                kind, port = _unpack("!BH", body, param)
                antenna = (port, kind == 1)
            elif param.type == P_EXCEPTION:
                length = _unpack("!H", body, param)[0]
                exception = body[param.at + 2 : param.at + min(param.size, 2 + length)].decode(errors="replace")
    return Event(uptime, connection, closes, rospec, antenna, exception)


def _unpack(form: str, body: bytes, param: Param) -> tuple[int, ...]:
    if param.size < struct.calcsize(form):
        raise ProtocolError(f"parameter {param.type} is too short")
    return struct.unpack_from(form, body, param.at)
