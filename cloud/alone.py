"""Work that one process of an office does at a time, whoever else asks for it: a lock that goes with whoever held it.

PostgreSQL's own advisory lock on a connection of its own; beside a SQLite file a lock of the system on a file. Both are
free again when the process dies.
"""

import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from cloud.db import Office

MODE: Final = 0o600


@contextmanager
def alone(office: Office, name: str) -> Iterator[bool]:
    """False: another process, or another thread of this one, does it now. An office in memory has no other process."""
    with office.engine.connect() as connection:
        if isinstance(connection.connection.driver_connection, sqlite3.Connection):
            path = office.engine.url.database
        else:
            yield from _at_the_server(connection, name)
            return
    if not path or path == ":memory:":
        yield True
    else:
        yield from _beside(Path(path), name)


def _at_the_server(connection: sa.Connection, name: str) -> Iterator[bool]:
    number = int.from_bytes(hashlib.sha256(f"vitrine {name}".encode()).digest()[:8], signed=True)
    connection.execution_options(isolation_level="AUTOCOMMIT")
    taken = bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(number))))
    try:
        yield taken
    finally:
        if taken:
            connection.scalar(sa.select(sa.func.pg_advisory_unlock(number)))


def _beside(database: Path, name: str) -> Iterator[bool]:
    file = os.open(database.with_name(f"{database.name}.{name}.lock"), os.O_CREAT | os.O_RDWR, MODE)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(file)
