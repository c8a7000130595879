"""A backup back onto a box, its own or a spare one. Nothing is put in place before all of it is proven.

What comes back is a source of rows and never trusted (law 4): the books are in mode rejoin, whatever they were, and
sell nothing until the head office has heard their rows and given a new term.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from os import fsync, link
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from contract.entries import leaf_hash, next_head
from contract.ids import TillId
from contract.messages import JournalRows
from edge.backup.contents import HISTORY, Contained, Manifest, Unpacker
from edge.backup.errors import BackupError
from edge.backup.mirror import files as mirror_files
from edge.backup.mirror import read as read_mirror
from edge.backup.sealed import Opener
from edge.backup.take import MODE, make_durable
from edge.books.chain import broken
from edge.books.db import BOOKS_FILE, SCHEMA_VERSION, BooksError
from edge.books.journal import Books, Tx
from edge.books.rows import Mode
from edge.config import EdgeConfig
from edge.house import disk_is_full
from edge.tags.key import FILE as TAG_KEY

STAGE: Final = "restore.stage"
MIRROR: Final = TillId("mirror")
"""Its rows wait for the rejoin among those that tills have kept."""
ROOM: Final = 64 << 20
"""Free on the disk beside what the files need: books grow while they are looked through."""


class Restored(NamedTuple):
    """What came back. `told`: what of the mirror could not be read, in words."""

    manifest: Manifest
    rows_mirrored: int = 0
    told: tuple[str, ...] = ()


def look(file: Path, key: X25519PrivateKey) -> Manifest:
    """Prove a backup to its last byte; nothing is written. Raises `BackupError`."""
    with _in_words(f"reading {file}"), file.open("rb") as source:
        unpacker = Unpacker(Opener(source, key))
        for _ in unpacker.files(lambda _: None):
            pass
        return unpacker.manifest


def restore(
    config: EdgeConfig, file: Path, key: X25519PrivateKey, *, instance: str, mirror: Path | None = None
) -> Restored:
    """Books, history and tag key into a data directory that has none. Raises `BackupError`: then it is as it was.

    mirror: a folder with what was mirrored since; those rows are kept for the rejoin to hand over.
    """
    folder = config.data_dir
    if config.uplink is None:
        raise BackupError(
            "a store without a head office cannot be restored: receipts it gave after the backup would get their "
            "numbers a second time, and nobody could tell; give its configuration an [uplink]"
        )
    with _in_words(f"restoring {file}"), file.open("rb") as source:
        unpacker = Unpacker(Opener(source, key))
        manifest = unpacker.manifest
        _check(config, manifest)
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        _check_empty(folder)
        if shutil.disk_usage(folder).free < manifest.size + ROOM:
            raise BackupError(
                f"{folder} has no room for {(manifest.size + ROOM) / 1e6:.0f} MB: free some, or use another"
            )
        with _stage(folder) as stage:
            for _ in unpacker.files(lambda each: _open(stage, each)):
                pass
            _distrust(stage / BOOKS_FILE, manifest, instance)
            restored = Restored(manifest, *_mirrored(stage / BOOKS_FILE, mirror, key, manifest, instance))
            _put(stage, folder)
    return restored


def _check(config: EdgeConfig, manifest: Manifest) -> None:
    if manifest.store != config.store:
        raise BackupError(
            f"this is a backup of {manifest.store}, not of {config.store}; give that store's configuration"
        )
    if manifest.schema > SCHEMA_VERSION:
        raise BackupError(
            f"this backup's books are of version {manifest.schema}, this program knows {SCHEMA_VERSION}; update it"
        )


def _check_empty(folder: Path) -> None:
    """What is there may be worth more than a backup: rows that the head office has not heard."""
    for name in (BOOKS_FILE, f"{BOOKS_FILE}-wal", HISTORY, TAG_KEY):
        if (folder / name).exists():
            raise BackupError(
                f"{folder / name} is there: a backup replaces nothing. Stop the box, move {folder} away, keep it, and "
                "restore again"
            )


def _open(stage: Path, each: Contained) -> BinaryIO:
    path = stage / each.name
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("xb")
    path.chmod(MODE if each.name == TAG_KEY else 0o640)
    return file


def _distrust(path: Path, manifest: Manifest, instance: str) -> None:
    """The books prove themselves, and from here on decide nothing until they have rejoined."""
    with closing(Books.open(path, store=manifest.store, instance=instance)) as books:
        if not books.db.sound():
            raise BackupError("the books in this backup are damaged; take the backup before")
        why = broken(books)
        if why:
            raise BackupError(f"{why}; take the backup before, and keep this one: somebody may have changed it")
        made = datetime.fromtimestamp(manifest.made_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M UTC")
        with books.transaction() as tx:
            why = f"this box was restored from a backup of {made}; connect it, and the head office lets it join"
            tx.db.run("node_mode", mode=Mode.REJOIN, why=why)


def _mirrored(
    path: Path, mirror: Path | None, key: X25519PrivateKey, manifest: Manifest, instance: str
) -> tuple[int, tuple[str, ...]]:
    """Rows that the books lack, kept as what a till brings is; how many, and what could not be read of the mirror."""
    if mirror is None:
        return 0, ()
    found, told, kept = mirror_files(mirror, manifest.store), list[str](), 0
    if not found:
        raise BackupError(f"no mirror of {manifest.store} lies in {mirror}; give its folder, or restore without it")
    with closing(Books.open(path, store=manifest.store, instance=instance)) as books, books.transaction() as tx:
        for each in found:
            for page in read_mirror(each, key, told.append):
                if page.store == manifest.store:
                    kept += _keep(tx, page)
    return kept, tuple(told)


def _keep(tx: Tx, page: JournalRows) -> int:
    head, kept = bytes.fromhex(page.head), 0
    for seq, raw in enumerate(page.rows, page.first_seq):
        body = bytes(raw)
        leaf = leaf_hash(body)
        if not tx.db.number("till_row_known", epoch=page.epoch, stream=page.stream, seq=seq, leaf=leaf):
            kept += tx.db.run(
                "till_row_add", epoch=page.epoch, stream=page.stream, seq=seq, leaf=leaf, before=head, body=body,
                till=MIRROR,
            )  # fmt: skip
        head = next_head(head, leaf)
    return kept


def _put(stage: Path, folder: Path) -> None:
    """The books last: until they are there the box has none, and with them it has everything."""
    for path in stage.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                fsync(file.fileno())
        else:
            make_durable(path)
    with ExitStack() as undo:
        if (stage / HISTORY).is_dir():
            (stage / HISTORY).rename(folder / HISTORY)
            undo.callback(shutil.rmtree, folder / HISTORY)
        if (stage / TAG_KEY).is_file():
            link(stage / TAG_KEY, folder / TAG_KEY)  # replaces nothing
            undo.callback((folder / TAG_KEY).unlink)
        make_durable(folder)
        link(stage / BOOKS_FILE, folder / BOOKS_FILE)
        undo.pop_all()
    make_durable(folder)


@contextmanager
def _stage(folder: Path) -> Iterator[Path]:
    stage = folder / STAGE
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(mode=0o700)
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


@contextmanager
def _in_words(doing: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, BooksError, OSError, msgspec.MsgspecError) as error:
        if disk_is_full(error):
            raise BackupError("the disk is full; nothing was restored: free some space and do it again") from error
        said = getattr(error, "strerror", None) or error
        raise BackupError(f"{said} while {doing}; nothing was restored: mend that and do it again") from error
