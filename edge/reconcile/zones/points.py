"""What a reference tray was heard like at known places: the raw figures, kept so that they can be judged anew.

One blob with a checksum; antennas and zones stand in it by name, so that it says itself whether it fits the store.
"""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.zones.features import Floats, Window, features
from edge.reconcile.zones.models import Laid, Zones

_MAGIC: Final = b"VTZC1\n"
_HASH_BYTES: Final = 32
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
    """One blob: magic, SHA-256, npz."""
    body = io.BytesIO()
    names = {"zones": _text(points.zones), "antennas": _text(points.antennas)}
    np.savez(body, allow_pickle=False, **names, **{name: getattr(points, name) for name in _COLUMNS})
    raw = body.getvalue()
    return _MAGIC + hashlib.sha256(raw).digest() + raw


def load(blob: bytes) -> Points:
    """Raises `PointsDamagedError`."""
    start = len(_MAGIC) + _HASH_BYTES
    raw = blob[start:]
    if blob[: len(_MAGIC)] != _MAGIC or hashlib.sha256(raw).digest() != blob[len(_MAGIC) : start]:
        raise PointsDamagedError("the points of this calibration are damaged; walk the reference tray again")
    with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
        columns = (arrays[name] for name in _COLUMNS)
        return Points(_words(arrays["zones"]), _words(arrays["antennas"]), *columns)


def checksum(blob: bytes) -> str:
    """The name of a blob: SHA-256 in hex of all of it."""
    return hashlib.sha256(blob).hexdigest()


def _text(words: Sequence[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(words).encode(), np.uint8)


def _words(text: NDArray[np.uint8]) -> tuple[str, ...]:
    return tuple(text.tobytes().decode().split("\n")) if len(text) else ()
