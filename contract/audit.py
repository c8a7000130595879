"""A log gone through row by row, as whoever keeps it has it: every row by its leaf, all of them by the chain of heads.

The tree grows on the way, so that a log checked once can be compared with anybody's tree head of it.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec

from contract.entries import decode_header, first_head, leaf_hash, next_head
from contract.facts import ShiftClosed, Stream
from contract.ids import Epoch, StoreId
from contract.merkle import consistent, root
from contract.messages import TreeHead

CLOSING: Final = str(ShiftClosed.__struct_config__.tag).encode()


class Log(NamedTuple):
    """Which log."""

    store: StoreId
    epoch: Epoch
    stream: Stream

    def __str__(self) -> str:
        return f"the {self.stream} log {self.epoch} of {self.store}"


class Kept(NamedTuple):
    """A row as it is kept: the bytes that were written, and what was noted beside them."""

    seq: int
    body: bytes
    leaf: bytes
    head: bytes


class Walk:
    """Goes through one log from its first row; `trouble` is the first thing that is wrong, in words."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.head = first_head(*log)
        self.leaves: list[bytes] = []
        self.trouble = ""
        self.closings: list[bytes] = []
        """Rows that may hold a Z: a log written anew chains, and its Zs need not."""

    def take(self, row: Kept) -> None:
        """The next row; after the first trouble nothing is looked at any more."""
        if self.trouble:
            return
        due, leaf = len(self.leaves) + 1, leaf_hash(row.body)
        head = next_head(self.head, leaf)
        if row.seq != due:
            self.trouble = f"row {due} of {self.log} is missing: row {row.seq} follows row {due - 1}"
        elif row.leaf != leaf:
            self.trouble = f"row {due} of {self.log} is not the one that was written: its leaf is another"
        elif row.head != head:
            self.trouble = f"row {due} of {self.log} does not follow the rows before it: its head is another"
        else:
            self.trouble = _told_elsewhere(self.log, due, row.body)
        self.head = head
        self.leaves.append(leaf)
        if CLOSING in row.body:
            self.closings.append(row.body)

    def end(self, *, rows: int, head: bytes) -> None:
        """What is noted of the log as a whole."""
        if not self.trouble and (len(self.leaves), self.head) != (rows, head):
            self.trouble = f"{self.log} has {len(self.leaves)} rows that chain, and should have {rows}"


def _told_elsewhere(log: Log, due: int, body: bytes) -> str:
    """A row that was moved says its own place."""
    try:
        header = decode_header(body)
    except msgspec.DecodeError:
        return f"row {due} of {log} is damaged: nobody can read it"
    if (header.stream, header.seq) == (log.stream, due):
        return ""
    return f"row {due} of {log} says of itself that it is row {header.seq} of the {header.stream} log"


def part(log: Log, box: Sequence[bytes], office: Sequence[bytes]) -> str:
    """Where the leaves of a box and of the office are not the same, in words; empty where both have them."""
    for seq, (here, there) in enumerate(zip(box, office, strict=False), 1):
        if here != there:
            return f"row {seq} of {log} is one thing on the box and another at the office"
    return short(log, box=len(box), office=len(office))


def short(log: Log, *, box: int, office: int) -> str:
    """A box that has less than the office was cut, or put back to an older disk."""
    if box >= office:
        return ""
    return f"{log} ends at row {box} on the box and at row {office} at the office: this disk was cut or put back"


def part_by_heads(log: Log, leaves: Sequence[bytes], ask: Callable[[int], TreeHead]) -> str:
    """The same, where the office only tells heads: `ask(size)` is what it says to somebody who has `size` rows.

    Where the trees differ, the first row in which they do is found by halves.
    """
    said = ask(len(leaves))
    same = min(len(leaves), said.upto)
    if _is_ours(leaves, same, said):
        return short(log, box=len(leaves), office=said.upto)
    agreed, differs = 0, same
    while differs - agreed > 1:
        half = (agreed + differs) // 2
        if _is_ours(leaves, half, ask(half)):
            agreed = half
        else:
            differs = half
    return f"row {differs} of {log} is one thing on the box and another at the office"


def _is_ours(leaves: Sequence[bytes], size: int, said: TreeHead) -> bool:
    """Whether the office's tree begins with our first `size` rows, by the proof it gave for them."""
    try:
        head, proof = bytes.fromhex(said.head), [bytes.fromhex(each) for each in said.proof]
    except ValueError:
        return False
    return consistent(size, root(leaves[:size]), said.upto, head, proof)
