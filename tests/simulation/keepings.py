"""Repairs and memos in histories by seed: clients' things taken in, handed from store to store, given back; pieces lent,
taken back, kept and paid; words about a client, sealed; and a client who is forgotten.

At rest a client's thing is looked for at one store, that of its order, or is with its owner; it was never in a cart. What
was written of a client stands nowhere in clear, and of one who was forgotten no box opens it.
"""

import sqlalchemy as sa

from cloud import tables
from contract.facts import (
    ClaimHeld,
    ClaimKind,
    OrderEvent,
    OrderItem,
    OrderItemGiven,
    OrderItemTaken,
    OrderKind,
    PaperKind,
    SaleLineAdded,
    SaleRecorded,
)
from contract.remarks import FORGOTTEN
from edge.books import fold_orders
from edge.clients.remarks import in_memory
from edge.till.desk import Desk, Done
from trade.acts import (
    AddOrder,
    AddPiece,
    EndOrder,
    GiveItem,
    HandOrder,
    KeepPaper,
    MoveOrder,
    OpenOrder,
    OpenSale,
    ReceiveOrder,
    Sight,
    TakeItem,
    TakeMemoBack,
)
from trade.custody import TokenState

from .promises import Promises
from .world import STORES, TILLS, ViolationError

WORD = "Zwetlana"
"""In whatever staff write of a client here."""
FORGETFUL = "c-2"
"""A client who is forgotten somewhere in the middle."""
VISITS = 8


