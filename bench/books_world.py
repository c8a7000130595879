"""Two weeks of a store whose books go wrong: what its antennas, pads, gate and people say each day, by seed.

Written down before the methods tried in it. The truth is in `Store.errors`; a method sees `Day` and may ask people to
look for pieces. Beside the errors there is ordinary life: sales, showings, booked moves, thefts, tags that read badly.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

PIECES: Final = 400
ZONES: Final = 10
TRAY: Final = 8
HOURS: Final = 9
"""Open hours of a day."""
DAYS: Final = 14
LOOKS_MAX: Final = 30
"""Pieces that people will look for at the end of a day."""
SHOWN_PER_PIECE_DAY: Final = 1 / 4
SOLD_PER_DAY: Final = 3
MOVED_PER_DAY: Final = 4
STOLEN_PER_DAY: Final = 0.1
ZONE_WRONG: Final = 0.004
"""An hour's best zone is wrong so often."""
SCALE_MG: Final = 15.0
PHOTO_RIGHT: Final = 0.97
"""A seller who is shown the photo of the tag's piece sees that it is another, or the same, so often."""
FOUND_BY_HAND: Final = 0.95
GATE_READS: Final = 0.97


class Wrong(StrEnum):
    """What can be wrong with the books."""

    SWAP = "swap"
    WRONG_TRAY = "wrong tray"
    UNBOOKED_MOVE = "unbooked move"
    DOUBLE_TAG = "double tag"
    DEAD_TAG = "dead tag"
    UNBOOKED_SALE = "unbooked sale"


class Injected(NamedTuple):
    """One error. `pieces`: both of a swap, all of a moved tray, else one. `day` it happened on, from 0."""

    wrong: Wrong
    pieces: tuple[int, ...]
    day: int


class Hourly(NamedTuple):
    """What antennas heard in an hour: tag int32[k], best zone int32[k], share of the rounds that read it [k]."""

    hour: int
    tag: NDArray[np.int32]
    zone: NDArray[np.int32]
    share: NDArray[np.float64]


class Padded(NamedTuple):
    """Laid on the pad to be shown or sold: EPCs read, grams on the scale, and whether a person said that the photo of
    `asked`, the first known piece, is this thing. `from_tray` is the booked tray that a person took it out of."""

    hour: int
    tags: tuple[int, ...]
    weight_mg: float
    asked: int
    is_it: bool
    from_tray: int


class Passed(NamedTuple):
    """Read at the gate on its way out."""

    hour: int
    tag: int


class Booked(NamedTuple):
    """An act in the books: `sold`, or `moved` to a tray (of a zone)."""

    hour: int
    act: str
    piece: int
    tray: int


class Looked(NamedTuple):
    """A person looked for a piece: found or not, in which tray, and the EPCs its tags gave in the hand."""

    piece: int
    found: bool
    tray: int
    tags: tuple[int, ...]


class Day(NamedTuple):
    """A day's notes, in the order of their hours."""

    hours: list[Hourly]
    pads: list[Padded]
    gate: list[Passed]
    books: list[Booked]


