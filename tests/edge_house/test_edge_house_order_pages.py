"""Clients' orders on the register's pages, from the queue to the receipt: the real app of one box, by its forms."""

import base64
import datetime as dt
import io
import re

import pytest
from PIL import Image, ImageDraw


def drawing():
    """What the field to sign on sends."""
    out = io.BytesIO()
    picture = Image.new("RGB", (900, 300), "white")
    ImageDraw.Draw(picture).line((50, 200, 850, 90), fill="black", width=4)
    picture.save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


class Counter:
    """A manager at a till without a pad."""

    def __init__(self, face):
        self.face = face
        assert face.post("/shifts", {"till": "till-1", "float_minor": 10_000}, user="max").status_code == 201

    def page(self, path):
        answer = self.face.client.get(path, headers=self.face.bearer("max"))
        assert answer.status_code == 200, answer.text
        return re.sub(r"\s+", " ", answer.text)

    def form(self, path, **fields):
        return self.face.client.post(path, data=fields, headers=self.face.bearer("max"), follow_redirects=False)

    def sent(self, path, **fields):
        answer = self.form(path, **fields)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def today(self, days=0):
        return (dt.date.fromisoformat(self.face.edge.shop.business_day()) + dt.timedelta(days=days)).isoformat()


@pytest.fixture
def counter(face):
    return Counter(face)


def test_a_layaway_is_taken_paid_on_and_collected_by_its_pages(counter):
    path = counter.sent("/orders", kind="layaway", client="p-1", title="A ring", codes="p3", first="400", months="2")
    shown = counter.page(path)
    assert "L-1001" in shown
    assert "Kept for the client" in shown
    assert "for a client (layaway L-1001)" in counter.page("/pieces/p3"), "by its number, for nobody knows it by its id"
    assert shown.count("<dd>€400.00</dd>") == 3, "the first payment, and two months of the rest"
    assert counter.sent(f"{path}/pay", amount="400") == "/register"
    assert "Deposit: L-1001, A ring" in counter.page("/register")
    assert "/register/receipt/" in counter.sent("/register/pay", kind="cash")
    assert "€800.00 left" in counter.page(path)
    assert counter.sent(f"{path}/collect") == "/register"
    assert "Ring 3 (L-1001)" in counter.page("/register")
    assert "€800" in counter.page("/register/tender"), "what was paid counts by itself"
    assert counter.face.scan(3).status_code == 200
    receipt = counter.sent("/register/pay", kind="cash", override="no pad here")
    paper = counter.page(receipt)
    assert "Ring 3 (L-1001)" in paper
    assert "Deposit" in paper
    assert "Collected" in counter.page(path)
    assert "No open order" in counter.page("/orders")
    assert "L-1001" in counter.page("/orders?queue=over")
    for shown in (counter.page(path), counter.page("/orders?queue=over")):
        assert "In full" in shown, "its account is empty because it was spent, and not because nothing was paid"
        assert "€0" not in shown


def test_a_special_order_is_quoted_answered_and_ordered_by_its_page(counter):
    path = counter.sent("/orders", kind="special", client="p-1", title="A rare ring", promised_day=counter.today(30))
    fields = {"what": ["A rare ring", ""], "price": ["2000", ""], "tax": ["", ""], "piece": ["", ""]}
    counter.sent(f"{path}/quote", **fields, valid_until=counter.today(7))
    shown = counter.page(path)
    assert "€600.00 before it begins" in shown
    counter.sent(f"{path}/answer", said="yes", how="telephone", quote="1")
    refused = counter.form(f"{path}/step", event="order", party="")
    assert "whom it is ordered from" in refused.text
    counter.sent(f"{path}/pay", amount="600")
    counter.sent("/register/pay", kind="cash")
    counter.sent(f"{path}/step", event="order", party="Maison A")
    assert "Maison A" in counter.page(path)
    counter.sent(f"{path}/piece", piece="p4")
    assert "The piece came in" in counter.page(path)
    counter.sent(f"{path}/end", event="cancel", why="changed their mind", rest="money")
    shown = counter.page(path)
    assert "€540.00 are the client’s." in shown
    counter.sent(f"{path}/money-back")
    counter.sent("/register/pay", kind="cash")
    assert "are the client’s" not in counter.page(path)


