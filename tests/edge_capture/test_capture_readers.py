"""Readers change while the house is in the middle of a turn, and look otherwise for counts: a replay knows."""

import msgspec
import numpy as np

from contract.facts import CountFinished, CountPlace, PiecePresence, PresenceState, ReaderHealth, ReaderLink
from contract.ids import CountId, ReaderId, UserId
from edge.app import create
from edge.capture.still import Album, Camera, Outside
from edge.counts.lore import Learning
from edge.readers.base import Look
from edge.reconcile.counts.learning import COUNTS_MIN
from edge.reconcile.counts.lessons import Lessons
from vitrine.replay import Told, files_of, replay

CASE, SAFE = list(range(1, 11)), list(range(11, 16))
ALL = {"r-case": CASE, "r-safe": SAFE}
CASE_READER = ReaderId("r-case")


def test_a_reader_that_falls_silent_in_the_middle_of_a_turn_is_replayed_in_the_turn_that_saw_it(shop):
    shop.run(20, lying=ALL)
    wall_us, news = shop.clock.wall_us, shop.store.pipeline.news

    def meanwhile():
        """The driver's thread: between what this turn has seen of its reader and what it writes."""
        if news._pending:
            shop.health[CASE_READER].link = ReaderLink.SILENT
        return wall_us()

    shop.store.pipeline._wall_us = shop.clock.wall_us = meanwhile
    shop.health[ReaderId("r-exit")].why = "told something"  # said first, in a turn of its own
    shop.store.tick(shop.clock.now, writing=True)
    shop.store.pipeline._wall_us = shop.clock.wall_us = wall_us
    shop.run(5, lying=ALL)
    shop.store.ear.stop()
    silent = [fact for fact in shop.facts(ReaderHealth) if fact.link is ReaderLink.SILENT]
    assert [fact.reader for fact in silent] == [CASE_READER]
    assert replay(files_of(shop.capture)).differs == ""


class OtherLooks:
    """A reader that offers two looks and takes 300 ms to change."""

    id = CASE_READER
    looks = ("as always", "the other target")

    def __init__(self, shop):
        self.shop, self.asked = shop, 0
        shop.health[self.id].looks = self.looks

    def vary(self, number):
        self.asked += 1
        self.shop.health[self.id].look = Look(
            number, self.shop.clock.now + 300_000, frozenset({9}) if number else frozenset()
        )


def test_a_count_whose_readers_look_otherwise_from_round_to_round_is_replayed(shop):
    reader = OtherLooks(shop)
    shop.store.counting.looks.varying = {reader.id: reader}
    shop.run(60, lying=ALL)
    shop.store.start_count(CountId("c1"), CountPlace.SHELF, (), UserId("ana"))
    shop.run(10, lying={"r-case": CASE[1:], "r-safe": SAFE})
    shop.store.ear.began_anew()  # in the middle of it
    shop.run(60, lying={"r-case": CASE[1:], "r-safe": SAFE})
    shop.store.ear.stop()
    assert reader.asked > 3
    for paths in (files_of(shop.capture), files_of(shop.capture)[-1:]):
        told = replay(paths)
        assert (told.cold, told.differs) == ("", "")
        assert [type(one.fact) for one in told.said()] == [CountFinished]


def test_the_memory_of_a_whole_box_with_its_drivers_can_be_kept(shop, tmp_path):
    config = msgspec.structs.replace(shop.config, data_dir=tmp_path / "box")
    store = create(config).store
    assert store.counting.looks.varying
    still, outside = store.still()
    camera = Camera(outside)
    camera.look(still)
    assert camera.encoded()


def test_learning_that_was_under_way_goes_on_from_a_still_to_the_same_end():
    lessons = Lessons()
    lessons.grow(12)
    for number in range(COUNTS_MIN):
        codes = np.array([0b1011, 0b1101 + number % 2, *[0b1111] * 10], np.uint8)
        lessons.take(np.arange(12, dtype=np.int32), codes, 0)
    whole, half = Learning(lessons), Learning(lessons)
    for _ in range(3):
        assert half.step() is None
    camera = Camera(Outside({}))
    camera.look(half)
    resumed = Album(camera.encoded(), Outside({})).first()
    ends, took = [], []
    for each in (whole, half, resumed):
        learned, steps = None, 0
        while learned is None:
            learned, steps = each.step(), steps + 1
        ends.append(learned)
        took.append(steps)
    assert took[2] == took[1] == took[0] - 3, "in the same turn as the house that was not replayed"
    assert (ends[0].hits == ends[1].hits).all()
    assert (ends[0].hits == ends[2].hits).all()


def test_a_difference_names_the_reader_the_piece_or_the_zone_it_is_about():
    gone = ReaderHealth(reader=CASE_READER, link=ReaderLink.SILENT, why="not heard for 3 s")
    back = ReaderHealth(reader=CASE_READER, link=ReaderLink.READING, why="")
    told = Told(recorded=[(1, gone)], replayed=[(1, back)])
    assert (
        "fact 1 was ReaderHealth of r-case: silent, 'not heard for 3 s', and is ReaderHealth of r-case: "
        in told.differs
    )
    assert "link reading" in told.differs
    there = PiecePresence(piece="p1", state=PresenceState.PRESENT, zone="case")
    assert "PiecePresence of p1: present" in Told(recorded=[(1, there)]).differs


def test_twenty_thousand_cards_with_prices_and_papers_are_kept_by_reference_and_come_back(shop):
    """One by one they stopped the house for half a second at the beginning of each file."""
    cards = list(shop.store.stock.cards.values())
    assert len({type(card) for card in cards}) == 1
    cards = [msgspec.structs.replace(card, certificates=("GIA 21", "GIA 22")) for card in cards] * 2
    camera = Camera(Outside({}))
    camera.look(cards)
    assert len(camera._nodes) == 1, "not a node a card"
    assert Album(camera.encoded(), Outside({})).first() == cards
