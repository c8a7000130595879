"""What a store's people see of their readers: page, API and figures, from the driver's health to the words."""

import re
import warnings
from dataclasses import replace
from types import SimpleNamespace

import pytest

from contract.facts import ReaderLink
from contract.feed import FeedPage, FeedRow
from edge import app as edge_app
from edge import own_books
from edge.api import views_store

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette prefers httpx2, which is not in our lock
    from starlette.testclient import TestClient

SECOND = 1_000_000
UPLINK = SimpleNamespace(
    differs=False, unknown_command="", up=True, why_down="", standing="ok", unsent=0, sales_unsent=0
)


class Box:
    """A box whose house steps when the test says so, and whose readers are as the test sets them."""

    def __init__(self, config, clock, make):
        self.clock = clock
        self.edge = edge_app.create(config, clock=clock)
        rows = tuple(FeedRow(rev=n + 1, scope="*", key=f"staff:{s.user}", body=s) for n, s in enumerate(make.staff))
        self.edge.store.take_feed(FeedPage(rows=rows, upto=len(rows), more=False))
        own_books.set_pin(config, "ana", "4711")
        self.client = TestClient(self.edge.api)
        token = self.client.post("/api/v1/login", json={"user": "ana", "pin": "4711"}).json()["token"]
        self.client.cookies.clear()
        self.bearer = {"authorization": f"Bearer {token}"}
        self.health = self.edge.store.pipeline.health["r-case"]

    def step(self, seconds=2.0):
        for _ in range(int(seconds * 5)):
            self.clock.now += SECOND // 5
            self.health.last_heard_us = self.clock.now
            self.edge.house.step()

    def reads(self, **more):
        self.health.link, self.health.why, self.health.alive_since_us = ReaderLink.READING, "", self.clock.now
        for name, value in more.items():
            setattr(self.health, name, value)
        self.step()

    def reader(self):
        return next(r for r in self.get("/api/v1/readers").json() if r["reader"] == "r-case")

    def get(self, path):
        return self.client.get(path, headers=self.bearer)


@pytest.fixture
def box(config, clock, make):
    box = Box(config, clock, make)
    yield box
    box.edge.shop.db.close()
    box.edge.store.books.close()


def test_a_gap_is_listed_on_the_page_and_by_the_api_once_it_is_over(box):
    box.reads()
    box.health.link, box.health.why = ReaderLink.SILENT, "nothing heard for 3.0 s"
    box.step(10)
    assert box.get("/api/v1/gaps").json() == []
    assert box.reader()["dark_since_us"] is not None
    assert "Not reading since" in box.get("/readers").text
    page = box.get("/readers/r-case").text
    assert "until now" in page, "it does not read while the page is looked at"
    assert "It never stopped" not in page
    box.reads()
    (gap,) = box.get("/api/v1/gaps").json()
    assert (gap["reader"], gap["why"]) == ("r-case", "nothing heard for 3.0 s")
    assert gap["until_us"] - gap["from_us"] == pytest.approx(10 * SECOND, abs=SECOND)
    assert "When readers did not read" in box.get("/readers").text
    assert box.reader()["dark_since_us"] is None


def test_what_waits_is_not_said_to_read(box):
    box.reads()
    reading = next(each for each in views_store.readers(box.edge.shop) if each.reader == "r-case")
    template = box.edge.api.state.front.templates.get_template("edge/_readers.html")

    def summary(*readers):
        store = SimpleNamespace(readers=readers, signals=(), pieces=0, mode="active", mood="running", uplink=UPLINK)
        text = template.render(store=store, zone_names={}, gaps=())
        assert "Not reading since" not in text, "who waits for a hand is not missed"
        return " ".join(re.sub(r"<[^>]+>", "", text[text.index('<p class="summary">') : text.index("</p>")]).split())

    sled = replace(reading, reader="sled", waits_for="a hand", dark_since_us=1)
    assert summary(reading) == "1 reader reads."
    assert summary(reading, reading, sled) == "All 2 readers read. 1 waits for a hand or a signal."
    assert summary(sled) == "1 waits for a hand or a signal."


def test_a_reader_that_never_answered_was_never_heard(box):
    box.health.link, box.health.why = ReaderLink.SILENT, "cannot connect to 10.0.0.9: Connection refused"
    box.step(10)
    assert box.reader()["silent_s"] is None
    assert "Never" in box.get("/readers").text
    box.reads(model="Zebra FX9600")
    box.health.link = ReaderLink.SILENT
    box.clock.now += 7 * SECOND
    assert box.reader()["silent_s"] == pytest.approx(7.0, abs=1.0)


def test_another_device_at_an_address_is_shown_with_the_one_before(box):
    box.reads(model="Impinj Speedway R420", firmware="6.4.1", serial="00:16:25:00:00:01")
    assert box.reader()["was"] == ""
    box.reads(model="Zebra FX9600", firmware="3.10", serial="84:24:8d:00:00:02")
    assert box.reader()["was"] == "Impinj Speedway R420 · 6.4.1 · 00:16:25:00:00:01"
    page = box.get("/readers/r-case").text
    assert "Zebra FX9600 · 3.10 · 84:24:8d:00:00:02" in page
    assert "it was Impinj Speedway R420 · 6.4.1" in page


def test_a_clock_that_is_wrong_a_buffer_that_ran_over_and_a_hot_module_are_shown(box):
    utc_ahead_us = box.clock.wall_us() - box.clock.mono_us()
    box.reads(
        clock_offset_us=3_200_000 - utc_ahead_us, clock_jumps_total=1, overflows_total=2, temperature_c=71,
        surveys_total=1, survey_loudest=(866_300, -48),
    )  # fmt: skip
    assert box.reader()["clock_behind_s"] == 3.2
    page = box.get("/readers/r-case").text
    for words in ("Its clock is 3.2 s behind", "Its clock jumped 1 time", "ran over 2 times", "71 °C"):
        assert words in page
    figures = box.client.get("/metrics").text
    assert 'vitrine_reader_clock_offset_seconds{reader="r-case"} 3.2' in figures
    assert 'vitrine_reader_overflows_total{reader="r-case"} 2.0' in figures
    assert 'vitrine_reader_survey_loudest_dbm{khz="866300",reader="r-case"} -48.0' in figures


def test_of_a_reader_that_tells_only_its_uptime_its_start_is_shown(box):
    box.reads(clock_offset_us=-7_000_000, clock_is_uptime=True)
    told = box.reader()
    assert told["clock_behind_s"] is None
    assert told["started_us"] == box.clock.wall_us() - box.clock.mono_us() - 7_000_000
    assert 'vitrine_reader_clock_offset_seconds{reader="r-case"} -7.0' in box.client.get("/metrics").text


def test_a_clock_that_is_right_is_no_news(box):
    box.reads(clock_offset_us=40_000 - (box.clock.wall_us() - box.clock.mono_us()))
    assert "Its clock" not in box.get("/readers").text
