"""A posterior over zones per piece that changes only when the piece has moved (inference §3.2, §3.3).

Takes   a `Window` over all rows, which antennas had their reader as a witness, and which tray each piece is on.
Gives   `Moved`: rows whose most likely zone changed, the zone, and P(zone) by the calibration.

RSSI's bias from place and orientation is frozen while a piece lies still, so a second window of the same is no second
piece of evidence. What is compared is the *signature*, mean level by antenna; when it differs three windows on end,
something moved, and the posterior begins anew with little of the old. O(rows heard x antennas) per window.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.reconcile import blob as blobs
from edge.reconcile.zones.choose import Chosen
from edge.reconcile.zones.features import Window, features
from edge.reconcile.zones.signature import change
from edge.reconcile.zones.strongest import Moved

WINDOW_ROUNDS: Final = 20
"""Rounds of one window: enough for a level within half a dB; four times as many add nothing (§3.4)."""
MOVED_NATS: Final = 75.0
"""Change of signature, per window of `WINDOW_ROUNDS`, that may be a move."""
MOVED_WINDOWS: Final = 3
STICKY: Final = 0.05
"""Weight kept for the old posterior when something has moved."""
BOOKS: Final = 0.95
"""How far the books are believed before anything was heard."""
KNOWN_MAX: Final = 200.0
"""Rounds a signature remembers: levels drift with the seasons, and a store's air with its visitors."""
TOGETHER: Final = 0.5
"""Share of a tray's heard pieces that must have changed for the tray to have been carried."""
ROWS_PER_BLOCK: Final = 2_048
"""Rows worked on at once, and in a slice: a few milliseconds, and temporaries stay small."""
MOVES_PER_SLICE: Final = 256
"""Rows that are given another place in a slice: each asks the calibration, which costs some ten times a comparison. A
tray is never cut, whatever its size."""

_MAGIC: Final = b"VTZF1\n"


class FinderDamagedError(Exception):
    """The blob is not what was written, or of other antennas: signatures are learned anew within minutes."""


@dataclass(slots=True)
class Glance:
    """A window that is being looked at, bool[n] by row: who was heard, has changed, was settled by somebody meanwhile.

    Rows below `compared` are done with; `still` are those that learn from the window, once it is known who moved.
    """

    window: Window
    tray: NDArray[np.int32]
    heard: NDArray[np.bool_]
    changed: NDArray[np.bool_]
    settled: NDArray[np.bool_]
    compared: int = 0
    decided: bool = False
    movers: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))
    """Rows that have moved, ascending; `before`: the zone each lay in; `to_place`: those still to be given another."""
    before: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))
    to_place: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))
    moved: Moved | None = None
    still: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))


