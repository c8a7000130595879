"""Bars side by side in named groups, each with the range it came from."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

from bench.plots.frame import (
    BOTTOM,
    CHAR,
    HEIGHT,
    LEFT,
    RIGHT,
    WIDTH,
    Axes,
    Scale,
    axes_marks,
    colour,
    legend,
    limit_marks,
    line,
    page,
    px,
    scale,
    text,
)

SHARE_OF_PLACE: Final = 0.8
"""Of a group's place that its bars take."""
TURN: Final = -35.0


class Bars(NamedTuple):
    """One bar a group; NaN where there is none. `low` and `high` are whisker ends: the worst and best seed."""

    name: str
    values: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()


def bars(groups: Sequence[str], series: Sequence[Bars], axes: Axes) -> str:
    """Grouped bars; `axes.x` names what the groups are."""
    if not groups or not series:
        raise ValueError(f"nothing to draw in {axes.title!r}: {'no groups' if not groups else 'no series'}")
    for one in series:
        for kind, column in (("values", one.values), ("low", one.low), ("high", one.high)):
            if len(column) != len(groups) and (len(column) or kind == "values"):
                raise ValueError(f"{one.name!r} has {len(column)} {kind} for {len(groups)} groups")
        if not any(map(math.isfinite, one.values)):
            raise ValueError(f"nothing to draw in {one.name!r}: no finite value")
    marks, top = legend([one.name for one in series], blocks=True)
    place = (WIDTH - RIGHT - LEFT) / len(groups)
    longest = max(map(len, groups)) * CHAR
    below = 0.0 if longest < place else longest * math.sin(math.radians(-TURN)) - 6
    bottom = HEIGHT - BOTTOM - below
    levels = [v for one in series for v in (*one.values, *one.low, *one.high)] + list(axes.limits.values())
    y = scale(levels if axes.log_y else [0.0, *levels], axes.y_range, bottom, top, log=axes.log_y)
    marks += axes_marks(axes, None, y, bottom, below)
    for at, group in enumerate(groups):
        middle = LEFT + (at + 0.5) * place
        if below:
            marks.append(text(middle + 4, bottom + 14, group, anchor="end", turn=TURN))
        else:
            marks.append(text(middle, bottom + 18, group, anchor="middle"))
    wide = place * SHARE_OF_PLACE / len(series)
    for which, one in enumerate(series):
        drawn = [
            _bar(one, at, LEFT + (at + (1 - SHARE_OF_PLACE) / 2) * place + which * wide, wide, y, groups[at])
            for at, value in enumerate(one.values)
            if math.isfinite(value)
        ]
        marks.append(f'<g class="{colour(which)}">{"".join(drawn)}</g>')
    return page(axes, [*marks, *limit_marks(axes, y)])


def _bar(one: Bars, at: int, left: float, wide: float, y: Scale, group: str) -> str:
    """A bar from zero (or the axis' foot, when that is logarithmic), its whisker, and its words for a pointer."""
    foot, level = y(y.low if y.log else 0.0), y(one.values[at])
    said = f"<title>{_spoken(one, at, group)}</title>"
    drawn = (
        f'<rect x="{px(left)}" y="{px(min(foot, level))}" width="{px(max(wide - 1, 0.6))}" '
        f'height="{px(max(abs(foot - level), 0.6))}" class="fill">{said}</rect>'
    )
    if len(one.low) and len(one.high) and math.isfinite(one.low[at]) and math.isfinite(one.high[at]):
        middle, reach = left + (wide - 1) / 2, min(wide / 3, 5)
        low, high = y(one.low[at]), y(one.high[at])
        drawn += line(middle, low, middle, high, "axis")
        drawn += "".join(line(middle - reach, end, middle + reach, end, "axis") for end in (low, high))
    return drawn


def _spoken(one: Bars, at: int, group: str) -> str:
    span = f" ({one.low[at]:.4g} to {one.high[at]:.4g})" if len(one.low) and len(one.high) else ""
    return escape(f"{group}, {one.name}: {one.values[at]:.4g}{span}")
