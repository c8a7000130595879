"""What a family's codec tells of one message, and reads as columns. No input or output."""

import base64
import binascii
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np

from contract.ids import ReaderId
from edge.readers.base import EPC_BITS_MAX, PHASE_ABSENT, RSSI_ABSENT_CDBM, ProtocolError, ReadBatch, epc_columns

EPC_BYTES_MAX: Final = EPC_BITS_MAX // 8
SEEN_MAX: Final = 0xFFFF
TIMES_US: Final = range(1, 1 << 62)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)


class Read(NamedTuple):
    """One tag report. `at_us` is the reader's own UTC; 0 = not told. The others as in `ReadBatch`."""

    epc: bytes
    antenna: int = 0
    rssi_cdbm: int = RSSI_ABSENT_CDBM
    phase: int = PHASE_ABSENT
    seen: int = 1
    at_us: int = 0


class Told(msgspec.Struct, kw_only=True):
    """Everything in one message. `sent_us`: reader's UTC at which it handed the newest event over; 0 = not told."""

    reads: list[Read] = msgspec.field(default_factory=list)
    sent_us: int = 0
    damaged: int = 0
    """Events, or tags of one, that could not be read."""
    unknown: int = 0
    """Whole events that we do not know, or that tell of no tag."""
    inventory: bool | None = None
    """Whether the reader says that it is reading; None when it does not say."""
    overflow: bool = False
    """The reader has lost reads."""
    model: str = ""
    trouble: str = ""
    antennas: dict[int, bool] = msgspec.field(default_factory=dict)
    """Port → whether its antenna is connected."""


Decode = Callable[[bytes], Told]
"""Never raises: what is damaged is counted in `Told.damaged`."""


def epc_of_hex(text: str) -> bytes:
    """Raises `ProtocolError`."""
    try:
        return _checked(bytes.fromhex(text))
    except ValueError as error:
        raise ProtocolError(f"EPC {text[:40]!r} is not hexadecimal") from error


def epc_of_base64(text: str) -> bytes:
    """Either alphabet, with its padding or without. Raises `ProtocolError`."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return _checked(base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True))
    except (binascii.Error, ValueError) as error:
        raise ProtocolError(f"EPC {text[:40]!r} is not base64") from error


def utc_us(text: str) -> int:
    """ISO 8601 with a zone → µs of UTC; 0 for anything else, as a time of day alone: the read counts all the same."""
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return 0
    if at.tzinfo is None:
        return 0
    try:
        us = (at - _EPOCH) // _MICROSECOND
    except OverflowError:
        return 0
    return us if us in TIMES_US else 0


def columns(reader: ReaderId, arrived_us: int, reads: Sequence[Read]) -> ReadBatch:
    """`reads` must not be empty. A stream tells one time of a read; first and last are the same then."""
    epcs, antennas, rssis, phases, seen, at = zip(*reads, strict=True)
    epc, bits = epc_columns(epcs)
    n = len(epcs)
    at_us = np.array(at, np.uint64)
    return ReadBatch.of(
        reader=reader,
        arrived_us=arrived_us,
        epc=epc,
        epc_bits=bits,
        antenna=np.array(antennas, np.uint16),
        rssi_cdbm=np.array(rssis, np.int16),
        phase=np.array(phases, np.uint16),
        channel=np.zeros(n, np.uint16),
        seen_count=np.array(seen, np.uint16),
        first_seen_us=at_us,
        last_seen_us=at_us.copy(),
        rospec_id=np.zeros(n, np.uint32),
    )


def _checked(epc: bytes) -> bytes:
    if not 0 < len(epc) <= EPC_BYTES_MAX or len(epc) % 2:
        raise ProtocolError(f"an EPC has 1 to {EPC_BITS_MAX // 16} words of 16 bits, not {len(epc)} bytes")
    return epc
