"""Passes over the store's HTTP API: begun, typed into, resent, ended; and words for everything that cannot be."""

import warnings
from contextlib import contextmanager

import msgspec
import pytest

from contract.feed import FeedPage, FeedRow
from contract.ids import ReaderId, ZoneId
from edge import app as edge_app
from edge import own_books
from edge.api.bodies import LINE_CHARS_MAX, LINES_MAX
from edge.config import ReaderConfig
from edge.floor import passes as floor_passes
from edge.readers import DRIVERS
from trade.custody import TokenState
from web.policy import undeclared

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette prefers httpx2, which is not in our lock
    from starlette.testclient import TestClient

CASE, SAFE, SOLD = list(range(1, 9)), [11, 12], [21]
SLED = ReaderConfig(
    id=ReaderId("sled"), url="wedge:", profile="wedge", handheld=True,
    antennas={"1": ZoneId("case"), "2": ZoneId("safe")},
)  # fmt: skip


class Phone:
    """A box whose house steps at each act, its sled standing ready, and a phone that is signed in."""

    def __init__(self, edge, client, make, clock):
        self.edge, self.client, self.make, self.clock = edge, client, make, clock
        self.bearers = {}

    def bearer(self, user):
        if user not in self.bearers:
            own_books.set_pin(self.edge.config, user, "4711")
            answer = self.client.post("/api/v1/login", json={"user": user, "pin": "4711"})
            self.client.cookies.clear()
            self.bearers[user] = {"authorization": f"Bearer {answer.json()['token']}"}
        return self.bearers[user]

    def post(self, path, body=None, user="ana"):
        return self.client.post(f"/api/v1{path}", json=body or {}, headers=self.bearer(user))

    def begin(self, zone="case", **more):
        answer = self.post("/passes", {"zone": zone, **more})
        assert answer.status_code == 201, answer.text
        return answer.json()["name"]

    def type(self, name, *lines, batch="b1"):
        return self.post(f"/passes/{name}/reads", {"batch": batch, "lines": list(lines)})

    def epc(self, number):
        return self.make.epc(number).hex()

    def look(self, name):
        """What the page shows, once the house has had its ticks."""
        for _ in range(3):
            self.clock.now += 200_000
            self.edge.house.step()
        return self.client.get(f"/api/v1/passes/{name}", headers=self.bearer("ana")).json()


@contextmanager
def opened(config, clock, make):
    edge = edge_app.create(config, clock=clock)
    make.give(edge.store.books, *CASE, *SAFE)
    make.give(edge.store.books, *SOLD, state=TokenState.SOLD)
    cards = [make.card(n) for n in CASE + SOLD] + [make.card(n, zone="safe") for n in SAFE]
    rows = [FeedRow(rev=n + 1, scope="*", key=f"piece:{card.piece}", body=card) for n, card in enumerate(cards)]
    rows += [FeedRow(rev=100 + n, scope="*", key=f"staff:{each.user}", body=each) for n, each in enumerate(make.staff)]
    edge.store.take_feed(FeedPage(rows=tuple(rows), upto=200, more=False))
    edge.store.reload()
    with TestClient(edge.api) as client:
        running = [client.portal.start_task_soon(r.run, edge.store.pipeline.deliver, clock) for r in edge.readers]
        try:
            yield Phone(edge, client, make, clock)
        finally:  # a reader that runs on would keep a failed test from ever ending
            for each in running:
                each.cancel()
    edge.shop.db.close()
    edge.store.books.close()


@pytest.fixture
def phone(config, clock, make):
    with opened(msgspec.structs.replace(config, readers=(SLED,)), clock, make) as made:
        yield made


