"""Returns at the store's own doors: by the API, and by the register's page."""

import pytest

from contract.facts import ValueKept
from contract.feed import FeedPage, FeedRow
from contract.giftcard import account_of, label, make, shown
from edge import app as edge_app
from edge import own_books
from edge.books.fold_returns import recorded_of

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
        own_books.set_pin(config, "max", "4711")
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


CODE = make(bytes(range(12)))


def give_back(till, sale, **more):
    form = {"sale": sale, "way": "as_paid", "pieces": "p2", "reason": "too small", "override": "no pad here"}
    return till.client.post("/register/return", data=form | more, headers=till.bearer, follow_redirects=False)


def pay(till, sale, *tenders, **more):
    answer = till.post(f"/sales/{sale}/record", {"tenders": tenders, "override": "no pad here", **more})
    assert answer.status_code == 200, answer.text


def loaded(till, amount):
    """A gift card that this store may spend all of."""
    card = ValueKept(account=account_of(CODE), kind="gift_card", amount_minor=amount, currency="EUR", label=label(CODE))
    with till.edge.store.books.transaction() as tx:
        tx.write(at_us=1, by="max", why="test", facts=(card,))


def test_what_a_gift_card_paid_goes_back_onto_it_and_the_cash_as_cash(till):
    total = till.cart("s2", "p2")
    loaded(till, 20_000)
    asked = till.post("/sales/s2/values", {"kind": "gift_card", "name": CODE, "amount_minor": 20_000})
    assert asked.status_code == 202, asked.text
    card = {"kind": "gift_card", "amount_minor": 20_000, "account": account_of(CODE), "reference": label(CODE)}
    pay(till, "s2", card, {"kind": "cash", "amount_minor": total - 20_000})
    shown = till.page("/register/return", params={"receipt": "p2"}).text
    assert f"by gift card {label(CODE)}" in " ".join(shown.split())
    assert give_back(till, "s2").status_code == 303
    tenders = returned(till, "s2")
    assert [(each.kind, each.account, each.amount_minor) for each in tenders] == [
        ("gift_card", account_of(CODE), 20_000), ("cash", "", total - 20_000)
    ]  # fmt: skip


def returned(till, sale):
    (fact,) = recorded_of(till.edge.store.books.db, sale)
    return fact.tenders


def test_cash_becomes_a_clients_credit_or_a_new_card_where_somebody_may(till):
    """A manager stands there: what needs a word is theirs to do."""
    total = till.cart("s2", "p2")
    pay(till, "s2", {"kind": "cash", "amount_minor": total}, client="c1")
    nobody = give_back(till, "s1", way="store_credit", pieces="p1")
    assert (nobody.status_code, "whose credit" in nobody.text) == (422, True)
    assert give_back(till, "s1", way="gift_card", pieces="p1", fresh=shown(CODE)).status_code == 303
    assert [(each.kind, each.account, each.reference) for each in returned(till, "s1")] == [
        ("gift_card", account_of(CODE), label(CODE))
    ]
    assert give_back(till, "s2", way="store_credit").status_code == 303
    assert [(each.kind, each.account) for each in returned(till, "s2")] == [("store_credit", "credit-c1")]


def test_the_api_takes_the_code_of_the_card_and_no_entry_keeps_it(till):
    wrong = {"kind": "gift_card", "amount_minor": till.price, "name": CODE[:-1] + "7"}
    assert till.post("/returns", till.back(tenders=[wrong])).status_code == 422
    tender = {"kind": "gift_card", "amount_minor": till.price, "name": CODE}
    assert till.post("/returns", till.back(tenders=[tender])).status_code == 201
    assert [each.account for each in returned(till, "s1")] == [account_of(CODE)]
