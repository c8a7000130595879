"""A house by seed: the real edge and the real cloud over a bad line, with crashes, lost disks and people in a hurry.

Every choice comes from one seeded generator, so a history is its seed. The truth (`World`) is what a bystander sees:
where each piece lies, which receipts and captured payments exist. Nobody inside may read it except through `seen`.
Invariants are those of custody.md §6; `Violation` names the one that broke.
"""

import functools
import heapq
import random

import msgspec
import sqlalchemy as sa

from cloud import logs, schema, tables
from cloud.db import Office, open_office
from cloud.desk import Work, begin
from cloud.ingest import Ingest, RestoredCloudError
from cloud.pos.orders.desk import OrderDesk, OrderRefused
from cloud.pos.pieces.desk import bring_in
from cloud.pos.stores.desk import open_store
from cloud.provider import Payment, PaymentState
from cloud.recover import recover
from cloud.rejoin import Rejoins
from contract.commands import CustodyState, GrantCustody, decode_command
from contract.entries import decode_entry
from contract.facts import (
    ClaimEnded,
    ClaimHeld,
    ClaimKind,
    CommandHeard,
    Rejoined,
    ReturnRecorded,
    SaleRecorded,
    Tender,
    TenderKind,
    TransferShipped,
)
from contract.feed import PieceCard, StoreCard
from contract.messages import Refusal, decode_down, decode_up, encode
from edge.books import replica
from edge.books.journal import Books
from edge.books.replay import differences
from edge.books.rows import Counter, Mode
from edge.sync import downlink
from edge.sync.rejoin import LogBrokenError, Rejoining, StaleSnapshotError
from edge.sync.uplink import Sync
from edge.till import queries
from edge.till.desk import Desk, Done
from trade.acts import (
    AddPiece,
    CloseShift,
    HoldPiece,
    OpenSale,
    OpenShift,
    RecordSale,
    ReleaseHold,
    ReturnPieces,
    Ship,
    Sight,
)
from trade.custody import TokenState
from trade.guards import ALL

PRICE = 10_000
LEASE_WAIT_US = 15_000_000
FLOOR_RESTS_S, ENDS_S = 45, 70
"""Seconds after the last act: nothing is read any more, so that the last rows can arrive; the history is judged."""
TILLS = ("till-1", "till-2")
STORES = ("ayr", "bern", "web")
"""Two stores and a web stockroom; the last is an edge without readers, where seeing is a person's scan."""


class ViolationError(Exception):
    """An invariant of custody.md §6 does not hold."""


class CrashError(Exception):
    """The node lost power here."""

    def __init__(self, node):
        super().__init__(node.name)
        self.node = node


class World:
    """What a bystander sees."""

    def __init__(self, sim):
        self.sim = sim
        self.loc = {}
        self.open = {}
        self.refunded = set()
        self.promised = {}
        self.left = {}
        self.sales = 0
        self.payments = {}
        self.order_piece = {}

    def sell(self, piece, sale, where):
        if self.open.get(piece):
            raise ViolationError(f"I1 sold twice: {piece} in {self.open[piece]} and in {sale} at {where}")
        promise = self.promised.get(piece)
        if promise and promise[0] != sale:
            raise ViolationError(f"I7 {piece} was promised in {promise} and sold as {sale}")
        self.open[piece] = sale
        self.sales += 1

    def unsell(self, piece, sale):
        if (piece, sale) in self.refunded:
            raise ViolationError(f"I8 refunded twice: {piece} of {sale}")
        if self.open.get(piece) != sale:
            raise ViolationError(f"I8 refund of {piece} in {sale}, but it is sold in {self.open.get(piece)}")
        self.refunded.add((piece, sale))
        del self.open[piece]

    def move(self, piece, to):
        self.left[piece, self.loc[piece]] = self.sim.t
        self.loc[piece] = to

    # the payment provider: idempotent by key, never down, money moves exactly here
    def authorise(self, key, amount_minor, currency):
        self.payments.setdefault(key, Payment(key=key, state=PaymentState.AUTHORISED, amount_minor=amount_minor))
        return self.payments[key].state

    def capture(self, key):
        payment = self.payments.get(key)
        if payment is None:
            return PaymentState.ABSENT
        if payment.state is PaymentState.AUTHORISED:
            self.payments[key] = msgspec.structs.replace(payment, state=PaymentState.CAPTURED)
            order = key.partition(":")[0]
            self.sell(self.order_piece[order], order, "the web")
        return self.payments[key].state

    def void(self, key):
        payment = self.payments.get(key, Payment(key=key, state=PaymentState.AUTHORISED))
        if payment.state is PaymentState.AUTHORISED:
            self.payments[key] = msgspec.structs.replace(payment, state=PaymentState.VOIDED)
        return self.payments[key].state

    def all_payments(self):
        return dict(self.payments)