def test_a_pass_shows_what_is_found_what_not_yet_and_who_is_strange(phone):
    name = phone.begin()
    answer = phone.type(name, *(phone.epc(n) for n in (1, 2, 2, 11, 21)), "e2801160000000000000abcd", "rubbish")
    assert answer.json() == {"batch": "b1", "repeated": False, "reads": 6, "unreadable": 1}
    seen = phone.look(name)
    assert (seen["zone_name"], seen["open"], seen["typed"], seen["by"]) == ("Case", True, True, "ana")
    assert (seen["found"], seen["expected"]) == (2, 8)
    assert [each["title"] for each in seen["missing"]] == [f"Ring {n}" for n in range(3, 9)]
    assert {(each["piece"], each["why"]) for each in seen["strangers"]} == {("p11", "lies in Safe"), ("p21", "sold")}
    assert (seen["unknown_tags"], seen["reads"], seen["unreadable"], seen["unreadable_sample"]) == (1, 6, 1, "rubbish")
    ended = phone.post(f"/passes/{name}/end").json()
    assert (ended["open"], ended["found"], len(ended["missing"])) == (False, 2, 6)
    assert phone.post(f"/passes/{name}/end").json() == ended


def test_a_batch_that_a_phone_resends_counts_once(phone):
    name = phone.begin()
    first = phone.type(name, phone.epc(1), "rubbish").json()
    assert phone.type(name, phone.epc(1), "rubbish").json() == {**first, "repeated": True}
    assert phone.type(name, phone.epc(1), batch="b2").json()["repeated"] is False
    seen = phone.look(name)
    assert (seen["reads"], seen["unreadable"], seen["found"]) == (2, 1, 1)
    phone.post(f"/passes/{name}/end")
    assert phone.type(name, phone.epc(1), "rubbish").json()["repeated"] is True, "also when it comes after the end"


def test_a_pass_that_is_begun_twice_is_one(phone):
    assert phone.begin(name="walk-1") == phone.begin(name="walk-1") == "walk-1"


def test_what_a_pass_reads_is_present_and_can_be_sold_where_nobody_else_reads(phone):
    name = phone.begin()
    phone.type(name, phone.epc(3))
    phone.look(name)
    piece = phone.client.get("/api/v1/pieces/p3", headers=phone.bearer("ana")).json()
    assert (piece["presence"], piece["seen"], piece["sellable"], piece["last_seen_by"]) == (
        "present",
        True,
        True,
        "sled",
    )
    assert phone.client.get("/api/v1/pieces/p4", headers=phone.bearer("ana")).json()["seen"] is False


def test_two_zones_are_swept_at_once_and_each_keeps_its_own(phone):
    case, safe = phone.begin("case"), phone.begin("safe")
    phone.type(case, phone.epc(1))
    phone.type(safe, phone.epc(11))
    assert (phone.look(case)["found"], phone.look(safe)["found"]) == (1, 1)
    assert phone.look(case)["strangers"] == []


RFD = ReaderConfig(
    id=ReaderId("rfd"), url="zebra-iot://127.0.0.1:1?topic=t", profile="zebra-rfd40", handheld=True, antennas=SLED.antennas
)  # fmt: skip


def test_a_sled_that_streams_reads_for_the_pass_that_was_begun_last_and_for_nobody_after_it(config, clock, make):
    with opened(msgspec.structs.replace(config, readers=(RFD,)), clock, make) as phone:
        swept = phone.edge.readers[0]._stream.sweeps
        assert swept() is None
        first, second = phone.begin("case"), phone.begin("safe")
        swept = phone.edge.readers[0]._stream.sweeps
        assert swept() == 2
        phone.post(f"/passes/{first}/end")
        assert swept() == 2, "it was taken over"
        refused(phone.type(second, phone.epc(11)), 409, "rfd sends its reads by itself")
        assert phone.look(second)["typed"] is False
        phone.clock.now += floor_passes.IDLE_US + 1
        assert phone.look(second)["open"] is False
        assert swept() is None, "nobody walks any more"


def refused(answer, status, *words):
    said = answer.json()
    assert answer.status_code == status, said
    assert answer.headers["content-type"].startswith("application/problem+json")
    text = f"{said['title']} {said.get('detail', '')}"
    assert all(word in text for word in words), text


