"""What a reader says unasked: READER_EVENT_NOTIFICATION bodies (LLRP 1.0.1 §16.2.7.6)."""

import struct
from enum import IntEnum

from simulator.llrp.codec import P, tlv


class Attempt(IntEnum):
    """ConnectionAttemptEvent (§16.2.7.6.9)."""

    SUCCESS = 0
    READER_CONNECTION_EXISTS = 1
    CLIENT_CONNECTION_EXISTS = 2
    FAILED = 3
    ANOTHER_ATTEMPTED = 4


class EventType(IntEnum):
    """What EventNotificationState switches (§16.2.5.5.1)."""

    GPI = 1
    ROSPEC = 2
    BUFFER_FILL = 3
    EXCEPTION = 4
    AISPEC = 6
    ANTENNA = 8


def notification(stamp: bytes, event: bytes) -> bytes:
    """ReaderEventNotificationData: the time of the reader's clock (`Clock.stamp`), then the event."""
    return tlv(P.EVENT_NOTIFICATION_DATA, stamp + event)


def connection_attempt(status: Attempt) -> bytes:
    return tlv(P.CONNECTION_ATTEMPT_EVENT, struct.pack(">H", status))


def connection_close() -> bytes:
    return tlv(P.CONNECTION_CLOSE_EVENT, b"")


def gpi(*, port: int, high: bool) -> bytes:
    return tlv(P.GPI_EVENT, struct.pack(">HB", port, 0x80 if high else 0))


def ro_spec(*, started: bool, ro_spec_id: int) -> bytes:
    return tlv(P.RO_SPEC_EVENT, struct.pack(">BII", 0 if started else 1, ro_spec_id, 0))


def ai_spec_ended(ro_spec_id: int, spec_index: int) -> bytes:
    return tlv(P.AI_SPEC_EVENT, struct.pack(">BIH", 0, ro_spec_id, spec_index))


def antenna(*, connected: bool, port: int) -> bytes:
    return tlv(P.ANTENNA_EVENT, struct.pack(">BH", 1 if connected else 0, port))


def buffer_level(percent: int) -> bytes:
    return tlv(P.BUFFER_LEVEL_EVENT, bytes([percent]))


def buffer_overflow() -> bytes:
    return tlv(P.BUFFER_OVERFLOW_EVENT, b"")