class Psp:
    """The provider's face of the world."""

    def __init__(self, world):
        self.authorise, self.capture, self.void = world.authorise, world.capture, world.void
        self.payments = world.all_payments


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


class Sim:
    """One history. `run()` raises `ViolationError`, or returns with everything at rest and in order."""

    def __init__(self, seed, guards=ALL, *, span=60.0, hard=False, restores=False, roam=False):
        self.rng = rng = random.Random(seed)
        self.seed, self.guards, self.t, self.span, self.roam = seed, guards, 0.0, span, roam
        self.queue, self.order, self.ids = [], 0, 0
        self.recorded, self.about, self.lost = {}, {}, set()
        self.trace = []
        self.stats = {}
        self.crash_rate = 0.0
        self.loss, self.slow = rng.choice([0, 0.05, 0.3]), rng.choice([0.2, 1, 4])
        self.world = World(self)
        self.hearing = None
        self.resting = False
        self.pieces = [f"p{n}" for n in range(rng.choice([1, 2, 3]))]
        self.head = Head(self, _empty_office())
        self.head.start()
        self.main, self.ghosts = {}, []
        for store in STORES:
            self.main[store] = Box(self, store, f"m{self.new_id()}")
        self.open_house()
        self.crash_rate = rng.choice([0, 0.002, 0.02])
        for store in STORES:
            self.at(rng.random() * 3, self.pumper, store)
            self.at(rng.random() * 8, self.floor, store)
        self.at(3, self.stepper)
        self.at(10, self.human)
        for _ in range(60 if roam else rng.choice([10, 20, 40])):
            self.at(rng.random() * span, self.op)
        faults = [self.fault_crash, self.fault_crash, self.fault_lost, self.fault_copy, self.fault_restored]
        faults += [self.fault_cloud] if restores else []
        for _ in range(rng.choice([2, 3, 5] if hard else [0, 1, 1, 2])):
            self.at(rng.random() * span, rng.choice(faults))
        for _ in range(rng.choice([0, 1, 3])):
            self.at(rng.random() * span, self.cut_line)

    # --- small tools --------------------------------------------------------------------------------------

    def new_id(self):
        self.ids += 1
        return f"i{self.ids}"

    def lucky(self, rate):
        return rate > 0 and self.rng.random() < rate

    def mono_us(self):
        return int(self.t * 1_000_000) + 1_000_000_000

    def wall_us(self):
        """A wall clock that jumps about, since nothing may depend on it."""
        return int(self.t * 1_000_000) + 10**15 + self.rng.choice([0, 0, -3_600_000_000, 86_400_000_000])

    def at(self, t, what, *args):
        self.order += 1
        heapq.heappush(self.queue, (t, self.order, what, args))

    def after(self, dt, what, *args):
        self.at(self.t + dt, what, *args)

    def stat(self, name):
        self.stats[name] = self.stats.get(name, 0) + 1

    def send(self, box, what, *args):
        """The line of a store: loses, repeats, delays, reorders; a cut line takes nothing."""
        if box.cut:
            return
        for _ in range(2 if self.lucky(self.loss / 2) else 1):
            if self.lucky(self.loss):
                continue
            late = self.rng.uniform(0, 20) if self.lucky(self.loss / 3) else 0
            self.after(self.rng.expovariate(1 / self.slow) + late, what, *args)

    # --- the house opens ----------------------------------------------------------------------------------

    def open_house(self):
        for box in self.main.values():
            box.start()
        homes = {}
        with self.head.office.transaction() as tx:
            work: Work = begin(tx, self.guards, 1)
            for piece in self.pieces:
                home = homes[piece] = self.rng.choice(STORES)
                self.world.loc[piece] = home
                bring_in(work, [_card(piece)], home, state=CustodyState.HERE)
        loss, slow, self.loss, self.slow = self.loss, self.slow, 0, 0.001
        for box in self.main.values():
            box.rejoin()
        while self.queue:
            self.t, _, what, args = heapq.heappop(self.queue)
            what(*args)
        self.loss, self.slow, self.t = loss, slow, 0.0
        for box in self.main.values():
            assert box.serving, box.books.node()
            self.open_shifts(box)
            box.observe()
            box.backup = box.books.db.image()
        self.head.backup = self.head.office.image()

    def open_shifts(self, box):
        for till in TILLS:
            box.do(OpenShift(shift=self.new_id(), till=till, business_day="d", float_minor=0, currency="EUR"))

    # --- what the bystander notes ---------------------------------------------------------------------------

    def witness(self, box, fact, place):
        world = self.world
        self.trace.append((round(self.t, 1), box.name, fact))
        match fact:
            case SaleRecorded():
                for line in fact.lines:
                    self.had_it(box, line.piece)
                    world.sell(line.piece, fact.sale, box.store)
                    if world.loc[line.piece] == box.store and self.rng.random() < 0.8:
                        world.move(line.piece, "client")
            case ReturnRecorded():
                for piece in fact.pieces:
                    world.unsell(piece, fact.sale)
            case ClaimHeld(kind=ClaimKind.LAYAWAY):
                world.promised[fact.piece] = (fact.ref, fact.claim, place)
            case ClaimEnded():
                promise = world.promised.get(fact.piece)
                if promise and promise[1] == fact.claim:
                    del world.promised[fact.piece]
            case TransferShipped():
                for piece in fact.pieces:
                    if world.loc[piece] == box.store:
                        world.move(piece, "road")
                        wrong = self.rng.random() < 0.2
                        to = self.rng.choice(STORES) if wrong else fact.to
                        self.after(self.rng.choice([1, 5, 15]), self.arrive, piece, to)
            case CommandHeard():
                command = decode_command(bytes(fact.command)).command
                if isinstance(command, GrantCustody):
                    box.granted_at[command.piece] = self.t
            case Rejoined():
                box.granted_at = dict.fromkeys(self.pieces, self.t)

    def had_it(self, box, piece):
        away = self.world.loc[piece] != box.store
        if away and self.world.left.get((piece, box.store), -1) < box.granted_at.get(piece, 0):
            raise ViolationError(f"I9 {box.name} sold {piece}, which it never had under its present token")

    def arrive(self, piece, to):
        if self.world.loc[piece] == "road":
            self.world.loc[piece] = to

    # --- what goes on ---------------------------------------------------------------------------------------

    def pumper(self, store):
        self.after(self.rng.uniform(5, 9) if self.resting else self.rng.uniform(1, 4), self.pumper, store)
        for box in [self.main[store], *(ghost for ghost in self.ghosts if ghost.store == store)]:
            box.pump()

    def stepper(self):
        self.after(self.rng.uniform(2, 6), self.stepper)
        self.head.step()

    def floor(self, store):
        """Readers, and people who take up what waits."""
        if self.t > self.span + FLOOR_RESTS_S:
            return
        self.after(self.rng.uniform(3, 8), self.floor, store)
        box = self.main[store]
        for piece in self.pieces:
            if self.world.loc[piece] != store or not box.serving:
                continue
            token = queries.token(box.books.db, piece)
            if token and token.state is TokenState.SOLD and not box.books.db.one("hold", queries.Hold, piece=piece):
                self.world.move(piece, "client")
                continue
            box.do(Sight(pieces=(piece,), zone="case"))
            hold = box.books.db.one("hold", queries.Hold, piece=piece)
            if hold is not None:
                self.give_back(box, piece, hold.sale)
        if box.serving and queries.open_shift(box.books.db, TILLS[0]) is None:
            self.open_shifts(box)

    def op(self):
        rng, piece = self.rng, self.rng.choice(self.pieces)
        loc = self.world.loc[piece]
        box = self.main[loc if loc in STORES and rng.random() < 0.85 else rng.choice(STORES)]
        dice = rng.random()
        if self.roam:
            dice = 0.7 if loc in STORES else 0.4
        if dice < 0.30:
            self.buy(piece)
        elif dice < 0.55:
            self.cart(box, piece, override=self.roam or rng.random() < 0.25)
        elif dice < 0.62:
            self.layaway(box, piece)
        elif dice < 0.78:
            to = rng.choice([each for each in STORES if each != box.store])
            if rng.random() < 0.15 and loc == box.store and not self.world.open.get(piece):
                self.world.move(piece, "road")
                self.after(rng.choice([1, 5, 15]), self.arrive, piece, to)
            elif loc == box.store:
                box.do(Ship(transfer=self.new_id(), to=to, pieces=(piece,)), pad=[piece])
        elif dice < 0.9:
            sale = self.world.open.get(piece)
            if sale and loc == "client":
                home = rng.choice(STORES) if rng.random() < 0.3 else box.store
                if self.main[home].serving:
                    self.world.loc[piece] = home
                    self.give_back(self.main[home], piece, sale)
        elif dice < 0.96:
            till = rng.choice(TILLS)
            box.do(CloseShift(till=till, cash_counted_minor=0))
            box.do(OpenShift(shift=self.new_id(), till=till, business_day="d", float_minor=0, currency="EUR"))
        else:
            self.back_up()

    def buy(self, piece):
        if not self.head.up:
            return
        order = f"W{self.new_id()}"
        self.world.order_piece[order] = piece
        self.stat("web orders")
        answer = self.head.orders.place(order, piece, mono_us=self.mono_us(), now_us=self.wall_us())
        assert isinstance(answer, OrderRefused) or answer.order == order

    def cart(self, box, piece, *, override):
        here = self.world.loc[piece] == box.store
        if not (here or override):
            return
        sale, pad = self.new_id(), [piece] if here and not override else []
        if here and not override:
            box.do(Sight(pieces=(piece,), zone="pad"))
        box.do(OpenSale(sale=sale, till=self.rng.choice(TILLS), currency="EUR"))
        added = box.do(AddPiece(sale=sale, piece=piece, override="tag torn" if override else ""), pad=pad)
        if isinstance(added, Done):
            self.after(self.rng.choice([0.5, 2, 10]), self.checkout, box, sale, override)

    def checkout(self, box, sale, override):
        if not box.serving:
            return
        found = queries.sale(box.books.db, sale)
        if found is None or not found.lines:
            return
        (piece,) = found.pieces()
        here = self.world.loc[piece] == box.store
        tenders = (Tender(kind=TenderKind.CASH, amount_minor=PRICE),)
        if here or override:
            box.do(RecordSale(sale=sale, tenders=tenders, override="no pad"), pad=[piece] if here else [])

    def layaway(self, box, piece):
        promise = self.world.promised.get(piece)
        if promise:
            self.main[box.store].do(ReleaseHold(claim=promise[1]))
        elif self.world.loc[piece] == box.store:
            box.do(Sight(pieces=(piece,), zone="pad"))
            claim = self.new_id()
            box.do(HoldPiece(claim=claim, piece=piece, kind=ClaimKind.LAYAWAY, ref=f"c{claim}"))

    def give_back(self, box, piece, sale):
        tenders = (Tender(kind=TenderKind.CASH, amount_minor=PRICE),)
        box.do(ReturnPieces(sale=sale, pieces=(piece,), till=TILLS[0], tenders=tenders, reason="x"), pad=[piece])

    # --- what goes wrong ------------------------------------------------------------------------------------

    def cut_line(self):
        box = self.main[self.rng.choice(STORES)]
        box.cut = True
        self.after(self.rng.choice([5, 15, 45]), self.heal, box)

    def heal(self, box):
        box.cut = False

    def fall(self, node):
        """Power off; a disk, and a memory that is gone."""
        if node.up:
            node.stop()
            self.after(self.rng.choice([0.5, 3, 10]), self.rise, node)

    def rise(self, node):
        if node.up or getattr(node, "gone", False):
            return
        node.start()

    def fault_crash(self):
        self.stat("crashes")
        self.fall(self.rng.choice([self.head, *self.main.values()]))

    def back_up(self):
        for box in self.main.values():
            if box.up:
                box.backup = box.books.db.image()
        if self.head.up:
            self.head.backup = self.head.office.image()
            with self.head.office.transaction() as tx:
                logs.mark_safe(tx)

    def fault_lost(self):
        """The box is gone for good; a person says so, and a new machine takes its place."""
        store = self.rng.choice(STORES)
        old = self.main[store]
        if not old.up:
            return
        self.stat("boxes lost")
        self.forget(old)
        old.stop()
        old.gone = True
        self.main[store] = Box(self, store, f"m{self.new_id()}")
        self.main[store].start()
        self.after(self.rng.choice([1, 15]), self.replace, store)

    def replace(self, store):
        box = self.main[store]
        if box.serving:
            return
        if not self.head.up:
            self.after(5, self.replace, store)
            return
        if not self.head.rejoins.replace(store, box.instance, by="marie", why="box lost", now_us=self.wall_us()):
            self.after(5, self.replace, store)

    def fault_copy(self):
        """Somebody starts a copy of the disk on another machine in the same store."""
        box = self.main[self.rng.choice(STORES)]
        if not box.up or not box.serving:
            return
        self.stat("copies")
        ghost = Box(self, box.store, f"x{self.new_id()}", box.books.db.image())
        ghost.ghost = True
        ghost.watched = dict(box.watched)
        ghost.start()
        self.ghosts.append(ghost)
        self.one_authority()
        self.after(self.rng.choice([10, 30]), self.scrap, ghost)

    def scrap(self, ghost):
        ghost.stop()
        self.ghosts.remove(ghost)

    def fault_restored(self):
        """The disk is restored from its backup by the book: restored state is marked so and has to rejoin."""
        box = self.main[self.rng.choice(STORES)]
        if not box.up or box.backup is None:
            return
        self.stat("disks restored")
        self.forget(box)
        box.stop()
        box.image = box.backup
        box.start()
        with box.books.transaction() as tx:
            tx.must_rejoin("restored from a backup")
        box.watched = {}

    def fault_cloud(self):
        """The cloud comes back from its last backup, as a new life."""
        head = self.head
        if not head.up:
            return
        self.stat("cloud restores")
        head.stop()
        head.image = head.backup
        rate, self.crash_rate = self.crash_rate, 0.0
        head.start()
        self.crash_rate = rate
        head.recover()
        known = self.cloud_rows() | self.disk_rows()
        self.lose(place for place in self.recorded if place not in known)

    def disk_rows(self):
        """Rows that some disk still has and may hand over."""
        found = set()
        for box in self.main.values():
            was_up = box.up
            if not was_up:
                box.start()
            for table_row in box.books.db.dump("journal"):
                epoch, stream, seq, leaf = table_row[0], table_row[1], table_row[2], table_row[7]
                found.add((box.store, epoch, stream, seq, leaf))
            if not was_up:
                box.stop()
        return found

    def forget(self, box):
        """Rows that only this disk had go with it: nobody can know them (custody.md §12)."""
        known = self.cloud_rows()
        self.lose(place for place, owner in self.recorded.items() if owner is box and place not in known)

    def lose(self, places):
        """Exempt, and counted: the rows, and what was promised in one of them."""
        for place in places:
            self.lost.add(place)
            self.stat("rows gone with every copy")
        for piece, promise in list(self.world.promised.items()):
            if promise[2] in self.lost:
                self.stat("promises gone with every copy")
                del self.world.promised[piece]

    def cloud_rows(self):
        """Rows the cloud's disk has, also while it is down."""
        found = set()
        with self.head.office.reading() as tx:
            for row in tx.rows(sa.select(tables.inbox)):
                found.add((row["store"], row["epoch"], row["stream"], row["seq"], bytes(row["leaf"])))
            for row in tx.rows(sa.select(tables.late_row)):
                found.add((row["store"], row["epoch"], row["stream"], row["seq"], bytes.fromhex(row["leaf"])))
        return found

    def human(self):
        self.after(10, self.human)
        for store, box in self.main.items():
            if self.head.up and box.up and not box.serving and self.served_by(store) != box.instance:
                self.replace(store)

    def served_by(self, store):
        with self.head.office.reading() as tx:
            return tx.value(sa.select(tables.node.c.instance).where(tables.node.c.store == store))

    # --- running and judging --------------------------------------------------------------------------------

    def run(self):
        while self.queue:
            t, _, what, args = heapq.heappop(self.queue)
            if t > self.span and not self.resting:
                self.rest()
            if t > self.span + ENDS_S:
                break
            if self.resting and what in (self.op, self.cut_line):
                continue
            self.t = t
            try:
                what(*args)
            except CrashError as crash:
                self.stat("power cuts")
                for box in [*self.main.values(), *self.ghosts]:
                    if box.up:
                        box.observe()
                self.fall(crash.node)
            changed = [box.observe() for box in [*self.main.values(), *self.ghosts] if box.up]
            if any(changed):
                self.one_authority()
        self.judge()
        return self

    def rest(self):
        """The network heals, nothing more goes wrong; the house comes to rest."""
        self.resting = True
        self.loss, self.crash_rate, self.slow = 0, 0.0, 0.3
        for box in self.main.values():
            box.cut = False

    def one_authority(self):
        serving = [box for box in [*self.main.values(), *self.ghosts] if box.serving]
        for piece in self.pieces:
            able = [
                box.name
                for box in serving
                if (token := queries.token(box.books.db, piece)) is not None and token.state is TokenState.HERE
            ]
            if len(able) > 1:
                raise ViolationError(f"I2 {piece} could be sold by {able}")

    def judge(self):
        world = self.world
        for store, box in self.main.items():
            if not box.serving:
                raise ViolationError(f"Q0 {store} is not active: {box.books.node() if box.up else 'down'}")
            if apart := differences(box.books):
                raise ViolationError(f"Q2 {store}: {apart} are not the fold of the journal")
        known = self.cloud_rows()
        for place in self.recorded:
            if place not in known and place not in self.lost:
                raise ViolationError(f"Q1 lost {place[:4]}")
        with self.head.office.reading() as tx:
            self.judge_books(tx)
            cases = tx.rows(sa.select(tables.case_file).where(tables.case_file.c.closed_us.is_(None)))
        excused = {case["piece"] for case in cases if case["piece"]}
        for place in self.lost - known:
            excused |= self.about[place]
        for piece in self.pieces:
            self.judge_piece(piece, excused=piece in excused)
        for key, payment in world.payments.items():
            if payment.state is PaymentState.AUTHORISED:
                raise ViolationError(f"Q5 {key} is still authorised")

    def judge_books(self, tx):
        for case in tx.rows(sa.select(tables.case_file)):
            if case["kind"] in ("double post", "refunded twice", "order paid twice"):
                raise ViolationError(f"Q6 {case['kind']}: {case['sentence']}")
        for order in tx.rows(sa.select(tables.web_order)):
            payment = self.world.payments.get(order["payment_key"])
            paid = payment is not None and payment.state is PaymentState.CAPTURED
            if order["state"] not in ("paid", "closed") or (order["state"] == "paid") != paid:
                raise ViolationError(f"Q5 order {order['order_id']} is {order['state']}, the provider says {payment}")
        if tx.value(sa.select(sa.func.count()).select_from(tables.parked).where(tables.parked.c.applied_us.is_(None))):
            raise ViolationError("Q7 rows are parked")
        if tx.value(sa.select(sa.func.sum(tables.ledger_line.c.amount_minor))) not in (None, 0):
            raise ViolationError("ledger: debits and credits differ")

    def judge_piece(self, piece, *, excused):
        with self.head.office.reading() as tx:
            row = tx.row(sa.select(tables.custody).where(tables.custody.c.piece == piece))
        held = []
        for box in self.main.values():
            token = queries.token(box.books.db, piece)
            if token is not None and token.held:
                held.append((box.store, token.ce, str(token.state), token.sale))
            claim = queries.live_claim(box.books.db, piece)
            if claim is not None and claim.kind is ClaimKind.LEASE:
                raise ViolationError(f"Q5 {box.store} still keeps {piece} for order {claim.ref}")
        books = f"books {row['holder']} {row['ce']} {row['state']} {row['sale']}, edges {held}"
        if row["holder"]:
            if [(store, ce) for store, ce, _, _ in held] != [(row["holder"], row["ce"])]:
                raise ViolationError(f"Q3 {piece}: {books}")
            if (held[0][2] == "sold") != (row["state"] == "sold"):
                raise ViolationError(f"Q3 {piece}: {books}")
        elif held:
            raise ViolationError(f"Q3 {piece}: {books}")
        sale = self.world.open.get(piece)
        if not excused and (bool(sale) != (row["state"] == "sold") or (sale and row["sale"] != sale)):
            raise ViolationError(f"Q4 {piece} is sold in truth in {sale}; {books}")
        loc = self.world.loc[piece]
        claimed = loc in STORES and queries.live_claim(self.main[loc].books.db, piece)
        if not excused and not sale and loc in STORES and row["holder"] != loc and not claimed:
            raise ViolationError(f"Q8 {piece} lies at {loc}; {books}")


