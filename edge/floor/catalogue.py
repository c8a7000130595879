"""The catalogue: EPC columns of a `ReadBatch` → dense piece rows, and the unknown EPCs kept apart.

Takes   `epc uint8[n, w]`, `epc_bits uint16[n]` (zero-padded, w a multiple of 4), a monotonic time in µs.
Gives   `Heard(rows int32[n], unknown int32[n])`: the row of a known piece or -1; the index of an unknown EPC or -1.

Rows are dense, kept while the piece is known, and used again afterwards: whoever keeps arrays by row (presence, zones)
clears a row when `put` gives it to another piece. The raw EPC decides; GS1 meaning is not looked at (TDS 1.11 §15.2).
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contract.epc import pack_hex, to_hex
from contract.ids import PieceId
from edge.reconcile.epc_table import NONE, EpcTable

UNKNOWN_EPCS_MAX: Final = 4096


class CatalogueError(ValueError):
    """The catalogue refuses a binding; the message names both pieces and what to do."""


class Heard(NamedTuple):
    """One look-up of n reads; exactly one of the two columns is ≥ 0, or neither where the cap dropped an unknown."""

    rows: NDArray[np.int32]
    unknown: NDArray[np.int32]
    reference: NDArray[np.int32] | None = None
    """Zone whose reference tag was read, else -1; None where no read of these is of one. Such a tag is neither of the
    other two: no piece, and nobody's stranger."""


class UnknownEpc(NamedTuple):
    """A tag no piece is bound to. Times are monotonic µs."""

    epc: str
    first_us: int
    last_us: int
    reads: int


