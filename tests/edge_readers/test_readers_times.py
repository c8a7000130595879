"""A reader's clock beside ours: late never makes it early, old minutes are forgotten, and a jump is not jitter."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from edge.readers.times import PANE_US, WINDOW_US, ReaderTime, dated

SECOND = 1_000_000
LATE_MAX = 3 * SECOND
EPOCH = 1_790_000_000 * SECOND
lateness = st.integers(0, LATE_MAX)
walks = st.lists(st.tuples(st.integers(1, 5 * SECOND), lateness), min_size=1, max_size=60)


def told(time, walk, apart_us, *, start=EPOCH, uptime=False):
    """Stamps made at the sum of all steps, each heard so much later. Returns (arrival, lateness, jump) of each."""
    heard, made_us = [], start
    messages = []
    for step_us, late_us in walk:
        made_us += step_us
        messages.append((made_us + late_us, made_us, late_us))
    for arrived_us, made_us, late_us in sorted(messages):  # what is later overtakes: stamps come out of order
        heard.append((arrived_us, late_us, time.hear(made_us - apart_us, arrived_us, uptime=uptime)))
    return heard


@given(walk=walks, apart_us=st.integers(-(10**15), 10**15))
def test_jitter_only_delays_the_offset_is_never_too_small_and_exact_with_the_quickest_message(walk, apart_us):
    time = ReaderTime(LATE_MAX)
    heard = told(time, walk, apart_us)
    last_us = heard[-1][0]
    recent = [late for at, late, _ in heard if at // PANE_US > last_us // PANE_US - WINDOW_US // PANE_US]
    assert time.offset_us == apart_us + min(recent)


@given(walk=walks, apart_us=st.integers(-(10**15), 10**15), uptime=st.booleans())
def test_no_order_of_stamps_and_no_lateness_within_the_bound_is_called_a_jump(walk, apart_us, uptime):
    assert {jump for *_, jump in told(ReaderTime(LATE_MAX), walk, apart_us, uptime=uptime)} == {0}


@given(before=walks, after=walks, jump_us=st.integers(2 * LATE_MAX + 1, 10**12), forwards=st.booleans())
def test_a_clock_that_is_set_is_noticed_at_its_first_stamp_once_and_believed(before, after, jump_us, forwards):
    time, signed_us = ReaderTime(LATE_MAX), jump_us if forwards else -jump_us
    told(time, before, 0)
    heard = told(time, after, -signed_us, start=EPOCH + 60 * 6 * SECOND)
    jumps = [jump for *_, jump in heard]
    assert abs(jumps[0] - signed_us) <= LATE_MAX
    assert not any(jumps[1:])
    assert time.offset_us >= -signed_us


def test_a_minimum_that_is_older_than_the_window_is_forgotten():
    time = ReaderTime(LATE_MAX)
    time.hear(EPOCH, EPOCH, uptime=False)
    for second in range(1, WINDOW_US // SECOND + 11):
        time.hear(EPOCH + second * SECOND, EPOCH + second * SECOND + 400_000, uptime=False)
    assert time.offset_us == 400_000


def test_control_within_the_window_it_is_kept():
    time = ReaderTime(LATE_MAX)
    time.hear(EPOCH, EPOCH, uptime=False)
    for second in range(1, (WINDOW_US - PANE_US) // SECOND):
        time.hear(EPOCH + second * SECOND, EPOCH + second * SECOND + 400_000, uptime=False)
    assert time.offset_us == 0


def test_a_clock_that_was_set_while_nobody_listened_is_noticed_after_any_silence():
    time = ReaderTime(LATE_MAX)
    time.hear(EPOCH, EPOCH, uptime=False)
    time.connected()
    assert time.hear(EPOCH + 86_400 * SECOND + 9 * SECOND, EPOCH + 86_400 * SECOND, uptime=False) == 9 * SECOND


def test_an_uptime_may_begin_anew_with_a_new_connection_and_goes_backwards_within_one():
    time = ReaderTime(LATE_MAX)
    time.hear(3600 * SECOND, EPOCH, uptime=True)
    time.connected()
    assert time.hear(20 * SECOND, EPOCH + 60 * SECOND, uptime=True) == 0
    assert time.hear(5 * SECOND, EPOCH + 61 * SECOND, uptime=True) < 0


def test_a_reader_that_turns_from_uptime_to_utc_has_not_jumped():
    time = ReaderTime(LATE_MAX)
    time.hear(3600 * SECOND, 7200 * SECOND, uptime=True)
    assert time.hear(EPOCH, 7201 * SECOND, uptime=False) == 0
    assert (time.offset_us, time.is_uptime) == (7201 * SECOND - EPOCH, False)


class Batch(msgspec.Struct, frozen=True):
    arrived_us: int
    arrived_utc_us: int = 0
    boot: str = ""


def test_a_batch_carries_when_it_came_by_both_clocks_of_the_box_and_which_boot_that_was():
    kept = []
    dated(kept.append, lambda: EPOCH, "boot-7")(Batch(5))
    assert kept == [Batch(5, EPOCH, "boot-7")]
