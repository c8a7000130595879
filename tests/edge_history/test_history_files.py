"""The history's files: what was written is found again, once, whatever happens in between; and never grows for ever."""

import numpy as np
import pytest
import structlog

from edge.history import runs as runs_of
from edge.history.duck import HistoryError
from edge.history.history import History, Keep, Names, day_of
from edge.history.questions import By, Span
from edge.history.rates import Counted, Rate
from edge.history.stays import LEFT_AFTER_US, NO_PORT, PORT_BITS, STAY_US_MAX, Stay, StayColumns, Stays, joined

HOUR = 3600 * 1_000_000
DAY = 24 * HOUR
MIDNIGHT = 20_700 * DAY  # 2026-09-04
NOON = MIDNIGHT + 12 * HOUR
NAMES = Names(["ring", "chain", None, "watch"], ["a", "a", "", "b"], ["safe", "case"], ["r-safe", "r-case"])


def lie(stays, start_us, end_us, row, zone, every_us=60_000_000):
    out = []
    for now_us in range(start_us, end_us, every_us):
        stays.by(np.array([row], "i4"), np.array([zone], "i4"), zone, np.array([2], "u2"))
        stays.hear(now_us, np.array([row], "i4"), np.array([zone], "i4"))
        out.append(stays.close(now_us))
    return out


def one_stay(from_us, to_us, row=0, zone=1, port=NO_PORT):
    columns = ([row], [zone], [from_us], [to_us], [60], [port])
    forms = ("i4", "i4", "i8", "i8", "i8", "i4")
    return StayColumns(*(np.array(column, form) for column, form in zip(columns, forms, strict=True)))


@pytest.fixture
def history(tmp_path):
    made = History(tmp_path, Keep(days_max=3))
    yield made
    made.duck.close()


def keep(history, columns):
    for one in columns:
        history.write(one, NAMES)


def seconds_by_zone(history, from_us, to_us):
    return {one.zone: one.seconds for one in history.dwell(Span(from_us, to_us), By.ZONE)}


def test_a_piece_that_lies_still_for_a_day_is_one_row_an_hour_and_one_stay(history):
    stays = Stays(2)
    closed = lie(stays, NOON, NOON + 10 * HOUR, 0, 1)
    closed.append(stays.close(NOON + 10 * HOUR, everything=True))
    keep(history, closed)
    assert 10 <= sum(len(one.row) for one in closed) <= 11
    found = history.where_was("ring", NOON, NOON + 10 * HOUR)
    assert [(stay.zone, stay.from_us, stay.rounds) for stay in found] == [("case", NOON, 600)]
    assert (found[0].reader, found[0].antenna) == ("r-case", 2)
    assert history.where_was("chain", NOON, NOON + 10 * HOUR) == []


