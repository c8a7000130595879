"""What is wrong with the books: swapped tags, a piece in the wrong place, a double or dead tag, a sale nobody booked.

Takes   what antennas, pads, the gate, the books and people say, as it comes: by the hour, by the act, by the look.
Gives   `to_look_for`: pieces worth a person's minute at the end of a day, most telling first; and `Finding`s, each with
        its cause, its pieces and the sentence that says why.

Radio tells where tags are, a hand tells what they hang on. Neither alone names a cause: the same silence is a dead tag,
a sale that was not booked or a theft. So nothing is named by radio that a look can decide, and looks are asked for
where they decide most. What stays unexplained (a theft) is not named: that is the business of alarms.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

SILENT_HOURS: Final = 3
"""A tag unheard for so many open hours is worth a look."""
ELSEWHERE_HOURS: Final = 3
"""A tag heard best in another zone for so many of its last `ELSEWHERE_OF` hours lies there."""
ELSEWHERE_OF: Final = 4
NOT_FOUND_LOOKS: Final = 2
"""A piece is gone when people have looked for it so often in vain: each overlooks one in twenty."""
TOGETHER_HOURS: Final = 2
"""Pieces that changed place within so many hours of each other did so together; a tag is missed in some."""
STRANGERS_MAX: Final = 1000
"""Unknown tags followed."""
NOWHERE: Final = -1


class Cause(StrEnum):
    """What went wrong."""

    SWAP = "swap"
    WRONG_TRAY = "wrong tray"
    UNBOOKED_MOVE = "unbooked move"
    DOUBLE_TAG = "double tag"
    DEAD_TAG = "dead tag"
    UNBOOKED_SALE = "unbooked sale"


class Finding(NamedTuple):
    """A named error: `rows` of the pieces concerned, ascending, and why we say so."""

    cause: Cause
    rows: tuple[int, ...]
    why: str


class Wish(NamedTuple):
    """A piece worth a person's minute, and why."""

    row: int
    why: str


class Look(NamedTuple):
    """A person looked for the piece of `row`: found or not, and the tags on it, by row; strangers by `stranger`."""

    row: int
    found: bool
    tags: tuple[int, ...]


def stranger(number: int) -> int:
    """How the unknown tag of this number (from 0) is written where rows of known pieces are."""
    return -2 - number


