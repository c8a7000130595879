"""A client checks a receipt: what our log says of its code, to anybody who has it, and nothing to those who guess."""

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from cloud import pages
from cloud.desk import Desk
from cloud.pos.receipts import pages as receipts
from cloud.pos.receipts.queries import with_code
from cloud.tables import inbox
from contract.facts import SaleOpened
from contract.receipt_code import read_code, short_head
from web.attempts import FREE_ATTEMPTS, Attempts
from web.fit import fit
from web.front import Front
from web.logins import Logins, MemoryLogins
from web.powers import NONE
from web.templating import make_templates

WRONG = "0000-0000-0000-0000"


@pytest.fixture
def page(house, browse):
    app = FastAPI()
    desk = Desk(office=house.office, now_us=lambda: 1, mono_us=lambda: 1, new_id=lambda: "n")
    folders = {"receipts": pages.CLOUD / "pos" / "receipts" / "templates"}
    logins = Logins(MemoryLogins(), lambda _user: None, now_us=lambda: 1, chance=bytes, powers=lambda _card: NONE)
    fit(
        app,
        Front(
            "office",
            "Vitrine",
            logins,
            make_templates(folders, {}, "UTC", lambda: 1),
            secure=False,
            nav=(),
            place="Maison",
        ),
    )
    app.include_router(receipts.router(desk, Attempts()))
    return browse(app)


@pytest.fixture
def code(house):
    """Of a sale, with a row before and one after it."""
    box = house.store("paris", "p1")
    opened = SaleOpened(sale="s0", till="till-1", associate="ana", currency="EUR")
    box.write(opened)
    box.write(house.sale(box, "s1", "p1"), by="ana")
    box.write(opened)
    box.send()
    return short_head(bytes.fromhex(box.head(2)))


def test_a_receipt_in_our_books_shows_store_day_and_total_and_nobodys_name(page, code):
    for typed in (code, code.lower().replace("-", " ")):
        shown = page.get("/receipt", params={"code": typed})
        assert shown.status_code == 200
        for word in ("This receipt is in our books", "Paris", "paris-till-1-000001", "22 Nov 2026", "1,200.00"):
            assert word in shown.text
        assert "ana" not in shown.text.lower().replace("paris", "")


def test_a_code_of_no_receipt_is_not_in_our_books(page, house, code):
    assert "not in our books" in page.get("/receipt", params={"code": WRONG}).text
    with house.office.reading() as tx:
        heads = [bytes(row["head"]) for row in tx.rows(sa.select(inbox.c.head).order_by(inbox.c.seq))]
        found = [with_code(tx, head[:10]) is not None for head in heads]
        assert found == [head[:10] == read_code(code) for head in heads]
        assert sum(found) == 1
        assert with_code(tx, b"\xff" * 10) is None


def test_who_guesses_waits_and_a_right_code_forgives(page, code):
    for _ in range(2 * FREE_ATTEMPTS):
        assert page.get("/receipt", params={"code": code}).status_code == 200
    answers = [page.get("/receipt", params={"code": WRONG}).status_code for _ in range(FREE_ATTEMPTS + 2)]
    assert answers == [404] * FREE_ATTEMPTS + [429] * 2
    assert "wait 5 seconds" in page.get("/receipt", params={"code": code}).text


def test_what_is_no_code_is_said_beside_the_form_and_costs_no_try(page):
    for _ in range(FREE_ATTEMPTS + 2):
        answer = page.get("/receipt", params={"code": "<b>12"})
        assert answer.status_code == 422
        assert "16 letters and digits" in answer.text
        assert "<b>12" not in answer.text
    assert page.get("/receipt").status_code == 200
