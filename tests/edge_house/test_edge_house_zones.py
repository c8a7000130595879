"""A store walked with the reference tray: position after position, used, made stale, put back, taken up again."""

import random

import msgspec
import numpy as np
import pytest

from contract.facts import PiecePresence, ZonesCalibrated
from contract.ids import ReaderId, UserId, ZoneId
from edge.config import ReaderConfig, ZoneConfig, ZoneKind
from edge.floor.calibration import POSITIONS, WALKER_US, CalibrationRefusedError
from edge.store import Store
from edge.zoning import choose_by

ZONES = ("left", "middle", "right")
TRAY = list(range(901, 909))
"""Numbers of the reference tags; no piece has them."""
ROUNDS = 4
MAX, LOU = UserId("max"), UserId("lou")


class Cases:
    """Three cases in a row under one reader, and levels by how far a tag is from each antenna."""

    def __init__(self, make, tmp_path, clock, *, second_port=False):
        config = make.config(tmp_path)
        zones = tuple(ZoneConfig(id=ZoneId(z), name=z.title(), kind=ZoneKind.CASE) for z in ZONES)
        ports = {"1": "left", "2": "middle", "3": "right"} | ({"4": "right"} if second_port else {})
        reader = ReaderConfig(
            id=ReaderId("r"), url="llrp://127.0.0.1:1", profile="generic-llrp",
            antennas={port: ZoneId(zone) for port, zone in ports.items()},
        )  # fmt: skip
        self.config = msgspec.structs.replace(config, zones=zones, readers=(reader,))
        self.make, self.clock = make, clock
        cards = [make.card(n, zone="left", tray="t1" if n < 5 else "") for n in range(1, 9)]
        self.shop = make.shop(self.config, clock, cards)
        self.rng = np.random.default_rng(5)
        self.lying: dict[int, float] = {}
        self.bias: dict[int, float] = {}

    @property
    def zoning(self):
        return self.shop.store.zoning

    def lay(self, numbers, at):
        for number in numbers:
            self.lying[number] = at + self.rng.uniform(-0.1, 0.1)
            self.bias[number] = self.rng.normal(0, 1.5)

    def run(self, seconds):
        """Each antenna at 0.5, 1.5, 2.5 hears every tag by its distance, once a second."""
        for _ in range(seconds):
            for port, at in ((1, 0.5), (2, 1.5), (3, 2.5)):
                heard, levels = [], []
                for number, place in self.lying.items():
                    level = -50 - 14 * abs(place - at) + self.bias[number] + self.rng.normal(0, 1)
                    if level > -75 and self.rng.random() < 0.9:
                        heard.append(self.make.epc(number))
                        levels.append(level)
                if heard and "r" not in self.shop.dead:
                    cdbm = (np.array(levels) * 100).astype(np.int16)
                    batch = self.make.batch("r", self.clock.now, heard, port, rssi=cdbm)
                    self.shop.store.pipeline.deliver(batch)
            self.step(500_000)
            self.step(500_000)

    def step(self, us):
        """A tick; a working reader was heard a moment ago."""
        self.clock.now += us
        for reader, health in self.shop.health.items():
            if reader not in self.shop.dead:
                health.last_heard_us = self.clock.now
        self.shop.store.tick(self.clock.now, writing=True)

    def walk(self, zones=ZONES):
        for zone in zones:
            for place in (0.2, 0.5, 0.8):
                self.lay(TRAY, ZONES.index(zone) + place)
                self.zoning.calibration.begin(
                    ZoneId(zone), tuple(self.make.epc(n).hex() for n in TRAY), self.clock.now, ROUNDS, by=MAX
                )
                self.run(ROUNDS + 2)
                assert not self.zoning.calibration.walking
        for number in TRAY:
            del self.lying[number]

    def finish(self, put_back=0):
        points = self.zoning.points_of(put_back) if put_back else self.zoning.points_walked()
        return self.zoning.adopt(points, choose_by(points, self.zoning.layout), MAX, put_back)

    def restarted(self, config=None):
        """The same books under a new process."""
        return Store(config or self.config, self.shop.books, self.clock, random.Random(8))


@pytest.fixture
def cases(make, tmp_path, clock) -> Cases:
    return Cases(make, tmp_path, clock)


def test_a_walk_through_all_zones_makes_a_version_that_the_books_keep(cases):
    cases.walk()
    assert [cases.zoning.calibration.positions_in(ZoneId(z)) for z in ZONES] == [POSITIONS] * 3
    assert cases.finish() == 1
    fact = cases.shop.facts(ZonesCalibrated)[0]
    assert (fact.version, fact.put_back) == (1, 0)
    assert [(each.zone, each.positions, each.tried) for each in fact.zones] == [(z, 3, 24) for z in ZONES]
    assert fact.accuracy > 0.8
    assert cases.zoning.chosen is not None


