"""Calendars from elsewhere: a client's answer to an invitation, or when somebody is busy. Bytes in, plain values out.

Nobody promises that a file is well made: whatever is wrong with it costs that event, or the file, and nothing else.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

BYTES_MAX: Final = 512 * 1024
EVENTS_MAX: Final = 1_000
UID_MAX: Final = 255
WRONG: Final = (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError, OverflowError, LookupError)
"""What libraries raise over broken files."""


class BrokenCalendarError(ValueError):
    """This file is no calendar; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One event. `answer`: accepted, declined, tentative, or nothing; times in µs, 0 where there are none."""

    uid: str
    method: str
    sequence: int
    starts_us: int
    ends_us: int
    answer: str = ""
    cancelled: bool = False
    repeats: bool = False


def read(raw: bytes, zone: ZoneInfo) -> list[Heard]:
    """`zone`: of times that name none. Raises `BrokenCalendarError`, and nothing else."""
    if len(raw) > BYTES_MAX:
        raise BrokenCalendarError("This calendar is too large: export fewer weeks of it")
    try:
        from icalendar import Calendar  # noqa: PLC0415 - only who brings a calendar waits for it

        calendars = Calendar.from_ical(raw, multiple=True)
        found = [
            heard
            for calendar in calendars
            for event in _events(calendar)
            if (heard := _heard(event, str(calendar.get("METHOD", "")).upper(), zone)) is not None
        ]
    except WRONG as error:
        raise BrokenCalendarError("This is no calendar we can read: save it again as .ics") from error
    return found[:EVENTS_MAX]


def _events(calendar: Any) -> Iterator[Any]:
    for number, each in enumerate(calendar.walk("VEVENT")):
        if number >= EVENTS_MAX:
            return
        yield each


def _heard(event: Any, method: str, zone: ZoneInfo) -> Heard | None:
    try:
        uid = str(event.get("UID", ""))[:UID_MAX]
        starts_us = _moment(event.decoded("DTSTART"), zone) if event.get("DTSTART") is not None else 0
        ends_us = _ends(event, starts_us, zone)
        status = str(event.get("STATUS", "")).upper()
        told = Heard(
            uid, method, _number(event.get("SEQUENCE", 0)), starts_us, ends_us, _answer(event),
            cancelled=status == "CANCELLED" or method == "CANCEL", repeats=event.get("RRULE") is not None,
        )  # fmt: skip
    except WRONG:
        return None
    return told if uid else None


def _ends(event: Any, starts_us: int, zone: ZoneInfo) -> int:
    if event.get("DTEND") is not None:
        return _moment(event.decoded("DTEND"), zone)
    if event.get("DURATION") is not None:
        lasts = event.decoded("DURATION")
        return starts_us + round(lasts.total_seconds()) * 1_000_000 if isinstance(lasts, dt.timedelta) else starts_us
    start = event.decoded("DTSTART") if event.get("DTSTART") is not None else None
    whole_day = start is not None and not isinstance(start, dt.datetime)
    return starts_us + (86_400_000_000 if whole_day else 0)


def _moment(value: Any, zone: ZoneInfo) -> int:
    """µs of a date (its midnight) or a time; one without a zone is of `zone`."""
    if isinstance(value, dt.datetime):
        there = value if value.tzinfo is not None else value.replace(tzinfo=zone)
    elif isinstance(value, dt.date):
        there = dt.datetime.combine(value, dt.time(), zone)
    else:
        raise TypeError("no moment")
    return round(there.timestamp()) * 1_000_000


def _answer(event: Any) -> str:
    attendees = event.get("ATTENDEE", [])
    for each in attendees if isinstance(attendees, list) else [attendees]:
        said = str(getattr(each, "params", {}).get("PARTSTAT", "")).upper()
        if said in ("ACCEPTED", "DECLINED", "TENTATIVE"):
            return said.lower()
    return ""


def _number(value: Any) -> int:
    return min(max(int(value), 0), 2**31)
