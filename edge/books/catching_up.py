"""Books of an older program: what tables that came later would hold, had they been there all along.

State is the fold of the journal; a table that a newer fold fills must not begin empty where the journal says more.
"""

from functools import partial
from typing import Final

from contract.entries import decode_entry
from contract.facts import ReturnRecorded
from edge.books import fold_returns
from edge.books.db import Database
from edge.books.rows import JournalRow

PARTS_SINCE: Final = 19
"""Books of an earlier version may have returns whose parts nobody wrote down: the table came with 14, empty."""
ROWS_PER_STEP: Final = 200


def catch_up(db: Database, version: int) -> None:
    """`version` is the file's own, before."""
    if version < PARTS_SINCE:
        _parts_of_returns(db)


def _parts_of_returns(db: Database) -> None:
    tag = str(ReturnRecorded.__struct_config__.tag)
    page, at = partial(db.rows, "journal_telling", JournalRow, tag=f'"{tag}"', limit=ROWS_PER_STEP), 0
    while rows := page(offset=at):
        for row in rows:
            for fact in decode_entry(row.body).facts:
                if isinstance(fact, ReturnRecorded):
                    fold_returns.keep_parts(db, fact, row.epoch)
        at += len(rows)