def test_the_main_button_of_a_repair_is_what_mostly_comes_next(counter):
    """Until the client's thing is in, taking it in; never a trade shop or the bench again, which are detours."""
    path = counter.sent("/orders", kind="repair", client="p-1", title="A clasp")
    shown = counter.page(path)
    assert f'<a class="button main tall" href="{path}/things">Take the client’s thing in</a>' in shown
    assert mains(shown) == []
    counter.sent(f"{path}/things", description="Bracelet, white metal", condition="worn")
    assert mains(counter.page(path)) == ["Look at it at the bench"]
    counter.sent(f"{path}/step", event="assess")
    assert "A price comes next: quote it below." in counter.page(path)
    counter.sent(f"{path}/quote", what=["A clasp"], price=["90"], tax=[""], piece=[""])
    counter.sent(f"{path}/answer", said="yes", how="counter", quote="1")
    counter.sent(f"{path}/step", event="start")
    assert mains(counter.page(path)) == ["Check the work"]
    counter.sent(f"{path}/step", event="check")
    assert mains(counter.page(path)) == ["Let it pass the check"]


def mains(shown):
    """Words of the buttons that a page puts first."""
    return [words.strip() for words in re.findall(r'<button class="main tall">([^<]*)</button>', shown)]


def test_orders_are_shown_page_by_page_and_one_beyond_the_last_is_the_last(counter, monkeypatch):
    monkeypatch.setattr("edge.api.orders.pages.ROWS_MAX", 2)
    for days in (10, 20, 30):
        counter.sent("/orders", kind="special", client="p-1", title=f"In {days} days", promised_day=counter.today(days))
    first, second = counter.page("/orders"), counter.page("/orders?page=2")
    assert [f"In {days} days" in first for days in (10, 20, 30)] == [True, True, False]
    assert [f"In {days} days" in second for days in (10, 20, 30)] == [False, False, True]
    assert 'rel="next"' in first
    assert 'rel="prev"' not in first
    assert 'rel="next"' not in second
    assert "In 30 days" in counter.page("/orders?page=9")
    assert counter.face.client.get("/orders?page=0", headers=counter.face.bearer("max")).status_code == 422


def test_an_order_rests_and_goes_on_and_gets_another_day(counter):
    path = counter.sent("/orders", kind="repair", client="p-1", title="A clasp")
    counter.sent(f"{path}/hold", why="a spring is missing")
    assert "Nothing goes on." in counter.page(path)
    counter.sent(f"{path}/resume")
    counter.sent(f"{path}/promise", promised_day=counter.today(1), why="the spring came")
    assert "R-1001" in counter.page("/orders?queue=today")
    assert "R-1001" in counter.page("/orders?q=r1001")


def test_a_memo_is_handed_over_and_what_a_client_keeps_is_sold(counter):
    path = counter.sent(
        "/orders", kind="memo", client="p-1", title="To look at", codes="p3\np4", promised_day=counter.today(7)
    )
    assert "data-signature" in counter.page(path)
    assert "Nobody has signed yet" in counter.form(f"{path}/issue").text
    assert "was not read here" in counter.form(f"{path}/issue", slip="slip 12").text
    counter.face.scan(3, 4)
    counter.sent(f"{path}/issue", drawing=drawing())
    shown = counter.page(path)
    assert shown.count("With the client") == 2
    order = counter.face.get(f"/orders/{path.rpartition('/')[2]}", user="max").json()
    assert order["state"] == "issued"
    counter.sent(f"{path}/collect", piece=["p3"])
    sale = counter.sent("/register/pay", kind="cash")
    assert "Ring 3 (M-1001)" in counter.page(sale)
    assert counter.page(path).count("With the client") == 1
    assert "Which pieces?" in counter.page("/orders/new?kind=memo")
    assert counter.face.client.get("/orders/new?kind=x", headers=counter.face.bearer("max")).status_code == 404


