"""A vectorised open-addressing table from EPCs to int32 rows: millions of look-ups a second, no Python per read.

EPC columns are those of a `ReadBatch`: `uint8[n, w]`, w a multiple of 4, zero-padded, and `uint16[n]` bits.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.epc import EPC_BITS_MAX, to_hex

NONE: Final = -1
_EMPTY: Final = -1
_GONE: Final = -2
_WORDS_MAX: Final = (EPC_BITS_MAX + 31) // 32
_LOAD_MAX: Final = 2
"""Slots per entry at least: linear probing stays near one probe while no more than half the table is used."""


def _odd_constants(count: int) -> NDArray[np.uint64]:
    """Splitmix64 from zero, made odd: fixed multipliers, so that a run repeats by seed."""
    out = np.empty(count, np.uint64)
    state = 0
    for at in range(count):
        state = (state + 0x9E3779B97F4A7C15) & (1 << 64) - 1
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & (1 << 64) - 1
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & (1 << 64) - 1
        out[at] = (z ^ (z >> 31)) | 1
    return out


_MULTIPLIERS: Final = _odd_constants(_WORDS_MAX + 1)


class EpcTable:
    """Linear probing by a mixed 64-bit key; every hit is verified exactly, so that a collision is harmless."""

    def __init__(self) -> None:
        self._slot_key = np.zeros(16, np.uint64)
        self._slot_row = np.full(16, _EMPTY, np.int32)
        self._taken = 0
        self._words = np.zeros((3, 16), np.uint32)
        self._bits = np.zeros(16, np.uint16)
        self._key = np.zeros(16, np.uint64)

    def find(self, epc: NDArray[np.uint8], bits: NDArray[np.uint16]) -> NDArray[np.int32]:
        """Rows of n EPCs; -1 where none is bound. O(n), no Python per read."""
        words = _words(epc)
        key = _mix(words, bits)
        mask = np.uint64(len(self._slot_key) - 1)
        slot = (key & mask).astype(np.intp)
        out = self._slot_row[slot]
        good = (self._slot_key[slot] == key) & (out >= 0)
        good &= self._same(words, bits, np.where(good, out, 0))
        pending = np.flatnonzero(~good & (out != _EMPTY))
        out[~good] = NONE
        while len(pending):
            slot[pending] = (slot[pending] + 1) & int(mask)
            row = self._slot_row[slot[pending]]
            hit = (self._slot_key[slot[pending]] == key[pending]) & (row >= 0)
            hit &= self._same(words[:, pending], bits[pending], np.where(hit, row, 0))
            out[pending[hit]] = row[hit]
            pending = pending[~hit & (row != _EMPTY)]
        return out

    def insert(self, epc: NDArray[np.uint8], bits: NDArray[np.uint16], rows: NDArray[np.int32]) -> None:
        """Bind EPCs that are not bound yet, and are all different, to rows that are free."""
        words = _words(epc)
        self._make_room(int(rows.max(initial=-1)) + 1, len(words))
        self._words[: len(words), rows] = words
        self._words[len(words) :, rows] = 0
        self._bits[rows] = bits
        self._key[rows] = _mix(words, bits)
        if (self._taken + len(rows)) * _LOAD_MAX > len(self._slot_key):
            live = self._slot_row[self._slot_row >= 0]
            size = 1 << int(np.ceil(np.log2(2 * _LOAD_MAX * (len(live) + len(rows)))))
            self._slot_key = np.zeros(size, np.uint64)
            self._slot_row = np.full(size, _EMPTY, np.int32)
            self._taken = 0
            self._place(live)
        self._place(rows)

    def remove(self, row: int) -> None:
        """Take back what is bound to this row."""
        at = np.flatnonzero(self._slot_row == row)
        assert len(at) == 1, f"row {row} stands {len(at)} times in the EPC table"
        self._slot_row[at] = _GONE

    def columns(self, rows: NDArray[np.int32]) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
        """The EPCs bound to these rows, as they were inserted."""
        return np.ascontiguousarray(self._words[:, rows].T).view(np.uint8), self._bits[rows]

    def epc_of(self, row: int) -> str:
        """Upper-case hex of what is bound to a row."""
        return to_hex(*self.columns(np.array([row], np.int32)))[0]

    def _place(self, rows: NDArray[np.int32]) -> None:
        mask = len(self._slot_key) - 1
        slot = (self._key[rows] & np.uint64(mask)).astype(np.intp)
        while len(rows):
            free = self._slot_row[slot] == _EMPTY
            _, first = np.unique(slot, return_index=True)
            win = np.zeros(len(rows), np.bool_)
            win[first] = True
            win &= free
            self._slot_row[slot[win]] = rows[win]
            self._slot_key[slot[win]] = self._key[rows[win]]
            self._taken += int(win.sum())
            rows, slot = rows[~win], (slot[~win] + 1) & mask

    def _same(self, words: NDArray[np.uint32], bits: NDArray[np.uint16], rows: NDArray[np.int32]) -> NDArray[np.bool_]:
        same: NDArray[np.bool_] = self._bits[rows] == bits
        for mine, theirs in zip(self._words, words, strict=False):
            same &= mine[rows] == theirs
        return same

    def _make_room(self, rows: int, words: int) -> None:
        tall, wide = self._words.shape
        if rows <= wide and words <= tall:
            return
        more = max(wide, 1 << max(0, rows - 1).bit_length())
        grown = np.zeros((max(tall, words), more), np.uint32)
        grown[:tall, :wide] = self._words
        self._words = grown
        self._bits = np.concatenate([self._bits, np.zeros(more - wide, np.uint16)])
        self._key = np.concatenate([self._key, np.zeros(more - wide, np.uint64)])


def _words(epc: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """`uint8[n, w]` → `uint32[w / 4, n]`, one contiguous column per word."""
    return np.ascontiguousarray(np.ascontiguousarray(epc).view(np.uint32).T)


def _mix(words: NDArray[np.uint32], bits: NDArray[np.uint16]) -> NDArray[np.uint64]:
    """Multilinear hash: a padding word adds nothing, so batches of different widths agree."""
    key: NDArray[np.uint64] = bits * _MULTIPLIERS[_WORDS_MAX]
    for word, multiplier in zip(words, _MULTIPLIERS, strict=False):
        key += word * multiplier
    key ^= key >> np.uint64(32)
    key *= _MULTIPLIERS[0]
    key ^= key >> np.uint64(29)
    return key
