"""Logs as the office keeps them: bytes in `inbox`, how far in `stream`, orphans in `late_row`. No meaning here."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import msgspec
import sqlalchemy as sa

from cloud.db import ContentionError, Tx
from cloud.tables import inbox, late_row, life, stream
from contract.entries import first_head, leaf_hash, next_head
from contract.facts import Stream
from contract.ids import Epoch, StoreId
from contract.merkle import NOTHING, Peaks
from contract.messages import ROWS_PER_MESSAGE_MAX, Ack, JournalRows, LogHead

ROWS_PER_PAGE_MAX: Final = 5 * ROWS_PER_MESSAGE_MAX


class Name(NamedTuple):
    """Which log."""

    store: StoreId
    epoch: Epoch
    stream: Stream

    def mine(self, table: sa.Table) -> sa.ColumnElement[bool]:
        """The rows of this log in a table whose key begins like this."""
        return sa.and_(table.c.store == self.store, table.c.epoch == self.epoch, table.c.stream == self.stream)


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """How far we have it: contiguous up to `upto`, whose chain head is `head` and whose tree is `tree`."""

    name: Name
    term: int
    upto: int
    head: bytes
    tree: Peaks
    safe: int
    late: int

    def ack(self, *, resend_from: int | None = None) -> Ack:
        """What its store is told, with our tree head: a store that has another does not believe us."""
        return Ack(
            stream=self.name.stream, upto=self.upto, safe=self.safe, resend_from=resend_from,
            tree_head=self.tree.root().hex() if self.upto else "",
        )  # fmt: skip


class Numbered(NamedTuple):
    """A row with its place and leaf."""

    seq: int
    leaf: bytes
    body: bytes


def numbered(first_seq: int, rows: tuple[msgspec.Raw, ...]) -> list[Numbered]:
    bodies = [bytes(raw) for raw in rows]
    return [Numbered(seq, leaf_hash(body), body) for seq, body in enumerate(bodies, first_seq)]


def find(tx: Tx, name: Name) -> Log | None:
    row = tx.row(sa.select(stream).where(name.mine(stream)))
    return None if row is None else log_of(row)


def log_of(row: sa.RowMapping) -> Log:
    name = Name(StoreId(row["store"]), Epoch(row["epoch"]), Stream(row["stream"]))
    return Log(
        name=name, term=row["term"], upto=row["upto"], head=bytes(row["head"]), safe=row["safe"], late=row["late"],
        tree=Peaks.read(row["upto"], bytes(row["peaks"])),
    )  # fmt: skip


def begin(tx: Tx, name: Name, term: int) -> Log:
    """A log without rows; logs of a store keep the order in which they were begun."""
    count = tx.value(sa.select(sa.func.count()).select_from(stream).where(stream.c.store == name.store))
    head = first_head(*name)
    tx.add(stream, {**name._asdict(), "term": term, "head": head, "opened": count + 1, "peaks": b""})
    return Log(name=name, term=term, upto=0, head=head, tree=NOTHING, safe=0, late=0)


def find_or_begin(tx: Tx, name: Name, term: int) -> Log:
    return find(tx, name) or begin(tx, name, term)


def leaves(tx: Tx, name: Name, first: int, last: int) -> list[bytes]:
    """Leaves of the rows we have in this range, ascending."""
    if last < first:
        return []
    query = sa.select(inbox.c.leaf).where(name.mine(inbox), inbox.c.seq.between(first, last)).order_by(inbox.c.seq)
    return [bytes(row["leaf"]) for row in tx.rows(query)]


def head_at(tx: Tx, log: Log, seq: int) -> bytes:
    """The chain head after row `seq` ≤ `upto`."""
    if seq == log.upto:
        return log.head
    if seq <= 0:
        return first_head(*log.name)
    head = tx.value(sa.select(inbox.c.head).where(log.name.mine(inbox), inbox.c.seq == seq))
    assert head is not None, f"{log.name}: upto {log.upto} covers row {seq}, which we do not have"
    return bytes(head)


def heads_after(head: bytes, rows: Sequence[Numbered]) -> list[bytes]:
    """The chain head after each row."""
    heads = []
    for row in rows:
        head = next_head(head, row.leaf)
        heads.append(head)
    return heads


def store(tx: Tx, log: Log, rows: list[Numbered], now_us: int) -> Log:
    """Write rows and the new `upto`, which nobody else may have moved meanwhile; returns the log as it is then.

    Raises `ContentionError` when another worker was faster.
    """
    longer = add_soon(tx, log, rows, now_us)
    tx.settle()
    move = sa.update(stream).where(log.name.mine(stream), stream.c.upto == log.upto)
    if tx.run(move.values(upto=longer.upto, head=longer.head, peaks=longer.tree.packed())) != 1:
        raise ContentionError(f"another worker moved {'/'.join(log.name)} past {log.upto}")
    return longer


def add_soon(tx: Tx, log: Log, rows: Sequence[Numbered], now_us: int) -> Log:
    """Write rows by the end of the transaction; returns the log as it is then. `upto` is the caller's to move."""
    assert all(after.seq == before.seq + 1 for before, after in pairwise(rows)), "rows of a log count up by one"
    heads = heads_after(log.head, rows)
    key = log.name._asdict()
    given = ({**key, **row._asdict(), "head": head, "heard_us": now_us} for row, head in zip(rows, heads, strict=True))
    tx.add_soon(inbox, *given)
    tree = log.tree.grown(row.leaf for row in rows)
    return msgspec.structs.replace(log, upto=rows[-1].seq, head=heads[-1], tree=tree)


