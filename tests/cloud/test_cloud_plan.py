"""A day of appointments as a timetable."""

from types import SimpleNamespace

from cloud.pos.appointments.plan import plan

DAY = "2026-11-30"


def visit(name: str, staff: str, begins: str, minutes: int, day: str = DAY):
    hour, minute = map(int, begins.split(":"))
    ends = hour * 60 + minute + minutes
    starts_us = (hour * 60 + minute) * 60_000_000 - (86_400_000_000 if day < DAY else 0)
    return SimpleNamespace(
        appointment=name, staff=staff, begins=begins, ends=f"{ends // 60 % 24:02}:{ends % 60:02}", day=day,
        starts_us=starts_us, ends_us=starts_us + minutes * 60_000_000,
    )  # fmt: skip


def drawn(*visits):
    made = plan(visits, lambda row: row.staff, DAY)
    taken = {
        cell.row.appointment: (line, cell.rows)
        for line, told in enumerate(made.lines) for cell in told.cells if cell.row is not None
    }  # fmt: skip
    return made, taken


def test_each_adviser_has_a_column_and_each_quarter_a_row():
    made, taken = drawn(visit("a", "Lea", "10:00", 60), visit("b", "Marc", "10:30", 45))
    assert (made.heads, taken) == ((("Lea", 1), ("Marc", 1)), {"a": (0, 4), "b": (2, 3)})
    assert [line.hour for line in made.lines[:5]] == ["10:00", "", "", "", "11:00"]
    assert len(made.lines) == 8 * 4
    assert sum(cell.rows for line in made.lines for cell in line.cells) == 2 * len(made.lines), "no row is torn"


def test_what_overlaps_stands_side_by_side():
    made, taken = drawn(visit("a", "Lea", "10:00", 60), visit("b", "Lea", "10:30", 60), visit("c", "Lea", "11:00", 30))
    assert made.heads == (("Lea", 2),)
    assert taken == {"a": (0, 4), "b": (2, 4), "c": (4, 2)}


def test_a_longer_day_is_shown_whole_and_what_began_before_it_from_its_first_minute():
    made, taken = drawn(visit("a", "Lea", "23:30", 60, day="2026-11-29"), visit("b", "Lea", "19:00", 60))
    assert (made.lines[0].hour, len(made.lines)) == ("00:00", 20 * 4)
    assert taken == {"a": (0, 2), "b": (19 * 4, 4)}