def test_a_piece_that_went_and_came_back_has_two_stays(history):
    stays = Stays(2)
    closed = lie(stays, NOON, NOON + HOUR // 2, 3, 0)
    closed += [stays.close(NOON + HOUR // 2 + LEFT_AFTER_US)]
    closed += lie(stays, NOON + HOUR, NOON + HOUR + HOUR // 2, 3, 1)
    closed += [stays.close(NOON + 2 * HOUR)]
    keep(history, closed)
    assert [stay.zone for stay in history.where_was("watch", NOON, NOON + 2 * HOUR)] == ["safe", "case"]
    assert seconds_by_zone(history, NOON, NOON + 2 * HOUR) == {"safe": pytest.approx(1740), "case": pytest.approx(1740)}
    assert history.where_was("watch", NOON + 5 * HOUR, NOON + 6 * HOUR) == []


def test_who_saw_a_piece_last_is_told_with_reader_and_antenna_or_as_a_scanner(history):
    keep(history, [one_stay(NOON, NOON + HOUR, port=(1 << PORT_BITS) | 4)])
    history.tidy(NOON + 2 * DAY)
    keep(history, [one_stay(NOON + DAY, NOON + DAY, row=1)])
    assert history.last_seen("ring")[1:] == ("case", NOON, NOON + HOUR, 60, "r-case", 4)
    assert history.last_seen("chain")[5:] == ("", 0)
    assert history.last_seen("watch") is None


def days(history, count=6, parts=3):
    for day in range(count):
        for part in range(parts):
            begin = NOON + day * DAY + part * HOUR
            keep(history, [one_stay(begin, begin + HOUR // 2, row=1, zone=0)])
    return NOON + (count - 1) * DAY


def test_past_days_become_one_file_each_and_the_oldest_are_dropped(history):
    now_us = days(history)
    before = history.where_was("chain", NOON + 2 * DAY, now_us + 3 * HOUR)
    assert history.tidy(now_us) == 2
    assert history.where_was("chain", NOON + 2 * DAY, now_us + 3 * HOUR) == before
    assert [(run.first, run.last) for run in history.stays.all()] == [
        (7, 9),
        (10, 12),
        (13, 15),
        (16, 16),
        (17, 17),
        (18, 18),
    ]
    assert history.tidy(now_us) == 0


def test_a_month_that_is_over_is_one_file_sorted_by_piece(history, tmp_path):
    history = History(tmp_path / "year")
    for day in range(40):
        for row in (3, 0, 1):
            keep(history, [one_stay(MIDNIGHT + day * DAY, MIDNIGHT + day * DAY + HOUR, row=row)])
    history.tidy(MIDNIGHT + 40 * DAY)
    september, *october = history.stays.all()
    assert day_of(september.to_us)[:7] == "2026-09"
    assert all(day_of(run.to_us)[:7] == "2026-10" for run in october)
    with history.duck.work() as duck:
        pieces = [row[0] for row in duck.read_parquet(str(september.path)).fetchall()]
    assert pieces == sorted(pieces)
    assert len(history.rows_of("watch", MIDNIGHT, MIDNIGHT + 50 * DAY)) == 40


def test_totals_stay_when_the_stays_are_gone(history):
    now_us = days(history)
    whole = Span(MIDNIGHT, now_us + DAY)
    before = history.dwell(whole, By.TRAY)
    history.tidy(now_us)
    assert history.dwell(whole, By.TRAY) == before
    assert [(one.key, one.zone, one.stays) for one in before] == [("a", "safe", 18)]
    assert before[0].seconds == pytest.approx(18 * 1800)
    later = now_us + 30 * DAY
    history.tidy(later)
    assert history.rows_of("chain", 0, later) == []
    assert history.dwell(whole, By.TRAY) == before


def test_dwell_is_cut_at_the_hours_and_told_by_piece_too(history):
    keep(history, [one_stay(NOON - HOUR // 2, NOON + HOUR // 4), one_stay(NOON, NOON + HOUR, row=3)])
    hours = history.dwell(Span(NOON - HOUR, NOON + HOUR), By.HOUR)
    assert [(int(one.key) * HOUR - NOON, one.seconds) for one in hours] == [(-HOUR, 1800.0), (0, 900.0 + 3600.0)]
    longest = history.dwell(Span(NOON, NOON + HOUR, "case"), By.PIECE)
    assert [(one.key, one.seconds) for one in longest] == [("watch", 3600.0), ("ring", 900.0)]
    assert history.dwell(Span(NOON, NOON + HOUR, "safe"), By.ZONE) == []


def test_above_its_bytes_the_oldest_stays_go_first_and_totals_remain(history, tmp_path):
    days(history)
    history.tidy(NOON + 3 * DAY)
    sizes = sum(run.size for run in history.files())
    small = History(tmp_path, Keep(bytes_max=sizes - 1))
    totals = [run.path.name for run in history.trays.all()]
    assert small.tidy(NOON + 3 * DAY) == 1
    assert min(run.first for run in small.stays.all()) == 4, "the oldest day went"
    assert set(totals) <= {run.path.name for run in small.trays.all()}
    assert small.bytes < sizes


class PowerCutError(OSError):
    pass


@pytest.mark.parametrize("at", [0, 1, 2, 3, 5, 8, 12])
def test_power_that_fails_while_tidying_neither_loses_a_row_nor_gives_one_twice(history, monkeypatch, at):
    now_us = days(history, count=3)
    whole = Span(MIDNIGHT, now_us + DAY)
    rows, dwell = history.rows_of("chain", 0, now_us + DAY), history.dwell(whole, By.ZONE)
    left = [at]

    def cut(real):
        def act(*given, **named):
            left[0] -= 1
            if left[0] < 0:
                raise PowerCutError
            return real(*given, **named)

        return act

    path = type(history.stays.folder)
    with monkeypatch.context() as patched:
        patched.setattr(path, "replace", cut(path.replace))
        patched.setattr(path, "unlink", cut(path.unlink))
        patched.setattr(runs_of, "_make_durable", cut(runs_of._make_durable))
        try:
            history.tidy(now_us)
        except HistoryError:
            pass
        else:
            pytest.fail("power did not fail")
    assert history.rows_of("chain", 0, now_us + DAY) == rows
    assert history.dwell(whole, By.ZONE) == dwell
    history.tidy(now_us)
    assert history.rows_of("chain", 0, now_us + DAY) == rows
    assert history.dwell(whole, By.ZONE) == dwell
    assert not list(history.stays.folder.glob("*.beside"))


def test_control_a_merge_that_trusted_every_file_would_double_rows(history, monkeypatch):
    now_us = days(history, count=2)
    monkeypatch.setattr(type(history.stays.folder), "unlink", lambda *_, **__: None)
    history.tidy(now_us)
    rows = history.rows_of("chain", 0, now_us + DAY)
    monkeypatch.setattr(runs_of.Run, "within", lambda *_: False)
    assert len(history.rows_of("chain", 0, now_us + DAY)) == len(rows) + 3


def test_what_antennas_read_and_what_counts_said_is_summed(history):
    hour = NOON // HOUR
    for reads in (100, 20):
        history.write_rates([Rate(hour, "r-case", 1, "case", reads, 60), Rate(hour, "r-case", 2, "case", 0, 60)])
        history.write_counted([Counted(NOON, "case", "case", "count", 9), Counted(NOON, "case", "safe", "hand", 1)])
    history.tidy(NOON + DAY)
    span = Span(NOON, NOON + HOUR)
    assert [(rate.antenna, rate.reads, rate.rounds) for rate in history.read_rates(span)] == [
        (1, 120, 120),
        (2, 0, 120),
    ]
    assert [one[1:] for one in history.accuracy(span)] == [("case", "case", "count", 18), ("case", "safe", "hand", 2)]
    assert history.read_rates(Span(NOON + HOUR, NOON + 2 * HOUR)) == []


def test_a_row_that_is_free_again_writes_nothing(history):
    stays = Stays(2)
    stays.hear(NOON, np.array([2], "i4"), np.array([0], "i4"))
    keep(history, [stays.close(NOON, everything=True)])
    assert seconds_by_zone(history, NOON - HOUR, NOON + HOUR) == {}


def test_nothing_heard_is_nothing_written(history):
    assert history.write(Stays(2).close(NOON), NAMES) is None
    assert history.write_rates([]) is None
    assert history.where_was("ring", 0, NOON) == []
    assert history.last_seen("ring") is None
    assert STAY_US_MAX > LEFT_AFTER_US


def test_a_file_that_is_no_parquet_is_named_and_set_aside(history):
    keep(history, [one_stay(NOON, NOON + HOUR)])
    path = history.stays.all()[0].path
    path.write_text("not Parquet")
    with structlog.testing.capture_logs() as said:
        assert history.rows_of("ring", 0, NOON + DAY) == []
    assert [(each["event"], each["file"]) for each in said] == [("history_file_damaged", str(path))]
    assert [run.path.name for run in history.stays.damaged()] == [path.name + ".damaged"]


def test_a_disk_that_reads_nothing_at_all_sets_no_file_aside(history, monkeypatch):
    keep(history, [one_stay(NOON + at * HOUR, NOON + at * HOUR + 1) for at in range(3)])

    def broken(*_):
        raise OSError("Input/output error")

    monkeypatch.setattr("edge.history.questions.rows_of", broken)
    monkeypatch.setattr("edge.history.questions.read_whole", broken)
    with pytest.raises(HistoryError, match="Input/output"):
        history.rows_of("ring", 0, NOON + DAY)
    assert len(history.stays.all()) == 3


def test_hourly_rows_of_one_stay_are_joined_and_the_last_reader_is_the_newest():
    rows = [
        Stay("ring", "case", NOON, NOON + HOUR, 60, "r1", 1),
        Stay("ring", "case", NOON + HOUR, NOON + 2 * HOUR, 60, "r2", 3),
    ]
    assert joined([*rows, rows[1]]) == [Stay("ring", "case", NOON, NOON + 2 * HOUR, 120, "r2", 3)]


class Compared(str):
    """A zone's id that counts how often it is compared with another."""

    __slots__ = ()
    times = 0
    __hash__ = str.__hash__

    def __eq__(self, other):
        Compared.times += 1
        return str.__eq__(self, other)


def test_a_year_of_a_piece_is_joined_without_looking_through_it_for_every_stay():
    """Looking back for the zone's last stay took a third of the time of a question."""
    rows = [
        Stay("ring", Compared(f"zone-{at % 200}"), NOON + at * HOUR, NOON + at * HOUR + 1, 1) for at in range(4_000)
    ]
    assert joined(rows) == rows
    assert Compared.times < 10 * len(rows)


def test_a_broken_file_does_not_let_the_history_grow_for_ever(history):
    for day in range(10):
        history.write(one_stay(MIDNIGHT + day * DAY, MIDNIGHT + day * DAY + HOUR), NAMES)
        history.write(one_stay(MIDNIGHT + day * DAY + HOUR, MIDNIGHT + day * DAY + 2 * HOUR), NAMES)
    broken = history.stays.all()[-1].path
    broken.write_bytes(b"PAR1" + bytes(100))
    history.tidy(MIDNIGHT + 12 * DAY)
    assert all(run.to_us >= MIDNIGHT + 9 * DAY for run in (*history.stays.all(), *history.stays.damaged()))


def test_what_sorting_spilled_before_the_power_failed_goes_at_the_next_start(tmp_path):
    spill = tmp_path / "spill"
    spill.mkdir()
    (spill / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(bytes(1000))
    made = History(tmp_path)
    made.write(one_stay(NOON, NOON + HOUR), NAMES)
    made.duck.close()
    assert not list(tmp_path.rglob("*.tmp"))


def damage(run):
    """Bytes in the middle of a file are otherwise; its footer still reads."""
    data = bytearray(run.path.read_bytes())
    data[8 : len(data) // 2] = bytes(len(data) // 2 - 8)
    run.path.write_bytes(data)


def a_month(tmp_path):
    history = History(tmp_path / "hurt")
    for day in range(33):
        keep(history, [one_stay(MIDNIGHT + day * DAY, MIDNIGHT + day * DAY + HOUR, row=row) for row in (0, 1, 3)])
    damage(history.stays.all()[5])
    return history, MIDNIGHT + 33 * DAY


def test_one_damaged_file_is_set_aside_and_the_others_are_merged(tmp_path):
    history, now_us = a_month(tmp_path)
    history.tidy(now_us)
    hurt = history.stays.damaged()
    assert [run.first for run in hurt] == [6]
    assert history.damaged == 1
    assert "1 file was damaged" in history.why_less
    assert day_of(history.stays.all()[0].from_us) == "2026-09-04"
    assert len(history.stays.all()) < 10, "September is one file"
    rows = history.rows_of("watch", MIDNIGHT, now_us)
    assert len(rows) == 32, "all but the damaged one's"
    assert len({row.from_us for row in rows}) == 32


def test_a_question_meets_a_damaged_file_and_answers_without_it(tmp_path):
    history, now_us = a_month(tmp_path)
    assert len(history.rows_of("watch", MIDNIGHT, now_us)) == 32
    assert history.damaged == 1
    assert history.dwell(Span(MIDNIGHT, now_us), By.HOUR)
    fresh = History(tmp_path / "hurt")
    fresh.tidy(now_us)
    assert fresh.damaged == 1, "after a restart it is known, too"


def test_without_setting_it_aside_nothing_is_ever_merged_again(tmp_path, monkeypatch):
    """The control."""
    history, now_us = a_month(tmp_path)
    monkeypatch.setattr(History, "_is_sound", lambda *_: True)
    for _ in range(3):
        with pytest.raises(HistoryError):
            history.tidy(now_us)
    assert len(history.stays.all()) > 90


def test_a_damaged_file_goes_when_its_days_are_over(tmp_path):
    history, now_us = a_month(tmp_path)
    history.tidy(now_us)
    kept = History(tmp_path / "hurt", Keep(days_max=3))
    kept.tidy(now_us)
    assert kept.stays.damaged() == []
    assert (kept.damaged, kept.why_less) == (0, "")


def test_damaged_files_count_among_the_bytes_and_are_the_first_to_go(tmp_path):
    history, now_us = a_month(tmp_path)
    history.tidy(now_us)
    sound = sum(run.size for run in history.files())
    small = History(tmp_path / "hurt", Keep(bytes_max=sound))
    assert small.tidy(now_us) == 1, "with the damaged one it is too much"
    assert small.stays.damaged() == []
    assert small.bytes == sound


def test_what_is_written_after_a_damaged_file_was_set_aside_does_not_take_its_number(tmp_path):
    """Totals go by numbers: a day under one that was summed already would be in no total."""
    history = History(tmp_path / "hurt")
    keep(history, [one_stay(MIDNIGHT, MIDNIGHT + HOUR)])
    (run,) = history.stays.all()
    damage(run)
    assert history.rows_of("ring", MIDNIGHT, MIDNIGHT + DAY) == []
    assert [each.first for each in history.stays.damaged()] == [1]
    keep(history, [one_stay(MIDNIGHT + DAY, MIDNIGHT + DAY + HOUR)])
    assert [each.first for each in history.stays.all()] == [2]


def test_pieces_that_come_one_by_one_do_not_copy_all_the_others_each_time():
    stays, kept = Stays(2), set()
    arrays = []
    for row in range(2_000):
        stays.hear(1, np.array([row], np.int32), np.array([1], np.int32))
        if id(stays._rounds) not in kept:
            kept.add(id(stays._rounds))
            arrays.append(stays._rounds)  # held, so that no id comes twice
    assert len(arrays) < 60
    assert len(stays.close(1 << 60).row) == 2_000
