"""Web orders of the model (custody.md §4)."""

from cloud.pos.orders.desk import OrderRefused
from cloud.provider import MONEY_MOVED, PaymentState, payment_key
from contract.commands import (
    ConvertLease,
    ReleaseLease,
    RequestLease,
)
from trade.custody import OfficeState
from trade.lease import ORDER, OrderState

from .model_books import CLOUD, Order
from .world import PRICE


class Orders:
    """Web orders: money moves at the provider between two transactions; mixed into `ModelHead`."""

    def place(self, order, wanted, *, mono_us, now_us):
        del now_us
        token = self.b.tokens[wanted]
        if token.holder == CLOUD or token.state is not OfficeState.HERE or self.b.recovering:
            return OrderRefused(code="not_available", why="")
        key = payment_key(order, token.holder, wanted)
        self.transaction(
            lambda: self.b.orders.setdefault(order, Order(order, OrderState.AUTHORISED, wanted, token.holder, key))
        )
        self.deadline[order] = mono_us + self.lease_wait_us
        self.sim.world.authorise(key, PRICE, "EUR")

        def ask():
            mine = self.b.orders[order]
            if mine.state is OrderState.AUTHORISED:
                self.b.orders[order] = mine._replace(state=OrderState.LEASING)
                self.command(mine.store, RequestLease(piece=wanted, order=order))

        self.transaction(ask)
        return self.b.orders[order]

    def unfinished(self, store=None):
        return [
            order
            for order in self.b.orders.values()
            if order.state not in ORDER.ends and (store is None or order.store == store)
        ]

    def advance(self, mono_us):
        for order in self.unfinished():
            over = mono_us >= self.deadline.setdefault(order.order, mono_us + self.lease_wait_us)
            capturable = order.state is OrderState.LEASED or (
                order.state is OrderState.LEASING and not self.guards.capture_after_grant
            )
            if capturable and (self.b.nodes[order.store].joined):
                self.capture(order)
            elif order.state is OrderState.CAPTURING or order.why or over:
                self.end(order)

    def capture(self, order):
        if self.guards.capture_intent:
            self.transaction(lambda: self.put_order(order.order, OrderState.CAPTURING))
        if self.sim.world.capture(order.key) in MONEY_MOVED:
            self.crashpoint()
            self.transaction(lambda: self.paid(order.order))
        else:
            self.end(order)

    def end(self, order):
        """Void first: only a key that can never be captured frees the piece. A doubt ends by asking."""
        answer = PaymentState.VOIDED
        if self.guards.void_before_release or order.state is OrderState.CAPTURING:
            answer = self.sim.world.void(order.key)
            self.crashpoint()
        if answer in MONEY_MOVED:
            self.transaction(lambda: self.paid(order.order))
        else:
            self.transaction(lambda: self.closed(order.order))

    def end_store(self, store):
        for order in self.unfinished(store):
            self.end(order)

    def put_order(self, order, state, **more):
        self.b.orders[order] = self.b.orders[order]._replace(state=state, **more)

    def closed(self, order):
        mine = self.b.orders[order]
        if mine.state in ORDER.ends:
            return
        self.put_order(order, OrderState.CLOSED)
        if mine.fence:
            self.command(mine.store, ReleaseLease(piece=mine.piece, ce=mine.ce, fence=mine.fence, order=order))

    def paid(self, order):
        b, mine = self.b, self.b.orders[order]
        if mine.state is OrderState.PAID:
            return
        self.put_order(order, OrderState.PAID, why="")
        other = b.sold.setdefault(mine.piece, (CLOUD, order))
        if other != (CLOUD, order):
            self.open_case("order paid twice", order, store=mine.store, piece=mine.piece, ref=order)
        token = b.tokens.get(mine.piece)
        if token.holder == CLOUD or (token.holder == mine.store and mine.ce in (0, token.ce)):
            self.set(token._replace(state=OfficeState.SOLD, sale=order))
        if mine.fence:
            self.command(mine.store, ConvertLease(piece=mine.piece, ce=mine.ce, fence=mine.fence, order=order))
