"""What became of an access operation: the OpSpecResults of tag reports (LLRP 1.1 §17.3.1.5, LLRP 1.0.1 §16.3.1.5).

They are rare, so each is an object. All begin with u8 result code and u16 OpSpecID; then a read tells u16 count of
words and the words, a write u16 count of words written.
"""

import struct
from collections.abc import Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from edge.readers.base import ProtocolError
from edge.readers.llrp.params import Param

HEAD: Final = struct.Struct("!BH")
COUNT: Final = struct.Struct("!H")
WORD_BYTES: Final = 2


class Operation(IntEnum):
    """What was done, by the type of its result. 360–362 are new in LLRP 1.1; 15 is a TV of an OpSpecID alone."""

    CLIENT_REQUEST = 15
    READ = 349
    WRITE = 350
    KILL = 351
    LOCK = 352
    BLOCK_ERASE = 353
    BLOCK_WRITE = 354
    RECOMMISSION = 360
    BLOCK_PERMALOCK = 361
    GET_BLOCK_PERMALOCK_STATUS = 362


OF_WORDS: Final = frozenset({Operation.READ, Operation.GET_BLOCK_PERMALOCK_STATUS})
"""Results that hold words: memory read, or a lock bit for each block, the first block in the topmost bit."""
OF_A_COUNT: Final = frozenset({Operation.WRITE, Operation.BLOCK_WRITE})

LOCKED: Final = "that memory is locked"
_WRITING: Final = (
    "done", "beyond the tag's memory", LOCKED, "too little power to write: bring the tag closer",
    "the tag refuses", "the tag does not answer", "the reader fails",
)  # fmt: skip
WORDS: Final[dict[Operation, tuple[str, ...]]] = {
    Operation.CLIENT_REQUEST: ("done",),
    Operation.READ: (
        "done", "the tag refuses", "the tag does not answer", "the reader fails", "beyond the tag's memory",
        LOCKED,
    ),
    Operation.WRITE: _WRITING,
    Operation.BLOCK_WRITE: _WRITING,
    Operation.BLOCK_ERASE: _WRITING,
    Operation.KILL: (
        "done", "the tag's kill password is zero", "too little power to write: bring the tag closer",
        "the tag refuses", "the tag does not answer", "the reader fails",
    ),
    Operation.LOCK: (
        "done", "too little power to write: bring the tag closer", "the tag refuses", "the tag does not answer",
        "the reader fails",
    ),
}  # fmt: skip
"""By operation and result code, those of LLRP 1.0.1 (a read's last two: 1.1); others are told by their number."""


class AccessResult(NamedTuple):
    """One OpSpecResult. `epc` is the tag's, whole bytes; `data` whole words; 0 for what the reader does not tell."""

    access_spec_id: int
    op_spec_id: int
    kind: Operation
    code: int
    epc: bytes
    data: bytes = b""
    words_written: int = 0

    @property
    def done(self) -> bool:
        """Whether the tag did it. A write that is done has still to be read back."""
        return self.code == 0

    @property
    def words(self) -> str:
        """The result code in words."""
        known = WORDS.get(self.kind, ("done",))
        return known[self.code] if self.code < len(known) else f"result code {self.code}"


def is_result(param: Param) -> bool:
    """Whether a parameter of a tag report is a result. The numbers of TVs and TLVs are apart."""
    return param.type in _OPERATIONS and param.tv == (param.type == Operation.CLIENT_REQUEST)


def read_results(report: bytes, params: Sequence[Param], access_spec_id: int, epc: bytes) -> list[AccessResult]:
    """The results at these places of a tag report. Raises `ProtocolError` if one is shorter than it says."""
    return [_read(report, param, access_spec_id, epc) for param in params]


def _read(report: bytes, param: Param, access_spec_id: int, epc: bytes) -> AccessResult:
    kind, at, end = Operation(param.type), param.at, param.at + param.size
    if kind is Operation.CLIENT_REQUEST:
        return AccessResult(access_spec_id, COUNT.unpack_from(report, at)[0], kind, 0, epc)
    counts = kind in OF_WORDS or kind in OF_A_COUNT
    if param.size < HEAD.size + (COUNT.size if counts else 0):
        raise ProtocolError(f"the result of {kind.name} has {param.size} bytes, too few")
    code, op_spec_id = HEAD.unpack_from(report, at)
    if not counts:
        return AccessResult(access_spec_id, op_spec_id, kind, code, epc)
    at += HEAD.size
    (count,) = COUNT.unpack_from(report, at)
    if kind in OF_A_COUNT:
        return AccessResult(access_spec_id, op_spec_id, kind, code, epc, words_written=count)
    at += COUNT.size
    if count * WORD_BYTES > end - at:
        raise ProtocolError(f"the result of {kind.name} says {count} words in {end - at} bytes")
    return AccessResult(access_spec_id, op_spec_id, kind, code, epc, data=report[at : at + count * WORD_BYTES])


_OPERATIONS: Final = frozenset(Operation)
