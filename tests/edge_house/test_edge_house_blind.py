"""A blind count keeps what the books expect there from whoever counts, on every page and route."""

import threading
import warnings
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from contract.facts import AlarmKind, AlarmRaised, PiecePresence, PresenceState
from contract.feed import FeedPage, FeedRow
from contract.ids import AlarmId, PieceId, ZoneId
from edge import app as edge_app
from edge import own_books
from edge.books.rows import as_list
from edge.floor.alarms import words
from edge.floor.looking import Wanted

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette prefers httpx2, which is not in our lock
    from starlette.testclient import TestClient

CASE, SAFE = list(range(1, 9)), [11, 12]
TITLES = [f"Ring {n}" for n in CASE]
IN_CASE, AT_EXIT, BOOKS = (AlarmId(name) for name in ("a-case", "a-exit", "a-books"))


class Store:
    """A box whose house steps at each act, with something to tell on every page; and people who ask."""

    def __init__(self, edge, client, clock):
        self.edge, self.client, self.clock, self.bearers = edge, client, clock, {}

    def bearer(self, user):
        if user not in self.bearers:
            own_books.set_pin(self.edge.config, user, "4711")
            answer = self.client.post("/api/v1/login", json={"user": user, "pin": "4711"})
            self.client.cookies.clear()
            self.bearers[user] = {"authorization": f"Bearer {answer.json()['token']}"}
        return self.bearers[user]

    def step(self):
        """The house has its ticks."""
        for _ in range(12):
            self.clock.now += 200_000
            self.edge.house.step()

    def text(self, path, user="ana"):
        answer = self.client.get(path, headers=self.bearer(user))
        assert answer.status_code == 200, (path, answer.text)
        return answer.text

    def json(self, path, user="ana"):
        return self.client.get(f"/api/v1{path}", headers=self.bearer(user)).json()

    def count(self, **how):
        answer = self.client.post("/api/v1/counts", json={"place": "shelf", **how}, headers=self.bearer("ana"))
        assert answer.status_code == 201, answer.text
        return answer.json()["count"]


@contextmanager
def opened(config, clock, make):
    edge = edge_app.create(config, clock=clock)
    make.give(edge.store.books, *CASE, *SAFE)
    cards = [make.card(n) for n in CASE] + [make.card(n, zone="safe") for n in SAFE]
    rows = [FeedRow(rev=n + 1, scope="*", key=f"piece:{card.piece}", body=card) for n, card in enumerate(cards)]
    rows += [FeedRow(rev=100 + n, scope="*", key=f"staff:{each.user}", body=each) for n, each in enumerate(make.staff)]
    edge.store.take_feed(FeedPage(rows=tuple(rows), upto=200, more=False))
    edge.store.reload()
    told = (
        AlarmRaised(IN_CASE, AlarmKind.MISSING, (PieceId("p3"),), ZoneId("case"), "Ring 3 left Case."),
        AlarmRaised(AT_EXIT, AlarmKind.EXIT, (PieceId("p4"),), ZoneId("exit"), "Ring 4 went out."),
        AlarmRaised(BOOKS, AlarmKind.BOOKS, (PieceId("p5"),), ZoneId("safe"), "Ring 5 lies in Safe."),
    )
    with edge.store.books.transaction() as tx:
        for at, fact in enumerate(told):
            tx.db.run_struct("alarm_add", fact, raised_us=1 + at, pieces=as_list(fact.pieces))
        for number, zone in ((3, "case"), (11, "safe"), (5, "safe"), (12, "case")):
            seen = PiecePresence(PieceId(f"p{number}"), PresenceState.PRESENT, ZoneId(zone))
            tx.db.run_struct("presence_set", seen, since_us=1)
    edge.store.looking.wanted = tuple(
        Wanted(PieceId(f"p{n}"), ZoneId(zone), "unheard for a day") for n, zone in ((6, "case"), (11, "safe"))
    )
    with TestClient(edge.api) as client:
        yield Store(edge, client, clock)
    edge.shop.db.close()
    edge.store.books.close()


@pytest.fixture
def store(config, clock, make):
    with opened(config, clock, make) as made:
        yield made


PATHS = (
    "/wall", "/api/v1/wall", "/alarms", "/looks", "/watch", "/api/v1/pieces?query=Ring", "/api/v1/pieces", "/api/v1/alarms",
    "/api/v1/alarms?everything=true", "/api/v1/looks", "/api/v1/watch",
    f"/alarms/{IN_CASE}/why", f"/alarms/{BOOKS}/why",
)  # fmt: skip


def kept(text):
    """Titles of the case's pieces that a text tells; the one at the gate is told whatever is counted."""
    return [
        title
        for title in TITLES
        if title != "Ring 4" and (f"{title}<" in text or f'"{title}"' in text or f"{title} " in text)
    ]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_of_a_zone_is_told_to_who_counts_it_blind(store, path):
    store.count(blind=True)
    store.bearer("max")
    pipeline = store.edge.store.pipeline
    pipeline.floor = replace(pipeline.floor, in_view=(PieceId("p7"), PieceId("p11")))
    assert kept(store.text(path)) == []
    assert kept(store.text(path, "max")), "who oversees sees it: there is something to keep"