def test_an_order_is_handed_over_and_read_where_it_was(counter):
    path = counter.sent("/orders", kind="special", client="p-1", title="A rare ring")
    assert '<option value="lyon">Lyon</option>' in counter.page(path)
    refused = counter.form(f"{path}/hand", to="nice")
    assert "The house has no other store nice" in refused.text
    counter.sent(f"{path}/hand", to="lyon", why="she moved")
    shown = counter.page(path)
    for words in ("Handed over to Lyon.", "Handed over to another store</strong>: Lyon", "she moved"):
        assert words in shown
    assert "Hand it over" not in shown
    assert "No open order" in counter.page("/orders")
    assert counter.form(f"{path}/receive").status_code == 409
    told = counter.face.get(f"/orders/{path.rpartition('/')[2]}", user="max").json()
    assert (told["away"], told["coming"], told["possible"]) == ("lyon", False, [])


def test_what_keeps_a_thing_here_leads_to_the_page_where_it_is_mended(counter):
    """Whoever is told to look at its stones is there with one press; on that page itself nothing leads to it."""
    path = counter.sent("/orders", kind="repair", client="p-1", title="A claw")
    way = f'<a href="{path}/things">Things and papers</a>'

    def told(to, **fields):
        headers = {**counter.face.bearer("max"), "hx-request": "true"}
        return counter.face.client.post(to, data=fields, headers=headers).text

    refused = told(f"{path}/step", event="assess")
    assert "s thing in first" in refused
    assert way in refused
    stone = {
        "at": "centre",
        "stone": "white stone",
        "length": "6,48",
        "width": "6,45",
        "carat": "",
        "certificate": "",
        "inscription": "",
    }
    counter.form(f"{path}/things", description="White metal ring", condition="worn", zone="safe", **stone)
    counter.sent(f"{path}/step", event="assess")
    counter.sent(f"{path}/quote", what=["A claw"], price=["90"], tax=[""], piece=[""])
    counter.sent(f"{path}/answer", said="yes", how="counter", quote="1")
    for event in ("start", "check", "pass"):
        counter.sent(f"{path}/step", event=event)
    refused = told(f"{path}/collect")
    assert "Look at the stones of White metal ring again" in refused
    assert way in refused
    headers = {**counter.face.bearer("max"), "accept": "text/html"}
    whole = counter.face.client.post(f"{path}/collect", headers=headers).text
    assert f'<a class="button main" href="{path}/things">Things and papers</a>' in whole
    item = counter.face.get(f"/orders/{path.rpartition('/')[2]}/things", user="max").json()["things"][0]["item"]
    assert way not in told(f"{path}/things/{item}/sign", drawing=drawing(), gives="true"), "it is that page"
    assert way not in told(f"{path}/answer", said="yes", how="counter", quote="1"), "the control: another refusal"


def test_an_order_that_is_over_shows_what_it_was_about_and_no_empty_column(counter):
    path = counter.sent("/orders", kind="layaway", client="p-1", title="A ring", codes="p3", first="400", months="2")
    assert '<div class="stack"> </div>' not in counter.page(path)
    counter.sent(f"{path}/end", event="cancel", why="changed their mind", rest="money")
    shown = counter.page(path)
    assert '<div class="split"> <div class="stack"> <section class="sheet"' in shown
    left, _, right = shown.partition('<div class="stack">')[2].partition('<div class="stack">')
    assert "quote-title" in left
    assert "story-title" in right
    plain = counter.sent("/orders", kind="special", client="p-1", title="A rare ring")
    counter.sent(f"{plain}/end", event="cancel", why="changed their mind")
    shown = counter.page(plain)
    assert '<div class="split">' not in shown, "nothing but its story is left: it stands alone"
    assert "Its story" in shown


def test_a_repair_that_was_declined_asks_for_its_thing_to_be_given_back_and_for_no_price(counter):
    path = counter.sent("/orders", kind="repair", client="p-1", title="A clasp")
    counter.sent(f"{path}/things", description="Bracelet, white metal", condition="worn")
    counter.sent(f"{path}/step", event="assess")
    back = f'<a class="button main tall" href="{path}/things">Give the client’s thing back</a>'
    shown = counter.page(path)
    assert "A price comes next" in shown
    assert back not in shown, "the control"
    counter.sent(f"{path}/end", event="cancel", why="changed their mind")
    shown = counter.page(path)
    assert back in shown
    assert "A price comes next" not in shown
