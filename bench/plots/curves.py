"""Curves over a quantity: lines, steps, and the share of samples at or below each value."""

import math
from collections.abc import Mapping, Sequence

from bench.plots.frame import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    WIDTH,
    Axes,
    Scale,
    Series,
    axes_marks,
    colour,
    dash,
    legend,
    limit_marks,
    page,
    px,
    scale,
)

POINTS_DRAWN_MAX = 2000
"""Of one curve; a longer one keeps every k-th point and its last."""


def lines(series: Sequence[Series], axes: Axes) -> str:
    """Curves through their points."""
    return _curves(series, axes, stepped=False)


def steps(series: Sequence[Series], axes: Axes) -> str:
    """Curves that keep a value until the next point: counts, states, shares."""
    return _curves(series, axes, stepped=True)


def ecdf(samples: Mapping[str, Sequence[float]], axes: Axes) -> str:
    """% of the samples at or below each value, one curve a name. An infinite sample counts and is never reached."""
    series = []
    for name, values in samples.items():
        found = sorted(v for v in values if math.isfinite(v))
        if any(math.isnan(v) for v in values):
            raise ValueError(f"{name!r} has samples that are no numbers; say inf for what never happened")
        if not found:
            raise ValueError(f"nothing to draw in {name!r}: none of its {len(values)} samples is finite")
        shares = [100.0 * (at + 1) / len(values) for at in range(len(found))]
        series.append(Series(name, [found[0], *found], [0.0, *shares]))
    if axes.x_range is None:
        ends = [one.x[-1] for one in series]
        reach = max(ends)
        series = [Series(one.name, [*one.x, reach], [*one.y, one.y[-1]]) for one in series]
    return steps(series, axes if axes.y_range else _with_share_range(axes))


def _with_share_range(axes: Axes) -> Axes:
    return Axes(axes.title, axes.x, axes.y, axes.about, axes.log_x, axes.log_y, axes.x_range, (0.0, 100.0), axes.limits)


def _curves(series: Sequence[Series], axes: Axes, *, stepped: bool) -> str:
    if not series:
        raise ValueError(f"nothing to draw in {axes.title!r}: no series")
    for one in series:
        if len(one.x) != len(one.y):
            raise ValueError(f"{one.name!r} has {len(one.x)} values of x and {len(one.y)} of y")
        if not any(map(math.isfinite, one.y)):
            raise ValueError(f"nothing to draw in {one.name!r}: no finite value")
    marks, top = legend([one.name for one in series])
    bottom = float(HEIGHT - BOTTOM)
    x = scale([v for one in series for v in one.x], axes.x_range, LEFT, WIDTH - RIGHT, log=axes.log_x)
    levels = [v for one in series for v in one.y] + list(axes.limits.values())
    y = scale(levels, axes.y_range, bottom, top, log=axes.log_y)
    marks += axes_marks(axes, x, y, bottom)
    for at, one in enumerate(series):
        way = _path(one, x, y, stepped=stepped)
        marks.append(f'<g class="{colour(at)}"><path d="{way}" class="line stroke"{dash(at)}/></g>')
    return page(axes, [*marks, *limit_marks(axes, y)])


def _path(one: Series, x: Scale, y: Scale, *, stepped: bool) -> str:
    """The curve with its gaps; a point alone between two gaps is a short dash."""
    way, down, before = [], False, 0.0
    for at in _kept(one, x, stepped=stepped):
        if not (math.isfinite(one.x[at]) and math.isfinite(one.y[at])):
            down = False
            continue
        here, level = x(one.x[at]), y(one.y[at])
        if not down:
            way.append(f"M{px(here)} {px(level)}h0.1")
        elif stepped:
            way.append(f"H{px(here)}V{px(level)}" if level != before else f"H{px(here)}")
        else:
            way.append(f"L{px(here)} {px(level)}")
        down, before = True, level
    return "".join(way)


def _kept(one: Series, x: Scale, *, stepped: bool) -> list[int]:
    """Which points are drawn. Of the steps within one pixel the last is: a file of a thousand samples stays small."""
    count = len(one.x)
    if stepped:
        places = [round(x(v)) if math.isfinite(v) and math.isfinite(one.y[at]) else None for at, v in enumerate(one.x)]
        return [at for at in range(count) if at in (0, count - 1) or places[at] is None or places[at] != places[at + 1]]
    every = -(-count // POINTS_DRAWN_MAX)
    return sorted({*range(0, count, every), count - 1})
