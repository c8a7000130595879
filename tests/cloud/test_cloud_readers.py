"""What the office keeps of a store's readers: how they stand, which they are, and when they did not read."""

from cloud.pos.floor import queries
from contract.entries import Stream
from contract.facts import CoverageGap, ReaderChanged, ReaderHealth, ReaderIdentity, ReaderLink

WAS, NOW = ReaderIdentity("R420", "6.4.1", "00:16:25:00:00:01"), ReaderIdentity("FX9600", "3.10", "84:24:8d:00:00:02")
GAP = CoverageGap(reader="r1", from_us=1_000_000, until_us=61_000_000, why="nothing heard for 3.0 s")
CHANGE = ReaderChanged(reader="r1", was=WAS, now=NOW)


def asked(house, query, *args):
    with house.office.reading() as tx:
        return query(tx, *args)


def test_gaps_and_changes_are_kept_for_the_office_once_however_often_they_are_sent(house):
    box = house.store("paris")
    box.write(GAP, CHANGE, stream=Stream.FLOOR)
    rows = list(box.rows[Stream.FLOOR])
    box.send(stream=Stream.FLOOR)
    box.hand_over(stream=Stream.FLOOR, epoch=box.epoch, rows=rows)
    (gap,), (change,) = asked(house, queries.gaps, "paris"), asked(house, queries.reader_changes, "paris")
    assert (gap.reader, gap.from_us, gap.until_us, gap.why) == ("r1", GAP.from_us, GAP.until_us, GAP.why)
    assert (change.was_model, change.was_firmware, change.was_serial) == ("R420", "6.4.1", "00:16:25:00:00:01")
    assert (change.model, change.firmware, change.serial) == ("FX9600", "3.10", "84:24:8d:00:00:02")


def test_gaps_of_an_older_log_are_kept_too_for_they_are_history(house):
    box = house.store("paris")
    epoch = box.epoch
    box.write(GAP, stream=Stream.FLOOR)
    rows = list(box.rows[Stream.FLOOR])
    box.join()
    box.hand_over(stream=Stream.FLOOR, epoch=epoch, rows=rows)
    assert [gap.until_us for gap in asked(house, queries.gaps, "paris")] == [GAP.until_us]


def test_the_office_knows_since_when_a_reader_has_not_been_reading_and_which_it_is(house):
    box = house.store("paris")
    box.write(
        ReaderHealth(reader="r1", link=ReaderLink.SILENT, serial=NOW.serial, dark_since_us=5_000_000),
        stream=Stream.FLOOR,
    )
    box.send(stream=Stream.FLOOR)
    (row,) = asked(house, queries.readers)
    assert (row.serial, row.dark_since_us) == (NOW.serial, 5_000_000)
