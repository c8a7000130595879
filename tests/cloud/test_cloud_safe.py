"""What is inside the oldest backup of the office is safe, and stores hear it; what calls itself one is looked through."""

import shutil
import sqlite3
from contextlib import closing

import pytest
import sqlalchemy as sa

from cloud import logs, schema
from cloud.db import open_office
from cloud.safe import NoBackupError, mark
from cloud.tables import stream
from contract.facts import ShiftOpened, Stream


def shift(name):
    return ShiftOpened(shift=name, till="till-1", business_day="2026-11-22", float_minor=0, currency="EUR")


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'office.sqlite3'}"


@pytest.fixture
def house(url, house_type):
    """An office on a disk with two stores; paris has told three rows."""
    with closing(open_office(url)) as office:
        schema.create(office)
        house = house_type(office)
        house.store("lyon")
        paris = house.store("paris")
        for n in range(3):
            paris.write(shift(f"s{n}"))
        paris.send()
        yield house


@pytest.fixture
def back_up(house, tmp_path):
    """A copy as the page says; with `sql`, then changed by somebody."""

    def made(name="copy", *sql):
        path = tmp_path / f"{name}.sqlite3"
        with closing(sqlite3.connect(tmp_path / "office.sqlite3")) as db:
            db.execute("VACUUM INTO ?", (str(path),))
        with closing(sqlite3.connect(path)) as db:
            for (trigger,) in (
                db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall() if sql else ()
            ):
                db.execute(f"DROP TRIGGER {trigger}")
            for each in sql:
                db.execute(each)
            db.commit()
        return f"sqlite:///{path}"

    return made


def told_safe(house):
    """What the next answer says to the store: how far it need not remember."""
    paris = house.boxes["paris"]
    paris.write(shift("next"))
    (ack,) = [each for each in paris.send(len(paris.rows[Stream.TRADE])).acks if each.stream is Stream.TRADE]
    return ack.safe


def test_a_store_hears_what_the_backup_holds_and_not_what_came_after(house, url, back_up):
    copy = back_up()
    house.boxes["paris"].write(shift("after"))
    house.boxes["paris"].send(4)
    assert told_safe(house) == 0
    told = mark(url, copy)
    assert (told.rows, told.newly) == (3, 3)
    assert told_safe(house) == 3


def test_control_everything_stored_now_would_be_more_than_the_backup_holds(house, url, back_up):

    mark(url, back_up())
    house.boxes["paris"].write(shift("after"))
    house.boxes["paris"].send(4)
    with house.office.transaction() as tx:
        logs.mark_safe(tx)
    assert told_safe(house) == 4


def test_an_older_backup_takes_nothing_back_and_the_same_one_adds_nothing(house, url, back_up):
    old = back_up("old")
    house.boxes["paris"].write(shift("after"))
    house.boxes["paris"].send(4)
    new = back_up("new")
    assert mark(url, new).newly == 4
    assert mark(url, old).newly == 0
    assert mark(url, new).newly == 0
    assert told_safe(house) == 4


def test_a_backup_that_was_looked_at_is_as_it_was(house, url, back_up, tmp_path):
    copy, before = back_up(), sorted(path.name for path in tmp_path.iterdir())
    bytes_before = (tmp_path / "copy.sqlite3").read_bytes()
    mark(url, copy)
    assert (tmp_path / "copy.sqlite3").read_bytes() == bytes_before
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("DELETE FROM inbox WHERE seq = 2", "has 2 rows in that backup and should have 3"),
        ("UPDATE stream SET head = zeroblob(32) WHERE store = 'paris' AND upto > 0", "goes another way"),
        ("UPDATE life SET secret = zeroblob(32)", "of another office"),
        ("DROP TABLE inbox", "cannot be read"),
    ],
)
def test_a_copy_that_lacks_something_makes_nothing_safe(house, url, back_up, sql, why):
    with pytest.raises(NoBackupError, match=why):
        mark(url, back_up("bad", sql))
    assert told_safe(house) == 0


def test_a_copy_that_is_damaged_makes_nothing_safe(house, url, back_up, tmp_path):
    copy = back_up()
    path = tmp_path / "copy.sqlite3"
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 8192] = b"\xa5" * 8192
    path.write_bytes(data)
    with pytest.raises(NoBackupError):
        mark(url, copy)
    assert told_safe(house) == 0


def test_an_office_that_is_behind_its_backup_is_told_that_it_was_restored(house, url, back_up, tmp_path):
    old, new = back_up("old"), None
    house.boxes["paris"].write(shift("after"))
    house.boxes["paris"].send(4)
    new = back_up("new")
    restored = tmp_path / "restored.sqlite3"
    shutil.copy(old.removeprefix("sqlite:///"), restored)
    with pytest.raises(NoBackupError, match="vitrine recover"):
        mark(f"sqlite:///{restored}", new)


def test_the_office_itself_is_no_backup_of_itself(house, url, tmp_path):
    (tmp_path / "another-name.sqlite3").symlink_to(tmp_path / "office.sqlite3")
    for itself in (url, f"sqlite:///{tmp_path / 'another-name.sqlite3'}"):
        with pytest.raises(NoBackupError, match="this office itself"):
            mark(url, itself)
    assert told_safe(house) == 0


@pytest.mark.parametrize(
    ("oldest", "why"),
    [("copy.sqlite3", "give the backup as"), ("sqlite:////nowhere.sqlite3", "is not there"),
     ("postgresql+psycopg://u:hush@127.0.0.1:1/x", "cannot be read")],
)  # fmt: skip
def test_what_is_not_there_is_told_with_the_mend(house, url, oldest, why):
    with pytest.raises(NoBackupError, match=why) as told:
        mark(url, oldest)
    assert "hush" not in str(told.value)


def test_on_postgresql_a_restored_copy_is_believed_and_the_office_itself_is_not(
    postgres_office, empty_postgres, house_type
):
    house = house_type(postgres_office)
    paris = house.store("paris")
    paris.write(shift("s1"))
    paris.send()
    live = postgres_office.engine.url
    postgres_office.close()  # a template has no other connections; the pool opens them anew
    admin = sa.create_engine(live.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE a_backup TEMPLATE {live.database}"))
    try:
        shown = [each.render_as_string(hide_password=False) for each in (live, live.set(database="a_backup"))]
        with pytest.raises(NoBackupError, match="this office itself"):
            mark(shown[0], shown[0])
        assert mark(*shown).newly == 1
        assert {row["safe"] for row in house.rows(sa.select(stream.c.safe).where(stream.c.upto > 0))} == {1}
    finally:
        with admin.connect() as connection:
            connection.execute(sa.text("DROP DATABASE a_backup"))
        admin.dispose()
