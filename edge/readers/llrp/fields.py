"""What the parameters of a tag report fill: the tables of columns and details.

A new column is one line in `TV_FIELDS` or `CUSTOM_FIELDS` and one in `COLUMNS` and `NOT_TOLD`; a new detail is one in
`TV_DETAILS` or `CUSTOM_DETAILS` and one in `Details`. What is in neither is stepped over and counted by its type.

Of Zebra's parameters (vendor 161) those are read whose bytes were published as captured from a reader (FX9600): phase
(709) and brand check (712). Extended PC (450), tag events (123) and GPS (1000) have a published layout that differs
from captured bytes in neighbouring parameters: they are counted, not read.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from edge.readers.base import COLUMNS, PHASE_ABSENT, RSSI_ABSENT_CDBM
from edge.readers.llrp.params import VENDOR_IMPINJ, VENDOR_ZEBRA, Impinj, Tv, Zebra

DTYPES: Final[dict[str, np.dtype[Any]]] = {form: np.dtype(form) for form in "bBhHiIQ"}
WIRE_DTYPES: Final[dict[str, np.dtype[Any]]] = {form: dtype.newbyteorder(">") for form, dtype in DTYPES.items()}
"""Made once: numpy takes longer to understand a string than to read a column."""


class Field(NamedTuple):
    """A value's place in the columns, which hold value × scale >> shift. `form` is both a struct and a numpy code.

    `rank` decides between two that fill one column: the finer RSSI, and UTC before uptime.
    """

    column: str
    form: str
    scale: int = 1
    shift: int = 0
    rank: int = 0


class Detail(NamedTuple):
    """A value's place in the details; `at` counts from the parameter's value."""

    column: str
    form: str
    at: int = 0


TV_FIELDS: Final[dict[int, Field]] = {
    Tv.ANTENNA: Field("antenna", "H"),
    Tv.PEAK_RSSI: Field("rssi_cdbm", "b", scale=100),
    Tv.CHANNEL: Field("channel", "H"),
    Tv.SEEN_COUNT: Field("seen_count", "H"),
    Tv.ROSPEC_ID: Field("rospec_id", "I"),
    Tv.FIRST_UTC: Field("first_seen_us", "Q", rank=1),
    Tv.LAST_UTC: Field("last_seen_us", "Q", rank=1),
    Tv.FIRST_UPTIME: Field("first_seen_us", "Q"),
    Tv.LAST_UPTIME: Field("last_seen_us", "Q"),
}
CUSTOM_FIELDS: Final[dict[tuple[int, int], Field]] = {
    (VENDOR_IMPINJ, Impinj.PEAK_RSSI): Field("rssi_cdbm", "h", rank=1),
    (VENDOR_IMPINJ, Impinj.PHASE): Field("phase", "H"),
    # a signed 65536th of a turn: its upper 12 bits, read unsigned, are the 4096ths from 0 up
    (VENDOR_ZEBRA, Zebra.PHASE): Field("phase", "H", shift=4),
}
TV_DETAILS: Final[dict[int, Detail]] = {
    Tv.SPEC_INDEX: Detail("spec_index", "H"),
    Tv.INVENTORY_SPEC_ID: Detail("inventory_spec_id", "H"),
    Tv.ACCESS_SPEC_ID: Detail("access_spec_id", "I"),
    Tv.PC: Detail("pc", "H"),
    Tv.CRC: Detail("crc", "H"),
    Tv.XPC_W1: Detail("xpc_w1", "H"),
    Tv.XPC_W2: Detail("xpc_w2", "H"),
}
CUSTOM_DETAILS: Final[dict[tuple[int, int], tuple[Detail, ...]]] = {
    (VENDOR_IMPINJ, Impinj.DOPPLER): (Detail("doppler", "h"),),
    (VENDOR_IMPINJ, Impinj.TX_POWER): (Detail("tx_power", "H"),),
    (VENDOR_IMPINJ, Impinj.GPS): (Detail("latitude", "i"), Detail("longitude", "i", at=4)),
    (VENDOR_ZEBRA, Zebra.BRAND_CHECK): (Detail("brand_check", "B"),),
}
STAMPS: Final = ("first_seen_us", "last_seen_us")
NO_STAMP, UPTIME, UTC = range(3)

NOT_TOLD: Final = {
    "first_seen_us": 0,
    "last_seen_us": 0,
    "rospec_id": 0,
    "antenna": 0,
    "phase": PHASE_ABSENT,
    "channel": 0,
    "seen_count": 1,
    "rssi_cdbm": RSSI_ABSENT_CDBM,
}
"""What a column holds where the reader does not tell; also the order of a row, as in `COLUMNS`."""
assert (*NOT_TOLD, "epc_bits") == tuple(COLUMNS)