class Finder:
    """Struct of arrays by row: posterior float32[n, z], signature and rounds known of it float32[n, a]."""

    def __init__(self, chosen: Chosen, zones: int, antennas: int, moved_nats: float = MOVED_NATS) -> None:
        self.zones, self.antennas = zones, antennas
        self.posterior = np.zeros((0, zones), np.float32)
        self.moves_total = 0
        self._chosen = chosen
        self._moved_nats = moved_nats
        self._signature = np.zeros((0, antennas), np.float32)
        self._known = np.zeros((0, antennas), np.float32)
        self._strange = np.zeros(0, np.int8)
        self._open = np.zeros(0, np.bool_)
        self._glance: Glance | None = None

    def grow(self, rows: int, home: NDArray[np.int32]) -> None:
        """Make room; a new piece is believed where the books say, and not yet surely so."""
        old = len(self.posterior)
        if rows <= old:
            return
        for name in ("posterior", "_signature", "_known", "_strange", "_open"):
            column = getattr(self, name)
            setattr(self, name, np.concatenate([column, np.zeros((rows - old, *column.shape[1:]), column.dtype)]))
        self.settle(np.arange(old, rows, dtype=np.int32), home[old:rows])

    def settle(self, rows: NDArray[np.int32], home: NDArray[np.int32]) -> None:
        """Somebody said where these are (books, a count, a person): believe it, learn the signature anew."""
        if not self.zones:
            return
        placed = home >= 0
        self.posterior[rows] = np.where(placed[:, None], (1 - BOOKS) / self.zones, 1 / self.zones)
        self.posterior[rows[placed], home[placed]] += BOOKS
        self._signature[rows] = self._known[rows] = 0.0
        self._strange[rows] = 0
        self._open[rows] = ~placed
        if self._glance is not None:
            self._glance.settled[rows[rows < len(self._glance.settled)]] = True

    def look(self, window: Window, tray: NDArray[np.int32]) -> Moved:
        """One window. `tray` int32[n], -1 = none. An antenna with no rounds was no witness: it tells nothing."""
        self.begin(window, tray)
        while (moved := self.go_on()) is None:
            pass
        return moved

    def begin(self, window: Window, tray: NDArray[np.int32]) -> None:
        """The same in slices, so that no tick is held up: `go_on` until it answers. The window is ours from now on."""
        assert self._glance is None, "the window before has not been looked at to its end"
        size = len(window.read)
        assert size == len(self.posterior) == len(tray)
        nobody = np.zeros(size, np.bool_)
        self._glance = Glance(window, tray.copy(), nobody, nobody.copy(), nobody.copy())

    def go_on(self, rows_max: int = ROWS_PER_BLOCK) -> Moved | None:
        """Compare, or learn from, at most so many rows; what has moved, when all is done. None: there is more to do.

        Rows that somebody settles meanwhile are where that person said.
        """
        glance, left = self._glance, rows_max
        assert glance is not None, "there is no window to look at"
        size = len(glance.heard)
        while left > 0 and glance.compared < size:
            rows = np.arange(glance.compared, min(glance.compared + min(left, ROWS_PER_BLOCK), size))
            glance.compared, left = glance.compared + len(rows), left - len(rows)
            rows = rows[glance.window.read[rows].any(axis=1) & ~glance.settled[rows]]
            glance.heard[rows], glance.changed[rows] = True, self._compare(rows, glance.window.at(rows))
        if glance.compared < size:
            return None
        if not glance.decided:
            self._decide(glance)
        if len(glance.to_place):
            self._place_some(glance, min(rows_max, MOVES_PER_SLICE))
            return None
        if glance.moved is None:
            glance.moved = self._told(glance)
        while left > 0 and len(glance.still):
            rows, glance.still = np.split(glance.still, [min(left, ROWS_PER_BLOCK)])
            left -= len(rows)
            rows = rows[~glance.settled[rows]]
            self._learn(rows, glance.window.at(rows))
        if len(glance.still):
            return None
        self._glance = None
        assert glance.moved is not None
        kept = ~glance.settled[glance.moved.rows]
        return Moved(glance.moved.rows[kept], glance.moved.zones[kept], glance.moved.p[kept])

    @property
    def looking(self) -> bool:
        """Whether a window is being looked at."""
        return self._glance is not None

    # --- inside -----------------------------------------------------------------------------------------------

    def _decide(self, glance: Glance) -> None:
        """All rows are compared: who has moved, and where to."""
        size, window = len(glance.heard), glance.window
        heard = np.flatnonzero(glance.heard & ~glance.settled)
        changed = glance.changed[heard]
        self._strange[heard] = np.where(changed, self._strange[heard] + 1, 0)
        moved = np.zeros(size, np.bool_)
        moved[heard] = self._strange[heard] >= MOVED_WINDOWS
        nowhere = heard[self._open[heard]]
        moved[nowhere] |= window.read[nowhere].sum(axis=1) >= MOVED_WINDOWS
        moved |= self._carried(moved, heard, glance.tray)
        rows = np.flatnonzero(moved)
        self.moves_total += len(rows)
        glance.decided = True
        glance.movers, glance.before = rows, self.posterior[rows].argmax(axis=1)
        glance.to_place = rows[np.argsort(glance.tray[rows], kind="stable")]
        glance.still = heard[~changed & ~moved[heard]]

    def _place_some(self, glance: Glance, rows_max: int) -> None:
        """The next of those that have moved, whole trays, are given another place."""
        tray = glance.tray[glance.to_place]
        cut = min(rows_max, len(tray))
        while cut < len(tray) and tray[cut] >= 0 and tray[cut] == tray[cut - 1]:
            cut += 1
        rows, glance.to_place = np.split(glance.to_place, [cut])
        rows = rows[~glance.settled[rows]]
        if len(rows):
            self._relocate(rows, glance.window.at(rows), glance.tray[rows])

    def _told(self, glance: Glance) -> Moved:
        """All that moved lie somewhere: which of them elsewhere than before."""
        rows = glance.movers
        now = self.posterior[rows].argmax(axis=1)
        told = (now != glance.before) | self._open[rows]
        self._open[rows[~glance.settled[rows]]] = False
        p = self.posterior[rows[told]].max(axis=1).astype(np.float64)
        return Moved(rows[told].astype(np.int32), now[told].astype(np.int32), p)

    def _compare(self, rows: NDArray[np.intp], window: Window) -> NDArray[np.bool_]:
        known, signature = self._known[rows], self._signature[rows]
        return np.asarray(change(window, known, signature) > self._moved_nats, np.bool_)

    def _carried(self, moved: NDArray[np.bool_], heard: NDArray[np.intp], tray: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Mates that have begun to differ, when a tray's pieces mostly have: they go with it at once."""
        on = heard[tray[heard] >= 0]
        size = int(tray.max(initial=-1)) + 1
        differs = moved[on] | (self._strange[on] > 0)
        of, gone, all_heard = tray[on], np.zeros(size), np.zeros(size)
        np.add.at(all_heard, of, 1)
        np.add.at(gone, of, differs)
        declared = np.bincount(of[moved[on]], minlength=size) > 0
        whole = declared & (gone >= 2) & (gone >= TOGETHER * all_heard)
        out = np.zeros(len(moved), np.bool_)
        out[on[whole[of] & differs]] = True
        return out

    def _learn(self, rows: NDArray[np.intp], window: Window) -> None:
        known = self._known[rows]
        total = known + window.read
        level = np.where(window.read > 0, window.level_dbm, 0)
        self._signature[rows] = (known * self._signature[rows] + window.read * level) / np.maximum(total, 1)
        self._known[rows] = np.minimum(total, KNOWN_MAX)

    def _relocate(self, rows: NDArray[np.intp], window: Window, tray: NDArray[np.int32]) -> None:
        heard = features(window)
        likely = self._chosen.posterior(heard)
        for one in np.unique(tray[tray >= 0]).tolist():
            mates = np.flatnonzero(tray == one)
            if len(mates) > 1:
                likely[mates] = self._chosen.tray(heard[mates])
        sticky = np.where(self._open[rows], 0.0, STICKY)[:, None]
        p = (sticky * self.posterior[rows] + (1 - sticky) / self.zones) * likely
        self.posterior[rows] = p / p.sum(axis=1, keepdims=True)
        self._signature[rows] = np.where(window.read > 0, window.level_dbm, 0)
        self._known[rows] = window.read
        self._strange[rows] = 0

    # --- kept over restarts -----------------------------------------------------------------------------------

    def save(self, pieces: Sequence[str | None], zones: Sequence[str], antennas: Sequence[str]) -> bytes:
        """One checksummed blob, by piece, zone and antenna name."""
        kept = np.array([row for row in range(len(self.posterior)) if pieces[row] is not None], np.intp)
        arrays: dict[str, NDArray[np.generic]] = {
            "posterior": self.posterior[kept].astype(np.float16),
            "signature": np.rint(self._signature[kept] * 100).astype(np.int16),
            "known": self._known[kept].astype(np.uint8),
            "strange": self._strange[kept],
            "open": self._open[kept],
        }
        names = [str(pieces[row]) for row in kept.tolist()]
        return blobs.pack(_MAGIC, arrays, {"pieces": names, "layout": [*zones, "", *antennas]})

    def resume(
        self, blob: bytes, pieces: Sequence[str | None], zones: Sequence[str], antennas: Sequence[str]
    ) -> NDArray[np.int32]:
        """Take up what was learned, for rows that exist; gives them. Raises `FinderDamagedError`, changing nothing."""
        try:
            old = blobs.unpack(_MAGIC, blob)
        except blobs.BlobDamagedError as error:
            raise FinderDamagedError(f"what was learned of places is damaged ({error}); it is learned anew") from error
        if blobs.names_in(old["layout"]) != (*zones, "", *antennas):
            raise FinderDamagedError("what was learned of places is of other antennas; it is learned anew")
        row_of = {piece: row for row, piece in enumerate(pieces[: len(self.posterior)]) if piece is not None}
        to = np.array([row_of.get(piece, -1) for piece in blobs.names_in(old["pieces"])], np.int32)
        here, rows = to >= 0, to[to >= 0]
        self.posterior[rows] = old["posterior"][here]
        self._signature[rows] = old["signature"][here].astype(np.float32) / 100
        self._known[rows] = old["known"][here]
        self._strange[rows] = old["strange"][here]
        self._open[rows] = old["open"][here]
        return rows
