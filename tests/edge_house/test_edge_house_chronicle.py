"""The history wall: where a piece was and who saw it last; and a house that sells when none of it can be written."""

import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from contract.facts import PiecePresence
from contract.ids import PieceId
from edge.history import chronicle as chronicles
from edge.history.chronicle import Chronicle
from edge.history.duck import HistoryError
from edge.history.history import History
from edge.history.stays import joined

CASE, SAFE = list(range(1, 11)), list(range(11, 16))
MINUTE, HOUR = 60_000_000, 3_600_000_000
RING = PieceId("p1")
READERS = ("r-safe", "r-case", "r-pad", "r-exit")


class Now:
    """A pool that works at once."""

    def __init__(self):
        self.open = True

    def submit(self, work, /, *given, **named):
        if not self.open:
            raise RuntimeError("cannot schedule new futures after shutdown")
        done = Future()
        try:
            done.set_result(work(*given, **named))
        except HistoryError as error:
            done.set_exception(error)
        return done


@pytest.fixture
def shop(config, clock, make):
    return make.shop(config, clock, [make.card(n) for n in CASE] + [make.card(n, zone="safe") for n in SAFE])


@pytest.fixture
def told(shop, tmp_path):
    """The shop's chronicle; its folder is `history`."""
    shop.store.chronicle = Chronicle(
        shop.store.stock, History(tmp_path / "history"), Now(), shop.clock.wall_us, READERS
    )
    shop.store.pipeline.listeners.append(shop.store.chronicle.hear)
    return shop.store.chronicle


def stays(shop, chronicle, piece=RING):
    now_us = shop.clock.wall_us()
    return joined([*chronicle.kept(piece, now_us - 30 * 24 * HOUR, now_us), *chronicle.recent(piece)])


def test_a_piece_that_was_carried_to_the_safe_tells_both_places_before_and_after_it_is_written(shop, told):
    shop.run(60, lying={"r-case": CASE, "r-safe": SAFE})
    shop.run(60, lying={"r-case": CASE[1:], "r-safe": [*SAFE, 1]})
    assert [stay.zone for stay in stays(shop, told)] == ["case", "safe"]
    assert told.stays_written_total == 0
    before = stays(shop, told)
    told.stop()
    told.recent(RING)  # the house hears that it was written
    assert told.stays_written_total == 16
    assert stays(shop, told) == before
    assert 90 <= sum(stay.rounds for stay in before) <= 120


def test_who_saw_it_last_is_known_since_the_start(shop):
    shop.run(5, lying={"r-case": CASE})
    last = shop.store.stock.last_seen(RING)
    assert (last.zone, last.reader) == (1, 1), "the case, by r-case"
    assert shop.store.stock.last_seen(PieceId("p11")) is None
    shop.store.scan((PieceId("p11"),), "safe", "ana", damaged=False)
    assert shop.store.stock.last_seen(PieceId("p11")).reader == -1


def test_a_row_that_goes_to_another_piece_takes_no_history_with_it(shop, told, make):
    from contract.feed import FeedPage, FeedRow

    shop.run(30, lying={"r-case": CASE})
    row = shop.store.stock.catalogue.row_of(RING)
    gone = FeedRow(rev=900, scope="*", key="piece:p1", body=None)
    new = FeedRow(rev=901, scope="*", key="piece:p77", body=make.card(77))
    shop.store.take_feed(FeedPage(rows=(gone, new), upto=901, more=False))
    assert shop.store.stock.catalogue.row_of(PieceId("p77")) == row
    told.stop()
    assert [stay.zone for stay in stays(shop, told)] == ["case"]
    assert stays(shop, told, PieceId("p77")) == []


def test_a_history_that_cannot_be_written_is_tried_again_and_nothing_else_waits(shop, told, tmp_path):
    (tmp_path / "history").write_text("a file where the folder should be")
    shop.run(20, lying={"r-case": CASE, "r-safe": SAFE})
    told._keep(told._stays.close(told._now_us(), everything=True))
    told._write()
    told.recent(RING)
    assert (told.writes_failed_total, told.stays_written_total) == (1, 0)
    assert len(shop.facts(PiecePresence)) == 15, "presence goes on"
    (tmp_path / "history").unlink()
    told._write()
    told.recent(RING)
    assert told.stays_written_total == 15
    assert [stay.zone for stay in stays(shop, told)] == ["case"]


