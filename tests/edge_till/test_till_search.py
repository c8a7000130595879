"""Search at a store: words by the index or line by line, and the same filters either way."""

import pytest

from contract.feed import FeedPage, FeedRow, PieceCard
from edge.books import replica, seeking
from edge.books.db import statements


@pytest.fixture
def stocked(shop):
    kinds = (
        ("aurora", "gold", 120_000, "case-1"),
        ("boreal", "silver", 40_000, "case-1"),
        ("corona", "gold", 40_000, "safe"),
    )
    cards = [
        PieceCard(
            piece=name, sku=f"REF-{name.upper()}", title=f"The {name} ring", category="ring", metal=metal, fineness=750,
            weight_mg=4_000, stones="", price_minor=price, currency="EUR", tax_bp=2_000, home_zone=zone, epc="",
        )
        for name, metal, price, zone in kinds
    ]  # fmt: skip
    rows = tuple(FeedRow(rev=50 + n, scope="*", key=f"piece:{card.piece}", body=card) for n, card in enumerate(cards))
    replica.take(shop.books, FeedPage(rows=rows, upto=99, more=False))
    return shop.books.db


@pytest.mark.parametrize("words", ["", "ring ", "au or "])
@pytest.mark.parametrize(
    ("filters", "zone", "found"),
    [
        ("metal:gold", "", {"aurora", "corona"}),
        ("metal:gold price<500", "", {"corona"}),
        ("metal:gold", "safe", {"corona"}),
        ("sku:ref-bor", "", {"boreal"}),
        ("metal:platinum", "", set()),
    ],
)
def test_filters_hold_whether_words_are_long_or_short(stocked, words, filters, zone, found):
    wanted = {name for name in found if words != "au or " or name == "aurora"}
    hits = {card.piece for card in replica.search(stocked, words + filters, zone=zone)}
    assert hits - {"ring", "brooch", "watch"} == wanted, "beside the shop's own three"


def test_what_two_statements_ask_alike_stands_in_both():
    named = statements()
    assert named["seek_filter"] in named["seek_words"]
    assert named["seek_filter"] in named["seek_all"]
    assert not [name for name, sql in named.items() if "/* part:" in sql]


def test_two_letters_are_found_wherever_they_stand_in_a_line(shop, monkeypatch):
    """By trigrams that hold the pair, or line by line: the same pieces in the same order."""
    parts = {3: "zq", 700: "azqb", 1_100: "a-zq", 1_150: "z q"}
    cards = [
        PieceCard(
            piece=f"m{at:04d}", sku="R-1", title="Ring" if at == 1_100 else f"{parts.get(at, 'fine')} ring",
            category="ring", metal="gold", fineness=750, weight_mg=4_000, stones="", price_minor=1, currency="EUR",
            tax_bp=2_000, home_zone="", epc="", barcode=parts[1_100] if at == 1_100 else "",
        )
        for at in range(1_200)
    ]  # fmt: skip
    rows = tuple(FeedRow(rev=50 + n, scope="*", key=f"piece:{card.piece}", body=card) for n, card in enumerate(cards))
    replica.take(shop.books, FeedPage(rows=rows, upto=9_999, more=False))
    asked = ("zq", "zq ri", "ri", "qz", "q ", "zq price<1", "zq metal:gold", "%_", "ol zq")
    quick = {query: [card.piece for card in replica.search(shop.books.db, query)] for query in asked}
    assert quick["zq"] == quick["zq ri"] == quick["zq metal:gold"] == ["m0003", "m0700", "m1100"]
    monkeypatch.setattr(seeking, "_paired", lambda _db, _pair: "")
    assert {query: [card.piece for card in replica.search(shop.books.db, query)] for query in asked} == quick
