"""Tills as witnesses: what each has seen of this box's log, and the rows it keeps until the cloud has them (law 4).

A box that is behind a till was restored, copied or rolled back. It stops in the transaction that hears it, and what
only the till still has is kept for the hand-over of its rejoin (custody.md §1, §2.1, guards `witness` and `journal`).
Only the trade log is given to tills: nothing on the floor decides what may be sold.

Whoever can sign in at a till can speak for it, so its word counts only under a seal of this store's boxes: a sealed
head, and rows that chain to one (docs/adr/0008). A disk that never joined has no key to tell by and hears everything:
it decides nothing, but hands over what it heard.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from contract.entries import decode_header, first_head, leaf_hash, next_head
from contract.facts import Stream
from contract.ids import Epoch, StoreId, TillId
from contract.messages import MESSAGE_BYTES_MAX, ROWS_PER_MESSAGE_MAX, JournalRows
from contract.seals import head_seal, is_same
from edge.books.db import Database
from edge.books.journal import Books, Tx
from edge.books.rows import Counter, JournalRow, Mode, Node, Seal, within
from edge.sync.testimony import Heard, KeptLog, News, Settled, Testimony

ROWS_PER_NEWS_MAX: Final = 100
NEWS_BYTES_MAX: Final = 256 << 10
RESTORED: Final = "this box was restored; connect it"


def behind(db: Database, testimony: Testimony) -> str | None:
    """Why this box is not the one the till knew: it was restored, copied or rolled back. None: all is well."""
    return _behind(db, sealed(db, testimony))


def sealed(db: Database, testimony: Testimony) -> Testimony:
    """What of it a box of this store gave out, whichever it was; everything, where this disk has no key."""
    seal, store = db.one("seal", Seal), _node(db).store
    if seal is None or not seal.witness_key:
        return testimony
    logs = tuple(log for log in testimony.logs if is_same(log.seal, _seal(seal, store, log)))
    return msgspec.structs.replace(testimony, logs=logs)


def _behind(db: Database, testimony: Testimony) -> str | None:
    node = _node(db)
    for log in testimony.logs:
        settled = db.number("till_claim_settled", till=testimony.till, epoch=log.epoch, stream=log.stream, seq=log.seq)
        told = None if settled else _told_by(db, node, log)
        if told:
            return f"{RESTORED}. {testimony.till} remembers {told}"
    return None


def _told_by(db: Database, node: Node, log: KeptLog) -> str:
    if log.term > node.term:
        return "a later term than this disk"
    if log.epoch == node.epoch:
        counter = db.one("counter", Counter, epoch=log.epoch, stream=log.stream)
        assert counter is not None, "an epoch has its logs"
        if counter.seq < log.seq:
            return f"entry {log.seq} of the {log.stream} log, and this disk ends at {counter.seq}"
        if _head(db, node, log, log.seq) != log.head:
            return f"another entry {log.seq} of the {log.stream} log than this disk"
    lacking = sum(not _known(db, log, seq, leaf) for seq, leaf, _, _ in log.chained())
    return f"{lacking} entries of the {log.stream} log that this disk lacks" if lacking else ""


def hear(books: Books, testimony: Testimony) -> Heard:
    """Takes a till's word, in one transaction: a box that is behind stops, rows it lacks are kept for the hand-over."""
    guards = books.guards
    with books.transaction() as tx:
        heard = sealed(tx.db, testimony) if guards.head_seal else testimony
        sound = [log for log in heard.logs if not log.rows or _holds(tx.db, log)]
        damaged = sum(len(log.rows) for log in heard.logs) - sum(len(log.rows) for log in sound)
        bare = msgspec.structs.replace(heard, logs=tuple(_bare(log) for log in heard.logs))
        told = msgspec.structs.replace(testimony, logs=(*bare.logs, *sound)) if guards.journal else bare
        why = _behind(tx.db, told) if guards.witness else None
        kept = 0
        for log in sound if guards.journal else ():
            kept += _keep(tx, testimony.till, log)
        if why or testimony.till not in tills_known(tx.db):
            for log in bare.logs:
                _claim(tx, testimony.till, log)
        if why:
            tx.db.run("node_mode", mode=Mode.REJOIN, why=why)
            tx.db.run("later_term_heard", term=max(log.term for log in bare.logs))
        node = tx.node()
        settled = tuple(_settled(tx.db, node, log) for log in testimony.logs)
    unsealed = len(testimony.logs) - len(heard.logs)
    return Heard(why=why or "", rows_kept=kept, rows_damaged=damaged, logs_unsealed=unsealed, settled=settled)


