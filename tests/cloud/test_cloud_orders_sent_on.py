"""An order that waits for a box which cannot take it, sent on by the office: to a third store, or back home."""

import threading

import msgspec
import pytest
import sqlalchemy as sa
from house_ways import held, home, takes

from cloud import app as office_app
from cloud import ways
from cloud.config import CloudConfig
from cloud.people import Keyring
from cloud.pos.client_orders import sending
from cloud.pos.client_orders.apply import decode
from cloud.pos.staff.desk import Passwords, put_staff
from cloud.provider import NoProvider
from cloud.recover import recover
from cloud.remarks import Remarks
from cloud.sealing import passing
from cloud.tables import case_file, node, office_change, order_way
from cloud.work import begin
from contract.commands import NumberedCommand, TakeOrder, encode_command
from contract.facts import (
    ClaimHeld,
    ClaimKind,
    CommandHeard,
    CustodyReleased,
    LineKind,
    OrderHanded,
    OrderKind,
    OrderOpened,
    OrderPromised,
    ReleaseWhy,
    SaleLine,
    Tender,
    TenderKind,
    TransferShipped,
    ValueKept,
    ValueReleased,
)
from contract.feed import Role, StaffCard
from contract.ids import UserId
from trade.guards import ALL

ORDER = "01990000-2222-7000-8000-0123456789ab"
ACCOUNT = f"order-{ORDER}"
WHY = "The box of Lyon is repaired"
DEPOSIT = 30_000


def opened(kind=OrderKind.REPAIR, **more):
    return OrderOpened(
        order=ORDER, number="R-1001", kind=kind, client="c-1", title="A ring", currency="EUR", account=ACCOUNT, **more
    )  # fmt: skip


def deposit(house, box):
    line = SaleLine(
        line="d-1", kind=LineKind.DEPOSIT, description="Deposit: R-1001", list_price_minor=DEPOSIT,
        gross_minor=DEPOSIT, tax_bp=0, tax_minor=0, account=ACCOUNT,
    )  # fmt: skip
    sold = msgspec.structs.replace(
        house.sale(box, "s-1"), lines=(line,), total_minor=DEPOSIT, tax_minor=0, client="c-1",
        tenders=(Tender(kind=TenderKind.CASH, amount_minor=DEPOSIT),),
    )  # fmt: skip
    kept = ValueKept(account=ACCOUNT, kind=TenderKind.DEPOSIT, amount_minor=DEPOSIT, currency="EUR", client="c-1")
    return sold, kept


RING = Keyring(passing())


def send_on(house, to, why=WHY):
    with house.office.transaction() as tx:
        sending.send_on(begin(tx, ALL, 10**15), RING, ORDER, to, by="mia", why=why)


def read(house, text):
    with house.office.reading() as tx:
        return Remarks(tx, RING).open(text)


@pytest.fixture
def shops(house):
    """Paris gave the order up to Lyon, whose box cannot take it."""
    paris, lyon, nice = house.store("paris", "p1"), house.store("lyon"), house.store("nice")
    lyon.send(contract_max=3)
    paris.write(opened())
    paris.write(*deposit(house, paris))
    paris.write(
        ValueReleased(account=ACCOUNT, amount_minor=DEPOSIT, currency="EUR"),
        OrderHanded(order=ORDER, home=0, to="lyon"),
    )
    paris.send()
    return paris, lyon, nice


def test_an_order_that_waits_is_sent_on_with_its_money_and_the_reason_is_kept(house, shops):
    _, lyon, nice = shops
    send_on(house, "nice")
    store, order = home(house)
    assert (store, order.home, order.number) == ("nice", 2, "R-1001/paris")
    assert held(house) == {"nice": DEPOSIT}
    step = order.steps[-1]
    assert (step.party, step.by, read(house, step.why)) == ("nice", "mia", WHY)
    (kept,) = house.rows(sa.select(office_change))
    assert (kept["what"], kept["subject"], kept["store"], kept["by"]) == ("order", ORDER, "nice", "mia")
    assert kept["why"] == sending.IN_ITS_STORY
    (told,) = takes(nice)
    assert (told.home, told.amount_minor, decode(told.body)) == (2, DEPOSIT, order)
    assert takes(lyon) == [], "updated later, it hears nothing of it"
    nice.write(OrderPromised(order=ORDER, promised_day="2027-01-01"))
    nice.send()
    assert home(house)[1].promised_day == "2027-01-01"
    assert house.rows(sa.select(order_way)) == []
    (case,) = house.rows(sa.select(case_file))
    assert (case["kind"], case["closed_by"]) == (ways.WAITS, "mia"), "nobody is asked to update that box for it"


def test_sent_back_it_has_its_own_number_again_and_is_decided_at_home(house, shops):
    paris, _, _ = shops
    send_on(house, "paris")
    (told,) = takes(paris)
    assert (told.home, decode(told.body).number, decode(told.body).away) == (2, "R-1001", "")
    paris.write(OrderPromised(order=ORDER, promised_day="2027-01-01"))
    paris.send()
    assert home(house)[1].promised_day == "2027-01-01"
    assert held(house) == {"paris": DEPOSIT}


