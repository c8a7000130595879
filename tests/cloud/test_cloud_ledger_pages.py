"""The office's pages of money: they open, lead down to the entry, close a month, and show nobody else's commission."""

import msgspec
import pytest
import sqlalchemy as sa

from cloud import app as office_app
from cloud.config import CloudConfig
from cloud.pos.ledger import kept
from cloud.pos.pieces.columns import Backing
from cloud.pos.pieces.desk import bring_in
from cloud.pos.sales.desk import resolve
from cloud.pos.staff.desk import Passwords, put_staff
from cloud.tables import posting
from contract import giftcard
from contract.commands import CustodyState
from contract.facts import LineKind, SaleLine, Share, Tender, TenderKind, TradeIn, TradeInTaken
from contract.feed import Ownership, Role, StaffCard
from contract.ids import StoreId, UserId

PASSWORD = "long enough for anybody"
SHARES = (Share(associate="associate", share_bp=10_000, rate_bp=200, base_minor=100_000, commission_minor=2_000),)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    folder = tmp_path_factory.mktemp("books")
    url = f"sqlite:///{folder / 'office.sqlite3'}"
    cloud = office_app.build(CloudConfig(database_url=url, port=0, second_factor=False))
    verifier = Passwords().verifier(PASSWORD)
    with cloud.desk.work() as work:
        for role in Role:
            put_staff(work, StaffCard(user=UserId(role), name=role.title(), roles=(role,)), verifier)
    yield cloud
    cloud.office.close()


@pytest.fixture(scope="module")
def face(cloud, browse):
    browser = browse(cloud.app)

    def ask(role: Role, path: str, **form: str):
        headers = {"Accept": "text/html", **tokens[role]}
        return browser.post(path, data=form, headers=headers) if form else browser.get(path, headers=headers)

    tokens = {}
    for role in (Role.ADMIN, Role.MANAGER, Role.ASSOCIATE):
        told = browser.post("/api/v1/login", json={"user": role.value, "password": PASSWORD}).json()
        tokens[role] = {"Authorization": f"Bearer {told['token']}"}
    return ask


@pytest.fixture(scope="module")
def sold(cloud, house_type, face):
    house = house_type(cloud.office)
    box = house.store("paris", "p1")
    fact = msgspec.structs.replace(house.sale(box, "s1", "p1"), shares=SHARES, business_day="2025-11-22")
    box.write(fact)
    box.send()
    return face


def test_from_the_trial_balance_down_to_the_entry(sold):
    page = sold(Role.MANAGER, "/ledger?period=2025-11").text
    assert "Trial balance" in page
    assert "the two sides are equal" in page
    account = sold(Role.MANAGER, "/ledger/accounts/sales_tax_payable?store=paris&period=2025-11").text
    assert "/ledger/entry?store=paris" in account
    assert "By tax code" in account
    entry = sold(Role.MANAGER, "/ledger/entry?store=paris&posting=sale:s1").text
    assert "/sales/paris/s1" in entry
    assert "Reverse it" not in entry
    assert "Reverse it" in sold(Role.ADMIN, "/ledger/entry?store=paris&posting=sale:s1").text
    assert sold(Role.MANAGER, "/ledger/accounts/the-bosss-pocket").status_code == 404
    assert sold(Role.ASSOCIATE, "/ledger").status_code == 403


def test_the_journal_leaves_as_a_file(sold):
    for form in ("csv", "fec"):
        answer = sold(Role.MANAGER, f"/api/v1/ledger/journal.{form}?store=paris&period=2025-11")
        assert "journal-paris-2025-11" in answer.headers["content-disposition"]
        assert "s1" in answer.text


def test_an_associate_sees_their_own_commission_and_nobody_elses(sold):
    assert "Associate" in sold(Role.ASSOCIATE, "/commissions").text
    assert sold(Role.ASSOCIATE, "/commissions/associate?period=2025-11").status_code == 200
    assert sold(Role.ASSOCIATE, "/commissions/manager").status_code == 404
    assert "Set the rate" not in sold(Role.ASSOCIATE, "/commissions").text
    asked = {"whose_rate": "associate", "percent": "2.5", "from_day": "2025-11-01", "why": "contract"}
    assert sold(Role.ASSOCIATE, "/commissions/rates", **asked).status_code == 403
    assert sold(Role.ADMIN, "/commissions/rates", **asked).status_code == 303
    assert "2.5 %" in sold(Role.ADMIN, "/commissions").text


def test_only_who_may_closes_a_month_and_a_reversal_counts_in_the_open_one(sold, cloud):
    assert "Close November 2025 in Paris" in sold(Role.ADMIN, "/ledger").text
    asked = {"of": "paris", "period": "2025-11", "why": "audited by the board"}
    assert sold(Role.MANAGER, "/ledger/close", **asked).status_code == 403
    assert sold(Role.ADMIN, "/ledger/close", **asked).status_code == 303
    assert "audited by the board" in sold(Role.MANAGER, "/ledger").text
    wrong = {"of": "paris", "posting": "sale:s1", "why": "rung up twice"}
    assert sold(Role.ADMIN, "/ledger/reverse", **wrong).status_code == 303
    with cloud.office.reading() as tx:
        period = tx.value(sa.select(posting.c.period).where(posting.c.kind == "correction"))
    assert period > "2025-11"


