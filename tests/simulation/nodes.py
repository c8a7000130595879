"""The nodes of the simulated house: boxes and the head office, real code on disks that can be lost, copied and cut off."""

from house_templates import empty_books

from cloud import logs
from contract.entries import decode_entry
from contract.facts import ClaimEnded, ClaimHeld, CustodyReleased, ReturnRecorded, SaleRecorded, TransferShipped
from contract.merkle import root
from contract.messages import Refusal, decode_down, encode
from edge.books import replica
from edge.books.journal import Books
from edge.books.replay import differences
from edge.books.rows import Counter, Mode
from edge.sync import downlink
from edge.sync.rejoin import LogBrokenError, Rejoining, StaleSnapshotError
from edge.sync.uplink import Sync
from edge.till import queries
from edge.till.desk import Desk

from .world import ViolationError

DECIDING = (SaleRecorded, ReturnRecorded, TransferShipped, CustodyReleased, ClaimHeld, ClaimEnded)
"""Facts without which nobody can say where a piece belongs."""


class CrashError(Exception):
    """The node lost power here."""

    def __init__(self, node):
        super().__init__(node.name)
        self.node = node


class Box:
    """One edge: a disk (`image`) and, while it is up, the real books, desk and sync."""

    def __init__(self, sim, store, instance, image=None):
        self.sim, self.store, self.instance = sim, store, instance
        self.name = f"{store}/{instance}"
        self.image = image
        self.up = False
        self.ghost = False
        self.cut = False
        self.watched = {}
        self.looked_at = None
        """What SQLite had counted at the last look: one at books that stand still costs more than most of what happens."""
        self.granted_at = {}
        self.attended = False
        """Somebody stands by and begins again, should the power go."""
        self.boots = 0
        self.backup = None

    def start(self):
        """Everything that is not on the disk is forgotten."""
        self.boots += 1
        self.books = Books.open(
            None,
            store=self.store,
            instance=self.instance,
            guards=self.sim.guards,
            crashpoint=self.crashpoint,
            image=self.image or empty_books(claim_guard=self.sim.guards.claim_unique),
        )
        self.looked_at = None
        self.desk = Desk(self.books)
        self.boot = f"{self.name}#{self.boots}"
        self.sync = Sync(self.books, boot=self.boot)
        self.attempt = None
        self.refused = ""
        self.whole = False
        self.up = True

    def crashpoint(self):
        if self.up and self.sim.lucky(self.sim.crash_rate) and not self.attended:
            raise CrashError(self)

    def stop(self):
        if self.up:
            self.up = False
            self.image = self.disk()
            self.books.close()

    def seen(self, piece):
        return self.sim.world.loc[piece] == self.store

    @property
    def serving(self):
        return self.up and self.books.serving

    def do(self, act, pad=()):
        if not self.serving:
            return None
        now = self.sim.wall_us()
        return self.desk.do(act, by="ana", now_us=now, new_id=self.sim.new_id, seen=self.seen, pad=frozenset(pad))

    def observe(self):
        """The bystander reads over the shoulder what became true here, even if the box dies right after."""
        changes = self.books.db._db.total_changes
        if changes == self.looked_at and self.watched:
            return False
        self.looked_at, changed = changes, False
        for counter in self.books.db.rows("counters", Counter):
            key = (counter.epoch, counter.stream)
            first = self.watched.get(key, 0) + 1
            if counter.seq < first:
                continue
            for row in self.books.journal(counter.epoch, counter.stream, first, 100_000):
                place = (self.store, row.epoch, str(row.stream), row.seq, row.leaf)
                if place in self.sim.recorded:
                    continue
                self.sim.recorded[place] = self
                facts = decode_entry(row.body).facts
                named = {piece for piece in self.sim.pieces if f'"{piece}"'.encode() in row.body}
                self.sim.about[place] = named if any(isinstance(fact, DECIDING) for fact in facts) else set()
                for fact in facts:
                    self.sim.witness(self, fact, place)
            self.watched[key] = counter.seq
            changed = True
        return changed

    # --- what the bystander may look up -------------------------------------------------------------------

    def token(self, piece):
        return queries.token(self.books.db, piece)

    def claim(self, piece):
        """The live claim."""
        return queries.live_claim(self.books.db, piece)

    def held_for(self, piece):
        """The sale whose return a piece is kept for, or None."""
        hold = self.books.db.one("hold", queries.Hold, piece=piece)
        return hold and hold.sale

    def in_cart(self, sale):
        """Pieces of a sale."""
        found = queries.sale(self.books.db, sale)
        return found.pieces() if found else ()

    def has_shift(self, till):
        return queries.open_shift(self.books.db, till) is not None

    def told(self):
        """How it stands, for a failure's words."""
        return self.books.node()

    def differences(self):
        return differences(self.books)

    def must_rejoin(self, why):
        """By the book: no restored disk starts without this mark (`vitrine restore`)."""
        self.attended = True
        with self.books.transaction() as tx:
            tx.must_rejoin(why)
        self.attended = False

    def hear_of_term(self, term):
        """Its tills know a later one."""
        with self.books.transaction() as tx:
            tx.must_rejoin("its tills know a later term", later_term=term)

    @property
    def term(self):
        return self.books.node().term

    def disk(self):
        """The bytes on its disk now."""
        return self.books.db.image()

    def rows(self):
        """Places of every row on its disk."""
        return {(self.store, row[0], row[1], row[2], row[7]) for row in self.books.db.dump("journal")}

    def apart(self):
        """Where a log that the office has too has another chain or tree there; empty: nowhere."""
        with self.sim.head.office.reading() as tx:
            for counter in self.books.db.rows("counters", Counter):
                log = logs.find(tx, logs.Name(self.store, counter.epoch, counter.stream))
                upto = min(counter.seq, log.upto) if log else 0
                if not upto:
                    continue
                ours = self.books.leaves(counter.epoch, counter.stream)[:upto]
                theirs = log.tree.root() if upto == log.upto else root(logs.leaves(tx, log.name, 1, upto))
                chain = self.books.head(counter.epoch, counter.stream, upto)
                if root(ours) != theirs or chain != logs.head_at(tx, log, upto):
                    return f"{counter.epoch} {counter.stream} by row {upto}"
        return ""

    # --- the line -----------------------------------------------------------------------------------------

    def pump(self):
        if not self.up:
            return
        node = self.books.node()
        if node.mode is not Mode.ACTIVE:
            self.rejoin()
        downlink.free_by_timer(self.books, self.sim.wall_us())
        for up in self.sync.messages(self.sim.mono_us()):
            self.sim.send(self, self.sim.head.on_up, encode(up), self)

    def on_down(self, body):
        if not self.up:
            return
        heard = self.sync.hear(decode_down(body), mono_us=self.sim.mono_us(), now_us=self.sim.wall_us(), seen=self.seen)
        if heard.feed_rev > self.books.node().feed_rev:
            self.fetch_feed()

    def fetch_feed(self):
        head = self.sim.head
        if head.up and not self.cut:
            with head.office.reading() as tx:
                from cloud.feed import page

                since = self.books.node().feed_rev
                found = page(tx, self.store, since)
            if found.upto > since:
                replica.take(self.books, found)

    def rejoin(self):
        """Hand over, ask; the answer comes later, if it comes."""
        head, sim = self.sim.head, self.sim
        if not head.up or self.cut:
            return
        if self.attempt is None or not sim.guards.rejoin_nonce:
            self.attempt = Rejoining(self.books, nonce=f"{self.boot}:{sim.new_id()}", instance=self.instance)
        for rows in self.attempt.handover():
            if sim.lucky(sim.loss):
                return
            head.run(lambda rows=rows: head.ingest.take(rows, sim.wall_us()))
            self.attempt.handed(rows)
        asked = self.attempt.message()
        sim.send(self, head.on_rejoin, asked, self)

    def on_answer(self, answer):
        head = self.sim.head
        if not self.up or self.attempt is None or self.books.serving or self.cut or not head.up:
            return
        self.refused = answer.code if isinstance(answer, Refusal) else ""
        if isinstance(answer, Refusal):
            try:
                self.attempt.refused(answer)
            except StaleSnapshotError:
                self.attempt = None
            return
        try:
            self.fetch(answer)
            self.attempt.load(answer, now_us=self.sim.wall_us())
        except StaleSnapshotError:
            self.sim.stat("stale snapshots")
            self.attempt = None
            return
        except LogBrokenError as error:
            # a disk that parted from the house's log; the whole log then chains, or something is lost in earnest
            if self.whole:
                raise ViolationError(f"Q1 {self.name}: {error}") from error
            self.sim.stat("logs fetched whole")
            self.attempt.fetch_whole()
            self.whole = True
            return
        self.desk.forget_sightings()
        self.attempt = None
        self.whole = False
        self.fetch_feed()

    def fetch(self, answer):
        head = self.sim.head
        for want in self.attempt.wanted(answer):
            first = want.first_seq
            while first <= want.upto:
                with head.office.reading() as tx:
                    page = logs.page(tx, logs.Name(self.store, want.epoch, want.stream), first)
                self.attempt.take(page)
                if not page.rows:
                    raise ViolationError(f"Q1 {self.name}: the cloud named row {first} of {want}, which it has not")
                first += len(page.rows)
