"""Orders of clients in any order of acts: no money is lost or made, and whatever is kept belongs to an order that goes on.

Money by law: what came in over the counter = what was earned + fees + credit + what is still owed to clients.
"""

from collections import defaultdict

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from contract.entries import decode_entry
from contract.facts import (
    ClaimKind,
    OrderEvent,
    OrderKind,
    OrderOpened,
    OrderSettled,
    QuoteLine,
    SaleRecorded,
    Stream,
    Tender,
    TenderKind,
)
from edge.books import fold, fold_orders
from edge.books.fold_value import load_asks, load_slice
from edge.books.replay import differences
from edge.till import queries
from edge.till.desk import Done
from trade.acts import (
    AddOrder,
    AnswerQuote,
    BindOrderPiece,
    EndOrder,
    GiveDepositBack,
    HoldOrder,
    MoveOrder,
    OpenOrder,
    OpenSale,
    QuoteOrder,
    RecordSale,
    RemoveLine,
    ResumeOrder,
    TakeDeposit,
    TakeMemoBack,
    VoidSale,
)
from trade.orders.numbers import account_of
from trade.orders.order import apply, opened
from trade.posting import post_sale
from trade.sale import SaleState
from trade.settling import post_settled

PIECES = ("ring", "brooch", "watch")
STEPS = [e for e in OrderEvent if e not in (OrderEvent.CANCEL, OrderEvent.FORFEIT)]
which = st.integers(0, 7)
QUICK = settings(
    max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
    database=None,
)  # fmt: skip


