"""The store's SQLite file behind one door: named statements in, typed rows out. Nobody else calls `execute`.

WAL with synchronous=FULL is checked when the file is opened: less loses commits at a power cut (reliability.md §1.6).
"""

import functools
import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from importlib import resources
from pathlib import Path
from typing import Final, TypeVar

import msgspec

BOOKS_FILE: Final = "books.sqlite3"
"""In a box's data directory."""
SCHEMA_VERSION: Final = 29
FILES: Final = (
    "books.sql",
    "shifts.sql",
    "witness.sql",
    "tags.sql",
    "readers.sql",
    "signals.sql",
    "alarms.sql",
    "counts.sql",
    "zones.sql",
    "payments.sql",
    "trees.sql",
    "returns.sql",
    "shares.sql",
    "receipts.sql",
    "value.sql",
    "seek.sql",
    "orders.sql",
    "purchases.sql",
    "appointments.sql",
    "devices.sql",
    "older.sql",
)
"""Where the named statements stand. `upgrade_N` brings a file of version N - 1 to N."""
PART: Final = re.compile(r"/\* part: (\w+) \*/")
"""In a statement: what stands under that name is put here, so that two that ask alike say it once."""
BUSY_S: Final = 5.0
FULL: Final = 2
"""`PRAGMA synchronous`: 2 is FULL."""

Row = TypeVar("Row")
Value = str | int | float | bytes | None


class BooksError(Exception):
    """The books cannot be used as they are; the message says what to do."""


@functools.cache
def statements() -> dict[str, str]:
    """Every named statement of the .sql files."""
    folder = resources.files("edge.books")
    text = "\n".join(folder.joinpath(file).read_text(encoding="utf-8") for file in FILES)
    named: dict[str, str] = {}
    for block in text.split("-- name: ")[1:]:
        name, _, sql = block.partition("\n")
        if name.strip() in named:
            raise BooksError(f"two statements are named {name.strip()!r}; rename one")
        named[name.strip()] = sql.strip()
    return {name: PART.sub(lambda part: named[part[1]], sql) for name, sql in named.items()}


