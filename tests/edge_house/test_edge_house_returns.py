"""Returns at the store's own doors: by the API, and by the register's page."""

import pytest

from contract.feed import FeedPage, FeedRow
from edge import app as edge_app

with __import__("warnings").catch_warnings():
    __import__("warnings").simplefilter("ignore")  # Starlette prefers httpx2, which is not in our lock
    from starlette.testclient import TestClient

PRICE = 120_000


class Till:
    """A till without a pad, two rings in the store, one of them sold for cash."""

    def __init__(self, config, clock, make):
        self.edge = edge_app.create(config, clock=clock)
        make.give(self.edge.store.books, 1, 2)
        rows = [FeedRow(rev=n, scope="*", key=f"piece:p{n}", body=make.card(n)) for n in (1, 2)]
        rows += [FeedRow(rev=9 + n, scope="*", key=f"staff:{p.user}", body=p) for n, p in enumerate(make.staff)]
        self.edge.store.take_feed(FeedPage(rows=tuple(rows), upto=99, more=False))
        self.edge.store.reload()
        edge_app.set_pin(config, "max", "4711")
        self.client = TestClient(self.edge.api)
        token = self.client.post("/api/v1/login", json={"user": "max", "pin": "4711"}).json()["token"]
        self.client.cookies.clear()
        self.bearer = {"authorization": f"Bearer {token}"}
        assert self.post("/scan", {"pieces": ["p1", "p2"]}).status_code == 200
        self.post("/shifts", {"till": "till-1", "float_minor": 10_000})
        self.price = self.sell("s1", "p1")

    def post(self, path, body):
        return self.client.post(f"/api/v1{path}", json=body, headers=self.bearer)

    def page(self, path, **more):
        return self.client.get(path, headers={**self.bearer, "accept": "text/html"}, **more)

    def cart(self, sale, piece):
        self.post("/sales", {"till": "till-1", "sale": sale})
        added = self.post(f"/sales/{sale}/lines", {"piece": piece, "override": "no pad here"})
        assert added.status_code == 201, added.text
        return added.json()["total_minor"]

    def sell(self, sale, piece):
        total = self.cart(sale, piece)
        paid = {"tenders": [{"kind": "cash", "amount_minor": total}], "override": "no pad here"}
        answer = self.post(f"/sales/{sale}/record", paid)
        assert answer.status_code == 200, answer.text
        return total

    def back(self, **more):
        body = {"sale": "s1", "pieces": ["p1"], "till": "till-1", "reason": "too small", "override": "no pad here"}
        return {**body, "tenders": [{"kind": "cash", "amount_minor": self.price}], "returns": "r1", **more}


@pytest.fixture
def till(config, clock, make):
    return Till(config, clock, make)


def test_a_piece_comes_back_once_and_is_looked_at_before_it_is_sold_again(till):
    answer = till.post("/returns", till.back(dispositions=["quarantined"]))
    assert answer.status_code == 201, answer.text
    assert answer.json()["lines"][0]["returned"]
    assert till.post("/returns", till.back(dispositions=["quarantined"])).status_code == 201, "the same again is one"
    assert till.post("/returns", till.back(returns="r2")).json()["type"].endswith("returned")
    till.post("/sales", {"till": "till-1", "sale": "s2"})
    assert till.post("/sales/s2/lines", {"piece": "p1", "override": "x"}).status_code == 409
    found = till.post("/pieces/p1/disposition", {"disposition": "restocked", "reason": "like new"})
    assert found.status_code == 200, found.text
    assert till.post("/sales/s2/lines", {"piece": "p1", "override": "x"}).status_code == 201


def test_an_exchange_by_the_api_binds_both_receipts(till):
    total = till.cart("s2", "p2")
    body = {"sale": "s2", "back": till.back(tenders=[]), "override": "no pad here"}
    if total > till.price:
        body["tenders"] = [{"kind": "cash", "amount_minor": total - till.price}]
    elif total < till.price:
        body["back"]["tenders"] = [{"kind": "cash", "amount_minor": till.price - total}]
    answer = till.post("/exchanges", body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["tenders"][0]["kind"] == "exchange"
    shown = till.client.get("/api/v1/returns/r1", headers=till.bearer).json()
    assert (shown["state"], shown["receipt_number"]) == ("recorded", 3)


def test_the_page_finds_a_sale_by_its_receipt_and_gives_it_back(till):
    for typed in ("1", "till-1/1", "p1", "s1"):
        page = till.page("/register/return", params={"receipt": typed})
        assert "Receipt till-1 / 1" in page.text, typed
    assert "answers to" in till.page("/register/return", params={"receipt": "77"}).text
    assert "Which sale was it?" in till.page("/register/return").text
    form = {"sale": "s1", "way": "cash", "pieces": "p1", "reason": "too small", "override": "no pad here"}
    answer = till.client.post("/register/return", data=form, headers=till.bearer, follow_redirects=False)
    assert answer.status_code in {200, 303}, answer.text
    assert "Came back" in till.page("/register/return", params={"receipt": "1"}).text
