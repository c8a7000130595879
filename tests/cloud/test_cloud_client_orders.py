"""Clients' orders at the office: each row is the store's own fold, its money moves once, and who may sees where."""

import hashlib
import re

import msgspec
import pytest
import sqlalchemy as sa

from cloud import app as office_app
from cloud.config import CloudConfig
from cloud.people import Keyring
from cloud.pos.client_orders import papers, queries
from cloud.pos.client_orders.apply import decode
from cloud.pos.staff.desk import Passwords, put_staff
from cloud.remarks import Remarks
from cloud.sealing import passing
from cloud.tables import case_file, client_alias, client_order, ledger_line, posting, value_account, value_slice
from contract.facts import (
    Instalment,
    LineKind,
    OrderEvent,
    OrderHeld,
    OrderKind,
    OrderMoved,
    OrderOpened,
    OrderQuoted,
    OrderResumed,
    OrderSettled,
    OrderTerms,
    PaperKind,
    QuoteLine,
    SaleLine,
    Tender,
    TenderKind,
    ValueKept,
)
from contract.feed import Role, StaffCard
from contract.ids import UserId
from trade.orders.order import apply, opened
from trade.orders.papers import write

CLIENT = "c-1"
PASSWORD = "long enough for anybody"
TERMS = OrderTerms(
    deposit_bp=3_000, fee_bp=1_000, grace_days=14,
    instalments=(
        Instalment(due_day="2025-11-22", amount_minor=50_000), Instalment(due_day="2026-12-22", amount_minor=70_000)
    ),
)  # fmt: skip


def layaway(order="o1", number="L-1001", client=CLIENT):
    line = QuoteLine(line="q1", description="The ring", gross_minor=120_000, tax_bp=2_000, piece="p1")
    return (
        OrderOpened(
            order=order, number=number, kind=OrderKind.LAYAWAY, client=client, title="A ring", currency="EUR",
            account=f"order-{order}", terms=TERMS, pieces=("p1",),
        ),
        OrderQuoted(order=order, quote=1, lines=(line,)),
        OrderMoved(order=order, event=OrderEvent.RESERVE),
    )  # fmt: skip


def deposit(house, box, amount, order="o1", name="s1", receipt=1):
    account = f"order-{order}"
    line = SaleLine(
        line=f"{name}-1", kind=LineKind.DEPOSIT, description="Deposit: L-1001", list_price_minor=amount,
        gross_minor=amount, tax_bp=0, tax_minor=0, account=account,
    )  # fmt: skip
    tender = Tender(kind=TenderKind.CASH, amount_minor=amount)
    sold = msgspec.structs.replace(
        house.sale(box, name), lines=(line,), tenders=(tender,), total_minor=amount, tax_minor=0, client=CLIENT,
        receipt_number=receipt,
    )  # fmt: skip
    kept = ValueKept(account=account, kind=TenderKind.DEPOSIT, amount_minor=amount, currency="EUR", client=CLIENT)
    return sold, kept


def settled(fee, credit, order="o1"):
    return OrderSettled(
        order=order, account=f"order-{order}", client=CLIENT, currency="EUR", business_day="2025-12-01", fee_minor=fee,
        credit_minor=credit, credit=f"credit-{CLIENT}" if credit else "",
    )  # fmt: skip


def test_the_offices_row_is_the_stores_own_fold(house):
    paris = house.store("paris", "p1")
    facts = (
        *layaway(), OrderHeld(order="o1", why="x"), OrderResumed(order="o1"),
        OrderMoved(order="o1", event=OrderEvent.CANCEL, why="the client asks"), settled(5_000, 45_000),
    )  # fmt: skip
    for fact in facts:
        paris.write(fact)
    paris.send()
    (row,) = house.rows(sa.select(client_order))
    told = decode(bytes(row["body"]))
    own = None
    for fact, step in zip(facts, (told.opened_us + n for n in range(len(facts))), strict=True):
        own = opened(fact, step, "ana") if own is None else apply(own, fact, step, "ana")
    same_times = {"changed_us": 0, "quotes": (), "steps": ()}
    assert msgspec.structs.replace(told, **same_times) == msgspec.structs.replace(own, **same_times)
    assert (row["state"], row["ended"], told.fee_minor, told.credit_minor) == ("cancelled", 1, 5_000, 45_000)


