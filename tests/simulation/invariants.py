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
"""Cases that no history may open, but about what `nobody_could_know`."""


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
        for place in self.lost - known:
            excused |= self.about[place]
        for piece in self.pieces:
            self.judge_piece(piece, excused=piece in excused)
        for key, payment in world.payments.items():
            if payment.state is PaymentState.AUTHORISED:
                raise ViolationError(f"Q5 {key} is still authorised")

    def judge_books(self):
        head = self.head
        for kind, piece, sentence, is_open in head.cases():
            if kind in NEVER and not self.nobody_could_know(kind, piece, sentence, is_open=is_open):
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

    def nobody_could_know(self, kind, piece, sentence, *, is_open):
        """Whether what a case says twice was once in a row that burnt with every copy (custody.md §12).

        A copy on its way when its disk was lost comes in after the piece was sold again, or its refund paid again.
        Nothing excuses that one row is posted twice.
        """
        match kind:
            case "refunded twice":
                return not set(self.world.refund_gone.values()).isdisjoint(sentence.replace(",", " ").split())
            case "order paid twice":
                # or the other sale was refunded before the order, and a restored office heard of it after
                return piece in self.world.sale_gone or not is_open
        return False

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
        elif held or row["state"] in ("here", "incoming"):  # what no store holds is with a client, on its way or lost
            raise ViolationError(f"Q3 {piece}: {books}")
        sale = self.world.open.get(piece)
        # nobody could know: the books have the sale whose refund burnt, or a copy brought a burnt sale back
        elder = (self.world.sale_gone.get(piece), self.world.refund_gone.get(piece))
        excused = excused or (not sale and row["state"] == "sold" and row["sale"] in elder)
        if not excused and (bool(sale) != (row["state"] == "sold") or (sale and row["sale"] != sale)):
            raise ViolationError(f"Q4 {piece} is sold in truth in {sale}; {books}")
        loc = self.world.loc[piece]
        claimed = loc in STORES and self.main[loc].claim(piece)
        if not excused and not sale and loc in STORES and row["holder"] != loc and not claimed:
            raise ViolationError(f"Q8 {piece} lies at {loc}; {books}")
