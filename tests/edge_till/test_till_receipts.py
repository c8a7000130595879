"""Receipts in a store's books: found by number and by code, read as they were written, handed over and counted."""

import msgspec

from contract.facts import ReceiptForm, ReceiptGiven, Tender, TenderKind
from contract.feed import EarnRule, FeedPage, FeedRow, LoyaltyCard, SettingsCard, StaffCard, StoreCard
from contract.receipt_code import read_code, short_head
from edge.books import replica
from edge.books.fold_receipts import load_handed
from edge.receipts import finding
from edge.till.desk import Desk
from trade.acts import GiveReceipt, RecordSale, ReturnPieces
from trade.receipt import ReceiptKind

HERE = StoreCard(store="paris", name="Here", currency="EUR")


def told(shop, *bodies):
    """As the office says it from now on."""
    rev = shop.books.node().feed_rev + 1
    named = [f"staff:{body.user}" if isinstance(body, StaffCard) else type(body).__name__ for body in bodies]
    rows = tuple(FeedRow(rev=rev, scope="*", key=key, body=body) for key, body in zip(named, bodies, strict=True))
    replica.take(shop.books, FeedPage(rows=rows, upto=rev, more=False))


def settings(**more):
    return SettingsCard(store="paris", legal_name="Maison SAS", check_url="https://m.example/receipt", **more)


def give(shop, name, gift=False):  # noqa: FBT002 - the word beside it says it
    return shop.do(GiveReceipt(give=name, receipt="s1", form=ReceiptForm.PAPER, gift=gift))


def test_a_receipt_is_read_from_the_row_and_its_code_is_that_rows_head(shop):
    told(shop, settings())
    shop.sell("s1", "ring")
    found = finding.find(shop.books.db, "s1", HERE)
    counter = shop.counter()
    assert found.code == short_head(counter.head)
    assert found.check_url == f"https://m.example/receipt?code={found.code}"
    assert (found.number, found.total_minor, found.served_by) == ("paris-till-1-000001", 120_000, "Anna")
    assert found.seller.legal_name == "Maison SAS"
    assert found.moves_cash


def test_years_later_it_says_what_it_said_then_whatever_the_office_says_now(shop):
    told(shop, settings(language="fr", receipt_foot="Merci"))
    shop.sell("s1", "ring")
    before = finding.find(shop.books.db, "s1", HERE)
    told(shop, settings(language="de", receipt_foot="Danke", tax_number="DE 1"))
    shop.sell("s2", "brooch")
    assert finding.find(shop.books.db, "s1", HERE) == before
    assert finding.find(shop.books.db, "s2", HERE).language == "de"
    told(shop, StaffCard(user="anna", name="Anna Neu", roles=()))
    assert finding.find(shop.books.db, "s1", HERE) == msgspec.structs.replace(before, served_by="Anna Neu")


def test_it_is_found_by_its_number_and_by_its_code(shop):
    shop.sell("s1", "ring")
    shop.sell("s2", "brooch")
    db = shop.books.db
    second = finding.find(db, "s2", HERE)
    for typed in ("2", "000002", "till-1-2", "paris-till-1-000002", second.code, second.code.lower().replace("-", " ")):
        assert [row.receipt for row in finding.search(db, typed)] == ["s2"], typed
    assert read_code(second.code)
    for typed in ("", "3", "till-9-2", "x", "0000-0000-0000-0000", "9" * 40):
        assert finding.search(db, typed) == []
    assert [row.receipt for row in finding.newest(db)] == ["s2", "s1"]


def test_the_first_is_the_original_and_gift_receipts_are_counted_by_themselves(shop):
    shop.sell("s1", "ring")
    give(shop, "g1")
    give(shop, "g2")
    give(shop, "g2")
    give(shop, "g3", gift=True)
    given = [fact for fact in shop.facts() if isinstance(fact, ReceiptGiven)]
    assert [(fact.give, fact.copy, fact.gift) for fact in given] == [
        ("g1", 0, False),
        ("g2", 1, False),
        ("g3", 0, True),
    ]
    assert [row.by for row in finding.givens(shop.books.db, "s1")] == ["anna"] * 3
    assert len(load_handed(shop.books.db, "s1").given) == 3
    drawn = finding.as_given(finding.find(shop.books.db, "s1", HERE), finding.givens(shop.books.db, "s1")[1])
    assert drawn.copy_words == "Copy 1"


