"""A gap in coverage is a fact, said once, when it ends; and so is another device at a reader's address."""

import pytest

from contract.facts import CoverageGap, ReaderChanged, ReaderHealth, ReaderIdentity, ReaderLink
from edge.books.replay import differences
from edge.floor.coverage import BOX_AWAY, Coverage
from edge.till import queries

CASE = list(range(1, 11))
SECOND = 1_000_000


@pytest.fixture
def a_shop(config, clock, make, tmp_path):
    def opened():
        return make.shop(config, clock, [make.card(n) for n in CASE], path=tmp_path / "books.sqlite3")

    return opened


def cut(shop, seconds, why="nothing heard for 3.0 s"):
    """The cable of the case's reader is cut for so long; the watchdog bites after three seconds."""
    health = shop.health["r-case"]
    shop.dead.add("r-case")
    shop.run(3)
    health.link, health.why = ReaderLink.SILENT, why
    shop.run(seconds - 3)


def mend(shop):
    health = shop.health["r-case"]
    shop.dead.discard("r-case")
    health.link, health.why, health.alive_since_us = ReaderLink.READING, "", shop.clock.mono_us()
    shop.run(2)


def test_a_gap_is_told_once_when_it_ends_from_the_last_word_to_the_first(a_shop):
    shop = a_shop()
    shop.run(5)
    from_us = shop.clock.wall_us()
    cut(shop, 60)
    assert shop.facts(CoverageGap) == []
    until_us = shop.clock.wall_us()
    mend(shop)
    shop.run(60)
    assert shop.facts(CoverageGap) == [
        CoverageGap(reader="r-case", from_us=from_us, until_us=until_us, why="nothing heard for 3.0 s")
    ]
    assert queries.gaps_newest(shop.books.db)[0].until_us == until_us
    assert differences(shop.books) == ["custody"]  # the tokens that the test gave


def test_while_it_is_dark_the_books_say_since_when(a_shop):
    shop = a_shop()
    shop.run(5)
    from_us = shop.clock.wall_us()
    cut(shop, 10)
    assert shop.facts(ReaderHealth)[-1].dark_since_us == from_us
    mend(shop)
    assert shop.facts(ReaderHealth)[-1].dark_since_us == 0


def test_a_reader_that_goes_through_many_states_before_it_reads_again_had_one_gap(a_shop):
    shop = a_shop()
    shop.run(5)
    cut(shop, 10)
    for link in (ReaderLink.CONNECTING, ReaderLink.REFUSED, ReaderLink.SILENT, ReaderLink.CONNECTING):
        shop.health["r-case"].link, shop.health["r-case"].why = link, str(link)
        shop.run(5)
    mend(shop)
    assert [gap.why for gap in shop.facts(CoverageGap)] == ["nothing heard for 3.0 s"]


def test_a_connection_made_anew_while_nobody_looked_is_a_gap_too(a_shop):
    shop = a_shop()
    shop.run(5)
    shop.dead.add("r-case")
    shop.run(2.5)
    shop.health["r-case"].alive_since_us = shop.clock.mono_us()  # the link said READING at every look
    shop.dead.discard("r-case")
    shop.run(1)
    (gap,) = shop.facts(CoverageGap)
    assert gap.until_us - gap.from_us == pytest.approx(2.5 * SECOND, abs=SECOND)


def test_less_than_a_second_is_counted_and_not_told(a_shop):
    shop = a_shop()
    shop.run(5)
    shop.health["r-case"].alive_since_us = shop.clock.mono_us()
    shop.run(1)
    assert shop.facts(CoverageGap) == []
    assert shop.store.pipeline.gaps_short_total == 1


def test_a_box_that_was_down_saw_nothing_and_says_so_of_every_reader(a_shop):
    shop = a_shop()
    shop.run(5)
    down_us = shop.clock.wall_us()
    shop.books.close()
    shop.clock.now += 3600 * SECOND
    again = a_shop()
    for health in again.health.values():
        health.alive_since_us = again.clock.mono_us() + SECOND
    again.clock.now += SECOND
    again.run(3)
    gaps = again.facts(CoverageGap)
    assert {gap.reader for gap in gaps} == set(again.health)
    assert {gap.why for gap in gaps} == {BOX_AWAY}
    assert {gap.until_us for gap in gaps} == {down_us + 3601 * SECOND}
    assert all(down_us - 60 * SECOND <= gap.from_us <= down_us for gap in gaps)


