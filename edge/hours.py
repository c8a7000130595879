"""When the store is open, by its own calendar and clock."""

import datetime as dt
from typing import Final

import msgspec

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOSED: Final = "closed"
DAY_MIN: Final = 24 * 60


class HoursConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When people are at work in the store, by its `time_zone`: `10:00-19:30`, or `closed`."""

    mon: str = CLOSED
    """Each day begins before anybody touches a tray, and ends when the last one is back in the safe."""
    tue: str = CLOSED
    """A span that ends before it begins ends in the night after: `18:00-02:00`."""
    wed: str = CLOSED
    thu: str = CLOSED
    fri: str = CLOSED
    sat: str = CLOSED
    sun: str = CLOSED
    closed_on: tuple[str, ...] = ()
    """Days on which it stays closed all the same: `2026-12-25`."""


def is_open(hours: HoursConfig, at: dt.datetime) -> bool:
    """Whether the store is open at this local time."""
    minute = at.hour * 60 + at.minute
    for back in (0, 1):
        day = at.date() - dt.timedelta(days=back)
        span = None if day.isoformat() in hours.closed_on else span_of(getattr(hours, DAYS[day.weekday()]))
        if span is not None and span[0] <= minute + back * DAY_MIN < span[1]:
            return True
    return False


def span_of(text: str) -> tuple[int, int] | None:
    """Minutes of the day, the end above a day's where it lies after midnight; None: closed. Raises `ValueError`."""
    if text == CLOSED:
        return None
    begin, dash, end = text.partition("-")
    if not dash:
        raise ValueError(f"{text!r} is no span of time; write 10:00-19:00 or {CLOSED}")
    first, last = _minute(begin.strip()), _minute(end.strip())
    if first == last:
        raise ValueError(f"{text!r} begins when it ends; write 00:00-24:00 for a whole day, or {CLOSED}")
    return (first, last) if last > first else (first, last + DAY_MIN)


def check(hours: HoursConfig) -> None:
    """Raises `ValueError` that names the key and the mend."""
    for day in DAYS:
        try:
            span_of(getattr(hours, day))
        except ValueError as error:
            raise ValueError(f"hours.{day}: {error}") from error
    for day in hours.closed_on:
        try:
            written = dt.date.fromisoformat(day).isoformat()
        except ValueError as error:
            raise ValueError(f"hours.closed_on: {day!r} is no day; write 2026-12-25") from error
        if written != day:  # compared as written, it would never come
            raise ValueError(f"hours.closed_on: {day!r} is another spelling; write {written}")


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and len(hour) <= 2 and len(minute) == 2):
        raise ValueError(f"{text!r} is no time of day; write 09:30")
    out = int(hour) * 60 + int(minute)
    if int(minute) > 59 or out > DAY_MIN:
        raise ValueError(f"{text!r} is no time of day; the last is 24:00")
    return out
