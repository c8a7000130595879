import numpy as np
import pytest

from edge.floor.history import History
from edge.floor.stays import LEFT_AFTER_US, STAY_US_MAX, Stays

HOUR = 3600 * 1_000_000
NOON = 1_790_000_000_000_000 // (24 * HOUR) * 24 * HOUR + 12 * HOUR
PIECES, ZONES = ["ring", "chain", None, "watch"], ["safe", "case"]


def lie(stays, start_us, end_us, row, zone, every_us=60_000_000):
    out = []
    for now_us in range(start_us, end_us, every_us):
        stays.hear(now_us, np.array([row], "i4"), np.array([zone], "i4"))
        out.append(stays.close(now_us))
    return out


@pytest.fixture
def history(tmp_path):
    return History(tmp_path, days_kept_max=3)


def keep(history, columns):
    for one in columns:
        history.write(one, PIECES, ZONES)


def test_a_piece_that_lies_still_for_a_day_is_one_row_an_hour_and_one_stay(history):
    stays = Stays(2)
    closed = lie(stays, NOON, NOON + 10 * HOUR, 0, 1)
    closed.append(stays.close(NOON + 10 * HOUR, everything=True))
    keep(history, closed)
    assert 10 <= sum(len(one.row) for one in closed) <= 11
    found = history.where_was("ring", NOON, NOON + 10 * HOUR)
    assert [(stay.zone, stay.from_us, stay.rounds) for stay in found] == [("case", NOON, 600)]
    assert history.where_was("chain", NOON, NOON + 10 * HOUR) == []


def test_a_piece_that_went_and_came_back_has_two_stays(history):
    stays = Stays(2)
    closed = lie(stays, NOON, NOON + HOUR // 2, 3, 0)
    closed += [stays.close(NOON + HOUR // 2 + LEFT_AFTER_US)]
    closed += lie(stays, NOON + HOUR, NOON + HOUR + HOUR // 2, 3, 1)
    closed += [stays.close(NOON + 2 * HOUR)]
    keep(history, closed)
    assert [stay.zone for stay in history.where_was("watch", NOON, NOON + 2 * HOUR)] == ["safe", "case"]
    seconds = history.seconds_by_zone(NOON, NOON + 2 * HOUR)
    assert seconds == {"safe": pytest.approx(1740), "case": pytest.approx(1740)}
    assert history.where_was("watch", NOON + 5 * HOUR, NOON + 6 * HOUR) == []


def test_past_days_are_merged_and_the_oldest_dropped(history, tmp_path):
    for day in range(6):
        for part in range(3):
            stays = Stays(2)
            lie(stays, NOON + day * 24 * HOUR + part * HOUR, NOON + day * 24 * HOUR + part * HOUR + HOUR // 2, 1, 0)
            keep(history, [stays.close(0, everything=True)])
    now_us = NOON + 5 * 24 * HOUR
    before = history.where_was("chain", NOON + 3 * 24 * HOUR, now_us + HOUR)
    assert history.tidy(now_us) == 2
    assert history.where_was("chain", NOON + 3 * 24 * HOUR, now_us + HOUR) == before
    assert [len(list(day.iterdir())) for day in sorted((tmp_path / "stays").iterdir())] == [1, 1, 1, 3]
    assert history.tidy(now_us) == 0


def test_a_row_that_is_free_again_writes_nothing(history):
    stays = Stays(2)
    stays.hear(NOON, np.array([2], "i4"), np.array([0], "i4"))
    keep(history, [stays.close(NOON, everything=True)])
    assert history.seconds_by_zone(NOON - HOUR, NOON + HOUR) == {}


def test_nothing_heard_is_nothing_written(history):
    assert history.write(Stays(2).close(NOON), PIECES, ZONES) is None
    assert history.where_was("ring", 0, NOON) == []
    assert STAY_US_MAX > LEFT_AFTER_US
