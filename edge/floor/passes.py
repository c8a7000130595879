"""Passes: what a person with a handheld has found in the zone they sweep, and what they have not, as long as they look.

A pass collects what its handheld reads in its zone between its beginning and its end. It decides nothing: what the
reads mean to presence and counts happens beside it (`sweeps.py`), and what it lacks is a list for the person's eyes.
It lives in memory alone; after a restart one begins a new pass, and what was found is still found.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contract.facts import AnyFact
from contract.ids import PieceId, ReaderId, UserId, ZoneId
from edge.floor.rounds import Heard, Round
from edge.floor.stock import Stock
from edge.floor.zonemap import NO_ZONE

PASSES_OPEN_MAX: Final = 16
PASSES_KEPT_MAX: Final = 48
IDLE_US: Final = 1_800_000_000
"""A pass in which nothing is read for so long has been forgotten by its person."""
UNKNOWN_TAGS_MAX: Final = 2_000
NAMED_MAX: Final = 200
"""Pieces named in each list; the rest are counted."""
SHOW_EVERY_US: Final = 200_000


class PassRefusedError(Exception):
    """This pass cannot be begun or continued; the message says why and what to do."""


class Stranger(NamedTuple):
    """A piece of ours that was read and is not expected to lie in the zone, and why."""

    piece: PieceId
    why: str


@dataclass(frozen=True, slots=True)
class PassNow:
    """A pass as pages see it. `began_us` is wall time. Lists hold `NAMED_MAX` at most, the figures all."""

    name: str
    zone: ZoneId
    reader: ReaderId
    by: UserId
    began_us: int
    open: bool = True
    expected: int = 0
    found: int = 0
    missing: tuple[PieceId, ...] = ()
    """Expected here and not read yet: to be looked for, nothing more."""
    strangers: tuple[Stranger, ...] = ()
    strangers_total: int = 0
    unknown_tags: int = 0


@dataclass(slots=True)
class _Pass:
    name: str
    zone: int
    reader: ReaderId
    began_us: int
    heard_us: int
    rows: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    unknown: set[int] = field(default_factory=set)


class Passes:
    """Owned by the house thread. `now` is swapped whole, for anybody to read; `hear` is a detector of the pipeline."""

    def __init__(self, stock: Stock) -> None:
        self.now: Mapping[str, PassNow] = {}
        self.unknown_dropped_total = 0
        self._stock = stock
        self._open: dict[str, _Pass] = {}
        self._changed: set[str] = set()
        self._shown_us = 0

    def begin(self, fresh: PassNow, now_us: int) -> None:
        """Nothing happens when it runs already. Raises `PassRefusedError`. Its zone is one its reader may sweep."""
        name, known = fresh.name, self.now.get(fresh.name)
        if known is not None and (known.zone, known.reader) != (fresh.zone, fresh.reader):
            raise PassRefusedError(f"{name} sweeps {known.zone} with {known.reader}; give another pass another name")
        if name in self._open:
            return
        if known is not None:
            raise PassRefusedError("This pass has ended; begin a new one")
        if len(self._open) >= PASSES_OPEN_MAX:
            raise PassRefusedError(f"{PASSES_OPEN_MAX} passes are under way; end one that nobody walks any more")
        self._open[name] = _Pass(name, self._stock.zones.index[fresh.zone], fresh.reader, now_us, now_us)
        self.now = {**self.now, name: fresh}
        self._show((name,))

    def end(self, name: str) -> None:
        """Its last picture stays for a while. Nothing happens when it has ended already."""
        if name in self._open:
            self._show((name,))
            del self._open[name]
            shown = {**self.now, name: replace(self.now[name], open=False)}
            ended = [each for each in shown if each not in self._open]
            for each in ended[: max(0, len(shown) - PASSES_KEPT_MAX)]:
                del shown[each]
            self.now = shown

    def hear(self, heard: list[Heard], rounds: list[Round], now_us: int) -> list[AnyFact]:
        """A tick of the pipeline. It has nothing to say: no facts."""
        del rounds
        for one in heard if self._open else ():
            for each in self._open.values():
                if one.reader == each.reader and one.arrived_us >= each.began_us:
                    self._collect(each, one, now_us)
        for name, each in list(self._open.items()):
            if now_us - each.heard_us > IDLE_US:
                self.end(name)
                self._changed.add(name)
        return []

    def changed(self, now_us: int) -> bool:
        """Swap what pages see, a few times a second at most; true when there was something to swap."""
        if not self._changed or now_us - self._shown_us < SHOW_EVERY_US:
            return False
        self._shown_us = now_us
        self._show(self._changed & self._open.keys())
        self._changed.clear()
        return True

    def _collect(self, each: _Pass, one: Heard, now_us: int) -> None:
        here, strange = one.row[one.zone == each.zone], one.unknown[one.unknown_zone == each.zone]
        if not len(here) and not len(strange):
            return
        each.heard_us = now_us
        self._changed.add(each.name)
        if len(each.rows) < len(self._stock):
            each.rows = np.concatenate([each.rows, np.zeros(len(self._stock) - len(each.rows), np.bool_)])
        each.rows[here] = True
        room = UNKNOWN_TAGS_MAX - len(each.unknown)
        new = set(strange.tolist()) - each.unknown
        self.unknown_dropped_total += max(0, len(new) - room)
        each.unknown |= set(list(new)[:room])

    def _show(self, names: Iterable[str]) -> None:
        shown = dict(self.now)
        for name in names:
            each = self._open[name]
            size = len(self._stock)
            read = np.zeros(size, np.bool_)
            read[: len(each.rows)] = each.rows[:size]
            expected = self._stock.expected[:size] & (self._stock.lies[:size] == each.zone)
            others = np.flatnonzero(read & ~expected)
            shown[name] = replace(
                shown[name],
                expected=int(expected.sum()),
                found=int((expected & read).sum()),
                missing=self._pieces(np.flatnonzero(expected & ~read)),
                strangers=tuple(Stranger(piece, self._why(piece)) for piece in self._pieces(others)),
                strangers_total=len(others),
                unknown_tags=len(each.unknown),
            )
        self.now = shown

    def _pieces(self, rows: NDArray[np.intp]) -> tuple[PieceId, ...]:
        named = (self._stock.catalogue.pieces[row] for row in rows[:NAMED_MAX].tolist())
        return tuple(piece for piece in named if piece is not None)

    def _why(self, piece: PieceId) -> str:
        """Why a piece that was read here was not expected here."""
        away = self._stock.status_of(piece).away_because
        if away:
            return away
        row = self._stock.catalogue.row_of(piece)
        zone = NO_ZONE if row is None else int(self._stock.lies[row])
        return "has no place here" if zone == NO_ZONE else f"lies in {self._stock.zones.zones[zone].name}"
