"""Whether a journal is the one that was written: every row by its leaf, every log by its chain of heads."""

from collections.abc import Iterator
from typing import Final

from contract.audit import Kept, Log, Walk
from contract.entries import decode_header
from edge.books.journal import Books
from edge.books.rows import Counter, JournalRow

ROWS_PER_STEP: Final = 500


def walks(books: Books) -> Iterator[tuple[Counter, Walk]]:
    """Every log of these books, gone through to its end."""
    store = books.node().store
    for counter in books.db.rows("counters", Counter):
        walk, seq = Walk(Log(store, counter.epoch, counter.stream)), 0
        while rows := books.journal(counter.epoch, counter.stream, seq + 1, ROWS_PER_STEP):
            for row in rows:
                walk.take(Kept(row.seq, row.body, row.leaf, row.head))
                walk.trouble = walk.trouble or _told_otherwise(walk.log, row)
            seq = rows[-1].seq
        walk.end(rows=counter.seq, head=counter.head)
        yield counter, walk


def broken(books: Books) -> str:
    """The first place, in words, where the journal does not chain to the head its log names; empty when it all does."""
    return next((walk.trouble for _, walk in walks(books) if walk.trouble), "")


def _told_otherwise(log: Log, row: JournalRow) -> str:
    header = decode_header(row.body)
    same = (header.at_us, header.by, header.why) == (row.at_us, row.by, row.why)
    return "" if same else f"row {row.seq} of {log} is told otherwise than it says"
