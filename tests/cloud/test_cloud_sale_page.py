"""The office's page of a sale shows all of it: taxes, tenders with their rate, payments, what came back, the postings."""

import msgspec
import pytest

from cloud import app as office_app
from cloud.config import CloudConfig
from cloud.pos.staff.desk import Passwords, put_staff
from contract.facts import (
    Conversion,
    LineTax,
    PaymentCaptured,
    PaymentRequested,
    ReceiptForm,
    ReceiptGiven,
    ReturnedLine,
    ReturnRecorded,
    Share,
    Tender,
    TenderKind,
)
from contract.feed import Role, StaffCard
from contract.ids import UserId

PASSWORD = "long enough for anybody"
FRANCS = Conversion(currency="CHF", amount_minor=10_000, rate_e9=1_043_210_000, source="ECB", quoted_us=7)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('books') / 'office.sqlite3'}"
    cloud = office_app.build(CloudConfig(database_url=url, port=0, second_factor=False))
    verifier = Passwords().verifier(PASSWORD)
    with cloud.desk.work() as work:
        for role in (Role.MANAGER, Role.ASSOCIATE):
            put_staff(work, StaffCard(user=UserId(role), name=role.title(), roles=(role,)), verifier)
        boss = StaffCard(user=UserId("ada"), name="Ada", roles=(Role.ADMIN,))
        put_staff(work, boss, verifier)
        here = StaffCard(user=UserId("lou"), name="Lou", roles=(Role.MANAGER,), stores=("lyon",))
        put_staff(work, here, verifier)
    yield cloud
    cloud.office.close()


@pytest.fixture(scope="module")
def ask(cloud, browse):
    browser = browse(cloud.app)
    tokens = {}

    def asked(user, path, **form):
        if user not in tokens:
            told = browser.post("/api/v1/login", json={"user": str(user), "password": PASSWORD}).json()
            tokens[user] = {"Authorization": f"Bearer {told['token']}"}
        accept = {} if path.startswith("/api") else {"Accept": "text/html"}
        if form:
            answer = browser.post(path, data=form, headers={**accept, **tokens[user]})
            return asked(user, answer.headers["location"]) if answer.status_code == 303 else answer
        return browser.get(path, headers={**accept, **tokens[user]})

    return asked


@pytest.fixture(scope="module")
def sold(cloud, house_type, ask):
    """Two rings for a card, francs and cash; one of them comes back for repair, its money as credit."""
    house = house_type(cloud.office)
    box = house.store("paris", "p1", "p2")
    base = house.sale(box, "s1", "p1", "p2")
    tax = LineTax(code="FR-20", rate_bp=2_000, base_minor=100_000, tax_minor=20_000)
    lines = tuple(msgspec.structs.replace(line, tax="FR-20", taxes=(tax,)) for line in base.lines)
    lines = (
        msgspec.structs.replace(lines[0], list_price_minor=130_000, discount_minor=10_000, approved_by="manager"),
        lines[1],
    )
    tenders = (
        Tender(kind=TenderKind.CARD, amount_minor=200_000, payment="pay-1"),
        Tender(kind=TenderKind.CASH, amount_minor=10_432, conversion=FRANCS),
        Tender(kind=TenderKind.CASH, amount_minor=29_568, rounding_minor=2, change_minor=5_000),
    )
    shares = (Share(associate="associate", share_bp=10_000, rate_bp=200, base_minor=200_000, commission_minor=4_000),)
    sale = msgspec.structs.replace(base, lines=lines, tenders=tenders, gift=True, shares=shares, client="c-7")
    request = PaymentRequested(
        payment="pay-1", sale="s1", till="till-1", terminal="front", amount_minor=200_000, currency="EUR",
    )  # fmt: skip
    captured = PaymentCaptured(
        payment="pay-1",
        sale="s1",
        amount_minor=200_000,
        currency="EUR",
        brand="visa",
        last4="4242",
        auth_code="A77",
        reference="psp-9",
    )
    box.write(request)
    box.write(captured)
    box.write(sale)
    box.write(ReceiptGiven(give="g1", receipt="s1", sale="s1", till="till-1", form=ReceiptForm.PAPER, gift=True))
    credit = Tender(kind=TenderKind.STORE_CREDIT, amount_minor=120_000, account="credit-c-7", reference="of c-7")
    part = ReturnedLine(
        line=lines[1].line, gross_minor=120_000, tax_minor=20_000, quantity_milli=1_000, taxes=(tax,), piece="p2",
        disposition="repair",
    )  # fmt: skip
    box.write(
        ReturnRecorded(
            sale="s1", lines=(lines[1].line,), pieces=("p2",), till="till-1", shift="shift-1", receipt_number=2,
            business_day="2026-11-23", currency="EUR", tenders=(credit,), total_minor=120_000, tax_minor=20_000,
            reason="a loose stone", approved_by="manager", returns="r1", parts=(part,), sold=(lines[1],),
        )
    )  # fmt: skip
    box.send()
    return ask


