"""Every tag of the world by row: columns for what is heard a thousand times a second, a `Tag` once one is worked on."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from contract.ids import PieceId
from simulator.gen2 import Memory, Tag, crc16, pc_of
from simulator.radio import Seen
from simulator.world import World

Bytes = npt.NDArray[np.uint8]
EPC_BYTES: Final = 12


class Tags:
    """What every tag answers now. Whoever works on `tag(row)` says `worked_on(row)` afterwards.

    `epc` (n, 12) holds EPCs of 96 bits; `odd` those of another length, by row.
    `changes` counts works, for whoever saves.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        hung = [tag.epc for tag in world.hung]  # as from the factory: the EPC repeats the TID
        epcs = [bytes.fromhex(piece.card.epc) for piece in world.stock] + hung
        tids = [bytes.fromhex(piece.card.tid) for piece in world.stock] + hung
        self.epc: Bytes = np.array([list(epc) for epc in epcs], dtype=np.uint8).reshape(-1, EPC_BYTES)
        self.tid: Bytes = np.array([list(tid) for tid in tids], dtype=np.uint8).reshape(-1, EPC_BYTES)
        self.pc = np.full(len(epcs), pc_of(bytes(EPC_BYTES)), dtype=np.uint16)
        self.crc = np.array([crc16(pc_of(epc).to_bytes(2) + epc) for epc in epcs], dtype=np.uint16)
        self.odd: dict[int, bytes] = {}
        self.killed: set[int] = set()
        self.changes = 0
        self._memory: dict[int, Tag] = {}
        self._worked_on: set[int] = set()

    def tag(self, row: int) -> Tag:
        """The tag itself, made when it is first asked for."""
        if row not in self._memory:
            self._memory[row] = Tag(self.epc[row].tobytes(), self.tid[row].tobytes())
        return self._memory[row]

    def epc_of(self, row: int) -> bytes:
        return self.odd[row] if row in self.odd else self.epc[row].tobytes()

    def row_of(self, tag: Tag) -> int:
        return next(row for row, one in self._memory.items() if one is tag)

    def worked_on(self, row: int) -> None:
        """From now on the tag answers as its memory says."""
        tag = self._memory[row]
        self.pc[row], self.crc[row] = tag.pc, tag.crc
        self.odd.pop(row, None)
        if len(tag.epc) == EPC_BYTES:
            self.epc[row] = np.frombuffer(tag.epc, np.uint8)
        else:
            self.odd[row] = tag.epc
        if tag.killed:
            self.killed.add(row)
        self._worked_on.add(row)
        self.changes += 1

    def alive(self, seen: Seen) -> Seen:
        """Without the killed ones, which answer nobody."""
        if not self.killed:
            return seen
        keep = ~np.isin(seen.rows, list(self.killed))
        return Seen(
            rows=seen.rows[keep],
            rssi_cdbm=seen.rssi_cdbm[keep],
            count=seen.count[keep],
            first_us=seen.first_us[keep],
            last_us=seen.last_us[keep],
            phase=seen.phase[keep],
            channel=seen.channel,
            spent_us=seen.spent_us,
        )

    def save(self) -> dict[PieceId, Memory]:
        """The memories of the pieces' tags that anybody worked on; what hangs in a zone is new after a restart."""
        stock = self._world.stock
        rows = [row for row in sorted(self._worked_on) if row < len(stock)]
        return {stock[row].card.piece: self._memory[row].memory() for row in rows}

    def restore(self, kept: Mapping[PieceId, Memory]) -> None:
        """A piece this world no longer has is forgotten."""
        for piece, memory in kept.items():
            if piece in self._world.row_of:
                row = self._world.row_of[piece]
                self.tag(row).restore(memory)
                self.worked_on(row)