def _card(piece):
    return PieceCard(
        piece=piece, sku=piece, title=piece, category="ring", metal="gold", fineness=750, weight_mg=1_000, stones="",
        price_minor=PRICE, currency="EUR", tax_bp=2_000, epc="",
    )  # fmt: skip


@functools.cache
def _engine():
    """One engine for all histories, because it remembers its compiled statements; its content is loaded each time."""
    return open_office("sqlite://").engine


def _office(image, crashpoint):
    with _engine().connect() as connection:
        connection.connection.driver_connection.deserialize(image)
    return Office(_engine(), crashpoint=crashpoint)


@functools.cache
def _empty_office():
    """Tables are made once; every history starts from these bytes."""
    office = open_office("sqlite://")
    schema.create(office)
    with office.transaction() as tx:
        for store in STORES:
            open_store(begin(tx, ALL, 1), StoreCard(store=store, name=store, currency="EUR"))
    image = office.image()
    office.close()
    return image


def history(seed, guards=ALL, **more):
    """The violation a seed finds (None: none), and the history for its statistics."""
    sim = Sim(seed, guards, **more)
    try:
        sim.run()
    except ViolationError as violation:
        return str(violation), sim
    return None, sim


def tell(sim, piece="p", last=40):
    """The last events of a piece, for a person who looks for the defect."""
    about = [event for event in sim.trace if piece in repr(event)]
    return "\n".join(f"{t:8.1f} {name:12} {fact}" for t, name, fact in about[-last:])