class Catalogue:
    """Which tag is which piece, and what else was heard. Owned by the house thread."""

    def __init__(
        self, unknown_epcs_max: int = UNKNOWN_EPCS_MAX, references: Mapping[int, str] = MappingProxyType({})
    ) -> None:
        """`references`: zone, by index, to the EPC in hex of the tag that hangs there for good. Raises `EpcError`."""
        self.pieces: list[PieceId | None] = []
        """Piece of each row; None where a row is free."""
        self.unknown_epcs_max = unknown_epcs_max
        self.unknown_dropped_total = 0
        """Reads of unknown EPCs not kept because `unknown_epcs_max` different ones are."""
        self.unknown_heard_total = 0
        """Different unknown EPCs that were kept, all in all."""
        self._rows: dict[PieceId, int] = {}
        self._free: list[int] = []
        self._known = EpcTable()
        self._tagged: set[int] = set()
        self._unknown = EpcTable()
        self._unknown_count = 0
        self._first_us = np.zeros(unknown_epcs_max, np.int64)
        self._last_us = np.zeros(unknown_epcs_max, np.int64)
        self._reads = np.zeros(unknown_epcs_max, np.int64)
        self._references: EpcTable | None = None
        if references:
            self._references = EpcTable()
            zones = np.array(list(references), np.int32)
            self._references.insert(*pack_hex(list(references.values())), zones)

    @property
    def rows(self) -> int:
        """Length that arrays by row must have."""
        return len(self.pieces)

    def row_of(self, piece: PieceId) -> int | None:
        return self._rows.get(piece)

    def is_tagged(self, row: int) -> bool:
        return row in self._tagged

    def epc_of(self, row: int) -> str:
        """Upper-case hex of the tag bound to a row; empty when untagged."""
        return self._known.epc_of(row) if self.is_tagged(row) else ""

    def put(self, bindings: Iterable[tuple[PieceId, str]]) -> NDArray[np.int32]:
        """Know these pieces by these EPCs (hex; empty: untagged) and give their rows, in order. A piece known before
        keeps its row and changes its tag. Raises `EpcError` for a bad EPC and `CatalogueError` for one that is taken;
        nothing has changed then.
        """
        wanted = list(bindings)
        named = [(piece, epc) for piece, epc in wanted if epc]
        matrix, bits = pack_hex([epc for _, epc in named])
        self._refuse_taken(named, self._known.find(matrix, bits))
        if self._references is not None:
            self._refuse_references(named, self._references.find(matrix, bits))
        rows = np.array([self._row_for(piece) for piece, _ in wanted], np.int32)
        for row in rows.tolist():
            if row in self._tagged:
                self._known.remove(row)
        tagged = np.array([bool(epc) for _, epc in wanted], np.bool_)
        self._known.insert(matrix, bits, rows[tagged])
        self._tagged.difference_update(rows.tolist())
        self._tagged.update(rows[tagged].tolist())
        return rows

    def drop(self, piece: PieceId) -> int | None:
        """Forget a piece; gives the row that is now free."""
        row = self._rows.pop(piece, None)
        if row is None:
            return None
        if row in self._tagged:
            self._known.remove(row)
            self._tagged.remove(row)
        self.pieces[row] = None
        self._free.append(row)
        return row

    def hear(self, epc: NDArray[np.uint8], bits: NDArray[np.uint16], now_us: int) -> Heard:
        """Look up n reads and note the unknown among them."""
        rows = self._known.find(epc, bits)
        unknown = np.full(len(rows), NONE, np.int32)
        strange, reference = np.flatnonzero(rows == NONE), None
        if self._references is not None and len(strange):
            zone = self._references.find(epc[strange], bits[strange])
            if (zone != NONE).any():
                reference = np.full(len(rows), NONE, np.int32)
                reference[strange] = zone
                strange = strange[zone == NONE]
        if len(strange):
            unknown[strange] = self._note(epc[strange], bits[strange], now_us)
        return Heard(rows, unknown, reference)

    def unknown(self) -> list[UnknownEpc]:
        """Every unknown EPC kept, by index. Some may have become known since: those are left out."""
        at = np.arange(self._unknown_count, dtype=np.int32)
        epc, bits = self._unknown.columns(at)
        at = at[self._known.find(epc, bits) == NONE]
        times = (self._first_us[at].tolist(), self._last_us[at].tolist(), self._reads[at].tolist())
        return [UnknownEpc(*one) for one in zip(to_hex(epc[at], bits[at]), *times, strict=True)]

    def find(self, epc: str) -> tuple[int, int]:
        """Row of the piece an EPC in hex is bound to, and its index among the unknown; -1 each where it is not there.

        Raises `EpcError`.
        """
        matrix, bits = pack_hex([epc])
        return int(self._known.find(matrix, bits)[0]), int(self._unknown.find(matrix, bits)[0])

    def unknown_epc(self, index: int) -> str:
        """Upper-case hex of an unknown EPC by the index `hear` gave it."""
        return self._unknown.epc_of(index)

    def forget_unknown(self) -> None:
        """Start the list of unknown EPCs anew; indexes given before mean nothing any more."""
        self._unknown = EpcTable()
        self._unknown_count = 0

    def _refuse_taken(self, named: list[tuple[PieceId, str]], found: NDArray[np.int32]) -> None:
        holder = {epc.upper(): piece for piece, epc in named}
        if len(holder) != len(named) or len({piece for piece, _ in named}) != len(named):
            raise CatalogueError("the same EPC or the same piece is named twice; give every piece one tag of its own")
        for (piece, epc), row in zip(named, found, strict=True):
            if row != NONE and self.pieces[row] != piece:
                raise CatalogueError(f"EPC {epc} of {piece} is bound to {self.pieces[row]}; drop that binding first")

    def _refuse_references(self, named: list[tuple[PieceId, str]], zone: NDArray[np.int32]) -> None:
        for at in np.flatnonzero(zone != NONE).tolist():
            piece, epc = named[at]
            raise CatalogueError(f"EPC {epc} of {piece} is the reference tag of a zone; hang another tag on the piece")

    def _row_for(self, piece: PieceId) -> int:
        row = self._rows.get(piece)
        if row is None:
            row = self._free.pop() if self._free else len(self.pieces)
            if row == len(self.pieces):
                self.pieces.append(piece)
            self.pieces[row] = piece
            self._rows[piece] = row
        return row

    def _note(self, epc: NDArray[np.uint8], bits: NDArray[np.uint16], now_us: int) -> NDArray[np.int32]:
        found = self._unknown.find(epc, bits)
        new = np.flatnonzero(found == NONE)
        room = self.unknown_epcs_max - self._unknown_count
        if len(new) and room:
            named = np.concatenate([bits[new, None].view(np.uint8), epc[new]], axis=1)
            _, first = np.unique(named, axis=0, return_index=True)
            fresh = new[np.sort(first)[:room]]
            at = np.arange(self._unknown_count, self._unknown_count + len(fresh), dtype=np.int32)
            self._unknown.insert(epc[fresh], bits[fresh], at)
            self._unknown_count += len(fresh)
            self.unknown_heard_total += len(fresh)
            self._first_us[at] = now_us
            self._reads[at] = 0
            found = self._unknown.find(epc, bits)
        kept = found[found != NONE]
        self.unknown_dropped_total += len(found) - len(kept)
        self._last_us[kept] = now_us
        self._reads += np.bincount(kept, minlength=self.unknown_epcs_max)
        return found
