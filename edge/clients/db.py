"""A SQLite file of clients behind one door: named statements in, rows out. Threads wait for each other.

What is deleted is overwritten (`secure_delete`), and `leave_no_trace` empties the WAL, so that nothing of who was
forgotten lies on in the file.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any, Final

SLICE: Final = "slice"
Value = str | int | bytes


class ClientsDb:
    """One connection, one transaction at a time. `name`: of the file and of its statements; no folder: in memory."""

    def __init__(self, folder: Path | None, name: str = SLICE) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._sql = _statements(name)
        self._lock = threading.RLock()
        file = ":memory:" if folder is None else folder / f"{name}.sqlite3"
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._db.row_factory = _as_dict
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
            self._db.execute(f"PRAGMA {pragma}").close()
        self._db.executescript(self._sql["schema"])

    @contextmanager
    def work(self) -> Iterator[None]:
        """All or nothing."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    def run(self, name: str, /, **values: Value) -> int:
        """Rows changed."""
        with self._lock:
            return self._db.execute(self._sql[name], values).rowcount

    def rows(self, name: str, /, **values: Value) -> list[dict[str, Any]]:
        with self._lock:
            return self._db.execute(self._sql[name], values).fetchall()

    def one(self, name: str, /, **values: Value) -> dict[str, Any] | None:
        found = self.rows(name, **values)
        return found[0] if found else None

    def number(self, name: str, /, **values: Value) -> int:
        """The one `value` of the first row; 0 when there is none."""
        found = self.one(name, **values)
        return 0 if found is None else int(found["value"] or 0)

    def leave_no_trace(self) -> None:
        with self._lock:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def close(self) -> None:
        with self._lock:
            self._db.close()


def _as_dict(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> dict[str, Any]:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


def _statements(name: str) -> dict[str, str]:
    text = resources.files("edge.clients").joinpath(f"{name}.sql").read_text(encoding="utf-8")
    blocks = (block.partition("\n") for block in text.split("-- name: ")[1:])
    return {each.strip(): sql.strip() for each, _, sql in blocks}
