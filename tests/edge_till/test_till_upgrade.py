"""Books of an older version: brought forward once, with a copy beside them; never back."""

import sqlite3
from contextlib import closing

import pytest

from edge.books import db as books_db
from edge.books.db import SCHEMA_VERSION, BooksError, Database


@pytest.fixture
def older(disk):
    """Books as the first version made them, with a row of its own."""
    with closing(sqlite3.connect(disk, isolation_level=None)) as db:
        db.executescript(books_db.statements()["schema"] + "PRAGMA user_version = 1;")
        db.execute("INSERT INTO counter VALUES ('e1', 'trade', 7, x'00', 3, 2)")
    disk.chmod(0o600)
    return disk


def opened(path):
    db = Database(path)
    try:
        db.prepare()
        return db.pragma("user_version"), db.dump("counter")
    finally:
        db.close()


def copies(path):
    return sorted(each.name for each in path.parent.glob(f"{path.name}.version-*"))


def test_older_books_go_forward_and_a_copy_stays_as_they_were(older):
    version, rows = opened(older)
    assert (version, len(rows)) == (SCHEMA_VERSION, 1)
    assert copies(older) == [f"{older.name}.version-1"]
    kept = older.with_name(copies(older)[0])
    with closing(sqlite3.connect(kept)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        assert db.execute("SELECT seq, upto FROM counter").fetchall() == [(7, 3)]
    assert kept.stat().st_mode & 0o777 == 0o600
    before = kept.read_bytes()
    opened(older)
    assert kept.read_bytes() == before


def test_new_books_need_no_copy(disk):
    assert opened(disk)[0] == SCHEMA_VERSION
    assert copies(disk) == []


def test_a_half_copy_and_one_of_a_version_before_are_replaced(older):
    for version in (0, 1):
        older.with_name(f"{older.name}.version-{version}").write_bytes(b"half")
    opened(older)
    assert copies(older) == [f"{older.name}.version-1"]


def test_without_room_for_a_copy_nothing_is_changed(older):
    db = Database(older)
    db._db.set_authorizer(
        lambda action, *_: sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK
    )
    with pytest.raises(BooksError, match="nothing was changed"):
        db.prepare()
    db._db.set_authorizer(None)
    assert db.pragma("user_version") == 1
    db.close()
    assert copies(older) == []


def test_books_of_a_newer_program_are_left_alone(older):
    with closing(sqlite3.connect(older, isolation_level=None)) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(BooksError, match="update it"):
        opened(older)
    assert copies(older) == []
