"""LLRP 1.0.1 on the wire: message frames, TLV and TV parameters, status. Bytes in, values out; no I/O.

A message is `rsvd(3) version(3) type(10) | length u32 | id u32 | body` (§9.1.1); a TLV parameter is
`rsvd(6) type(10) | length u16 | body` (§9.2.1), a TV parameter starts with a set bit and seven bits of type.
"""

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Final

import msgspec

VERSION: Final = 1
HEADER_BYTES: Final = 10
FRAME_BYTES_MAX: Final = 1 << 20
"""A client's message longer than this is not LLRP; the connection is dropped."""
_HEADER: Final = struct.Struct(">HII")
_TLV: Final = struct.Struct(">HH")


class M(IntEnum):
    """Message types (§16.1)."""

    GET_READER_CAPABILITIES = 1
    GET_READER_CONFIG = 2
    SET_READER_CONFIG = 3
    CLOSE_CONNECTION_RESPONSE = 4
    GET_READER_CAPABILITIES_RESPONSE = 11
    GET_READER_CONFIG_RESPONSE = 12
    SET_READER_CONFIG_RESPONSE = 13
    CLOSE_CONNECTION = 14
    ADD_ROSPEC = 20
    DELETE_ROSPEC = 21
    START_ROSPEC = 22
    STOP_ROSPEC = 23
    ENABLE_ROSPEC = 24
    DISABLE_ROSPEC = 25
    GET_ROSPECS = 26
    ADD_ROSPEC_RESPONSE = 30
    DELETE_ROSPEC_RESPONSE = 31
    START_ROSPEC_RESPONSE = 32
    STOP_ROSPEC_RESPONSE = 33
    ENABLE_ROSPEC_RESPONSE = 34
    DISABLE_ROSPEC_RESPONSE = 35
    GET_ROSPECS_RESPONSE = 36
    ADD_ACCESSSPEC = 40
    DELETE_ACCESSSPEC = 41
    ENABLE_ACCESSSPEC = 42
    DISABLE_ACCESSSPEC = 43
    GET_ACCESSSPECS = 44
    ADD_ACCESSSPEC_RESPONSE = 50
    DELETE_ACCESSSPEC_RESPONSE = 51
    ENABLE_ACCESSSPEC_RESPONSE = 52
    DISABLE_ACCESSSPEC_RESPONSE = 53
    GET_ACCESSSPECS_RESPONSE = 54
    GET_REPORT = 60
    RO_ACCESS_REPORT = 61
    KEEPALIVE = 62
    READER_EVENT_NOTIFICATION = 63
    ENABLE_EVENTS_AND_REPORTS = 64
    KEEPALIVE_ACK = 72
    ERROR_MESSAGE = 100
    CUSTOM_MESSAGE = 1023


