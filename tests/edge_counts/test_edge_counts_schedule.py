"""Counts that begin by the store's clock, and those that do not and are told."""

import datetime as dt
import itertools
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from contract.facts import CountPlace
from contract.ids import StoreId
from edge.config import EdgeConfig
from edge.counts.schedule import LATE_MAX_US, OFF, SET, Schedules
from edge.hours import HoursConfig
from edge.hours import check as check_hours
from edge.schedules import ScheduleConfig, When, check, due

PARIS = ZoneInfo("Europe/Paris")
HOUR_US = 3_600_000_000
MORNING = ScheduleConfig(name="Safe at opening", place=CountPlace.SAFE, when=When.OPENING, at="09:30")


def us(text: str) -> int:
    """UTC µs of a moment in Paris, `2026-03-29T09:30`."""
    return round(dt.datetime.fromisoformat(text).replace(tzinfo=PARIS).timestamp()) * 1_000_000


def local(at_us: int) -> str:
    return dt.datetime.fromtimestamp(at_us / 1e6, PARIS).strftime("%d %H:%M")


def schedules(*counts: ScheduleConfig, hours: HoursConfig | None = None) -> Schedules:
    config = EdgeConfig(
        store=StoreId("paris"), name="Paris", currency="EUR", data_dir=Path(), time_zone="Europe/Paris",
        counts=counts, hours=hours,
    )  # fmt: skip
    return Schedules(config)


@pytest.mark.parametrize("day", ["2026-03-28", "2026-03-29", "2026-10-24", "2026-10-25"])
def test_at_half_past_nine_is_half_past_nine_on_the_days_the_clock_changes_too(day):
    (at_us,) = due(MORNING, None, PARIS, us(f"{day}T00:30"), us(f"{day}T23:59"))
    assert local(at_us).endswith("09:30")


def test_a_count_in_the_hour_that_is_there_twice_begins_once_and_in_the_lacking_one_all_the_same():
    night = ScheduleConfig(name="Night", place=CountPlace.SAFE, when=When.OPENING, at="02:30")
    autumn = due(night, None, PARIS, us("2026-10-24T12:00"), us("2026-10-25T12:00"))
    assert [local(each) for each in autumn] == ["25 02:30"]
    spring = due(night, None, PARIS, us("2026-03-28T12:00"), us("2026-03-29T12:00"))
    assert [local(each) for each in spring] == ["29 03:30"]


def test_hourly_is_every_hour_that_passes_from_opening_to_closing():
    hours = HoursConfig(sat="10:00-13:00", sun="closed")
    hourly = ScheduleConfig(name="Floor", place=CountPlace.SHELF, when=When.HOURLY)
    found = due(hourly, hours, PARIS, us("2026-03-27T12:00"), us("2026-03-29T20:00"))
    assert [local(each) for each in found] == ["28 10:00", "28 11:00", "28 12:00", "28 13:00"]
    night = ScheduleConfig(name="Night", place=CountPlace.SHELF, when=When.HOURLY, at="00:00-06:00")
    autumn = due(night, None, PARIS, us("2026-10-24T12:00"), us("2026-10-25T12:00"))
    assert [b - a for a, b in itertools.pairwise(autumn)] == [HOUR_US] * 7


def test_closing_after_midnight_belongs_to_the_evening_it_began_in():
    hours = HoursConfig(fri="18:00-02:00", closed_on=("2026-04-03",))
    closing = ScheduleConfig(name="Close", place=CountPlace.SAFE, when=When.CLOSING)
    found = due(closing, hours, PARIS, us("2026-03-26T00:00"), us("2026-04-05T00:00"))
    assert [local(each) for each in found] == ["28 02:00"]


def test_a_count_begins_when_it_is_due_and_once():
    kept = schedules(MORNING)
    kept.load({}, us("2026-01-05T08:00"))
    assert kept.look(0, us("2026-01-05T09:29")) == ([], [])
    (one,), _ = kept.look(70_000_000, us("2026-01-05T09:30"))
    kept.began(one)
    assert kept.look(80_000_000, us("2026-01-05T09:31")) == ([], [])
    # The clock is set back by an hour: half past nine comes again, the count does not.
    assert kept.look(90_000_000, us("2026-01-05T08:31")) == ([], [])
    assert kept.look(90_000_000 + HOUR_US, us("2026-01-05T09:31")) == ([], [])


