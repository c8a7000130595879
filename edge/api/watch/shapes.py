"""What the store tells about its watch. Times are µs since 1970 (UTC)."""

from dataclasses import dataclass

from contract.facts import AlarmKind


@dataclass(frozen=True, slots=True)
class DetectorView:
    """One detector and its share of the month's false alarms."""

    kind: AlarmKind
    title: str
    weight: float
    share: float
    """False alarms a month it may cost;"""
    expected: float | None
    """and those it is expected to cost by this store's own history; None: too short, or nobody can tell."""
    bar_nats: float
    """Evidence it asks for; 0 where there is no bar."""
    false_lately: int
    """Closed as false in the last thirty days of watching."""


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A delivery that is being put away: movement in its zones accuses nobody. No zones: everywhere."""

    restock: str
    zones: tuple[str, ...]
    zone_names: tuple[str, ...]
    until_us: int
    muted: int


@dataclass(frozen=True, slots=True)
class InViewView:
    """A piece that lies near a gate; it is believed to pass only when it comes much nearer."""

    piece: str
    title: str


@dataclass(frozen=True, slots=True)
class WatchView:
    """The watch as it stands. `is_open` None: the configuration does not say when the store is open."""

    alarms_per_month_max: float
    detectors: tuple[DetectorView, ...]
    deliveries: tuple[DeliveryView, ...]
    in_view: tuple[InViewView, ...]
    in_view_total: int
    is_open: bool | None
    out_of_case_minutes: float
    siren_from_minor: int
    currency: str
