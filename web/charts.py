"""Where the marks of a chart stand: columns over time, drawn by the server as SVG (`web/_charts.html`). Pure geometry.

A chart answers one question and has its table beside it; nothing in it can only be seen by pointing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

TOP: Final = 12
"""Half a word of the scale stands above its line."""
BOTTOM: Final = 28
GAP: Final = 0.28
"""Of a column's place."""
LINES: Final = 4


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a chart is drawn on; `left`: room for the words of the scale."""

    width: int
    height: int
    left: int
    labels_max: int


WIDE: Final = Sheet(640, 220, 64, 7)
NARROW: Final = Sheet(330, 210, 52, 4)
"""A phone: were the wide one made small there, nobody could read its words."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A column: its box, what it says to who asks, and the label under it (empty: none stands there)."""

    x: float
    y: float
    width: float
    height: float
    said: str
    label: str
    below: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the scale, and its words."""

    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Columns:
    """`before`: the columns of the time before, behind the others; as many, or none. `narrow`: the same for a phone."""

    sheet: Sheet
    marks: tuple[Mark, ...]
    before: tuple[Mark, ...]
    lines: tuple[Line, ...]
    zero: float
    narrow: "Columns | None" = None


def columns(
    values: Sequence[int], labels: Sequence[str], told: Callable[[int], str], *, before: Sequence[int] = ()
) -> Columns:
    """`told` says a value in words, short enough for the scale. Values may be below nothing: returns can."""
    wide, narrow = (_drawn(sheet, values, labels, told, before) for sheet in (WIDE, NARROW))
    return replace(wide, narrow=narrow)


def _drawn(
    sheet: Sheet, values: Sequence[int], labels: Sequence[str], told: Callable[[int], str], before: Sequence[int]
) -> Columns:
    told_all = (0, *values, *before)
    low, high, step = scale(min(told_all), max(told_all))
    plot = sheet.height - TOP - BOTTOM

    def y(value: float) -> float:
        return round(TOP + plot * (high - value) / (high - low), 1)

    place = (sheet.width - sheet.left) / max(1, len(values))
    every = max(1, -(-len(values) // sheet.labels_max))

    def mark(at: int, value: int, share: float) -> Mark:
        width = place * (1 - GAP) * share
        top, foot = y(max(value, 0)), y(min(value, 0))
        return Mark(
            x=round(sheet.left + place * at + (place - width) / 2, 1), y=top, width=round(width, 1),
            height=round(max(foot - top, 0), 1), said=f"{labels[at]}: {told(value)}",
            label=labels[at] if at % every == 0 else "", below=value < 0,
        )  # fmt: skip

    return Columns(
        sheet=sheet,
        marks=tuple(mark(at, value, 0.72 if before else 1.0) for at, value in enumerate(values)),
        before=tuple(mark(at, value, 1.0) for at, value in enumerate(before[: len(values)])),
        lines=tuple(Line(y(at), told(round(at))) for at in _steps(low, high, step)),
        zero=y(0),
    )  # fmt: skip


def _steps(low: float, high: float, step: float) -> list[float]:
    return [low + step * at for at in range(round((high - low) / step) + 1)]


def scale(low: float, high: float) -> tuple[float, float, float]:
    """The ends and the step of a scale that holds both in about `LINES` round steps: 1, 2 or 5 times a power of ten."""
    reach = max(high - low, 1)
    power = 1.0
    while power * 10 <= reach / LINES:
        power *= 10
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= reach / LINES)
    foot, head = low // step * step, -(-high // step) * step
    return foot, head if head > foot else foot + step, step
