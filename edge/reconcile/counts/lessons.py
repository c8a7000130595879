"""What earlier counts taught: when each piece was read, round by round, kept for the next count to learn from.

Only pieces that are known to have been there teach: one that a count did not read teaches when a later read, or a
person, shows that it was there; until then, and if it never comes back, it teaches nothing. Otherwise missing pieces
would teach that they are hard to read, and excuse themselves.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.ids import PieceId
from edge.reconcile.blob import BlobDamagedError, pack, unpack

COUNTS_KEPT: Final = 32
"""The latest counts; older ones were of another shop."""
ROUNDS_KEPT: Final = 6
"""First rounds of a count that teach: a code of one byte."""
UNKNOWN: Final = 0x80
"""Set in a code while nobody knows whether the piece was there."""
_MAGIC: Final = b"VTCL1\n"
_TOTALS: Final = ("at", "counts", "checked", "gone")

Codes = NDArray[np.uint8]


class LessonsDamagedError(Exception):
    """The blob is not what was written: begin anew, fifteen counts teach it again."""


class Lessons:
    """Struct of arrays; changed in place.

    codes    uint8[COUNTS_KEPT, n]  what a count read of each row: a 1, then a bit a round (1 = read at home), the last
                                    round lowest; 0: it was not of this count; UNKNOWN: nothing was read, and who knows
    altered  uint8[COUNTS_KEPT]     a bit a round, the first lowest: it was of another kind than the one before
    at       where the next count goes          counts   how many there were, for ever
    checked, gone                   pieces whose presence is known after all, and those of them that were missing
    """

    def __init__(self) -> None:
        self.codes: Codes = np.zeros((COUNTS_KEPT, 0), np.uint8)
        self.altered: Codes = np.zeros(COUNTS_KEPT, np.uint8)
        self.at = 0
        self.counts = 0
        self.checked = 0
        self.gone = 0

    @property
    def rows(self) -> int:
        return int(self.codes.shape[1])

    def grow(self, rows: int) -> None:
        """Make room for rows up to `rows`; new ones were of no count."""
        more = rows - self.rows
        if more > 0:
            self.codes = np.concatenate([self.codes, np.zeros((COUNTS_KEPT, more), np.uint8)], axis=1)

    def clear(self, rows: NDArray[np.int32]) -> None:
        """Another piece has these rows now."""
        self.codes[:, rows] = 0

    def take(self, rows: NDArray[np.int32], codes: Codes, altered: int) -> None:
        """A count has ended: what `Count.story` gives, for its rows. Of what it did not read nobody knows yet.

        What the count that falls out did not read and nobody ever read since was gone.
        """
        self.grow(int(rows.max(initial=-1)) + 1)
        never = int((self.codes[self.at] >= UNKNOWN).sum())
        self.checked += never
        self.gone += never
        self.codes[self.at] = 0
        self.codes[self.at, rows] = codes
        self.altered[self.at] = altered
        self.checked += int(((codes > 1) & (codes < UNKNOWN)).sum())
        self.at = (self.at + 1) % COUNTS_KEPT
        self.counts += 1

    def there(self, rows: NDArray[np.int32]) -> None:
        """These were there in every count so far: they have been read at home since, or a person has found them."""
        known = rows[rows < self.rows]
        codes = self.codes[:, known]
        self.checked += int((codes >= UNKNOWN).sum())
        self.codes[:, known] = codes & ~np.uint8(UNKNOWN)

    def missing(self, rows: NDArray[np.int32]) -> None:
        """A person has confirmed that these were not there: what did not read them was right, and no other lesson."""
        known = rows[rows < self.rows]
        codes = self.codes[:, known]
        waiting = int((codes >= UNKNOWN).any(axis=0).sum())
        self.checked += waiting
        self.gone += waiting
        self.codes[:, known] = np.where(codes >= UNKNOWN, 0, codes)

    def save(self, pieces: Sequence[PieceId | None]) -> bytes:
        """One checksummed blob. `pieces` names the rows (None: free)."""
        kept = np.array([row for row in range(self.rows) if pieces[row] is not None], np.intp)
        names = "\n".join(str(pieces[row]) for row in kept.tolist()).encode()
        return pack(
            _MAGIC,
            {
                "codes": self.codes[:, kept],
                "altered": self.altered,
                "totals": np.array([getattr(self, name) for name in _TOTALS], np.int64),
                "pieces": np.frombuffer(names, np.uint8),
            },
        )


def load(blob: bytes, pieces: Sequence[PieceId | None]) -> Lessons:
    """The lessons of `save`, for today's rows. Raises `LessonsDamagedError`."""
    try:
        old = unpack(_MAGIC, blob)
    except BlobDamagedError as error:
        raise LessonsDamagedError(f"what counts have taught is learned anew: {error}") from error
    named = old["pieces"].tobytes().decode().split("\n") if len(old["pieces"]) else []
    out = Lessons()
    out.grow(len(pieces))
    row_of = {piece: row for row, piece in enumerate(pieces) if piece is not None}
    to = np.array([row_of.get(PieceId(piece), -1) for piece in named], np.intp)
    out.codes[:, to[to >= 0]] = old["codes"][:, to >= 0]
    out.altered = old["altered"]
    for name, total in zip(_TOTALS, old["totals"].tolist(), strict=True):
        setattr(out, name, total)
    return out
