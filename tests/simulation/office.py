"""The head office of the simulated house: real code on a database that can be lost, restored and cut off."""

import functools

import sqlalchemy as sa
from house_templates import empty_office as new_office

from cloud import logs, tables
from cloud.db import Office, open_office
from cloud.desk import begin
from cloud.ingest import Ingest, RestoredCloudError
from cloud.pos.orders.desk import OrderDesk
from cloud.pos.pieces.desk import bring_in
from cloud.pos.staff.desk import put_staff
from cloud.pos.stores.desk import open_store
from cloud.recover import recover
from cloud.rejoin import Rejoins
from cloud.work import QUARANTINED
from contract.commands import CustodyState
from contract.feed import PieceCard, Role, StaffCard, StoreCard
from contract.messages import decode_up, encode
from trade.guards import ALL

from .nodes import CrashError
from .world import LEASE_WAIT_US, PRICE, STORES, Psp


class Head:
    """The cloud: an office database and, while it is up, the real ingest, order desk and rejoins."""

    name = "cloud"

    def __init__(self, sim):
        self.sim, self.image, self.up = sim, empty_office(), False
        self.backup = None
        self.lives = 1

    def start(self):
        guards = self.sim.guards
        self.office = self.open()
        self.ingest = Ingest(self.office, guards, send_early=self.early)
        self.orders = OrderDesk(self.office, Psp(self.sim.world), guards, lease_wait_us=LEASE_WAIT_US)
        self.rejoins = Rejoins(self.office, self.orders.end_store, guards)
        self.up = True

    def open(self):
        return _office(self.image, self.crashpoint)

    def stop(self):
        if self.up:
            self.up = False
            self.image = self.disk()

    def disk(self):
        return self.office.image()

    # --- what the bystander may look up -------------------------------------------------------------------

    def bring_in(self, homes):
        """Cards and first tokens: piece → the store where it lies."""
        with self.office.transaction() as tx:
            work = begin(tx, self.sim.guards, 1)
            for piece, home in homes.items():
                bring_in(work, [card(piece)], home, state=CustodyState.HERE)

    def mark_safe(self):
        with self.office.transaction() as tx:
            logs.mark_safe(tx)

    def rows(self):
        """Places of every row its disk has, also while it is down."""
        found = set()
        with self.office.reading() as tx:
            for row in tx.rows(sa.select(tables.inbox)):
                found.add((row["store"], row["epoch"], row["stream"], row["seq"], bytes(row["leaf"])))
            for row in tx.rows(sa.select(tables.late_row)):
                found.add((row["store"], row["epoch"], row["stream"], row["seq"], bytes.fromhex(row["leaf"])))
        return found

    def served_by(self, store):
        with self.office.reading() as tx:
            return tx.value(sa.select(tables.node.c.instance).where(tables.node.c.store == store))

    def custody(self, piece):
        """The office's row about a piece."""
        with self.office.reading() as tx:
            return tx.row(sa.select(tables.custody).where(tables.custody.c.piece == piece))

    def web_orders(self):
        """(order, state, payment key) of each web order."""
        order = tables.web_order.c
        with self.office.reading() as tx:
            return [
                (row["order_id"], row["state"], row["payment_key"])
                for row in tx.rows(sa.select(order.order_id, order.state, order.payment_key))
            ]

    def cases(self):
        """(kind, piece, sentence) of each case ever opened and whether it is open; those of a sale name its pieces."""
        with self.office.reading() as tx:
            lines = tx.rows(sa.select(tables.sale_line.c.store, tables.sale_line.c.sale, tables.sale_line.c.piece))
            told = []
            for case in tx.rows(sa.select(tables.case_file)):
                is_open, kind = case["closed_us"] is None, case["kind"]
                told.append((kind, case["piece"], case["sentence"], is_open))
                if kind == QUARANTINED:
                    its = [
                        line["piece"] for line in lines if (line["store"], line["sale"]) == (case["store"], case["ref"])
                    ]
                    told += [(kind, piece, case["sentence"], is_open) for piece in its]
        return told

    def parked(self):
        waiting = sa.select(sa.func.count()).select_from(tables.parked).where(tables.parked.c.applied_us.is_(None))
        with self.office.reading() as tx:
            return tx.value(waiting)

    def unbalanced(self):
        """What of the money is wrong, in words; empty: nothing."""
        lines = tables.ledger_line.c
        of_what = (lines.store, lines.posting, lines.currency)
        sums = sa.select(*of_what, sa.func.sum(lines.amount_minor).label("sum")).group_by(*of_what)
        with self.office.reading() as tx:
            apart = [dict(row) for row in tx.rows(sums) if row["sum"] != 0]
            receipts, zs = {}, {}
            for table in (tables.sale, tables.refund):
                for row in tx.rows(sa.select(table.c.store, table.c.till, table.c.receipt_number)):
                    receipts.setdefault((row["store"], row["till"]), set()).add(row["receipt_number"])
            closed = sa.select(tables.shift.c.store, tables.shift.c.till, tables.shift.c.z_number)
            for row in tx.rows(closed.where(tables.shift.c.z_number.is_not(None))):
                zs.setdefault((row["store"], row["till"]), set()).add(row["z_number"])
        if apart:
            return f"debits and credits differ: {apart}"
        for what, numbered in (("receipts", receipts), ("Zs", zs)):
            for till, numbers in numbered.items():
                missing = set(range(1, max(numbers) + 1)) - numbers
                if missing:
                    return f"{what} of {till} have gaps: {sorted(missing)} of 1 to {max(numbers)}"
        return ""

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
    """Furnished once; every history starts from these bytes."""
    office = new_office()
    furnish(office)
    image = office.image()
    office.close()
    return image


def card(piece):
    return PieceCard(
        piece=piece, sku=piece, title=piece, category="ring", metal="gold", fineness=750, weight_mg=1_000, stones="",
        price_minor=PRICE, currency="EUR", tax_bp=2_000, epc="",
    )  # fmt: skip


def furnish(office):
    """Stores and people."""
    with office.transaction() as tx:
        for store in STORES:
            open_store(begin(tx, ALL, 1), StoreCard(store=store, name=store, currency="EUR"))
        put_staff(begin(tx, ALL, 1), StaffCard(user="ana", name="Ana", roles=(Role.MANAGER,)))


def on_server(engine):
    """A head office on a database server: it keeps what was committed by itself, and is never restored here."""

    class ServedHead(Head):
        def __init__(self, sim):
            self.sim, self.up, self.backup, self.lives = sim, False, None, 1
            self.image = None

        def disk(self):
            return None

        def open(self):
            return Office(engine, crashpoint=self.crashpoint)

    return ServedHead
