"""How a store came to know its zones: walks with the reference tray."""

import msgspec

from contract.facts.fact import Fact
from contract.ids import ZoneId


class ZoneWalked(msgspec.Struct, frozen=True, kw_only=True):
    """One zone of a calibration. `right` of `tried` tags were placed in it when they were left out."""

    zone: ZoneId
    positions: int
    tried: int = 0
    right: int = 0
    name: str = ""
    """As the store called it then."""


class ZonesCalibrated(Fact, frozen=True, tag="zone.calibrated"):
    """Floor: from now on the store says where pieces lie by these points. A version is never changed.

    `points` is the SHA-256 of the evidence blob, which stays at the store. `accuracy` and `confusion` (true zone by
    zone said, in the order of `zones`) are of tags left out; -1 where nothing could be held out.
    `put_back` names the older version whose points are in use again; 0 for a new walk.
    """

    version: int
    points: str
    model: str
    temperature: float
    accuracy: float
    tray_accuracy: float
    tray_temperature: float
    zones: tuple[ZoneWalked, ...]
    antennas: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...] = ()
    put_back: int = 0
