"""Business days, and the periods of the ledger: months of them. A closed one takes nothing and is never opened again.

Days are reckoned with here: `datetime` would bring the wall clock into a pure room.
"""

import re
from typing import Final, NamedTuple

PERIOD: Final = re.compile(r"^[0-9]{4}-(0[1-9]|1[0-2])$")
DAY: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", re.ASCII)


class NoDayError(ValueError):
    """It is no day of the calendar: whoever keeps it would reckon with nothing."""


class Into(NamedTuple):
    """Where a posting belongs; `late`: its own month was closed when it came."""

    period: str
    late: bool


def is_period(text: str) -> bool:
    return PERIOD.fullmatch(text) is not None


def period_of(business_day: str) -> str:
    """`2026-11-29` → `2026-11`. Raises `NoDayError` for what is no day."""
    day_number(business_day)
    return business_day[:7]


def after(period: str) -> str:
    """The month that follows."""
    year, month = int(period[:4]), int(period[5:])
    return f"{year + month // 12:04d}-{month % 12 + 1:02d}"


def into(business_day: str, closed_upto: str) -> Into:
    """The period of a posting: the month of its day, or the first one open still. `closed_upto` may be empty.

    Raises `NoDayError` for what is no day.
    """
    own = period_of(business_day)
    return Into(own, late=False) if own > closed_upto else Into(after(closed_upto), late=True)


def day_number(business_day: str) -> int:
    """Days since 1 March of the year 0 (proleptic Gregorian): of two days, how far they lie apart.

    Raises `NoDayError` for what is no day.
    """
    read = DAY.fullmatch(business_day)
    year, month, day = map(int, read.groups()) if read else (0, 0, 0)
    if not 0 < day <= _days_in(year, month):
        raise NoDayError(f"{business_day!r} is no business day: write it as 2026-11-29")
    # a year that begins in March has its leap day last, and 153 days in every five months
    months, years = (month + 9) % 12, year - (month < 3)
    return 365 * years + years // 4 - years // 100 + years // 400 + (153 * months + 2) // 5 + day - 1


def is_day(text: str) -> bool:
    """Whether it is written as 2026-11-29, and there is such a day."""
    try:
        day_number(text)
    except ValueError:
        return False
    return True


def days_after(business_day: str, days: int) -> str:
    """So many days later, at least none. Raises `NoDayError` for what is no day."""
    day_number(business_day)
    year, month, day = (int(part) for part in business_day.split("-"))
    day += days
    while day > _days_in(year, month):
        day -= _days_in(year, month)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return f"{year:04d}-{month:02d}-{day:02d}"


def months_after(business_day: str, months: int) -> str:
    """The same day so many months later, or the last one of a shorter month. Raises `NoDayError` for what is no day."""
    day_number(business_day)
    year, month, day = (int(part) for part in business_day.split("-"))
    year, month = year + (month - 1 + months) // 12, (month - 1 + months) % 12 + 1
    return f"{year:04d}-{month:02d}-{min(day, _days_in(year, month)):02d}"


def _days_in(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in {4, 6, 9, 11} else 31