class P(IntEnum):
    """TLV parameter types (§16.2)."""

    UTC_TIMESTAMP = 128
    UPTIME = 129
    GENERAL_DEVICE_CAPABILITIES = 137
    RECEIVE_SENSITIVITY_ENTRY = 139
    PER_ANTENNA_AIR_PROTOCOL = 140
    GPIO_CAPABILITIES = 141
    LLRP_CAPABILITIES = 142
    REGULATORY_CAPABILITIES = 143
    UHF_BAND_CAPABILITIES = 144
    TRANSMIT_POWER_ENTRY = 145
    FREQUENCY_INFORMATION = 146
    FREQUENCY_HOP_TABLE = 147
    FIXED_FREQUENCY_TABLE = 148
    PER_ANTENNA_SENSITIVITY_RANGE = 149
    RO_SPEC = 177
    RO_BOUNDARY_SPEC = 178
    RO_START_TRIGGER = 179
    PERIODIC_TRIGGER = 180
    GPI_TRIGGER = 181
    RO_STOP_TRIGGER = 182
    AI_SPEC = 183
    AI_STOP_TRIGGER = 184
    TAG_OBSERVATION_TRIGGER = 185
    INVENTORY_PARAMETER_SPEC = 186
    RF_SURVEY_SPEC = 187
    ACCESS_SPEC = 207
    ACCESS_SPEC_STOP_TRIGGER = 208
    ACCESS_COMMAND = 209
    CONFIGURATION_STATE_VALUE = 217
    IDENTIFICATION = 218
    GPO_WRITE_DATA = 219
    KEEPALIVE_SPEC = 220
    ANTENNA_PROPERTIES = 221
    ANTENNA_CONFIGURATION = 222
    RF_RECEIVER = 223
    RF_TRANSMITTER = 224
    GPI_PORT_STATE = 225
    EVENTS_AND_REPORTS = 226
    RO_REPORT_SPEC = 237
    TAG_REPORT_CONTENT = 238
    ACCESS_REPORT_SPEC = 239
    TAG_REPORT_DATA = 240
    EPC_DATA = 241
    EVENT_NOTIFICATION_SPEC = 244
    EVENT_NOTIFICATION_STATE = 245
    EVENT_NOTIFICATION_DATA = 246
    GPI_EVENT = 248
    RO_SPEC_EVENT = 249
    BUFFER_LEVEL_EVENT = 250
    BUFFER_OVERFLOW_EVENT = 251
    AI_SPEC_EVENT = 254
    ANTENNA_EVENT = 255
    CONNECTION_ATTEMPT_EVENT = 256
    CONNECTION_CLOSE_EVENT = 257
    LLRP_STATUS = 287
    FIELD_ERROR = 288
    PARAMETER_ERROR = 289
    C1G2_LLRP_CAPABILITIES = 327
    C1G2_MODE_TABLE = 328
    C1G2_MODE_ENTRY = 329
    C1G2_INVENTORY_COMMAND = 330
    C1G2_FILTER = 331
    C1G2_RF_CONTROL = 335
    C1G2_SINGULATION_CONTROL = 336
    C1G2_STATE_AWARE_ACTION = 337
    C1G2_TAG_SPEC = 338
    C1G2_TARGET_TAG = 339
    C1G2_READ = 341
    C1G2_WRITE = 342
    C1G2_KILL = 343
    C1G2_LOCK = 344
    C1G2_LOCK_PAYLOAD = 345
    C1G2_BLOCK_WRITE = 347
    C1G2_EPC_MEMORY_SELECTOR = 348
    C1G2_READ_RESULT = 349
    C1G2_WRITE_RESULT = 350
    C1G2_KILL_RESULT = 351
    C1G2_LOCK_RESULT = 352
    C1G2_BLOCK_WRITE_RESULT = 354
    CUSTOM = 1023


class Status(IntEnum):
    """Status codes (§14.1.1); `M_` concern the message, `P_` a parameter in it, `A_` a field's value."""

    SUCCESS = 0
    M_PARAMETER_ERROR = 100
    M_FIELD_ERROR = 101
    M_UNEXPECTED_PARAMETER = 102
    M_MISSING_PARAMETER = 103
    M_OVERFLOW_PARAMETER = 105
    M_UNSUPPORTED_MESSAGE = 109
    M_UNSUPPORTED_VERSION = 110
    P_PARAMETER_ERROR = 200
    P_FIELD_ERROR = 201
    P_UNEXPECTED_PARAMETER = 202
    P_MISSING_PARAMETER = 203
    P_OVERFLOW_PARAMETER = 205
    P_UNSUPPORTED_PARAMETER = 209
    A_INVALID = 300
    A_OUT_OF_RANGE = 301
    R_DEVICE_ERROR = 401


class ProtocolError(Exception):
    """The client's bytes are not LLRP: the connection cannot go on."""


class RefusedError(Exception):
    """The client's message is LLRP but wrong; answered with this status.

    `parameter` is the type of the parameter at fault (0: the message itself), `field` its index from 0 (-1: none).
    """

    def __init__(self, status: Status, why: str, *, parameter: int = 0, field: int = -1) -> None:
        super().__init__(why)
        self.status, self.parameter, self.field = status, parameter, field


