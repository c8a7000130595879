"""A day of appointments as a timetable: a column for each adviser or room, a row for each quarter of an hour. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cloud.pos.appointments.queries import AppointmentRow

QUARTER: Final = 15
"""Minutes of a row."""
OPENS, CLOSES = 10 * 60, 18 * 60
"""Minutes of the day that are always shown; a longer day is shown whole."""
DAY_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Cell:
    """`rows` tall; without an appointment it is free."""

    rows: int
    row: AppointmentRow | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """`hour` where a full hour begins. `cells` that begin here; the others reach down from above."""

    hour: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """`heads`: what each is called by, and how many lanes stand side by side there because times overlap."""

    heads: tuple[tuple[str, int], ...]
    lines: tuple[Line, ...]


def plan(rows: Sequence[AppointmentRow], of: Callable[[AppointmentRow], str], on: str) -> Plan:
    """`on`: the day, by the store's clock; what began before it stands from its first minute."""
    lanes: list[tuple[str, list[AppointmentRow]]] = []
    for name in sorted({of(row) for row in rows}, key=lambda name: (not name, name)):
        mine: list[list[AppointmentRow]] = []
        for row in sorted((row for row in rows if of(row) == name), key=lambda row: row.starts_us):
            free = next((lane for lane in mine if lane[-1].ends_us <= row.starts_us), None)
            if free is None:
                mine.append([row])
            else:
                free.append(row)
        lanes += [(name, lane) for lane in mine]
    names = [name for name, _lane in lanes]
    heads = tuple((name, names.count(name)) for name in dict.fromkeys(names))
    spans = {row.appointment: _span(row, on) for row in rows}
    first = min([OPENS, *(begins // 60 * 60 for begins, _ends in spans.values())])
    last = max([CLOSES, *(-(-ends // 60) * 60 for _begins, ends in spans.values())])
    begun = [dict(_cells([(*spans[row.appointment], row) for row in lane], first, last)) for _name, lane in lanes]
    return Plan(
        heads,
        tuple(
            Line(f"{at // 60:02}:00" if not at % 60 else "", tuple(lane[at] for lane in begun if at in lane))
            for at in range(first, last, QUARTER)
        ),
    )


def _cells(lane: Sequence[tuple[int, int, AppointmentRow]], first: int, last: int) -> list[tuple[int, Cell]]:
    """By the minute at which they begin; free time ends with each hour, so that the lines of hours go through."""
    found: list[tuple[int, Cell]] = []
    at = first
    for begins, ends, row in (*lane, (last, last, None)):
        while at < begins:
            upto = min(begins, (at // 60 + 1) * 60)
            found.append((at, Cell((upto - at) // QUARTER)))
            at = upto
        if row is not None:
            found.append((at, Cell((ends - at) // QUARTER, row)))
            at = ends
    return found


def _span(row: AppointmentRow, on: str) -> tuple[int, int]:
    """Minutes of that day from which and until which it lasts."""
    begins = _minutes(row.begins) if row.day == on else 0
    return begins, min(_minutes(row.ends) if row.ends > row.begins or row.day != on else DAY_MINUTES, DAY_MINUTES)


def _minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)
