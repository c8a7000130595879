"""Columns of a chart stand where their values are."""

import pytest

from web.charts import NARROW, TOP, WIDE, columns, scale


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
    assert chart.narrow is not None
    for one, sheet in ((chart, WIDE), (chart.narrow, NARROW)):
        for mark in (*one.marks, *one.before):
            assert mark.x >= sheet.left
            assert mark.x + mark.width <= sheet.width
            assert mark.y + mark.height <= sheet.height
    assert chart.marks[1].said == "b: 50"


def test_more_given_back_than_sold_goes_below_nothing():
    (mark,) = columns([-40], ["a"], str).marks
    assert (mark.below, mark.height > 0) == (True, True)


def test_a_phone_has_a_chart_of_its_own_with_fewer_words_under_it_and_the_same_values():
    labels = [f"{day} Nov" for day in range(1, 15)]
    chart = columns(list(range(14)), labels, str)
    assert chart.narrow is not None
    assert [mark.said for mark in chart.narrow.marks] == [mark.said for mark in chart.marks]
    assert len([mark for mark in chart.marks if mark.label]) == 7
    assert len([mark for mark in chart.narrow.marks if mark.label]) == 4
