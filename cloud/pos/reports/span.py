"""The days a report is about, and the days before them that it is compared with. Pure."""

import datetime as dt
from calendar import monthrange
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

DAYS_BY_DAY_MAX: Final = 45
DAYS_BY_WEEK_MAX: Final = 200
SPAN_DAYS_MAX: Final = 3_660
BETWEEN: Final = ".."
EARLIEST: Final = dt.date(1900, 1, 1)
LATEST: Final = dt.date(2999, 12, 31)
"""Days beyond are slips of the keys, and near the ends of the calendar no day comes before or after."""


class Spans(StrEnum):
    """Spans that have a name; the words are in `looking.py`."""

    MONTH = "month"
    LAST_MONTH = "last-month"
    DAYS_90 = "90d"
    YEAR = "year"
    MONTHS_12 = "12m"
    MONTHS_24 = "24m"


class Grain(StrEnum):
    """What one column of a chart stands for."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Span:
    """Both days are in it."""

    first: dt.date
    last: dt.date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def last_text(self) -> str:
        """What no day of the span, told as a store told it, comes after: a 31st of November is a day of November's."""
        ends = self.last.day == monthrange(self.last.year, self.last.month)[1]
        return f"{self.last:%Y-%m}-99" if ends else self.last.isoformat()

    @property
    def grain(self) -> Grain:
        if self.days <= DAYS_BY_DAY_MAX:
            return Grain.DAY
        return Grain.WEEK if self.days <= DAYS_BY_WEEK_MAX else Grain.MONTH

    @property
    def before(self) -> "Span":
        """As many days, up to the day before the first."""
        last = self.first - dt.timedelta(days=1)
        return Span(last - dt.timedelta(days=self.days - 1), last)

    def steps(self) -> list[str]:
        """The first day of each column, in order; the first may begin before the span does."""
        found, at = [], start_of(self.first, self.grain)
        while at <= self.last:
            found.append(at.isoformat())
            at = _next(at, self.grain)
        return found


def as_day(text: str) -> dt.date:
    """A business day as a store told it. One that never was (the 31st of November, by a box whose calendar was off)
    counts to the last day before it, so that its money stands in the report as it does in the ledger.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        numbers = [int(each) if each.isascii() and each.isdecimal() else 1 for each in text.split("-")[:3]] + [1, 1, 1]
    year, month = min(max(numbers[0], EARLIEST.year), LATEST.year), min(max(numbers[1], 1), 12)
    return dt.date(year, month, min(max(numbers[2], 1), monthrange(year, month)[1]))


def start_of(day: dt.date, grain: Grain) -> dt.date:
    """The day a column begins with that has this day in it; weeks begin on Monday (ISO 8601)."""
    if grain is Grain.WEEK:
        return day - dt.timedelta(days=day.weekday())
    return day.replace(day=1) if grain is Grain.MONTH else day


def _next(day: dt.date, grain: Grain) -> dt.date:
    if grain is Grain.MONTH:
        return (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    return day + dt.timedelta(days=7 if grain is Grain.WEEK else 1)


def named(name: Spans, today: dt.date) -> Span:
    """A span that ends today, except a month or year that is over. The last twelve months are as many days."""
    begun = today.replace(day=1)
    match name:
        case Spans.MONTH:
            return Span(begun, today)
        case Spans.LAST_MONTH:
            last = begun - dt.timedelta(days=1)
            return Span(last.replace(day=1), last)
        case Spans.DAYS_90:
            return Span(today - dt.timedelta(days=89), today)
        case Spans.YEAR:
            return Span(today.replace(month=1, day=1), today)
        case Spans.MONTHS_12:
            return Span(_months_ago(begun, 11), today)
        case Spans.MONTHS_24:
            return Span(_months_ago(begun, 23), today)


def asked(name: str, first: str, last: str, today: dt.date) -> Span:
    """The span of a form: two days of a calendar where both are given and in order, else the one that is named
    (`month`, `2026-03-01..2026-04-05`), else ninety days.
    """
    begins, _, ends = name.partition(BETWEEN)
    known = Spans(name) if name in set(Spans) else Spans.DAYS_90
    return _between(first, last) or _between(begins, ends) or named(known, today)


def name_of(span: Span, name: str, today: dt.date) -> str:
    """The name that leads to it again; `name`, if it is of it."""
    known = Spans(name) if name in set(Spans) else Spans.DAYS_90
    return known if named(known, today) == span else f"{span.first}{BETWEEN}{span.last}"


def _between(first: str, last: str) -> Span | None:
    try:
        span = Span(dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    except ValueError:
        return None
    return span if span.first >= EARLIEST and span.last <= LATEST and 1 <= span.days <= SPAN_DAYS_MAX else None


def _months_ago(first: dt.date, months: int) -> dt.date:
    whole = first.year * 12 + first.month - 1 - months
    return dt.date(whole // 12, whole % 12 + 1, 1)
