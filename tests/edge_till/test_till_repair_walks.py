"""A repair, end to end over box and office: any acts in any order, and a client who answers on their page meanwhile.

Whatever is done: the office's order is the box's, what is refused changes nothing and says what to do, no thing leaves
unsigned, unpaid or with a stone in doubt, and from wherever it stands the repair comes to its end.
"""

import hashlib
import itertools

import msgspec
from house_templates import empty_office
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cloud.custody import Custody
from cloud.pos.client_orders.apply import decode, heard_of
from cloud.pos.stores.desk import open_store
from cloud.tables import client_order
from cloud.work import Heard, begin
from contract.commands import AnswerOrder, NumberedCommand, encode_command
from contract.facts import (
    AnswerHow,
    OrderEvent,
    OrderItem,
    OrderKind,
    OrderMetal,
    PaperKind,
    QuoteLine,
    StoneIdentity,
    Stream,
    Tender,
    TenderKind,
)
from contract.feed import StoreCard
from edge.books import fold_orders, replay
from edge.sync.downlink import obey
from edge.till.desk import Done, Refused
from trade import acts
from trade.guards import ALL
from trade.orders.stones import StoneLook
from trade.orders.tables import ENDS, TABLES, OrderState

CENTRE = StoneIdentity(at="centre", kind="white stone", length_um=6480, width_um=6450, inscription="GIA 1")
RING = OrderItem(
    item="i-1", description="White metal ring", condition="worn", declared_value_minor=900_000, stones=(CENTRE,)
)
SAME = StoneLook(at="centre", inscription="GIA 1")
OTHER = StoneLook(at="centre", inscription="GIA 2")
GOLD = OrderMetal(metal="gold", fineness=750, weight_mg=10_000)
BEFORE_ANYTHING = 10_000
ORDER = "o-1"
STEPS = (
    *(f"move:{event}" for event in ("assess", "start", "check", "pass", "notify", "rework", "send out", "take back")),
    "take", "quote", "quote nothing", "accept", "decline", "page yes", "page no", "sign", "look", "look other", "answer",
    "collect", "give", "cancel", "hold", "resume",
)  # fmt: skip


