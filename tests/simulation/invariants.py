"""The invariants of custody.md §6, asked of a history at each change and when everything is at rest.

Beside them the house's own: the ledger balances posting by posting and currency by currency, receipts and Zs of each
till have no gap, and the audit heads of a box and the office are equal.
"""

from cloud.provider import PaymentState
from cloud.work import QUARANTINED
from contract.facts import ClaimKind
from trade.custody import TokenState

from .world import STORES, ViolationError

NEVER = ("double post", "refunded twice", "order paid twice")
"""Cases that no history may open, but about a sale or refund that nobody could know of any more: a copy of its row that
was on its way when its disk was lost comes in after the piece was sold again, and a person is told."""


class Invariants:
    """The part of a history that judges it; each raises `ViolationError`, which names what broke."""

    def one_authority(self):
        serving = [box for box in [*self.main.values(), *self.ghosts] if box.serving]
        for piece in self.pieces:
            able = [
                box.name
                for box in serving
                if (token := box.token(piece)) is not None and token.state is TokenState.HERE
            ]
            if len(able) > 1:
                raise ViolationError(f"I2 {piece} could be sold by {able}")

    def judge(self):
        world, head = self.world, self.head
        for store, box in self.main.items():
            if not box.serving:
                raise ViolationError(f"Q0 {store} is not active: {box.told() if box.up else 'down'}")
            if apart := box.differences():
                raise ViolationError(f"Q2 {store}: {apart} are not the fold of the journal")
        known = head.rows()
        for place in self.recorded:
            if place not in known and place not in self.lost:
                raise ViolationError(f"Q1 lost {place[:4]}")
        self.judge_books()
        cases = head.cases()
        # a person was told: of the piece, or of the sale it stands in
        excused = {piece for kind, piece, _, is_open in cases if piece and (is_open or kind == QUARANTINED)}
        excused |= set(world.gone)
        for place in self.lost - known:
            excused |= self.about[place]
        for piece in self.pieces:
            self.judge_piece(piece, excused=piece in excused)
        for key, payment in world.payments.items():
            if payment.state is PaymentState.AUTHORISED:
                raise ViolationError(f"Q5 {key} is still authorised")

    def judge_books(self):
        head = self.head
        gone = self.world.gone
        for kind, piece, sentence, _ in head.cases():
            counted = piece in gone or not set(gone.values()).isdisjoint(sentence.replace(",", " ").split())
            if kind in NEVER and not counted:
                raise ViolationError(f"Q6 {kind}: {sentence}")
        for order, state, key in head.web_orders():
            payment = self.world.payments.get(key)
            paid = payment is not None and payment.state is PaymentState.CAPTURED
            if state not in ("paid", "closed") or (state == "paid") != paid:
                raise ViolationError(f"Q5 order {order} is {state}, the provider says {payment}")
        if head.parked():
            raise ViolationError("Q7 rows are parked")
        if wrong := head.unbalanced():
            raise ViolationError(f"Q9 {wrong}")
        for box in self.main.values():
            if where := box.apart():
                raise ViolationError(f"Q9 the audit heads of {box.name} and the office part in {where}")

    def judge_piece(self, piece, *, excused):
        row = self.head.custody(piece)
        held = []
        for box in self.main.values():
            token = box.token(piece)
            if token is not None and token.held:
                held.append((box.store, token.ce, str(token.state), token.sale))
            claim = box.claim(piece)
            if claim is not None and claim.kind is ClaimKind.LEASE:
                raise ViolationError(f"Q5 {box.store} still keeps {piece} for order {claim.ref}")
        books = f"books {row['holder']} {row['ce']} {row['state']} {row['sale']}, edges {held}"
        if row["holder"]:
            if [(store, ce) for store, ce, _, _ in held] != [(row["holder"], row["ce"])]:
                raise ViolationError(f"Q3 {piece}: {books}")
            if (held[0][2] == "sold") != (row["state"] == "sold"):
                raise ViolationError(f"Q3 {piece}: {books}")
        elif held:
            raise ViolationError(f"Q3 {piece}: {books}")
        sale = self.world.open.get(piece)
        if not excused and (bool(sale) != (row["state"] == "sold") or (sale and row["sale"] != sale)):
            raise ViolationError(f"Q4 {piece} is sold in truth in {sale}; {books}")
        loc = self.world.loc[piece]
        claimed = loc in STORES and self.main[loc].claim(piece)
        if not excused and not sale and loc in STORES and row["holder"] != loc and not claimed:
            raise ViolationError(f"Q8 {piece} lies at {loc}; {books}")
