"""A matrix of shares as a grid of shaded cells: a confusion of zones, reads by zone and hour."""

import math
from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape

from bench.plots.frame import CHAR, RIGHT, Axes, line, page, px, spoken, text

CELL_MAX: Final = 46.0
CELL_MIN: Final = 9.0
SIDE: Final = 480.0
"""Of the grid at most, before cells would fall below `CELL_MIN`."""
WORDS_FROM: Final = 30.0
"""Cells of this side say their number."""
DARK_FROM: Final = 0.55
KEY_STEPS: Final = 5
TOP: Final = 44.0


def heat(rows: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[float]], axes: Axes) -> str:
    """`values[row][column]`, NaN where nothing was seen. Shades run from the lowest of 0 to the highest value.

    `axes.y` names what rows are, `axes.x` what columns are; `axes.y_range` fixes the shades' ends.
    """
    if not rows or not columns:
        raise ValueError(f"nothing to draw in {axes.title!r}: no {'rows' if not rows else 'columns'}")
    if len(values) != len(rows) or any(len(one) != len(columns) for one in values):
        raise ValueError(
            f"{axes.title!r} has {len(rows)} rows and {len(columns)} columns; its values are of another shape"
        )
    seen = [v for one in values for v in one if math.isfinite(v)]
    if not seen:
        raise ValueError(f"nothing to draw in {axes.title!r}: no finite value")
    low, high = axes.y_range or (min(0.0, *seen), max(seen))
    if not low < high:
        high = low + 1.0
    side = max(CELL_MIN, min(CELL_MAX, SIDE / max(len(rows), len(columns))))
    left = 40 + CHAR * max(map(len, rows))
    turned = CHAR * max(map(len, columns)) > side
    top = TOP
    bottom = top + side * len(rows)
    below = CHAR * max(map(len, columns)) if turned else 16.0
    marks = []
    for at, (name, one) in enumerate(zip(rows, values, strict=True)):
        y = top + at * side
        marks.append(text(left - 8, y + side / 2 + 4, name, anchor="end"))
        cells = [
            _cell(left + to * side, y, side, value, (low, high), f"{name} → {columns[to]}")
            for to, value in enumerate(one)
        ]
        marks.append(f'<g class="s0">{"".join(cells)}</g>')
    for to, name in enumerate(columns):
        x = left + (to + 0.5) * side
        if turned:
            marks.append(text(x + 4, bottom + 10, name, anchor="end", turn=-90))
        else:
            marks.append(text(x, bottom + 16, name, anchor="middle"))
    middle = left + side * len(columns) / 2
    marks.append(text(middle, bottom + below + 22, axes.x, anchor="middle", kind="quiet"))
    marks.append(text(16, (top + bottom) / 2, axes.y, anchor="middle", kind="quiet", turn=-90))
    right = left + side * len(columns)
    marks += _key(right + 28, top, (low, high))
    width = max(right + 110, 90 + 8.6 * len(axes.title)) + RIGHT
    return page(axes, marks, width=width, height=max(bottom + below + 38, top + 150))


def _cell(x: float, y: float, side: float, value: float, span: tuple[float, float], where: str) -> str:
    """A cell, shaded by its value, its number where there is room; one that saw nothing is crossed."""
    if not math.isfinite(value):
        return line(x + 2, y + side - 2, x + side - 2, y + 2, "grid")
    shade = min(max((value - span[0]) / (span[1] - span[0]), 0.0), 1.0)
    drawn = (
        f'<rect x="{px(x)}" y="{px(y)}" width="{px(side)}" height="{px(side)}" class="fill cell" '
        f'fill-opacity="{shade:.2f}"><title>{escape(where)}: {value:.4g}</title></rect>'
    )
    if side >= WORDS_FROM and shade > 0:
        kind = "invert" if shade > DARK_FROM else ""
        drawn += text(x + side / 2, y + side / 2 + 4, spoken(round(value, 3)), anchor="middle", kind=kind)
    return drawn


def _key(x: float, y: float, span: tuple[float, float]) -> list[str]:
    """What the shades mean."""
    marks = []
    for at in range(KEY_STEPS):
        share = at / (KEY_STEPS - 1)
        rect = (
            f'<rect x="{px(x)}" y="{px(y + at * 20)}" width="18" height="20" class="fill" fill-opacity="{share:.2f}"/>'
        )
        marks.append(f'<g class="s0">{rect}</g>')
        marks.append(text(x + 24, y + at * 20 + 14, spoken(span[0] + share * (span[1] - span[0])), kind="quiet"))
    return marks