def test_given_up_to_such_a_box_once_more_somebody_is_told_once_more(house, shops):
    paris, _, _ = shops
    send_on(house, "paris")
    takes(paris)
    paris.write(
        ValueReleased(account=ACCOUNT, amount_minor=DEPOSIT, currency="EUR"),
        OrderHanded(order=ORDER, home=2, to="lyon"),
    )
    paris.send()
    assert home(house)[0] == "lyon"
    closed, again = house.rows(sa.select(case_file).order_by(case_file.c.opened_us))
    assert (closed["outcome"], again["closed_us"], again["before"]) == ("sent on to paris", None, closed["case_id"])


def test_a_second_press_changes_nothing(house, shops):
    _, _, nice = shops
    send_on(house, "nice")
    send_on(house, "nice")
    assert len(takes(nice)) == 1
    assert (home(house)[1].home, held(house)) == (2, {"nice": DEPOSIT})
    assert len(house.rows(sa.select(office_change))) == 1


def test_a_box_that_was_told_meanwhile_wins_and_the_refusal_says_so(house, shops):
    _, lyon, _ = shops
    heard = lyon.obey(lyon.send())
    with pytest.raises(sending.StaysError, match="was told to take R-1001/paris over"):
        send_on(house, "nice")
    for each in heard:
        raw = msgspec.Raw(encode_command(each))
        lyon.write(CommandHeard(cloud_epoch=lyon.cloud_epoch, seq=each.seq, command=raw))
    lyon.send()
    with pytest.raises(sending.StaysError, match="has taken R-1001/paris over"):
        send_on(house, "nice")
    assert (home(house)[0], held(house)) == ("lyon", {"lyon": DEPOSIT})


@pytest.mark.parametrize(("to", "says"), [("atlantis", "no other store"), ("old", "older version")])
def test_it_goes_to_no_store_that_could_not_take_it_either(house, shops, to, says):
    house.store("old").send(contract_max=3)
    with pytest.raises(sending.StaysError, match=says):
        send_on(house, to)
    assert home(house)[0] == "lyon"


def test_it_is_not_sent_on_without_a_reason(house, shops):
    with pytest.raises(sending.StaysError, match="few words"):
        send_on(house, "nice", why=" ")
    assert (home(house)[0], held(house)) == ("lyon", {"lyon": DEPOSIT})


def test_an_office_that_does_not_know_yet_what_its_boxes_were_told_sends_nothing_on(house, shops):
    """The life that was lost may have told the box of Lyon."""
    recover(house.office, NoProvider(), now_us=5)
    with pytest.raises(sending.StaysError, match="restored"):
        send_on(house, "nice")


def test_pieces_that_it_keeps_are_not_left_behind(house):
    paris, lyon, _ = house.store("paris", "p1"), house.store("lyon"), house.store("nice")
    lyon.send(contract_max=3)
    paris.write(opened(OrderKind.LAYAWAY, pieces=("p1",)))
    paris.write(ClaimHeld(claim="k", piece="p1", ce=paris.ce["p1"], kind=ClaimKind.LAYAWAY, ref=ORDER))
    gone = CustodyReleased(piece="p1", ce=paris.ce["p1"], why=ReleaseWhy.SHIPPED, to="lyon", transfer="t")
    paris.write(
        TransferShipped(transfer="t", to="lyon", pieces=("p1",)), gone, OrderHanded(order=ORDER, home=0, to="lyon")
    )
    paris.send()
    with pytest.raises(sending.StaysError, match="p1"):
        send_on(house, "nice")


def test_after_a_restore_its_money_is_only_where_its_last_store_says_it_took_it(house, shops):
    """The office was restored to before it sent the order on: the store it went to speaks of it first."""
    _, _, nice = shops
    _, order = home(house)
    moved = msgspec.structs.replace(order, home=2)
    told = TakeOrder(
        order=ORDER, home=2, account=ACCOUNT, source="lyon", amount_minor=DEPOSIT, body=msgspec.json.encode(moved)
    )
    recover(house.office, NoProvider(), now_us=5)
    raw = msgspec.Raw(encode_command(NumberedCommand(seq=1, command=told)))
    nice.write(CommandHeard(cloud_epoch=1, seq=1, command=raw))
    nice.hand_over()
    assert (home(house)[0], held(house)) == ("nice", {"nice": DEPOSIT})


def waiting(house):
    """The order of `shops` without money, which waits for Lyon."""
    paris, lyon, _ = house.store("paris"), house.store("lyon"), house.store("nice")
    lyon.send(contract_max=3)
    paris.write(opened(), OrderHanded(order=ORDER, home=0, to="lyon"))
    paris.send()
    return paris, lyon, house.boxes["nice"]


