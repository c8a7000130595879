"""Eight tills in two stores and the buyers of the web shop race for the same pieces, on real books and a real office.

Everybody wants every piece. Each is sold once, whoever was second is told in words, and the office has what was sold.
"""

import itertools
import random
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from cloud import feed, schema
from cloud.db import ContentionError, open_office
from cloud.ingest import Ingest
from cloud.pos.orders.desk import OrderDesk
from cloud.pos.pieces.desk import bring_in
from cloud.pos.staff.desk import put_staff
from cloud.pos.stores.desk import open_store
from cloud.provider import Payment, PaymentState
from cloud.rejoin import Rejoins
from cloud.tables import case_file, ledger_line, posting, sale, sale_line, web_order
from cloud.work import begin
from contract.commands import CustodyState
from contract.facts import Tender, TenderKind
from contract.feed import PieceCard, Role, StaffCard, StoreCard
from contract.messages import decode_down, decode_up, encode
from edge.books import replica
from edge.books.journal import Books
from edge.books.rows import Counter
from edge.clock import SystemClock
from edge.house import House
from edge.sync.rejoin import Rejoining
from edge.sync.uplink import Sync
from edge.till.desk import Desk, Done, Refused
from trade.acts import AddPiece, OpenSale, OpenShift, RecordSale, VoidSale
from trade.guards import ALL, Guards
from trade.lease import OrderState
from trade.refusal import Why

STORES = ("paris", "lyon")
TILLS = 4
"""In each store."""
BUYERS = 4
PRICE = 120_000
LEASE_WAIT_US = 3_000_000
LOSING = {Why.LEASED, Why.CLAIMED, Why.ALREADY_SOLD}
"""How a till is told that somebody was first."""


class Bank:
    """The payment provider, asked by many threads at once."""

    def __init__(self):
        self._lock, self._payments = threading.Lock(), {}

    def authorise(self, key, amount_minor, currency):
        with self._lock:
            self._payments.setdefault(
                key, Payment(key=key, state=PaymentState.AUTHORISED, amount_minor=amount_minor, currency=currency)
            )
            return self._payments[key].state

    def _move(self, key, state):
        with self._lock:
            payment = self._payments[key]
            if payment.state is PaymentState.AUTHORISED:
                payment = Payment(key=key, state=state, amount_minor=payment.amount_minor, currency=payment.currency)
                self._payments[key] = payment
            return payment.state

    def capture(self, key):
        return self._move(key, PaymentState.CAPTURED)

    def void(self, key):
        return self._move(key, PaymentState.VOIDED)

    def payments(self):
        with self._lock:
            return dict(self._payments)


class Shop:
    """A store: books on a disk, a house thread, and the line to the office in a thread of its own."""

    def __init__(self, name, office, folder: Path, guards):
        self.name, self.office = name, office
        self.books = Books.open(folder / f"{name}.sqlite3", store=name, instance=f"m-{name}", guards=guards)
        self.ids = itertools.count(1)
        attempt = Rejoining(self.books, nonce=f"n-{name}", instance=f"m-{name}")
        asked = Rejoins(office, guards=guards).hear(attempt.message(), 1, new_epoch=lambda: f"e-{name}")
        attempt.load(asked, now_us=1)
        self.learn()
        self.desk, self.sync = Desk(self.books), Sync(self.books, boot="b")
        self.house = House(_idle, SystemClock())
        self.house.start()
        self.do(OpenShift, by_till=range(TILLS))

    def learn(self):
        while True:
            with self.office.reading() as tx:
                page = feed.page(tx, self.name, self.books.node().feed_rev)
            replica.take(self.books, page)
            if not page.more:
                return

    def do(self, act, *, by_till):
        for till in by_till:
            opened = act(shift=f"{till}", till=f"till-{till}", business_day="2026-11-29", float_minor=0, currency="EUR")
            assert isinstance(self.act(opened), Done)

    def act(self, act, pad=()):
        """On the house thread, as the store's API does it. A reader sees every piece of the store."""

        def decide():
            return self.desk.do(
                act, by="ana", now_us=1, new_id=lambda: f"{self.name}-{next(self.ids)}", seen=lambda _: True,
                pad=frozenset(pad),
            )  # fmt: skip

        return self.house.submit(decide).result(60)

    def sell(self, till, piece):
        """The sale, or the refusal."""
        name = f"{self.name}-{till}-{piece}"
        self.act(OpenSale(sale=name, till=f"till-{till}", currency="EUR"))
        added = self.act(AddPiece(sale=name, piece=piece), [piece])
        tenders = (Tender(kind=TenderKind.CASH, amount_minor=PRICE),)
        done = added if isinstance(added, Refused) else self.act(RecordSale(sale=name, tenders=tenders), [piece])
        if isinstance(done, Refused):
            self.act(VoidSale(sale=name, reason="somebody was first"))
            return done
        return name

    def exchange(self, ingest):
        """What is to be sent now, and the answers; bytes both ways."""
        now_us = self.house.clock.mono_us()
        for up in self.house.submit(lambda: self.sync.messages(now_us)).result(60):
            try:
                downs = ingest.hear(decode_up(encode(up)), 1)
            except ContentionError:
                continue  # it is sent again
            for down in downs:
                told = decode_down(encode(down))
                self.house.submit(
                    lambda told=told: self.sync.hear(told, mono_us=now_us, now_us=1, seen=lambda _: True)
                ).result(60)

    def sent(self):
        return self.house.submit(
            lambda: all(counter.upto == counter.seq for counter in self.books.db.rows("counters", Counter))
        ).result(60)

    def close(self):
        self.house.stop(lambda: None)
        self.books.close()


