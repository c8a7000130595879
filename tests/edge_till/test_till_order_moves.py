"""A client's order that moves to another store: given up whole by the one, taken over under a higher count by the other."""

import msgspec
import pytest

from contract.commands import AnswerOrder, TakeOrder
from contract.facts import (
    CustodyReleased,
    LineKind,
    OrderEvent,
    OrderHanded,
    OrderItem,
    OrderKind,
    PaperKind,
    QuoteLine,
    TransferShipped,
    ValueReleased,
)
from contract.feed import FeedPage, FeedRow, StoreCard
from edge.books import fold_orders, replay, replica
from edge.books.fold_value import load_slice
from edge.till import queries
from trade.acts import (
    AddOrder,
    BindTag,
    HandOrder,
    KeepPaper,
    MoveOrder,
    OpenOrder,
    OpenSale,
    PromiseOrder,
    QuoteOrder,
    ReceiveOrder,
    RecordSale,
    Ship,
    Sight,
    TakeDeposit,
    TakeItem,
)
from trade.custody import TokenState
from trade.orders.homes import taken_over
from trade.orders.numbers import account_of, typed
from trade.refusal import Why

TERM = (1 << 32) | 1
RING = OrderItem(item="i-1", description="White metal ring", condition="Claw bent", declared_value_minor=900_000)
EPC, TID = "E28011700000020F7C8A1B2C", "E2801170000000000000000A"
STORES = tuple(
    FeedRow(rev=0, scope="*", key=f"store:{name}", body=StoreCard(store=name, name=name.title(), currency=currency))
    for name, currency in (("paris", "EUR"), ("lyon", "EUR"), ("geneva", "CHF"))
)


@pytest.fixture
def house(new_shop):
    made = {}
    for name in ("paris", "lyon"):
        made[name] = new_shop(store=name).join(*(("ring", "brooch") if name == "paris" else ())).open_shift()
        replica.take(made[name].books, FeedPage(rows=STORES, upto=10, more=False))
    return made


def order_of(shop, order="o-1"):
    return fold_orders.load(shop.books.db, order)


def layaway(shop):
    shop.done(
        OpenOrder(order="o-1", kind=OrderKind.LAYAWAY, client="p-1", title="Ring", currency="EUR", pieces=("ring",)),
        pad=["ring"],
    )
    shop.done(MoveOrder(order="o-1", event=OrderEvent.RESERVE), pad=["ring"])
    return shop


def repair(shop):
    shop.done(OpenOrder(order="o-1", kind=OrderKind.REPAIR, client="p-1", title="Ring", currency="EUR"))
    shop.done(TakeItem(order="o-1", item=RING))
    shop.done(BindTag(piece="i-1", epc=EPC, tid=TID, read_back=EPC), pad=["i-1"])
    return shop


def paid(shop, minor, pay_cash):
    shop.done(OpenSale(sale="s-1", till="till-1", currency="EUR"))
    shop.done(TakeDeposit(sale="s-1", account=account_of("o-1"), amount_minor=minor, what="L-1001"))
    shop.done(RecordSale(sale="s-1", tenders=pay_cash(minor), client="p-1"))


def hand(shop, to="lyon", **more):
    return shop.done(HandOrder(order="o-1", to=to, transfer="t-1"), **more)


def take(shop, order, source, amount_minor=0):
    """What the office tells the new home."""
    taken = taken_over(order, source, shop.books.node().store)
    told = TakeOrder(
        order=order.order, home=taken.home, account=order.account, source=source, amount_minor=amount_minor,
        body=msgspec.json.encode(taken),
    )  # fmt: skip
    shop.obey(told)
    return told


