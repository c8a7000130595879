"""When counts begin by themselves, as `edge.toml` says it: at opening, at closing, every hour.

Times are the store's own (`time_zone`). In the night that lacks an hour a count due in it begins as long after midnight
as on any other day; in the one that has an hour twice it begins in the first, once.
"""

import datetime as dt
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from contract.facts import CountPlace
from contract.ids import ZoneId
from edge.hours import CLOSED, DAYS, HoursConfig, span_of

MINUTE_US: Final = 60_000_000
DAYS_ASKED_MAX: Final = 40
"""A box that was off for longer tells of the last so many days only."""


class When(StrEnum):
    OPENING = "opening"
    CLOSING = "closing"
    HOURLY = "hourly"


class ScheduleConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A count that begins by the clock."""

    name: str
    """As people read it: "Safe at opening"."""
    place: CountPlace
    """`safe`, or `shelf`: every case and shelf."""
    when: When
    """`opening`, `closing`, or `hourly` from opening to closing."""
    at: str = ""
    """`09:30`, of `hourly` a span `10:00-19:00`; left out, [hours] says when."""
    days: tuple[str, ...] = DAYS
    """Of `at`: `["mon", "tue"]`; every day when left out."""
    zones: tuple[ZoneId, ...] = ()
    """Only these zones of the place."""
    blind: bool = False
    """Who counts sees no figure of the books until theirs are submitted."""


def check(schedule: ScheduleConfig, hours: HoursConfig | None, zones: set[str]) -> None:
    """Raises `ValueError` that names the key and the mend."""
    at = f"counts {schedule.name!r}"
    if not schedule.at and hours is None:
        raise ValueError(f"{at}: nobody says when that is; give `at`, or the store's [hours]")
    try:
        if schedule.at:
            _span(schedule)
    except ValueError as error:
        raise ValueError(f"{at}: at: {error}") from error
    for day in schedule.days:
        if day not in DAYS:
            raise ValueError(f"{at}: days: {day!r} is none; write {', '.join(DAYS)}")
    if not schedule.days:
        raise ValueError(f"{at}: days is empty, so it would never begin; name some, or leave days out")
    for zone in schedule.zones:
        if zone not in zones:
            raise ValueError(f"{at}: zone {zone!r} is not listed in [[zones]]")


def due(
    schedule: ScheduleConfig, hours: HoursConfig | None, time_zone: ZoneInfo, after_us: int, until_us: int
) -> list[int]:
    """When it was or is to begin, in UTC µs: later than `after_us`, not later than `until_us`; in order."""
    first = dt.datetime.fromtimestamp(after_us / 1e6, time_zone).date() - dt.timedelta(days=1)
    last = dt.datetime.fromtimestamp(until_us / 1e6, time_zone).date()
    first = max(first, last - dt.timedelta(days=DAYS_ASKED_MAX))
    found = {
        at_us
        for back in range((last - first).days + 1)
        for at_us in _on(schedule, hours, time_zone, first + dt.timedelta(days=back))
    }
    return sorted(at_us for at_us in found if after_us < at_us <= until_us)


def _on(schedule: ScheduleConfig, hours: HoursConfig | None, time_zone: ZoneInfo, day: dt.date) -> list[int]:
    """Of the business day that begins on this date."""
    weekday = DAYS[day.weekday()]
    span: tuple[int, int] | None
    if schedule.at:
        span = _span(schedule) if weekday in schedule.days else None
    elif hours is None or day.isoformat() in hours.closed_on or weekday not in schedule.days:
        span = None
    else:
        span = span_of(getattr(hours, weekday))
    if span is None:
        return []
    begin, end = (_instant(day, minute, time_zone) for minute in span)
    match schedule.when:
        case When.OPENING:
            return [begin]
        case When.CLOSING:
            return [end]
        case When.HOURLY:
            return list(range(begin, end + 1, 60 * MINUTE_US))


def _span(schedule: ScheduleConfig) -> tuple[int, int]:
    """Minutes of the day it begins and ends by; the same for one time of day. Raises `ValueError`."""
    if schedule.when is When.HOURLY:
        if "-" not in schedule.at:
            raise ValueError(f"{schedule.at!r} is no span of time; write 10:00-19:00")
        found = span_of(schedule.at)
        assert found is not None, f"{CLOSED} has no dash"
        return found
    if "-" in schedule.at:
        raise ValueError(f"{schedule.at!r} is a span, which only `hourly` has; write 09:30")
    begin, _ = span_of(f"{schedule.at}-24:00") or (0, 0)
    return begin, begin


def _instant(day: dt.date, minute: int, time_zone: ZoneInfo) -> int:
    """UTC µs of a local time of day; `minute` may lie in the day after."""
    local = dt.datetime.combine(day, dt.time(), time_zone) + dt.timedelta(minutes=minute)
    return round(local.timestamp()) * 1_000_000
