"""What was gathered about each piece, so that what is wrong with the books can be reasoned out: columns and notes.

Kept over restarts as one checksummed blob by piece, so that rows may mean other pieces afterwards. Strangers are not
kept: their numbers mean nothing after a restart, and they are heard again within the hour.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

import numpy as np

from contract.ids import PieceId
from edge.reconcile.blob import pack, unpack

PLACES_KEPT: Final = 4
"""Hours of which the zone of each tag is remembered."""
NOWHERE: Final = -1

_MAGIC: Final = b"VTBN1\n"
_COLUMNS: Final = {
    "zone": np.int32,
    "heard": np.int64,
    "since": np.int64,
    "shown": np.int64,
    "shown_before": np.int64,
    "places": np.int32,
}
_BY_ROW: Final = ("passed", "cleared", "missed")


class Cause(StrEnum):
    """What went wrong."""

    SWAP = "swap"
    WRONG_TRAY = "wrong tray"
    UNBOOKED_MOVE = "unbooked move"
    DOUBLE_TAG = "double tag"
    DEAD_TAG = "dead tag"
    UNBOOKED_SALE = "unbooked sale"


class Notes:
    """By row; hours are counted open hours, `NOWHERE` for never.

    zone    int32[n]     where the books have it              heard   int64[n]  hour its tag was last heard
    places  int32[n, 4]  zones of its last hours, newest first
    since   int64[n]     hour it was first heard best where the books do not have it, without a return
    shown   int64[n]     hour it was last on a pad, and `shown_before`: as that was when it came to lie elsewhere
    passed, cleared, missed   hour of its last passage; of the last look that found it; looks in vain
    holder    tag → row that it was found on       strangers  tag → zone        suspect  rows a hand should hold
    moves     (from, to) → hour of the last named move; `joined`: rows that came late to one
    named     causes that have been told, with their rows
    """

    def __init__(self, rows: int = 0) -> None:
        self.zone = np.zeros(0, np.int32)
        self.heard, self.since, self.shown, self.shown_before = (np.zeros(0, np.int64) for _ in range(4))
        self.places = np.zeros((0, PLACES_KEPT), np.int32)
        self.passed: dict[int, int] = {}
        self.cleared: dict[int, int] = {}
        self.missed: dict[int, int] = defaultdict(int)
        self.holder: dict[int, int] = {}
        self.strangers: dict[int, int] = {}
        self.suspect: set[int] = set()
        self.moves: dict[tuple[int, int], int] = {}
        self.joined: set[int] = set()
        self.named: set[tuple[Cause, tuple[int, ...]]] = set()
        self.hour = 0
        self.grow(rows)

    def grow(self, rows: int) -> None:
        """Make room for rows up to `rows`; new ones are nowhere and were never heard."""
        more = rows - len(self.zone)
        if more <= 0:
            return
        for name, kind in _COLUMNS.items():
            column = getattr(self, name)
            setattr(self, name, np.concatenate([column, np.full((more, *column.shape[1:]), NOWHERE, kind)]))

    def forget(self, rows: Iterable[int]) -> None:
        """These rows mean other pieces now."""
        for row in rows:
            for name in _COLUMNS:
                getattr(self, name)[row] = NOWHERE
            for name in (*_BY_ROW, "holder"):
                getattr(self, name).pop(row, None)
            self.suspect.discard(row)
            self.joined.discard(row)
            self.named = {each for each in self.named if row not in each[1]}

    def save(self, pieces: Sequence[PieceId | None]) -> bytes:
        """One blob. `pieces` names the rows; None: free."""
        name_of = {row: str(piece) for row, piece in enumerate(pieces) if piece is not None and row < len(self.zone)}
        told = {
            "hour": self.hour,
            "pieces": list(name_of.values()),
            "suspect": [name_of[row] for row in self.suspect if row in name_of],
            "joined": [name_of[row] for row in self.joined if row in name_of],
            "moves": [[*way, hour] for way, hour in self.moves.items()],
            "named": [
                [cause, [name_of[row] for row in rows]] for cause, rows in self.named if name_of.keys() >= {*rows}
            ],
            "holder": {name_of[tag]: name_of[row] for tag, row in self.holder.items() if {tag, row} <= name_of.keys()},
        }
        for name in _BY_ROW:
            told[name] = {name_of[row]: value for row, value in getattr(self, name).items() if row in name_of}
        kept = np.array(list(name_of), np.intp)
        columns = {name: getattr(self, name)[kept] for name in _COLUMNS}
        return pack(_MAGIC, columns | {"told": np.frombuffer(json.dumps(told).encode(), np.uint8)})


def load(blob: bytes, pieces: Sequence[PieceId | None]) -> Notes:
    """The notes of `save`, for today's rows; what the store does not know any more is left out.

    Raises `BlobDamagedError`: what is wrong is noticed again within hours.
    """
    old = unpack(_MAGIC, blob)
    told = json.loads(old["told"].tobytes())
    row_of = {str(piece): row for row, piece in enumerate(pieces) if piece is not None}
    notes = Notes(len(pieces))
    to = np.array([row_of.get(piece, NOWHERE) for piece in told["pieces"]], np.intp)
    for name in _COLUMNS:
        getattr(notes, name)[to[to >= 0]] = old[name][to >= 0]
    notes.hour = told["hour"]
    notes.moves = {(home, place): hour for home, place, hour in told["moves"]}
    for name in ("suspect", "joined"):
        setattr(notes, name, {row_of[piece] for piece in told[name] if piece in row_of})
    for name in _BY_ROW:
        getattr(notes, name).update({row_of[piece]: value for piece, value in told[name].items() if piece in row_of})
    pairs = ((row_of.get(tag), row_of.get(piece)) for tag, piece in told["holder"].items())
    notes.holder = {tag: row for tag, row in pairs if tag is not None and row is not None}
    for cause, names in told["named"]:
        if all(piece in row_of for piece in names):
            notes.named.add((Cause(cause), tuple(sorted(row_of[piece] for piece in names))))
    return notes