def test_an_order_leaves_with_its_piece_and_its_money_in_one_entry(house, pay_cash):
    paris = layaway(house["paris"])
    paid(paris, 30_000, pay_cash)
    (entry,) = hand(paris, pad=["ring"]).entries
    told = {type(fact): fact for fact in entry.facts}
    assert told[TransferShipped].pieces == ("ring",)
    assert told[CustodyReleased].to == "lyon"
    assert told[ValueReleased].amount_minor == 30_000
    assert (told[OrderHanded].home, told[OrderHanded].transfer) == (0, "t-1")
    assert paris.state("ring") == "away"
    assert queries.live_claim(paris.books.db, "ring") is None
    assert load_slice(paris.books.db, account_of("o-1")).held_minor == 0
    assert hand(paris).entries == (), "said again, it is true already"
    assert replay.differences(paris.books) == []


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (PromiseOrder(order="o-1", promised_day="2027-01-01"), "was handed over to the store lyon"),
        (MoveOrder(order="o-1", event=OrderEvent.CHECK), "worked on there"),
        (HandOrder(order="o-1", to="geneva", transfer="t-2"), "was handed over to the store lyon"),
        (ReceiveOrder(order="o-1"), "was handed over to the store lyon"),
        (KeepPaper(order="o-1", kind=PaperKind.NOTE, sha256="a" * 64, media="application/json"), "worked on there"),
    ],
)
def test_the_old_home_reads_and_decides_nothing_more(house, act, words):
    repair(house["paris"])
    hand(house["paris"], pad=["i-1"])
    assert words in house["paris"].refused(act).why


def test_neither_money_nor_a_pick_up_begun_before_goes_through_after_it(house, pay_cash):
    paris = layaway(house["paris"])
    paid(paris, 120_000, pay_cash)
    paris.done(OpenSale(sale="s-2", till="till-1", currency="EUR"))
    paris.done(AddOrder(sale="s-2", order="o-1"), pad=["ring"])
    refusal = paris.refused(HandOrder(order="o-1", to="lyon", transfer="t-1"), pad=["ring"])
    assert (refusal.code, "take that off first" in refusal.why) == (Why.VALUE_LIVE, True)
    late = house["paris"]
    late.done(OpenSale(sale="s-3", till="till-1", currency="EUR"))
    assert (
        "L-1001" in late.refused(TakeDeposit(sale="s-3", account=account_of("o-1"), amount_minor=10, what="L-1001")).why
    )


@pytest.mark.parametrize(
    ("to", "words"),
    [("geneva", "Geneva sells in CHF: it stays here"), ("paris", "no other store"), ("nowhere", "no other store")],
)
def test_it_goes_to_a_store_of_its_currency_alone(house, to, words):
    repair(house["paris"])
    assert words in house["paris"].refused(HandOrder(order="o-1", to=to, transfer="t"), pad=["i-1"]).why


def test_it_goes_to_no_store_whose_box_could_not_take_it_over(house):
    """The office says so in the card of that store; before, the order would have been nobody's until an update."""
    paris = house["paris"]
    repair(paris)
    old = StoreCard(store="lyon", name="Lyon", currency="EUR", takes_orders=False)
    replica.take(
        paris.books, FeedPage(rows=(FeedRow(rev=900, scope="*", key="store:lyon", body=old),), upto=900, more=False)
    )
    refusal = paris.refused(HandOrder(order="o-1", to="lyon", transfer="t"), pad=["i-1"])
    assert (refusal.code, "have it updated, or choose another" in refusal.why) == (Why.WRONG_STATE, True)
    new = msgspec.structs.replace(old, takes_orders=True)
    replica.take(
        paris.books, FeedPage(rows=(FeedRow(rev=901, scope="*", key="store:lyon", body=new),), upto=901, more=False)
    )
    paris.done(HandOrder(order="o-1", to="lyon", transfer="t"), pad=["i-1"])


def test_what_is_not_here_does_not_travel(house):
    paris = layaway(house["paris"])
    paris.desk.forget_sightings()
    assert paris.refused(HandOrder(order="o-1", to="lyon", transfer="t")).code is Why.NOT_SEEN
    lent = house["paris"]
    told = {"client": "p-1", "currency": "EUR", "promised_day": "2027-01-01"}
    lent.done(OpenOrder(order="o-2", kind=OrderKind.MEMO, title="x", pieces=("brooch",), **told), pad=["brooch"])
    lent.done(MoveOrder(order="o-2", event=OrderEvent.ISSUE, why="slip 3"), pad=["brooch"])
    refusal = lent.refused(HandOrder(order="o-2", to="lyon", transfer="t"))
    assert "with the client: take them back first" in refusal.why
    assert lent.refused(Ship(transfer="t", to="lyon", pieces=("brooch",)), pad=["brooch"]).code is Why.CLAIMED


