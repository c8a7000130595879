"""A card payment from the register to the receipt: real app, real driver, a terminal that is a server of its own."""

import asyncio
import socket
import threading
import warnings

import msgspec
import pytest
import uvicorn

from contract.feed import FeedPage, FeedRow
from edge import app as edge_app
from edge import own_books
from edge.config import ConfigError, TerminalConfig
from edge.config.load import load_config
from simulator.terminal import Terminal, Trouble
from simulator.terminal_nexo import NexoFace, app

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette prefers httpx2, which is not in our lock
    from starlette.testclient import TestClient

PRICE = 120_000


@pytest.fixture
def terminal():
    return Terminal()


@pytest.fixture
def served(terminal):
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app(NexoFace(terminal), mute_s=0), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=60)


class Till:
    """A till without a pad, so a manager stands there, with a ring in the cart; `turns` lets the driver work."""

    def __init__(self, config, clock, make, url):
        desk = TerminalConfig(till="till-1", id="P400-1", url=url)
        self.config = msgspec.structs.replace(config, readers=(), terminals=(desk,))
        self.edge = edge_app.create(self.config, clock=clock)
        make.give(self.edge.store.books, 1)
        rows = [FeedRow(rev=1, scope="*", key="piece:p1", body=make.card(1))]
        rows += [FeedRow(rev=9 + n, scope="*", key=f"staff:{p.user}", body=p) for n, p in enumerate(make.staff)]
        self.edge.store.take_feed(FeedPage(rows=tuple(rows), upto=99, more=False))
        self.edge.store.reload()
        own_books.set_pin(self.config, "max", "4711")
        self.client = TestClient(self.edge.api)
        self.loop = asyncio.Runner()
        token = self.client.post("/api/v1/login", json={"user": "max", "pin": "4711"}).json()["token"]
        self.client.cookies.clear()
        self.bearer = {"authorization": f"Bearer {token}"}
        self.post("/scan", {"pieces": ["p1"]})
        self.post("/shifts", {"till": "till-1", "float_minor": 10_000})
        self.post("/sales", {"till": "till-1", "sale": "s1"})
        self.post("/sales/s1/lines", {"piece": "p1"})

    def get(self, path):
        return self.client.get(f"/api/v1{path}", headers=self.bearer).json()

    def post(self, path, body):
        return self.client.post(f"/api/v1{path}", json=body, headers=self.bearer)

    def page(self, path):
        answer = self.client.get(path, headers=self.bearer)
        assert answer.status_code == 200, answer.text
        return answer.text

    def turns(self, times=4):
        (driver,) = self.edge.drivers

        async def go():
            for _ in range(times):
                await driver.turn()
                calls = [*driver._calls.values(), *driver._refunder._calls.values()]
                await asyncio.wait(calls, timeout=5) if calls else None

        self.loop.run(go())

    def states(self):
        return [each["state"] for each in self.get("/sales/s1/payments")]


@pytest.fixture
def till(config, clock, make, served):
    till = Till(config, clock, make, served)
    yield till
    till.loop.run(till.edge.drivers[0].terminal.close())
    till.loop.close()
    till.edge.store.books.close()


def test_a_card_sale_from_the_register_to_the_receipt(till, terminal):
    asked = till.post("/sales/s1/payments", {"amount_minor": PRICE, "payment": "pay-1"})
    assert asked.status_code == 202, asked.text
    assert till.get("/sales/s1")["state"] == "tendering"
    assert "At the terminal" in till.page("/register/tender")
    assert "Go on with the payment" in till.page("/register")
    till.turns()
    (paid,) = till.get("/sales/s1/payments")
    assert (paid["state"], paid["captured_minor"], paid["last4"]) == ("captured", PRICE, "4242")
    assert "…4242" in till.page("/register/payments")
    tender = {"kind": "card", "amount_minor": PRICE, "payment": "pay-1"}
    recorded = till.post("/sales/s1/record", {"tenders": [tender], "override": "no pad here"})
    assert recorded.status_code == 200, recorded.text
    assert sum(terminal.charges.values()) == PRICE
    late = till.client.get("/register/payments", headers={**till.bearer, "hx-request": "true"})
    assert (late.status_code, late.text) == (204, ""), "news of the record is no trouble for the page that made it"
    assert till.client.get("/register/payments", headers=till.bearer).status_code == 409


