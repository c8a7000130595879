"""Replay: the state rows made again from the journal alone. `live == replay` is law 1 of the house."""

from typing import Final

from contract.entries import decode_entry
from edge.books import fold
from edge.books.db import Database
from edge.books.journal import Books, Tx
from edge.books.rows import JournalRow
from trade.guards import Guards

ROWS_PER_STEP: Final = 500


def refold(tx: Tx, guards: Guards) -> int:
    """Drops every state row and folds the whole journal again, in the order it was written; returns the entries."""
    for table in fold.STATE_TABLES:
        tx.db.clear(table)
    after_us, entries = 0, 0
    while rows := tx.db.rows("journal_in_order", JournalRow, after_us=after_us, limit=ROWS_PER_STEP):
        for row in rows:
            entry = decode_entry(row.body)
            at = fold.At(epoch=row.epoch, seq=row.seq, at_us=row.at_us, by=row.by)
            for fact in entry.facts:
                fold.apply(tx.db, fact, at, guards)
        after_us = rows[-1].at_us
        entries += len(rows)
    return entries


def differences(books: Books) -> list[str]:
    """Tables whose rows are not the fold of the journal: none, in sound books. Nothing is changed."""
    live = _state(books.db)
    node = books.node()
    books.db.begin()
    try:
        refold(Tx(books.db, books.guards, lambda: None), books.guards)
        again = _state(books.db)
    finally:
        books.db.rollback()
    assert books.node() == node, "a look changes nothing"
    return sorted(table for table in live if live[table] != again[table])


def _state(db: Database) -> dict[str, list[tuple[str | int | float | bytes | None, ...]]]:
    return {table: db.dump(table) for table in fold.STATE_TABLES}
