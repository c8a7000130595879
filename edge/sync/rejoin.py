"""Rejoin: the only way back for a disk that is new, restored, copied or behind (custody.md §2.1).

The order is: hand over every row the disk has → ask with one nonce per boot → fetch the logs this disk lacks →
`load`: one transaction that makes the books the fold of the house's logs, takes custody under new epochs and opens a
new log whose first entry is `Rejoined`. An edge never trusts what it remembered.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from contract.entries import decode_entry, decode_header, first_head, leaf_hash, next_head
from contract.facts import CommandHeard, Rejoined, Stream
from contract.ids import HOUSE, Epoch, SaleId, life_of
from contract.messages import (
    MESSAGE_BYTES_MAX,
    ROWS_PER_MESSAGE_MAX,
    CustodyRow,
    JournalRows,
    LogHead,
    Refusal,
    Rejoin,
    Snapshot,
)
from edge.books import replay
from edge.books.db import BooksError
from edge.books.fold_custody import TOKEN_STATE, load_snapshot
from edge.books.journal import Books, LogMissingError, Tx
from edge.books.rows import Counter, JournalRow, Mode, Seal, SeqBody, within
from edge.sync import witness
from trade.custody import Token

STATE: Final = {held: told for told, held in TOKEN_STATE.items()}


class StaleSnapshotError(Exception):
    """The answer is not for this attempt, or of an earlier life of the cloud: drop it and ask again."""


class LogBrokenError(BooksError):
    """The rows fetched do not chain to the head the cloud named: fetch that log again from its start."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Rows to fetch: from `first_seq` of this log up to and with `upto`."""

    epoch: Epoch
    stream: Stream
    first_seq: int
    upto: int


