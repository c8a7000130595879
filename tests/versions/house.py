"""An office and what people do there, in words that every released version has: the recorder runs this over its own
code, the tests over today's. Nothing newer than the oldest recorded version may be used here.
"""

import itertools

import sqlalchemy as sa

from cloud import feed, schema
from cloud.db import open_office
from cloud.ingest import Ingest
from cloud.pos.counts.desk import request
from cloud.pos.orders.desk import OrderDesk
from cloud.pos.pieces.desk import bring_in
from cloud.pos.staff.desk import put_staff
from cloud.pos.stores.desk import open_store
from cloud.provider import Payment, PaymentState
from cloud.rejoin import Rejoins
from cloud.tables import life
from cloud.work import begin
from contract.commands import CustodyState
from contract.facts import CountPlace
from contract.feed import PieceCard, Role, StaffCard, StoreCard
from contract.messages import decode_up
from trade.guards import ALL

STORE, OTHER = "paris", "milan"
SECRET = bytes(range(32))
PRICE = 120_000
PIECES = ("ring", "brooch", "watch", "chain", "cuff", "pearl")
BEGAN_US = 1_764_400_000_000_000


class Provider:
    """Takes any payment, and remembers."""

    def __init__(self):
        self.made = {}

    def _put(self, key, state, only=None):
        known = self.made.get(key)
        if known is None or known.state is only:
            self.made[key] = Payment(key=key, state=state, amount_minor=PRICE, currency="EUR")
        return self.made[key].state

    def authorise(self, key, _amount_minor, _currency):
        return self._put(key, PaymentState.AUTHORISED)

    def capture(self, key):
        return self._put(key, PaymentState.CAPTURED, only=PaymentState.AUTHORISED)

    def void(self, key):
        return self._put(key, PaymentState.VOIDED, only=PaymentState.AUTHORISED)

    def payments(self):
        return self.made


class HeadOffice:
    """In memory. Every act of a person is a method whose name and words are recorded."""

    def __init__(self):
        self.office = open_office("sqlite://")
        schema.create(self.office)
        with self.office.transaction() as tx:
            tx.run(life.update().values(secret=SECRET))
        self.ingest = Ingest(self.office)
        self.orders = OrderDesk(self.office, Provider())
        self.rejoins = Rejoins(self.office, self.orders.end_store)
        self._ticks = itertools.count(BEGAN_US, 1_000_000)

    def now_us(self):
        return next(self._ticks)

    # --- people -------------------------------------------------------------------------------------------

    def open(self):
        """Two stores, two people, six pieces."""
        with self.office.transaction() as tx:
            work = begin(tx, ALL, self.now_us())
            for store in (STORE, OTHER):
                open_store(work, StoreCard(store=store, name=store.title(), currency="EUR"))
            put_staff(work, StaffCard(user="ana", name="Ana", roles=(Role.MANAGER,)))
            put_staff(work, StaffCard(user="lea", name="Lea", roles=(Role.ASSOCIATE,)))
            done = bring_in(work, [card(piece) for piece in PIECES], STORE, state=CustodyState.HERE)
            assert done.errors == [], done

    def count(self, name):
        with self.office.transaction() as tx:
            work = begin(tx, ALL, self.now_us())
            request(work, STORE, name, CountPlace.SAFE, zones=("safe-1",), by="ana")

    def order(self, name, piece):
        self.orders.place(name, piece, mono_us=1, now_us=self.now_us())

    def carry_on(self):
        self.orders.step(mono_us=2, now_us=self.now_us())

    # --- the store's box ----------------------------------------------------------------------------------

    def up(self, body):
        return self.ingest.hear(decode_up(body), self.now_us())

    def journal(self, rows):
        return self.ingest.take(rows, self.now_us())

    def rejoin(self, asked, epoch):
        return self.rejoins.hear(asked, self.now_us(), new_epoch=lambda: epoch)

    def feed(self, since):
        with self.office.reading() as tx:
            return feed.page(tx, STORE, since)


def card(piece):
    return PieceCard(
        piece=piece, sku=piece.upper(), title=f"The {piece}", category="ring", metal="gold", fineness=750,
        weight_mg=4_000, stones="", price_minor=PRICE, currency="EUR", tax_bp=2_000, epc=piece.encode().hex().upper().ljust(24, "0"),
    )  # fmt: skip


def books(office, tables):
    """Rows of these tables (name → columns), sorted: what two versions of the office must agree on."""
    found = {}
    with office.office.reading() as tx:
        for table, columns in tables.items():
            rows = tx.rows(sa.text(f"SELECT {', '.join(columns)} FROM {table}"))
            found[table] = sorted(([_plain(each) for each in row.values()] for row in rows), key=repr)
    return found


def _plain(value):
    return value.hex() if isinstance(value, bytes) else value
