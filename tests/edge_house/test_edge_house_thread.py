"""The house thread: acts in order, one owner, stops rather than goes on wrong."""

import errno
import queue
import sqlite3
import threading

import pytest

from edge.clock import SystemClock
from edge.house import DiskFullError, House, HouseBusyError, HouseStoppedError, Mood, disk_is_full, is_fatal


class Ticks:
    def __init__(self) -> None:
        self.seen: list[bool] = []
        self.error: Exception | None = None

    def __call__(self, now_us: int, *, writing: bool) -> None:
        self.seen.append(writing)
        if self.error is not None:
            raise self.error


def a_house(clock, *, acts_pending_max: int = 8) -> tuple[House, Ticks, list[BaseException], object]:
    ticks, broken = Ticks(), []
    return House(ticks, clock, broken.append, acts_pending_max=acts_pending_max), ticks, broken, clock


def test_acts_run_in_the_order_they_came_and_before_the_tick(clock):
    house, ticks, _, _ = a_house(clock)
    order: list[int] = []
    futures = [house.submit(lambda n=n: order.append(n)) for n in range(5)]
    house.step()
    assert order == [0, 1, 2, 3, 4]
    assert all(future.done() for future in futures)
    assert ticks.seen == [True]


def test_a_full_queue_refuses_and_counts_instead_of_growing(clock):
    house, _, _, _ = a_house(clock, acts_pending_max=2)
    house.submit(lambda: None)
    house.submit(lambda: None)
    with pytest.raises(HouseBusyError):
        house.submit(lambda: None)
    assert house.tally.acts_refused_busy_total == 1
    house.step()
    house.submit(lambda: None)


def test_an_error_of_an_act_goes_to_its_caller_and_the_house_goes_on(clock):
    house, _, broken, _ = a_house(clock)
    wrong = house.submit(lambda: 1 // 0)
    right = house.submit(lambda: 42)
    house.step()
    assert isinstance(wrong.exception(), ZeroDivisionError)
    assert right.result() == 42
    assert not broken


def test_a_broken_invariant_ends_the_house_and_nothing_runs_after_it(clock):
    house, _, broken, _ = a_house(clock)

    def impossible() -> None:
        raise AssertionError("a piece was sold twice")

    house.submit(impossible)
    after = house.submit(lambda: "must not run")
    house.step()
    assert house.mood is Mood.BROKEN
    assert len(broken) == 1
    assert isinstance(after.exception(), HouseStoppedError)
    with pytest.raises(HouseStoppedError):
        house.submit(lambda: None)


def test_a_disk_that_fails_to_read_is_fatal_and_a_full_one_is_not():
    ill = sqlite3.OperationalError("disk I/O error")
    ill.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    assert is_fatal(ill)
    assert not disk_is_full(ill)
    assert disk_is_full(full)
    assert not is_fatal(full)
    assert disk_is_full(OSError(errno.ENOSPC, "no space"))
    assert is_fatal(OSError(errno.EIO, "bad disk"))


def test_a_full_disk_stops_writing_says_so_and_resumes_by_itself(clock):
    house, ticks, broken, clock = a_house(clock)

    def full() -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    act = house.submit(full)
    house.step()
    assert isinstance(act.exception(), DiskFullError)
    assert house.mood is Mood.FULL
    assert ticks.seen[-1] is False
    clock.now += 6_000_000
    house.step()
    assert house.mood is Mood.RUNNING
    assert ticks.seen[-1] is True
    assert not broken


def test_an_error_in_the_tick_ends_the_house(clock):
    house, ticks, broken, _ = a_house(clock)
    ticks.error = ValueError("columns of different length")
    house.step()
    assert house.mood is Mood.BROKEN
    assert isinstance(broken[0], ValueError)


def test_with_its_thread_every_act_runs_on_that_one_thread():
    ticks = Ticks()
    house = House(ticks, SystemClock(), lambda error: None)
    house.start()
    names = [house.submit(lambda: threading.current_thread().name) for _ in range(50)]
    assert {name.result(timeout=60) for name in names} == {"house"}
    last: list[str] = []
    house.stop(lambda: last.append(threading.current_thread().name))
    assert last == ["house"]
    assert ticks.seen
    with pytest.raises(HouseStoppedError):
        house.submit(lambda: None)


class LateQueue(queue.Queue):
    """The house stops just between a caller's look at its mood and the caller's act."""

    def __init__(self, stop) -> None:
        super().__init__()
        self.stop = stop

    def put_nowait(self, item) -> None:
        stop, self.stop = self.stop, None
        if stop is not None:
            stop()
        super().put_nowait(item)


def late_act(house):
    ran = []
    house._acts = LateQueue(lambda: house.stop(lambda: None))
    return house.submit(lambda: ran.append(1)), ran


def test_an_act_that_comes_while_the_house_stops_is_told_so_and_is_not_run(clock):
    house, _, _, _ = a_house(clock)
    late, ran = late_act(house)
    assert late.done()
    with pytest.raises(HouseStoppedError, match="stopping"):
        late.result()
    assert ran == []


def test_an_act_that_comes_after_the_thread_has_ended_is_told_so_too():
    house = House(Ticks(), SystemClock())
    house._acts = LateQueue(None)
    house.start()
    house.submit(lambda: None).result()
    house._acts.stop = lambda: house.stop(lambda: None)
    late = house.submit(lambda: None)
    with pytest.raises(HouseStoppedError, match="stopping"):
        late.result(timeout=0)


def test_without_the_end_of_the_queue_such_an_act_would_wait_for_ever(clock, monkeypatch):
    monkeypatch.setattr(House, "_end", lambda _: None)
    house, _, _, _ = a_house(clock)
    late, _ = late_act(house)
    assert not late.done()


def test_a_house_whose_queue_is_full_still_says_its_last_word():
    house = House(Ticks(), SystemClock(), acts_pending_max=2)
    house.start()
    at_work, go_on = threading.Event(), threading.Event()
    first = house.submit(lambda: (at_work.set(), go_on.wait(60)))
    assert at_work.wait(60)
    waiting = [house.submit(lambda: "done") for _ in range(2)]
    last: list[str] = []
    stopping = threading.Thread(target=house.stop, args=(lambda: last.append("saved"),))
    stopping.start()
    go_on.set()
    stopping.join(60)
    assert last == ["saved"]
    assert first.done()
    assert [act.result(timeout=0) for act in waiting] == ["done", "done"]