class Rejoining:
    """One attempt of one boot. `nonce` is random, made by whoever starts the box, and stays over retries."""

    def __init__(self, books: Books, *, nonce: str, instance: str) -> None:
        self._books = books
        self._nonce = nonce
        self._instance = instance
        self._whole: set[tuple[Epoch, Stream]] = set()
        self._life = 0
        self._heard: tuple[Epoch, int, int] | None = None

    def handover(self) -> Iterator[JournalRows]:
        """Every row the cloud has not acknowledged, of every log on this disk, and what only tills have kept; call
        `handed` after each was taken.

        Where this disk went on after it was put back, a till's rows are the elder truth and go before its own.
        """
        db = self._books.db
        partings = [(counter, witness.parting(db, counter.epoch, counter.stream)) for counter in self._unsent()]
        for counter, parted in partings:
            yield from self._of_disk(counter, counter.upto + 1, parted - 1 if parted else counter.seq)
        yield from witness.pages(db, self._books.node().store)
        for counter, parted in partings:
            if parted:
                yield from self._of_disk(counter, max(parted, counter.upto + 1), counter.seq)

    def _unsent(self) -> list[Counter]:
        """Elder lives first: a cloud that lost them all tells the next disk their order by this."""
        elder_first = self._lives().index
        counters = [counter for counter in self._books.db.rows("counters", Counter) if counter.upto < counter.seq]
        return sorted(counters, key=lambda counter: (elder_first(counter.epoch), counter.stream))

    def _lives(self) -> tuple[Epoch, ...]:
        """Every epoch of this disk, in the order its books are folded by."""
        epoch = self._books.node().epoch
        snapshot = load_snapshot(self._books.db, epoch)
        told = tuple(log.epoch for log in snapshot.logs) if snapshot else ()
        begun = [counter.epoch for counter in self._books.db.rows("counters", Counter)]
        return tuple(dict.fromkeys((*replay.lives_of(self._books.db, told, epoch), *begun)))

    def _of_disk(self, counter: Counter, first: int, last: int) -> Iterator[JournalRows]:
        store = self._books.node().store
        while first <= last:
            most = min(ROWS_PER_MESSAGE_MAX, last - first + 1)
            page = within(MESSAGE_BYTES_MAX // 2, self._books.journal(counter.epoch, counter.stream, first, most))
            if not page:
                return
            yield JournalRows(
                store=store,
                epoch=counter.epoch,
                stream=counter.stream,
                first_seq=first,
                rows=tuple(msgspec.Raw(row.body) for row in page),
                head=self._books.head(counter.epoch, counter.stream, first - 1).hex(),
            )
            first += len(page)

    def handed(self, rows: JournalRows) -> None:
        """The cloud has committed these rows."""
        with self._books.transaction() as tx:
            witness.handed(tx, rows)
            counter = tx.db.one("counter", Counter, epoch=rows.epoch, stream=rows.stream)
            if counter is None:
                return  # a log that only tills have kept
            upto = min(rows.first_seq + len(rows.rows) - 1, counter.seq)
            if rows.first_seq <= counter.upto + 1 and upto > counter.upto and self._ours(rows, upto):
                tx.db.run("counter_acked", epoch=rows.epoch, stream=rows.stream, upto=upto, safe=counter.safe)

    def _ours(self, rows: JournalRows, seq: int) -> bool:
        """Whether row `seq` of a page is also this disk's; a till's may be another."""
        own = self._books.journal(rows.epoch, rows.stream, seq, 1)
        return bool(own) and own[0].body == bytes(rows.rows[seq - rows.first_seq])

    def _attempt(self) -> str:
        """The nonce: stable over retries, another once tills have brought more rows, for the answer to the first was
        cut before the cloud had them.
        """
        brought = witness.kept(self._books.db)
        return f"{self._nonce}+{brought}" if brought else self._nonce

    def message(self) -> Rejoin:
        """What we believe; the cloud decides."""
        node = self._books.node()
        tokens, seal = self._books.db.rows("tokens", Token), self._books.db.one("seal", Seal)
        return Rejoin(
            store=node.store,
            instance=self._instance,
            nonce=self._attempt(),
            term=node.term,
            cloud_epoch=node.cloud_epoch,
            custody=tuple(row_of(token) for token in tokens),
            served_on=node.instance,
            later_term=later if (later := self._books.db.number("later_term")) > node.term else 0,
            epoch=node.epoch,
            told_upto=self._told_upto(),
            seal=seal.told if seal else "",
        )

    def _told_upto(self) -> int:
        """The last decision heard in the present log: whoever follows a new life of the cloud counts anew, and the seal
        is of the one that was.
        """
        node = self._books.node()
        if node.cloud_epoch == life_of(node.term):
            return node.down_upto
        counter = self._books.db.one("counter", Counter, epoch=node.epoch, stream=Stream.TRADE)
        rows = counter.seq if counter else 0
        if self._heard is None or self._heard[:2] != (node.epoch, rows):
            self._heard = node.epoch, rows, self._last_heard(node.epoch)
        return self._heard[2]

    def _last_heard(self, epoch: Epoch) -> int:
        """Looks through the whole log when it has no command: once for all pleas of an attempt."""
        last = self._books.db.one("last_heard", SeqBody, epoch=epoch)
        facts = decode_entry(last.body).facts if last else ()
        return next((fact.seq for fact in facts if isinstance(fact, CommandHeard)), 0)

    def refused(self, refusal: Refusal) -> None:
        """Not now: a person must decide, or the office is busy. A newer life of the cloud is followed at once.

        Raises `StaleSnapshotError` when this plea can never be answered again.
        """
        with self._books.transaction() as tx:
            node = tx.node()
            if node.mode is Mode.ACTIVE or refusal.nonce != self._attempt():
                return
            if refusal.cloud_epoch > node.cloud_epoch:
                tx.follow(refusal.cloud_epoch)
            tx.db.run("node_mode", mode=Mode.REJOIN, why=refusal.why)
        if refusal.code == "nonce":
            raise StaleSnapshotError(refusal.why)

    def wanted(self, snapshot: Snapshot) -> list[Wanted]:
        """Logs, or ends of logs, that this disk lacks. Pages given to `take` before are not asked again."""
        self._life = snapshot.cloud_epoch
        found: list[Wanted] = []
        for log in snapshot.logs:
            if self._has(log):
                continue
            first = self._first(log)
            staged = self._books.db.number("fetched_upto", epoch=log.epoch, stream=log.stream)
            first = max(first, staged + 1)
            if first <= log.upto:
                found.append(Wanted(epoch=log.epoch, stream=log.stream, first_seq=first, upto=log.upto))
        return found

    def take(self, rows: JournalRows) -> None:
        """Stages rows fetched back from the cloud.

        Raises `StaleSnapshotError` when the cloud began a new life after it gave the snapshot: what it named may be
        lost, so the whole answer is of a lost life.
        """
        with self._books.transaction() as tx:
            stale = self._books.guards.rejoin_follow and rows.cloud_epoch > self._life
            if stale:
                tx.db.run("fetched_drop")
        if stale:
            raise StaleSnapshotError(f"the cloud is in life {rows.cloud_epoch} now, this snapshot is of {self._life}")
        with self._books.transaction() as tx:
            for seq, body in enumerate(rows.rows, rows.first_seq):
                tx.db.run("fetched_add", epoch=rows.epoch, stream=rows.stream, seq=seq, body=bytes(body))

    def load(self, snapshot: Snapshot, *, now_us: int) -> None:
        """The books become the house's: one transaction. Raises `StaleSnapshotError` or `LogBrokenError`."""
        guards = self._books.guards
        node = self._books.node()
        if snapshot.nonce != self._attempt() or node.mode is Mode.ACTIVE:
            raise StaleSnapshotError("this snapshot answers another attempt")
        if guards.rejoin_follow and snapshot.cloud_epoch < node.cloud_epoch:
            raise StaleSnapshotError("this snapshot is of an earlier life of the cloud")
        lacking = [log for log in snapshot.logs if not self._has(log)]
        told = tuple(dict.fromkeys(log.epoch for log in snapshot.logs))
        reordered = told != tuple(epoch for epoch in self._lives() if epoch in told)
        with self._books.transaction() as tx:
            for log in lacking:
                self._adopt(tx, log)
            if lacking or reordered:
                replay.refold(tx, guards, replay.lives_of(tx.db, told, node.epoch))
            for log in snapshot.logs:
                counter = tx.counter(log.epoch, log.stream)
                tx.db.run(
                    "counter_acked",
                    epoch=log.epoch,
                    stream=log.stream,
                    upto=max(log.upto, counter.upto),
                    safe=counter.safe,
                )
            tx.db.run("fetched_drop")
            witness.settle(tx)
            tx.db.run("node_last", last_us=max(tx.db.number("journal_last_us"), node.last_us if not lacking else 0))
            # The one place of the key at the edge is the table `seal`: no journal entry, no message, no fold has it.
            tx.db.run("seal_set", witness_key=snapshot.witness_key, told=snapshot.seal)
            bare = msgspec.structs.replace(snapshot, witness_key="", seal="")
            tx.db.run("snapshot_add", epoch=snapshot.epoch, body=msgspec.json.encode(bare))
            tx.new_log(node.store, snapshot.epoch)
            tx.db.run(
                "node_joined",
                term=snapshot.term,
                epoch=snapshot.epoch,
                cloud_epoch=snapshot.cloud_epoch,
                instance=self._instance,
            )
            fact = Rejoined(term=snapshot.term, epoch=snapshot.epoch, cloud_epoch=snapshot.cloud_epoch)
            tx.write(at_us=now_us, by=HOUSE, why="rejoin", facts=(fact,))

    def _has(self, log: LogHead) -> bool:
        """Whether this disk's log starts with the cloud's."""
        try:
            return self._books.head(log.epoch, log.stream, log.upto).hex() == log.head
        except LogMissingError:
            return False

    def _first(self, log: LogHead) -> int:
        """A disk that is only behind fetches what follows; one that parted, everything."""
        counter = self._books.db.one("counter", Counter, epoch=log.epoch, stream=log.stream)
        if counter is None or counter.seq >= log.upto or (log.epoch, log.stream) in self._whole:
            return 1
        return counter.seq + 1

    def _adopt(self, tx: Tx, log: LogHead) -> None:
        """This log becomes what the cloud has; rows of ours that are not in it are kept aside as orphans."""
        tx.db.run("fetched_fill", epoch=log.epoch, stream=log.stream, first_seq=self._first(log))
        head = first_head(tx.node().store, log.epoch, log.stream)
        rows: list[JournalRow] = []
        for seq in range(1, log.upto + 1, ROWS_PER_MESSAGE_MAX):
            page = tx.db.rows(
                "fetched_rows", SeqBody, epoch=log.epoch, stream=log.stream, first_seq=seq, limit=ROWS_PER_MESSAGE_MAX
            )
            for each in page:
                if each.seq > log.upto:
                    break  # the cloud's log went on after this snapshot was cut
                leaf = leaf_hash(each.body)
                head = next_head(head, leaf)
                header = decode_header(each.body)
                rows.append(
                    JournalRow(
                        epoch=log.epoch,
                        stream=log.stream,
                        seq=each.seq,
                        at_us=header.at_us,
                        by=header.by,
                        why=header.why,
                        body=each.body,
                        leaf=leaf,
                        head=head,
                    )
                )
        if head.hex() != log.head:
            raise LogBrokenError(f"the {log.stream} log of {log.epoch} does not chain to the cloud's head")
        tx.db.run("journal_orphan", epoch=log.epoch, stream=log.stream)
        tx.db.run("journal_open")
        tx.db.run("journal_drop_log", epoch=log.epoch, stream=log.stream)
        tx.db.run("journal_shut")
        for row in rows:
            tx.db.run_struct("journal_add", row)
        counter = Counter(epoch=log.epoch, stream=log.stream, seq=log.upto, head=head, upto=log.upto, safe=0)
        tx.db.run_struct("counter_set", counter)

    def fetch_whole(self) -> None:
        """After `LogBrokenError`: this disk is no beginning of the house's log; fetch everything."""
        with self._books.transaction() as tx:
            tx.db.run("fetched_drop")
        self._whole = {(counter.epoch, counter.stream) for counter in self._books.db.rows("counters", Counter)}


def row_of(token: Token) -> CustodyRow:
    """A held token as the wire names it."""
    return CustodyRow(
        piece=token.piece,
        ce=token.ce,
        state=STATE[token.state],
        transfer=token.transfer,
        sale=SaleId(token.sale),
        source=token.source,
    )
