"""Our half of the sync: which rows to send next, and what the cloud's answer means. Synchronous, no sockets.

A row is delivered when the cloud's contiguous `upto` covers it, never because the broker took it (DESIGN law 2).
"""

from typing import Final

import msgspec

from contract.facts import Stream
from contract.messages import MESSAGE_BYTES_MAX, ROWS_PER_MESSAGE_MAX, Down, Standing, Up
from edge.books.journal import Books, LogMissingError
from edge.books.rows import Counter, JournalRow, Mode, Node, Seal, within
from edge.sync import anchor, downlink
from edge.sync.downlink import Obeyed, Seen

HELLO_EVERY_US: Final = 5_000_000
RESEND_AFTER_US: Final = 2_000_000
"""Silence after which unacknowledged rows are sent again."""
ROWS_IN_FLIGHT_MAX: Final = 1_000
"""Per stream: rows sent and not yet acknowledged."""
ORDER: Final = (Stream.TRADE, Stream.FLOOR)

WHY: Final = {
    Standing.OLD: "the head office knows a newer box for this store, another machine, or entries this one lacks",
    Standing.FORK: "this disk's log is not the one the head office has: it was restored or copied",
    Standing.NEWCLOUD: "the head office was restored and asks every store to join again",
}


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer of the cloud changed."""

    acked: bool = False
    commands: int = 0
    feed_rev: int = 0
    must_rejoin: bool = False
    unknown: str = ""
    """The name of a command this version does not know; it and all behind it wait for an upgrade of this box."""


class Sync:
    """Sends and hears for one store. `boot` names this start of the process; mono_us is the monotonic clock's."""

    def __init__(self, books: Books, *, boot: str) -> None:
        self._books = books
        self._boot = boot
        self._message = 0
        self._sent: dict[tuple[str, Stream], int] = {}
        self._sent_us = -HELLO_EVERY_US
        self._heard_us = 0
        self.acks_unbelieved_total = 0
        """Acks of a log that the cloud has otherwise than we wrote it."""

    def messages(self, mono_us: int) -> list[Up]:
        """What to send now: rows after what was sent, trade first; after a silence all that is not acknowledged.

        While more trade waits than may be under way, as after days without a line, the floor waits behind it.

        Nothing while this box must rejoin: its rows go as a hand-over, which a fenced box may do too.
        """
        node = self._books.node()
        if node.mode is not Mode.ACTIVE:
            return []
        if mono_us - max(self._heard_us, self._sent_us) > RESEND_AFTER_US:
            self._sent.clear()
        ups: list[Up] = []
        for stream in ORDER:
            found, all_sent = self._rows(node, stream)
            ups += found
            if not all_sent:
                break
        if not ups and mono_us - self._sent_us >= HELLO_EVERY_US:
            counter = self._books.db.one("counter", Counter, epoch=node.epoch, stream=Stream.TRADE)
            assert counter is not None, "an epoch has its logs"
            ups.append(self._up(node, Stream.TRADE, counter, counter.upto + 1, []))
        if ups:
            self._sent_us = mono_us
        return ups

    def _rows(self, node: Node, stream: Stream) -> tuple[list[Up], bool]:
        """Messages of one stream, as many as may be under way, and whether they are all it has."""
        counter = self._books.db.one("counter", Counter, epoch=node.epoch, stream=stream)
        assert counter is not None, "an epoch has its logs"
        key = (node.epoch, stream)
        sent = max(self._sent.get(key, 0), counter.upto)
        ups: list[Up] = []
        while sent < counter.seq and sent - counter.upto < ROWS_IN_FLIGHT_MAX:
            rows = within(
                MESSAGE_BYTES_MAX // 2, self._books.journal(node.epoch, stream, sent + 1, ROWS_PER_MESSAGE_MAX)
            )
            if not rows:
                raise LogMissingError("the counter is ahead of the journal; rejoin this box")
            ups.append(self._up(node, stream, counter, sent + 1, rows))
            sent += len(rows)
        self._sent[key] = sent
        return ups, sent >= counter.seq

    def _up(self, node: Node, stream: Stream, counter: Counter, first_seq: int, rows: list[JournalRow]) -> Up:
        self._message += 1
        head = rows[-1].head if rows else self._books.head(node.epoch, stream, first_seq - 1)
        seal = self._books.db.one("seal", Seal)
        return Up(
            store=node.store,
            instance=node.instance,
            term=node.term,
            epoch=node.epoch,
            stream=stream,
            first_seq=first_seq,
            rows=tuple(msgspec.Raw(row.body) for row in rows),
            head=head.hex(),
            last_seq=counter.seq,
            cloud_epoch=node.cloud_epoch,
            down_upto=node.down_upto,
            boot=self._boot,
            message=self._message,
            seal=seal.told if seal else "",
        )

    def hear(self, down: Down, *, mono_us: int, now_us: int, seen: Seen) -> Heard:
        """Acks, standing and commands of one answer. Answers for another epoch or an earlier cloud change nothing."""
        node = self._books.node()
        guards = self._books.guards
        if down.store != node.store:
            return Heard()
        self._heard_us = mono_us
        if guards.cloud_epoch and down.cloud_epoch < node.cloud_epoch:
            return Heard()
        acked = False
        if down.epoch == node.epoch:
            acked = self._acks(node, down, now_us)
        if self._must_rejoin(node, down):
            return Heard(acked=acked, must_rejoin=True)
        obeyed = Obeyed(0)
        if down.standing is Standing.OK and down.epoch == node.epoch and node.mode is Mode.ACTIVE:
            obeyed = downlink.obey(
                self._books, down.cloud_epoch, down.first_seq, down.commands, seals=down.seals, now_us=now_us, seen=seen
            )
        return Heard(acked=acked, commands=obeyed.done, feed_rev=down.feed_rev, unknown=obeyed.unknown)

    def _must_rejoin(self, node: Node, down: Down) -> bool:
        """Whether this answer ends our right to decide; the reason is stored for people."""
        guards = self._books.guards
        newer = down.term > node.term and guards.term
        newcloud = down.cloud_epoch > node.cloud_epoch and guards.cloud_epoch
        standing = Standing.NEWCLOUD if newcloud else down.standing
        why = WHY.get(standing, WHY[Standing.OLD])
        told = {
            Standing.OK: False,
            Standing.RECOVERING: False,
            Standing.OLD: guards.term,
            Standing.FORK: guards.hash_chain,
            Standing.NEWCLOUD: guards.cloud_epoch,
        }[standing]
        if not (newer or (told and down.epoch == node.epoch)):
            return False
        with self._books.transaction() as tx:
            if down.cloud_epoch > node.cloud_epoch:
                tx.follow(down.cloud_epoch)
            tx.must_rejoin(why, later_term=down.term)
        return True

    def _acks(self, node: Node, down: Down, now_us: int) -> bool:
        """`upto` and `safe` per stream; they only grow, except when the cloud begins a new life (`Tx.follow`).

        Of a log that the cloud has otherwise than we wrote it, nothing is delivered (`edge/sync/anchor.py`).
        """
        changed = False
        for ack in down.acks:
            counter = self._books.db.one("counter", Counter, epoch=node.epoch, stream=ack.stream)
            if counter is None:
                continue
            if ack.resend_from is not None:
                self._sent[node.epoch, ack.stream] = max(ack.resend_from - 1, 0)
            upto = max(min(ack.upto, counter.seq), counter.upto)
            safe = max(min(ack.safe, upto), counter.safe)
            judged = anchor.judge(self._books.db, counter, ack) if self._books.guards.hash_chain else anchor.UNTOLD
            if not judged.agrees:
                self.acks_unbelieved_total += 1
                upto, safe = counter.upto, counter.safe
            if judged.is_news or (upto, safe) != (counter.upto, counter.safe):
                with self._books.transaction() as tx:
                    anchor.keep(tx, counter, ack, judged, now_us)
                    tx.db.run("counter_acked", epoch=counter.epoch, stream=counter.stream, upto=upto, safe=safe)
                changed = changed or upto > counter.upto
        return changed