def news(db: Database, till: TillId, seen: Sequence[KeptLog] = ()) -> News | None:
    """What to give a till that has seen these logs; None before this box ever joined."""
    node = _node(db)
    counter = db.one("counter", Counter, epoch=node.epoch, stream=Stream.TRADE)
    if counter is None:
        return None
    kept_from = counter.safe or counter.upto
    known = max((log.seq for log in seen if (log.epoch, log.stream) == (node.epoch, Stream.TRADE)), default=0)
    first = max(kept_from, min(known, counter.seq)) + 1
    rows = within(
        NEWS_BYTES_MAX,
        db.rows(
            "journal_rows", JournalRow, epoch=node.epoch, stream=Stream.TRADE, first_seq=first, limit=ROWS_PER_NEWS_MAX
        ),
    )
    log = KeptLog(epoch=node.epoch, stream=Stream.TRADE, term=node.term, seq=first - 1, head=b"")
    before = _head(db, node, log, first - 1)
    last, head = (rows[-1].seq, rows[-1].head) if rows else (first - 1, before)
    key = db.one("seal", Seal)
    given = msgspec.structs.replace(log, seq=last, head=head)
    return News(
        store=node.store, till=till, term=node.term, epoch=node.epoch, upto=counter.upto, safe=counter.safe,
        first_seq=first, before=before.hex(), rows=tuple(row.body.decode() for row in rows),
        heads=tuple(row.head.hex() for row in rows), seq=last, head=head.hex(),
        seal=_seal(key, node.store, given) if key and key.witness_key else "", more=last < counter.seq,
    )  # fmt: skip


def tills_known(db: Database) -> list[TillId]:
    """Tills that have borne witness to this disk before: after a restart it is well to hear them first."""
    return [TillId(till) for till in db.words("till_claims_known")]


def sales_unsent(db: Database) -> int:
    """Sales that exist only in this store: recorded, and not covered by the cloud's `upto`."""
    return db.number("sales_unsent")


# --- for the rejoin ---------------------------------------------------------------------------------------


def kept(db: Database) -> int:
    """How many rows tills have brought since the last rejoin. An answer asked for with fewer is out of date."""
    return db.number("till_rows_kept")


def parting(db: Database, epoch: Epoch, stream: Stream) -> int:
    """The first row of this disk that a till knows otherwise; 0: none. The till's is the elder, and goes first."""
    return db.number("till_row_parting", epoch=epoch, stream=stream)


def pages(db: Database, store: StoreId) -> Iterator[JournalRows]:
    """Rows that tills have brought and the cloud was not given yet, as hand-overs; each page is one chain."""
    for log in db.rows("till_logs", _Log):
        page: list[_TillRow] = []
        room = 0
        for row in db.rows("till_rows", _TillRow, epoch=log.epoch, stream=log.stream):
            goes_on = page and row.seq == page[-1].seq + 1 and row.before == next_head(page[-1].before, page[-1].leaf)
            if page and not (goes_on and len(page) < ROWS_PER_MESSAGE_MAX and room >= len(row.body)):
                yield _page(store, log, page)
                page = []
            if not page:
                room = MESSAGE_BYTES_MAX // 2
            page.append(row)
            room -= len(row.body)
        yield _page(store, log, page)


def handed(tx: Tx, rows: JournalRows) -> None:
    """The cloud has committed these rows."""
    for seq, raw in enumerate(rows.rows, rows.first_seq):
        leaf = leaf_hash(bytes(raw))
        tx.db.run("till_row_handed", epoch=rows.epoch, stream=rows.stream, seq=seq, leaf=leaf)


