"""What a till says of this box's log, what came of it, and what the till is to remember."""

from collections.abc import Iterator

import msgspec

from contract.entries import leaf_hash, next_head
from contract.facts import Stream
from contract.ids import Epoch, StoreId, TillId


class KeptLog(msgspec.Struct, frozen=True, kw_only=True):
    """One log as a till knows it: newest row seen, chain head after it, and the rows it keeps, ending with that one.

    `seal` is a box's word for `head`; `before` the chain head before the first row kept. Rows may be fewer than the
    till has seen; never others.
    """

    epoch: Epoch
    stream: Stream
    term: int
    seq: int
    head: bytes
    seal: str = ""
    before: bytes = b""
    rows: tuple[bytes, ...] = ()

    @property
    def first_seq(self) -> int:
        return self.seq - len(self.rows) + 1

    def chained(self) -> Iterator[tuple[int, bytes, bytes, bytes]]:
        """(seq, leaf, head before, body) of each row kept."""
        head = self.before
        for seq, body in enumerate(self.rows, self.first_seq):
            leaf = leaf_hash(body)
            yield seq, leaf, head, body
            head = next_head(head, leaf)


class Testimony(msgspec.Struct, frozen=True, kw_only=True):
    """What one till says."""

    till: TillId
    logs: tuple[KeptLog, ...] = ()


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """Up to here the till need not keep this log: the head office has it, or has been handed it."""

    epoch: Epoch
    stream: Stream
    upto: int
    over: bool
    """The log is of an earlier term and all of it is settled: the till may forget it."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What a testimony led to. `why`: words for people when this box has to stop, or has stopped, because of it."""

    why: str = ""
    rows_kept: int = 0
    rows_damaged: int = 0
    logs_unsealed: int = 0
    """Not heard: nothing shows that a box of this store gave them out."""
    settled: tuple[Settled, ...] = ()


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What a till is to remember now: the next rows of the present trade log that the cloud may still lose.

    `seq` and `head` are of the last row given (or of `first_seq - 1`); `more`: the log goes on, ask again. `heads` are
    the chain heads after each row, hex. Keep rows until `safe` where that is above 0, else until `upto`.
    """

    store: StoreId
    till: TillId
    term: int
    epoch: Epoch
    upto: int
    safe: int
    first_seq: int
    before: str
    rows: tuple[str, ...]
    heads: tuple[str, ...]
    seq: int
    head: str
    seal: str
    more: bool
