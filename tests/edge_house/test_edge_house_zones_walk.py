"""`vitrine zones calibrate` against a box: a person lays the tray, the command says what it hears and what to do next."""

import warnings

import numpy as np
import pytest

from contract.feed import FeedPage, FeedRow
from contract.ids import ReaderId
from edge import app as edge_app
from edge import own_books
from vitrine import zones as job
from vitrine.problems import PersonError
from vitrine.tag import Box

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette prefers httpx2, which is not in our lock
    from starlette.testclient import TestClient

TRAY = list(range(901, 909))
ANTENNAS = {"safe": ("r-safe", 1), "case": ("r-case", 1)}


class Person:
    """Somebody at a terminal, the tray in their hands, and a box whose time goes on while they wait."""

    def __init__(self, edge, client, make, clock):
        self.edge, self.box, self.make, self.clock = edge, Box("the box", client), make, clock
        self.tags = [make.epc(n).hex().upper() for n in TRAY]
        self.said: list[str] = []
        self.asked: list[str] = []
        self.at, self.patience = "", 100
        self.rng = np.random.default_rng(4)
        self.silent: set[str] = set()

    def ready(self, words):
        self.asked.append(words)
        self.at = "safe" if "Safe" in words else "case"
        return len(self.asked) <= self.patience

    def wait(self, seconds):
        """Two seconds of the floor, whatever was asked for."""
        for _ in range(4):
            self.clock.now += 500_000
            for zone, (reader, port) in ANTENNAS.items():
                level = -5000 if zone == self.at else -6800
                heard = [self.make.epc(n) for n in TRAY if self.rng.random() < (0.95 if zone == self.at else 0.2)]
                cdbm = (level + self.rng.normal(0, 200, len(heard))).astype(np.int16)
                if heard and reader not in self.silent:
                    self.edge.store.pipeline.deliver(self.make.batch(reader, self.clock.now, heard, port, rssi=cdbm))
            for health in self.edge.store.pipeline.health.values():
                health.last_heard_us = self.clock.now
            self.edge.house.step()

    def calibrate(self, zone="", tags=None, **more):
        tags = self.tags if tags is None else tags
        return job.calibrate(
            self.box, zone, tags, **{"rounds": 4, "positions": 2, **more},
            say=self.said.append, ready=self.ready, wait=self.wait,
        )  # fmt: skip


@pytest.fixture
def person(config, clock, make):
    edge = edge_app.create(config, clock=clock)
    make.give(edge.store.books, 1)
    rows = [FeedRow(rev=1, scope="*", key="piece:p1", body=make.card(1))]
    rows += [FeedRow(rev=100 + n, scope="*", key=f"staff:{each.user}", body=each) for n, each in enumerate(make.staff)]
    edge.store.take_feed(FeedPage(rows=tuple(rows), upto=200, more=False))
    edge.store.reload()
    edge.store.pipeline.health = {ReaderId(reader.id): make.health() for reader in config.readers}
    own_books.set_pin(config, "max", "4711")
    with TestClient(edge.api) as client:
        made = Person(edge, client, make, clock)
        made.box.sign_in("max", "4711")
        yield made
    edge.shop.db.close()
    edge.store.books.close()


def test_a_person_walks_the_tray_and_the_store_goes_by_it(person):
    assert person.calibrate() is True
    assert [words.partition(",")[0] for words in person.asked] == [
        "Lay the reference tray in Safe", "Lay the reference tray in Safe",
        "Lay the reference tray in Case", "Lay the reference tray in Case",
    ]  # fmt: skip
    assert any("Safe: position 2 is heard" in words for words in person.said)
    assert any("Antenna 2 of r-case hears nothing of the tray" in words for words in person.said)
    assert "Version 1 is in use" in job.status(person.box)
    assert person.edge.store.zoning.chosen is not None


def test_a_walk_goes_on_where_it_stopped(person):
    person.patience = 1
    assert person.calibrate() is False
    assert "goes on from here" in person.said[-1]
    person.asked.clear()
    person.patience = 100
    assert person.calibrate(tags=[]) is True, "the box remembers the tray"
    assert len(person.asked) == 3


def test_an_older_version_is_put_back_from_the_terminal(person):
    person.calibrate()
    assert person.calibrate(again=True) is True
    assert "Version 3 is in use" in job.put_back(person.box, 1)
    with pytest.raises(PersonError, match="there is no version 9"):
        job.put_back(person.box, 9)


def test_what_is_wrong_is_said_with_what_to_do(person, tmp_path):
    with pytest.raises(PersonError, match="--tray FILE"):
        person.calibrate(tags=[])
    with pytest.raises(PersonError, match="there are: safe, case"):
        person.calibrate(zone="attic")
    with pytest.raises(PersonError, match="4 to 64 tags"):
        person.calibrate(tags=person.tags[:2])
    listed = tmp_path / "tray.txt"
    listed.write_text("# our tray\ne280aa01  # the red one\n\nE280AA02\n")
    assert job.tray_of(listed) == ["E280AA01", "E280AA02"]
    with pytest.raises(PersonError, match="cannot be read"):
        job.tray_of(tmp_path / "none.txt")


def test_one_zone_alone_is_not_yet_a_calibration(person):
    assert person.calibrate(zone="safe") is False
    assert person.said[-1] == "Still to walk: Case. Then the calibration can be used."


def test_a_tray_that_lies_elsewhere_than_is_said_is_not_believed(person):
    person.silent.add("r-safe")
    assert person.calibrate(zone="safe") is False
    assert any("No antenna of Safe heard the tray: this position was not kept" in words for words in person.said)
    assert not person.edge.store.zoning.calibration.points.positions_in(0)