def settle(tx: Tx) -> None:
    """The cloud has decided with these rows before it: what tills said until now stops this box no more."""
    tx.db.run("till_rows_settle")
    tx.db.run("till_claims_settle")


# --- inside -----------------------------------------------------------------------------------------------


class _Log(msgspec.Struct, frozen=True, kw_only=True):
    epoch: Epoch
    stream: Stream


class _TillRow(msgspec.Struct, frozen=True, kw_only=True):
    epoch: Epoch
    stream: Stream
    seq: int
    leaf: bytes
    before: bytes
    body: bytes
    till: TillId
    handed: bool


class _Head(msgspec.Struct, frozen=True):
    head: bytes


def _page(store: StoreId, log: _Log, page: list[_TillRow]) -> JournalRows:
    assert all(after.seq == before.seq + 1 for before, after in pairwise(page)), "a page counts up by one"
    return JournalRows(
        store=store, epoch=log.epoch, stream=log.stream, first_seq=page[0].seq,
        rows=tuple(msgspec.Raw(row.body) for row in page), head=page[0].before.hex(),
    )  # fmt: skip


def _node(db: Database) -> Node:
    node = db.one("node", Node)
    assert node is not None, "the node row is made when the books are"
    return node


def _seal(seal: Seal, store: StoreId, log: KeptLog) -> str:
    """What a box of this store puts on the head of a log that it gives to a till."""
    key, last = bytes.fromhex(seal.witness_key), log.seq
    return head_seal(key, store=store, term=log.term, epoch=log.epoch, stream=log.stream, seq=last, head=log.head)


def _head(db: Database, node: Node, log: KeptLog, seq: int) -> bytes:
    """Chain head after a row of a log on this disk; empty where the disk does not have it."""
    if seq == 0:
        return first_head(node.store, log.epoch, log.stream)
    found = db.one("journal_head", _Head, epoch=log.epoch, stream=log.stream, seq=seq)
    return b"" if found is None else found.head


def _holds(db: Database, log: KeptLog) -> bool:
    """Whether the rows are what the till says: each an entry of this log at its place, chained to the till's head."""
    if log.first_seq < 1:
        return False
    if log.first_seq == 1 and log.before != first_head(_node(db).store, log.epoch, log.stream):
        return False
    head = log.before
    for seq, leaf, before, body in log.chained():
        try:
            header = decode_header(body)
        except msgspec.DecodeError:
            return False
        if (header.stream, header.seq) != (log.stream, seq):
            return False
        head = next_head(before, leaf)
    return head == log.head


def _bare(log: KeptLog) -> KeptLog:
    return msgspec.structs.replace(log, rows=())


def _known(db: Database, log: KeptLog, seq: int, leaf: bytes) -> bool:
    return db.number("till_row_known", epoch=log.epoch, stream=log.stream, seq=seq, leaf=leaf) > 0


def _claim(tx: Tx, till: TillId, log: KeptLog) -> None:
    head, term, seq = log.head, log.term, log.seq
    tx.db.run("till_claim_set", till=till, epoch=log.epoch, stream=log.stream, term=term, seq=seq, head=head)


def _keep(tx: Tx, till: TillId, log: KeptLog) -> int:
    lacking = [each for each in log.chained() if not _known(tx.db, log, each[0], each[1])]
    for seq, leaf, before, body in lacking:
        tx.db.run(
            "till_row_add", epoch=log.epoch, stream=log.stream, seq=seq, leaf=leaf, before=before, body=body, till=till
        )
    return len(lacking)


def _settled(db: Database, node: Node, log: KeptLog) -> Settled:
    """Rows from the first on that need not be kept."""
    upto = log.first_seq - 1
    for seq, leaf, _, _ in log.chained():
        if not db.number("till_row_away", epoch=log.epoch, stream=log.stream, seq=seq, leaf=leaf):
            break
        upto = seq
    over = node.mode is Mode.ACTIVE and log.epoch != node.epoch and upto == log.seq
    return Settled(epoch=log.epoch, stream=log.stream, upto=upto, over=over)