def test_what_cannot_be_written_for_long_is_bounded_and_counted(shop, told, monkeypatch):
    monkeypatch.setattr(chronicles, "STAYS_PENDING_MAX", 20)
    told._pool.open = False
    for _ in range(5):
        shop.run(3, lying={"r-case": CASE})
        told._keep(told._stays.close(told._now_us(), everything=True))
        told._write()
    assert told.writes_failed_total == 5
    assert told.stays_lost_total == 30


def test_control_without_the_bound_everything_would_be_kept_in_memory(shop, told):
    told._pool.open = False
    for _ in range(5):
        shop.run(3, lying={"r-case": CASE})
        told._keep(told._stays.close(told._now_us(), everything=True))
        told._write()
    assert told.stays_lost_total == 0
    assert sum(len(chapter.pieces) for chapter in told._pending) == 50


def test_an_hour_of_lying_still_is_one_file_and_one_stay(shop, told, tmp_path):
    for _ in range(130):
        shop.clock.now += MINUTE - 1_000_000
        shop.run(1, lying={"r-case": CASE}, p=1.0)
    files = list((tmp_path / "history" / "stays").rglob("*.parquet"))
    assert 1 <= len(files) <= 4
    assert [stay.zone for stay in stays(shop, told)] == ["case"]


def test_duckdb_is_not_loaded_until_something_is_written_or_asked():
    said = subprocess.run(
        [sys.executable, "-c", "import edge.app, sys; print('duckdb' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert said.stdout.strip() == "False"


def test_a_pool_of_one_thread_keeps_the_house_out_of_it(shop, tmp_path):
    import threading

    threads = set()

    class Watched(History):
        def write(self, *given):
            threads.add(threading.current_thread().name)
            return super().write(*given)

    with ThreadPoolExecutor(1, "slow") as pool:
        told = Chronicle(shop.store.stock, Watched(tmp_path / "history"), pool, shop.clock.wall_us, READERS)
        shop.store.pipeline.listeners.append(told.hear)
        shop.run(10, lying={"r-case": CASE})
        told.stop()
    assert {name.split("_")[0] for name in threads} == {"slow"}


def test_a_clock_that_was_years_ahead_and_is_set_right_does_not_stop_history_for_years(shop, told, monkeypatch):
    shop.run(30, lying={"r-case": CASE})
    ahead_us = 3 * 365 * 24 * HOUR
    told._wall_us = lambda: shop.clock.wall_us() + ahead_us
    shop.run(30, lying={"r-case": CASE})
    told._wall_us = shop.clock.wall_us
    began_us = shop.clock.wall_us()
    shop.run(120, lying={"r-case": CASE})
    here = [stay for stay in told.recent(RING) if stay.to_us <= shop.clock.wall_us()]
    assert here[-1].to_us >= shop.clock.wall_us() - MINUTE
    assert here[-1].from_us >= began_us - MINUTE, "what lay open in the wrong year has ended there"
    assert told.clock_set_back_total == 1


def test_without_that_guard_the_time_stands_still(shop, told, monkeypatch):
    """The control."""
    monkeypatch.setattr(chronicles, "CLOCK_BACK_MAX_US", 1 << 60)
    told._wall_us = lambda: shop.clock.wall_us() + 24 * HOUR
    shop.run(30, lying={"r-case": CASE})
    told._wall_us = shop.clock.wall_us
    shop.run(120, lying={"r-case": CASE})
    assert [stay for stay in told.recent(RING) if stay.to_us <= shop.clock.wall_us()] == []


def test_duckdb_left_alone_is_closed_and_opened_again_by_the_next_question(shop, told):
    duck = told.history.duck
    with duck.work():
        pass
    assert duck.is_open
    for _ in range(3):  # each ten seconds somebody asks: it stays open, for opening it is a third of an answer
        shop.clock.now += chronicles.REST_AFTER_US
        shop.run(1)
        assert duck.is_open
        with duck.work():
            pass
    for _ in range(2):
        shop.clock.now += chronicles.REST_AFTER_US
        shop.run(1)
    assert not duck.is_open
    with duck.work() as cursor:
        assert cursor.sql("SELECT 41 + 1").fetchall() == [(42,)]
    duck.rest(duck.begun - 1)
    assert duck.is_open, "somebody asked meanwhile"


def test_a_pool_that_is_shut_keeps_a_house_from_nothing_when_duckdb_is_to_rest(shop, told):
    with told.history.duck.work():
        pass
    told._pool.open = False
    for _ in range(3):
        shop.clock.now += chronicles.REST_AFTER_US
        shop.run(1)
    assert told.history.duck.is_open