def machine(new_shop, met):
    """`met`: states that some order was seen in."""

    class Counter(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.shop = new_shop().join(*PIECES).open_shift()
            self.shop.sees |= set(PIECES)
            self.n = 0
            self.orders = []
            for n, kind in enumerate((OrderKind.LAYAWAY, OrderKind.SPECIAL, OrderKind.MEMO)):
                self.take(kind, n)
            self.quote(1, 50_000)
            self.pay_now(1, 3)
            self.bring_in(1, "brooch")

        def name(self, what):
            self.n += 1
            return f"{what}{self.n}"

        def order(self, n):
            return fold_orders.load(self.shop.books.db, self.orders[n % len(self.orders)]) if self.orders else None

        def cart(self, n):
            rows = queries.sales_in(self.shop.books.db, SaleState.OPEN)
            if rows:
                return rows[n % len(rows)].sale
            sale = self.name("s")
            self.shop.done(OpenSale(sale=sale, till="till-1", currency="EUR"))
            return sale

        @rule(kind=st.sampled_from([OrderKind.LAYAWAY, OrderKind.SPECIAL, OrderKind.MEMO]), n=which)
        def open(self, kind, n):
            self.take(kind, n)

        def take(self, kind, n):
            pieces = () if kind is OrderKind.SPECIAL else (PIECES[n % 3],) if n < 5 else PIECES[:2]
            name = self.name("o")
            act = OpenOrder(
                order=name, kind=kind, client="c-1", title="x", currency="EUR", pieces=pieces, promised_day="2027-01-01"
            )
            if isinstance(self.shop.do(act), Done):
                self.orders.append(name)
                step = {OrderKind.LAYAWAY: OrderEvent.RESERVE, OrderKind.MEMO: OrderEvent.ISSUE}.get(kind)
                if step is not None:
                    self.shop.do(MoveOrder(order=name, event=step, why="slip"))

        @rule(n=which, minor=st.integers(0, 300_000))
        def quote(self, n, minor):
            order = self.order(n)
            if order is not None and order.kind is OrderKind.SPECIAL:
                line = QuoteLine(line=self.name("q"), description="x", gross_minor=minor, tax_bp=2_000)
                self.shop.do(QuoteOrder(order=order.order, lines=(line,)))

        @rule(n=which, said=st.booleans())
        def answer(self, n, said):
            order = self.order(n)
            if order is not None:
                self.shop.do(AnswerQuote(order=order.order, approved=said, how="counter"))

        @rule(n=which, step=st.sampled_from(STEPS))
        def move(self, n, step):
            order = self.order(n)
            if order is not None:
                self.shop.do(MoveOrder(order=order.order, event=step, why="x", party="x"))

        @rule(n=which, piece=st.sampled_from(PIECES))
        def bring_in(self, n, piece):
            """From the maker into the store, as far as its table lets it go."""
            order = self.order(n)
            if order is not None:
                self.shop.do(MoveOrder(order=order.order, event=OrderEvent.ORDER, party="x"))
                self.shop.do(BindOrderPiece(order=order.order, piece=piece))

        @rule(n=which, rest=st.booleans())
        def rest(self, n, rest):
            order = self.order(n)
            if order is not None:
                name = order.order
                self.shop.do(HoldOrder(order=name, why="x") if rest else ResumeOrder(order=name))

        @rule(n=which, sale=which, share=st.integers(1, 4))
        def pay(self, n, sale, share):
            order = self.order(n)
            if order is not None:
                act = TakeDeposit(
                    sale=self.cart(sale), account=order.account, amount_minor=max(order.total_minor // share, 1), what="x"
                )  # fmt: skip
                self.shop.do(act)

        @rule(n=which, sale=which)
        def collect(self, n, sale):
            order = self.order(n)
            if order is not None:
                self.shop.do(AddOrder(sale=self.cart(sale), order=order.order))

        @rule(n=which, sale=which)
        def money_back(self, n, sale):
            order = self.order(n)
            if order is not None:
                self.shop.do(GiveDepositBack(sale=self.cart(sale), account=order.account))

        @rule(n=which, sale=which)
        def memo_back(self, n, sale):
            order = self.order(n)
            if order is not None and order.out:
                self.shop.do(TakeMemoBack(order=order.order, pieces=order.out[: 1 + sale % 2]), pad=order.out)

        @rule(sale=which, n=which)
        def take_off(self, sale, n):
            known = queries.sale(self.shop.books.db, self.cart(sale))
            if known.lines:
                self.shop.do(RemoveLine(sale=known.sale, line=known.lines[n % len(known.lines)].line))

        @rule(sale=which)
        def void(self, sale):
            self.shop.do(VoidSale(sale=self.cart(sale), reason="x"))

        @rule(sale=which, client=st.sampled_from([1, 1, 1, 0]))
        def record(self, sale, client):
            self.pay_all(self.cart(sale), f"c-{client}")

        def pay_all(self, name, client):
            lines = queries.asked(self.shop.books.db, name)
            back = {line.account for line in lines if line.gross_minor < 0}
            asks = [a for a in load_asks(self.shop.books.db, name) if a.live and a.account not in back]
            paid = [Tender(kind=a.kind, amount_minor=a.amount_minor, account=a.account) for a in asks]
            rest = sum(line.gross_minor for line in lines) - sum(each.amount_minor for each in paid)
            cash = [Tender(kind=TenderKind.CASH, amount_minor=rest)] if rest else []
            self.shop.do(RecordSale(sale=name, tenders=(*paid, *cash), client=client, override="x"))

        @rule(n=which, share=st.integers(1, 4))
        def pay_now(self, n, share):
            """A visit of its own: in, paid, out."""
            order = self.order(n)
            if order is not None:
                name, amount = self.name("s"), max(order.total_minor // share, 1)
                self.shop.do(OpenSale(sale=name, till="till-1", currency="EUR"))
                self.shop.do(TakeDeposit(sale=name, account=order.account, amount_minor=amount, what="x"))
                self.pay_all(name, order.client)

        @rule(n=which, back=st.booleans())
        def collect_now(self, n, back):
            order = self.order(n)
            if order is not None:
                name = self.name("s")
                self.shop.do(OpenSale(sale=name, till="till-1", currency="EUR"))
                act = AddOrder(sale=name, order=order.order)
                self.shop.do(GiveDepositBack(sale=name, account=order.account) if back else act)
                self.pay_all(name, order.client)

        @rule(n=which, credit=st.booleans(), free=st.booleans())
        def end(self, n, credit, free):
            order = self.order(n)
            if order is not None:
                act = EndOrder(
                    order=order.order, event=OrderEvent.CANCEL, why="x", credit=credit, fee_minor=0 if free else None
                )
                self.shop.do(act)

        def facts(self):
            node = self.shop.books.node()
            rows = self.shop.books.journal(node.epoch, Stream.TRADE, 1, 100_000)
            for row in rows:
                yield from ((row, fact) for fact in decode_entry(row.body).facts)

        @invariant()
        def the_ledger_and_the_stores_slices_agree_and_no_money_is_lost(self):
            sums, cash, owed = defaultdict(int), 0, defaultdict(int)
            for _, fact in self.facts():
                legs = ()
                if isinstance(fact, SaleRecorded):
                    legs = post_sale(fact)
                    cash += sum(t.amount_minor for t in fact.tenders if t.kind is TenderKind.CASH)
                elif isinstance(fact, OrderSettled):
                    legs = post_settled(fact.fee_minor, fact.credit_minor, fact.currency, fact.account, fact.credit)
                for leg in legs:
                    sums[str(leg.account)] += leg.amount_minor
                    if leg.account == "customer_deposits":
                        owed[leg.by] -= leg.amount_minor
            held = {name: load_slice(self.shop.books.db, account_of(name)) for name in self.orders}
            for name, part in held.items():
                assert owed[account_of(name)] == (part.held_minor if part else 0) >= 0, name
            earned = -sums["sales"] - sums["sales_tax_payable"]
            assert cash == sums["cash"]
            kept = -sums["forfeited_deposits"] - sums["store_credit_liability"]
            assert cash == earned + kept - sums["customer_deposits"]

        @invariant()
        def what_is_kept_belongs_to_an_order_that_goes_on(self):
            kept = {}
            for claim in queries.live_claims(self.shop.books.db):
                if claim.kind in (ClaimKind.LAYAWAY, ClaimKind.MEMO):
                    order = fold_orders.load(self.shop.books.db, claim.ref)
                    assert order is not None
                    assert not order.ended, f"{order.number} is over and keeps {claim.piece}"
                    assert claim.piece in order.pieces
                    kept.setdefault(order.order, set()).add(claim.piece)
            for name in self.orders:
                order = fold_orders.load(self.shop.books.db, name)
                if order.kind is OrderKind.MEMO and order.state in ("issued", "part_returned"):
                    assert kept.get(name, set()) == set(order.out)
                if order.kind is OrderKind.LAYAWAY and order.state in ("active", "paid_up"):
                    assert kept.get(name, set()) == set(order.pieces)

        def teardown(self):
            assert differences(self.shop.books) == []
            own = {}
            for row, fact in self.facts():
                if isinstance(fact, OrderOpened):
                    own[fact.order] = opened(fact, row.at_us, row.by)
                elif getattr(fact, "order", "") in own and type(fact).__name__.startswith("Order"):
                    own[fact.order] = apply(own[fact.order], fact, row.at_us, row.by)
            for name in self.orders:
                row = fold_orders.load(self.shop.books.db, name)
                assert row == own[name], "the row is the pure fold of the journal"
                met.add(f"{row.kind} {row.state}")

    return Counter


ENDED = {"layaway collected", "layaway cancelled", "special collected", "special cancelled", "memo closed"}


def test_money_of_orders_is_conserved_whatever_happens(new_shop):
    met = set()
    run_state_machine_as_test(machine(new_shop, met), settings=QUICK)
    assert met >= ENDED, met


def test_a_deposit_that_is_settled_and_stays_spendable_is_noticed(new_shop, monkeypatch):
    """The control: the fold forgets that the fee was taken out of the slice."""
    monkeypatch.setattr(fold.value, "settled", lambda db, fact: None)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine(new_shop, set()), settings=settings(QUICK, phases=[Phase.generate]))