class Keepings(Promises):
    """Mixed into a driver's `Sim`."""

    def __init__(self, *given, **more):
        self.things, self.given, self.remarks = {}, set(), {}
        self.forgotten = False
        super().__init__(*given, **more)

    def lay_out(self, **more):
        super().lay_out(**more)
        for _ in range(VISITS):
            self.at(self.rng.random() * self.span, self.errand)
        self.at(self.rng.random() * self.span, self.erase)

    def errand(self):
        """Somebody comes with a thing of theirs, or about one, or to look at a piece at home."""
        if self.resting:
            return
        box, dice = self.main[self.rng.choice(STORES)], self.rng.random()
        if not box.serving or not box.has_shift(TILLS[0]):
            return
        known = [fold_orders.load(box.books.db, order) for order in [*self.things.values(), *self.opened]]
        kept = [order for order in known if order is not None and not (order.ended or order.away)]
        repairs = [order for order in kept if order.kind is OrderKind.REPAIR]
        memos = [order for order in kept if order.kind is OrderKind.MEMO]
        if repairs and dice < 0.6:
            self.about_a_repair(box, self.rng.choice(repairs))
        elif memos and dice < 0.8:
            self.about_a_memo(box, self.rng.choice(memos))
        elif dice < 0.9:
            self.take_in(box)
        else:
            self.lend(box, self.rng.choice(self.pieces))

    def take_in(self, box):
        order, thing = f"O{self.new_id()}", f"t{self.new_id()}"
        client = self.rng.choice(["c-1", FORGETFUL])
        act = OpenOrder(order=order, kind=OrderKind.REPAIR, client=client, title=f"Ring of {WORD}", currency="EUR")
        if isinstance(box.do(act), Done):
            self.world.loc[thing] = "the counter"  # envelopes here wear no tag
            item = OrderItem(item=thing, description="White metal ring", condition=WORD, declared_value_minor=900)
            box.do(TakeItem(order=order, item=item))

    def about_a_repair(self, box, order):
        thing, dice = order.items[0].item.item if order.items else "", self.rng.random()
        if order.coming:
            box.do(ReceiveOrder(order=order.order))
        elif dice < 0.4:
            to = self.rng.choice([each for each in STORES if each != box.store])
            box.do(HandOrder(order=order.order, to=to, transfer=self.new_id()))
        elif dice < 0.6 and thing:
            sale = self.new_id()
            box.do(OpenSale(sale=sale, till=TILLS[0], currency="EUR"))
            box.do(AddPiece(sale=sale, piece=thing), pad=[thing])
        elif dice < 0.8:
            box.do(EndOrder(order=order.order, event=OrderEvent.CANCEL, why=f"{WORD} asks"))
        elif thing:
            signed = f"{int(self.new_id()[1:]):064x}"
            box.do(
                KeepPaper(
                    order=order.order, kind=PaperKind.SIGNATURE, sha256=signed, media="image/jpeg", item=thing
                )
            )  # fmt: skip
            box.do(GiveItem(order=order.order, item=thing, signature=signed))

    def lend(self, box, piece):
        if self.world.loc[piece] != box.store:
            return
        box.do(Sight(pieces=(piece,), zone="pad"))
        order, told = f"O{self.new_id()}", {"client": "c-1", "title": WORD, "promised_day": "2127-01-01"}
        act = OpenOrder(order=order, kind=OrderKind.MEMO, currency="EUR", pieces=(piece,), **told)
        if isinstance(box.do(act, pad=[piece]), Done):
            box.do(MoveOrder(order=order, event=OrderEvent.ISSUE, why="slip 1"), pad=[piece])

    def about_a_memo(self, box, order):
        if self.rng.random() < 0.5:
            box.do(TakeMemoBack(order=order.order, pieces=order.out), pad=self.lying_at(box, order.out))
        else:
            self.at_the_till(box, AddOrder, order=order.order)

    # --- words --------------------------------------------------------------------------------------------------

    def words_of(self, store):
        """What the box of a store keeps of remarks: a file of its own, which outlives its books."""
        if store not in self.remarks:
            self.remarks[store] = in_memory(store)
            if self.forgotten:
                self.remarks[store].forget([FORGETFUL])
        return self.remarks[store]

    def erase(self):
        self.stat("clients forgotten")
        self.forgotten = True
        for kept in self.remarks.values():
            kept.forget([FORGETFUL])

    # --- what the bystander notes -------------------------------------------------------------------------------

    def witness(self, box, fact, place):
        match fact:
            case OrderItemTaken():
                self.stat("things taken in")
                self.things[fact.item.item] = fact.order
            case OrderItemGiven():
                self.stat("things given back")
                self.given.add(fact.item)
            case SaleLineAdded():
                self.never_sold([fact.line], place)
            case SaleRecorded():
                self.never_sold(fact.lines, place)
            case ClaimHeld(kind=ClaimKind.MEMO):
                self.stat("pieces lent")
                self.world.promised[fact.piece] = (fact.ref, fact.claim, place)
        super().witness(box, fact, place)

    def never_sold(self, lines, place):
        for line in lines:
            if line.piece in self.things:
                raise ViolationError(f"T1 {line.piece}, a client's thing, was in a cart at {place}")

    # --- at rest --------------------------------------------------------------------------------------------------

    def judge(self):
        super().judge()
        self.judge_things()
        self.judge_words()

    def judge_things(self):
        with self.head.office.reading() as tx:
            rows = tx.rows(sa.select(tables.client_order.c.order_id, tables.client_order.c.store))
        homes = {row["order_id"]: row["store"] for row in rows}
        for thing, name in self.things.items():
            at = [
                store
                for store, box in self.main.items()
                if (token := box.token(thing)) is not None and token.state in (TokenState.HERE, TokenState.INCOMING)
            ]
            order = fold_orders.load(self.main[homes[name]].books.db, name) if name in homes else None
            kept = order.item(thing) if order is not None else None
            wanted = [homes[name]] if kept is not None and not kept.given_us else []
            if at != wanted:
                raise ViolationError(f"T2 {thing} of {name} is looked for at {at}, and should be at {wanted}")

    def judge_words(self):
        for store, box in self.main.items():
            for row in box.books.db.dump("journal"):
                if any(WORD.encode() in bytes(part) for part in row if isinstance(part, bytes)):
                    raise ViolationError(f"T3 {store} wrote of a client in clear")
            for order in fold_orders.load_some(box.books.db, "client_orders_of", client=FORGETFUL, limit=1_000):
                words = self.words_of(store).open(order.title)
                if self.forgotten and WORD in words:
                    raise ViolationError(f"T4 {store} opens what was written of {FORGETFUL}: {words}")
                if self.forgotten and order.home == 0 and words != FORGOTTEN:
                    raise ViolationError(f"T4 {store} says {words!r} in the place of what was written of {FORGETFUL}")


class SealedBox:
    """Mixed into a driver's `Box`: what is written of clients is sealed, as a store's own box does it."""

    def start(self):
        super().start()
        self.desk = Desk(self.books, remarks=self.sim.words_of(self.store))


def bring(driver):
    """This driver module with orders, repairs and memos. Returns it."""
    box = type("SealedBox", (SealedBox, driver.Sim.Box), {})
    driver.Sim = type("Sim", (Keepings, driver.Sim), {"Box": box})
    return driver
