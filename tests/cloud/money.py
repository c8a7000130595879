"""An office and two stores with two tills each, real books and a line that may be cut: for tests of money it owes."""

import itertools

import sqlalchemy as sa
from house_templates import empty_books, office_image

from cloud import logs
from cloud.db import open_office
from cloud.ingest import Ingest
from cloud.pos.stores.desk import open_store
from cloud.pos.value.queries import detail
from cloud.provider import NoProvider
from cloud.recover import recover
from cloud.rejoin import Rejoins
from cloud.tables import case_file, value_slice
from cloud.work import begin
from contract.facts import AskEnd, LineKind, SaleRecorded, Tender, TenderKind
from contract.feed import FeedPage, FeedRow, Role, SettingsCard, StaffCard, StoreCard
from contract.messages import Refusal
from edge.books import replica
from edge.books.fold_sales import load_sale
from edge.books.fold_value import load_asks, load_slice, spent_by
from edge.books.journal import Books
from edge.sync.rejoin import Rejoining
from edge.sync.uplink import Sync
from edge.till.desk import Desk, Done
from trade.acts import AddOther, AskValue, EndAsk, OpenSale, OpenShift, RecordSale, SellGiftCard
from trade.guards import ALL

CARD = "gc-1"
LOADED = 10_000


class Store:
    """A box with two tills, joined to the office over a line that may be cut."""

    def __init__(self, house, name, kept):
        self.house, self.name, self.line = house, name, True
        self.ids = itertools.count(1)
        self.recorded = []
        bodies = {"staff:ana": StaffCard(user="ana", name="Ana", roles=(Role.MANAGER,))}
        bodies["settings"] = SettingsCard(store=name, offline_value_minor_max=kept)
        rows = tuple(FeedRow(rev=n, scope="*", key=key, body=body) for n, (key, body) in enumerate(bodies.items(), 1))
        self.feed = FeedPage(rows=rows, upto=9, more=False)
        self.begin(f"m-{name}")
        self.rejoin()
        for till in ("t1", "t2"):
            self.do(
                OpenShift(shift=f"{name}-{till}", till=till, business_day="2026-11-29", float_minor=0, currency="EUR")
            )

    def begin(self, machine):
        """A machine with an empty disk."""
        self.machine = machine
        self.books = Books.open(None, store=self.name, instance=machine, image=empty_books())
        self.desk, self.sync = Desk(self.books), Sync(self.books, boot=machine)

    def rejoin(self):
        """Hands over and asks; not joined when the office says why not."""
        attempt, house = Rejoining(self.books, nonce=self.new_id(), instance=self.machine), self.house
        for rows in attempt.handover():
            house.ingest.take(rows, next(house.clock))
            attempt.handed(rows)
        answer = house.rejoins.hear(attempt.message(), next(house.clock), new_epoch=self.new_id)
        if isinstance(answer, Refusal):
            attempt.refused(answer)
            return
        for want in attempt.wanted(answer):
            with house.office.reading() as tx:
                attempt.take(logs.page(tx, logs.Name(self.name, want.epoch, want.stream), want.first_seq))
        attempt.load(answer, now_us=next(house.clock))
        replica.take(self.books, self.feed)

    def new_id(self):
        return f"{self.name}-{next(self.ids):04d}"

    def do(self, act):
        now = next(self.house.clock)
        done = self.desk.do(act, by="ana", now_us=now, new_id=self.new_id, seen=lambda _piece: False)
        if isinstance(done, Done):
            self.recorded += [f for entry in done.entries for f in entry.facts if isinstance(f, SaleRecorded)]
        return done

    def sale(self, till, amount):
        sale = self.new_id()
        self.do(OpenSale(sale=sale, till=till, currency="EUR"))
        if amount:
            self.do(AddOther(sale=sale, kind=LineKind.SERVICE, description="polish", unit_minor=amount, tax_bp=0))
        return sale

    def load(self, amount=LOADED):
        sale = self.sale("t1", 0)
        self.do(SellGiftCard(sale=sale, account=CARD, label="…9QXC", amount_minor=amount))
        self.do(RecordSale(sale=sale, tenders=(Tender(kind=TenderKind.CASH, amount_minor=amount),)))

    def ask(self, till, amount):
        sale = self.sale(till, amount)
        self.do(AskValue(ask=f"ask-{sale}", sale=sale, kind=TenderKind.GIFT_CARD, account=CARD))
        return sale

    def end(self, sale, how=AskEnd.GIVEN_UP):
        return self.do(EndAsk(ask=f"ask-{sale}", how=how))

    def pay(self, sale):
        """With what is set aside, and the rest in cash; whether it was recorded."""
        (ask,) = load_asks(self.books.db, sale)
        total = self.desk_total(sale)
        tenders = (Tender(kind=TenderKind.GIFT_CARD, account=CARD, amount_minor=ask.amount_minor),) if ask.live else ()
        rest = total - sum(each.amount_minor for each in tenders)
        tenders += (Tender(kind=TenderKind.CASH, amount_minor=rest),) if rest else ()
        return isinstance(self.do(RecordSale(sale=sale, tenders=tenders)), Done)

    def desk_total(self, sale):
        return load_sale(self.books.db, sale).total_minor

    def asked(self, sale):
        return load_asks(self.books.db, sale)[0]

    def held(self):
        part = load_slice(self.books.db, CARD)
        return part.held_minor if part else 0

    def pump(self):
        """One exchange over the line."""
        if not self.line:
            return False
        mono = next(self.house.clock) * 10_000_000
        ups = self.sync.messages(mono)
        downs = [down for up in ups for down in self.house.ingest.hear(up, next(self.house.clock))]
        for down in downs:
            self.sync.hear(down, mono_us=mono, now_us=next(self.house.clock), seen=lambda _piece: False)
        return bool(ups)


class House:
    def __init__(self, kept=0):
        self.clock = itertools.count(10)
        self.begin(office_image())
        with self.office.transaction() as tx:
            for name in ("paris", "lyon"):
                open_store(begin(tx, ALL, 1), StoreCard(store=name, name=name, currency="EUR"))
        self.paris, self.lyon = Store(self, "paris", kept), Store(self, "lyon", kept)
        self.stores = (self.paris, self.lyon)

    def begin(self, image):
        self.office = open_office("sqlite://", image=image)
        self.ingest, self.rejoins = Ingest(self.office), Rejoins(self.office)

    def settle(self, times=4):
        for _ in range(times):
            for store in self.stores:
                store.pump()

    def restore(self, backup):
        """The office is what it was, knows so, and every store joins it again."""
        self.office.close()
        self.begin(backup)
        recover(self.office, NoProvider(), now_us=next(self.clock))
        for _ in range(4):  # told of the new life, following it, waiting for the other
            for store in self.stores:
                store.pump()
                if not store.books.serving:
                    store.rejoin()

    def account(self):
        with self.office.reading() as tx:
            return detail(tx, CARD)

    def cases(self):
        with self.office.reading() as tx:
            return [row["kind"] for row in tx.rows(sa.select(case_file.c.kind))]

    def slices(self):
        """What the office says that each store holds."""
        with self.office.reading() as tx:
            return {each["store"]: each["held_minor"] for each in tx.rows(sa.select(value_slice)) if each["held_minor"]}

    def spent(self):
        facts = [fact for store in self.stores for fact in store.recorded]
        return sum(amount for fact in facts for account, amount in spent_by(fact) if account == CARD)

    def close(self):
        for store in self.stores:
            store.books.close()
        self.office.close()
