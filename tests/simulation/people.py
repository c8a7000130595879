"""What goes on in the simulated house: shelves, carts, layaways, web orders, deliveries, returns."""

from cloud.pos.orders.desk import OrderRefused
from contract.facts import ClaimKind, Tender, TenderKind
from edge.till.desk import Done
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

from .nodes import CrashError
from .world import PRICE, STORES, TILLS

FLOOR_RESTS_S = 45
"""Seconds after the last act: nothing is read any more, so that the last rows can arrive."""


class People:
    """The part of a history that is an ordinary day; the rest of it is in `driver`."""

    def open_shifts(self, box):
        for till in TILLS:
            box.do(OpenShift(shift=self.new_id(), till=till, business_day="2026-11-29", float_minor=0, currency="EUR"))

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
            token = box.token(piece)
            if token and token.state is TokenState.SOLD and not box.held_for(piece):
                self.world.move(piece, "client")
                continue
            box.do(Sight(pieces=(piece,), zone="case"))
            held_for = box.held_for(piece)
            if held_for is not None:
                self.give_back(box, piece, held_for)
        if box.serving and not box.has_shift(TILLS[0]):
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
                    self.come_back_with(piece, sale, self.main[home])
        elif dice < 0.96:
            till = rng.choice(TILLS)
            box.do(CloseShift(till=till, cash_counted_minor=0, note="counted by somebody in a hurry"))
            box.do(OpenShift(shift=self.new_id(), till=till, business_day="2026-11-29", float_minor=0, currency="EUR"))
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
        pieces = box.in_cart(sale)
        if not pieces:
            return
        (piece,) = pieces
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

    def come_back_with(self, piece, sale, box):
        """A client, receipt in hand; the power may go before it is written, and nobody leaves a piece for nothing."""
        self.world.loc[piece] = box.store
        try:
            self.give_back(box, piece, sale)
        except CrashError:
            if not box.observe():
                self.world.move(piece, "client")
            raise

    def give_back(self, box, piece, sale):
        tenders = (Tender(kind=TenderKind.CASH, amount_minor=PRICE),)
        box.do(ReturnPieces(sale=sale, pieces=(piece,), till=TILLS[0], tenders=tenders, reason="x"), pad=[piece])