def test_the_new_home_waits_for_the_thing_and_then_does_all_of_it(house):
    paris, lyon = repair(house["paris"]), house["lyon"]
    hand(paris, pad=["i-1"])
    assert queries.token(paris.books.db, "i-1").state is TokenState.AWAY
    take(lyon, order_of(paris), "paris")
    here = order_of(lyon)
    assert (here.number, here.home, here.coming, here.away) == ("R-1001/paris", 1, True, "")
    assert lyon.state("i-1") == "incoming"
    assert "on its way here" in lyon.refused(MoveOrder(order="o-1", event=OrderEvent.ASSESS)).why
    lyon.done(Sight(pieces=("i-1",), zone="pad"))
    assert lyon.state("i-1") == "incoming", "a client's thing is received with its order"
    lyon.desk.forget_sightings()
    assert lyon.refused(ReceiveOrder(order="o-1")).code is Why.NOT_SEEN
    lyon.done(ReceiveOrder(order="o-1"), pad=["i-1"])
    assert lyon.state("i-1") == "here"
    assert replica.piece(lyon.books.db, "i-1").epc == EPC, "its tag came along"
    lyon.done(MoveOrder(order="o-1", event=OrderEvent.ASSESS))
    lyon.done(QuoteOrder(order="o-1", lines=(QuoteLine(line="l", description="Work", gross_minor=0, tax_bp=0),)))
    assert replay.differences(lyon.books) == []
    assert replay.differences(paris.books) == []


def test_what_came_with_it_is_spent_there_and_told_twice_it_came_once(house, pay_cash):
    paris, lyon = layaway(house["paris"]), house["lyon"]
    paid(paris, 30_000, pay_cash)
    hand(paris, pad=["ring"])
    told = take(lyon, order_of(paris), "paris", amount_minor=30_000)
    lyon.obey(told)
    part = load_slice(lyon.books.db, account_of("o-1"))
    assert (part.held_minor, part.currency, part.client) == (30_000, "EUR", "p-1")
    lyon.done(OpenSale(sale="s-9", till="till-1", currency="EUR"))
    lyon.done(TakeDeposit(sale="s-9", account=account_of("o-1"), amount_minor=90_000, what="L-1001/paris"))
    (line,) = queries.asked(lyon.books.db, "s-9")
    assert (line.kind, line.gross_minor) == (LineKind.DEPOSIT, 90_000)


def test_a_thing_on_its_way_is_still_awaited_after_a_rejoin(house):
    """What the simulation found: a box that rejoined forgot what it had not received yet."""
    paris, lyon = repair(house["paris"]), house["lyon"]
    hand(paris, pad=["i-1"])
    take(lyon, order_of(paris), "paris")
    with lyon.books.transaction() as tx:
        tx.must_rejoin("the test says so")
    lyon.join(epoch="e2", term=TERM + 1, logs=lyon.log_heads())
    assert lyon.state("i-1") == "incoming"
    lyon.done(ReceiveOrder(order="o-1"), pad=["i-1"])
    assert lyon.state("i-1") == "here"


def test_it_comes_home_under_its_own_number_and_an_older_word_changes_nothing(house):
    paris, lyon = repair(house["paris"]), house["lyon"]
    hand(paris, pad=["i-1"])
    first = take(lyon, order_of(paris), "paris")
    lyon.done(ReceiveOrder(order="o-1"), pad=["i-1"])
    lyon.done(HandOrder(order="o-1", to="paris", transfer="t-2"), pad=["i-1"])
    take(paris, order_of(lyon), "lyon")
    assert (order_of(paris).number, order_of(paris).home, order_of(paris).away) == ("R-1001", 2, "")
    lyon.obey(first)
    assert order_of(lyon).away == "paris"
    assert paris.state("i-1") == "incoming"


def test_the_clients_answer_is_heard_while_the_thing_is_on_its_way(house):
    paris, lyon = repair(house["paris"]), house["lyon"]
    paris.done(MoveOrder(order="o-1", event=OrderEvent.ASSESS))
    paris.done(QuoteOrder(order="o-1", lines=(QuoteLine(line="l", description="Work", gross_minor=900, tax_bp=0),)))
    hand(paris, pad=["i-1"])
    answer = AnswerOrder(order="o-1", approved=True, quote=1)
    paris.obey(answer)
    assert order_of(paris).quote.approved is None
    take(lyon, order_of(paris), "paris")
    lyon.obey(answer)
    assert order_of(lyon).quote.approved is True


@pytest.mark.parametrize(
    ("said", "meant"), [("r1042/Paris", "R-1042/paris"), ("R 1042", "R-1042"), ("ring/1", "ring/1")]
)
def test_people_type_where_a_number_was_given(said, meant):
    assert typed(said) == meant
