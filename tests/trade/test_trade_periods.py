"""Business days taken from one another as the calendar does."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trade.periods import day_number


@given(a=st.dates(), b=st.dates())
def test_days_lie_as_far_apart_as_in_the_calendar(a, b):
    assert day_number(b.isoformat()) - day_number(a.isoformat()) == (b - a).days


@given(st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32))
def test_what_is_no_day_of_the_calendar_is_refused(year, month, day):
    text = f"{year:04d}-{month:02d}-{day:02d}"
    try:
        dt.date(year, month, day)
    except ValueError:
        if year:
            with pytest.raises(ValueError, match="2026-11-29"):
                day_number(text)
    else:
        day_number(text)


@pytest.mark.parametrize("text", ["", "2026-1-1", "2026-02-30", "2026-11-29T09", "٢٠٢٦-11-29"])
def test_a_day_has_one_spelling(text):
    with pytest.raises(ValueError, match="no business day"):
        day_number(text)
