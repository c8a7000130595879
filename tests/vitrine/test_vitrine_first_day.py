"""A demo's first day, lived at the doors of a whole house: real processes, readers and all."""

import threading

import pytest

from contract.facts import OrderKind
from contract.feed import Role
from vitrine import first_day
from vitrine.ask import Api
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
