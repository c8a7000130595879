"""The store's books: state rows and journal in one SQLite file, written in one transaction, through one door.

`with books.transaction() as tx:` is the only way to write; `tx.write(...)` folds facts into the state rows and appends
them to the journal, so state and journal cannot part. Pages read through a connection of their own (`edge.app`).
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final, Self

import msgspec

from contract.entries import Entry, encode_entry, first_head, keys_of, leaf_hash, next_head
from contract.facts import AnyFact, Stream, stream_of
from contract.ids import Epoch, StoreId, UserId
from contract.messages import CONTRACT_VERSION
from edge.books import catching_up, fold
from edge.books.db import BooksError, Database, is_damaged
from edge.books.rows import Counter, JournalRow, Leaf, Mode, Node
from trade.guards import ALL, Guards

FLOOR_FACTS_PER_ENTRY_MAX: Final = 1000
"""A floor entry stays well under the message limit; a trade entry is never split, it is one transaction's truth."""


class NotServingError(Exception):
    """This box may not write facts now: it has to rejoin first. The message says why."""


class LogMissingError(BooksError):
    """The books have no log for this epoch: they were not made by `rejoin.load`."""


def _calm() -> None:
    """No crash here: the simulation passes another."""


class Tx:
    """An open transaction. `db` gives the named statements; `write` is how facts come true."""

    def __init__(self, db: Database, guards: Guards, part: Callable[[], None]) -> None:
        self.db = db
        self._guards = guards
        self._part = part
        self.entries: list[Entry] = []
        """Everything written in this transaction, in order."""

    def node(self) -> Node:
        node = self.db.one("node", Node)
        assert node is not None, "the node row is made when the books are"
        return node

    def write(self, *, at_us: int, by: UserId, why: str, facts: Sequence[AnyFact]) -> list[Entry]:
        """Folds the facts and journals them: one trade entry, floor entries of bounded size.

        at_us: the wall clock's word; the entry's own time is `max(last + 1, at_us)`. Raises `NotServingError`.
        """
        node = self.node()
        if node.mode is not Mode.ACTIVE:
            raise NotServingError(node.why)
        written: list[Entry] = []
        for stream, group in _groups(facts):
            at_us = max(node.last_us + 1, at_us)
            self.db.run("node_last", last_us=at_us)
            seq = self.counter(node.epoch, stream).seq + 1
            entry = Entry(stream=stream, seq=seq, at_us=at_us, by=by, why=why, facts=group, keys=keys_of(group))
            where = fold.At(epoch=node.epoch, seq=entry.seq, at_us=at_us, by=by)
            for fact in group:
                fold.apply(self.db, fact, where, self._guards)
            if not self._guards.one_tx:
                self._part()
            self._append(node.epoch, entry)
            written.append(entry)
            node = msgspec.structs.replace(node, last_us=at_us)
        self.entries += written
        return written

    def counter(self, epoch: Epoch, stream: Stream) -> Counter:
        """Raises `LogMissingError`."""
        counter = self.db.one("counter", Counter, epoch=epoch, stream=stream)
        if counter is None:
            raise LogMissingError(f"no {stream} log of epoch {epoch!r}; rejoin this box")
        return counter

    def _append(self, epoch: Epoch, entry: Entry) -> None:
        counter = self.counter(epoch, entry.stream)
        assert entry.seq == counter.seq + 1, "a log is gapless"
        body = encode_entry(entry)
        leaf = leaf_hash(body)
        head = next_head(counter.head, leaf)
        row = JournalRow(
            epoch=epoch,
            stream=entry.stream,
            seq=entry.seq,
            at_us=entry.at_us,
            by=entry.by,
            why=entry.why,
            body=body,
            leaf=leaf,
            head=head,
        )
        self.db.run_struct("journal_add", row)
        self.db.run("counter_step", epoch=epoch, stream=entry.stream, seq=entry.seq, head=head)

    def new_log(self, store: StoreId, epoch: Epoch) -> None:
        """Empty counters for both streams of a new epoch."""
        for stream in Stream:
            head = first_head(store, epoch, stream)
            counter = Counter(epoch=epoch, stream=stream, seq=0, head=head, upto=0, safe=0)
            self.db.run_struct("counter_set", counter)

    def follow(self, cloud_epoch: int) -> None:
        """A new life of the cloud: it may have lost whatever is not safe, and its decisions are numbered anew."""
        self.db.run("node_down", cloud_epoch=cloud_epoch, down_upto=0)
        self.db.run("counters_doubt")
        self.db.run("trees_drop")

    def must_rejoin(self, why: str, *, later_term: int = 0) -> None:
        """From here on this box decides nothing, until `rejoin.load`. `later_term`: one of its store, not its own."""
        self.db.run("later_term_heard", term=later_term)
        if self.node().mode is Mode.ACTIVE:
            self.db.run("node_mode", mode=Mode.REJOIN, why=why)


