"""RF surveys: how loud the air is by frequency, told beside tags (LLRP 1.1 §17.2.7.4). We ask for none."""

import struct
from typing import Final, NamedTuple

from edge.readers.base import ProtocolError
from edge.readers.llrp.params import walk

TYPE_SURVEY: Final = 242
P_LEVEL: Final = 243
LEVEL: Final = struct.Struct("!IIbb")
"""FrequencyRSSILevelEntry: u32 frequency and u32 bandwidth in kHz, i8 average and i8 peak RSSI in dBm; then a time."""


class Level(NamedTuple):
    """The loudest that was heard at one frequency."""

    khz: int
    peak_dbm: int


def loudest(value: bytes) -> Level | None:
    """The value of one RFSurveyReportData; None when it holds no level. Raises `ProtocolError`."""
    found: list[Level] = []
    for param in walk(value, 0, len(value)):
        if param.tv or param.type != P_LEVEL:
            continue
        if param.size < LEVEL.size:
            raise ProtocolError(f"a level of an RF survey in {param.size} bytes")
        khz, _, _, peak_dbm = LEVEL.unpack_from(value, param.at)
        found.append(Level(khz, peak_dbm))
    return max(found, key=lambda level: level.peak_dbm) if found else None