def is_damaged(error: sqlite3.Error) -> bool:
    """The file itself is not what SQLite wrote."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Database:
    """One connection. `path` None is in memory, from `image` if given (the simulation's disk)."""

    SYNCHRONOUS = FULL

    def __init__(self, path: Path | None, *, image: bytes | None = None, readonly: bool = False) -> None:
        self._sql = statements()
        self._path = path
        self._db = self._connect(path, image, readonly=readonly)
        self._db.row_factory = _as_dict
        if path is not None and not readonly:
            self._make_durable(path)

    def _connect(self, path: Path | None, image: bytes | None, *, readonly: bool) -> sqlite3.Connection:
        if path is None:
            db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            if image is not None:
                db.deserialize(image)
            return db
        uri = f"{path.resolve().as_uri()}?mode={'ro' if readonly else 'rwc'}"
        return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_S)

    def _make_durable(self, path: Path) -> None:
        self._db.execute("PRAGMA journal_mode = WAL").fetchone()
        self._db.execute(f"PRAGMA synchronous = {self.SYNCHRONOUS}")
        journal = str(self._db.execute("PRAGMA journal_mode").fetchone()["journal_mode"])
        level = self.pragma("synchronous")
        if journal != "wal" or level != self.SYNCHRONOUS:
            raise BooksError(
                f"{path}: journal_mode is {journal} and synchronous {level}, not wal and {self.SYNCHRONOUS}; "
                "keep the books on a local disk"
            )

    def prepare(self, *, claim_guard: bool = True, catch_up: Callable[[int], None] = lambda _version: None) -> None:
        """Makes the tables of a new file, or those an older one lacks. Raises `BooksError` for a newer version's.

        Versions only go up; an older file is copied beside itself first, for whoever has to go back to that program.
        `catch_up` fills new tables from what an older file has, told its version, in the same transaction.
        """
        version = self.pragma("user_version")
        if version > SCHEMA_VERSION:
            raise BooksError(f"these books are of version {version}, this program knows {SCHEMA_VERSION}; update it")
        if version == SCHEMA_VERSION:
            return
        if version and self._path is not None:
            self._keep_copy(self._path, version)
        steps = []
        if version == 0:
            steps = [self._sql["schema"], self._sql["claim_guard"] if claim_guard else ""]
        steps += [self._sql[f"upgrade_{step}"] for step in range(max(version, 1) + 1, SCHEMA_VERSION + 1)]
        try:
            self._db.executescript(f"BEGIN;{''.join(steps)}PRAGMA user_version = {SCHEMA_VERSION};")
            if version:
                catch_up(version)
            self.commit()
        finally:
            self.rollback()  # nothing, after the commit

    def _keep_copy(self, path: Path, version: int) -> None:
        """One copy, of the last version; a half one of a start that was cut short is written anew."""
        for older in path.parent.glob(f"{path.name}.version-*"):
            older.unlink()
        kept = path.with_name(f"{path.name}.version-{version}")
        kept.touch(path.stat().st_mode & 0o777)
        try:
            self._db.execute("VACUUM INTO :path", {"path": str(kept)})
            with kept.open("rb") as written:
                os.fsync(written.fileno())
        except (sqlite3.Error, OSError) as error:
            kept.unlink(missing_ok=True)
            raise BooksError(
                f"no copy of {path} could be made before its tables change ({error}); free as much space as it takes "
                "and start again: nothing was changed"
            ) from error

    def begin(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._db.execute("COMMIT")

    def rollback(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def run(self, name: str, /, **values: Value) -> int:
        """Runs a statement; returns how many rows it changed."""
        return self._db.execute(self._sql[name], values).rowcount

    def run_struct(self, name: str, row: msgspec.Struct, /, **more: Value) -> int:
        """Runs a statement with the fields of a row struct as its values."""
        return self._db.execute(self._sql[name], {**msgspec.structs.asdict(row), **more}).rowcount

    def one(self, name: str, kind: type[Row], /, **values: Value) -> Row | None:
        """The first row as `kind`, or None."""
        row = self._db.execute(self._sql[name], values).fetchone()
        return None if row is None else msgspec.convert(row, kind, strict=False)

    def rows(self, name: str, kind: type[Row], /, **values: Value) -> list[Row]:
        """All rows as `kind`."""
        return msgspec.convert(self._db.execute(self._sql[name], values).fetchall(), list[kind], strict=False)  # type: ignore[valid-type]

    def number(self, name: str, /, **values: Value) -> int:
        """The one `value` of the first row; 0 when there is none."""
        row = self._db.execute(self._sql[name], values).fetchone()
        return 0 if row is None or row["value"] is None else int(row["value"])

    def words(self, name: str, /, **values: Value) -> list[str]:
        """The `value` of every row, as text."""
        return [str(row["value"]) for row in self._db.execute(self._sql[name], values)]

    def pragma(self, name: str) -> int:
        """A number SQLite tells about itself."""
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[name])

    def dump(self, table: str) -> list[tuple[Value, ...]]:
        """Every row of a table, sorted: for comparing books row for row."""
        return sorted((tuple(row.values()) for row in self._db.execute(f'SELECT * FROM "{table}"')), key=repr)  # noqa: S608 — a table's name cannot be a parameter

    def every(self, table: str) -> Iterator[tuple[Value, ...]]:
        """Every row of a table as it lies there, one by one: not to be compared (`dump`)."""
        cursor = self._db.cursor()
        cursor.row_factory = None
        yield from cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 — likewise

    def tables(self) -> list[str]:
        """Names of all tables."""
        return [str(row["name"]) for row in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]

    def stand_still(self) -> None:
        """From here on this connection sees the books as they are now, whatever is committed elsewhere."""
        self._db.execute("BEGIN")
        self.tables()

    def fill(self, table: str, rows: list[list[Value]]) -> None:
        """Rows of `dump`, into a table of the same columns."""
        if rows:
            places = ", ".join("?" * len(rows[0]))
            self._db.executemany(f'INSERT INTO "{table}" VALUES ({places})', rows)  # noqa: S608 — likewise

    def clear(self, table: str) -> None:
        """Drops every row of a table, for a fold from the start."""
        self._db.execute(f'DELETE FROM "{table}"')  # noqa: S608 — likewise

    def sound(self) -> bool:
        """SQLite's own check of the whole file."""
        return [*self._db.execute("PRAGMA integrity_check").fetchone().values()] == ["ok"]

    def image(self) -> bytes:
        """The committed content, as bytes: the simulation's disk, and backups of small books."""
        return self._db.serialize()

    def copy_to(self, path: Path, *, without: Sequence[str] = ()) -> None:
        """The books as they are now into a new file, while others write; rows of the tables `without` stay here."""
        self._db.execute("VACUUM INTO :path", {"path": str(path)})
        with closing(sqlite3.connect(path, isolation_level=None)) as copy:
            copy.execute("PRAGMA secure_delete = ON")  # else they would stand in its free pages
            for table in without:
                copy.execute(f'DELETE FROM "{table}"')  # noqa: S608 — a table's name cannot be a parameter

    def close(self) -> None:
        self._db.close()


def _as_dict(cursor: sqlite3.Cursor, row: tuple[Value, ...]) -> dict[str, Value]:
    return dict(zip([column[0] for column in cursor.description], row, strict=True))