def test_a_piece_carried_to_another_case_is_placed_there_and_the_fact_says_how_surely(cases):
    cases.walk()
    cases.finish()
    cases.lay(range(1, 9), 0.5)
    cases.run(70)
    cases.lay([7], 2.5)
    cases.run(100)
    moved = [fact for fact in cases.shop.facts(PiecePresence) if fact.p_zone is not None]
    assert [(fact.piece, fact.zone) for fact in moved] == [("p7", "right")]
    assert moved[0].p_zone > 0.8


def test_a_tray_that_is_carried_goes_as_one(cases):
    cases.walk()
    cases.finish()
    cases.lay(range(1, 9), 0.5)
    cases.run(70)
    cases.lay(range(1, 5), 1.5)
    cases.run(100)
    moved = [(f.piece, f.zone) for f in cases.shop.facts(PiecePresence) if f.p_zone is not None]
    assert sorted(moved) == [(f"p{n}", "middle") for n in range(1, 5)]


def test_a_restart_goes_on_with_the_calibration_and_with_what_it_had_learned(cases):
    cases.walk()
    cases.finish()
    cases.lay(range(1, 9), 0.5)
    cases.run(70)
    cases.shop.store.stop()
    known = cases.shop.store.pipeline.places.calibrated.finder
    again = cases.restarted()
    took_up = again.pipeline.places.calibrated.finder
    assert again.zoning.row.version == 1
    sounds = cases.zoning.calibration.points.features()
    was, now = cases.zoning.chosen, again.zoning.chosen
    assert now.posterior(sounds) == pytest.approx(was.posterior(sounds), abs=1e-2)
    assert now.tray(sounds[:8]) == pytest.approx(was.tray(sounds[:8]), abs=1e-2)
    assert took_up.posterior[:8] == pytest.approx(known.posterior[:8], abs=1e-3)
    assert took_up._signature[:8] == pytest.approx(known._signature[:8], abs=0.01)


def test_a_walk_that_was_broken_off_goes_on_after_a_restart(cases):
    cases.walk(zones=("left",))
    again = cases.restarted()
    assert again.zoning.calibration.positions_in(ZoneId("left")) == POSITIONS
    assert len(again.zoning.calibration.tags) == len(TRAY)
    with pytest.raises(CalibrationRefusedError, match="not walked yet: middle, right"):
        again.zoning.points_walked()


def test_another_antenna_puts_the_calibration_out_of_use_and_says_so(cases):
    cases.walk()
    cases.finish()
    reader = cases.config.readers[0]
    other = msgspec.structs.replace(reader, antennas={**reader.antennas, "4": ZoneId("right")})
    again = cases.restarted(msgspec.structs.replace(cases.config, readers=(other,)))
    assert again.zoning.chosen is None
    assert "r/4=right changed" in again.zoning.stale
    assert again.pipeline.places.calibrated is None
    assert cases.restarted().zoning.stale == ""  # the control: the same antennas


def test_an_older_version_is_put_back_under_a_new_number(cases):
    cases.walk()
    cases.finish()
    cases.zoning.anew(None, MAX)
    cases.walk()
    assert cases.finish() == 2
    first, _ = cases.shop.facts(ZonesCalibrated)
    assert cases.finish(put_back=1) == 3
    third = cases.shop.facts(ZonesCalibrated)[-1]
    assert (third.version, third.put_back) == (3, 1)
    assert (third.accuracy, third.confusion) == (first.accuracy, first.confusion)
    with pytest.raises(CalibrationRefusedError, match="no version 9"):
        cases.zoning.points_of(9)


def test_points_that_are_damaged_or_lost_are_no_calibration(cases):
    cases.walk()
    cases.finish()
    name = f"zones/{cases.zoning.row.points}"
    with cases.shop.books.transaction() as tx:
        tx.db.run("evidence_set", name=name, body=b"VTZC1\nnonsense", at_us=1)
    assert "damaged" in cases.restarted().zoning.stale
    with cases.shop.books.transaction() as tx:
        tx.db.run("evidence_drop", name=name)
    assert "not on this box" in cases.restarted().zoning.stale


def test_an_antenna_that_hears_nothing_and_a_mute_tag_are_named(make, tmp_path, clock):
    cases = Cases(make, tmp_path, clock, second_port=True)  # port 4 has no cable
    cases.lay(TRAY[:-1], 2.5)
    tags = tuple(make.epc(n).hex() for n in TRAY)
    cases.zoning.calibration.begin(ZoneId("right"), tags, clock.now, ROUNDS)
    cases.run(ROUNDS + 3)
    told = " ".join(cases.zoning.calibration.now.advice)
    assert "Antenna 4 of r hears nothing of the tray" in told
    assert f"Not heard by any antenna: {make.epc(TRAY[-1]).hex().upper()}" in told
    assert "Antenna 3" not in told
    assert len(cases.zoning.calibration.points) == len(TRAY) - 1


def test_a_tray_that_nobody_hears_is_no_position(cases):
    cases.zoning.calibration.begin(ZoneId("left"), tuple(cases.make.epc(n).hex() for n in TRAY), cases.clock.now, 3)
    cases.run(8)
    assert cases.zoning.calibration.positions_in(ZoneId("left")) == 0
    assert "No antenna of Left heard the tray" in cases.zoning.calibration.now.advice[0]


