"""Said against happened: of what was claimed with a probability, how much came true, and from how many claims."""

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from bench.plots.frame import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    WIDTH,
    Axes,
    axes_marks,
    colour,
    dash,
    legend,
    limit_marks,
    line,
    page,
    px,
    scale,
    text,
)

Z95: Final = 1.96
CROWDED: Final = 44.0
"""Pixels that a count takes."""


class Bin(NamedTuple):
    """`observed` of `n` claims came true, as a share; `claimed` is their mean probability. Both 0 to 1."""

    claimed: float
    observed: float
    n: int


def reliability(series: Mapping[str, Sequence[Bin]], axes: Axes) -> str:
    """Points with their 95 % interval (Wilson) beside the diagonal of the honest. `n` stands at each point."""
    if not series:
        raise ValueError(f"nothing to draw in {axes.title!r}: no series")
    for name, bins in series.items():
        if not len(bins):
            raise ValueError(f"nothing to draw in {name!r}: no bins")
        for one in bins:
            if not (0 <= one.claimed <= 1 and 0 <= one.observed <= 1 and one.n > 0):
                raise ValueError(f"{name!r} has a bin that is no share of any claims: {one}")
    marks, top = legend(list(series))
    bottom = float(HEIGHT - BOTTOM)
    both = [v for bins in series.values() for one in bins for v in (one.claimed, *wilson(one))]
    span = (min(0.9, math.floor(min(both) * 20) / 20), 1.0)
    x = scale([], axes.x_range or span, LEFT, WIDTH - RIGHT, log=False)
    y = scale([], axes.y_range or span, bottom, top, log=False)
    marks += axes_marks(axes, x, y, bottom)
    first, last = max(x.low, y.low), min(x.high, y.high)
    marks.append(line(x(first), y(first), x(last), y(last), "limit"))
    for at, bins in enumerate(series.values()):
        drawn, way, before = [], [], -math.inf
        for one in sorted(bins):
            here = x(one.claimed)
            low, high = wilson(one)
            way.append(f"{px(here)},{px(y(one.observed))}")
            drawn.append(line(here, y(low), here, y(high), "stroke"))
            said = f"<title>said {one.claimed:.3f}, came true {one.observed:.3f} of {one.n:,}</title>"
            drawn.append(f'<circle cx="{px(here)}" cy="{px(y(one.observed))}" r="4" class="fill">{said}</circle>')
            drawn.append(_count(one, here, y(one.observed), crowded=here - before < CROWDED))
            before = here
        curve = f'<polyline points="{" ".join(way)}" class="line stroke"{dash(at)}/>'
        marks.append(f'<g class="{colour(at)}">{curve}{"".join(drawn)}</g>')
    return page(axes, [*marks, *limit_marks(axes, y)])


def _count(one: Bin, x: float, y: float, *, crowded: bool) -> str:
    """How many claims, below the point to its right; above to its left where the point before is near."""
    at_the_end = x > WIDTH - RIGHT - CROWDED
    side = -7 if crowded or at_the_end else 7
    return text(
        x + side, y - 9 if crowded else y + 17, f"{one.n:,}", anchor="start" if side > 0 else "end", kind="halo"
    )


def wilson(one: Bin) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927), which stays within 0 to 1 and is honest for small n."""
    n, p, z = one.n, one.observed, Z95
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)
