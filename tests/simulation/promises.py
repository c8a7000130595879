"""Clients' orders in histories by seed: laid away, paid on, collected, given up, their money given back, at any store.

The bystander notes each amount that went into an order's account and out of it, with the row that says so. At rest the
office owes for each order what was paid on it less what it was collected with, given back, and kept as a fee or credit;
what an order keeps is sold to nobody else; and an order that is over keeps nothing.
"""

from collections import defaultdict

import sqlalchemy as sa

from cloud import tables
from contract.commands import TakeOrder, decode_command
from contract.facts import (
    ClaimHeld,
    ClaimKind,
    CommandHeard,
    LineKind,
    OrderEvent,
    OrderHanded,
    OrderKind,
    OrderOpened,
    OrderSettled,
    SaleRecorded,
    Tender,
    TenderKind,
)
from edge.books import fold_orders
from edge.books.fold_value import load_asks, load_slice
from edge.till import queries
from edge.till.desk import Done
from trade.acts import (
    AddOrder,
    EndOrder,
    GiveDepositBack,
    HandOrder,
    MoveOrder,
    OpenOrder,
    OpenSale,
    RecordSale,
    Sight,
    TakeDeposit,
)
from trade.orders.numbers import account_of

from .world import PRICE, STORES, TILLS, ViolationError

CLIENT = "c-1"
VISITS = 40
FEE_MINOR = 500
OVERSPENT = "value overspent"
"""The office's case of money that a store gave back again."""


