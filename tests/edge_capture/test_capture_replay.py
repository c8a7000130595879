"""What the house heard is heard again: the same code, the same alarms, to the last figure."""

import shutil

import msgspec
import pytest

from contract.facts import AlarmRaised, CountFinished, CountPlace
from contract.ids import CountId, UserId
from edge.capture import frames, recorder
from edge.capture.around import around
from edge.capture.frames import CaptureError, Tick, events_of
from edge.floor import rounds
from vitrine.replay import files_of, plain, replay

CASE, SAFE = list(range(1, 11)), list(range(11, 16))
ALL = {"r-case": CASE, "r-safe": SAFE}


def theft(shop, seconds=200):
    """An hour's calm in short, then a ring leaves."""
    shop.run(120, lying=ALL)
    shop.run(seconds, lying={"r-case": CASE[1:], "r-safe": SAFE})
    shop.store.ear.stop()
    return shop.facts(AlarmRaised)


@pytest.fixture(scope="module")
def stolen(tmp_path_factory, house):
    """(The capture of a theft, its alarms); made once."""
    shop = house(tmp_path_factory.mktemp("theft"))
    return shop.capture, theft(shop)


@pytest.fixture
def capture(stolen, tmp_path):
    """A copy of it, to be damaged."""
    shutil.copytree(stolen[0], tmp_path / "capture")
    return tmp_path / "capture"


def test_a_theft_is_replayed_with_the_same_alarm_and_the_same_sentence(stolen):
    capture, alarms = stolen
    assert [alarm.pieces for alarm in alarms] == [("p1",)]
    told = replay(files_of(capture))
    assert told.differs == ""
    assert told.cold == ""
    said = list(told.said())
    assert [(one.alarm, one.fact.sentence) for one in said] == [(alarms[0].alarm, alarms[0].sentence)]
    assert (told.store, told.reads > 1000) == ("paris", True)


def test_twice_replayed_is_the_same(stolen):
    one, two = (replay(files_of(stolen[0])) for _ in range(2))
    assert [plain(fact) for _, fact in one.replayed] == [plain(fact) for _, fact in two.replayed]


def test_a_capture_that_begins_in_the_middle_of_a_day_knows_what_the_house_knew(shop, monkeypatch):
    shop.run(60.3, lying=ALL)
    shop.store.start_count(CountId("c1"), CountPlace.SHELF, (), UserId("ana"))
    shop.run(2, lying={"r-case": CASE[1:], "r-safe": SAFE})
    shop.store.ear.began_anew()  # as if the disk had been full until now
    shop.run(3, lying={"r-case": CASE[1:], "r-safe": SAFE, "r-exit": [1]}, p=1.0)
    shop.run(70, lying={"r-case": CASE[1:], "r-safe": SAFE})
    shop.store.ear.stop()
    told = replay(files_of(shop.capture)[-1:])
    assert told.differs == ""
    assert {type(one.fact) for one in told.said()} == {AlarmRaised, CountFinished}


def test_control_without_its_memory_the_house_says_something_else(shop):
    shop.run(60.3, lying=ALL)
    shop.run(9, lying={"r-case": CASE[1:], "r-safe": SAFE})
    shop.store.ear.began_anew()
    shop.run(70, lying={"r-case": CASE[1:], "r-safe": SAFE})
    shop.store.ear.stop()
    assert replay(files_of(shop.capture)[-1:]).differs == ""
    told = replay(files_of(shop.capture)[-1:], cold=True)
    assert told.cold == "as it was asked"
    assert told.differs != ""


def test_acts_of_people_and_dead_readers_are_replayed_too(shop):
    shop.run(60, lying=ALL)
    shop.store.scan(("p1",), "safe", "ana", damaged=False)
    shop.dead.add("r-safe")
    shop.health["r-safe"].link = shop.health["r-safe"].link.SILENT
    shop.run(30, lying={"r-case": CASE[2:]})
    shop.store.begin_restock("r1", ("case",), 10, UserId("max"))
    shop.run(30, lying={"r-case": CASE[4:]})
    shop.store.end_restock("r1", "put away", UserId("max"))
    shop.run(30, lying={"r-case": CASE[4:]})
    shop.store.ear.stop()
    told = replay(files_of(shop.capture))
    assert told.differs == ""
    assert len(told.replayed) > 15