@dataclass
class Store:
    """Pieces 0…n-1 carry tags of the same number, as the books have it; further tags are unknown to the books.

    The books (to be read by anybody): `book_tray`, `book_zone`, `weight_mg`, `sold`. The truth: `errors`, `stolen`,
    and what begins with an underscore.
    """

    seed: int
    errors_wished: int
    errors: list[Injected] = field(default_factory=list)
    stolen: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng, n = np.random.default_rng(self.seed), PIECES
        self.book_tray = (np.arange(n) // TRAY).astype(np.int32)
        self.zone_of_tray = (np.arange(n // TRAY) * ZONES // (n // TRAY)).astype(np.int32)
        self.weight_mg = self.rng.lognormal(np.log(4000), 0.6, n).round()
        self.sold = np.zeros(n, np.bool_)
        self._tags: list[list[int]] = [[piece] for piece in range(n)]
        self._tray, self._here = self.book_tray.copy(), np.ones(n, np.bool_)
        self._p = np.where(self.rng.random(n) < 0.03, 0.02, self.rng.beta(4, 1.5, n))
        self._dead: set[int] = set()
        self._next_tag, self._touched = n, set[int]()
        kinds = list(Wrong)
        plan = [kinds[i % len(kinds)] for i in range(self.errors_wished)]
        self._plan = sorted(zip(self.rng.integers(0, DAYS - 4, len(plan)).tolist(), plan, strict=True))
        self.day = -1

    @property
    def book_zone(self) -> NDArray[np.int32]:
        """Zone each piece's books say."""
        return np.asarray(self.zone_of_tray[self.book_tray], np.int32)

    def live(self) -> Day:
        """The next day."""
        self.day += 1
        out = Day([], [], [], [])
        due = [wrong for day, wrong in self._plan if day == self.day]
        for hour in range(self.day * HOURS, (self.day + 1) * HOURS):
            while due and self.rng.random() < len(due) / ((self.day + 1) * HOURS - hour):
                self._go_wrong(due.pop(), hour, out)
            for _ in range(self.rng.poisson(SOLD_PER_DAY / HOURS)):
                self._sell(hour, out, booked=True)
            for _ in range(self.rng.poisson(SHOWN_PER_PIECE_DAY * PIECES / HOURS)):
                self._show(self._any(), hour, out)
            for _ in range(self.rng.poisson(MOVED_PER_DAY / HOURS)):
                piece = self._any(touched=True)
                self._tray[piece] = self.book_tray[piece] = tray = int(self.rng.integers(0, PIECES // TRAY))
                out.books.append(Booked(hour, "moved", piece, tray))
            if self.rng.random() < STOLEN_PER_DAY / HOURS:
                piece = self._any(touched=True)
                self._here[piece], self.stolen[piece] = False, self.day
                self._touched.add(piece)
            out.hours.append(self._hear(hour))
        return out

    def look_for(self, pieces: list[int]) -> list[Looked]:
        """People look for pieces when the shop is closed; at most `LOOKS_MAX` a day."""
        assert len(pieces) <= LOOKS_MAX, "people look for no more pieces a day than LOOKS_MAX"
        out = []
        for piece in pieces:
            found = bool(self._here[piece] and self.rng.random() < FOUND_BY_HAND)
            tags = tuple(tag for tag in self._tags[piece] if tag not in self._dead) if found else ()
            out.append(Looked(piece, found, int(self._tray[piece]) if found else -1, tags))
        return out

    # --- ordinary life ---

    def _any(self, *, touched: bool = False) -> int:
        """A piece that is here; with `touched`, one that nothing was wrong with so far."""
        able = self._here.copy()
        if touched:
            able[list(self._touched)] = False
        return int(self.rng.choice(np.flatnonzero(able)))

    def _show(self, piece: int, hour: int, out: Day) -> None:
        tags = tuple(tag for tag in self._tags[piece] if tag not in self._dead)
        asked = next((tag for tag in tags if tag < PIECES), -1)
        is_it = (asked == piece) == bool(self.rng.random() < PHOTO_RIGHT) if asked >= 0 else False
        weight = float(self.weight_mg[piece] + self.rng.normal(0, SCALE_MG))
        out.pads.append(Padded(hour, tags, weight, asked, is_it, int(self._tray[piece])))

    def _sell(self, hour: int, out: Day, *, booked: bool) -> int:
        piece = self._any(touched=True)
        self._show(piece, hour, out)
        if booked:
            self.sold[piece] = True
            out.books.append(Booked(hour, "sold", piece, -1))
        self._here[piece] = False
        self._touched.add(piece)
        out.gate.extend(Passed(hour, tag) for tag in self._tags[piece] if self.rng.random() < GATE_READS)
        return piece

    def _hear(self, hour: int) -> Hourly:
        """Every live tag of every piece that is here; what reads badly is missed in some hours."""
        pairs = [(tag, piece) for piece in np.flatnonzero(self._here).tolist() for tag in self._tags[piece]]
        tag, piece = (np.array(column) for column in zip(*pairs, strict=True))
        share = np.clip(self._p[piece] * self.rng.beta(20, 2, len(tag)) * (self.rng.random(len(tag)) > 0.01), 0, 1)
        heard = (share > 0) & ~np.isin(tag, list(self._dead))
        zone = self.zone_of_tray[self._tray[piece]]
        wrong = self.rng.random(len(tag)) < ZONE_WRONG
        zone = np.where(wrong, (zone + self.rng.choice([-1, 1], len(tag))) % ZONES, zone)
        return Hourly(hour, tag[heard].astype(np.int32), zone[heard].astype(np.int32), share[heard])

    # --- what goes wrong ---

    def _go_wrong(self, wrong: Wrong, hour: int, out: Day) -> None:
        pieces: tuple[int, ...] = (self._any(touched=True),)
        match wrong:
            case Wrong.SWAP:
                self._touched.add(pieces[0])
                pieces = (pieces[0], self._any(touched=True))
                a, b = pieces
                self._tags[a], self._tags[b] = self._tags[b], self._tags[a]
            case Wrong.WRONG_TRAY:  # shown, and put back elsewhere
                self._show(pieces[0], hour, out)
                self._tray[pieces[0]] = self._other_zone(pieces[0])
            case Wrong.UNBOOKED_MOVE:  # a tray's pieces carried elsewhere, by somebody who does not book it
                mates = np.flatnonzero((self._tray == self._tray[pieces[0]]) & self._here)
                pieces = tuple(p for p in mates.tolist() if p not in self._touched)
                self._tray[list(pieces)] = self._other_zone(pieces[0])
            case Wrong.DOUBLE_TAG:
                self._tags[pieces[0]].append(self._next_tag)
                self._next_tag += 1
            case Wrong.DEAD_TAG:
                self._dead.add(self._tags[pieces[0]][0])
            case Wrong.UNBOOKED_SALE:
                pieces = (self._sell(hour, out, booked=False),)
        self._touched.update(pieces)
        self.errors.append(Injected(wrong, pieces, self.day))

    def _other_zone(self, piece: int) -> int:
        """A tray of another zone."""
        zone = self.zone_of_tray[self._tray[piece]]
        return int(self.rng.choice(np.flatnonzero(self.zone_of_tray != zone)))