def test_whatever_cannot_be_is_refused_with_its_mend(phone, monkeypatch):
    refused(phone.post("/passes", {"zone": "pad"}), 404, "sled does not sweep pad", "case, safe")
    refused(phone.post("/passes", {"zone": "case", "reader": "r-case"}), 404, "no handheld r-case", "Name one of sled")
    refused(phone.type("nowhere", "00"), 404, "There is no such pass", "Begin a new one")
    name = phone.begin()
    refused(phone.type(name, *["00"] * (LINES_MAX + 1)), 422, f"at most {LINES_MAX} items")
    refused(phone.type(name, "0" * (LINE_CHARS_MAX + 1)), 422, f"at most {LINE_CHARS_MAX} characters")
    refused(phone.type(name), 422, "lines")
    refused(phone.post(f"/passes/{name}/reads", {"batch": "b 1", "lines": ["00"]}), 422, "batch")
    refused(phone.client.get(f"/api/v1/passes/{name}"), 401, "sign in")
    refused(phone.post("/passes", {"zone": "safe", "name": name}), 409, "sweeps case with sled")
    phone.post(f"/passes/{name}/end")
    refused(phone.type(name, phone.epc(1)), 409, "This pass has ended", "Begin a new one")
    refused(phone.post("/passes", {"zone": "case", "name": name}), 409, "has ended")
    monkeypatch.setattr(floor_passes, "PASSES_OPEN_MAX", 1)
    phone.begin()
    refused(phone.post("/passes", {"zone": "case"}), 409, "1 passes are under way", "end one")


def test_a_pass_that_nobody_walks_any_more_ends_by_itself(phone):
    name = phone.begin()
    phone.clock.now += floor_passes.IDLE_US + 1
    assert phone.look(name)["open"] is False


def test_strange_tags_beyond_the_limit_are_counted_and_not_kept(phone, monkeypatch):
    monkeypatch.setattr(floor_passes, "UNKNOWN_TAGS_MAX", 3)
    name = phone.begin()
    phone.type(name, *(f"e28011600000000000{n:06x}" for n in range(5)))
    assert phone.look(name)["unknown_tags"] == 3
    assert "vitrine_pass_unknown_dropped_total 2" in phone.client.get("/metrics").text


def test_a_store_without_a_handheld_says_how_to_get_one(config, clock, make):
    with opened(msgspec.structs.replace(config, readers=()), clock, make) as phone:
        refused(phone.post("/passes", {"zone": "case"}), 409, "This store has no handheld", "handheld = true")


def test_a_pass_of_a_zone_that_is_counted_blind_shows_no_figure_to_who_counts_it(config, clock, make):
    with opened(msgspec.structs.replace(config, readers=(*config.readers, SLED)), clock, make) as phone:
        name, safe = phone.begin(), phone.begin("safe")
        phone.type(name, *(phone.epc(n) for n in (1, 2, 11)))
        assert (phone.look(name)["hidden"], phone.look(name)["expected"]) == (False, 8)
        count = phone.post("/counts", {"place": "shelf", "blind": True}).json()["count"]
        seen = phone.look(name)
        figures = [
            seen[key] for key in ("expected", "found", "missing", "strangers", "strangers_total", "unknown_tags")
        ]
        assert (seen["hidden"], figures) == (True, [0, 0, [], [], 0, 0])
        page = phone.client.get(f"/pass/{name}", headers=phone.bearer("ana")).text
        assert "counted blind" in page
        assert not any(words in page for words in ("of 8", "Ring"))
        assert "of 8" not in phone.client.get("/pass", headers=phone.bearer("ana")).text
        assert phone.look(safe)["expected"] == 2, "the safe is not part of that count"
        for path in ("/api/v1/history/zones/case", "/zones/case/history"):
            assert phone.client.get(path, headers=phone.bearer("ana")).status_code == 409, path
            assert phone.client.get(path, headers=phone.bearer("lou")).status_code == 200, "who oversees may"
        max_ = phone.client.get(f"/api/v1/passes/{name}", headers=phone.bearer("max")).json()
        assert (max_["hidden"], max_["expected"]) == (False, 8)
        phone.post(f"/counts/{count}/submit", {"quantities": {"case": 8}})
        assert (phone.look(name)["hidden"], phone.look(name)["expected"]) == (False, 8)


def test_every_route_of_passes_has_its_policy(phone):
    assert undeclared(phone.edge.api) == []
    assert {"wedge", "zebra-iot", "impinj-iot"} <= set(DRIVERS)
