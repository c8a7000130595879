"""Ingest: one store's rows in order, once, whatever the transport did to them (custody.md §2, DESIGN law 2).

`Ingest.hear` takes messages and gives the answers to send after its commit. A row is stored when it extends the
chain; storing and applying are two things, so a row we cannot understand is stored, acknowledged and parked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Final, NamedTuple, TypeVar

import sqlalchemy as sa

from cloud import feed, hearing, heirs, logs, parking, ways
from cloud.appliers import APPLIERS, CATCH_UP
from cloud.applying import Ahead, Appliers, StuckRowError, ahead, apply_entry, apply_rows
from cloud.custody import Custody
from cloud.db import ContentionError, Office, Row, is_of_the_row
from cloud.known import Known
from cloud.logs import Log, Name, Numbered
from cloud.parking import Decode, Place
from cloud.tables import node
from cloud.work import Heard, Work, begin
from contract.entries import Entry, decode_entry
from contract.ids import Epoch, StoreId
from contract.messages import Ack, Down, JournalRows, Standing, Up
from trade.guards import ALL, Guards

CONTENTIONS_MAX: Final = 8
_Answer = TypeVar("_Answer")


class RestoredCloudError(Exception):
    """A store proves decisions of ours that we do not have: this database was restored. Run `vitrine recover`."""


class UnstorableError(Exception):
    """The frame of a message, not a row of it, is refused by the database: nothing of it was stored; drop it."""


@dataclass(slots=True)
class IngestCounts:
    """Since this process began."""

    messages_total: int = 0
    rows_stored_total: int = 0
    rows_repeated_total: int = 0
    rows_late_total: int = 0
    rows_parked_total: int = 0
    gaps_total: int = 0
    forks_total: int = 0
    ahead_unproved_total: int = 0
    contentions_total: int = 0

    def add(self, other: "IngestCounts") -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


class _Try(NamedTuple):
    """One attempt at a transaction."""

    tokens: Custody
    counts: IngestCounts
    to_park: dict[Place, str]
    careful: bool
    ahead: Ahead

    @property
    def work(self) -> Work:
        return self.tokens.work


class _Given(NamedTuple):
    """A message, and its rows with their places."""

    up: Up
    rows: list[Numbered]


class _Said(NamedTuple):
    """What a message will be answered once the decisions of this transaction are numbered. `none`: there were none."""

    about: tuple[Row, Epoch, Standing]
    acks: tuple[Ack, ...]
    after: int = 0
    none: bool = False


class Ingest:
    """`appliers` say what facts mean, `decode` reads the contract we know.

    `send_early` exists only for the control without `ack_after_commit`.
    """

    def __init__(
        self,
        office: Office,
        guards: Guards = ALL,
        appliers: Appliers = APPLIERS,
        decode: Decode = decode_entry,
        send_early: Callable[[Down], None] | None = None,
    ) -> None:
        self.office = office
        self.guards = guards
        self.appliers = appliers
        self.counts = IngestCounts()
        self.decode = decode
        self._send_early = send_early

    # --- doors --------------------------------------------------------------------------------------------

    def hear(self, up: Up, now_us: int) -> list[Down]:
        """One message in one transaction; the answers are to be sent now."""
        return self.hear_all([up], now_us)

    def hear_all(self, ups: Sequence[Up], now_us: int) -> list[Down]:
        """Many messages, also of several stores, in one transaction; answers come by store.

        Raises `UnknownStoreError`, `RestoredCloudError`, `UnstorableError`, and `ContentionError` (nothing was stored:
        try later).
        """

        def attempt(each: _Try) -> list[Down]:
            known = Known(each.work.tx)
            known.read(Name(up.store, up.epoch, up.stream) for up in ups)
            given = [_Given(up, logs.numbered(up.first_seq, up.rows)) for up in sorted(ups, key=_by_store)]
            each.tokens.served_under(known.epochs)
            self._read_ahead(each, known, given)
            said = [self._message(each, known, *one) for one in given]
            each.tokens.flush()
            known.flush()
            each.work.settle()
            rev = feed.newest(each.work.tx)
            return [
                hearing.answer(each.work, *one.about, *one.acks, after=one.after, feed_rev=rev, none=one.none)
                for one in said
            ]

        return self._in_transaction(attempt, now_us)

    def take(self, rows: JournalRows, now_us: int) -> Ack:
        """Rows a disk hands over before its rejoin: those that extend a log join it, all others are kept as late."""
        return self._in_transaction(lambda each: self._handed_over(each, rows), now_us)

    def unpark(self, now_us: int) -> int:
        """Try all parked rows again, e.g. at the start of a newer version; returns how many were applied."""

        def attempt(each: _Try) -> int:
            def apply(heard: Heard, entry: Entry) -> None:
                apply_entry(each.tokens, heard, entry, self.appliers, careful=each.careful)

            done = parking.resume(each.work, apply, decode=self.decode, skip=each.to_park.keys())
            each.tokens.drain()
            return done

        return self._in_transaction(attempt, now_us)

    def say(self, store: StoreId, now_us: int) -> Down | None:
        """What a store should hear now without having asked: new decisions, a newer feed. None: it never joined."""
        with self.office.reading() as tx:
            work = begin(tx, self.guards, now_us)
            box = tx.row(sa.select(node).where(node.c.store == store))
            if box is None or not box["epoch"]:
                return None
            acks = logs.acks(tx, store, Epoch(box["epoch"]))
            standing = Standing.OK if box["joined"] or not work.recovering else Standing.NEWCLOUD
            told = Epoch(box["epoch"]), standing
            return hearing.answer(work, dict(box), *told, *acks, after=box["down_upto"], feed_rev=feed.newest(tx))

    def _in_transaction(self, attempt: Callable[[_Try], _Answer], now_us: int) -> _Answer:
        """Run until it goes through: again after contention, and again with a row parked that cannot be applied.

        What the database refuses at the end of a transaction may be any row's: then it is run once more carefully, each
        row written at once, which tells whose it is.
        """
        to_park: dict[Place, str] = {}
        contentions = 0
        careful = False
        while True:
            counts = IngestCounts()
            try:
                with self.office.transaction() as tx:
                    tokens = Custody(begin(tx, self.guards, now_us))
                    answer = attempt(_Try(tokens, counts, to_park, careful, Ahead()))
                    tokens.flush()
            except StuckRowError as stuck:
                if stuck.place in to_park:
                    raise
                to_park[stuck.place] = stuck.why
            except (sa.exc.DBAPIError, OverflowError, UnicodeError) as error:
                if not is_of_the_row(error):
                    raise
                if careful:
                    raise UnstorableError(f"the database refuses this message ({type(error).__name__})") from error
                careful = True
            except ContentionError:
                contentions += 1
                self.counts.contentions_total += 1
                if contentions >= CONTENTIONS_MAX:
                    raise
            else:
                self.counts.add(counts)
                return answer

    # --- a message ----------------------------------------------------------------------------------------

    def _read_ahead(self, each: _Try, known: Known, given: Sequence[_Given]) -> None:
        """Rows that are new, read once, and what they speak of, asked in one question for all of them."""
        for up, rows in given:
            log = known.log(Name(up.store, up.epoch, up.stream))
            for row in rows:
                if log is None or row.seq > log.upto or not self.guards.dedupe:
                    read = parking.read_row(up.store, up.stream, row.seq, row.body, self.decode)
                    each.ahead.reads[up.store, up.stream, row.seq, row.leaf] = read
        ahead(each.tokens, each.ahead)

    def _message(self, each: _Try, known: Known, up: Up, rows: list[Numbered]) -> _Said:
        work = each.work
        each.counts.messages_total += 1
        box = known.box(up.store)
        standing = self._standing(work, known, box, up)
        if standing is Standing.FORK:
            each.counts.ahead_unproved_total += 1
        if standing in (Standing.NEWCLOUD, Standing.FORK):
            # Its `upto` may be above ours now: it has to hand those rows over again.
            return _Said((box, up.epoch, standing), tuple(known.acks(up.store, up.epoch)))
        if standing is Standing.OLD:
            heirs.welcome(work, box, hearing.says(up))
        name = Name(up.store, up.epoch, up.stream)
        log = known.log(name)
        if log is None:
            if not up.rows and standing is not Standing.OK:
                return _Said((box, up.epoch, standing), (Ack(stream=up.stream, upto=0),))
            log = known.begin(name, up.term)
        fresh = standing is Standing.OK and hearing.is_fresh(box, up)
        gap = up.first_seq > log.upto + 1 and self.guards.contiguous
        if fresh and self.guards.hash_chain and hearing.went_back(work, box, log, up):
            standing = Standing.FORK
        elif gap:
            each.counts.gaps_total += 1
        elif (taken := self._rows(each, known, log, up, rows)) is None:
            standing = Standing.FORK
        else:
            log = taken
        if standing is Standing.FORK:
            each.counts.forks_total += 1
            sentence = f"The box of {up.store} sent rows that do not extend its log; it has to rejoin"
            ref = f"{up.epoch}/{up.stream}/{log.upto}"
            work.open_case("fork", sentence, store=up.store, ref=ref, goes_on=True)
        elif fresh:
            was = int(box["contract_max"])
            known.remember(up.store, hearing.news_of(work, box, log, up))
            if up.contract_max != was:
                ways.tell_stores(work, up.store)
            if up.contract_max > was:
                ways.send(work, up.store)  # it was updated: what it could not understand is told now
            if each.careful:
                work.tx.settle()  # what the database refuses of the frame is no row's
        ack = log.ack(resend_from=log.upto + 1 if gap else None)
        none = known.decided(up.store) <= up.down_upto
        return _Said((box, up.epoch, standing), (ack,), up.down_upto, none)

    def _standing(self, work: Work, known: Known, box: Row, up: Up) -> Standing:
        other = up.instance != box["instance"] and up.term == box["term"] and self.guards.instance
        fenced = self.guards.term and (up.term < box["term"] or other)
        unheard = work.recovering and not box["joined"] and up.cloud_epoch == work.cloud_epoch
        if not fenced and self.guards.cloud_epoch and (unheard or up.cloud_epoch < work.cloud_epoch):
            return Standing.NEWCLOUD
        decided = known.decided(up.store)
        ahead = up.term > box["term"] or (up.cloud_epoch == work.cloud_epoch and up.down_upto > decided)
        if up.cloud_epoch > work.cloud_epoch or (not fenced and ahead):
            if self.guards.told_seal and not hearing.was_told(work, hearing.says(up)):
                sentence = (
                    f"The box of {up.store} names a term or decisions of ours that it cannot prove; it has to rejoin"
                )
                # One case per term: whoever makes up terms does not make up cases.
                work.open_case("ahead", sentence, store=up.store, ref=str(box["term"]), goes_on=True)
                return Standing.FORK
            raise RestoredCloudError(
                f"{up.store} follows cloud epoch {up.cloud_epoch}, term {up.term}, decision {up.down_upto}; we know "
                f"{work.cloud_epoch}, {box['term']}, {decided}: this database is older than what it decided. "
                "Run `vitrine recover`."
            )
        behind = box["state"] == hearing.BEHIND and up.epoch == box["epoch"]
        return Standing.OLD if fenced or behind else Standing.OK

    def _rows(self, each: _Try, known_of: Known, log: Log, up: Up, rows: list[Numbered]) -> Log | None:
        """Store and apply what is new; returns our log then, or None when the rows do not extend it."""
        tx, guards = each.work.tx, self.guards
        last = up.first_seq + len(rows) - 1
        known, new = [row for row in rows if row.seq <= log.upto], [row for row in rows if row.seq > log.upto]
        each.counts.rows_repeated_total += len(known)
        if len(new) < len(rows) or not rows:
            tx.settle()  # what is asked now may be of rows that this very transaction brought
        if guards.hash_chain and guards.contiguous:
            ours = logs.leaves(tx, log.name, up.first_seq, min(last, log.upto))
            head = logs.heads_after(log.head, new)[-1] if new else logs.head_at(tx, log, last)
            if ours != [row.leaf for row in known] or head.hex() != up.head:
                return None
        if known and not guards.dedupe:
            self._apply(each, log, known)
        if not new:
            return log
        longer = known_of.store(log, new, each.work.now_us)
        if back := hearing.sent_back(each.work, known_of.box(up.store), log.name):
            known_of.remember(up.store, back)
        if each.careful:
            tx.settle()
        each.counts.rows_stored_total += len(new)
        self._apply(each, log, new)
        if not guards.ack_after_commit and self._send_early is not None:
            box, rev = known_of.box(up.store), feed.newest(tx)
            self._send_early(hearing.answer(each.work, box, up.epoch, Standing.OK, longer.ack(), feed_rev=rev))
        return longer

    def _apply(self, each: _Try, log: Log, rows: list[Numbered], *, late: bool = False) -> None:
        parked = apply_rows(
            each.tokens, log, rows, self.appliers, CATCH_UP,
            to_park=each.to_park, decode=self.decode, known=each.ahead, late=late, careful=each.careful,
        )  # fmt: skip
        each.counts.rows_parked_total += parked

    # --- rows of a disk that comes back -------------------------------------------------------------------

    def _handed_over(self, each: _Try, given: JournalRows) -> Ack:
        work = each.work
        box = hearing.locked(work, given.store)
        name = Name(given.store, given.epoch, given.stream)
        log = logs.find_or_begin(work.tx, name, box["term"])
        rows = logs.numbered(given.first_seq, given.rows)
        last = given.first_seq + len(rows) - 1
        ours = logs.leaves(work.tx, name, given.first_seq, min(log.upto, last))
        known, above = rows[: len(ours)], rows[len(ours) :]
        strange = [row for row, leaf in zip(known, ours, strict=True) if row.leaf != leaf]
        each.counts.rows_repeated_total += len(known) - len(strange)
        reaches = given.first_seq <= log.upto + 1 <= last
        if reaches and not strange and hearing.same_chain(work, log, given):
            longer = logs.store(work.tx, log, above, work.now_us)
            each.counts.rows_stored_total += len(above)
            if above and (back := hearing.sent_back(work, dict(box), name)):
                work.tx.run(sa.update(node).where(node.c.store == given.store).values(**back))
            elif name.epoch == box["epoch"]:
                self._heard_of_us(work, name, above)
            self._apply(each, log, above)
            return longer.ack()
        late = [row for row in (*strange, *above) if logs.store_late(work.tx, name, row, work.now_us)]
        each.counts.rows_late_total += len(late)
        self._apply(each, log, late, late=True)
        if late:
            sentence = f"{len(late)} rows of {name.store} were found on a disk that is not our copy of its log"
            work.open_case("late rows", sentence, store=name.store, ref=f"{name.epoch}/{name.stream}/{late[0].seq}")
        resend = log.upto + 1 if given.first_seq > log.upto + 1 else None
        return log.ack(resend_from=resend)

    def _heard_of_us(self, work: Work, name: Name, rows: list[Numbered]) -> None:
        """What the box heard and could not say any more is not told to its next life."""
        read = (parking.read_row(name.store, name.stream, row.seq, row.body, self.decode).entry for row in rows)
        heard = hearing.heard_in(work, [entry for entry in read if entry is not None])
        mine = sa.update(node).where(node.c.store == name.store, node.c.down_upto < heard)
        work.tx.run(mine.values(down_upto=heard))


def _by_store(up: Up) -> StoreId:
    """Boxes are locked in one order; the messages of a store keep theirs."""
    return up.store