def test_another_program_says_where_it_differs(stolen, monkeypatch):
    monkeypatch.setattr(rounds, "READS_PER_ROUND_MAX", 0)
    assert "was said and is not now" in replay(files_of(stolen[0])).differs


def test_what_an_alarm_was_raised_by_is_kept_and_found_under_its_name(stolen, capture):
    alarm = stolen[1][0].alarm
    kept = files_of(capture / "kept" / alarm)
    for path in files_of(capture):
        path.unlink()
    assert [one.alarm for one in replay(kept).said()] == [alarm]


@pytest.mark.parametrize("at", [30, 400, -5])
def test_a_damaged_capture_is_named_with_its_place(capture, at):
    path = files_of(capture)[0]
    body = bytearray(path.read_bytes())
    body[at] ^= 0x10
    path.write_bytes(body)
    with pytest.raises(CaptureError, match=rf"{path.name} is damaged at byte \d+|holds nothing"):
        replay([path])


def test_a_capture_cut_while_it_grew_ends_where_it_was_whole(capture):
    path = files_of(capture)[0]
    whole = replay([path])
    path.write_bytes(path.read_bytes()[:-7])
    cut = replay([path])
    assert whole.ticks - 15 <= cut.ticks < whole.ticks


def test_a_file_that_is_no_capture_is_refused(tmp_path):
    path = tmp_path / "x.capture"
    path.write_text("no")
    with pytest.raises(CaptureError, match="is no capture of this version"):
        replay([path])
    with pytest.raises(CaptureError, match="holds no capture"):
        files_of(tmp_path / "nowhere")


def test_nothing_of_a_persons_secrets_is_in_a_capture(shop):
    shop.run(3, lying=ALL)
    shop.store.ear.stop()
    begin = next(events_of(files_of(shop.capture)))
    assert {"presence", "custody", "feed_row"} <= begin.tables.keys()
    assert not {"pin_verifier", "login", "journal"} & begin.tables.keys()
    assert not [table for table in begin.tables if table.startswith("seek")], "made anew of the cards"
    assert begin.still
    told = [each for each in (b":PieceCard", b"stock:Status") if each in begin.still]
    assert told == [], "the cards and where each stands are among the tables"


def test_every_read_is_in_it_as_it_came(shop):
    shop.run(3, lying={"r-case": [1, 2]}, p=1.0)
    shop.store.ear.stop()
    ticks = [event for event in events_of(files_of(shop.capture)) if isinstance(event, Tick)]
    blocks = [batch for tick in ticks for batch in tick.batches]
    assert len(blocks) == 3
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(blocks[0]), type=frames.Batch) == blocks[0]


def test_the_reads_around_an_alarm_show_the_piece_go_while_its_neighbours_stay(stolen):
    capture, (alarm,) = stolen
    epcs = [shop_epc(n) for n in CASE]
    reads = around(files_of(capture / "kept" / alarm.alarm), alarm.alarm, epcs[:1], epcs[1:])
    before = [own for at, own in zip(reads.at_s, reads.own, strict=True) if at < -170]
    last = [own for at, own in zip(reads.at_s, reads.own, strict=True) if -20 < at <= 0]
    assert sum(last) == 0
    assert (sum(before) > 0, reads.neighbours) == (True, 9)
    seen = [share for at, share in zip(reads.at_s, reads.others, strict=True) if share]
    assert sum(seen) / len(seen) > 0.8
    assert around(files_of(capture), "another", epcs[:1], epcs[1:]).at_s == ()


def shop_epc(number):
    return "E280AA" + number.to_bytes(9, "big").hex().upper()


def test_a_large_table_is_told_with_pauses_in_which_alarms_find_the_interpreter(monkeypatch):
    pauses = []
    monkeypatch.setattr(recorder.time, "sleep", pauses.append)
    rows = [(f"p{nth}", nth) for nth in range(2 * recorder.ROWS_AT_ONCE + 500)]
    told = msgspec.msgpack.decode(recorder._rows(iter(rows)))
    assert [tuple(row) for row in told] == rows
    assert pauses == [recorder.PAUSE_S] * 2