def test_a_lost_answer_is_asked_for_until_it_is_known(till, terminal):
    terminal.troubles.append(Trouble.LOST_AFTER)
    till.post("/sales/s1/payments", {"amount_minor": PRICE, "payment": "pay-1"})
    till.turns(2)
    assert till.states() == ["in_doubt"]
    assert "asked again" in till.page("/register/payments")
    refused = till.post("/sales/s1/record", {"tenders": [{"kind": "cash", "amount_minor": PRICE}], "override": "x"})
    assert (refused.status_code, "payment-live" in refused.text) == (409, True)
    till.turns(2)
    assert till.states() == ["captured"]


def test_a_payment_given_up_goes_back_and_leaves_a_cart(till, terminal):
    till.post("/sales/s1/payments", {"amount_minor": PRICE, "payment": "pay-1"})
    till.turns()
    given_up = till.post("/payments/pay-1/give-up", {"reason": "changed her mind"})
    assert given_up.status_code == 202, given_up.text
    till.turns()
    assert (till.states(), till.get("/sales/s1")["state"]) == (["voided"], "open")
    assert sum(terminal.charges.values()) == 0
    assert till.post("/payments/nobody/give-up", {"reason": "x"}).status_code == 404


def test_what_two_cards_paid_goes_back_to_both_one_after_the_other(till, terminal):
    for name, amount in (("pay-1", 50_000), ("pay-2", PRICE - 50_000)):
        assert till.post("/sales/s1/payments", {"amount_minor": amount, "payment": name}).status_code == 202
        till.turns()
    assert till.states() == ["captured", "captured"]
    tenders = [{"kind": "card", "amount_minor": a, "payment": p} for p, a in (("pay-1", 50_000), ("pay-2", 70_000))]
    recorded = till.post("/sales/s1/record", {"tenders": tenders, "override": "no pad here"})
    assert recorded.status_code == 200, recorded.text

    def press(path, **form):
        answer = till.client.post(path, data=form, headers=till.bearer, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    page = press("/register/return", sale="s1", way="card", pieces="p1", reason="too small", override="no pad here")
    till.turns()
    told = till.page(page)
    assert "Went back" in told
    assert "€700.00 were paid by another card" in told
    press(f"{page}/card")
    assert "The terminal is asked" in till.page(page)
    till.turns()
    told = till.page(page)
    assert "another card" not in told
    assert "did not go back to a card" not in told
    assert press(f"{page}/card") == page, "nothing is left to ask for"
    press(f"{page}/finish", way="as_paid")
    assert sum(terminal.charges.values()) == 0
    back = till.get(page.replace("/register/return", "/returns"))
    assert (back["state"], sorted(each["refunded_minor"] for each in back["refunds"])) == ("recorded", [50_000, 70_000])


CONFIG = """
store = "paris"
name = "Paris"
currency = "EUR"
data_dir = "data"
tills = ["till-1"]
"""


@pytest.mark.parametrize(
    ("terminals", "said"),
    [
        ('[{ till = "till-9", id = "P1", url = "https://192.0.2.5:8443" }]', "no till"),
        ('[{ till = "till-1", id = "P1", url = "http://192.0.2.5:8443" }]', "write https://"),
        ('[{ till = "till-1", id = "P1", url = "tcp://192.0.2.5" }]', "none of the web"),
        (
            '[{ till = "till-1", id = "P1", url = "https://a" }, { till = "till-1", id = "P2", url = "https://b" }]',
            "terminal's till",
        ),
    ],
)
def test_a_terminal_that_could_not_be_asked_is_refused_at_the_start(tmp_path, terminals, said):
    file = tmp_path / "edge.toml"
    file.write_text(f"{CONFIG}terminals = {terminals}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        load_config(file)
