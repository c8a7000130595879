"""A till's memory without a browser: what the register's witness.js keeps, with the same rules, for simulations and tests.

`TillCopy` survives whatever happens to the box. It takes what the box gives after each act and says it all again to
whichever box it finds after a restart.
"""

import msgspec

from contract.entries import leaf_hash, next_head
from edge.sync.testimony import KeptLog, Testimony
from edge.sync.witness import behind, hear, news

ROWS_KEPT_MAX = 2_000


class TillCopy:
    """Heads and rows by log. A row goes when the cloud's word covers it, or when there are too many."""

    def __init__(self, till):
        self.till = till
        self.logs = {}
        self.rows_dropped = 0

    def look(self, books):
        """What an answer of the box brings: the rows this till lacks, until it has all. False: the box is behind."""
        db = books.db
        while True:
            if behind(db, self.heads()):
                return False
            brought = news(db, self.till, self.heads().logs)
            if brought is None:
                return True
            self.take(brought)
            if not brought.more:
                return True

    def take(self, brought):
        key = (brought.epoch, "trade")
        log = self.logs.get(key)
        if log is None or brought.first_seq > log.seq + 1:
            before = bytes.fromhex(brought.before)
            log = KeptLog(
                epoch=brought.epoch,
                stream="trade",
                term=brought.term,
                seq=brought.first_seq - 1,
                head=before,
                before=before,
            )
        new = [body.encode() for body in brought.rows[log.seq + 1 - brought.first_seq :]]
        head = log.head
        for body in new:
            head = next_head(head, leaf_hash(body))
        assert head.hex() == brought.head, "the box gave rows that do not chain"
        self.logs[key] = KeptLog(
            epoch=log.epoch,
            stream="trade",
            term=log.term,
            seq=brought.seq,
            head=head,
            seal=brought.seal,
            before=log.before,
            rows=(*log.rows, *new),
        )
        self.drop(key, brought.safe or brought.upto)
        spare = len(self.logs[key].rows) - ROWS_KEPT_MAX
        if spare > 0:
            self.rows_dropped += spare
            self.drop(key, self.logs[key].first_seq + spare - 1)

    def drop(self, key, upto):
        """Forget rows up to here; heads stay."""
        log = self.logs[key]
        gone = max(0, min(upto - log.first_seq + 1, len(log.rows)))
        head = log.before
        for body in log.rows[:gone]:
            head = next_head(head, leaf_hash(body))
        self.logs[key] = KeptLog(
            epoch=log.epoch,
            stream=log.stream,
            term=log.term,
            seq=log.seq,
            head=log.head,
            seal=log.seal,
            before=head,
            rows=log.rows[gone:],
        )

    def heads(self):
        return Testimony(
            till=self.till,
            logs=tuple(msgspec.structs.replace(log, before=b"", rows=()) for log in self.logs.values()),
        )

    def testimony(self):
        return Testimony(till=self.till, logs=tuple(self.logs.values()))

    def speak(self, books):
        """At a page load or a reconnection: bear witness, forget what is settled, take what is new."""
        heard = hear(books, self.testimony())
        for settled in heard.settled:
            key = (settled.epoch, settled.stream)
            if settled.over:
                del self.logs[key]
            else:
                self.drop(key, settled.upto)
        if not heard.why:
            self.look(books)
        return heard

    def leaves(self):
        """(epoch, stream, seq, leaf) of every row kept."""
        return {
            (log.epoch, str(log.stream), seq, leaf) for log in self.logs.values() for seq, leaf, _, _ in log.chained()
        }


class Tills:
    """One memory for the tills of each store: they see the same entries."""

    def __init__(self, stores):
        self.of = {store: TillCopy(f"{store}-till") for store in stores}

    def look(self, box):
        """After whatever became true at a box: nothing leaves the store before its tills have it (custody.md §2)."""
        if box.serving:
            self.of[box.store].look(box.books)

    def speak(self, box):
        """When a box has started, its tills come back to it."""
        return self.of[box.store].speak(box.books)

    def keep(self, place):
        """Whether a row, as (store, epoch, stream, seq, leaf), is in the memory of its store's tills."""
        store, *row = place
        return tuple(row) in self.of[store].leaves()


def bring(driver):
    """Gives every store of this driver module its tills, and histories the fault they are there for. Returns it."""

    class Box(driver.Box):
        def start(self):
            super().start()
            if not self.ghost:
                self.sim.come_back(self)

    with_tills = Box

    class Sim(driver.Sim):
        Box = with_tills

        def __init__(self, *given, rollbacks=False, **more):
            self.tills = Tills(driver.STORES)
            self.rollbacks = rollbacks
            super().__init__(*given, **more)
            if rollbacks:
                for _ in range(self.rng.choice([1, 2])):
                    self.at(self.rng.random() * self.span, self.fault_rolled_back)

        def come_back(self, box):
            """A page that reconnects says what it knows before anybody can do anything at it."""
            rate, self.crash_rate = self.crash_rate, 0.0
            heard = self.tills.speak(box)
            self.crash_rate = rate
            if heard.why:
                self.stat("stopped by a till")
            if heard.rows_kept:
                self.stat("rows brought by tills")

        def witness(self, box, *told):
            super().witness(box, *told)
            if self.main.get(box.store) is box:
                self.tills.look(box)

        def lose(self, places):
            """What tills have kept is not lost."""
            super().lose([place for place in places if not self.tills.keep(place)])

        def fault_rolled_back(self):
            """The disk is as it was at its backup, and nobody has told the box."""
            box = self.main[self.rng.choice(driver.STORES)]
            if not box.up or box.backup is None:
                return
            self.stat("disks rolled back")
            self.forget(box)
            box.stop()
            box.image = box.backup
            box.watched = {}
            box.start()

    driver.Sim = Sim
    return driver