def _idle(now_us, *, writing):
    """The floor of these stores stands still."""
    del now_us, writing


def _open(office, pieces, guards):
    with office.transaction() as tx:
        work = begin(tx, guards, 1)
        for name in STORES:
            open_store(work, StoreCard(store=name, name=name, currency="EUR"))
        put_staff(work, StaffCard(user="ana", name="Ana", roles=(Role.MANAGER,)))
        for at, name in enumerate(STORES):
            cards = [_card(piece) for piece in pieces[at :: len(STORES)]]
            assert not bring_in(work, cards, name, state=CustodyState.HERE).errors


def _card(piece):
    return PieceCard(
        piece=piece, sku=piece, title=piece, category="ring", metal="gold", fineness=750, weight_mg=1_000, stones="",
        price_minor=PRICE, currency="EUR", tax_bp=2_000, epc="",
    )  # fmt: skip


class Race:
    """Everybody goes through all pieces of the house in an order of their own."""

    def __init__(self, office, folder, pieces, guards=ALL):
        self.office, self.pieces, self.guards, self.bank = office, pieces, guards, Bank()
        _open(office, pieces, guards)
        self.shops = {name: Shop(name, office, folder, guards) for name in STORES}
        self.home = {piece: STORES[at % len(STORES)] for at, piece in enumerate(pieces)}
        self.sold, self.refused, self.errors = {}, [], []
        self.over = threading.Event()

    def run(self):
        people = [(self.at_till, store, till) for store in STORES for till in range(TILLS)]
        people += [(self.on_the_web, str(buyer)) for buyer in range(BUYERS)]
        house = [(self.line, store) for store in STORES] + [(self.money,)]
        threads = [[threading.Thread(target=self.kept, args=each) for each in some] for some in (people, house)]
        for thread in [*threads[0], *threads[1]]:
            thread.start()
        for thread in threads[0]:
            thread.join(600)
        self.rest()
        self.over.set()
        for thread in threads[1]:
            thread.join(60)
        for shop in self.shops.values():
            shop.close()
        if self.errors:
            raise self.errors[0]
        return self

    def kept(self, job, *args):
        try:
            job(*args)
        except BaseException as error:  # noqa: BLE001 - carried to the test's own thread
            self.errors.append(error)
            self.over.set()

    def at_till(self, store, till):
        shop, mine = self.shops[store], [piece for piece in self.pieces if self.home[piece] == store]
        random.Random(f"{store}{till}").shuffle(mine)
        for piece in mine:
            told = shop.sell(till, piece)
            if isinstance(told, Refused):
                self.refused.append(told.refusal)
            else:
                self.sold.setdefault(piece, []).append(told)

    def on_the_web(self, buyer):
        desk, wanted = OrderDesk(self.office, self.bank, self.guards), list(self.pieces)
        random.Random(buyer).shuffle(wanted)
        for piece in wanted:
            for _ in range(20):
                try:
                    desk.place(f"web-{buyer}-{piece}", piece, mono_us=1, now_us=1)
                except ContentionError:
                    continue
                break

    def line(self, store):
        ingest = Ingest(self.office, self.guards)
        while not self.over.wait(0.02):
            self.shops[store].exchange(ingest)

    def money(self):
        """The worker that carries orders on, and closes those that nobody answers."""
        desk, clock = OrderDesk(self.office, self.bank, self.guards, lease_wait_us=LEASE_WAIT_US), SystemClock()
        while not self.over.wait(0.05):
            try:
                desk.step(mono_us=clock.mono_us(), now_us=1)
            except ContentionError:
                continue

    def rest(self):
        """Until every row has arrived and every order has ended."""
        for _ in range(6_000):
            ended = self.orders() <= {OrderState.PAID, OrderState.CLOSED}
            if self.over.is_set() or (ended and all(shop.sent() for shop in self.shops.values())):
                return
            self.over.wait(0.05)
        raise AssertionError(f"the house never came to rest: {self.orders()}")

    def orders(self):
        with self.office.reading() as tx:
            return {OrderState(row["state"]) for row in tx.rows(sa.select(web_order.c.state).distinct())}


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request, tmp_path):
    """An office that many threads may use: a file, or the server."""
    if request.param == "postgresql":
        request.getfixturevalue("empty_postgres")
        yield request.getfixturevalue("postgres_office")
        return
    with ExitStack() as stack:
        office = open_office(f"sqlite:///{tmp_path / 'office.sqlite3'}")
        stack.callback(office.close)
        schema.create(office)
        yield office


