"""Replay: the state rows made again from the journal alone. `live == replay` is law 1 of the house."""

import heapq
from collections.abc import Iterator
from typing import Final

from contract.entries import decode_entry
from contract.facts import Stream
from contract.ids import Epoch
from edge.books import fold
from edge.books.db import Database
from edge.books.fold_custody import load_snapshot
from edge.books.journal import Books, Tx
from edge.books.rows import JournalRow
from trade.guards import Guards

ROWS_PER_STEP: Final = 500


def refold(tx: Tx, guards: Guards, lives: tuple[Epoch, ...]) -> int:
    """Drops every state row and folds the whole journal again; returns the entries.

    lives: the store's epochs in the order they were lived, as the cloud tells it. Clocks of two boxes are not
    compared (DESIGN law 6); within one epoch `at_us` rises over both streams, for one box wrote them.
    """
    for table in fold.STATE_TABLES:
        tx.db.clear(table)
    entries = 0
    for epoch in lives:
        logs = [_rows(tx.db, epoch, stream) for stream in Stream]
        for row in heapq.merge(*logs, key=lambda row: (row.at_us, row.stream, row.seq)):
            at = fold.At(epoch=row.epoch, seq=row.seq, at_us=row.at_us, by=row.by)
            for fact in decode_entry(row.body).facts:
                fold.apply(tx.db, fact, at, guards)
            entries += 1
    return entries


def lives_of(db: Database, told: tuple[Epoch, ...], now: Epoch) -> tuple[Epoch, ...]:
    """Every epoch this disk has rows of: as the cloud told them, then any it has not heard of, then the present one."""
    here = [Epoch(epoch) for epoch in db.words("journal_epochs")]
    unheard = [epoch for epoch in here if epoch not in told and epoch != now]
    return tuple(dict.fromkeys((*told, *unheard, now)))


def differences(books: Books) -> list[str]:
    """Tables whose rows are not the fold of the journal: none, in sound books. Nothing is changed."""
    live = _state(books.db)
    node = books.node()
    snapshot = load_snapshot(books.db, node.epoch)
    told = tuple(log.epoch for log in snapshot.logs) if snapshot else ()
    books.db.begin()
    try:
        refold(Tx(books.db, books.guards, lambda: None), books.guards, lives_of(books.db, told, node.epoch))
        again = _state(books.db)
    finally:
        books.db.rollback()
    assert books.node() == node, "a look changes nothing"
    return sorted(table for table in live if live[table] != again[table])


def _rows(db: Database, epoch: Epoch, stream: Stream) -> Iterator[JournalRow]:
    """One log, oldest first, page by page."""
    seq = 1
    while rows := db.rows("journal_rows", JournalRow, epoch=epoch, stream=stream, first_seq=seq, limit=ROWS_PER_STEP):
        yield from rows
        seq = rows[-1].seq + 1


def _state(db: Database) -> dict[str, list[tuple[str | int | float | bytes | None, ...]]]:
    return {table: db.dump(table) for table in fold.STATE_TABLES}
