"""Driver and terminal, over real books and the real wire: charged once or not at all, and never without a record."""

import asyncio
import datetime as dt
import re

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contract.facts import PaymentFailed, Tender, TenderKind
from contract.feed import FeedPage, FeedRow, SettingsCard
from edge.books import replica
from edge.payments.driver import Driver
from edge.payments.nexo import NexoTerminal
from edge.payments.port import SilentError, short_name
from edge.till import queries
from edge.till.desk import Desk, Done
from simulator.terminal import LostError, Terminal, Trouble
from simulator.terminal_nexo import NexoFace
from trade.acts import GiveUpPayment, HearPayment, RecordSale, RequestPayment
from trade.payment import Payment, PaymentState
from trade.sale import SaleState

PRICE = 120_000
TURNS_MAX = 60


class Wire(httpx.AsyncBaseTransport):
    """A POST to the terminal; what is lost is a read that times out."""

    def __init__(self, face):
        self.face = face
        self.plugged = True

    async def handle_async_request(self, request):
        if not self.plugged:
            raise httpx.ConnectError("no route")
        try:
            return httpx.Response(200, content=self.face.hear(request.content))
        except LostError as error:
            raise httpx.ReadTimeout(str(error)) from error


class HastyDriver(Driver):
    """The guard taken away: silence counts as a no."""

    async def _request(self, payment, ask):
        said = await super()._request(payment, ask)
        if type(said).__name__ == "PaymentInDoubt":
            return PaymentFailed(payment=payment.payment, sale=payment.sale, why=said.why)
        return said


class Counter:
    """A till with a ring in its cart, a driver and a terminal."""

    def __init__(self, shop_kind, driver=Driver, offline=0):
        self.shop = shop_kind().join("ring").open_shift()
        self.shop.desk = Desk(self.shop.books, {"till-1": "desk-1"})
        settings_ = SettingsCard(store="paris", offline_card_minor_max=offline)
        row = FeedRow(rev=90, scope="*", key="settings", body=settings_)
        replica.take(self.shop.books, FeedPage(rows=(row,), upto=90, more=False))
        self.shop.cart("s1", "ring")
        self.terminal = Terminal(offline_left_minor=offline)
        self.face = NexoFace(self.terminal)
        self.kind = driver
        self.names = 0
        self.restart()

    def restart(self):
        """A box that starts anew: it knows its books, and nothing of what was on its way."""
        self.wire = Wire(self.face)
        http = httpx.AsyncClient(transport=self.wire, base_url="http://terminal")

        def now():
            return dt.datetime(2026, 1, 2, tzinfo=dt.UTC)

        left = [each.payment for each in self.shop.books.db.rows("payments_at", Payment, terminal="desk-1")]
        self.driver = self.kind(NexoTerminal(http, poi="P400-1", now=now), self.unanswered, self.say, left)

    async def unanswered(self):
        return self.shop.books.db.rows("payments_at", Payment, terminal="desk-1")

    async def say(self, said):
        return isinstance(self.shop.do(HearPayment(said=said)), Done)

    def ask(self, amount=PRICE):
        self.names += 1
        return self.shop.do(RequestPayment(payment=f"p{self.names}", sale="s1", amount_minor=amount))

    def give_up(self, name="p1"):
        return self.shop.do(GiveUpPayment(payment=name, reason="changed her mind"))

    def record(self):
        paid = [each for each in self.payments() if each.state is PaymentState.CAPTURED]
        tenders = [Tender(kind=TenderKind.CARD, amount_minor=p.captured_minor, payment=p.payment) for p in paid]
        rest = PRICE - sum(each.captured_minor for each in paid)
        if rest > 0:
            tenders.append(Tender(kind=TenderKind.CASH, amount_minor=rest))
        return self.shop.do(RecordSale(sale="s1", tenders=tuple(tenders)), pad=["ring"])

    def payments(self):
        return self.shop.books.db.rows("payments_of", Payment, sale="s1")

    @property
    def sale(self):
        return queries.sale(self.shop.books.db, "s1").state

    async def settle(self):
        """Until the terminal owes no word; what is lost by now has been lost."""
        self.terminal.troubles.clear()
        self.terminal.answers_lost = 0
        self.terminal.client_pays()
        for _ in range(TURNS_MAX):
            await self.driver.turn()
            await asyncio.sleep(0)
            if not await self.unanswered():
                return
        raise AssertionError(f"still waiting: {self.payments()}")

    def money_is_told(self):
        """What the client was charged is what the books say, payment by payment."""
        charges = dict(self.terminal.charges)
        for payment in self.payments():
            charged = charges.pop(short_name(payment.payment), 0)
            expected = payment.captured_minor if payment.state is PaymentState.CAPTURED else 0
            assert charged == expected, (payment, charged)
        assert charges == {}
        assert all(times == 1 for times in self.terminal.charged_times.values())

    def never_recorded_without_money(self):
        live = any(each.live for each in self.payments())
        if self.sale is SaleState.RECORDED:
            tenders = queries.sale_tenders(self.shop.books.db, "s1")
            cards = sum(each.amount_minor for each in tenders if each.kind is TenderKind.CARD)
            assert cards == sum(self.terminal.charges.values())
        else:
            assert (self.sale is SaleState.TENDERING) == live


