"""What readers told: pieces, zones, readers, gaps, signals, exits, and calibrations of zones."""

from enum import StrEnum

import msgspec

from contract.facts import PresenceState, ReaderLink, Vision
from contract.ids import PieceId, ReaderId, UserId, ZoneId


class PresenceRow(msgspec.Struct, frozen=True, kw_only=True):
    piece: PieceId
    state: PresenceState
    zone: ZoneId
    since_us: int
    why: str


class ZoneRow(msgspec.Struct, frozen=True, kw_only=True):
    zone: ZoneId
    vision: Vision
    why: str
    since_us: int


class ReaderRow(msgspec.Struct, frozen=True, kw_only=True):
    reader: ReaderId
    link: ReaderLink
    why: str
    model: str
    firmware: str
    serial: str
    since_us: int
    dark_since_us: int


class ReaderChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    reader: ReaderId
    at_us: int
    was_model: str
    was_firmware: str
    was_serial: str
    model: str
    firmware: str
    serial: str


class GapRow(msgspec.Struct, frozen=True, kw_only=True):
    reader: ReaderId
    from_us: int
    until_us: int
    why: str


class Way(StrEnum):
    IN = "in"
    OUT = "out"


class SignalRow(msgspec.Struct, frozen=True, kw_only=True):
    """What was said last of an input or output of a reader; `kind` is an `InputKind` or an `OutputKind`."""

    reader: ReaderId
    way: Way
    port: int
    name: str
    kind: str
    zone: ZoneId
    is_on: bool
    why: str
    by: UserId
    since_us: int


class ExitRow(msgspec.Struct, frozen=True, kw_only=True):
    at_us: int
    piece: PieceId
    zone: ZoneId
    peaceful: bool
    why: str


class CalibrationRow(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the zone calibration; lists as JSON, see `ZonesCalibrated`."""

    version: int
    points: str
    model: str
    temperature: float
    accuracy: float
    tray_accuracy: float
    tray_temperature: float
    zones: str
    antennas: str
    confusion: str
    put_back: int
    by: UserId
    at_us: int