class Promises:
    """Mixed into a driver's `Sim`."""

    def __init__(self, *given, **more):
        self.paid = defaultdict(dict)
        """Account → {row: what it put in, below nothing: took out}."""
        self.opened = {}
        """Order → the store that keeps it."""
        self.laid = set()
        """Those that are layaways."""
        super().__init__(*given, **more)

    def lay_out(self, **more):
        super().lay_out(**more)
        for _ in range(VISITS):
            self.at(self.rng.random() * self.span, self.visit)

    def visit(self):
        """Somebody comes about a piece, or about an order of theirs."""
        if self.resting:
            return
        box, dice = self.main[self.rng.choice(STORES)], self.rng.random()
        mine = [order for order, store in self.opened.items() if store == box.store and order in self.laid]
        if not box.serving or not box.has_shift(TILLS[0]):
            return
        if not mine or dice < 0.2:
            self.lay_away(box, self.rng.choice(self.pieces))
            return
        known = [order for name in mine if (order := fold_orders.load(box.books.db, name)) is not None]
        known = [order for order in known if not order.away]
        open_ones = [order for order in known if not order.ended]
        if not known:
            return  # this disk is older than they are
        order = self.rng.choice(open_ones if open_ones and dice < 0.9 else known)
        if order.ended:
            self.at_the_till(box, GiveDepositBack, account=order.account)
        elif dice < 0.55:
            self.at_the_till(box, TakeDeposit, account=order.account, amount_minor=PRICE // 4, what=order.number)
        elif dice < 0.7:
            if self.lying_at(box, order.pieces) == list(order.pieces):  # nobody pays for what is not handed to them
                self.at_the_till(box, AddOrder, order=order.order)
        elif dice < 0.78:
            to = self.rng.choice([each for each in STORES if each != box.store])
            box.do(HandOrder(order=order.order, to=to, transfer=self.new_id()), pad=self.lying_at(box, order.pieces))
        else:
            credit, fee = self.rng.random() < 0.5, self.rng.choice([0, FEE_MINOR])
            box.do(EndOrder(order=order.order, event=OrderEvent.CANCEL, why="x", credit=credit, fee_minor=fee))

    def lay_away(self, box, piece):
        if self.world.loc[piece] != box.store:
            return
        box.do(Sight(pieces=(piece,), zone="pad"))
        order = f"O{self.new_id()}"
        told = {"client": CLIENT, "title": "x", "currency": "EUR", "promised_day": "2027-01-01"}
        act = OpenOrder(order=order, kind=OrderKind.LAYAWAY, pieces=(piece,), **told)
        if isinstance(box.do(act), Done):
            box.do(MoveOrder(order=order, event=OrderEvent.RESERVE))

    def lying_at(self, box, pieces):
        """Of these, what can be laid on its pad."""
        return [piece for piece in pieces if self.world.loc[piece] == box.store]

    def at_the_till(self, box, act, **told):
        """A visit of its own: in, paid, out; or the power goes in between."""
        sale = self.new_id()
        box.do(OpenSale(sale=sale, till=TILLS[0], currency="EUR"))
        if not isinstance(box.do(act(sale=sale, **told)), Done):
            return
        lines = queries.asked(box.books.db, sale)
        back = {line.account for line in lines if line.gross_minor < 0}
        asks = [ask for ask in load_asks(box.books.db, sale) if ask.live and ask.account not in back]
        paid = [Tender(kind=ask.kind, amount_minor=ask.amount_minor, account=ask.account) for ask in asks]
        rest = sum(line.gross_minor for line in lines) - sum(each.amount_minor for each in paid)
        cash = [Tender(kind=TenderKind.CASH, amount_minor=rest)] if rest else []
        handed = self.lying_at(box, [line.piece for line in lines if line.piece is not None])
        box.do(RecordSale(sale=sale, tenders=(*paid, *cash), client=CLIENT, override="no pad"), pad=handed)

    # --- what the bystander notes -----------------------------------------------------------------------------

    def witness(self, box, fact, place):
        match fact:
            case OrderOpened():
                self.stat("orders")
                self.opened[fact.order] = box.store
                if fact.kind is OrderKind.LAYAWAY:
                    self.laid.add(fact.order)
            case SaleRecorded():
                self.note_money(fact, place)
            case OrderHanded():
                self.stat("orders handed over")
            case CommandHeard():
                command = decode_command(bytes(fact.command)).command
                if isinstance(command, TakeOrder) and command.order in self.opened:
                    self.stat("orders taken over")
                    self.opened[command.order] = box.store
            case OrderSettled():
                self.stat("orders given up")
                self.put(fact.account, place, -fact.fee_minor - fact.credit_minor)
        super().witness(box, fact, place)
        if isinstance(fact, ClaimHeld) and fact.kind is ClaimKind.LAYAWAY and fact.ref in self.opened:
            self.stat("pieces kept for orders")

    def note_money(self, fact, place):
        for line in fact.lines:
            if line.kind is LineKind.DEPOSIT:
                self.stat("deposits" if line.gross_minor > 0 else "deposits given back")
                self.put(line.account, place, line.gross_minor)
            elif line.order and line.piece:
                self.stat("orders collected")
                self.collects(line.piece, line.order, fact.sale)
        for each in fact.tenders:
            if each.kind is TenderKind.DEPOSIT:
                self.put(each.account, place, -each.amount_minor)

    def put(self, account, place, amount_minor):
        self.paid[account][place] = self.paid[account].get(place, 0) + amount_minor

    def collects(self, piece, order, sale):
        """What was promised to this order is what is sold now: the promise is kept."""
        promise = self.world.promised.get(piece)
        if promise and promise[0] == order:
            self.world.promised[piece] = (sale, *promise[1:])

    # --- at rest ----------------------------------------------------------------------------------------------

    def judge(self):
        super().judge()
        known = self.head.rows()
        with self.head.office.reading() as tx:
            rows = tx.rows(sa.select(tables.value_account).where(tables.value_account.c.kind == TenderKind.DEPOSIT))
        owed = {row["account"]: row["issued_minor"] - row["spent_minor"] for row in rows}
        for account, moves in self.paid.items():
            paid = sum(amount for place, amount in moves.items() if place in known)
            if owed.get(account, 0) != paid:
                raise ViolationError(
                    f"O1 {account} is owed {owed.get(account, 0)}, and {paid} of it was paid and is left"
                )
            self.judge_overspent(account, moves, paid, known)
        self.judge_homes()
        for store, box in self.main.items():
            for claim in queries.live_claims(box.books.db):
                if claim.kind in (ClaimKind.LAYAWAY, ClaimKind.MEMO) and claim.ref in self.opened:
                    home = self.main[self.opened[claim.ref]]  # a piece that was carried astray is kept for it there too
                    order = fold_orders.load(home.books.db, claim.ref)
                    if order is None or order.ended or claim.piece not in order.pieces:
                        raise ViolationError(f"O3 {store} keeps {claim.piece} for {claim.ref}, which does not want it")

    def judge_overspent(self, account, moves, paid, known):
        """No more went out than came in, but for what nobody could know (custody.md §12): money that came in by a row
        that went with every copy, and money given back by one that went with its box and came to the office after it
        was given back again. Of that a person is told.
        """
        burnt = sum(amount for place, amount in moves.items() if place not in known and amount > 0)
        again = -sum(amount for place, amount in moves.items() if place in known & self.lost and amount < 0)
        if paid + burnt >= 0:
            return
        if paid + burnt + again < 0:
            raise ViolationError(f"O2 {account}: more went out than was ever paid: {paid}")
        self.stat("money given back again")
        if not any(kind == OVERSPENT and account in sentence for kind, _, sentence, _ in self.head.cases()):
            raise ViolationError(f"O7 {account}: {-paid} was given back again, and nobody was told")

    def judge_homes(self):
        """Each order is decided by one store, the one the office names, and no store keeps money of one it gave up."""
        with self.head.office.reading() as tx:
            rows = tx.rows(sa.select(tables.client_order.c.order_id, tables.client_order.c.store))
            ways = tx.rows(sa.select(tables.order_way))
        if ways:
            raise ViolationError(f"O4 orders are on their way for ever: {[dict(way) for way in ways]}")
        homes = {row["order_id"]: row["store"] for row in rows}
        for store, box in self.main.items():
            for name in self.opened:
                order = fold_orders.load(box.books.db, name)
                if order is None or order.away:
                    part = load_slice(box.books.db, account_of(name))
                    if part is not None and part.held_minor:
                        raise ViolationError(f"O6 {store} keeps {part.held_minor} of {name}, which it gave up")
                elif homes.get(name) != store:
                    raise ViolationError(f"O5 {store} decides about {name}, which {homes.get(name)} keeps")