def run(counter, *steps):
    async def go():
        for step in steps:
            await counter.driver.turn() if step == "turn" else step()
            await asyncio.sleep(0)
            counter.never_recorded_without_money()
        await counter.settle()

    asyncio.run(go())
    counter.money_is_told()
    counter.never_recorded_without_money()
    return counter


@pytest.mark.parametrize(
    ("trouble", "state", "charged"),
    [
        (Trouble.NONE, PaymentState.CAPTURED, PRICE),
        (Trouble.DECLINE, PaymentState.FAILED, 0),
        (Trouble.PARTIAL, PaymentState.CAPTURED, PRICE // 2),
        (Trouble.LOST_BEFORE, PaymentState.FAILED, 0),
        (Trouble.LOST_AFTER, PaymentState.CAPTURED, PRICE),
        (Trouble.REBOOT_BEFORE, PaymentState.FAILED, 0),
        (Trouble.REBOOT_AFTER, PaymentState.CAPTURED, PRICE),
        (Trouble.SLOW, PaymentState.CAPTURED, PRICE),
    ],
)
def test_whatever_befalls_the_terminal_the_books_say_what_the_client_paid(new_shop, trouble, state, charged):
    counter = Counter(new_shop)
    counter.terminal.troubles.append(trouble)
    run(counter, counter.ask, "turn", "turn")
    assert [each.state for each in counter.payments()] == [state]
    assert sum(counter.terminal.charges.values()) == charged


def test_silence_is_a_doubt_and_not_a_no(new_shop):
    counter = Counter(new_shop, driver=HastyDriver)
    counter.terminal.troubles.append(Trouble.LOST_AFTER)
    with pytest.raises(AssertionError):
        run(counter, counter.ask, "turn", "turn")


def test_a_box_that_starts_with_a_payment_in_flight_asks_about_it_first(new_shop):
    counter = Counter(new_shop)
    counter.ask()
    counter.face.terminal.pay(short_name("p1"), PRICE)
    counter.face._currency[short_name("p1")] = "EUR"
    counter.restart()
    heard = []
    pay, counter.terminal.pay = counter.terminal.pay, lambda *given, **more: heard.append(given) or pay(*given, **more)
    run(counter, "turn")
    assert heard == []
    assert counter.payments()[0].state is PaymentState.CAPTURED


def test_a_terminal_without_a_cable_was_never_asked(new_shop):
    counter = Counter(new_shop)
    counter.wire.plugged = False
    run(counter, counter.ask, "turn", "turn")
    (payment,) = counter.payments()
    assert (payment.state, counter.sale) == (PaymentState.FAILED, SaleState.OPEN)
    assert "cable" in payment.why


def test_a_given_up_payment_goes_back_also_when_its_word_was_lost(new_shop):
    counter = Counter(new_shop)
    run(
        counter,
        counter.ask,
        "turn",
        "turn",
        counter.give_up,
        lambda: setattr(counter.terminal, "answers_lost", 2),
        "turn",
    )
    assert counter.payments()[0].state is PaymentState.VOIDED
    assert counter.terminal.charges == {short_name("p1"): 0}


def test_who_is_slow_can_be_stopped_at_the_till(new_shop):
    counter = Counter(new_shop)
    counter.terminal.troubles.append(Trouble.SLOW)
    run(counter, counter.ask, "turn", "turn", counter.give_up, "turn", "turn")
    (payment,) = counter.payments()
    assert (payment.state, payment.why) == (PaymentState.FAILED, "Refusal: stopped at the till")


def test_money_the_terminal_keeps_still_pays_the_sale(new_shop):
    counter = Counter(new_shop)
    counter.terminal.keeps = True
    run(counter, counter.ask, "turn", "turn", counter.give_up, "turn", counter.record)
    assert counter.sale is SaleState.RECORDED


def test_money_that_was_kept_yesterday_goes_back_today(new_shop):
    counter = Counter(new_shop)
    counter.terminal.keeps = True
    run(counter, counter.ask, "turn", "turn", counter.give_up, "turn")
    assert (counter.payments()[0].state, counter.payments()[0].why) == (
        PaymentState.CAPTURED,
        "Refusal: not given back",
    )
    counter.terminal.keeps = False
    run(counter, counter.give_up, "turn")
    assert counter.payments()[0].state is PaymentState.VOIDED


@pytest.mark.parametrize("paid", ["0", "-5", "0.055", "1e300", "1e999999", '"12"', "null", "true"])
def test_an_amount_that_is_none_is_not_booked(new_shop, paid):
    counter = Counter(new_shop)
    counter.ask()
    hear = counter.face.hear
    counter.face.hear = lambda raw: re.sub(
        rb'"AuthorizedAmount":[0-9.]+', b'"AuthorizedAmount":' + paid.encode(), hear(raw)
    )
    asyncio.run(_turns(counter, 3))
    assert counter.payments()[0].state is PaymentState.IN_DOUBT
    counter.face.hear = hear
    run(counter)
    assert counter.payments()[0].captured_minor == PRICE


async def _turns(counter, times):
    for _ in range(times):
        await counter.driver.turn()
        await asyncio.sleep(0)


@pytest.mark.parametrize(("limit", "state"), [(0, PaymentState.FAILED), (PRICE, PaymentState.CAPTURED)])
def test_without_a_line_the_terminal_stores_what_the_store_allows(new_shop, limit, state):
    counter = Counter(new_shop, offline=limit)
    counter.terminal.line_up = False
    run(counter, counter.ask, "turn", "turn")
    (payment,) = counter.payments()
    assert (payment.state, payment.stored_offline) == (state, limit > 0)


STEPS = st.one_of(
    st.sampled_from(Trouble).map(lambda trouble: ("trouble", trouble)),
    st.integers(1, PRICE).map(lambda amount: ("ask", amount)),
    st.integers(1, 3).map(lambda n: ("give_up", n)),
    st.integers(1, 3).map(lambda n: ("lose", n)),
    st.booleans().map(lambda up: ("line", up)),
    st.sampled_from(["turn", "turn", "turn", "restart", "pays", "record", "keeps"]).map(lambda what: (what, None)),
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(steps=[("trouble", Trouble.LOST_AFTER), ("ask", PRICE), ("turn", None), ("restart", None), ("record", None)])
@example(steps=[("trouble", Trouble.SLOW), ("ask", 5), ("turn", None), ("give_up", 1), ("pays", None), ("turn", None)])
@given(steps=st.lists(STEPS, max_size=25))
def test_charged_once_or_not_at_all_and_never_without_a_record(new_shop, steps):
    counter = Counter(new_shop, offline=PRICE // 2)
    terminal = counter.terminal
    does = {
        "trouble": terminal.troubles.append,
        "ask": counter.ask,
        "give_up": lambda n: counter.give_up(f"p{n}"),
        "lose": lambda n: setattr(terminal, "answers_lost", n),
        "line": lambda up: setattr(terminal, "line_up", up),
        "restart": lambda _: counter.restart(),
        "pays": lambda _: terminal.client_pays(),
        "record": lambda _: counter.record(),
        "keeps": lambda _: setattr(terminal, "keeps", not terminal.keeps),
    }
    run(counter, *("turn" if what == "turn" else lambda what=what, how=how: does[what](how) for what, how in steps))


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"[]", b"{}", b'{"SaleToPOIResponse": {"MessageHeader": {"ServiceID": "other"}}}', b"[" * 9_999,
        b'{"SaleToPOIResponse": 5}',
    ],
)  # fmt: skip
def test_an_answer_nobody_can_read_is_silence(answer):
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=answer))
    http = httpx.AsyncClient(transport=transport, base_url="http://terminal")
    terminal = NexoTerminal(http, poi="P400-1", now=lambda: dt.datetime(2026, 1, 2, tzinfo=dt.UTC))
    from edge.payments.port import Ask

    ask = Ask(name="ABCDEFGHIJ", payment="p1", till="till-1", amount_minor=5, currency="EUR")
    for call in (terminal.request, terminal.status, terminal.cancel):
        with pytest.raises(SilentError):
            asyncio.run(call(ask))
