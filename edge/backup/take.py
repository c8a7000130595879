"""Making a backup while the box runs: a still of books and history beside them, then one sealed file.

The books' still is SQLite's own (VACUUM INTO): one moment of them, without what was deleted before. Logins and PINs
are not in it: a PIN never leaves its box. History files never change, so their still is a second name for each.
"""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from edge.backup.contents import HISTORY, NAME, Manifest, contained, pack
from edge.backup.errors import BackupError
from edge.backup.sealed import Sealer
from edge.books.db import BOOKS_FILE, BooksError, Database
from edge.books.rows import Node
from edge.config import EdgeConfig
from edge.house import disk_is_full
from edge.tags.key import FILE as TAG_KEY

STILL: Final = "backup.still"
LOCK: Final = "backup.lock"
PART: Final = ".part"
MODE: Final = 0o600
STAYS_HERE: Final = ("login", "pin_verifier", "device", "device_token")
"""Tables that no backup holds. Devices come back by the journal, with what became of them since (docs/adr/0043)."""
LISTINGS_MAX: Final = 5
"""How often the history is listed anew because a file went meanwhile: it merges once in minutes."""


def take(config: EdgeConfig, into: Path, to: X25519PublicKey, secret: bytes, *, now_us: int, program: str) -> Manifest:
    """One sealed file, there whole or not at all. Raises `BackupError`; the box goes on selling meanwhile."""
    if into.exists():
        raise BackupError(f"{into} is there already; give another name")
    if not (config.data_dir / BOOKS_FILE).is_file():
        raise BackupError(f"there are no books in {config.data_dir}; give the configuration of a box that has run")
    with _in_words(f"writing {into}"), _alone(config.data_dir), _still(config.data_dir) as still:
        schema, store = _books(config, still)
        _history(config.data_dir, still)
        if (config.data_dir / TAG_KEY).is_file():
            os.link(config.data_dir / TAG_KEY, still / TAG_KEY)
        names = sorted(str(path.relative_to(still)) for path in still.rglob("*") if path.is_file())
        files = tuple(contained(still, name) for name in names)
        manifest = Manifest(store=store.store, made_us=now_us, program=program, schema=schema, files=files)
        _write(into, lambda out: _seal(out, manifest, still, to, secret))
    return manifest


def _books(config: EdgeConfig, still: Path) -> tuple[int, Node]:
    with closing(Database(config.data_dir / BOOKS_FILE, readonly=True)) as db:
        node = db.one("node", Node)
        if node is None or node.store != config.store:
            raise BackupError(f"{config.data_dir} holds the books of another store; give its own configuration")
        db.copy_to(still / BOOKS_FILE, without=STAYS_HERE)
        return db.pragma("user_version"), node


def _history(folder: Path, still: Path) -> None:
    """A second name for each file. One that goes while we look was merged into another: look again."""
    for _ in range(LISTINGS_MAX):
        try:
            for path in sorted((folder / HISTORY).glob("*/*.parquet")):
                beside = still / path.relative_to(folder)
                if NAME.fullmatch(str(path.relative_to(folder))) and not beside.exists():
                    beside.parent.mkdir(parents=True, exist_ok=True)
                    os.link(path, beside)
        except FileNotFoundError:
            continue
        return
    raise BackupError("the history is being tidied; make the backup again in a minute")


def _seal(out: BinaryIO, manifest: Manifest, still: Path, to: X25519PublicKey, secret: bytes) -> None:
    sealer = Sealer(out, to, secret)
    pack(manifest, still, sealer)
    sealer.close()


def _write(into: Path, fill: Callable[[BinaryIO], None]) -> None:
    """Beside, made durable, then under its name."""
    beside = into.with_name(into.name + PART)
    beside.unlink(missing_ok=True)
    try:
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
        with os.fdopen(file, "wb") as out:
            fill(out)
            out.flush()
            os.fsync(out.fileno())
        beside.rename(into)  # a stick's file system has no second names
    finally:
        beside.unlink(missing_ok=True)
    make_durable(into.parent)


def make_durable(folder: Path) -> None:
    """Names of a folder. Raises `OSError`."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


@contextmanager
def _still(folder: Path) -> Iterator[Path]:
    """An empty folder beside the books; what a backup that died left there goes first."""
    still = folder / STILL
    shutil.rmtree(still, ignore_errors=True)
    still.mkdir(mode=0o700)
    try:
        yield still
    finally:
        shutil.rmtree(still, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One backup of a box at a time."""
    with (folder / LOCK).open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError("another backup of this box is under way; wait for it") from error
        yield


@contextmanager
def _in_words(doing: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, BooksError, OSError) as error:
        if disk_is_full(error):
            why = "the disk is full: the books are copied beside themselves first, so their disk needs their size free"
            raise BackupError(f"{why}, and the other the backup's; no backup was made") from error
        said = getattr(error, "strerror", None) or error
        raise BackupError(f"{said} while {doing}; no backup was made: mend that and make it again") from error
