"""The nodes of the simulated house: boxes and the head office, real code on disks that can be lost, copied and cut off."""

import functools

from cloud import logs, schema
from cloud.db import Office, open_office
from cloud.desk import begin
from cloud.ingest import Ingest, RestoredCloudError
from cloud.pos.orders.desk import OrderDesk
from cloud.pos.staff.desk import put_staff
from cloud.pos.stores.desk import open_store
from cloud.recover import recover
from cloud.rejoin import Rejoins
from contract.entries import decode_entry
from contract.feed import Role, StaffCard, StoreCard
from contract.messages import Refusal, decode_down, decode_up, encode
from edge.books import replica
from edge.books.journal import Books
from edge.books.rows import Counter, Mode
from edge.sync import downlink
from edge.sync.rejoin import LogBrokenError, Rejoining, StaleSnapshotError
from edge.sync.uplink import Sync
from edge.till.desk import Desk
from trade.guards import ALL

from .world import STORES, Psp, ViolationError

LEASE_WAIT_US = 15_000_000


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
        self.granted_at = {}
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
            image=self.image,
        )
        self.desk = Desk(self.books)
        self.boot = f"{self.name}#{self.boots}"
        self.sync = Sync(self.books, boot=self.boot)
        self.attempt = None
        self.whole = False
        self.up = True

    def crashpoint(self):
        if self.up and self.sim.lucky(self.sim.crash_rate):
            raise CrashError(self)

    def stop(self):
        if self.up:
            self.up = False
            self.image = self.books.db.image()
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
        changed = False
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
                self.sim.about[place] = {piece for piece in self.sim.pieces if f'"{piece}"'.encode() in row.body}
                for fact in decode_entry(row.body).facts:
                    self.sim.witness(self, fact, place)
            self.watched[key] = counter.seq
            changed = True
        return changed

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


class Head:
    """The cloud: an office database and, while it is up, the real ingest, order desk and rejoins."""

    name = "cloud"

    def __init__(self, sim, image):
        self.sim, self.image, self.up = sim, image, False
        self.backup = None
        self.lives = 1

    def start(self):
        guards = self.sim.guards
        self.office = _office(self.image, self.crashpoint)
        self.ingest = Ingest(self.office, guards, send_early=self.early)
        self.orders = OrderDesk(self.office, Psp(self.sim.world), guards, lease_wait_us=LEASE_WAIT_US)
        self.rejoins = Rejoins(self.office, self.orders.end_store, guards)
        self.up = True

    def stop(self):
        if self.up:
            self.up = False
            self.image = self.office.image()

    def crashpoint(self):
        if self.up and self.sim.lucky(self.sim.crash_rate):
            raise CrashError(self)

    def early(self, down):
        """Only without the guard `ack_after_commit`: the answer leaves, then the power may go."""
        box = self.sim.hearing
        self.sim.send(box, box.on_down, encode(down))
        if self.sim.lucky(self.sim.crash_rate * 5):
            raise CrashError(self)

    def run(self, work):
        """A request to the cloud. Its crash is its own: the caller sees no answer."""
        try:
            return work()
        except CrashError as crash:
            if crash.node is self:
                self.sim.fall(self)
            raise

    def on_up(self, body, box):
        if self.up:
            self.sim.hearing = box
            try:
                downs = self.ingest.hear(decode_up(body), self.sim.wall_us())
            except RestoredCloudError:
                self.sim.stat("recovered again")  # two restores from one backup: the message says what to do
                self.recover()
                return
            for down in downs:
                self.sim.send(box, box.on_down, encode(down))

    def recover(self):
        """The restore procedure, by a person who waits until it is through.

        A second restore from one backup would mint the same life again; the person knows the last one, and goes on.
        """
        rate, self.sim.crash_rate = self.sim.crash_rate, 0.0
        life = 0
        while life <= self.lives:
            done = recover(self.office, Psp(self.sim.world), now_us=self.sim.wall_us(), guards=self.sim.guards)
            life = done.cloud_epoch
        self.lives = life
        self.sim.crash_rate = rate

    def on_rejoin(self, asked, box):
        if self.up:
            answer = self.rejoins.hear(asked, self.sim.wall_us(), new_epoch=self.sim.new_id)
            self.sim.send(box, box.on_answer, answer)

    def step(self):
        if self.up:
            self.orders.step(mono_us=self.sim.mono_us(), now_us=self.sim.wall_us())


@functools.cache
def _engine():
    """One engine for all histories, because it remembers its compiled statements; its content is loaded each time."""
    return open_office("sqlite://").engine


def _office(image, crashpoint):
    with _engine().connect() as connection:
        connection.connection.driver_connection.deserialize(image)
    return Office(_engine(), crashpoint=crashpoint)


@functools.cache
def empty_office():
    """Tables are made once; every history starts from these bytes."""
    office = open_office("sqlite://")
    schema.create(office)
    with office.transaction() as tx:
        for store in STORES:
            open_store(begin(tx, ALL, 1), StoreCard(store=store, name=store, currency="EUR"))
        put_staff(begin(tx, ALL, 1), StaffCard(user="ana", name="Ana", roles=(Role.MANAGER,)))
    image = office.image()
    office.close()
    return image