def test_what_cannot_be_walked_is_refused_in_words(cases):
    begin, tags = cases.zoning.calibration.begin, tuple(cases.make.epc(n).hex() for n in TRAY)
    for zone, named, rounds, words in (
        ("pad", tags, 30, "walk left, middle, right"),
        ("left", tags[:2], 30, "4 to 64 tags"),
        ("left", ("xyz", *tags), 30, "no EPC"),
        ("left", tags, 1, "3 to 300 rounds"),
    ):
        with pytest.raises(CalibrationRefusedError, match=words):
            begin(ZoneId(zone), named, cases.clock.now, rounds)
    begin(ZoneId("left"), tags, cases.clock.now)
    with pytest.raises(CalibrationRefusedError, match="is being heard"):
        begin(ZoneId("left"), tags, cases.clock.now)
    cases.zoning.calibration.stop()
    begin(ZoneId("left"), (), cases.clock.now)  # the tray is known by now
    cases.clock.now += 400_000_000
    cases.shop.health[ReaderId("r")].link = "away"
    cases.shop.store.tick(cases.clock.now, writing=True)
    assert not cases.zoning.calibration.walking
    assert "given up" in cases.zoning.calibration.now.advice[0]


def test_a_reader_that_is_away_moves_nobody(cases):
    cases.walk()
    cases.finish()
    cases.lay(range(1, 9), 0.5)
    cases.run(70)
    cases.shop.dead.add("r")
    cases.run(100)
    cases.shop.dead.clear()
    cases.run(70)
    assert [fact for fact in cases.shop.facts(PiecePresence) if fact.p_zone is not None] == []


def test_an_antenna_beside_one_that_comes_and_goes_hears_nothing_otherwise_than_before(make, tmp_path, clock):
    """What it heard in rounds that count nowhere is no part of its level either: once all pieces fell by 20 dB."""
    cases = Cases(make, tmp_path, clock, second_port=True)
    cases.walk()
    cases.finish()
    cases.lay(range(1, 9), 2.5)
    cases.run(70)
    places = cases.shop.store.pipeline.places.calibrated
    before = places.finder.moves_total
    for second in range(110):
        cases.shop.health[ReaderId("r")].antennas_down = frozenset({4} if second % 6 == 0 else ())
        cases.run(1)
    assert places.finder.moves_total == before
    assert places.windows_total >= 8


def test_two_people_do_not_walk_two_trays_into_one_walk(cases):
    calibration, tags = cases.zoning.calibration, tuple(cases.make.epc(n).hex() for n in TRAY)
    cases.lay(TRAY, 0.5)
    calibration.begin(ZoneId("left"), tags, cases.clock.now, 4, by=MAX)
    cases.run(6)
    with pytest.raises(CalibrationRefusedError, match="max is walking the tray and began their last place 0 min ago"):
        calibration.begin(ZoneId("left"), tags, cases.clock.now, 4, by=LOU)
    with pytest.raises(CalibrationRefusedError, match="max is walking the tray"):
        cases.zoning.anew(None, LOU)
    assert calibration.positions_in(ZoneId("left")) == 1
    calibration.begin(ZoneId("left"), tags, cases.clock.now, 4, by=MAX)  # a walker goes on, at a terminal or a page
    calibration.stop()
    calibration.begin(ZoneId("left"), tags, cases.clock.now, 4, by=LOU)  # stopped: the tray is free
    calibration.stop()
    calibration.begin(ZoneId("left"), tags, cases.clock.now, 4, by=LOU)
    cases.run(6)
    cases.clock.now += WALKER_US
    calibration.begin(ZoneId("left"), tags, cases.clock.now, 4, by=MAX)  # gone home ten minutes ago


def test_a_walk_that_cannot_be_forgotten_on_a_full_disk_is_still_there(cases, monkeypatch):
    cases.walk(zones=("left",))

    def full():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cases.shop.books, "transaction", full)
    with pytest.raises(OSError, match="No space"):
        cases.zoning.anew(None, MAX)
    monkeypatch.undo()
    assert cases.zoning.calibration.positions_in(ZoneId("left")) == POSITIONS


def test_a_walk_of_other_antennas_is_given_up_in_words_and_once(cases):
    cases.walk(zones=("left",))
    reader = cases.config.readers[0]
    ports = dict(list(reader.antennas.items())[:-1]) | {"9": list(reader.antennas.values())[-1]}
    other = msgspec.structs.replace(cases.config, readers=(msgspec.structs.replace(reader, antennas=ports),))
    again = cases.restarted(other)
    assert "given up: readers, antennas or zones have changed" in again.zoning.calibration.now.advice[0]
    again.tick(cases.clock.now + 1, writing=True)
    assert cases.restarted(other).zoning.calibration.now.advice == ()


def test_the_fact_of_a_calibration_carries_the_names_of_the_zones(cases):
    cases.walk()
    cases.finish()
    (fact,) = cases.shop.facts(ZonesCalibrated)
    assert [each.name for each in fact.zones] == [zone.name for zone in cases.config.zones]
