"""Plots are files a browser can show: whole, inside their frame, said in words; what cannot be drawn is refused."""

import math
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import plots

SVG = "{http://www.w3.org/2000/svg}"
AXES = plots.Axes("Theft & alarm", "delay, s", "found, % of <all>", about="how soon")
ONE = [plots.Series("ours", [1, 2, 3], [4, 5, 6])]
DRAWN = {
    "lines": plots.lines(ONE, AXES),
    "steps": plots.steps(ONE, AXES),
    "ecdf": plots.ecdf({"ours": [3.0, 1.0, math.inf], "a < b": [5.0]}, AXES),
    "bars": plots.bars(["metal", "clear"], [plots.Bars("ours", [1, 2], [0.5, 1], [2, 3])], AXES),
    "heat": plots.heat(["A", "B"], ["A", "B"], [[0.9, 0.1], [math.nan, 1.0]], AXES),
    "reliability": plots.reliability({"ours": [plots.Bin(0.5, 0.6, 40), plots.Bin(0.9, 0.88, 900)]}, AXES),
}


@pytest.mark.parametrize("kind", DRAWN)
def test_a_plot_is_a_whole_file_that_says_what_it_shows_in_words_and_units(kind):
    root = ET.fromstring(DRAWN[kind])
    assert root.find(f"{SVG}title").text == "Theft & alarm"
    assert root.find(f"{SVG}desc").text == "how soon"
    assert root.get("aria-labelledby") == "t d"
    words = [node.text for node in root.iter(f"{SVG}text")]
    assert {"delay, s", "found, % of <all>"} <= set(words)


@pytest.mark.parametrize("kind", DRAWN)
def test_a_plot_follows_light_and_dark_and_fetches_nothing(kind):
    assert "prefers-color-scheme: dark" in DRAWN[kind]
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|@import|<script|url\(", DRAWN[kind])


@pytest.mark.parametrize("kind", ["lines", "steps", "ecdf", "bars", "reliability"])
def test_every_curve_is_named_in_the_legend(kind):
    assert "ours" in [node.text for node in ET.fromstring(DRAWN[kind]).iter(f"{SVG}text")]


def test_no_property_is_judged_by_the_clock():
    """Control: by itself Hypothesis fails an example of 200 ms, which the machine of many tests takes for any."""
    assert settings().deadline is None
    assert settings.get_profile("default").deadline is not None


numbers = st.floats(-1e9, 1e9, allow_nan=False)


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=40), st.booleans())
def test_every_point_lies_within_the_frame(points, stepped):
    one = plots.Series("ours", [x for x, _ in points], [y for _, y in points])
    root = ET.fromstring((plots.steps if stepped else plots.lines)([one], AXES))
    _, _, wide, high = map(float, root.get("viewBox").split())
    way = root.findall(f".//{SVG}path")[-1].get("d")
    spots = [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.e-]+) ([\d.e-]+)", way)]
    assert spots
    assert all(0 <= x <= wide and 0 <= y <= high for x, y in spots)


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=60), st.integers(0, 20))
def test_what_was_never_found_keeps_the_curve_below_the_top(found, never):
    root = ET.fromstring(plots.ecdf({"ours": [*found, *[math.inf] * never]}, AXES))
    way = root.findall(f".//{SVG}path")[-1].get("d")
    top = min(float(y) for y in re.findall(r"V([\d.]+)", way))
    ends = sorted(float(line.get("y1")) for line in root.iter(f"{SVG}line") if line.get("class") == "grid")
    share = len(found) / (len(found) + never)
    assert math.isclose(top, ends[0] + (ends[-1] - ends[0]) * (1 - share), abs_tol=0.2)


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: plots.lines([], AXES), "no series"),
        (lambda: plots.lines([plots.Series("ours", [], [])], AXES), "nothing to draw in 'ours'"),
        (lambda: plots.lines([plots.Series("ours", [1], [math.nan])], AXES), "nothing to draw in 'ours'"),
        (lambda: plots.lines([plots.Series("ours", [1, 2], [3])], AXES), "2 values of x and 1 of y"),
        (lambda: plots.ecdf({"ours": [math.inf]}, AXES), "none of its 1 samples is finite"),
        (lambda: plots.ecdf({"ours": [math.nan, 1.0]}, AXES), "say inf"),
        (lambda: plots.bars([], [plots.Bars("ours", [])], AXES), "no groups"),
        (lambda: plots.bars(["a"], [plots.Bars("ours", [1, 2])], AXES), "2 values for 1 groups"),
        (lambda: plots.heat(["a"], ["b"], [[1, 2]], AXES), "another shape"),
        (lambda: plots.heat(["a"], ["b"], [[math.nan]], AXES), "no finite value"),
        (lambda: plots.reliability({"ours": []}, AXES), "no bins"),
        (lambda: plots.reliability({"ours": [plots.Bin(1.2, 0.5, 3)]}, AXES), "no share"),
        (
            lambda: plots.lines(ONE, plots.Axes("t", "x", "y", log_y=True, y_range=(0, 1))),
            "logarithmic axis cannot begin at 0",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_its_name(draw, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        draw()


def test_the_interval_of_a_share_is_that_of_wilson():
    from bench.plots.reliability import wilson

    low, high = wilson(plots.Bin(0.5, 0.9, 10))  # Newcombe 1998, table II: 9 of 10
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)
    assert wilson(plots.Bin(1.0, 1.0, 5))[1] == 1.0
