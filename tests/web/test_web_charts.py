"""Columns of a chart stand where their values are."""

import pytest

from web.charts import HEIGHT, LEFT, TOP, WIDTH, columns, scale


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [(0, 0, (0, 1, 1)), (0, 3, (0, 3, 1)), (0, 1_234_567, (0, 1_500_000, 500_000)), (-250, 0, (-300, 0, 100))],
)
def test_a_scale_has_round_steps_and_holds_both_ends(low, high, told):
    assert scale(low, high) == told


def test_the_tallest_column_reaches_its_line_and_nothing_leaves_the_picture():
    chart = columns([0, 50, 100], ["a", "b", "c"], str, before=[100, 0, 20])
    assert chart.marks[0].height == 0
    assert chart.marks[2].y == TOP
    assert chart.marks[1].height == pytest.approx(chart.marks[2].height / 2, abs=0.2)
    for mark in (*chart.marks, *chart.before):
        assert mark.x >= LEFT
        assert mark.x + mark.width <= WIDTH
        assert mark.y + mark.height <= HEIGHT
    assert chart.marks[1].said == "b: 50"


def test_more_given_back_than_sold_goes_below_nothing():
    (mark,) = columns([-40], ["a"], str).marks
    assert (mark.below, mark.height > 0) == (True, True)