def test_what_came_while_the_box_was_off_is_told_and_not_made_up_for():
    kept = schedules(MORNING)
    kept.load({MORNING.name: us("2026-01-02T09:30")}, us("2026-01-05T11:00"))
    now, (missed,) = kept.look(0, us("2026-01-05T11:00"))
    assert now == []
    assert (missed.due_us, missed.more, missed.why) == (us("2026-01-05T09:30"), 2, OFF)
    assert kept.look(10_000_000, us("2026-01-05T11:00") + 10_000_000) == ([], [])


def test_a_box_that_starts_five_minutes_late_still_counts():
    kept = schedules(MORNING)
    kept.load({MORNING.name: us("2026-01-04T09:30")}, us("2026-01-05T09:35"))
    (one,), missed = kept.look(0, us("2026-01-05T09:35"))
    assert (one.due_us, missed) == (us("2026-01-05T09:30"), [])


def test_a_clock_that_was_set_forward_is_named_as_the_reason():
    kept = schedules(MORNING)
    kept.load({}, us("2026-01-05T08:00"))
    kept.look(0, us("2026-01-05T08:00"))
    _, (missed,) = kept.look(10_000_000, us("2026-01-05T10:00"))
    assert missed.why == SET


def test_a_count_that_another_one_keeps_waiting_is_missed_for_that_reason():
    kept = schedules(MORNING)
    kept.load({}, us("2026-01-05T09:00"))
    for minute in range(31, 45):
        now, missed = kept.look(minute * 60_000_000, us(f"2026-01-05T09:{minute}"))
        for one in now:
            kept.refused(one, "Count c1 is under way there")
        if missed:
            break
    assert missed[0].why == "Count c1 is under way there"
    assert minute * 60_000_000 - 30 * 60_000_000 > LATE_MAX_US


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"at": ""}, r"give `at`, or the store's \[hours\]"),
        ({"at": "25:00"}, "no time of day"),
        ({"at": "10:00-19:00"}, "only `hourly` has"),
        ({"when": When.HOURLY}, "write 10:00-19:00"),
        ({"days": ("monday",)}, "write mon, tue"),
        ({"days": ()}, "never begin"),
        ({"zones": ("attic",)}, "not listed"),
    ],
)
def test_a_schedule_that_means_nothing_is_refused_with_its_mend(more, said):
    wrong = {"name": "x", "place": CountPlace.SAFE, "when": When.OPENING, "at": "09:30"} | more
    with pytest.raises(ValueError, match=said):
        check(ScheduleConfig(**wrong), None, {"safe"})


def test_a_clock_that_was_a_year_ahead_for_a_moment_does_not_silence_a_schedule_for_a_year():
    kept = schedules(MORNING)
    kept.load({}, us("2026-01-05T08:00"))
    kept.look(0, us("2026-01-05T08:00"))
    kept.look(10_000_000, us("2027-01-05T12:00"))
    kept.look(20_000_000, us("2026-01-05T08:01"))
    (one,), _ = kept.look(2 * HOUR_US, us("2026-01-05T09:31"))
    assert one.due_us == us("2026-01-05T09:30")


def test_books_that_know_a_count_of_the_far_future_do_not_silence_its_schedule():
    kept = schedules(MORNING)
    kept.load({MORNING.name: us("2099-01-05T09:30")}, us("2026-01-05T08:00"))
    assert kept.look(0, us("2026-01-05T08:00")) == ([], [])
    (one,), _ = kept.look(2 * HOUR_US, us("2026-01-05T09:31"))
    assert one.due_us == us("2026-01-05T09:30")


@pytest.mark.parametrize("day", ["20261225", "2026-W52-5", "2026-12-25 ", "25.12.2026"])
def test_a_closed_day_that_would_never_be_one_is_refused(day):
    with pytest.raises(ValueError, match="closed_on"):
        check_hours(HoursConfig(mon="10:00-19:00", closed_on=(day,)))
