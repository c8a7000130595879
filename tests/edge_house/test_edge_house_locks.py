"""Doors and locks at the store's own doors: who may see, who may open, and what is said when it stays shut."""

import warnings

import msgspec
import pytest

from contract.facts.signals import InputKind, OutputKind
from contract.feed import FeedPage, FeedRow
from contract.ids import ReaderId, ZoneId
from edge import app as edge_app
from edge import own_books
from edge.config import InputConfig, OutputConfig

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette prefers httpx2, which is not in our lock
    from starlette.testclient import TestClient

GATE = ReaderId("r-exit")
WIRES = {
    "inputs": {"1": InputConfig(name="Back door", kind=InputKind.DOOR, zone=ZoneId("exit"))},
    "outputs": {"2": OutputConfig(name="Case lock", kind=OutputKind.LOCK, zone=ZoneId("case"))},
}


class Box:
    def __init__(self, config, clock, make):
        readers = tuple(msgspec.structs.replace(r, **WIRES) for r in config.readers if r.id == GATE)
        self.config, self.clock = msgspec.structs.replace(config, readers=readers), clock
        self.edge = edge_app.create(self.config, clock=clock)
        rows = [FeedRow(rev=n + 1, scope="*", key=f"staff:{each.user}", body=each) for n, each in enumerate(make.staff)]
        self.edge.store.take_feed(FeedPage(rows=tuple(rows), upto=10, more=False))
        self.health = self.edge.store.pipeline.health[GATE] = make.health()
        self.health.inputs = {1: True}
        self.client = TestClient(self.edge.api)

    def bearer(self, user):
        own_books.set_pin(self.config, user, "4711")
        answer = self.client.post("/api/v1/login", json={"user": user, "pin": "4711"})
        self.client.cookies.clear()
        return {"authorization": f"Bearer {answer.json()['token']}"}

    def open(self, user, port=2, **body):
        return self.client.post(f"/api/v1/outputs/{GATE}/{port}/open", json=body, headers=self.bearer(user))

    def ticks(self, count):
        for _ in range(count):
            self.clock.now += 100_000
            self.edge.store.tick(self.clock.now, writing=True)


@pytest.fixture
def box(config, clock, make):
    box = Box(config, clock, make)
    yield box
    box.edge.shop.db.close()
    box.edge.store.books.close()


def test_everybody_of_the_store_sees_whether_the_back_door_is_open(box):
    box.ticks(20)
    shown = box.client.get("/api/v1/signals", headers=box.bearer("ana")).json()
    assert [(s["name"], s["way"], s["on"]) for s in shown] == [("Back door", "in", True), ("Case lock", "out", False)]
    assert shown[0]["why"] == "found so"


def test_a_manager_opens_a_case_and_the_page_says_who_and_why(box):
    answer = box.open("max", why="showing the blue tray", seconds=3)
    assert answer.status_code == 200, answer.text
    assert box.edge.store.pipeline.signals.wanted == {(GATE, 2): True}
    box.ticks(1)
    lock = box.client.get("/api/v1/signals", headers=box.bearer("ana")).json()[1]
    assert (lock["on"], lock["by"], lock["why"]) == (True, "max", "showing the blue tray")
    box.ticks(40)
    lock = box.client.get("/api/v1/signals", headers=box.bearer("ana")).json()[1]
    assert (lock["on"], lock["by"], lock["why"]) == (False, "house", "the time is over")


@pytest.mark.parametrize("user", ["ana", "lou"])
def test_nobody_but_a_manager_opens_a_case(box, user):
    assert box.open(user, why="because").status_code == 403
    assert box.edge.store.pipeline.signals.wanted == {(GATE, 2): False}


@pytest.mark.parametrize(("body", "status"), [({}, 422), ({"why": ""}, 422), ({"why": "x", "seconds": 61}, 422)])
def test_a_lock_is_opened_for_a_reason_and_a_moment(box, body, status):
    assert box.open("max", **body).status_code == status


def test_what_cannot_be_opened_stays_shut_and_says_why(box):
    assert box.open("max", port=7, why="x").status_code == 409
    box.health.link = "silent"
    refused = box.open("max", why="x")
    assert (refused.status_code, refused.json()["title"]) == (409, "This lock stays shut")
    assert "use the key" in refused.json()["detail"]


def test_a_manager_opens_a_lock_from_the_page_and_others_see_no_button(box):
    box.ticks(20)
    pages = {}
    for user in ("max", "ana"):
        own_books.set_pin(box.config, user, "4711")
        client = TestClient(box.edge.api)
        client.post("/sign-in", data={"user": user, "pin": "4711"})
        pages[user] = (client, client.get("/readers").text)
    client, page = pages["max"]
    assert "Open for 5 s" in page
    assert "Open for 5 s" not in pages["ana"][1]
    assert "Back door" in pages["ana"][1]
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    answer = client.post(
        f"/outputs/{GATE}/2/open", data={"csrf": csrf, "why": "a client waits"}, follow_redirects=False
    )
    assert answer.status_code == 303
    assert box.edge.store.pipeline.signals.wanted == {(GATE, 2): True}
