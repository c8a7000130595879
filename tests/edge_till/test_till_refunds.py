"""Money back to a card over real books and the real wire: given once or not at all, and the books say what went."""

import asyncio
import datetime as dt

import httpx
import pytest

from contract.facts import PaymentCaptured, Tender, TenderKind
from edge.payments.driver import Driver
from edge.payments.nexo import NexoTerminal
from edge.payments.port import short_name
from edge.payments.refunding import Refunder
from edge.till.desk import Desk, Done
from simulator.terminal import LostError, Terminal, Trouble
from simulator.terminal_nexo import NexoFace
from trade.acts import (
    BeginReturn,
    HearCardRefund,
    HearPayment,
    RecordSale,
    RequestCardRefund,
    RequestPayment,
    ReturnPieces,
)
from trade.card_refund import CardRefund, CardRefundState

PRICE = 120_000


class Counter:
    """A ring that was paid by card at the terminal, and comes back."""

    def __init__(self, shop_kind):
        self.shop = shop_kind().join("ring").open_shift()
        self.shop.desk = Desk(self.shop.books, {"till-1": "desk-1"})
        self.terminal = Terminal()
        self.face = NexoFace(self.terminal)
        self.plugged = True
        self.terminal.pay(short_name("p1"), PRICE)
        self.shop.cart("s1", "ring")
        self.shop.done(RequestPayment(payment="p1", sale="s1", amount_minor=PRICE))
        name = f"T{short_name('p1')} 2026"
        took = PaymentCaptured(payment="p1", sale="s1", amount_minor=PRICE, currency="EUR", reference=name)
        self.shop.done(HearPayment(said=took))
        card = (Tender(kind=TenderKind.CARD, amount_minor=PRICE, payment="p1"),)
        self.shop.done(RecordSale(sale="s1", tenders=card), pad=["ring"])
        back = ReturnPieces(sale="s1", pieces=("ring",), till="till-1", tenders=(), reason="too small")
        self.shop.done(BeginReturn(returns="r1", back=back), pad=["ring"])
        self.restart()

    def restart(self):
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.hear), base_url="http://terminal")
        adapter = NexoTerminal(http, poi="P400-1", now=lambda: dt.datetime(2026, 1, 2, tzinfo=dt.UTC))
        left = [each.refund for each in self.waiting()]
        refunder = Refunder(adapter, self.unanswered, self.say, left)
        self.driver = Driver(adapter, self.no_payments, self.say, (), refunder)

    def hear(self, request):
        if not self.plugged:
            raise httpx.ConnectError("no route")
        try:
            return httpx.Response(200, content=self.face.hear(request.content))
        except LostError as error:
            raise httpx.ReadTimeout(str(error)) from error

    def waiting(self):
        return self.shop.books.db.rows("card_refunds_at", CardRefund, terminal="desk-1")

    async def unanswered(self):
        return self.waiting()

    async def no_payments(self):
        return ()

    async def say(self, said):
        return isinstance(self.shop.do(HearCardRefund(said=said), by="house"), Done)

    def ask(self, amount=PRICE):
        self.shop.done(RequestCardRefund(refund="f1", returns="r1", payment="p1", amount_minor=amount))

    @property
    def refund(self):
        return self.shop.books.db.one("card_refund", CardRefund, refund="f1")

    def settle(self, turns=30):
        async def go():
            for _ in range(turns):
                await self.driver.turn()
                await asyncio.sleep(0)
                if not self.waiting():
                    return

        asyncio.run(go())
        return self.refund


@pytest.mark.parametrize(
    ("trouble", "state", "back"),
    [
        (Trouble.NONE, CardRefundState.DONE, PRICE),
        (Trouble.DECLINE, CardRefundState.FAILED, 0),
        (Trouble.PARTIAL, CardRefundState.DONE, PRICE // 2),
        (Trouble.LOST_BEFORE, CardRefundState.FAILED, 0),
        (Trouble.LOST_AFTER, CardRefundState.DONE, PRICE),
        (Trouble.REBOOT_AFTER, CardRefundState.DONE, PRICE),
    ],
)
def test_whatever_befalls_the_terminal_the_books_say_what_went_back(new_shop, trouble, state, back):
    counter = Counter(new_shop)
    counter.terminal.troubles.append(trouble)
    counter.ask()
    assert (counter.settle().state, counter.refund.refunded_minor) == (state, back)
    assert counter.terminal.charges[short_name("p1")] == PRICE - back


def test_a_part_goes_back_by_itself(new_shop):
    counter = Counter(new_shop)
    counter.ask(50_001)
    assert counter.settle().refunded_minor == 50_001
    assert counter.terminal.charges[short_name("p1")] == PRICE - 50_001


def test_a_box_that_starts_with_a_refund_in_flight_asks_about_it_and_gives_nothing_twice(new_shop):
    counter = Counter(new_shop)
    counter.ask()
    counter.face._refunds[short_name("f1")] = (short_name("p1"), "EUR")
    counter.terminal.pay_back(short_name("f1"), short_name("p1"), PRICE)
    counter.restart()
    assert counter.settle().state is CardRefundState.DONE
    assert counter.terminal.charges[short_name("p1")] == 0
    assert counter.terminal.paid_back == {short_name("f1"): PRICE}


def test_a_terminal_that_says_nothing_leaves_a_doubt_that_stays_until_it_speaks(new_shop):
    counter = Counter(new_shop)
    counter.terminal.troubles.append(Trouble.LOST_AFTER)
    counter.terminal.answers_lost = 3
    counter.ask()
    assert counter.settle(turns=3).state is CardRefundState.IN_DOUBT
    assert counter.settle().state is CardRefundState.DONE


def test_a_terminal_without_a_cable_was_never_asked(new_shop):
    counter = Counter(new_shop)
    counter.plugged = False
    counter.ask()
    assert counter.settle().state is CardRefundState.FAILED
    assert "cable" in counter.refund.why