class Walk:
    """One repair at a box, and what its office hears of it."""

    def __init__(self, shop):
        self.shop, self.count, self.seq = shop, itertools.count(1), 0
        self.now_us, self.signed, self.sold = BEFORE_ANYTHING, [], 0
        self.office = empty_office()
        with self.office.transaction() as tx:
            open_store(begin(tx, ALL, 1), StoreCard(store="paris", name="Paris", currency="EUR"))
        self.heard = 0
        opened = acts.OpenOrder(order=ORDER, kind=OrderKind.REPAIR, client="p-1", title="Ring", currency="EUR")
        assert self.do(opened)

    @property
    def order(self):
        return fold_orders.load(self.shop.books.db, ORDER)

    def do(self, act):
        """Whether it was done; what is refused leaves everything as it was."""
        self.now_us += 1_000
        before = self.order
        answer = self.shop.do(act, now_us=self.now_us)
        if isinstance(answer, Refused):
            assert len(answer.refusal.why.split()) > 3, answer
            assert self.order == before, answer
        self.tell()
        return isinstance(answer, Done)

    def tell(self):
        """The office hears what is new."""
        entries = self.shop.entries(Stream.TRADE)
        with self.office.transaction() as tx:
            tokens = Custody(begin(tx, ALL, self.now_us))
            for entry in entries[self.heard :]:
                place = Heard(
                    store="paris", epoch="e1", stream=Stream.TRADE, seq=entry.seq, at_us=entry.at_us, by=entry.by
                )
                for fact in entry.facts:
                    if getattr(fact, "order", "") == ORDER and type(fact).__name__.startswith("Order"):
                        heard_of(tokens, place, fact)
        self.heard = len(entries)

    def page(self, *, approved):
        self.seq += 1
        said = AnswerOrder(order=ORDER, approved=approved, quote=self.order.quote.quote if self.order.quote else 1)
        body = msgspec.Raw(encode_command(NumberedCommand(seq=self.seq, command=said)))
        assert obey(self.shop.books, 1, self.seq, [body], now_us=self.now_us, seen=lambda _: False).done == 1
        self.tell()

    def quote(self, minor):
        line = QuoteLine(line=f"l-{next(self.count)}", description="Work", gross_minor=minor, tax_bp=2_000)
        self.do(acts.QuoteOrder(order=ORDER, lines=(line,)))

    def sign(self):
        name = hashlib.sha256(str(next(self.count)).encode()).hexdigest()
        paper = acts.KeepPaper(order=ORDER, kind=PaperKind.SIGNATURE, sha256=name, media="image/jpeg", item=RING.item)
        if self.do(paper):
            self.signed.append(name)

    def collect(self):
        self.now_us += 1_000
        sale = f"s-{next(self.count)}"
        self.do(acts.OpenSale(sale=sale, till="till-1", currency="EUR"))
        if not self.do(acts.AddOrder(sale=sale, order=ORDER)):
            self.do(acts.VoidSale(sale=sale, reason="not yet"))
            return
        total = self.order.total_minor
        tenders = (Tender(kind=TenderKind.CASH, amount_minor=total),) if total else ()
        if self.do(acts.RecordSale(sale=sale, client="p-1", tenders=tenders)):
            self.sold += total
        else:
            self.do(acts.VoidSale(sale=sale, reason="not yet"))

    def step(self, name):
        match name.partition(":"):
            case ("move", _, event):
                party, why = ("Atelier", "") if event == "send out" else ("", "not clean")
                metals = (GOLD,) if event in ("send out", "take back") else ()
                move = acts.MoveOrder(order=ORDER, event=OrderEvent(event), party=party, why=why, metals=metals)
                self.do(move)
            case ("take", *_):
                self.do(acts.TakeItem(order=ORDER, item=RING))
            case ("quote", *_):
                self.quote(12_000)
            case ("quote nothing", *_):
                self.quote(0)
            case ("accept" | "decline", *_):
                self.do(acts.AnswerQuote(order=ORDER, approved=name == "accept", how=AnswerHow.COUNTER))
            case ("page yes" | "page no", *_):
                self.page(approved=name == "page yes")
            case ("sign", *_):
                self.sign()
            case ("look" | "look other", *_):
                look = SAME if name == "look" else OTHER
                self.do(acts.CheckItem(order=ORDER, item=RING.item, looks=(look,)))
            case ("answer", *_):
                self.do(acts.AnswerDoubt(order=ORDER, item=RING.item, answer="the laboratory inscribed it anew"))
            case ("collect", *_):
                self.collect()
            case ("give", *_):
                newest = self.signed[-1] if self.signed else "0" * 64
                self.do(acts.GiveItem(order=ORDER, item=RING.item, signature=newest))
            case ("cancel", *_):
                self.do(acts.EndOrder(order=ORDER, event=OrderEvent.CANCEL, why="thought better of it"))
            case ("hold" | "resume", *_):
                held = acts.HoldOrder(order=ORDER, why="a part") if name == "hold" else acts.ResumeOrder(order=ORDER)
                self.do(held)
        self.holds()

    def holds(self):
        order = self.order
        with self.office.reading() as tx:
            (row,) = tx.rows(client_order.select())
        assert decode(bytes(row["body"])) == order, "the office's order is the box's"
        assert order.state in {*TABLES[OrderKind.REPAIR].table.values(), OrderState.BOOKED_IN}
        for kept in order.items:
            if kept.given_us:
                assert order.ended or order.state is OrderState.DECLINED
                assert self.signed, "nothing leaves unsigned"
                assert kept.checked_us
                assert not kept.stopped, "nor with a stone in doubt"
                assert order.state is not OrderState.COLLECTED or self.sold or not order.total_minor, "nor unpaid"

    def bring_to_its_end(self):
        """What a shop would do with it, from wherever it stands."""
        self.do(acts.ResumeOrder(order=ORDER))
        for name in (
            "take", "quote", "accept", "move:start", "move:take back", "move:check", "move:pass", "sign", "look", "answer",
            "collect", "sign", "give",
        ):  # fmt: skip
            if self.order.state is OrderState.DECLINED and name in ("quote", "collect"):
                continue
            if self.order.state in (OrderState.READY, OrderState.NOTIFIED) and name.startswith("move:"):
                continue
            if name == "quote" and (OrderState(self.order.state), OrderEvent.START) in TABLES[OrderKind.REPAIR].table:
                continue
            if name == "quote" and self.order.state in (OrderState.IN_PROGRESS, OrderState.QUOTED):
                continue
            self.step(name)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(STEPS), min_size=20, max_size=50))
@example(["take", "cancel", "sign", "give"])
@example(["take", "cancel", "look", "give"])
@example(["take", "quote nothing", "accept", "move:start", "move:check", "move:pass", "look other", "sign", "give"])
@example(["take", "quote", "accept", "move:start", "move:check", "move:pass", "look", "sign", "give"])
def test_a_repair_comes_to_its_end_whatever_was_done(new_shop, steps):
    walk = Walk(new_shop().join("ring").open_shift())
    try:
        for name in steps:
            walk.step(name)
        walk.bring_to_its_end()
        assert walk.order.state in ENDS, (walk.order.state, walk.order.steps)
        assert all(kept.given_us for kept in walk.order.items) or walk.order.state is OrderState.COLLECTED
        assert replay.differences(walk.shop.books) == []
    finally:
        walk.office.close()


def test_the_walk_reaches_every_state_of_a_repair(new_shop):
    """The control: what is held above is held of all of them."""
    reached = set()
    paths = (
        ("take", "move:assess", "quote", "accept", "move:start", "move:send out", "move:take back", "move:check",
         "move:rework", "move:check", "move:pass", "move:notify", "look", "collect"),
        ("take", "quote", "decline", "look", "sign", "give"),
    )  # fmt: skip
    for path in paths:
        walk = Walk(new_shop().join("ring").open_shift())
        for name in path:
            reached.add(walk.order.state)
            walk.step(name)
        reached.add(walk.order.state)
        walk.office.close()
    table = TABLES[OrderKind.REPAIR].table
    assert reached == {*table.values(), OrderState.BOOKED_IN}
