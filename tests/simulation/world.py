"""What a bystander of the simulated house sees: where each piece lies, which receipts and captured payments exist."""

import msgspec

from cloud.provider import Payment, PaymentState

PRICE = 10_000
TILLS = ("till-1", "till-2")
LEASE_WAIT_US = 15_000_000
STORES = ("ayr", "bern", "web")
"""Two stores and a web stockroom; the last is an edge without readers, where seeing is a person's scan."""


class ViolationError(Exception):
    """An invariant of custody.md §6 does not hold."""


class World:
    """What a bystander sees."""

    def __init__(self, sim):
        self.sim = sim
        self.loc = {}
        self.open = {}
        self.written = {}
        """Piece → the row that says it is sold, while it is."""
        self.taken = {}
        """Piece → its sale when a client last had it."""
        self.sale_gone = {}
        """Piece → its sale that went with every copy that we could see, and no client had the piece; a copy still
        on its way may bring the sale back, and then it may be refunded once."""
        self.refund_gone = {}
        """Piece → the sale whose refund went with every copy: it is refunded once more, and the copy may come then."""
        self.refunded = {}
        """(piece, sale) → the row that says so."""
        self.promised = {}
        self.left = {}
        self.sales = 0
        self.payments = {}
        self.order_piece = {}

    def sell(self, piece, sale, where):
        if self.open.get(piece):
            raise ViolationError(f"I1 sold twice: {piece} in {self.open[piece]} and in {sale} at {where}")
        promise = self.promised.get(piece)
        if promise and promise[0] != sale:
            raise ViolationError(f"I7 {piece} was promised in {promise} and sold as {sale}")
        self.open[piece] = sale
        self.written.pop(piece, None)
        self.sales += 1

    def unsell(self, piece, sale, place):
        if (piece, sale) in self.refunded:
            raise ViolationError(f"I8 refunded twice: {piece} of {sale}")
        gone = (self.sale_gone.get(piece), self.refund_gone.get(piece))
        if sale not in ((self.open[piece],) if piece in self.open else gone):
            raise ViolationError(f"I8 refund of {piece} in {sale}, but it is sold in {self.open.get(piece)}")
        self.refunded[piece, sale] = place
        self.open.pop(piece, None)

    def move(self, piece, to):
        self.left[piece, self.loc[piece]] = self.sim.t
        if to == "client":
            self.taken[piece] = self.open.get(piece)
        self.loc[piece] = to

    # the payment provider: idempotent by key, never down, money moves exactly here
    def authorise(self, key, amount_minor, currency):
        self.payments.setdefault(key, Payment(key=key, state=PaymentState.AUTHORISED, amount_minor=amount_minor))
        return self.payments[key].state

    def capture(self, key):
        payment = self.payments.get(key)
        if payment is None:
            return PaymentState.ABSENT
        if payment.state is PaymentState.AUTHORISED:
            self.payments[key] = msgspec.structs.replace(payment, state=PaymentState.CAPTURED)
            order = key.partition(":")[0]
            self.sell(self.order_piece[order], order, "the web")
        return self.payments[key].state

    def void(self, key):
        payment = self.payments.get(key, Payment(key=key, state=PaymentState.AUTHORISED))
        if payment.state is PaymentState.AUTHORISED:
            self.payments[key] = msgspec.structs.replace(payment, state=PaymentState.VOIDED)
        return self.payments[key].state

    def all_payments(self):
        return dict(self.payments)


class Psp:
    """The provider's face of the world."""

    def __init__(self, world):
        self.authorise, self.capture, self.void = world.authorise, world.capture, world.void
        self.payments = world.all_payments
