"""A demo's first day, lived at the doors of a whole house: real processes, readers and all."""

import datetime as dt
import json
import threading

import httpx
import pytest

from contract.facts import OrderKind
from contract.feed import Role
from vitrine import first_day
from vitrine.ask import Api, AskError
from vitrine.demo import running
from vitrine.shop import Wish

SMALL = Wish(well_known_ports=False, clients=40, pieces={"flagship": 300, "boutique": 60, "web": 20})


@pytest.mark.long
def test_the_first_day_of_a_demo_is_whole_and_lived_once(tmp_path):
    said = []
    with running(tmp_path / "house", say=lambda _: None, stop=threading.Event(), wish=SMALL) as house:
        first_day.live(house.shop, said.append, threading.Event())
        assert said == [first_day.WHOLE]
        store = Api(house.shop.edge_url(first_day.FLAGSHIP)).at_store(house.shop.login(Role.MANAGER))
        orders = store.get("/api/v1/orders", list[dict])
        assert {order["kind"] for order in orders} == set(OrderKind)
        first_day.live(house.shop, said.append, threading.Event())
        assert len(said) == 1
        assert len(store.get("/api/v1/orders", list[dict])) == len(orders)
        store.close()


class SlowOffice:
    """A store that has received a piece, and its office, which hears of it when it was asked for it so often."""

    def __init__(self, looks):
        self.looks, self.orders = looks, []
        self.api = Api("http://house", httpx.MockTransport(self.answer))

    def answer(self, request):
        match request.method, request.url.path:
            case _, "/truth":
                said = {"zones": {"case-6": ["p-1"]}}
            case "GET", "/api/v1/pieces/p-1":
                self.looks -= 1
                here = {"holder": first_day.FLAGSHIP, "custody": "incoming" if self.looks > 0 else "here"}
                said = {"piece": "p-1", "sellable": True, "seen": True, "row": here}
            case "POST", "/api/v1/orders" if self.looks > 0:
                return httpx.Response(409, json={"title": "Hoop earrings, silver is not in a store now"})
            case "POST", "/api/v1/orders":
                self.orders.append(json.loads(request.content))
                said = {}
        return httpx.Response(200, json=said)

    def day(self):
        now, api = dt.datetime.now(dt.UTC), self.api
        return first_day._Day(
            manager=api,
            office=api,
            admin=api,
            world=api,
            stop=threading.Event(),
            today=now.date(),
            now=now,
            taken=set(),
        )


def test_the_web_asks_for_a_piece_once_the_office_knows_that_it_arrived(monkeypatch):
    monkeypatch.setattr(first_day, "LOOK_EVERY_S", 0.01)
    slow = SlowOffice(looks=9)
    first_day._from_the_web(slow.day())
    assert slow.orders == [{"order": "WEB-1001", "piece": "p-1"}]


def test_without_waiting_for_that_a_busy_machine_spoils_the_day(monkeypatch):
    """The control."""
    monkeypatch.setattr(first_day._Day, "_is_told", lambda *_: True)
    with pytest.raises(AskError, match="not in a store now"):
        first_day._from_the_web(SlowOffice(looks=9).day())
