"""An order whose piece nobody read since the box started or joined again: no word hands it over, as in any sale."""

import pytest

from contract.facts import OrderEvent, OrderKind, Tender, TenderKind
from edge.books import fold_orders
from edge.till.desk import Desk, Refused
from trade.acts import AddOrder, MoveOrder, OpenOrder, OpenSale, RecordSale, RequestPayment, Sight
from trade.guards import Guards
from trade.refusal import Why

PRICE, CLIENT = 120_000, "p-1"
BY_WORD = RecordSale(
    sale="s-1",
    client=CLIENT,
    tenders=(Tender(kind=TenderKind.CASH, amount_minor=PRICE),),
    override="it is in the safe",
)


def in_a_cart(shop):
    """A layaway of a ring that was read here, picked up in a cart."""
    shop.done(Sight(pieces=("ring",), zone="case"))
    told = {"client": CLIENT, "title": "A ring", "currency": "EUR", "pieces": ("ring",)}
    shop.done(OpenOrder(order="o-1", kind=OrderKind.LAYAWAY, **told))
    shop.done(MoveOrder(order="o-1", event=OrderEvent.RESERVE))
    shop.desk.forget_sightings()
    shop.done(OpenSale(sale="s-1", till="till-1", currency="EUR"))
    shop.done(AddOrder(sale="s-1", order="o-1"))
    return shop


@pytest.mark.parametrize("forgets", [True, False])
def test_what_was_read_before_a_rejoin_is_not_collected_unseen_after_it(new_shop, forgets):
    shop = in_a_cart(new_shop(guards=Guards(verify_after_rejoin=forgets)).join("ring").open_shift())
    answer = shop.do(BY_WORD)
    assert isinstance(answer, Refused) is forgets
    if isinstance(answer, Refused):
        assert answer.refusal.code is Why.NOT_SEEN
        assert "let a reader see it" in answer.refusal.why
        shop.done(Sight(pieces=("ring",), zone="safe"))
        shop.done(BY_WORD)
    assert fold_orders.load(shop.books.db, "o-1").state == "collected"


def test_the_terminal_is_not_asked_for_an_order_whose_piece_nobody_read(shop):
    shop.desk = Desk(shop.books, {"till-1": "desk-1"})
    in_a_cart(shop)
    act = RequestPayment(payment="p-1", sale="s-1", amount_minor=PRICE)
    assert shop.refused(act).code is Why.NOT_SEEN
    shop.done(act, pad=["ring"])