def test_another_stores_box_takes_no_order_over_and_a_person_is_told(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    paris.write(*layaway())
    paris.send()
    lyon.write(OrderHeld(order="o1", why="mine now"))
    lyon.write(OrderOpened(order="o1", number="L-1", kind=OrderKind.LAYAWAY, client="c-2", title="A ring", currency="EUR",
                           account="x"))  # fmt: skip
    lyon.send()
    (row,) = house.rows(sa.select(client_order))
    assert (row["store"], row["client"], decode(bytes(row["body"])).held) == ("paris", CLIENT, "")
    told = [each["sentence"] for each in house.rows(sa.select(case_file)) if each["kind"] == "order of another store"]
    assert told == ["lyon speaks of order o1, which paris keeps: ask both what they did"]


def test_a_fee_is_revenue_and_credit_is_owed_once_whoever_tells_it_again(house):
    paris = house.store("paris", "p1")
    paris.write(*layaway())
    paris.write(*deposit(house, paris, 50_000))
    kept = ValueKept(
        account=f"credit-{CLIENT}", kind=TenderKind.STORE_CREDIT, amount_minor=10_000, currency="EUR", client=CLIENT
    )
    paris.write(settled(5_000, 45_000), kept)
    paris.write(settled(5_000, 45_000))
    paris.send()
    accounts = {each["account"]: each for each in house.rows(sa.select(value_account))}
    left = {name: each["issued_minor"] - each["spent_minor"] for name, each in accounts.items()}
    assert left == {"order-o1": 0, f"credit-{CLIENT}": 45_000}
    assert accounts[f"credit-{CLIENT}"]["client"] == CLIENT
    held = {each["account"]: each["held_minor"] for each in house.rows(sa.select(value_slice))}
    assert held == {"order-o1": 0, f"credit-{CLIENT}": 10_000}
    legs = house.rows(
        sa.select(ledger_line.c.account, ledger_line.c.amount_minor)
        .join(posting, sa.and_(posting.c.store == ledger_line.c.store, posting.c.posting == ledger_line.c.posting))
        .where(posting.c.kind == "forfeit")
    )
    assert {each["account"]: each["amount_minor"] for each in legs} == {
        "customer_deposits": 50_000, "forfeited_deposits": -5_000, "store_credit_liability": -45_000
    }  # fmt: skip
    assert len(legs) == 3


NOTE = write("0123456789abcdef" * 2, "call before noon")
NOTED = hashlib.sha256(NOTE).hexdigest()


@pytest.fixture(scope="module")
def face(tmp_path_factory, browse, house_type):
    url = f"sqlite:///{tmp_path_factory.mktemp('books') / 'office.sqlite3'}"
    cloud = office_app.build(CloudConfig(database_url=url, port=0, second_factor=False))
    verifier = Passwords().verifier(PASSWORD)
    with cloud.desk.work() as work:
        for user, role, stores in (
            ("mia", Role.MANAGER, ()), ("lou", Role.MANAGER, ("lyon",)), ("guard", Role.LOSS_PREVENTION, ()),
            ("ada", Role.ADMIN, ()),
        ):  # fmt: skip
            put_staff(work, StaffCard(user=UserId(user), name=user.title(), roles=(role,), stores=stores), verifier)
    house = house_type(cloud.office)
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    paris.write(*layaway())
    paris.write(*deposit(house, paris, 20_000))
    paris.send()
    lyon.write(
        OrderOpened(
            order="o2", number="R-1001", kind=OrderKind.REPAIR, client="c-2", title="A clasp", currency="EUR",
            account="order-o2",
        )
    )  # fmt: skip
    lyon.send()
    with cloud.desk.work() as work:
        papers.add(
            work, cloud.ring, "o2", NOTE, PaperKind.NOTE, store="lyon", by="lea", media="application/json", sha256=NOTED
        )
    browser, tokens = browse(cloud.app), {}

    def ask(path, user="mia", **form):
        if user not in tokens:
            told = browser.post("/api/v1/login", json={"user": user, "password": PASSWORD}).json()
            tokens[user] = {"Authorization": f"Bearer {told['token']}"}
        accept = {} if path.startswith("/api") else {"Accept": "text/html"}
        if not form:
            return browser.get(path, headers={**accept, **tokens[user]})
        answer = browser.post(path, data=form, headers={**accept, **tokens[user]})
        return ask(answer.headers["location"], user) if answer.status_code == 303 else answer

    yield ask
    cloud.office.close()


def test_orders_of_all_stores_are_listed_found_and_told(face):
    shown = re.sub(r"\s+", " ", face("/client-orders").text)
    assert "L-1001" in shown
    assert "R-1001" in shown
    assert "€200 of €1,200" in shown
    for text in ("l1001", CLIENT, "p1", "o1"):
        assert [each["number"] for each in face(f"/api/v1/client-orders?find={text}").json()] == ["L-1001"]
    assert [each["number"] for each in face("/api/v1/client-orders?queue=overdue").json()] == ["L-1001"]
    page = face("/client-orders/o1").text
    assert "Its pieces are kept for the client" in page
    assert "€300.00 were due" in page, "of the first 500, 200 came"
    assert face("/client-orders/o9").status_code == 404
    assert "R-1001" not in face(f"/client-orders/of/{CLIENT}").text


def test_papers_are_listed_and_opened_for_whom_may_see_clients_there(face):
    (paper,) = face("/api/v1/client-orders/o2/papers").json()
    assert (paper["kind"], paper["sha256"]) == ("note", NOTED)
    for user in ("mia", "lou"):
        opened = face(f"/api/v1/client-orders/o2/papers/{NOTED}", user)
        assert (opened.content, opened.headers["content-security-policy"]) == (NOTE, "sandbox")
    assert face("/api/v1/client-orders/o1/papers", "lou").status_code == 403
    assert face(f"/api/v1/client-orders/o2/papers/{NOTED}", "guard").status_code == 403
    assert face(f"/api/v1/client-orders/o2/papers/{'0' * 64}").status_code == 404


def test_who_is_of_one_store_sees_its_orders_alone(face):
    assert [each["number"] for each in face("/api/v1/client-orders", "lou").json()] == ["R-1001"]
    assert face("/api/v1/client-orders?find=l1001", "lou").json() == []
    assert face("/client-orders/o1", "lou").status_code == 403
    assert face("/client-orders", "guard").status_code == 403


def test_the_terms_of_orders_are_a_stores_settings_and_nonsense_changes_nothing(face):
    good = {
        "tax_rounding": "line", "cash_step": "0.01", "order_deposit": "25", "order_fee": "12,5", "order_grace": "7",
        "layaway_days": "90", "why": "agreed with the shareholders",
    }  # fmt: skip
    shown = face("/stores/paris/settings", "ada", **good).text
    assert 'name="order_deposit" value="25"' in shown
    assert 'name="order_fee" value="12.5"' in shown
    assert "Days to pay a layaway: 180 → 90" in shown
    for wrong in ({"order_deposit": "101"}, {"order_grace": "400"}, {"layaway_days": "0"}, {"order_fee": "much"}):
        answer = face("/stores/paris/settings", "ada", **{**good, **wrong})
        assert answer.status_code == 422
    told = face("/api/v1/stores/paris/settings", "ada").json()
    assert (told["order_deposit_bp"], told["order_fee_bp"], told["layaway_days"]) == (2_500, 1_250, 90)


def test_orders_of_two_ids_of_one_client_stand_together_until_they_are_parted(house, box_type):
    del box_type
    box = house.store("paris", "p1")
    box.write(*layaway(), *layaway("o2", "L-1002", "c-2"))
    box.send()
    ring = Keyring(passing())

    def seen(client):
        with house.office.reading() as tx:
            words = Remarks(tx, ring)
            found = queries.of_client(tx, words, client, now_us=9)
            assert {each.number for each in found} == {
                each.number for each in queries.find(tx, words, client, now_us=9, mine=["paris"])
            }
            return {each.number for each in found}

    assert (seen("c-1"), seen("c-2")) == ({"L-1001"}, {"L-1002"})
    merge = {"merge": "m", "survivor": "c-2", "absorbed": "c-1", "by": "admin", "at_us": 1, "undone_us": 0}
    with house.office.transaction() as tx:
        tx.add(client_alias, merge)
    assert seen("c-1") == seen("c-2") == {"L-1001", "L-1002"}
    with house.office.transaction() as tx:
        tx.run(sa.update(client_alias).values(undone_us=5))
    assert (seen("c-1"), seen("c-2")) == ({"L-1001"}, {"L-1002"})