def test_the_page_shows_every_part_of_a_sale(sold):
    page = " ".join(sold(Role.MANAGER, "/sales/paris/s1").text.split())
    for words in (
        "FR-20 20 % of €1,000.00",
        "approved by Manager",
        "CHF 100.00 at 1.04321",
        "ECB",
        "€50.00 change given",
        "rounded by €0.02",
        "at terminal front, visa …4242, authorised A77",
        "psp-9",
        "23 Nov 2026: €1,200.00 back, to the workshop",
        "A loose stone",
        "Approved by Manager.",
        "Store credit",
        "of c-7",
        "A gift receipt, without prices, was asked for",
        "Original · of the gift receipt, on paper",
        "Associate, 100 %",
        "In the ledger",
        "Card clearing",
        "Store credit liability",
    ):
        assert words in page, words


def test_the_postings_are_for_who_may_see_the_ledger(sold):
    page = sold(Role.ASSOCIATE, "/sales/paris/s1").text
    assert "Paid by" in page
    assert "In the ledger" not in page
    assert "Card clearing" not in page
    assert sold("lou", "/sales/paris/s1").status_code == 403, "who is of another store sees none of it"


def test_the_api_tells_the_same_and_a_part_of_another_line_is_not_mixed_up(sold):
    told = sold(Role.MANAGER, "/api/v1/sales/paris/s1").json()
    kept, back = told["lines"]
    assert (kept["returned"], kept["back"]) == (False, [])
    assert (back["returned"], back["back"][0]["disposition"], back["back"][0]["receipt_number"]) == (True, "repair", 2)
    assert [each["foreign_currency"] for each in told["tenders"]] == ["", "CHF", ""]
    assert told["refunds"][0]["tenders"][0]["account"] == "credit-c-7"
    assert (told["gift"], told["shares"][0]["commission_minor"]) == (True, 4_000)


def test_goods_are_listed_and_come_in_with_their_cost_on_the_page(sold):
    form = {"goods_name": "melee", "title": "Melee", "unit": "ct", "price": "450", "currency": "EUR", "active": "yes"}
    assert sold("ada", "/goods", **form).status_code == 200
    booked = {"goods_name": "melee", "at": "paris", "quantity": "10", "cost": "2000.50", "why": "delivery 7"}
    page = sold("ada", "/goods/stock", **booked).text
    assert "10 ct" in page
    assert "cost €2,000.50" in page
    assert "cost €2,100.50" in sold("ada", "/goods/stock", **{**booked, "quantity": "", "cost": "100"}).text


def test_a_card_is_given_another_day_on_its_page(sold):
    page = sold("ada", "/owed/credit-c-7/until", day="2031-01-31", why="the client was ill").text
    assert "31 Jan 2031" in page
    assert "the client was ill" in page
    assert sold("ada", "/owed/credit-c-7/until", day="soon", why="the client was ill").status_code == 409