def test_a_gap_that_is_open_when_the_box_goes_down_ends_when_the_reader_reads_again(a_shop):
    shop = a_shop()
    shop.run(5)
    from_us = shop.clock.wall_us()
    cut(shop, 10, why="unplugged")
    shop.books.close()
    shop.clock.now += 600 * SECOND
    again = a_shop()
    again.health["r-case"].link = ReaderLink.SILENT
    again.dead.add("r-case")
    again.run(30)
    mend(again)
    (gap,) = (gap for gap in again.facts(CoverageGap) if gap.reader == "r-case")
    assert (gap.from_us, gap.why) == (from_us, "unplugged")
    assert gap.until_us == pytest.approx(again.clock.wall_us(), abs=3 * SECOND)


def test_a_reader_that_never_read_has_no_gap(a_shop):
    shop = a_shop()
    shop.health["r-case"].link = ReaderLink.CONNECTING
    shop.run(30)
    mend(shop)
    assert shop.facts(CoverageGap) == []


def test_another_device_at_the_address_is_told_with_what_it_was(a_shop):
    shop = a_shop()
    health = shop.health["r-case"]
    health.model, health.firmware, health.serial = "Impinj Speedway R420", "6.4.1", "00:16:25:00:00:01"
    shop.run(2)
    health.model, health.firmware, health.serial = "Zebra FX9600", "3.10", "84:24:8d:00:00:02"
    shop.run(2)
    assert shop.facts(ReaderChanged) == [
        ReaderChanged(
            reader="r-case",
            was=ReaderIdentity("Impinj Speedway R420", "6.4.1", "00:16:25:00:00:01"),
            now=ReaderIdentity("Zebra FX9600", "3.10", "84:24:8d:00:00:02"),
        )
    ]
    (row,) = queries.reader_changes(shop.books.db)
    assert (row.was_model, row.model, row.serial) == ("Impinj Speedway R420", "Zebra FX9600", "84:24:8d:00:00:02")
    assert "readers" in shop.told
    assert differences(shop.books) == ["custody"]  # the tokens that the test gave


@pytest.mark.parametrize(
    ("was", "now"), [(("R420", "6.4.1", "a"), ("R420", "8.0", "a")), (("R420", "6.4.1", "a"), ("R420", "6.4.1", "b"))]
)
def test_new_firmware_and_the_twin_of_a_broken_reader_are_changes(a_shop, was, now):
    shop = a_shop()
    health = shop.health["r-case"]
    for health.model, health.firmware, health.serial in (was, now):
        shop.run(1)
    assert len(shop.facts(ReaderChanged)) == 1


def test_a_change_while_the_box_was_down_is_noticed_and_not_knowing_yet_is_no_change(a_shop):
    shop = a_shop()
    shop.run(2)
    shop.books.close()
    again = a_shop()
    health = again.health["r-case"]
    health.model = health.firmware = health.serial = ""
    again.run(2)
    assert again.facts(ReaderChanged) == []
    assert again.facts(ReaderHealth)[-1].model == "hand"
    health.model, health.firmware = "hand", "2"
    again.run(2)
    assert [(fact.was.firmware, fact.now.firmware) for fact in again.facts(ReaderChanged)] == [("1", "2")]


def test_a_serial_learned_later_is_no_change(a_shop):
    shop = a_shop()
    shop.run(2)
    shop.health["r-case"].serial = "00:16:25:00:00:01"
    shop.run(2)
    assert shop.facts(ReaderChanged) == []
    assert shop.facts(ReaderHealth)[-1].serial == "00:16:25:00:00:01"


def test_a_calendar_that_is_set_back_during_a_gap_neither_hides_nor_lengthens_it(make):
    now, ahead = [0], [1_700_000_000 * SECOND]
    coverage = Coverage({}, lambda: now[0] + ahead[0], 0)
    health = make.health(alive_since_us=1)

    def look(at_us):
        now[0] = at_us
        return coverage.look("r", health, at_us)

    health.last_heard_us = 10 * SECOND
    assert look(10 * SECOND) is None
    health.link, health.why = ReaderLink.SILENT, "unplugged"
    assert look(13 * SECOND) is None
    ahead[0] -= 3600 * SECOND
    health.link, health.alive_since_us = ReaderLink.READING, 70 * SECOND
    gap = look(70 * SECOND)
    assert gap.until_us - gap.from_us == 60 * SECOND
    assert gap.until_us == 70 * SECOND + ahead[0]
