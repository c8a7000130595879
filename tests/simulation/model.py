"""The driver over the model: the same people, faults and invariants, over the protocol's tables without a database.

Many histories in the time of one of the real house, so it finds what is wrong with the protocol itself. A seed's
history is another one here: the model has no floor stream, and crashes at fewer places.
"""

from .model_box import ModelBox
from .model_disk import Back, Obeyed, Rejoined, Sold
from .model_faults import HeavyFaults
from .model_head import ModelHead
from .world import LEASE_WAIT_US


def bring(driver):
    """This driver module over the model. Returns it."""

    class Sim(HeavyFaults, driver.Sim):
        Box, Head = ModelBox, ModelHead
        CrashError = driver.CrashError
        lease_wait_us = LEASE_WAIT_US

        def __init__(self, *given, parks=False, heavy=False, **more):
            self.leaf, self.old, self.heavy = 0, False, heavy
            self.asking = set()
            super().__init__(*given, **more)
            if heavy:
                self.go_wrong()
            if parks:
                self.at(self.rng.random() * self.span / 2, self.fault_old_office)

        def witness(self, box, fact, place):
            match fact:
                case Sold():
                    self.trace.append((round(self.t, 1), box.name, fact))
                    self.has_sold(box, fact.sale, (fact.piece,), place)
                case Back():
                    self.trace.append((round(self.t, 1), box.name, fact))
                    self.world.unsell(fact.piece, fact.sale, place)
                case Obeyed():
                    self.trace.append((round(self.t, 1), box.name, fact.command))
                    self.has_heard(box, fact.command)
                case Rejoined():
                    self.trace.append((round(self.t, 1), box.name, fact))
                    self.has_rejoined(box)
                case _:
                    super().witness(box, fact, place)

        def understood(self, facts):
            """Whether the office's version knows these facts."""
            return not (self.old and any(isinstance(fact, Sold | Back) for fact in facts))

        def fault_old_office(self):
            """Stores were upgraded before the office: for a while it understands neither sales nor refunds."""
            self.stat("old offices")
            self.old = True
            self.after(self.rng.choice([5, 20]), self.upgrade)

        def upgrade(self):
            self.old = False
            if self.head.up:
                self.head.unpark()
            else:
                self.after(1, self.upgrade)

    driver.Sim = Sim
    return driver