def test_nobody_hands_over_what_was_never_sold_nor_without_leave(shop):
    assert shop.refused(GiveReceipt(give="g", receipt="nothing", form=ReceiptForm.PDF)).code == "not_found"
    shop.sell("s1", "ring")
    told(shop, StaffCard(user="guard", name="G", roles=("loss_prevention",)))
    refused = shop.refused(GiveReceipt(give="g", receipt="s1", form=ReceiptForm.PDF), by="guard")
    assert refused.code == "not_allowed"
    assert not finding.givens(shop.books.db, "s1")


def test_a_refund_has_a_receipt_of_its_own_with_what_came_back(shop):
    told(shop, settings())
    shop.sell("s1", "ring", "brooch")
    back = (Tender(kind=TenderKind.CASH, amount_minor=120_000),)
    act = ReturnPieces(sale="s1", pieces=("ring",), till="till-1", tenders=back, reason="too small")
    shop.done(act, pad=["ring"])
    refund = finding.find(shop.books.db, "s1:till-1:2", HERE)
    assert (refund.kind, refund.number, refund.total_minor) == (ReceiptKind.RETURN, "paris-till-1-000002", 120_000)
    assert [line.text for line in refund.lines] == ["The ring"]
    assert refund.code
    assert refund.code != finding.find(shop.books.db, "s1", HERE).code
    assert shop.refused(GiveReceipt(give="g", receipt="s1:till-1:2", form=ReceiptForm.PAPER, gift=True))


def test_a_store_without_an_office_prints_the_name_it_was_given(new_shop):
    shop = new_shop()
    shop.desk = Desk(shop.books, store=HERE)
    shop.join("ring").open_shift().sell("s1", "ring")
    assert finding.find(shop.books.db, "s1", HERE).seller.name == "Here"


def test_books_brought_forward_know_the_receipts_they_had(new_shop, disk):
    import sqlite3
    from contextlib import closing

    shop = new_shop(disk).join("ring", "brooch").open_shift()
    shop.sell("s1", "ring")
    back = (Tender(kind=TenderKind.CASH, amount_minor=120_000),)
    shop.done(ReturnPieces(sale="s1", pieces=("ring",), till="till-1", tenders=back, reason="x"), pad=["ring"])
    before = shop.books.db.dump("receipt")
    shop.books.close()
    with closing(sqlite3.connect(disk, isolation_level=None)) as db:
        db.executescript(
            "DROP TABLE receipt; DROP TABLE receipt_given; DROP INDEX journal_trade_head; DROP TABLE value_slice;"
            "DROP TABLE value_ask; DROP TABLE trade_in; DROP TABLE seek_fts; DROP TABLE seek; DROP TABLE seek_key;"
            "DROP TABLE seek_term; ALTER TABLE tender DROP COLUMN rounding_minor; ALTER TABLE tender DROP COLUMN account;"
            "ALTER TABLE tender DROP COLUMN conversion; ALTER TABLE node DROP COLUMN feed_contract;"
            "DROP TABLE value_inquiry; ALTER TABLE cash_move DROP COLUMN currency; DROP TABLE client_order;"
            "DROP TABLE client_order_thing; ALTER TABLE node DROP COLUMN later_term;"
            "DROP TABLE purchase; DROP TABLE appointment; DROP TABLE device; DROP TABLE device_token;"
            "ALTER TABLE login DROP COLUMN device; ALTER TABLE count_verdict DROP COLUMN by; PRAGMA user_version = 15;"
        )
    again = new_shop(disk)
    assert again.books.db.dump("receipt") == before
    assert len(before) == 2
    again.books.close()


def test_a_till_knows_by_what_points_are_earned_and_says_so_on_the_receipt(shop, pay_cash):
    told(shop, LoyaltyCard(rules=(EarnRule(name="All", rate_bp=100),)))
    shop.cart("s1", "ring")
    shop.done(RecordSale(sale="s1", tenders=pay_cash(120_000), client="c-1"), pad=["ring"])
    assert finding.find(shop.books.db, "s1", HERE).notes == ("Earned with this purchase: points worth 12.00 EUR",)
    told(shop, settings())
    assert finding.find(shop.books.db, "s1", HERE).notes == ("Earned with this purchase: points worth 12.00 EUR",), (
        "it says the same for ever"
    )