class Message(msgspec.Struct, frozen=True):
    """One frame. `kind` is the ten-bit type as it came; it may be no member of `M`."""

    kind: int
    id: int
    body: bytes
    version: int = VERSION


class Param(msgspec.Struct, frozen=True):
    """One TLV parameter: its type and body. `raw` is the whole of it."""

    kind: int
    body: bytes
    raw: bytes


def message(kind: int, id_: int, body: bytes = b"") -> bytes:
    return _HEADER.pack((VERSION << 10) | kind, HEADER_BYTES + len(body), id_) + body


def tlv(kind: int, body: bytes) -> bytes:
    return _TLV.pack(kind, 4 + len(body)) + body


def custom(vendor: int, subtype: int, body: bytes) -> bytes:
    """A vendor's parameter (§16.2.8.1)."""
    return tlv(P.CUSTOM, struct.pack(">II", vendor, subtype) + body)


def text(value: str) -> bytes:
    """utf8v: a length in bytes, then the bytes."""
    data = value.encode()
    return struct.pack(">H", len(data)) + data


def status(refusal: RefusedError | None = None) -> bytes:
    """LLRPStatus (§16.2.7.1): success, or the refusal with the field or parameter it is about."""
    if refusal is None:
        return tlv(P.LLRP_STATUS, struct.pack(">H", Status.SUCCESS) + text(""))
    body = struct.pack(">H", refusal.status) + text(str(refusal))
    if refusal.parameter:
        inner = b""
        code = refusal.status if refusal.status >= Status.P_PARAMETER_ERROR else Status.P_FIELD_ERROR
        if refusal.field >= 0:
            inner = tlv(P.FIELD_ERROR, struct.pack(">HH", refusal.field, Status.A_INVALID))
        body = struct.pack(">H", Status.M_PARAMETER_ERROR) + text(str(refusal))
        body += tlv(P.PARAMETER_ERROR, struct.pack(">HH", refusal.parameter, code) + inner)
    elif refusal.field >= 0:
        body += tlv(P.FIELD_ERROR, struct.pack(">HH", refusal.field, Status.A_INVALID))
    return tlv(P.LLRP_STATUS, body)


def params(body: bytes) -> Iterator[Param]:
    """The TLV parameters of a body, in order. Raises `RefusedError` where the lengths do not add up."""
    at = 0
    while at < len(body):
        if body[at] & 0x80 or at + 4 > len(body):
            raise RefusedError(Status.M_UNEXPECTED_PARAMETER, f"no TLV parameter at byte {at} of {len(body)}")
        kind, length = _TLV.unpack_from(body, at)
        if length < 4 or at + length > len(body):
            raise RefusedError(Status.M_PARAMETER_ERROR, f"parameter {kind & 0x3FF} claims {length} bytes")
        yield Param(kind & 0x3FF, body[at + 4 : at + length], body[at : at + length])
        at += length


def unpack(layout: str, body: bytes, parameter: int) -> tuple[int, ...]:
    """The leading fields of a parameter. Raises `RefusedError` when it is too short."""
    size = struct.calcsize(layout)
    if len(body) < size:
        raise RefusedError(
            Status.P_PARAMETER_ERROR, f"parameter {parameter} is {size - len(body)} bytes short", parameter=parameter
        )
    return struct.unpack_from(layout, body)


class FrameBuffer:
    """Bytes as they come, whole messages out."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """Raises `ProtocolError` for a length no message can have."""
        self._held += data
        found = []
        while len(self._held) >= HEADER_BYTES:
            word, length, id_ = _HEADER.unpack_from(self._held)
            if not HEADER_BYTES <= length <= FRAME_BYTES_MAX:
                raise ProtocolError(f"a message of {length} bytes is not LLRP")
            if len(self._held) < length:
                break
            body = bytes(self._held[HEADER_BYTES:length])
            found.append(Message(kind=word & 0x3FF, id=id_, body=body, version=(word >> 10) & 7))
            del self._held[:length]
        return found