def test_a_box_that_is_updated_while_the_order_is_sent_on_hears_nothing_of_it(
    postgres_office, empty_postgres, house_type
):
    house = house_type(postgres_office)
    _, lyon, nice = waiting(house)
    heard = []
    updated = threading.Thread(target=lambda: heard.append(lyon.send()))
    with house.office.transaction() as tx:
        sending.send_on(begin(tx, ALL, 10**15), RING, ORDER, "nice", by="mia", why=WHY)
        updated.start()
        updated.join(1)
    updated.join(30)
    assert [lyon.obey(each) for each in heard] == [[]]
    assert len(takes(nice)) == 1


def test_an_order_is_not_sent_on_while_its_box_is_being_told(postgres_office, empty_postgres, house_type):
    house = house_type(postgres_office)
    waiting(house)
    refused = []

    def late():
        try:
            send_on(house, "nice")
        except sending.StaysError as error:
            refused.append(str(error))

    second = threading.Thread(target=late)
    with house.office.transaction() as tx:
        tx.run(sa.update(node).where(node.c.store == "lyon").values(contract_max=ways.MOVES_SINCE))
        work = begin(tx, ALL, 7)
        ways.send(work, "lyon")
        work.settle()
        second.start()
        second.join(1)
    second.join(30)
    assert len(refused) == 1
    assert "was told to take R-1001/paris over" in refused[0]
    assert home(house)[0] == "lyon"


PASSWORD = "a long enough phrase of words"


@pytest.fixture
def face(tmp_path, browse, house_type):
    """The office's pages and API, where the order of `shops` waits for Lyon."""
    cloud = office_app.build(
        CloudConfig(database_url=f"sqlite:///{tmp_path / 'office.sqlite3'}", port=0, second_factor=False)
    )
    verifier = Passwords().verifier(PASSWORD)
    with cloud.desk.work() as work:
        for user, stores in (("mia", ()), ("lou", ("lyon",))):
            card = StaffCard(user=UserId(user), name=user.title(), roles=(Role.MANAGER,), stores=stores)
            put_staff(work, card, verifier)
    house = house_type(cloud.office)
    paris, lyon, _ = house.store("paris"), house.store("lyon"), house.store("nice")
    lyon.send(contract_max=3)
    paris.write(opened(), OrderHanded(order=ORDER, home=0, to="lyon"))
    paris.send()
    browser = browse(cloud.app)

    def login(user):
        told = browser.post("/api/v1/login", json={"user": user, "password": PASSWORD}).json()
        return {"Authorization": f"Bearer {told['token']}"}

    yield browser, login, house.boxes
    cloud.office.close()


def test_it_is_sent_on_from_its_page(face):
    browser, login, boxes = face
    mia = {**login("mia"), "Accept": "text/html"}
    shown = browser.get(f"/client-orders/{ORDER}", headers=mia).text
    assert 'value="nice"' in shown
    assert 'value="lyon"' not in shown, "there it waits"
    sent = browser.post(f"/client-orders/{ORDER}/send-on", data={"to": "nice", "why": WHY}, headers=mia)
    assert sent.status_code == 303
    shown = browser.get(f"/client-orders/{ORDER}", headers=mia).text
    assert WHY in shown
    assert "send-on" not in shown, "its box was told"
    assert len(takes(boxes["nice"])) == 1


def test_the_page_of_cases_says_how_it_ended_before(face):
    browser, login, boxes = face
    mia = {**login("mia"), "Accept": "text/html"}
    (case,) = browser.get("/api/v1/cases", headers=mia).json()
    assert "Before:" not in browser.get("/parked", headers=mia).text
    end = {"case_id": case["case_id"], "outcome": "their box comes on Monday"}
    assert browser.post("/api/v1/cases/close", json=end, headers=mia).json() == []
    boxes["nice"].write(msgspec.structs.replace(opened(), order="o-2"), OrderHanded(order="o-2", home=0, to="lyon"))
    boxes["nice"].send()
    assert "Before:" not in browser.get("/parked", headers=mia).text, "of another order"
    browser.post(f"/client-orders/{ORDER}/send-on", data={"to": "paris", "why": WHY}, headers=mia)
    boxes["paris"].write(OrderHanded(order=ORDER, home=2, to="lyon"))
    boxes["paris"].send()
    shown = browser.get("/parked", headers=mia).text
    assert "Before: their box comes on Monday (mia, " in shown


def test_it_is_sent_on_by_the_api_and_only_by_who_may_at_both_stores(face):
    browser, login, _ = face
    path, asked = f"/api/v1/client-orders/{ORDER}/send-on", {"to": "nice", "why": WHY}
    assert browser.post(path, json=asked, headers=login("lou")).status_code == 403
    mia = login("mia")
    told = browser.post(path, json=asked, headers=mia).json()
    assert (told["row"]["store"], told["waits"], told["coming"]) == ("nice", False, True)
    late = browser.post(path, json={"to": "paris", "why": WHY}, headers=mia)
    assert late.status_code == 409
    assert "was told to take R-1001/paris over" in late.text
    assert browser.post(path.replace(ORDER, "o9"), json=asked, headers=mia).status_code == 404
