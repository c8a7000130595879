"""What the house asks: promotions and taxes out of the feed, into the cart, the receipt and the books."""

import msgspec

from contract.facts import SaleRecorded, Tender, TenderKind
from contract.feed import (
    FeedPage,
    FeedRow,
    PromotionCard,
    PromotionKind,
    SettingsCard,
    TaxCard,
    TaxPart,
    TaxRounding,
)
from edge.books import replica
from edge.books.db import Database, statements
from edge.books.fold_sales import load_sale
from edge.till import queries
from trade.acts import AddPiece, OpenSale, OpenShift, RecordSale

STATE = TaxCard(
    tax="ny",
    name="Sales tax",
    parts=(TaxPart(code="state", name="State", rate_bp=400), TaxPart(code="city", name="City", rate_bp=450)),
    included=False,
)
SEASON = PromotionCard(
    promotion="season",
    name="Season",
    how=PromotionKind.PERCENT,
    off_bp=1_000,
    from_day="2026-11-01",
    to_day="2026-11-30",
)


def told(shop, *bodies, rev=50):
    rows = tuple(FeedRow(rev=rev + n, scope="*", key=f"x:{rev + n}", body=body) for n, body in enumerate(bodies))
    replica.take(shop.books, FeedPage(rows=rows, upto=rev + len(rows), more=False))


def opened(shop, day="2026-11-29"):
    shop.do(OpenShift(shift="sh", till="till-2", business_day=day, float_minor=0, currency="EUR"))
    shop.do(OpenSale(sale="s", till="till-2", currency="EUR"))
    shop.do(AddPiece(sale="s", piece="ring"), pad=["ring"])


def recorded(shop, minor):
    tender = Tender(kind=TenderKind.CARD, amount_minor=minor, reference="slip 7")
    done = shop.do(RecordSale(sale="s", tenders=(tender,)), pad=["ring"])
    return next(fact for fact in done.entries[0].facts if isinstance(fact, SaleRecorded))


def test_the_cart_shows_what_will_be_recorded(shop):
    told(shop, SEASON)
    opened(shop)
    (line,) = queries.asked(shop.books.db, "s")
    fact = recorded(shop, line.gross_minor)
    assert (line.promotion, line.promotion_minor, line.gross_minor) == ("season", 12_000, 108_000)
    assert fact.lines == (line,)
    assert queries.sale_lines(shop.books.db, "s") == [line]


def test_a_promotion_that_is_over_by_the_shifts_day_takes_nothing_off(shop):
    told(shop, SEASON)
    opened(shop, day="2026-12-01")
    assert queries.asked(shop.books.db, "s")[0].gross_minor == 120_000


def test_taxes_on_top_are_named_one_by_one_and_outlive_the_books(shop):
    told(shop, STATE, SettingsCard(store="paris", tax_rounding=TaxRounding.RECEIPT))
    ring = replica.piece(shop.books.db, "ring")
    told(shop, msgspec.structs.replace(ring, tax="ny"), rev=90)
    opened(shop)
    fact = recorded(shop, 130_200)
    assert [(tax.code, tax.tax_minor) for tax in fact.lines[0].taxes] == [("state", 4_800), ("city", 5_400)]
    assert (fact.total_minor, fact.tax_minor) == (130_200, 10_200)
    assert load_sale(shop.books.db, "s").lines == fact.lines


def test_a_sale_of_older_books_keeps_its_lines():
    old = Database(None)
    sql = statements()
    old._db.executescript(sql["schema"] + "".join(sql[f"upgrade_{step}"] for step in range(2, 10)))
    old._db.executescript(
        "INSERT INTO sale VALUES ('s', 'till-1', 'anna', 'EUR', 'open', 1, '', 0, '', 0, 0, '', '', 0, 0, '');"
        "INSERT INTO sale_line VALUES ('s', 'l2', 1, 'goods', 'chain, 40 cm', 500, 500, 2000, 83, NULL, 0, NULL, 1000, 0, 3);"
        "INSERT INTO sale_line VALUES ('s', 'l1', 0, 'piece', 'ring', 900, 800, 2000, 133, 'ring', 7, 'c1', 1000, 100, 3);"
        "PRAGMA user_version = 9;"
    )
    old.prepare()
    ring, chain = load_sale(old, "s").lines
    assert (ring.piece, ring.claim, ring.discount_minor, ring.gross_minor) == ("ring", "c1", 100, 800)
    assert (chain.piece, chain.claim, chain.tax_minor, chain.quantity_milli) == (None, None, 83, 1_000)