@dataclass
class BookErrors:
    """One store. Hours are open hours, counted by the caller; rows are pieces, and the tags the books gave them.

    `zone` int32[n]: where the books say each piece lies; -1: not expected here. Kept true by `booked`.
    """

    zone: NDArray[np.int32]
    strangers_not_followed: int = 0
    _named: set[tuple[Cause, tuple[int, ...]]] = field(default_factory=set)

    def __post_init__(self) -> None:
        zone, self.zone = self.zone, np.zeros(0, np.int32)
        self._heard, self._since, self._shown, self._shown_before = (np.zeros(0, np.int64) for _ in range(4))
        # Hours: last heard; first heard best where the books do not have it, without a return; last on the pad, and as
        # that was when it came to lie elsewhere.
        self._places = np.zeros((0, ELSEWHERE_OF), np.int32)
        """Zones of its last hours, newest first."""
        self.grow(len(zone))
        self.zone[:] = zone
        self._passed: dict[int, int] = {}
        self._strangers: dict[int, int] = {}
        self._holder: dict[int, int] = {}
        self._cleared: dict[int, int] = {}
        self._missed: dict[int, int] = defaultdict(int)
        self._suspect: set[int] = set()
        self._moves: dict[tuple[int, int], int] = {}
        """Hour of the last named move, by where from and where to;"""
        self._joined: set[int] = set()
        """rows that came late to one."""
        self._found: list[Finding] = []
        self._hour = 0

    def grow(self, rows: int) -> None:
        """Make room for rows up to `rows`; new ones are nowhere and were never heard."""
        more = rows - len(self.zone)
        if more <= 0:
            return
        self.zone = np.concatenate([self.zone, np.full(more, NOWHERE, np.int32)])
        for name in ("_heard", "_since", "_shown", "_shown_before"):
            setattr(self, name, np.concatenate([getattr(self, name), np.full(more, NOWHERE, np.int64)]))
        self._places = np.concatenate([self._places, np.full((more, ELSEWHERE_OF), NOWHERE, np.int32)])

    def forget(self, rows: Iterable[int]) -> None:
        """These rows mean other pieces now."""
        for row in rows:
            self.zone[row] = self._heard[row] = self._since[row] = self._shown[row] = self._shown_before[row] = NOWHERE
            self._places[row] = NOWHERE
            for known in (self._passed, self._cleared, self._missed, self._holder):
                known.pop(row, None)
            self._suspect.discard(row)
            self._joined.discard(row)
            self._named = {each for each in self._named if row not in each[1]}

    # --- what is said -----------------------------------------------------------------------------------------

    def heard(self, hour: int, tags: NDArray[np.int32], zones: NDArray[np.int32]) -> None:
        """An open hour: every tag that was heard in it, and the zone that heard it best. Strangers by `stranger`."""
        self._hour = hour
        known = tags >= 0
        rows, where = tags[known], zones[known]
        self._heard[rows] = hour
        self._places[rows] = np.column_stack([where, self._places[rows, :-1]])
        away = where != self.zone[rows]
        begins = rows[away & (self._since[rows] < 0)]
        self._since[begins], self._shown_before[begins] = hour, self._shown[begins]
        back = (self._places[rows, :2] == self.zone[rows, None]).all(axis=1)
        self._since[rows[back]] = NOWHERE
        for tag, zone in zip(tags[~known].tolist(), zones[~known].tolist(), strict=True):
            if tag not in self._strangers and len(self._strangers) >= STRANGERS_MAX:
                self.strangers_not_followed += 1
                continue
            self._strangers[tag] = zone

    def padded(self, hour: int, tags: Iterable[int], *, is_it: bool | None = None) -> None:
        """Tags on the pad together; `is_it`: whether a person says that this is the piece in the known tag's photo."""
        on = list(tags)
        rows = [tag for tag in on if tag >= 0]
        for row in rows:
            self._shown[row] = hour
        if len(rows) == 1:
            for tag in on:
                if tag < 0 and tag not in self._holder:
                    self._suspect.add(rows[0])
            if is_it is False:
                self._suspect.add(rows[0])

    def passed(self, hour: int, row: int) -> None:
        """Read at the gate on its way out; a stranger there says nothing of the books."""
        if row >= 0:
            self._passed[row] = hour

    def booked(self, row: int, zone: int) -> None:
        """The books have it elsewhere now; -1: sold, shipped, out."""
        self.zone[row] = zone
        self._since[row] = NOWHERE
        self._places[row] = zone
        self._suspect.discard(row)
        self._missed.pop(row, None)

    def looked(self, look: Look) -> None:
        """What a person found in the hand."""
        self._suspect.discard(look.row)
        if not look.found:
            self._missed[look.row] += 1
            return
        self._missed.pop(look.row, None)
        self._cleared[look.row] = self._hour
        others = tuple(tag for tag in look.tags if tag != look.row)
        for tag in others:
            self._holder[tag] = look.row
        if not look.tags:
            self._name(Cause.DEAD_TAG, (look.row,), f"found by hand; its tag gives nothing, {self._ago(look.row)}")
        for tag in others:
            if tag < 0 and look.row in look.tags:
                self._name(
                    Cause.DOUBLE_TAG, (look.row,), "two tags answer on it, its own and one the books do not know"
                )
            elif tag >= 0:
                self._suspect.add(tag)
                back = "each hangs on the other's piece" if self._holder.get(look.row) == tag else "it carries that tag"
                self._name(Cause.SWAP, tuple(sorted((look.row, tag))), f"{back}, said the hand that held it")

    # --- what is asked and found ------------------------------------------------------------------------------

    def to_look_for(self, looks_max: int) -> list[Wish]:
        """Pieces worth a look today, most telling first."""
        wishes = [Wish(row, "what lies on the pad may not be it") for row in sorted(self._suspect)]
        known = self._rows_named(Cause.UNBOOKED_SALE) | self._rows_named(Cause.DEAD_TAG)
        silent = np.flatnonzero((self.zone >= 0) & (self._hour - self._heard >= SILENT_HOURS))
        wishes += [
            Wish(row, self._ago(row))
            for row in silent.tolist()
            if row not in known and self._missed[row] <= NOT_FOUND_LOOKS
        ]
        moved = self._moved()
        wishes += [
            Wish(row, "heard elsewhere than the books have it")
            for row in self._displaced().tolist()
            if row not in moved and self._cleared.get(row, NOWHERE) < self._since[row]
        ]
        wishes += [Wish(row, "a tag that no book knows is near") for row in self._beside_strangers()]
        first = {wish.row: wish for wish in reversed(wishes) if self.zone[wish.row] >= 0}
        return sorted(first.values(), key=wishes.index)[:looks_max]

    def newly_named(self) -> list[Finding]:
        """What has become clear since this was asked last: best after a day's looks have been told."""
        self._name_moves()
        self._name_sales()
        found, self._found = self._found, []
        return found

    # --- reasoning --------------------------------------------------------------------------------------------

    def _displaced(self) -> NDArray[np.intp]:
        """Rows whose tag has been heard where the books do not have it for most of its last hours, at one place."""
        place = self._places[:, :1]
        often = (self._places == place).sum(axis=1) >= ELSEWHERE_HOURS
        return np.flatnonzero((self.zone >= 0) & often & (place[:, 0] >= 0) & (place[:, 0] != self.zone))

    def _name_moves(self) -> None:
        """Pieces that lie elsewhere: together from one place to another it was a move, alone from the pad a mistake."""
        swapped, moved = self._rows_named(Cause.SWAP), self._moved()
        groups: dict[tuple[int, int], list[int]] = defaultdict(list)
        for row in self._displaced().tolist():
            if row not in swapped | moved:
                groups[int(self.zone[row]), int(self._places[row, 0])].append(row)
        for (home, place), rows in groups.items():
            rows.sort(key=lambda row: self._since[row])
            for together in _runs(rows, [int(self._since[row]) for row in rows]):
                began = int(self._since[together].min())
                if self._hour - began < ELSEWHERE_OF or self._joins(began, home, place, together):
                    continue
                if len(together) > 1 or self._cleared.get(together[0], NOWHERE) >= began:
                    self._name_move(tuple(sorted(together)), home, place)

    def _joins(self, began: int, home: int, place: int, rows: list[int]) -> bool:
        """Latecomers to a move that has been named: heard at the new place only an hour or two after the others."""
        known = self._moves.get((home, place), NOWHERE)
        if known == NOWHERE or abs(began - known) > TOGETHER_HOURS:
            return False
        self._joined.update(rows)
        return True

    def _name_move(self, rows: tuple[int, ...], home: int, place: int) -> None:
        began = int(self._since[list(rows)].min())
        said = f"heard in zone {place} and not in zone {home} since {self._hour - began + 1} open hours"
        shown = int(self._shown_before[rows[0]])
        if len(rows) == 1 and began - 1 <= shown <= began:
            self._name(Cause.WRONG_TRAY, rows, f"{said}, since it was shown")
        else:
            how = f"{len(rows)} pieces at once" if len(rows) > 1 else "not shown before"
            self._moves[home, place] = began
            self._name(Cause.UNBOOKED_MOVE, rows, f"{said}, {how}")

    def _name_sales(self) -> None:
        """Gone by two looks: shown to a client and through the gate it was sold; with less it is as well a theft."""
        for row, looks in self._missed.items():
            if looks < NOT_FOUND_LOOKS or self.zone[row] < 0:
                continue
            last = int(self._heard[row])
            shown = last <= int(self._shown[row]) <= last + 1
            passed = self._passed.get(row, NOWHERE) >= last
            if shown and passed:
                said = f"shown in the hour it was last heard, then read at the gate, {looks} looks in vain"
                self._name(Cause.UNBOOKED_SALE, (row,), said)

    def _rows_named(self, cause: Cause) -> set[int]:
        return set[int]().union(*(rows for named, rows in self._named if named is cause))

    def _moved(self) -> set[int]:
        """Rows whose being elsewhere has been named, and that still lie there."""
        rows = self._rows_named(Cause.WRONG_TRAY) | self._rows_named(Cause.UNBOOKED_MOVE) | self._joined
        return {row for row in rows if self._since[row] >= 0}

    def _beside_strangers(self) -> list[int]:
        """Pieces that may carry an unknown tag: in its zone, and not in a hand since it came."""
        free = [zone for tag, zone in self._strangers.items() if tag not in self._holder]
        if not free:
            return []
        here = np.flatnonzero(np.isin(self._places[:, 0], free) & (self.zone >= 0))
        return sorted((row for row in here.tolist()), key=lambda row: self._cleared.get(row, -1))

    def _name(self, cause: Cause, rows: tuple[int, ...], why: str) -> None:
        if (cause, rows) not in self._named:
            self._named.add((cause, rows))
            self._found.append(Finding(cause, rows, why))

    def _ago(self, row: int) -> str:
        last = int(self._heard[row])
        return f"unheard for {self._hour - last} open hours" if last >= 0 else "never heard"


def _runs(rows: list[int], hours: list[int]) -> list[list[int]]:
    """Rows cut where more than `TOGETHER_HOURS` lie between two of their hours; both in the order of hours."""
    out: list[list[int]] = []
    for row, hour, before in zip(rows, hours, [None, *hours[:-1]], strict=True):
        if before is None or hour - before > TOGETHER_HOURS:
            out.append([])
        out[-1].append(row)
    return out
