"""How a reader is set up: GET_READER_CONFIG_RESPONSE (LLRP 1.1 §17.2.6), as far as a person asks.

Raises nothing but `ProtocolError`.
"""

import struct
from enum import IntEnum
from typing import Final

import msgspec

from edge.readers.base import ProtocolError
from edge.readers.llrp.frames import Frame
from edge.readers.llrp.identity import serial_of
from edge.readers.llrp.params import Param, walk

CONFIG_BYTES_MAX: Final = 65_536


class P(IntEnum):
    GPO_WRITE_DATA = 219
    KEEPALIVE_SPEC = 220
    ANTENNA_PROPERTIES = 221
    GPI_PORT_STATE = 225
    EVENTS_AND_REPORTS = 226


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`antennas`: port → whether one is connected; `inputs`, `outputs`: port → high, None where not known."""

    identity: str = ""
    """MAC address (EUI-64), or EPC, in hexadecimal."""
    antennas: dict[int, bool] = {}
    inputs: dict[int, bool | None] = {}
    outputs: dict[int, bool] = {}
    keepalive_ms: int = 0
    """0: it sends none."""
    holds: bool = False
    """It keeps reports for a client that comes back."""


def settings_of(frame: Frame) -> Settings:
    """Raises `ProtocolError`."""
    body = frame.body
    if len(body) > CONFIG_BYTES_MAX:
        raise ProtocolError(f"a configuration of {len(body)} bytes; at most {CONFIG_BYTES_MAX} are read")
    keepalive_ms, holds = 0, False
    antennas: dict[int, bool] = {}
    inputs: dict[int, bool | None] = {}
    outputs: dict[int, bool] = {}
    for param in walk(body, 0, len(body), CONFIG_BYTES_MAX // 4):
        match 0 if param.tv else param.type:
            case P.GPO_WRITE_DATA:
                port, level = _unpack("!HB", body, param)
                outputs[port] = bool(level & 0x80)
            case P.KEEPALIVE_SPEC:
                trigger, period_ms = _unpack("!BI", body, param)
                keepalive_ms = period_ms if trigger else 0
            case P.ANTENNA_PROPERTIES:
                connected, port = _unpack("!BH", body, param)
                antennas[port] = bool(connected & 0x80)
            case P.GPI_PORT_STATE:
                port, _, level = _unpack("!HBB", body, param)
                inputs[port] = {0: False, 1: True}.get(level)  # 2 is unknown
            case P.EVENTS_AND_REPORTS:
                holds = bool(_unpack("!B", body, param)[0] & 0x80)
            case _:
                pass
    return Settings(
        identity=serial_of(frame),
        antennas=antennas,
        inputs=inputs,
        outputs=outputs,
        keepalive_ms=keepalive_ms,
        holds=holds,
    )


def _unpack(form: str, body: bytes, param: Param) -> tuple[int, ...]:
    if param.size < struct.calcsize(form):
        raise ProtocolError(f"parameter {param.type} is too short")
    return struct.unpack_from(form, body, param.at)
