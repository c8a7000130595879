"""Whether a journal is the one that was written: every row by its leaf, every log by its chain of heads."""

from typing import Final

from contract.entries import decode_header, first_head, leaf_hash, next_head
from edge.books.journal import Books
from edge.books.rows import Counter

ROWS_PER_STEP: Final = 500


def broken(books: Books) -> str:
    """The first place, in words, where the journal does not chain to the head its log names; empty when it all does."""
    store = books.node().store
    for counter in books.db.rows("counters", Counter):
        head, seq = first_head(store, counter.epoch, counter.stream), 0
        while rows := books.journal(counter.epoch, counter.stream, seq + 1, ROWS_PER_STEP):
            for row in rows:
                head = next_head(head, leaf_hash(row.body))
                if row.seq != seq + 1 or row.leaf != leaf_hash(row.body) or row.head != head:
                    return f"row {seq + 1} of the {counter.stream} log {counter.epoch} is not the one that was written"
                header = decode_header(row.body)
                if (header.at_us, header.by, header.why) != (row.at_us, row.by, row.why):
                    return f"row {row.seq} of the {counter.stream} log {counter.epoch} is told otherwise than it says"
                seq = row.seq
        if (seq, head) != (counter.seq, counter.head):
            return f"the {counter.stream} log {counter.epoch} has {seq} rows that chain, and should have {counter.seq}"
    return ""
