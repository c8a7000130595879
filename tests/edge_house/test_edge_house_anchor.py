"""The office's books of this store against our own, as people and machines are told of it."""

import warnings

import msgspec
import pytest

from contract import merkle
from contract.facts import SaleOpened
from contract.feed import FeedPage, FeedRow
from contract.messages import Ack, Down, Standing
from edge import app as edge_app
from edge import own_books

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette prefers httpx2, which is not in our lock
    from starlette.testclient import TestClient


@pytest.fixture
def edge(config, clock, make):
    edge = edge_app.create(msgspec.structs.replace(config, readers=()), clock=clock)
    make.give(edge.store.books, 1)
    staff = [FeedRow(rev=n, scope="*", key=f"staff:{each.user}", body=each) for n, each in enumerate(make.staff, 1)]
    edge.store.take_feed(FeedPage(rows=tuple(staff), upto=len(staff), more=False))
    own_books.set_pin(config, "ana", "4711")
    yield edge
    edge.shop.db.close()
    edge.store.books.close()


def test_an_office_whose_books_are_not_ours_is_shown_to_whoever_looks_at_the_box(edge):
    client, store = TestClient(edge.api), edge.store
    token = client.post("/api/v1/login", json={"user": "ana", "pin": "4711"}).json()["token"]
    opened = SaleOpened(sale="s1", till="till-1", associate="ana", currency="EUR")
    with store.books.transaction() as tx:
        tx.write(at_us=1, by="ana", why="sale", facts=(opened,))

    def told(tree_head):
        node, ack = store.books.node(), Ack(stream="trade", upto=1, tree_head=tree_head)
        down = Down(
            store=node.store, cloud_epoch=node.cloud_epoch, term=node.term, epoch=node.epoch, standing=Standing.OK,
            acks=(ack,),
        )  # fmt: skip
        store.hear(down)
        page = client.get("/readers", headers={"authorization": f"Bearer {token}"}).text
        assert page.count("Office differs") == page.count("are not the ones this box wrote.<")
        return client.get("/healthz").json()["office_differs"], "Office differs" in page

    assert told("00" * 32) == (True, True)
    assert "vitrine_uplink_acks_unbelieved_total 1.0" in client.get("/metrics").text
    assert told(merkle.root(store.books.leaves(store.books.node().epoch, "trade")[:1]).hex()) == (False, False)
