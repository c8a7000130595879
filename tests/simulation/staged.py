"""Histories written by hand: the driver's house, with a story in the place of chance.

The line delivers at once and in order, and nothing fails but what the story lets fail. When it is told, the house comes
to rest and the same invariants judge it. So is staged what seeds find too seldom, over the model and the real house.
"""

from contract.facts import Tender, TenderKind
from edge.till.desk import Done
from trade.acts import AddPiece, CloseShift, OpenSale, RecordSale, Ship, Sight
from trade.guards import ALL

from .nodes import CrashError
from .world import PRICE, STORES, TILLS, ViolationError

ROUNDS = 6
"""How often everybody speaks until all is heard: a rejoin takes a few."""
CASH = (Tender(kind=TenderKind.CASH, amount_minor=PRICE),)


class Stage:
    """Mixed into a driver's `Sim`: one piece, p0, which lies at ayr."""

    def __init__(self, guards=ALL, *, quiet=False):
        """`quiet`: everybody in this story was right, so at rest no person may be asked anything."""
        self.quiet, self.telling, self.line, self.dies_when = quiet, False, [], None
        super().__init__(0, guards)
        self.telling, self.loss, self.crash_rate = True, 0, 0.0
        self.queue.clear()
        self.back_up()

    def stock(self):
        return ["p0"]

    def homes(self):
        return {"p0": "ayr"}

    def lay_out(self, **more):
        """Nothing: the story is told by hand."""

    # --- the line, and power ----------------------------------------------------------------------------------

    def send(self, box, what, *args):
        if not self.telling:
            super().send(box, what, *args)
        elif not box.cut:
            self.line.append((what, args))

    def at(self, t, what, *args):
        if not self.telling:
            super().at(t, what, *args)

    def lucky(self, rate):
        """Power fails once, when the story says so."""
        if self.dies_when is None or not self.dies_when():
            return False
        self.dies_when = None
        return True

    def fall(self, node):
        node.stop()
        node.start()

    def try_to(self, what, *args):
        """A step of somebody; a power cut in it is over at once."""
        self.t += 1
        try:
            what(*args)
        except CrashError as crash:
            self.fall(crash.node)
        self.look()

    def look(self):
        changed = [box.observe() for box in self.boxes() if box.up]
        if any(changed):
            self.one_authority()

    def boxes(self):
        return [*self.main.values(), *self.ghosts]

    def talk(self, box):
        """The box speaks, and hears what is answered."""
        self.try_to(box.pump)
        while self.line:
            what, args = self.line.pop(0)
            self.try_to(what, *args)

    def settle(self):
        """Everybody who has a line speaks until all is heard."""
        for _ in range(ROUNDS):
            for box in self.boxes():
                self.talk(box)

    # --- people -----------------------------------------------------------------------------------------------

    def carry(self, to):
        self.world.move("p0", to)

    def read(self, store):
        self.main[store].do(Sight(pieces=("p0",), zone="case"))
        self.look()

    def sell(self, box):
        """The sale, or None when it is refused; the piece goes with the client."""
        sale = self.new_id()
        if not box.has_shift(TILLS[0]):
            self.open_shifts(box)
        box.do(Sight(pieces=("p0",), zone="pad"))
        box.do(OpenSale(sale=sale, till=TILLS[0], currency="EUR"))
        box.do(AddPiece(sale=sale, piece="p0"), pad=["p0"])
        done = box.do(RecordSale(sale=sale, tenders=CASH), pad=["p0"])
        self.look()
        if not isinstance(done, Done):
            return None
        self.carry("client")
        return sale

    def ship(self, box, to):
        done = box.do(Ship(transfer=self.new_id(), to=to, pieces=("p0",)), pad=["p0"])
        assert isinstance(done, Done), done
        self.look()
        self.talk(box)
        self.carry(to)

    def close_shift(self, box):
        done = box.do(CloseShift(till=TILLS[0], cash_counted_minor=0, note="by hand"))
        assert isinstance(done, Done), done
        self.look()

    # --- bad luck ---------------------------------------------------------------------------------------------

    def lose_box(self, store):
        """The machine that is called lost; another stands in its place and waits for a person's word."""
        old = self.main[store]
        old.stop()
        old.gone = True
        self.main[store] = self.Box(self, store, f"m{self.new_id()}")
        self.main[store].start()
        return old

    def find(self, old):
        """It stood in a cupboard. Its tills know that another box serves its store."""
        old.gone, old.ghost, old.cut = False, True, False
        old.start()
        old.hear_of_term(self.main[old.store].term)
        self.ghosts.append(old)

    def start_again(self, box):
        """Its disk comes back from a backup that was taken just now, by the book."""
        box.stop()
        box.start()
        box.must_rejoin("restored from a backup")

    def restore_office(self):
        self.head.stop()
        self.head.image = self.head.backup
        self.head.start()
        self.head.recover()

    # --- the end ----------------------------------------------------------------------------------------------

    def end(self):
        """An ordinary hour, and the verdict."""
        self.telling, self.span = False, self.t
        self.rest()
        for store in STORES:
            self.after(1, self.pumper, store)
            self.after(2, self.floor, store)
        self.after(3, self.stepper)
        self.after(10, self.human)
        self.run()

    def judge(self):
        super().judge()
        if self.quiet and (told := [sentence for _, _, sentence, is_open in self.head.cases() if is_open]):
            raise ViolationError(f"Q10 everybody was right, and a person is asked: {told}")


def stage(driver):
    """Tells stories over this driver: `tell(story, guards, quiet=…)` gives the violation, or None."""
    staged = type("Staged", (Stage, driver.Sim), {})

    def tell(story, guards=ALL, **more):
        try:
            sim = staged(guards, **more)
            story(sim)
            sim.end()
        except ViolationError as violation:
            return str(violation)
        return None

    return tell
