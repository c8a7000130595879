"""Logins outlive a restart of the box, end when they should, and need no disk to let somebody close a shift."""

import sqlite3

import pytest
from house_templates import lay_books

from contract.ids import UserId
from edge.api.book_logins import BookLogins
from edge.books import local
from edge.books.journal import Books
from edge.house import House, Mood
from web.logins import HOUR_US, Logins, digest
from web.powers import NONE

ANA = UserId("ana")


class Box:
    """Books, a house without a thread, logins; `again` is the same after a restart."""

    def __init__(self, config, clock, make, path):
        self.given = (config, clock, make, path)
        self.books = Books.open(path, store=config.store, instance="box", image=lay_books(path))
        self.house = House(tick=lambda now_us, *, writing: None, clock=clock)
        self.rows = BookLogins(self.books.db, self.books, self.house, idle_us=HOUR_US, now_us=clock.wall_us)
        cards = {card.user: card for card in make.staff}
        drawn = iter(range(1, 200))
        self.logins = Logins(
            self.rows,
            cards.get,
            now_us=clock.wall_us,
            chance=lambda n: next(drawn).to_bytes(n, "big"),
            idle_us=HOUR_US,
            powers=lambda _: NONE,
        )

    def again(self):
        self.books.close()
        return Box(*self.given)

    def end(self):
        self.books.close()


@pytest.fixture
def box(config, clock, make, tmp_path):
    return Box(config, clock, make, tmp_path / "books.sqlite3")


def test_whoever_was_signed_in_still_is_after_a_restart(box):
    token = box.logins.begin(ANA).token
    box.house.step()
    box = box.again()
    assert box.logins.find(token, bearer=False).user == ANA
    box.end()


def test_control_what_was_never_written_is_gone_with_the_process(box):
    token = box.logins.begin(ANA).token
    assert box.logins.find(token, bearer=False) is not None, "answered before the house has written it"
    box = box.again()
    assert box.logins.find(token, bearer=False) is None
    box.end()


def test_the_token_itself_is_nowhere_in_the_books(box):
    token = box.logins.begin(ANA).token
    box.house.step()
    (row,) = box.books.db.dump("login")
    assert digest(token) in row
    assert token.encode() not in box.books.db.image()
    box.end()


def test_a_sign_out_holds_before_and_after_it_is_written_and_after_a_restart(box):
    token = box.logins.begin(ANA).token
    box.house.step()
    box.logins.end(token)
    assert box.logins.find(token, bearer=False) is None
    box.house.step()
    assert box.rows._waiting == {}
    box = box.again()
    assert box.logins.find(token, bearer=False) is None
    box.end()


def test_idleness_and_age_end_a_login_as_before(box, clock):
    token = box.logins.begin(ANA).token
    for _ in range(22):
        box.house.step()
        clock.now += HOUR_US // 2
        assert box.logins.find(token, bearer=False) is not None
    box.house.step()
    clock.now += HOUR_US + 1
    assert box.logins.find(token, bearer=False) is None, "an hour without a touch"
    other = box.logins.begin(ANA).token
    for _ in range(24):
        box.house.step()
        clock.now += HOUR_US // 2
        box.logins.find(other, bearer=False)
    clock.now += HOUR_US // 2
    assert box.logins.find(other, bearer=False) is None, "twelve hours are a day's work"
    box.end()


def test_on_a_full_disk_one_can_still_sign_in(box, monkeypatch):
    def full(*_, **__):
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr(local, "add_login", full)
    token = box.logins.begin(ANA).token
    box.house.step()
    assert box.house.mood is Mood.FULL
    assert box.logins.find(token, bearer=False) is not None
    box.end()


def test_what_waits_is_bounded_and_counted(box, monkeypatch):
    monkeypatch.setattr("edge.api.book_logins.WAITING_MAX", 3)
    tokens = [box.logins.begin(ANA).token for _ in range(5)]
    assert box.rows.waiting_lost_total == 2
    box.house.step()
    assert all(box.logins.find(token, bearer=False) for token in tokens), "the books have them all"
    box.end()
