"""Where zones are drawn. Pure; the plan keeps the order of the room and gives up its empty air.

A store is mostly floor: to scale, its cases are stamps on a large sheet. So each axis is stretched on its own, without
ever changing what is left of, or above, what: air wider than an aisle is drawn as an aisle, and a row or column of
zones too small for their names is made large enough. What stands in one line still does; what did not overlap does not.
"""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

UNIT: Final = 100
"""Drawn units a metre, where nothing is squeezed or stretched."""
AISLE: Final = 0.4
"""Metres of air between two zones that are drawn, at most;"""
MARGIN: Final = 0.2
"""around all of them;"""
GAP: Final = 0.12
"""and at least, beside a zone that was made larger."""
WIDE_MIN: Final = 1.75
TALL_MIN: Final = 1.15
"""A zone's least size, for a name of two lines and a number."""
GLYPH: Final = 13.0
"""Units that a letter of a name takes on average;"""
LINE: Final = 26
"""and a line of it."""
LINES_MAX: Final = 2
LAID_OUT_MAX: Final = 8
"""Plans that are kept: a zone stays where it is, and hundreds take longer to be placed than to be looked up."""
DENSE_FROM: Final = 2400
"""Units across from which a plan shows numbers only: names would be too small to be read."""


class Zone(Protocol):
    """What is drawn: a rectangle in metres, and its name."""

    @property
    def zone(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def x(self) -> float: ...
    @property
    def y(self) -> float: ...
    @property
    def width(self) -> float: ...
    @property
    def height(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Box:
    """Where one zone is drawn, in units, and its name in lines that fit into it."""

    x: int
    y: int
    width: int
    height: int
    lines: tuple[str, ...]

    @property
    def middle(self) -> tuple[int, int]:
        return self.x + self.width // 2, self.y + self.height // 2


@dataclass(frozen=True, slots=True)
class Plan:
    """A sheet of so many units, and its boxes by zone."""

    width: int
    height: int
    boxes: dict[str, Box]

    @property
    def dense(self) -> bool:
        return self.width >= DENSE_FROM


class _Spot(NamedTuple):
    """Of a zone what its place depends on."""

    zone: str
    name: str
    x: float
    y: float
    width: float
    height: float


def laid_out(zones: Sequence[Zone]) -> Plan:
    """The plan of these zones. Nobody measured where they are, all at one place: side by side then."""
    return _laid_out(tuple(_Spot(each.zone, each.name, each.x, each.y, each.width, each.height) for each in zones))


@functools.lru_cache(maxsize=LAID_OUT_MAX)
def _laid_out(zones: tuple[_Spot, ...]) -> Plan:
    if len({(zone.x, zone.y) for zone in zones}) == 1 and len(zones) > 1:
        return _side_by_side(zones)
    across = _Axis([(zone.x, zone.x + zone.width) for zone in zones], WIDE_MIN)
    down = _Axis([(zone.y, zone.y + zone.height) for zone in zones], TALL_MIN)
    wide = [(across.at(zone.x), across.at(zone.x + zone.width)) for zone in zones]
    tall = [(down.at(zone.y), down.at(zone.y + zone.height)) for zone in zones]
    wide = [_grown(nth, wide, tall, WIDE_MIN, across.length) for nth in range(len(zones))]
    tall = [_grown(nth, tall, wide, TALL_MIN, down.length) for nth in range(len(zones))]
    boxes = {}
    for zone, (left, right), (top, bottom) in zip(zones, wide, tall, strict=True):
        x, y, width, height = (round(each * UNIT) for each in (left, top, right - left, bottom - top))
        boxes[zone.zone] = Box(x, y, width, height, in_lines(zone.name, width))
    return Plan(round(across.length * UNIT), round(down.length * UNIT), boxes)


def in_lines(name: str, width: int) -> tuple[str, ...]:
    """A name in at most `LINES_MAX` lines of this width; what does not fit ends in an ellipsis."""
    room = max(3, int((width - 16) / GLYPH))
    lines = [""]
    for word in name.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) <= room or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > LINES_MAX:
        lines = [*lines[: LINES_MAX - 1], " ".join(lines[LINES_MAX - 1 :])]
    return tuple(line if len(line) <= room else line[: room - 1].rstrip(" ,") + "…" for line in lines if line)


Side = tuple[float, float]
"""From where to where, drawn metres along one axis."""


class _Axis:
    """Metres → drawn metres along one side: steady and never falling, in pieces between the edges of zones."""

    def __init__(self, spans: Iterable[Side], least: float) -> None:
        held = sorted(set(spans))
        self._edges = sorted({edge for span in held for edge in span})
        self._drawn = [MARGIN]
        leading = [span for span in held if not any(_within(span, other) for other in held)]
        for low, high in zip(self._edges, self._edges[1:], strict=False):
            covered = any(span[0] <= low and high <= span[1] for span in held)
            over = [span for span in leading if span[0] <= low and high <= span[1]]
            stretch = max((least / (end - begin) for begin, end in over), default=1.0)
            size = (high - low) * max(1.0, stretch) if covered else min(high - low, AISLE)
            self._drawn.append(self._drawn[-1] + size)

    @property
    def length(self) -> float:
        return self._drawn[-1] + MARGIN

    def at(self, edge: float) -> float:
        """Of an edge of a zone: nothing else is ever asked."""
        return self._drawn[self._edges.index(edge)]


def _within(span: Side, other: Side) -> bool:
    """A zone beside a larger one in its line stretches nothing: it is grown by itself, into the air around it."""
    return span != other and other[0] <= span[0] and span[1] <= other[1]


def _grown(nth: int, along: Sequence[Side], beside: Sequence[Side], least: float, length: float) -> Side:
    """The nth zone's side, made as long as it needs for its name and as its neighbours in that line let it.

    The air between two that are both too small is shared by halves: each grows without knowing how far the other does.
    """
    begin, end = along[nth]
    if end - begin >= least:
        return begin, end
    middle = (begin + end) / 2
    room = min(middle, length - middle) - GAP
    for other, (low, high) in enumerate(along):
        in_line = beside[other][0] < beside[nth][1] and beside[nth][0] < beside[other][1]
        if other != nth and in_line:
            air = low - end if low >= middle else begin - high
            shares = 2 if high - low < least else 1
            room = min(room, (end - begin) / 2 + (air - GAP) / shares)
    half = max((end - begin) / 2, min(least / 2, room))
    return middle - half, middle + half


def _side_by_side(zones: Sequence[Zone]) -> Plan:
    across = max(1, round((len(zones) * 1.6) ** 0.5))
    wide, tall = round(WIDE_MIN * UNIT), round(TALL_MIN * UNIT)
    gap, margin = round(AISLE * UNIT / 2), round(MARGIN * UNIT)
    boxes = {}
    for nth, zone in enumerate(zones):
        row, column = divmod(nth, across)
        x, y = margin + column * (wide + gap), margin + row * (tall + gap)
        boxes[zone.zone] = Box(x, y, wide, tall, in_lines(zone.name, wide))
    rows = -(-len(zones) // across)
    return Plan(2 * margin + across * (wide + gap) - gap, 2 * margin + rows * (tall + gap) - gap, boxes)