class Books:
    """Make with `Books.open`. One writing connection, for one thread at a time (the house)."""

    def __init__(self, db: Database, path: Path | None, guards: Guards, crashpoint: Callable[[], None]) -> None:
        self.db = db
        self.path = path
        self.guards = guards
        self._crashpoint = crashpoint
        self._open = False

    @classmethod
    def open(
        cls,
        path: Path | None,
        *,
        store: StoreId,
        instance: str,
        guards: Guards = ALL,
        crashpoint: Callable[[], None] = _calm,
        image: bytes | None = None,
    ) -> Self:
        """Opens or makes the books of `store` on the machine `instance`. Raises `BooksError`.

        Books last used on another machine come up in mode rejoin: restored or copied state is never trusted.
        path None: in memory, from `image` if given. crashpoint: called before BEGIN and after COMMIT.
        """
        try:
            db = Database(path, image=image)
            return cls.over(db, path, store=store, instance=instance, guards=guards, crashpoint=crashpoint)
        except sqlite3.DatabaseError as error:
            if not is_damaged(error):
                raise
            raise BooksError(
                f"{path}: the books are damaged ({error}); move this file and its -wal away and start again: the box "
                "joins anew and fetches its books from the head office; PINs are given anew"
            ) from error

    @classmethod
    def over(
        cls,
        db: Database,
        path: Path | None,
        *,
        store: StoreId,
        instance: str,
        guards: Guards = ALL,
        crashpoint: Callable[[], None] = _calm,
    ) -> Self:
        """The books over a connection that is open already. Raises `BooksError`."""
        db.prepare(claim_guard=guards.claim_unique, catch_up=partial(catching_up.catch_up, db))
        books = cls(db, path, guards, crashpoint)
        node = db.one("node", Node)
        if node is None:
            db.begin()
            db.run("node_new", store=store, instance=instance, contract=CONTRACT_VERSION)
            db.commit()
        elif node.store != store:
            raise BooksError(f"these are the books of {node.store}, not of {store}; give each store its own data_dir")
        elif node.instance != instance and guards.instance:
            with books.transaction() as tx:
                tx.must_rejoin("these books come from another machine; the head office must let this box join")
        if db.number("feed_contract") < CONTRACT_VERSION:
            with books.transaction() as tx:  # what an older program could not read the office left out
                tx.db.run("feed_anew", contract=CONTRACT_VERSION)
        return books

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """All or nothing. Anything raised inside rolls everything back and is raised on."""
        assert not self._open, "one transaction at a time"
        self._crashpoint()
        self.db.begin()
        self._open = True
        try:
            yield Tx(self.db, self.guards, self._part)
            self.db.commit()
        finally:
            self._open = False
            self.db.rollback()  # nothing, after the commit
        self._crashpoint()

    def _part(self) -> None:
        """What the guard `one_tx` prevents: the state is committed before its journal row."""
        self.db.commit()
        self._crashpoint()
        self.db.begin()

    def node(self) -> Node:
        node = self.db.one("node", Node)
        assert node is not None, "the node row is made when the books are"
        return node

    @property
    def serving(self) -> bool:
        """Whether this box may decide."""
        return self.node().mode is Mode.ACTIVE

    def head(self, epoch: Epoch, stream: Stream, seq: int) -> bytes:
        """Chain head after row `seq` of a log."""
        if seq == 0:
            return first_head(self.node().store, epoch, stream)
        found = self.db.one("journal_head", _Head, epoch=epoch, stream=stream, seq=seq)
        if found is None:
            raise LogMissingError(f"row {seq} of the {stream} log {epoch!r} is not on this disk; rejoin this box")
        return found.head

    def journal(self, epoch: Epoch, stream: Stream, first_seq: int, limit: int) -> list[JournalRow]:
        """Rows of one log, oldest first."""
        return self.db.rows("journal_rows", JournalRow, epoch=epoch, stream=stream, first_seq=first_seq, limit=limit)

    def leaves(self, epoch: Epoch, stream: Stream) -> list[bytes]:
        """Leaf hashes of one log, for its Merkle tree."""
        return [row.leaf for row in self.db.rows("journal_leaves", Leaf, epoch=epoch, stream=stream)]

    def close(self) -> None:
        self.db.close()


class _Head(msgspec.Struct, frozen=True):
    head: bytes


def _groups(facts: Sequence[AnyFact]) -> Iterator[tuple[Stream, tuple[AnyFact, ...]]]:
    """Trade facts as one group, then floor facts in groups of bounded size."""
    trade = tuple(fact for fact in facts if stream_of(fact) is Stream.TRADE)
    if trade:
        yield Stream.TRADE, trade
    floor = tuple(fact for fact in facts if stream_of(fact) is Stream.FLOOR)
    for first in range(0, len(floor), FLOOR_FACTS_PER_ENTRY_MAX):
        yield Stream.FLOOR, floor[first : first + FLOOR_FACTS_PER_ENTRY_MAX]