def store_late(tx: Tx, name: Name, row: Numbered, now_us: int) -> bool:
    """Keep a row that is not of our chain; False when we had it."""
    kept = {**name._asdict(), "seq": row.seq, "leaf": row.leaf.hex(), "body": row.body, "heard_us": now_us}
    if not tx.add_new(late_row, {**kept, "why": "not our chain"}):
        return False
    tx.run(sa.update(stream).where(name.mine(stream)).values(late=stream.c.late + 1))
    return True


def late_leaves(tx: Tx, log: Log, first: int, last: int) -> set[bytes]:
    """Rows of this range that were applied as late before their log reached them."""
    if not log.late:
        return set()
    query = sa.select(late_row.c.leaf).where(log.name.mine(late_row), late_row.c.seq.between(first, last))
    return {bytes.fromhex(row["leaf"]) for row in tx.rows(query)}


def page(tx: Tx, name: Name, first: int, most: int = ROWS_PER_PAGE_MAX) -> JournalRows:
    """Rows from `first` on, for a box that rebuilds its books; no rows: that was all."""
    log = find(tx, name)
    bodies: tuple[msgspec.Raw, ...] = ()
    head = b""
    if log is not None and 1 <= first <= log.upto + 1:
        head = head_at(tx, log, first - 1)
        query = sa.select(inbox.c.body).where(name.mine(inbox), inbox.c.seq >= first).order_by(inbox.c.seq).limit(most)
        bodies = tuple(msgspec.Raw(row["body"]) for row in tx.rows(query))
    return JournalRows(
        store=name.store, epoch=name.epoch, stream=name.stream, first_seq=first, rows=bodies, head=head.hex(),
        cloud_epoch=tx.value(sa.select(life.c.cloud_epoch)),
    )  # fmt: skip


def bodies_at(tx: Tx, name: Name, seq: int) -> list[bytes]:
    """Every row we were ever given for this place: the log's own first, then those that came late."""
    found = [bytes(row["body"]) for row in tx.rows(sa.select(inbox.c.body).where(name.mine(inbox), inbox.c.seq == seq))]
    late = sa.select(late_row.c.body).where(name.mine(late_row), late_row.c.seq == seq).order_by(late_row.c.leaf)
    return [*found, *(bytes(row["body"]) for row in tx.rows(late))]


def all_heads(tx: Tx, of: StoreId) -> tuple[LogHead, ...]:
    """Every log of a store that has rows, in the order they were begun."""
    query = sa.select(stream).where(stream.c.store == of, stream.c.upto > 0).order_by(stream.c.opened)
    return tuple(
        LogHead(
            epoch=Epoch(row["epoch"]), stream=Stream(row["stream"]), upto=row["upto"], head=bytes(row["head"]).hex()
        )
        for row in tx.rows(query)
    )


def acks(tx: Tx, of: StoreId, epoch: Epoch) -> tuple[Ack, ...]:
    """How far we have each stream of an epoch; nothing at all of a stream we never heard."""
    query = sa.select(stream).where(stream.c.store == of, stream.c.epoch == epoch)
    known = {log.name.stream: log.ack() for log in map(log_of, tx.rows(query))}
    return tuple(known.get(each, Ack(stream=each, upto=0)) for each in Stream)


def mark_safe(tx: Tx, of: StoreId | None = None) -> None:
    """Everything stored now is inside a backup that is kept: edges may forget what lies below."""
    statement = sa.update(stream).values(safe=stream.c.upto)
    tx.run(statement if of is None else statement.where(stream.c.store == of))
