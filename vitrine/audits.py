"""`vitrine audit verify`: whether the books are the ones that were written. Nothing is changed; the house may run.

A chain alone cannot tell a log that was written anew from some row on. So a box's log is held against the office's, and
the office's against a box's: whoever would change the past unseen has to change both.
"""

import asyncio
import contextlib
import datetime as dt
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from cloud import audit as office_audit
from cloud.config import CloudConfig
from cloud.config import ConfigError as CloudConfigError
from cloud.config import load_config as load_cloud
from cloud.db import UnreachableDatabaseError, UnsafeDatabaseError, open_office
from cloud.tables import store as store_table
from contract.audit import Log, Walk, part, part_by_heads
from contract.entries import decode_entry, decode_header
from contract.facts import ShiftClosed
from contract.ids import StoreId, TillId
from contract.messages import TreeHead
from contract.receipt_code import read_code
from edge.books import chain
from edge.books.db import BOOKS_FILE, SCHEMA_VERSION, Database
from edge.books.journal import Books
from edge.books.rows import Counter, JournalRow
from edge.config import ConfigError as EdgeConfigError
from edge.config import EdgeConfig
from edge.config import load_config as load_edge
from edge.sync.office import Office, OfficeUnreachableError
from trade import zchain
from trade.guards import ALL
from vitrine.problems import PersonError, in_words


class Found(NamedTuple):
    """What was gone through, and everything that is wrong, in words."""

    logs: int
    rows: int
    troubles: tuple[str, ...]


def verify(config: Path, store: str, books: Path | None) -> Found:
    """Of a box or of the office, by whose configuration it is. Raises `PersonError`."""
    with _errors():
        if _is_office(config):
            return verify_office(load_cloud(config), StoreId(store) if store else None, books)
        settings = load_edge(config)
        if books is not None or store not in ("", settings.store):
            raise PersonError(
                f"{config} is the box of {settings.store}: give no other store and no --books, or the office's file."
            )
        return verify_box(settings)


def receipt(config: Path, code: str) -> list[str]:
    """Every row of which a receipt with this code was printed: none, or one. Raises `PersonError`."""
    with _errors(ValueError):
        beginning = read_code(code)
    with _errors():
        if _is_office(config):
            office = open_office(load_cloud(config).database_url)
            try:
                with office.reading() as tx:
                    found = office_audit.with_head(tx, beginning)
            finally:
                office.close()
        else:
            found = _on_box(load_edge(config).data_dir / BOOKS_FILE, beginning)
    return [_told(*each) for each in found]


def _on_box(path: Path, beginning: bytes) -> list[tuple[Log, int, bytes]]:
    books = books_at(path)
    try:
        rows = books.db.rows("journal_with_head", JournalRow, beginning=beginning, length=len(beginning))
        return [(Log(books.node().store, row.epoch, row.stream), row.seq, row.body) for row in rows]
    finally:
        books.db.close()


def _told(log: Log, seq: int, body: bytes) -> str:
    header = decode_header(body)
    at = dt.datetime.fromtimestamp(header.at_us / 1e6, dt.UTC)
    return f"Row {seq} of {log}, written {at:%Y-%m-%d %H:%M} UTC by {header.by} ({header.why})."


def _is_office(config: Path) -> bool:
    """A box's configuration names its store, the office's a database."""
    try:
        return "database_url" in tomllib.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False  # a box's reader of it says what is wrong


def _errors(*more: type[Exception]) -> AbstractContextManager[None]:
    return in_words(
        EdgeConfigError, CloudConfigError, UnsafeDatabaseError, UnreachableDatabaseError, OfficeUnreachableError, *more
    )


def books_at(path: Path) -> Books:
    """A box's books, to be read only. Raises `PersonError`."""
    if not path.is_file():
        raise PersonError(f"There are no books at {path}: give the file {BOOKS_FILE} of a box.")
    db = Database(path, readonly=True)
    version = db.pragma("user_version")
    if version != SCHEMA_VERSION:
        db.close()
        raise PersonError(
            f"The books at {path} are of version {version} and this program's of {SCHEMA_VERSION}: take the program "
            "the box runs, or start the box once with this one."
        )
    return Books(db, path, ALL, lambda: None)


def verify_box(config: EdgeConfig) -> Found:
    """A box's own logs, and each of them against the office's, where the box has an office and it answers."""
    books = books_at(config.data_dir / BOOKS_FILE)
    try:
        gone = list(chain.walks(books))
    finally:
        books.db.close()
    troubles = [walk.trouble for _, walk in gone if walk.trouble] + _broken_zs(walk for _, walk in gone)
    if config.uplink is not None:
        troubles += asyncio.run(_against_office(config, [walk for _, walk in gone if not walk.trouble]))
    return _found([walk for _, walk in gone], troubles)


async def _against_office(config: EdgeConfig, walks: list[Walk]) -> list[str]:
    assert config.uplink is not None
    loop = asyncio.get_running_loop()
    async with Office(config.uplink) as office:

        def asking(walk: Walk, size: int) -> TreeHead:
            told = office.tree(walk.log.epoch, walk.log.stream, size)
            return asyncio.run_coroutine_threadsafe(told, loop).result()

        def compared(walk: Walk) -> str:
            return part_by_heads(walk.log, walk.leaves, lambda size: asking(walk, size))

        found = [await asyncio.to_thread(compared, walk) for walk in walks]
    return [trouble for trouble in found if trouble]


def verify_office(config: CloudConfig, of: StoreId | None, books: Path | None) -> Found:
    """The office's logs, of one store or of all; with a box's books beside them, row by row. Raises `PersonError`."""
    office = open_office(config.database_url)
    try:
        with office.reading() as tx:
            if of is not None and not tx.value(sa.select(sa.func.count()).where(store_table.c.store == of)):
                raise PersonError(f"The office has no store {of!r}: look at the spelling.")
            walks = list(office_audit.walks(tx, of))
    finally:
        office.close()
    troubles = [walk.trouble for walk in walks if walk.trouble] + _broken_zs(walks)
    if books is not None:
        troubles += _against_books({walk.log: walk for walk in walks}, books)
    return _found(walks, troubles)


def _against_books(office: dict[object, Walk], path: Path) -> Iterator[str]:
    books = books_at(path)
    try:
        for counter, box in chain.walks(books):
            yield from _compared(counter, box, office.get(box.log))
    finally:
        books.db.close()


def _compared(counter: Counter, box: Walk, office: Walk | None) -> Iterator[str]:
    if box.trouble:
        yield f"On the box: {box.trouble}"
        return
    there = office.leaves if office is not None else []
    if trouble := part(box.log, box.leaves, there):
        yield trouble
    elif counter.upto > len(there):
        yield f"{box.log} ends at row {len(there)} at the office, which said to the box that it has {counter.upto}"


def _broken_zs(walks: Iterable[Walk]) -> list[str]:
    """Where the Zs of a till do not chain. A row of a newer program than this one is left to that program."""
    zs: dict[tuple[StoreId, TillId], list[ShiftClosed]] = {}
    for walk in walks:
        for body in walk.closings:
            with contextlib.suppress(msgspec.ValidationError):
                for fact in decode_entry(body).facts:
                    if isinstance(fact, ShiftClosed):
                        zs.setdefault((walk.log.store, fact.till), []).append(fact)
    return [f"{store}: {broken}" for (store, _), each in sorted(zs.items()) for broken in zchain.verify(each)]


def _found(walks: list[Walk], troubles: list[str]) -> Found:
    return Found(len(walks), sum(len(walk.leaves) for walk in walks), tuple(troubles))
