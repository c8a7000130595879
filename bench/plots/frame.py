"""What all plots share: the frame with title, axes, ticks and legend, and its colours in light and in dark."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from bench.plots.style import STYLE

WIDTH: Final = 760
HEIGHT: Final = 440
LEFT: Final = 76
RIGHT: Final = 24
BOTTOM: Final = 58
TITLE_Y: Final = 26
LEGEND_Y: Final = 50
LEGEND_ROW: Final = 18
CHAR: Final = 6.6
"""A letter at 12 px in the fonts of the three systems, on the wide side."""
COLOURS: Final = 7
"""Series of different colour; from the next on they repeat with another dash."""
DASHES: Final = ("", "7 4", "2 3", "9 3 2 3")
TICKS_MAX: Final = 7


class Series(NamedTuple):
    """One curve. `x` and `y` are of one length; where `y` is NaN the curve has a gap."""

    name: str
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True, slots=True)
class Axes:
    """What a plot says around its data. `x` and `y` name the quantity and, after a comma, its unit.

    `about` is read by who cannot see the plot: what it shows, in one sentence.
    `limits` are levels of `y` by name, drawn as dotted lines: a bar of the issue, chance.
    A range left out is the data's.
    """

    title: str
    x: str
    y: str
    about: str = ""
    log_x: bool = False
    log_y: bool = False
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    limits: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scale:
    """From a value to a pixel; values beyond the ends are drawn at the ends."""

    low: float
    high: float
    begin: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high, value = (math.log(v) if self.log else v for v in (self.low, self.high, max(value, self._floor())))
        share = min(max((value - low) / (high - low), 0.0), 1.0)
        return self.begin + share * (self.end - self.begin)

    def ticks(self) -> list[float]:
        """Round values between the ends, at most `TICKS_MAX` of them on a plain axis."""
        return _decades(self.low, self.high) if self.log else _even(self.low, self.high)

    def _floor(self) -> float:
        return self.low if self.log else -math.inf


def scale(values: Sequence[float], span: tuple[float, float] | None, begin: float, end: float, *, log: bool) -> Scale:
    """A scale over the finite values, from a span if one is asked for. Raises `ValueError` in words."""
    seen = [v for v in values if math.isfinite(v) and (v > 0 or not log)]
    if span is None and not seen:
        raise ValueError("no finite value to draw" + (" above zero, as a logarithmic axis needs" if log else ""))
    low, high = span or (min(seen), max(seen))
    if log and low <= 0:
        raise ValueError(f"a logarithmic axis cannot begin at {low:g}")
    if not low < high:
        low, high = (low / 2, high * 2) if log else (low - 0.5, high + 0.5)
    if span is None and not log:
        first, last = _even(low, high)[:1], _even(low, high)[-1:]
        low, high = min(low, 0.0 if 0 < low < (high - low) else low, *first), max(high, *last)
    return Scale(low, high, begin, end, log)


def spoken(value: float) -> str:
    """A number as an axis says it."""
    if value == 0:
        return "0"
    if abs(value) >= 1e6:
        return f"{value / 1e6:g} M"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def px(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def text(x: float, y: float, words: str, *, anchor: str = "start", kind: str = "", turn: float = 0.0) -> str:
    turned = f' transform="rotate({px(turn)} {px(x)} {px(y)})"' if turn else ""
    styled = f" class={quoteattr(kind)}" if kind else ""
    return f'<text x="{px(x)}" y="{px(y)}" text-anchor="{anchor}"{styled}{turned}>{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{px(x1)}" y1="{px(y1)}" x2="{px(x2)}" y2="{px(y2)}" class={quoteattr(kind)}/>'


def colour(at: int) -> str:
    return f"s{at % COLOURS}"


def dash(at: int) -> str:
    """The dash of a series, so that curves differ without colour too."""
    pattern = DASHES[(at + at // COLOURS) % len(DASHES)]
    return f' stroke-dasharray="{pattern}"' if pattern else ""


def legend(names: Sequence[str], *, blocks: bool = False) -> tuple[list[str], float]:
    """The names in rows under the title, and where the plot may begin. `blocks`: samples of bars, not of curves."""
    marks, x, y = [], float(LEFT), float(LEGEND_Y)
    for at, name in enumerate(names):
        wide = 34 + CHAR * len(name)
        if x > LEFT and x + wide > WIDTH - RIGHT:
            x, y = float(LEFT), y + LEGEND_ROW
        sample = f'<path d="M{px(x)} {px(y - 4)}h22" class="line stroke"{dash(at)}/>'
        if blocks:
            sample = f'<rect x="{px(x + 6)}" y="{px(y - 10)}" width="16" height="11" class="fill"/>'
        marks.append(f'<g class="{colour(at)}">{sample}{text(x + 27, y, name)}</g>')
        x += wide + 12
    return marks, y + 14


def axes_marks(axes: Axes, x: Scale | None, y: Scale, bottom: float, below: float = 0.0) -> list[str]:
    """Grid, ticks and names. `x` None: the chart names its own places; `below` pixels are left for that."""
    left, right = float(LEFT), float(WIDTH - RIGHT)
    marks = []
    for tick in y.ticks():
        marks += [line(left, y(tick), right, y(tick), "grid"), text(left - 8, y(tick) + 4, spoken(tick), anchor="end")]
    if x is not None:
        for tick in x.ticks():
            marks.append(line(x(tick), y.end, x(tick), bottom, "grid"))
            marks.append(text(x(tick), bottom + 18, spoken(tick), anchor="middle"))
    marks.append(line(left, bottom, right, bottom, "axis"))
    marks.append(text((left + right) / 2, bottom + 42 + below, axes.x, anchor="middle", kind="quiet"))
    middle = (y.begin + y.end) / 2
    marks.append(text(18, middle, axes.y, anchor="middle", kind="quiet", turn=-90))
    return marks


def limit_marks(axes: Axes, y: Scale) -> list[str]:
    """The levels to compare with, above the data."""
    marks = []
    for name, level in axes.limits.items():
        marks.append(line(LEFT, y(level), WIDTH - RIGHT, y(level), "limit"))
        marks.append(text(WIDTH - RIGHT - 2, y(level) - 5, name, anchor="end", kind="halo"))
    return marks


def page(axes: Axes, marks: Sequence[str], *, width: float = WIDTH, height: float = HEIGHT) -> str:
    """The whole file: title and description first, for who listens."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {px(width)} {px(height)}" width="{px(width)}" '
        f'height="{px(height)}" role="img" aria-labelledby="t d">'
    )
    about = axes.about or f"{axes.y} against {axes.x}"
    words = [f'<title id="t">{escape(axes.title)}</title>', f'<desc id="d">{escape(about)}</desc>']
    title = text(LEFT, TITLE_Y, axes.title, kind="title")
    return "\n".join([head, *words, f"<style>{STYLE}</style>", title, *marks, "</svg>", ""])


def _even(low: float, high: float) -> list[float]:
    rough = (high - low) / (TICKS_MAX - 1)
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * by for by in (1, 2, 2.5, 5, 10) if unit * by >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(at * step, 12) for at in range(first, math.floor(high / step + 1e-9) + 1)]


def _decades(low: float, high: float) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for parts in ((1, 2, 5), (1, 3), (1,)):
        found = [
            by * 10.0**at
            for at in decades
            for by in parts
            if low <= by * 10.0**at * 1.0001 and by * 10.0**at <= high * 1.0001
        ]
        if len(found) <= TICKS_MAX + 2:
            break
    return found or [low, high]
