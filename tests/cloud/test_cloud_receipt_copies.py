"""The office finds any store's receipt by number or code, and hands out numbered copies that are the store's own."""

import msgspec
import pytest
from fastapi import FastAPI

from cloud import pages
from cloud.desk import Desk
from cloud.pos.receipts import office, paper
from contract.facts import ReceiptForm, ReceiptGiven, ReceiptText, Seller
from contract.receipt_code import short_head
from web.receipts import page as drawn_page
from web.receipts.pdf import pdf

TEXT = ReceiptText(
    template=1, language="fr", time_zone="Europe/Paris", seller=Seller(name="Maison Paris", tax_number="FR 1"),
    check_url="https://m.example/receipt",
)  # fmt: skip


@pytest.fixture
def sold(house):
    """A sale of paris, its receipt handed over once; gives its code."""
    box = house.store("paris", "p1")
    box.write(msgspec.structs.replace(house.sale(box, "s1", "p1"), receipt=TEXT), by="ana")
    head = box.head(1)
    box.write(ReceiptGiven(give="g1", receipt="s1", sale="s1", till="till-1", form=ReceiptForm.PAPER), by="ana")
    box.send()
    return short_head(bytes.fromhex(head))


def test_it_is_found_by_number_and_code_and_says_what_the_stores_paper_says(house, sold):
    with house.office.reading() as tx:
        for typed in ("1", "paris-till-1-000001", sold, ""):
            assert [(row.store, row.receipt) for row in paper.search(tx, typed)] == [("paris", "s1")], typed
        for typed in ("2", "lyon-till-1-000001", "x", "0000-0000-0000-0000"):
            assert paper.search(tx, typed) == []
        receipt = paper.receipt(tx, "paris", "s1")
        assert (receipt.number, receipt.code) == ("paris-till-1-000001", sold)
        assert (receipt.seller.name, receipt.language, receipt.copy) == ("Maison Paris", "fr", 0)
        assert [(one.copy, one.office) for one in paper.givens(tx, "paris", "s1")] == [(0, False)]
        assert paper.receipt(tx, "paris", "s9") is None
        assert paper.receipt(tx, "paris", "s1:till-1:x") is None


def test_every_copy_of_the_office_is_numbered_and_named_the_offices(house, sold):
    desk = Desk(office=house.office, now_us=lambda: 5, mono_us=lambda: 1, new_id=lambda: "n")
    drawn = []
    for name in ("c1", "c2"):
        with desk.work() as work:
            drawn.append(paper.copy(work, "paris", "s1", give=name, by="max"))
    assert [one.copy_words for one in drawn] == ["Duplicata 1 · Head office", "Duplicata 2 · Head office"]
    with house.office.reading() as tx:
        assert sorted((one.copy, one.by) for one in paper.givens(tx, "paris", "s1") if one.office) == [
            (1, "max"),
            (2, "max"),
        ]
        assert pdf(msgspec.structs.replace(paper.receipt(tx, "paris", "s1"), copy=1, copied_by=paper.OFFICE)) == pdf(
            drawn[0]
        )
    with desk.work() as work:
        assert paper.copy(work, "paris", "nothing", give="c3", by="max") is None


def test_a_sale_of_the_first_release_is_drawn_with_what_is_known_now(house):
    box = house.store("paris", "p1")
    box.write(house.sale(box, "s1", "p1"), by="ana")
    box.send()
    with house.office.reading() as tx:
        receipt = paper.receipt(tx, "paris", "s1")
    assert receipt.seller.name == "Paris"
    assert receipt.code


def test_every_route_of_it_says_who_may():
    from web.policy import undeclared

    app = FastAPI()
    app.include_router(office.router(None))
    assert not [name for name in undeclared(app) if "receipts" in name]
    assert drawn_page.TEMPLATES.is_dir()
    assert "receipts" in pages.NOUNS