def test_pieces_of_others_are_listed_settled_and_taken_out(cloud, house_type, sold):
    """With the piece of *Today* that says that one is due back."""
    house, box = house_type(cloud.office), None
    with cloud.desk.work() as work:
        cards = [msgspec.structs.replace(house.card(name), ownership=Ownership.CONSIGNED) for name in ("c-1", "c-2")]
        owned = Backing(cost_minor=40_000, cost_currency="EUR", source="Moreau & Fils", due_back="2020-01-31")
        backings = dict.fromkeys(("c-1", "c-2"), owned)
        assert bring_in(work, cards, "paris", state=CustodyState.HERE, backings=backings).errors == []
    box = house.store("lyon", "c-0")
    box.write(msgspec.structs.replace(house.sale(box, "s9", "c-1", receipt=9), business_day="2025-11-22"))
    box.send()
    with cloud.desk.work() as work:
        resolve(work, StoreId("lyon"), "s9", post_it=True, by=UserId("admin"), outcome="sold in earnest")
    page = sold(Role.ADMIN, "/consigned").text
    for words in (
        "Moreau &amp; Fils",
        "\N{EURO SIGN}400.00",
        "Sold, to pay",
        "It was paid",
        "1 is overdue",
        "31 Jan 2020",
    ):
        assert words in page
    assert "piece is due back with its owner" in sold(Role.ADMIN, "/").text
    assert "SKU-c-2" not in sold(Role.ADMIN, "/consigned?which=owed").text
    out = sold(Role.ADMIN, "/consigned?which=owed&as=csv")
    assert (out.headers["content-type"].startswith("text/csv"), "Moreau & Fils" in out.text, "400.00" in out.text) == (
        True, True, True,
    )  # fmt: skip
    assert sold(Role.ASSOCIATE, "/consigned").status_code == 403
    told = {"owner": "Moreau & Fils", "currency": "EUR", "amount": "400.00", "payment": "m-1", "reference": "SEPA 77"}
    paid = sold(Role.ADMIN, "/consigned/paid", **told)
    assert paid.status_code in (200, 303), paid.text
    shown = sold(Role.ADMIN, "/consigned").text
    assert "Sold and paid" in shown
    assert "SEPA 77" in shown
    assert sold(Role.ADMIN, "/consigned/paid", **{**told, "payment": "m-2"}).status_code == 409


def test_what_an_account_is_kept_by_is_called_as_people_call_it_and_leads_there(cloud, house_type, sold):
    box = house_type(cloud.office).store("nice", "n1")
    code = giftcard.make(b"card of Nice")
    line = SaleLine(line="g", kind=LineKind.GIFT_CARD, description=f"Gift card {giftcard.label(code)}",
                    list_price_minor=500, gross_minor=500, tax_bp=0, tax_minor=0, account=giftcard.account_of(code))  # fmt: skip
    fact = house_type(cloud.office).sale(box, "s-gift", receipt=12)
    tenders = (
        Tender(kind=TenderKind.BANK_TRANSFER, amount_minor=400, reference="RF18"),
        Tender(kind=TenderKind.TRADE_IN, amount_minor=100, account="ti-n"),
    )
    box.write(
        msgspec.structs.replace(fact, lines=(line,), total_minor=500, tax_minor=0, tenders=tenders, shares=SHARES)
    )
    box.send()
    given = TradeIn(
        piece="old",
        title="Ring",
        category="ring",
        client="c-1",
        value_minor=100,
        currency="EUR",
        provenance="hers",
        proof="passport",
    )
    box.write(TradeInTaken(account="ti-n", sale="s-gift", trade_in=given))
    box.send()
    card = f'<a href="/owed/{line.account}">Gift card {giftcard.label(code)}</a>'
    assert card in sold(Role.MANAGER, "/ledger/accounts/gift_card_liability?store=nice").text
    entry = sold(Role.MANAGER, "/ledger/entry?store=nice&posting=sale:s-gift").text
    assert card in entry
    assert '<a href="/sales/nice/s-gift">nice-till-1-000012</a>' in entry
    assert (
        '<a href="/commissions/associate">Associate</a>'
        in sold(Role.MANAGER, "/ledger/accounts/commission_payable?store=nice").text
    )
    with cloud.desk.look() as work:
        named = kept.naming(
            work.tx,
            [("transfers_missing", "s-gift/1"), ("transfers_missing", "gone/1"), ("trade_in_payable", "ti-n")],
            clients=dict,
        )
    assert named("trade_in_payable", "ti-n") == named("transfers_missing", "s-gift/1")
    assert named("transfers_missing", "s-gift/1") == ("nice-till-1-000012", "/sales/nice/s-gift")
    assert named("transfers_missing", "gone/1") == ("gone/1", "")