def judge(race):
    """Every piece once, in truth and in the books."""
    paid = {key: one for key, one in race.bank.payments().items() if one.state is PaymentState.CAPTURED}
    on_the_web = [key.rpartition(":")[2] for key in paid]
    at_tills = [piece for piece, sales in race.sold.items() for _ in sales]
    assert sorted([*on_the_web, *at_tills]) == sorted(race.pieces), "a piece was sold twice, or never"
    assert at_tills, "the tills sold nothing"
    assert {refusal.code for refusal in race.refused} <= LOSING
    assert not [one for one in race.bank.payments().values() if one.state is PaymentState.AUTHORISED]
    with race.office.reading() as tx:
        assert tx.rows(sa.select(case_file)) == []
        posted = [
            row["piece"] for row in tx.rows(sa.select(sale_line.c.piece).join(sale, sale.c.sale == sale_line.c.sale))
        ]
        orders = [
            row["piece"] for row in tx.rows(sa.select(web_order.c.piece).where(web_order.c.state == OrderState.PAID))
        ]
        assert sorted(posted) == sorted(at_tills)
        assert sorted(orders) == sorted(on_the_web)
        sold = posting.c.kind.in_(("sale", "order"))
        assert tx.value(sa.select(sa.func.count()).select_from(posting).where(sold)) == len(race.pieces)
        assert tx.value(sa.select(sa.func.sum(ledger_line.c.amount_minor))) == 0
    numbers = {}
    with race.office.reading() as tx:
        for row in tx.rows(sa.select(sale.c.store, sale.c.till, sale.c.receipt_number)):
            numbers.setdefault((row["store"], row["till"]), []).append(row["receipt_number"])
    assert all(sorted(each) == list(range(1, len(each) + 1)) for each in numbers.values()), "receipts have no gap"


def pieces(count):
    return [f"p{n}" for n in range(count)]


def test_eight_tills_and_the_web_sell_each_piece_once(shared, tmp_path):
    judge(Race(shared, tmp_path, pieces(24)).run())


@pytest.mark.long
def test_eight_tills_and_the_web_sell_each_of_five_hundred_pieces_once(shared, tmp_path):
    judge(Race(shared, tmp_path, pieces(500)).run())


def test_without_the_one_live_claim_a_race_sells_a_piece_twice(tmp_path):
    """The control: two carts of a store may hold the same piece, and both are paid."""
    office = open_office(f"sqlite:///{tmp_path / 'office.sqlite3'}")
    schema.create(office)
    shop_guards = Guards(claim_unique=False)
    _open(office, pieces(2), shop_guards)
    shop = Shop("paris", office, tmp_path, shop_guards)
    with ExitStack() as stack:
        stack.callback(office.close)
        stack.callback(shop.close)
        for till in (0, 1):
            shop.act(OpenSale(sale=f"s{till}", till=f"till-{till}", currency="EUR"))
            assert isinstance(shop.act(AddPiece(sale=f"s{till}", piece="p0"), ["p0"]), Done)
        tenders = (Tender(kind=TenderKind.CASH, amount_minor=PRICE),)
        told = [shop.act(RecordSale(sale=f"s{till}", tenders=tenders), ["p0"]) for till in (0, 1)]
        assert all(isinstance(each, Done) for each in told), "the guard was taken away and nothing was sold twice"
