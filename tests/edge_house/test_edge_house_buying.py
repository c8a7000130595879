"""Buying of a client at the register: the real app of one box, by its page and by its API."""

import warnings

import msgspec
import pytest

from contract.feed import FeedPage, FeedRow, MetalPriceCard, SettingsCard
from edge import app as edge_app
from edge import own_books
from edge.books.fold_value import load_slice
from edge.books.replay import differences

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette prefers httpx2, which is not in our lock
    from starlette.testclient import TestClient

GOLD = MetalPriceCard(
    metal="gold", currency="EUR", minor_per_kg=12_000_000, payout_bp=8_500, source="LBMA", quoted_us=5
)
CHAIN = {
    "title": "Yellow metal chain", "metal": "gold", "fineness": 750, "weight_mg": 10_000, "scrap": True,
    "provenance": "her mother's", "proof": "passport",
}  # fmt: skip


class Till:
    """A till without a pad; a manager stands there."""

    def __init__(self, config, clock, make_):
        self.config = msgspec.structs.replace(config, readers=())
        self.edge = edge_app.create(self.config, clock=clock)
        self.books = self.edge.store.books
        make_.give(self.books, 1)
        bodies = {f"staff:{p.user}": p for p in make_.staff}
        bodies["settings"] = SettingsCard(
            store=config.store, buy_hold_days=14, buy_cash_minor_max=100_000, offline_value_minor_max=5_000
        )
        bodies["metal_price:gold:EUR"] = GOLD
        rows = tuple(FeedRow(rev=n, scope="*", key=key, body=body) for n, (key, body) in enumerate(bodies.items(), 1))
        self.edge.store.take_feed(FeedPage(rows=rows, upto=99, more=False))
        self.edge.store.reload()
        own_books.set_pin(self.config, "max", "4711")
        self.client = TestClient(self.edge.api, follow_redirects=False)
        token = self.client.post("/api/v1/login", json={"user": "max", "pin": "4711"}).json()["token"]
        self.client.cookies.clear()
        self.bearer = {"authorization": f"Bearer {token}"}
        self.post("/shifts", {"till": "till-1", "float_minor": 200_000})

    def get(self, path):
        return self.client.get(f"/api/v1{path}", headers=self.bearer).json()

    def post(self, path, body):
        return self.client.post(f"/api/v1{path}", json=body, headers=self.bearer)

    def form(self, **fields):
        return self.client.post("/register/buy", data=fields, headers=self.bearer)


@pytest.fixture
def till(config, clock, make):
    till = Till(config, clock, make)
    yield till
    till.books.close()


def bought(things, amount, kind="cash", **more):
    return {
        "till": "till-1",
        "client": "c-1",
        "things": things,
        "paid": [{"kind": kind, "amount_minor": amount, **more}],
    }


def test_scrap_is_bought_at_the_houses_offer_and_the_drawer_knows(till):
    answer = till.post("/purchases", {**bought([CHAIN], 76_500), "purchase": "p-1"})
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["number"], told["total_minor"]) == (1, 76_500)
    assert told["items"][0]["hold_until"] > told["business_day"]
    again = till.post("/purchases", {**bought([CHAIN], 76_500), "purchase": "p-1"})
    assert again.json()["number"] == 1
    assert len(till.get("/purchases")) == 1
    closed = till.post("/shifts/close", {"till": "till-1", "cash_counted_minor": 123_500})
    assert closed.status_code < 300, closed.text
    assert closed.json()["cash_expected_minor"] == 123_500, "2,000.00 less what was paid out"


def test_what_cannot_be_bought_so_is_refused_and_nothing_is_kept(till):
    answer = till.post("/purchases", bought([CHAIN], 76_499))
    assert answer.status_code == 409
    assert "do not make the total" in answer.text
    dear = till.post("/purchases", bought([{**CHAIN, "value_minor": 90_001}], 90_001))
    assert "is not bought for more" in dear.text
    assert till.get("/purchases") == []


def test_what_is_the_houses_own_is_not_bought(till):
    ring = {"title": "Ring", "provenance": "a present", "proof": "passport", "value_minor": 4_000, "piece": "p1"}
    answer = till.post("/purchases", bought([ring], 4_000))
    assert answer.status_code == 409
    assert "is the house's already" in answer.text
    assert till.get("/purchases") == []


def test_cash_that_was_moved_under_the_name_of_a_purchase_does_not_hide_its_own(till):
    till.post("/shifts/cash", {"till": "till-1", "kind": "out", "amount_minor": 7, "reason": "x", "move": "p-1-cash"})
    answer = till.post("/purchases", {**bought([CHAIN], 76_500), "purchase": "p-1"})
    assert answer.status_code == 409
    assert "another id" in answer.text
    closed = till.post("/shifts/close", {"till": "till-1", "cash_counted_minor": 199_993}).json()
    assert closed["cash_expected_minor"] == 199_993


def test_one_id_is_no_second_purchase(till):
    assert till.post("/purchases", {**bought([CHAIN], 76_500), "purchase": "p-1"}).status_code == 201
    other = till.post("/purchases", {**bought([CHAIN], 76_500), "purchase": "p-1", "client": "c-2"})
    assert other.status_code == 409
    assert "is recorded, which is another" in other.text


def test_credit_is_the_clients_and_no_cash_moves(till):
    ring = {"title": "Ring", "provenance": "a present", "proof": "passport", "value_minor": 40_000}
    answer = till.post("/purchases", bought([ring], 40_000, "store_credit"))
    assert answer.status_code == 201, answer.text
    assert load_slice(till.books.db, "credit-c-1").held_minor == 5_000


def test_the_page_works_an_offer_out_before_it_buys(till):
    given = {
        "title": "Chain", "metal": "gold", "fineness": "750", "weight": "10", "scrap": "yes", "client": "c-1",
        "provenance": "her mother's", "proof": "passport", "kind": "cash",
    }  # fmt: skip
    shown = till.form(**given, step="offer")
    assert "The metal is worth €900.00" in shown.text
    assert "85\N{NARROW NO-BREAK SPACE}%: €765.00" in shown.text
    assert till.get("/purchases") == []
    done = till.form(**given, step="buy", purchase="p-9")
    assert done.status_code == 303, done.text
    page = till.client.get(done.headers["location"], headers=till.bearer).text
    assert "Purchase 1 is recorded: €765.00" in page


def test_metal_prices_are_told_and_the_fold_gives_the_same_rows(till):
    assert till.get("/metal-prices")[0]["minor_per_kg"] == 12_000_000
    till.post("/purchases", bought([CHAIN], 76_500))
    assert len(till.books.db.dump("purchase")) == 1
    assert not {"purchase", "till_counter", "cash_move"} & set(differences(till.books))


def test_two_things_do_not_come_in_under_one_number(till):
    first = till.post("/purchases", bought([{**CHAIN, "piece": "b-1"}], 76_500))
    assert first.status_code == 201, first.text
    again = till.post("/purchases", bought([{**CHAIN, "piece": "b-1"}], 76_500))
    assert again.status_code == 409
    assert "Another thing came in as b-1 a moment ago" in again.text
    assert till.post("/purchases", bought([{**CHAIN, "piece": "b-2"}], 76_500)).status_code in (201, 409)
