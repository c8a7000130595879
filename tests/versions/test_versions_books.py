"""The books of a box of any released version open today: copied first, brought forward, nothing lost."""

import sqlite3
from contextlib import closing

import pytest

from contract.messages import CONTRACT_VERSION
from edge.books import replay, replica
from edge.books.db import BOOKS_FILE, SCHEMA_VERSION, BooksError
from edge.books.journal import Books
from edge.books.rows import Mode

KEPT = (
    "journal",
    "counter",
    "snapshot",
    "custody",
    "claim",
    "sale",
    "sale_line",
    "tender",
    "shift",
    "presence",
    "seal",
)
"""Tables whose rows are the box's own; what later versions added to them has a default."""


@pytest.fixture
def file(released, tmp_path):
    path = tmp_path / BOOKS_FILE
    path.write_bytes(released.books)
    return path


def rows(path, table, columns="*"):
    with closing(sqlite3.connect(path)) as db:
        return sorted(db.execute(f"SELECT {columns} FROM {table}"), key=repr)


def columns(path, table):
    with closing(sqlite3.connect(path)) as db:
        return ", ".join(f'"{row[1]}"' for row in db.execute(f"PRAGMA table_info({table})"))


def opened(path):
    return Books.open(path, store="paris", instance="m1")


def test_books_of_a_released_version_open_with_a_copy_beside_them_and_nothing_lost(released, file):
    before = {table: (columns(file, table), rows(file, table)) for table in KEPT}
    assert all(
        len(kept) > 0 for table, (_, kept) in before.items() if table in ("journal", "sale", "claim", "snapshot")
    )
    books = opened(file)
    try:
        assert books.db.pragma("user_version") == SCHEMA_VERSION > released.life["edge_schema"]
        assert books.serving
        assert replay.differences(books) == [], "the fold of its journal, by today's rules"
        assert books.db.sound()
    finally:
        books.close()
    for table, (names, kept) in before.items():
        assert rows(file, table, names) == kept, table
    copy = file.with_name(f"{BOOKS_FILE}.version-{released.life['edge_schema']}")
    assert {table: rows(copy, table) for table in KEPT} == {table: kept for table, (_, kept) in before.items()}


def test_books_that_only_get_new_tables_would_say_less_than_their_journal(file, monkeypatch):
    monkeypatch.setattr("edge.books.catching_up.PARTS_SINCE", 0)
    books = opened(file)
    assert "return_part" in replay.differences(books), "what came back by lines, which an older program did not note"
    books.close()


def test_it_reads_the_feed_again_from_the_start_since_it_could_not_read_all_of_it(file, house):
    books = opened(file)
    try:
        assert books.node().feed_rev == 0
        assert books.db.number("feed_contract") == CONTRACT_VERSION
        office = house.HeadOffice()
        office.open()
        rev = replica.take(books, office.feed(0))
    finally:
        books.close()
    books = opened(file)
    assert books.node().feed_rev == rev > 0, "once, not at every start"
    books.close()


def test_a_row_that_comes_again_in_more_words_takes_the_place_of_the_one_that_had_fewer(file, house):
    """The same revision, now with what this version can read."""
    from contract.feed import FeedPage, FeedRow, Permission, RoleCard

    books = opened(file)
    for some in ((Permission.SELL,), (Permission.SELL, Permission.COUNT)):
        row = FeedRow(rev=11, scope="*", key="role:associate", body=RoleCard(role="associate", permissions=some))
        replica.take(books, FeedPage(rows=(row,), upto=11, more=False))
    assert Permission.COUNT in replica.card(books.db, RoleCard, "associate").permissions
    books.close()


def test_a_file_of_a_version_still_to_come_is_refused_with_what_to_do(file):
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    before = rows(file, "journal")
    with pytest.raises(
        BooksError, match=f"version {SCHEMA_VERSION + 1}, this program knows {SCHEMA_VERSION}; update it"
    ):
        opened(file)
    assert rows(file, "journal") == before
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION + 1,)


def test_what_it_had_not_sent_is_sent_from_today(file):
    """Rows the office had not heard of when the program changed."""
    from edge.sync.uplink import Sync

    books = opened(file)
    (up,) = Sync(books, boot="b").messages(10**9)
    assert (books.node().mode, len(up.rows) > 0, up.contract_max) == (Mode.ACTIVE, True, CONTRACT_VERSION)
    books.close()
