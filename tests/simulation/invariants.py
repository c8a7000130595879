"""The invariants of custody.md §6, asked of a history at each change and when everything is at rest."""

import sqlalchemy as sa

from cloud import tables
from cloud.provider import PaymentState
from cloud.work import QUARANTINED
from contract.facts import ClaimKind
from edge.books.replay import differences
from edge.till import queries
from trade.custody import TokenState

from .world import STORES, ViolationError


class Invariants:
    """The part of a history that judges it; each raises `ViolationError`, which names what broke."""

    def one_authority(self):
        serving = [box for box in [*self.main.values(), *self.ghosts] if box.serving]
        for piece in self.pieces:
            able = [
                box.name
                for box in serving
                if (token := queries.token(box.books.db, piece)) is not None and token.state is TokenState.HERE
            ]
            if len(able) > 1:
                raise ViolationError(f"I2 {piece} could be sold by {able}")

    def judge(self):
        world = self.world
        for store, box in self.main.items():
            if not box.serving:
                raise ViolationError(f"Q0 {store} is not active: {box.books.node() if box.up else 'down'}")
            if apart := differences(box.books):
                raise ViolationError(f"Q2 {store}: {apart} are not the fold of the journal")
        known = self.cloud_rows()
        for place in self.recorded:
            if place not in known and place not in self.lost:
                raise ViolationError(f"Q1 lost {place[:4]}")
        with self.head.office.reading() as tx:
            self.judge_books(tx)
            cases = tx.rows(sa.select(tables.case_file).where(tables.case_file.c.closed_us.is_(None)))
            lines = tx.rows(sa.select(tables.sale_line))
        # a person was told: of the piece, or of the sale it stands in
        told = {(case["store"], case["ref"]) for case in cases if case["kind"] == QUARANTINED}
        excused = {case["piece"] for case in cases if case["piece"]} | set(self.world.gone)
        excused |= {line["piece"] for line in lines if (line["store"], line["sale"]) in told}
        for place in self.lost - known:
            excused |= self.about[place]
        for piece in self.pieces:
            self.judge_piece(piece, excused=piece in excused)
        for key, payment in world.payments.items():
            if payment.state is PaymentState.AUTHORISED:
                raise ViolationError(f"Q5 {key} is still authorised")

    def judge_books(self, tx):
        for case in tx.rows(sa.select(tables.case_file)):
            if case["kind"] in ("double post", "refunded twice", "order paid twice"):
                raise ViolationError(f"Q6 {case['kind']}: {case['sentence']}")
        for order in tx.rows(sa.select(tables.web_order)):
            payment = self.world.payments.get(order["payment_key"])
            paid = payment is not None and payment.state is PaymentState.CAPTURED
            if order["state"] not in ("paid", "closed") or (order["state"] == "paid") != paid:
                raise ViolationError(f"Q5 order {order['order_id']} is {order['state']}, the provider says {payment}")
        if tx.value(sa.select(sa.func.count()).select_from(tables.parked).where(tables.parked.c.applied_us.is_(None))):
            raise ViolationError("Q7 rows are parked")
        if tx.value(sa.select(sa.func.sum(tables.ledger_line.c.amount_minor))) not in (None, 0):
            raise ViolationError("ledger: debits and credits differ")

    def judge_piece(self, piece, *, excused):
        with self.head.office.reading() as tx:
            row = tx.row(sa.select(tables.custody).where(tables.custody.c.piece == piece))
        held = []
        for box in self.main.values():
            token = queries.token(box.books.db, piece)
            if token is not None and token.held:
                held.append((box.store, token.ce, str(token.state), token.sale))
            claim = queries.live_claim(box.books.db, piece)
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
        claimed = loc in STORES and queries.live_claim(self.main[loc].books.db, piece)
        if not excused and not sale and loc in STORES and row["holder"] != loc and not claimed:
            raise ViolationError(f"Q8 {piece} lies at {loc}; {books}")
