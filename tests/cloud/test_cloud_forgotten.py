"""An office that came back from a backup forgets again whom it had erased, before anybody looks."""

import shutil

import pytest
import sqlalchemy as sa

from cloud import aliases, feed
from cloud.app import build
from cloud.config import CloudConfig
from cloud.forgotten import FILE, Forgotten
from cloud.pos.clients import desk, erasing, merging, slices
from cloud.tables import client, person_key
from contract.clients import PersonKey, PersonKeys
from contract.feed import ForgetCard
from contract.ids import PersonId, StoreId, UserId
from web.sealed import to_text

ANA = UserId("ana")
ONE, OTHER, LATER = (PersonId(f"01990000-0000-7000-8000-00000000000{n}") for n in (1, 2, 3))


def config(folder):
    return CloudConfig(
        database_url=f"sqlite:///{folder / 'db' / 'office.sqlite3'}", port=0, seal_key=str(folder / "keys" / "seal.key")
    )


def keep(cloud, person, name):
    with cloud.desk.work() as work:
        desk.create(work, cloud.ring, person, {"given_name": name}, by=ANA, store=StoreId("paris"), why="new")


def erase(cloud, person):
    with cloud.desk.work() as work:
        erasing.erase(cloud.office, work, person, "asked", by=ANA)


def opened(cloud, person):
    with cloud.desk.work() as work:
        return desk.read(work, cloud.ring, person).given_name


@pytest.fixture
def restored(tmp_path):
    """An office whose database is from before one was erased, and another came and went since."""
    (tmp_path / "db").mkdir()
    cloud = build(config(tmp_path))
    keep(cloud, ONE, "Zwetlana")
    keep(cloud, OTHER, "Max")
    cloud.office.close()
    shutil.copytree(tmp_path / "db", tmp_path / "backup")
    cloud = build(config(tmp_path))
    keep(cloud, LATER, "Nina")
    for person in (ONE, LATER):
        erase(cloud, person)
    cloud.office.close()
    shutil.rmtree(tmp_path / "db")
    shutil.copytree(tmp_path / "backup", tmp_path / "db")
    return tmp_path


def test_an_office_from_a_backup_forgets_again_before_it_opens(restored):
    cloud = build(config(restored))
    with pytest.raises(desk.UnknownClientError):
        opened(cloud, ONE)
    assert opened(cloud, OTHER) == "Max"
    with cloud.office.reading() as tx:
        assert [row["person"] for row in tx.rows(sa.select(person_key))] == [OTHER]
        assert feed.card(tx, ForgetCard, f"forget:{ONE}") == ForgetCard(person=ONE)
        assert tx.value(sa.select(client.c.erased_us).where(client.c.person == LATER))
    cloud.office.close()


def test_who_came_and_went_since_the_backup_is_brought_again_by_no_store(restored):
    cloud = build(config(restored))
    told = PersonKeys(keys=(PersonKey(person=LATER, key=to_text(b"k" * 32)),))
    with cloud.desk.work() as work:
        assert slices.take_keys(work, cloud.ring, told).persons == (LATER,)
        assert cloud.ring.person(work.tx, LATER) is None
    cloud.office.close()


def test_who_was_one_with_an_erased_client_when_the_backup_was_made_is_kept_apart_from_them(tmp_path):
    """What the simulation of clients found: parted, then one erased; restored as one, the other could not be opened."""
    (tmp_path / "db").mkdir()
    cloud = build(config(tmp_path))
    for person, name in ((ONE, "Zwetlana"), (OTHER, "Max"), (LATER, "Nina")):
        keep(cloud, person, name)
    with cloud.desk.work() as work:
        merging.merge(work, cloud.ring, ONE, OTHER, "m1", by=ANA)
        merging.merge(work, cloud.ring, LATER, ONE, "m2", by=ANA)
    cloud.office.close()
    shutil.copytree(tmp_path / "db", tmp_path / "backup")
    cloud = build(config(tmp_path))
    with cloud.desk.work() as work:
        for name in ("m1", "m2"):
            merging.undo(work, name, by=ANA)
    erase(cloud, ONE)
    cloud.office.close()
    shutil.rmtree(tmp_path / "db")
    shutil.copytree(tmp_path / "backup", tmp_path / "db")
    cloud = build(config(tmp_path))
    with cloud.office.reading() as tx:
        assert [aliases.ids(tx, person) for person in (OTHER, LATER)] == [(OTHER,), (LATER,)]
    assert (opened(cloud, OTHER), opened(cloud, LATER)) == ("Max", "Nina")
    cloud.office.close()


def test_without_the_list_the_backup_would_know_them_again(restored):
    """The control."""
    (restored / "keys" / FILE).unlink()
    cloud = build(config(restored))
    assert opened(cloud, ONE) == "Zwetlana"
    cloud.office.close()


def test_the_list_holds_ids_alone_and_survives_a_torn_line(tmp_path):
    path = tmp_path / FILE
    forgotten = Forgotten(path)
    forgotten.add([ONE])
    path.write_bytes(path.read_bytes() + b"0199000")
    again = Forgotten(path)
    again.add([OTHER, ONE])
    assert {ONE, OTHER} <= set(Forgotten(path).persons)
    assert path.stat().st_mode & 0o777 == 0o600


def test_where_the_list_cannot_be_written_nobody_is_erased(tmp_path):
    (tmp_path / "db").mkdir()
    cloud = build(config(tmp_path))
    keep(cloud, ONE, "Zwetlana")
    (tmp_path / "keys" / FILE).mkdir()
    with pytest.raises(OSError, match="directory"):
        erase(cloud, ONE)
    assert opened(cloud, ONE) == "Zwetlana"
    cloud.office.close()