def test_neither_where_pieces_are_nor_what_was_read_around_an_alarm_is_told(store):
    before = {each["piece"] for each in store.json("/presence")}
    assert {"p3", "p5", "p11", "p12"} <= before
    store.count(blind=True)
    assert {each["piece"] for each in store.json("/presence")} == {"p11"}, "p5 belongs to the case, p12 lies in it"
    for alarm in (IN_CASE, BOOKS):
        assert "blind count" in store.json(f"/history/alarms/{alarm}/reads")["why"]
        assert "blind count" not in store.json(f"/history/alarms/{alarm}/reads", "max")["why"]


def test_the_plan_of_the_last_hours_leaves_out_what_is_counted_blind(store):
    told, stock = store.edge.store.chronicle, store.edge.store.stock
    rows = np.array([stock.catalogue.row_of(PieceId(f"p{n}")) for n in (*CASE, *SAFE)], np.int32)
    zones = [stock.zones.index[ZoneId(zone)] for zone in ["case"] * len(CASE) + ["safe"] * len(SAFE)]
    now_us, before = store.clock.wall_us(), np.full(len(rows), stock.zones.index[ZoneId("safe")], np.int32)
    for minute in range(14, 5, -1):  # they moved in the last minutes, out of the safe
        told._stays.hear(now_us - minute * 60_000_000, rows, before)
    told._stays.hear(now_us, rows, np.array(zones, np.int32))
    store.count(blind=True)
    assert store.json("/wall/then?back_minutes=0")["pieces"] == {"safe": 2}
    assert store.json("/wall/then?back_minutes=0", "max")["pieces"] == {"case": 8, "safe": 2}
    store.clock.now += 60_000_000  # the page ends at the last whole minute
    assert kept(store.text("/wall/then?hours=1")) == []
    assert kept(store.text("/wall/then?hours=1", "max"))


def test_who_oversees_sees_it_all_the_same_and_who_counts_does_after_the_figures_are_in(store):
    count = store.count(blind=True)
    for path in ("/wall", "/looks", "/api/v1/pieces?query=Ring", "/api/v1/alarms"):
        assert kept(store.text(path, "max")), path
        assert not kept(store.text(path)), path
    store.client.post(f"/api/v1/counts/{count}/submit", json={"quantities": {"case": 8}}, headers=store.bearer("ana"))
    for path in ("/wall", "/looks", "/api/v1/pieces?query=Ring", "/api/v1/alarms"):
        assert kept(store.text(path)), path


def test_an_alarm_is_still_an_alarm_during_a_blind_count_and_one_at_the_gate_names_its_piece(store):
    store.count(blind=True)
    alarms = {each["alarm"]: each for each in store.json("/alarms")}
    assert [alarms[name]["pieces"] for name in (IN_CASE, BOOKS)] == [[], []]
    assert alarms[IN_CASE]["zone"] == "case"
    assert "blind count" in alarms[IN_CASE]["sentence"]
    assert [each["piece"] for each in alarms[AT_EXIT]["pieces"]] == ["p4"]


def test_a_single_piece_can_still_be_looked_up_and_what_lies_elsewhere_is_listed(store):
    store.count(blind=True)
    assert [each["piece"] for each in store.json("/pieces?query=p3")] == ["p3"]
    assert [each["piece"] for each in store.json("/pieces?query=Ring&limit=1")] == ["p11"]
    assert {each["piece"] for each in store.json("/pieces?query=Ring")} == {"p11"}, "p12 lies in the case"
    assert [each["piece"] for each in store.json("/looks")["wanted"]] == ["p11"]


def test_every_kind_of_alarm_has_a_title_and_says_what_to_do():
    """One that had none took the wall and every list of alarms down with it."""
    assert set(words.TITLES) == set(words.ADVICE) == set(AlarmKind)


def test_what_is_measured_of_a_zone_that_is_counted_blind_is_told_to_nobody(store):
    store.step()
    assert 'vitrine_zone_expected{zone="case"}' in store.client.get("/metrics").text
    store.count(blind=True)
    told = store.client.get("/metrics").text
    assert 'vitrine_zone_expected{zone="case"}' not in told
    assert 'vitrine_zone_missing{zone="case"}' not in told
    assert 'vitrine_zone_expected{zone="safe"}' in told


def test_a_whole_count_is_made_beside_the_loop_which_has_alarms_to_tell(store, monkeypatch):
    """Its verdicts may be one for each piece; whose figures they are is asked there too."""
    box, threads = store.edge.store, []
    own = box.reading_db
    monkeypatch.setattr(box, "reading_db", lambda: (threads.append(threading.current_thread().name), own())[1])
    count = store.count(blind=True)
    threads.clear()  # the capture looks at the books too
    path = f"/counts/{count}"
    assert [store.json(path)["hidden"], store.json(path, "max")["hidden"]] == [True, False]
    assert store.json(f"{path}/verdicts.csv")["title"] == "This count is blind"
    for sheet in (path, f"/api/v1{path}"):
        assert store.text(f"{sheet}/verdicts.csv", "max").startswith("\ufeffpiece,title,verdict,")
    assert store.json("/counts/none/verdicts.csv")["status"] == 404
    done = store.client.post(f"/api/v1{path}/abandon", json={"reason": "enough"}, headers=store.bearer("max"))
    assert done.json()["state"] == "abandoned"
    assert len(threads) == 7
    assert {name.split("_")[0] for name in threads} == {"archive"}
