"""When a client may be disturbed, by the clock of the store that writes. Pure: the zone is an argument."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Hours:
    """From `from_hour` until before `until_hour` of the store's day; `sundays` whether on Sundays too."""

    from_hour: int = 9
    until_hour: int = 20
    sundays: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.from_hour < self.until_hour <= 24:
            raise ValueError("quiet hours: from_hour comes before until_hour, both within 0 and 24")


def next_allowed(now_us: int, zone: ZoneInfo, hours: Hours) -> int:
    """`now_us` itself when it is allowed, else the first moment that is. Wall time, µs.

    A day on which clocks change has its hours like any other: asked is the clock on the wall, not how long ago.
    """
    local = dt.datetime.fromtimestamp(now_us // SECOND_US, zone)
    if _open(local.date(), hours) and hours.from_hour <= local.hour < hours.until_hour:
        return now_us
    day = local.date() if local.hour < hours.from_hour else local.date() + dt.timedelta(days=1)
    while not _open(day, hours):
        day += dt.timedelta(days=1)
    return moment(day, hours.from_hour, zone)


def moment(day: dt.date, hour: int, zone: ZoneInfo, minute: int = 0) -> int:
    """That time of that day there, µs; of a time that is skipped by a change of clocks, the moment after it."""
    return round(dt.datetime.combine(day, dt.time(hour, minute), zone).timestamp()) * SECOND_US


def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def day_of(now_us: int, zone: ZoneInfo) -> dt.date:
    return dt.datetime.fromtimestamp(now_us // SECOND_US, zone).date()


def _open(day: dt.date, hours: Hours) -> bool:
    return hours.sundays or day.isoweekday() != 7
