"""Keeps the mirror: what is new in the journal, onto another disk, in a thread that nobody who sells waits for.

A disk that is full, gone or slow is said in words and tried again; each time, and at each start, a new file begins with
every row the head office has not confirmed, so that the newest whole file has all that only this box has.
"""

import contextlib
import secrets
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from contract.entries import first_head
from contract.facts import Stream
from contract.ids import Epoch, StoreId
from contract.messages import MESSAGE_BYTES_MAX, ROWS_PER_MESSAGE_MAX, JournalRows
from edge.backup.errors import BackupError
from edge.backup.keys import KEY_BYTES, sealing_key
from edge.backup.mirror import MirrorFile, files, next_file
from edge.books.db import BOOKS_FILE, BooksError, Database
from edge.books.rows import Counter, JournalRow, within
from edge.config import ConfigError, EdgeConfig
from edge.floor.now import MirrorNow

EVERY_S: Final = 0.5
RETRY_S: Final = 30.0
FILE_BYTES_MAX: Final = 64 << 20
FILES_KEPT: Final = 20
MEND: Final = "selling goes on; see to that disk and its folder"

log = structlog.get_logger(__name__)


class _At(NamedTuple):
    """How far a log was mirrored, and the chain head there."""

    seq: int
    head: bytes


class _Head(msgspec.Struct, frozen=True):
    head: bytes


def _head(db: Database, store: StoreId, counter: Counter) -> bytes:
    """The chain head where the office confirmed the log last."""
    found = db.one("journal_head", _Head, epoch=counter.epoch, stream=counter.stream, seq=counter.upto)
    return first_head(store, counter.epoch, counter.stream) if found is None else found.head


def _open(path: Path) -> BinaryIO:
    return path.open("xb")


class Mirror:
    """`step` does what is due; `start` and `stop` run it in a thread of its own. `now` is how it stands."""

    def __init__(
        self,
        folder: Path,
        to: X25519PublicKey,
        books: Path,
        store: StoreId,
        now: MirrorNow,
        *,
        mono_us: Callable[[], int],
        apart: bool = True,
        opener: Callable[[Path], BinaryIO] = _open,
    ) -> None:
        """apart: the folder must lie on another disk than the books; an empty mount point does not."""
        self._folder, self._to, self._path, self._store = folder, to, books, store
        self._apart, self._opener = apart, opener
        self._file: MirrorFile | None = None
        self._done: dict[tuple[Epoch, Stream], _At] = {}
        self.now, self._mono_us = now, mono_us
        self.changed: Callable[[], None] = lambda: None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mirror", daemon=True)

    def start(self) -> None:
        self.now.whole_us = self._mono_us()
        self._thread.start()

    def stop(self, grace_s: float) -> None:
        """What was written last is mirrored too, unless the disk takes longer than the grace: nobody waits for it."""
        self._over.set()
        self._thread.join(grace_s)

    def _run(self) -> None:
        over = False
        while not over:
            over = self._over.wait(EVERY_S if self.step() else RETRY_S)
        self.step()
        self.close()

    def step(self) -> bool:
        """Append what is new. False when it could not; `now` then says why, in words. Raises nothing."""
        try:
            with contextlib.closing(Database(self._path, readonly=True)) as db:
                self._append(db)
        except (OSError, sqlite3.Error, BooksError) as error:
            self._give_up(error)
            return False
        self.now.whole_us = self._mono_us()
        if self.now.why:
            log.info("mirror_goes_on")
            self.now.why = ""
            self.changed()
        return True

    def _append(self, db: Database) -> None:
        counters = db.rows("counters", Counter)
        begun = self._file is None or self._file.size >= FILE_BYTES_MAX
        if begun:
            self._begin()
        assert self._file is not None, "begun above"
        for stream in (Stream.TRADE, Stream.FLOOR):
            for counter in counters:
                if counter.stream is stream:
                    self._follow(db, counter, self._file)
        if begun:
            for old in files(self._folder, self._store)[:-FILES_KEPT]:
                old.unlink()

    def _begin(self) -> None:
        if not self._folder.is_dir():
            raise NotADirectoryError(0, "there is no such folder", str(self._folder))
        if self._apart and self._folder.stat().st_dev == self._path.stat().st_dev:
            raise OSError(0, "it lies on the disk of the books: is the other one mounted?", str(self._folder))
        self.close()
        self._done = {}
        out = self._opener(next_file(self._folder, self._store))
        try:
            self._file = MirrorFile(out, self._to, secrets.token_bytes(KEY_BYTES))
        except OSError:
            with contextlib.suppress(OSError):
                out.close()
            raise

    def close(self) -> None:
        """What is written stays; the next step begins a new file."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
        self._file = None

    def _follow(self, db: Database, counter: Counter, file: MirrorFile) -> None:
        log_name = counter.epoch, counter.stream
        at = self._done.get(log_name) or _At(seq=counter.upto, head=_head(db, self._store, counter))
        while at.seq < counter.seq:
            rows = within(
                MESSAGE_BYTES_MAX // 2,
                db.rows(
                    "journal_rows", JournalRow, epoch=counter.epoch, stream=counter.stream, first_seq=at.seq + 1,
                    limit=ROWS_PER_MESSAGE_MAX,
                ),
            )  # fmt: skip
            if not rows:
                return
            page = JournalRows(
                store=self._store, epoch=counter.epoch, stream=counter.stream, first_seq=rows[0].seq,
                rows=tuple(msgspec.Raw(row.body) for row in rows), head=at.head.hex(),
            )  # fmt: skip
            file.write(page)
            at = self._done[log_name] = _At(seq=rows[-1].seq, head=rows[-1].head)
            self.now.rows_total += len(rows)

    def _give_up(self, error: Exception) -> None:
        self.close()
        self.now.errors_total += 1
        said = getattr(error, "strerror", None) or error
        why = f"The mirror in {self._folder} is not written ({said}); {MEND}"
        if why != self.now.why:
            log.error("mirror_stands", why=why)
            self.now.why = why
            self.changed()


def of(config: EdgeConfig, now: MirrorNow, mono_us: Callable[[], int]) -> Mirror | None:
    """The mirror this configuration asks for, not yet started. Raises `ConfigError` for words that seal for nobody."""
    wanted = config.mirror
    if wanted is None:
        return None
    try:
        to = sealing_key(wanted.seals)
    except BackupError as error:
        raise ConfigError(f"mirror.seals: {error}") from error
    return Mirror(wanted.folder, to, config.data_dir / BOOKS_FILE, config.store, now, mono_us=mono_us)
