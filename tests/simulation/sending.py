"""Orders that wait for a box of an older version, in histories by seed: a person of the office sends them on, to a third store
or back, while lines are cut, the power goes, boxes are updated and found again.

A box is of an older version as long as its messages say so. At rest all are updated. What is asked of orders is asked of these
too: each is decided by one store, the one the office names, which has its money; what it keeps lies where it lay. Besides:
nobody is told to take over what another was told to take over under the same count, and why it was sent on is written
nowhere in clear.
"""

import msgspec
import sqlalchemy as sa

from cloud import tables
from cloud.pos.client_orders import sending
from contract.commands import TakeOrder, decode_command
from contract.facts import OrderHanded
from contract.messages import decode_up, encode
from edge.books import fold_orders

from .clientele import ADA, Clientele, ring
from .keepings import WORD
from .world import STORES, ViolationError

OLDER = 3
"""The contract of a box that cannot take an order over."""
SENT_EVERY_S = 3
GROWS_OLD, UPDATED = 0.8, 40


class Sending(Clientele):
    """Mixed into a driver's `Sim`, above clients and their orders."""

    def __init__(self, *given, **more):
        self.older = set()
        super().__init__(*given, **more)

    def lay_out(self, **more):
        super().lay_out(**more)
        for n in range(int(self.span / SENT_EVERY_S)):
            self.at(n * SENT_EVERY_S + self.rng.random(), self.send_on)

    def send(self, box, what, *args):
        """What a box says of itself; its version is in every message."""
        if what == self.head.on_up and box.store in self.older and not self.resting:
            args = (encode(msgspec.structs.replace(decode_up(args[0]), contract_max=OLDER)), *args[1:])
        super().send(box, what, *args)

    def witness(self, box, fact, place):
        super().witness(box, fact, place)
        if isinstance(fact, OrderHanded) and self.rng.random() < GROWS_OLD:
            self.older.add(fact.to)  # it said so a moment ago, and the giver had not heard yet
            self.main[fact.to].pump()
            self.after(self.rng.expovariate(1 / UPDATED), self.older.discard, fact.to)

    def send_on(self):
        """Somebody at the office finds an order that waits, or only thinks so, and names another home."""

        def act(work):
            known = work.tx.rows(sa.select(tables.order_way).order_by(tables.order_way.c.order_id))
            if not known:
                return None
            way = self.rng.choice(known)
            to = self.rng.choice([each for each in STORES if each != way["store"]])
            sending.send_on(work, ring(), way["order_id"], to, by=ADA, why=f"{WORD} moved house")
            return to

        try:
            if self.office_does(act):
                self.stat("orders sent on")
        except sending.StaysError:
            self.stat("orders that stay")

    # --- at rest ------------------------------------------------------------------------------------------------

    def judge(self):
        super().judge()
        with self.head.office.reading() as tx:
            self.judge_told(tx)
            for row in tx.rows(sa.select(tables.client_order.c.order_id, tables.client_order.c.body)):
                if WORD.encode() in bytes(row["body"]):
                    raise ViolationError(f"S2 the office wrote in clear why {row['order_id']} was sent on")
        for store, box in self.main.items():
            for name in self.opened:
                order = fold_orders.load(box.books.db, name)
                if order is not None and any(WORD in step.why for step in order.steps):
                    raise ViolationError(f"S2 {store} keeps in clear why {name} was sent on")

    def judge_told(self, tx):
        """Of one life: a later one may name again what a lost one had named."""
        homes = {}
        for row in tx.rows(sa.select(tables.down_log)):
            told = decode_command(bytes(row["body"])).command
            if isinstance(told, TakeOrder):
                mine = homes.setdefault((row["cloud_epoch"], told.order, told.home), row["store"])
                if mine != row["store"]:
                    raise ViolationError(f"S1 both {mine} and {row['store']} were told to take {told.order} over")


def bring(driver):
    """This driver module, which has clients already, with orders that are sent on. Returns it."""
    driver.Sim = type("Sim", (Sending, *driver.Sim.__bases__[1:]), {"Box": driver.Sim.Box, "Head": driver.Sim.Head})
    return driver
