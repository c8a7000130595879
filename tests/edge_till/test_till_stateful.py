"""Two tills, a web shop and a few pieces, in any order: nothing is sold twice, and the books are their journal."""

from collections import Counter as Tally

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from contract.commands import ConvertLease, CustodyState, GrantCustody, RecallCustody, ReleaseLease, RequestLease
from contract.facts import (
    ClaimEnd,
    ClaimEnded,
    CustodyReleased,
    LeaseGranted,
    ReturnRecorded,
    SaleRecorded,
    ShiftClosed,
)
from edge.books.replay import differences
from edge.till import queries
from trade.acts import (
    AddPiece,
    BreakLease,
    CloseShift,
    OpenSale,
    OpenShift,
    ParkSale,
    ResumeSale,
    ReturnPieces,
    Ship,
    VoidSale,
)
from trade.guards import ALL, Guards
from trade.sale import SaleState

PIECES = ("ring", "brooch", "watch")
TILLS = ("till-1", "till-2")
piece = st.sampled_from(PIECES)
till = st.sampled_from(TILLS)
which = st.integers(0, 5)

QUICK = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)


def machine(new_shop, guards):
    """The machine over a shop with these guards."""

    class Counter(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.shop = new_shop(guards=guards).join(*PIECES)
            self.n = 0
            for each in TILLS:
                self.shop.open_shift(each, f"shift-{each}")

        def name(self):
            self.n += 1
            return f"x{self.n}"

        def sale(self, state, n):
            rows = queries.sales_in(self.shop.books.db, state)
            return rows[n % len(rows)].sale if rows else None

        @rule(till=till)
        def open(self, till):
            self.shop.do(OpenSale(sale=self.name(), till=till, currency="EUR"))

        @rule(piece=piece, n=which)
        def add(self, piece, n):
            sale = self.sale(SaleState.OPEN, n)
            if sale:
                self.shop.do(AddPiece(sale=sale, piece=piece), pad=[piece])

        @rule(n=which)
        def pay(self, n):
            sale = self.sale(SaleState.OPEN, n)
            if sale:
                pieces = queries.sale(self.shop.books.db, sale).pieces()
                if pieces:
                    self.shop.pay(sale, *pieces)

        @rule(n=which)
        def park(self, n):
            sale = self.sale(SaleState.OPEN, n)
            if sale:
                self.shop.do(ParkSale(sale=sale))

        @rule(n=which, till=till)
        def resume(self, n, till):
            sale = self.sale(SaleState.PARKED, n)
            if sale:
                self.shop.do(ResumeSale(sale=sale, till=till))

        @rule(n=which)
        def void(self, n):
            sale = self.sale(SaleState.OPEN, n)
            if sale:
                self.shop.do(VoidSale(sale=sale, reason="x"))

        @rule(n=which, till=till)
        def give_back(self, n, till):
            sale = self.sale(SaleState.RECORDED, n)
            if sale:
                lines = queries.sale_lines(self.shop.books.db, sale)
                back = tuple(line.piece for line in lines)
                tenders = queries.sale_tenders(self.shop.books.db, sale)
                cash = self.shop_cash(sum(tender.amount_minor for tender in tenders))
                self.shop.do(ReturnPieces(sale=sale, pieces=back, till=till, tenders=cash, reason="x"), pad=back)

        def shop_cash(self, amount):
            from contract.facts import Tender, TenderKind

            return (Tender(kind=TenderKind.CASH, amount_minor=amount),)

        @rule(piece=piece)
        def ship(self, piece):
            self.shop.do(Ship(transfer=self.name(), to="lyon", pieces=(piece,)), pad=[piece])

        @rule(piece=piece)
        def come_back(self, piece):
            token = self.shop.token(piece)
            sold = any(piece in fact.sold_pieces for fact in self.shop.facts() if isinstance(fact, ShiftClosed))
            if token is not None and not token.held and not sold:
                self.shop.sees = {piece}
                self.shop.obey(GrantCustody(piece=piece, ce=token.ce + 1, state=CustodyState.INCOMING))
                self.shop.sees = set()

        @rule(piece=piece)
        def recall(self, piece):
            self.shop.obey(RecallCustody(piece=piece, ce=self.shop.token(piece).ce))

        @rule(piece=piece)
        def lease(self, piece):
            self.shop.sees = {piece}
            self.shop.obey(RequestLease(piece=piece, order=self.name()))
            self.shop.sees = set()

        @rule(piece=piece, pay=st.booleans())
        def end_lease(self, piece, pay):
            claim = queries.live_claim(self.shop.books.db, piece)
            if claim is not None and claim.kind == "lease":
                word = ConvertLease if pay else ReleaseLease
                self.shop.obey(word(piece=piece, ce=claim.ce, fence=claim.fence, order=claim.ref))

        @rule(piece=piece)
        def break_lease(self, piece):
            self.shop.do(BreakLease(piece=piece, reason="x"))

        @rule(till=till)
        def z(self, till):
            self.shop.do(CloseShift(till=till, cash_counted_minor=0, note="counted by somebody in a hurry"))
            self.shop.do(
                OpenShift(shift=self.name(), till=till, business_day="2026-11-23", float_minor=0, currency="EUR")
            )

        @invariant()
        def one_promise_per_piece(self):
            live = Tally(claim.piece for claim in queries.live_claims(self.shop.books.db))
            assert all(n == 1 for n in live.values()), f"promised twice: {live}"

        @invariant()
        def no_piece_is_sold_to_two(self):
            sold = dict.fromkeys(PIECES, 0)
            leased = {}
            for fact in self.shop.facts():
                match fact:
                    case SaleRecorded():
                        for line in fact.lines:
                            sold[line.piece] += 1
                    case ReturnRecorded():
                        for each in fact.pieces:
                            sold[each] -= 1
                    case LeaseGranted():
                        leased[fact.order] = fact.piece
                    case ClaimEnded(how=ClaimEnd.CONVERTED) if fact.claim in leased:
                        sold[fact.piece] += 1
                    case CustodyReleased(piece=each):
                        sold[each] = 0
                assert all(n <= 1 for n in sold.values()), f"sold twice: {sold}"

        def teardown(self):
            assert differences(self.shop.books) == []
            numbers = [row.receipt_number for row in queries.sales_in(self.shop.books.db, SaleState.RECORDED)]
            assert all(number > 0 for number in numbers)

    return Counter


def test_no_order_of_events_sells_a_piece_twice(new_shop):
    run_state_machine_as_test(machine(new_shop, ALL), settings=QUICK)


def test_without_the_claim_some_order_of_events_does(new_shop):
    with pytest.raises(AssertionError, match="twice"):
        run_state_machine_as_test(machine(new_shop, Guards(claim_unique=False)), settings=QUICK)
