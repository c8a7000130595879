"""What the store tells of its zone calibration. Shares are 0 to 1, None where nothing tells them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ZoneWalkView:
    """A zone to walk, how far it is, and how the calibration in use knows it."""

    zone: str
    name: str
    antennas: tuple[str, ...]
    positions: int
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class WalkView:
    """The position that is being heard; `zone` None when none is. `advice`: what to do next, in sentences."""

    zone: str | None
    rounds: int
    wanted: int
    tags_heard: int
    tags: int
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VersionView:
    """A calibration. `put_back`: the older version whose points it uses again, 0 for a walk of its own."""

    version: int
    at_us: int
    by: str
    model: str
    temperature: float
    accuracy: float | None
    tray_accuracy: float | None
    positions: int
    put_back: int
    in_use: bool


@dataclass(frozen=True, slots=True)
class ConfusedView:
    """Of tags that lay in `zone` and were left out, the shares that were said to lie in each zone, in their order."""

    zone: str
    name: str
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class CalibrationView:
    """`sentence` says what the store goes by; `stale` why its newest calibration is not in use, or nothing."""

    sentence: str
    stale: str
    positions_wanted: int
    rounds_wanted: int
    tags: tuple[str, ...]
    zones: tuple[ZoneWalkView, ...]
    walk: WalkView
    ready: bool
    versions: tuple[VersionView, ...]
    confusion: tuple[ConfusedView, ...]
