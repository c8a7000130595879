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
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.books.notes import NOWHERE, PLACES_KEPT, Cause, Notes

SILENT_HOURS: Final = 3
"""A tag unheard for so many open hours is worth a look."""
ELSEWHERE_HOURS: Final = 3
"""A tag heard best in another zone for so many of its last `ELSEWHERE_OF` hours lies there."""
ELSEWHERE_OF: Final = PLACES_KEPT
NOT_FOUND_LOOKS: Final = 2
"""A piece is gone when people have looked for it so often in vain: each overlooks one in twenty."""
TOGETHER_HOURS: Final = 2
"""Pieces that changed place within so many hours of each other did so together; a tag is missed in some."""
STRANGERS_MAX: Final = 1000
"""Unknown tags followed."""


class Finding(NamedTuple):
    """A named error: `rows` of the pieces concerned, ascending, and why we say so: `{}` stands for the name of each
    zone of `zones` in turn, which radio knows by number only.
    """

    cause: Cause
    rows: tuple[int, ...]
    why: str
    zones: tuple[int, ...] = ()


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


class BookErrors:
    """One store. Hours are open hours, counted by the caller; rows are pieces, and the tags the books gave them.

    `notes` holds all that was gathered; `notes.zone` is where the books have each piece, kept true by `booked`.
    """

    def __init__(self, notes: Notes | None = None) -> None:
        self.notes = Notes() if notes is None else notes
        self.strangers_not_followed = 0
        self._found: list[Finding] = []

    # --- what is said -----------------------------------------------------------------------------------------

    def heard(self, hour: int, tags: NDArray[np.int32], zones: NDArray[np.int32]) -> None:
        """An open hour: every tag that was heard in it, and the zone that heard it best. Strangers by `stranger`."""
        self.notes.hour = hour
        known = tags >= 0
        rows, where = tags[known], zones[known]
        self.notes.heard[rows] = hour
        self.notes.places[rows] = np.column_stack([where, self.notes.places[rows, :-1]])
        away = where != self.notes.zone[rows]
        begins = rows[away & (self.notes.since[rows] < 0)]
        self.notes.since[begins], self.notes.shown_before[begins] = hour, self.notes.shown[begins]
        back = (self.notes.places[rows, :2] == self.notes.zone[rows, None]).all(axis=1)
        self.notes.since[rows[back]] = NOWHERE
        for tag, zone in zip(tags[~known].tolist(), zones[~known].tolist(), strict=True):
            if tag not in self.notes.strangers and len(self.notes.strangers) >= STRANGERS_MAX:
                self.strangers_not_followed += 1
                continue
            self.notes.strangers[tag] = zone

    def padded(self, hour: int, tags: Iterable[int], *, is_it: bool | None = None) -> None:
        """Tags on the pad together; `is_it`: whether a person says that this is the piece in the known tag's photo."""
        on = list(tags)
        rows = [tag for tag in on if tag >= 0]
        for row in rows:
            self.notes.shown[row] = hour
        if len(rows) == 1:
            for tag in on:
                if tag < 0 and tag not in self.notes.holder:
                    self.notes.suspect.add(rows[0])
            if is_it is False:
                self.notes.suspect.add(rows[0])

    def passed(self, hour: int, row: int) -> None:
        """Read at the gate on its way out; a stranger there says nothing of the books."""
        if row >= 0:
            self.notes.passed[row] = hour

    def booked(self, row: int, zone: int) -> None:
        """The books have it elsewhere now; -1: sold, shipped, out."""
        self.notes.zone[row] = zone
        self.notes.since[row] = NOWHERE
        self.notes.places[row] = zone
        self.notes.suspect.discard(row)
        self.notes.missed.pop(row, None)

    def looked(self, look: Look) -> None:
        """What a person found in the hand."""
        self.notes.suspect.discard(look.row)
        if not look.found:
            self.notes.missed[look.row] += 1
            return
        self.notes.missed.pop(look.row, None)
        self.notes.cleared[look.row] = self.notes.hour
        others = tuple(tag for tag in look.tags if tag != look.row)
        for tag in others:
            self.notes.holder[tag] = look.row
        if not look.tags:
            self._name(Cause.DEAD_TAG, (look.row,), f"found by hand; its tag gives nothing, {self._ago(look.row)}")
        for tag in others:
            if tag < 0 and look.row in look.tags:
                self._name(
                    Cause.DOUBLE_TAG,
                    (look.row,),
                    f"2 tags answer on it, its own and one the books do not know, {self._ago(look.row)}",
                )
            elif tag >= 0:
                self.notes.suspect.add(tag)
                back = (
                    "both were held in the hand, and each carried the tag of the other"
                    if self.notes.holder.get(look.row) == tag
                    else "one was held in the hand, and it carried the tag of the other"
                )
                self._name(Cause.SWAP, tuple(sorted((look.row, tag))), f"{back}, {self._ago(tag)}")

    # --- what is asked and found ------------------------------------------------------------------------------

    def to_look_for(self, looks_max: int) -> list[Wish]:
        """Pieces worth a look today, most telling first."""
        wishes = [Wish(row, "what lies on the pad may not be it") for row in sorted(self.notes.suspect)]
        known = self._rows_named(Cause.UNBOOKED_SALE) | self._rows_named(Cause.DEAD_TAG)
        silent = np.flatnonzero((self.notes.zone >= 0) & (self.notes.hour - self.notes.heard >= SILENT_HOURS))
        wishes += [
            Wish(row, self._ago(row))
            for row in silent.tolist()
            if row not in known and self.notes.missed[row] <= NOT_FOUND_LOOKS
        ]
        moved = self._moved()
        wishes += [
            Wish(row, "heard elsewhere than the books have it")
            for row in self._displaced().tolist()
            if row not in moved and self.notes.cleared.get(row, NOWHERE) < self.notes.since[row]
        ]
        wishes += [Wish(row, "a tag that no book knows is near") for row in self._beside_strangers()]
        first = {wish.row: wish for wish in reversed(wishes) if self.notes.zone[wish.row] >= 0}
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
        place = self.notes.places[:, :1]
        often = (self.notes.places == place).sum(axis=1) >= ELSEWHERE_HOURS
        return np.flatnonzero((self.notes.zone >= 0) & often & (place[:, 0] >= 0) & (place[:, 0] != self.notes.zone))

    def _name_moves(self) -> None:
        """Pieces that lie elsewhere: together from one place to another it was a move, alone from the pad a mistake."""
        swapped, moved = self._rows_named(Cause.SWAP), self._moved()
        groups: dict[tuple[int, int], list[int]] = defaultdict(list)
        for row in self._displaced().tolist():
            if row not in swapped | moved:
                groups[int(self.notes.zone[row]), int(self.notes.places[row, 0])].append(row)
        for (home, place), rows in groups.items():
            rows.sort(key=lambda row: self.notes.since[row])
            for together in _runs(rows, [int(self.notes.since[row]) for row in rows]):
                began = int(self.notes.since[together].min())
                if self.notes.hour - began < ELSEWHERE_OF or self._joins(began, home, place, together):
                    continue
                if len(together) > 1 or self.notes.cleared.get(together[0], NOWHERE) >= began:
                    self._name_move(tuple(sorted(together)), home, place)

    def _joins(self, began: int, home: int, place: int, rows: list[int]) -> bool:
        """Latecomers to a move that has been named: heard at the new place only an hour or two after the others."""
        known = self.notes.moves.get((home, place), NOWHERE)
        if known == NOWHERE or abs(began - known) > TOGETHER_HOURS:
            return False
        self.notes.joined.update(rows)
        return True

    def _name_move(self, rows: tuple[int, ...], home: int, place: int) -> None:
        began = int(self.notes.since[list(rows)].min())
        said = f"heard in {{}} and not in {{}} for {self.notes.hour - began + 1} open hours"
        shown = int(self.notes.shown_before[rows[0]])
        if len(rows) == 1 and began - 1 <= shown <= began:
            self._name(Cause.WRONG_TRAY, rows, f"{said}, since it was shown", (place, home))
        else:
            how = f"{len(rows)} pieces at once" if len(rows) > 1 else "not shown before"
            self.notes.moves[home, place] = began
            self._name(Cause.UNBOOKED_MOVE, rows, f"{said}, {how}", (place, home))

    def _name_sales(self) -> None:
        """Gone by two looks: shown to a client and through the gate it was sold; with less it is as well a theft."""
        for row, looks in self.notes.missed.items():
            if looks < NOT_FOUND_LOOKS or self.notes.zone[row] < 0:
                continue
            last = int(self.notes.heard[row])
            shown = last <= int(self.notes.shown[row]) <= last + 1
            passed = self.notes.passed.get(row, NOWHERE) >= last
            if shown and passed:
                said = f"shown in the hour it was last heard, then read at the gate, {looks} looks in vain"
                self._name(Cause.UNBOOKED_SALE, (row,), said)

    def _rows_named(self, cause: Cause) -> set[int]:
        return set[int]().union(*(rows for named, rows in self.notes.named if named is cause))

    def _moved(self) -> set[int]:
        """Rows whose being elsewhere has been named, and that still lie there."""
        rows = self._rows_named(Cause.WRONG_TRAY) | self._rows_named(Cause.UNBOOKED_MOVE) | self.notes.joined
        return {row for row in rows if self.notes.since[row] >= 0}

    def _beside_strangers(self) -> list[int]:
        """Pieces that may carry an unknown tag: in its zone, and not in a hand since it came."""
        free = [zone for tag, zone in self.notes.strangers.items() if tag not in self.notes.holder]
        if not free:
            return []
        here = np.flatnonzero(np.isin(self.notes.places[:, 0], free) & (self.notes.zone >= 0))
        return sorted((row for row in here.tolist()), key=lambda row: self.notes.cleared.get(row, -1))

    def _name(self, cause: Cause, rows: tuple[int, ...], why: str, zones: tuple[int, ...] = ()) -> None:
        if (cause, rows) not in self.notes.named:
            self.notes.named.add((cause, rows))
            self._found.append(Finding(cause, rows, why, zones))

    def _ago(self, row: int) -> str:
        last = int(self.notes.heard[row])
        if last < 0:
            return "never heard"
        hours = self.notes.hour - last
        return f"unheard for {hours} open hour{'s' if hours != 1 else ''}" if hours else "heard within the hour"


def _runs(rows: list[int], hours: list[int]) -> list[list[int]]:
    """Rows cut where more than `TOGETHER_HOURS` lie between two of their hours; both in the order of hours."""
    out: list[list[int]] = []
    for row, hour, before in zip(rows, hours, [None, *hours[:-1]], strict=True):
        if before is None or hour - before > TOGETHER_HOURS:
            out.append([])
        out[-1].append(row)
    return out
