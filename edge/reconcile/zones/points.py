"""What a reference tray was heard like at known places: the raw figures, kept so that they can be judged anew.

One blob with a checksum; antennas and zones stand in it by name, so that it says itself whether it fits the store.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.reconcile import blob as blobs
from edge.reconcile.zones.features import Floats, Window, features
from edge.reconcile.zones.models import Laid, Zones

_MAGIC: Final = b"VTZC1\n"
_COLUMNS: Final = {
    "level_dbm": np.float32,
    "read": np.float32,
    "rounds": np.float32,
    "zone": np.int32,
    "position": np.int32,
}
POINTS_MAX: Final = 100_000
"""Tags times positions of one blob."""


class PointsDamagedError(Exception):
    """The blob is not what was written: walk the tray again."""


@dataclass(frozen=True, slots=True)
class Points:
    """n tags at positions, a antennas. Zones and antennas by name, in the order their numbers mean.

    level_dbm, read, rounds  float32[n, a]  as in `Window`; rounds differ from position to position
    zone, position           int32[n]       positions are numbered through all zones
    """

    zones: tuple[str, ...]
    antennas: tuple[str, ...]
    level_dbm: NDArray[np.float32]
    read: NDArray[np.float32]
    rounds: NDArray[np.float32]
    zone: Zones
    position: Zones

    def __len__(self) -> int:
        return len(self.zone)

    @property
    def laid(self) -> Laid:
        return Laid(self.zone, self.position)

    def features(self) -> Floats:
        return features(Window(self.level_dbm, self.read, self.rounds))

    def positions_in(self, zone: int) -> int:
        """At how many places of this zone the tray has lain."""
        return len(np.unique(self.position[self.zone == zone]))

    def without(self, zone: int) -> "Points":
        """The same, as if this zone had not been walked."""
        keep = self.zone != zone
        return Points(self.zones, self.antennas, *(getattr(self, name)[keep] for name in _COLUMNS))

    def joined(self, window: Window, zone: int) -> "Points":
        """With one more position of `zone`: the tray's tags as this window heard them."""
        tags = len(window.read)
        if len(self) + tags > POINTS_MAX:
            raise ValueError(f"a calibration holds {POINTS_MAX} tags at most; begin a new one")
        position = int(self.position.max(initial=-1)) + 1
        rounds = np.broadcast_to(window.rounds, window.read.shape)
        more = (window.level_dbm, window.read, rounds, np.full(tags, zone), np.full(tags, position))
        columns: list[Any] = [
            np.concatenate([getattr(self, name), column]).astype(kind)
            for (name, kind), column in zip(_COLUMNS.items(), more, strict=True)
        ]
        return Points(self.zones, self.antennas, *columns)


def none(zones: Sequence[str], antennas: Sequence[str]) -> Points:
    """Nothing walked yet."""
    wide, narrow = np.zeros((0, len(antennas)), np.float32), np.zeros(0, np.int32)
    return Points(tuple(zones), tuple(antennas), wide, wide, wide, narrow, narrow)


def save(points: Points) -> bytes:
    """One blob."""
    names = {"zones": points.zones, "antennas": points.antennas}
    return blobs.pack(_MAGIC, {name: getattr(points, name) for name in _COLUMNS}, names)


def load(blob: bytes) -> Points:
    """Raises `PointsDamagedError`."""
    try:
        arrays = blobs.unpack(_MAGIC, blob)
    except blobs.BlobDamagedError as error:
        raise PointsDamagedError(
            f"the points of this calibration are damaged ({error}): walk the tray again"
        ) from error
    columns = (arrays[name] for name in _COLUMNS)
    return Points(blobs.names_in(arrays["zones"]), blobs.names_in(arrays["antennas"]), *columns)
