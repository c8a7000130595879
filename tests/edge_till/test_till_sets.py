"""A set is sold whole, unless somebody who may answers for parting it; and pieces are found in the replica."""

import msgspec
import pytest

from contract.facts import Tender, TenderKind
from contract.feed import FeedPage, FeedRow, PieceCard
from edge.books import replica, seeking
from edge.books.db import Database
from edge.till import queries
from edge.till.desk import Done
from trade.acts import RecordSale, Ship
from trade.refusal import Why
from trade.sale import SaleState
from trade.seek import SeekError

BLANK = PieceCard(
    piece="", sku="", title="", category="brooch", metal="gold", fineness=750, weight_mg=4_000, stones="",
    price_minor=120_000, currency="EUR", tax_bp=2_000, epc="",
)  # fmt: skip
PARTED = "without The right (RIGHT), of the same set"


@pytest.fixture
def pair(new_shop, a_card):
    """A pair of earrings, and the card of both together, which has no tag."""
    return tell(
        new_shop().join("left", "right", "pair").open_shift(),
        a_card("left", set_of="pair"),
        a_card("right", set_of="pair"),
        a_card("pair", epc=""),
    )


def tell(shop, *cards, since=10):
    rows = tuple(FeedRow(rev=n, scope="*", key=f"piece:{one.piece}", body=one) for n, one in enumerate(cards, since))
    replica.take(shop.books, FeedPage(rows=rows, upto=since + len(rows), more=False))
    return shop


def sell(shop, *pieces, by="lea", sale="s1"):
    shop.cart(sale, *pieces)
    paid = (Tender(kind=TenderKind.CASH, amount_minor=120_000 * len(pieces)),)
    return shop.do(RecordSale(sale=sale, tenders=paid), by=by, pad=pieces)


def test_one_of_a_pair_is_not_sold_alone_and_the_refusal_names_its_partner(pair):
    answer = sell(pair, "left")
    assert answer.refusal.code is Why.NEEDS_APPROVAL
    assert PARTED in answer.refusal.why
    assert queries.sale(pair.books.db, "s1").state is SaleState.OPEN


def test_both_of_a_pair_are_sold_without_asking_anybody_and_the_untagged_whole_is_only_a_name(pair):
    assert isinstance(sell(pair, "left", "right"), Done)


def test_who_may_parts_a_pair(pair):
    assert isinstance(sell(pair, "left", by="anna"), Done)
    assert isinstance(sell(pair, "right", sale="s2"), Done), "what is left alone is sold alone"


def test_a_partner_that_is_not_here_is_missed_by_nobody(pair):
    pair.done(Ship(transfer="t1", to="lyon", pieces=("right",)), pad=["right"])
    assert isinstance(sell(pair, "left"), Done)


def test_a_set_taken_apart_is_pieces_of_their_own(pair, a_card):
    tell(pair, a_card("right"), since=20)
    assert isinstance(sell(pair, "left"), Done)


def test_a_tagged_whole_is_a_piece_of_its_set(pair, a_card):
    tell(pair, a_card("pair", epc="30AB"), since=20)
    assert "without The pair (PAIR)" in sell(pair, "left", "right").refusal.why


def names(shop, query, **more):
    return [card.piece for card in replica.search(shop.books.db, query, **more)]


def test_a_piece_is_found_by_name_first_then_by_words_and_filters(shop, a_card):
    tell(
        shop,
        a_card("p1", title="Brooch, beside p2", serial="B-1042", certificates=("GIA 2141438171",), home_zone="case-1"),
        a_card("p2", title="Émeraude brooch", metal="platinum", price_minor=900_000, home_zone="case-2"),
    )
    assert names(shop, "p2") == ["p2", "p1"]
    assert (names(shop, "b-1042"), names(shop, "gia 2141438171"), names(shop, "emeraude")) == (["p1"], ["p1"], ["p2"])
    assert (names(shop, "beside price<5000"), names(shop, "metal:platinum"), names(shop, "beside weight>4")) == (
        ["p1"],
        ["p2"],
        [],
    )
    assert (names(shop, "brooch", zone="case-2"), names(shop, "by emeraude")) == (["p2"], [])
    assert names(shop, "serial:B-10 certificate:GIA") == ["p1"]
    with pytest.raises(SeekError):
        names(shop, "metal:")


def test_search_follows_the_feed_also_when_a_card_is_taken_back(shop, a_card):
    tell(shop, a_card("p1", title="Aurora brooch"))
    assert names(shop, "aurora") == ["p1"]
    tell(shop, a_card("p1", title="Vega brooch"), since=20)
    assert (names(shop, "aurora"), names(shop, "vega")) == ([], ["p1"])
    gone = FeedPage(rows=(FeedRow(rev=30, scope="*", key="piece:p1", body=None),), upto=30, more=False)
    replica.take(shop.books, gone)
    assert names(shop, "vega") == []


def test_books_of_before_this_search_are_filled_once(shop, a_card):
    tell(shop, a_card("p1", title="Aurora brooch"))
    db: Database = shop.books.db
    with shop.books.transaction():
        db.clear("seek")
    assert names(shop, "aurora") == [], "the control"
    with shop.books.transaction():
        assert seeking.fill(db) >= 1
        assert seeking.fill(db) == 0
    assert names(shop, "aurora") == ["p1"]


@pytest.fixture
def a_card():
    def make(piece, **more):
        told = {"title": f"The {piece}", "epc": f"{abs(hash(piece)):024X}"[:24], **more}
        return msgspec.structs.replace(BLANK, piece=piece, sku=piece.upper(), **told)

    return make
