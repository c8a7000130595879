"""The secrets of code apps are sealed under a key that is not in the database."""

import os

import pytest
import sqlalchemy as sa

from cloud import schema, sealing
from cloud.app import build
from cloud.config import CloudConfig, ConfigError
from cloud.db import open_office
from cloud.pos.staff import factors, totp
from cloud.pos.staff.desk import put_staff
from cloud.sealing import FILE, Sealed, SealedError, Sealing, key_file, new_key, open_sealing
from cloud.tables import second_factor
from cloud.work import begin
from contract.feed import Role, StaffCard
from contract.ids import UserId
from trade.guards import ALL

ADA = UserId("ada")
SECRET = b"a secret of 20 bytes"
NOW_US = 1_800_000_000_000_000


@pytest.fixture
def config(tmp_path):
    (tmp_path / "db").mkdir()
    return CloudConfig(
        database_url=f"sqlite:///{tmp_path / 'db' / 'office.sqlite3'}", port=0, seal_key=str(tmp_path / "k" / FILE)
    )


def on_disk(tmp_path, secret=SECRET):
    """Whether any file of the database, its WAL with it, holds the secret."""
    files = list((tmp_path / "db").iterdir())
    assert any(file.name == "office.sqlite3" for file in files)
    return any(secret in file.read_bytes() or totp.text(secret).encode() in file.read_bytes() for file in files)


def set_up(office, keys, user=ADA, secret=SECRET):
    """A code app, proved; gives the recovery codes."""
    with office.transaction() as tx:
        put_staff(begin(tx, ALL, NOW_US), StaffCard(user=user, name="Ada", roles=(Role.ADMIN,)))
    with office.transaction() as tx:
        factors.begin(begin(tx, ALL, NOW_US), user, lambda _size: secret, keys)
    with office.transaction() as tx:
        code = totp.code(secret, totp.step_of(NOW_US))
        return factors.confirm(begin(tx, ALL, NOW_US), user, code, os.urandom, keys)


def in_clear(office, secret=SECRET):
    """As a version that did not seal wrote it."""
    with office.transaction() as tx:
        tx.add(
            second_factor, {"user": ADA, "secret": secret, "step": 0, "since_us": 1, "confirmed_us": 1, "key_id": ""}
        )


def proves(office, keys, code=None, later=1):
    now_us = NOW_US + later * totp.STEP_S * 1_000_000
    with office.transaction() as tx:
        code = code or totp.code(SECRET, totp.step_of(now_us))
        return factors.prove(begin(tx, ALL, now_us), ADA, code, keys)


def test_the_secret_stands_in_no_file_of_the_database(config, tmp_path):
    cloud = build(config)
    set_up(cloud.office, cloud.desk.sealing)
    assert not on_disk(tmp_path), "while it runs, in the WAL too"
    assert proves(cloud.office, cloud.desk.sealing)
    cloud.office.close()
    assert not on_disk(tmp_path)
    assert (tmp_path / "k" / FILE).stat().st_mode & 0o777 == 0o600


def test_a_secret_that_stood_in_clear_is_sealed_at_the_start_and_leaves_no_trace(config, tmp_path):
    office = open_office(config.database_url)
    schema.migrate(office)
    in_clear(office)
    assert on_disk(tmp_path), "the control: this is how it was"
    office.close()
    cloud = build(config)
    assert not on_disk(tmp_path)
    assert proves(cloud.office, cloud.desk.sealing)
    cloud.office.close()
    assert not on_disk(tmp_path)


def test_without_the_scrubbing_the_disk_would_remember_it(config, tmp_path, monkeypatch):
    office = open_office(config.database_url)
    schema.migrate(office)
    in_clear(office)
    monkeypatch.setattr(factors, "scrub", lambda *_given: None)
    factors.seal_anew(office, open_sealing(config))
    assert on_disk(tmp_path)
    office.close()


def test_rows_in_clear_and_of_older_keys_are_sealed_anew_on_every_engine(office):
    in_clear(office)
    one, two = (Sealing((bytes([n]) * 32, *([bytes([1]) * 32] if n == 2 else []))) for n in (1, 2))
    assert [factors.seal_anew(office, one), factors.seal_anew(office, one)] == [1, 0]
    assert factors.seal_anew(office, two) == 1
    with office.reading() as tx:
        row = tx.row(sa.select(second_factor))
    assert row["key_id"] == two.key_id
    assert SECRET not in bytes(row["secret"])
    assert proves(office, two)


def test_a_new_key_seals_everything_from_the_next_start_and_the_old_one_may_then_go(config, tmp_path):
    cloud = build(config)
    set_up(cloud.office, cloud.desk.sealing)
    old = cloud.desk.sealing.key_id
    assert new_key(config) != old
    assert proves(cloud.office, cloud.desk.sealing), "who runs goes on with the keys it read"
    cloud.office.close()
    cloud = build(config)
    assert cloud.desk.sealing.key_id != old
    cloud.office.close()
    file = tmp_path / "k" / FILE
    file.write_text(file.read_text().splitlines()[0] + "\n")
    cloud = build(config)
    assert proves(cloud.office, cloud.desk.sealing, later=5)
    cloud.office.close()


def test_who_lost_the_key_file_comes_in_by_a_recovery_code_and_the_office_starts(config, tmp_path):
    cloud = build(config)
    codes = set_up(cloud.office, cloud.desk.sealing)
    cloud.office.close()
    (tmp_path / "k" / FILE).rename(tmp_path / "lost.key")
    cloud = build(config)
    assert not proves(cloud.office, cloud.desk.sealing, later=3)
    assert proves(cloud.office, cloud.desk.sealing, codes[0])
    cloud.office.close()
    (tmp_path / "lost.key").replace(tmp_path / "k" / FILE)
    cloud = build(config)
    assert proves(cloud.office, cloud.desk.sealing, later=6), "put back, it opens what it sealed"
    cloud.office.close()


def test_a_secret_moved_to_another_name_or_changed_opens_nothing():
    keys = sealing.passing()
    sealed = keys.seal(SECRET, "second factor of ada")
    assert keys.unseal(sealed, "second factor of ada") == SECRET
    changed = Sealed(bytes([sealed.body[0] ^ 1]) + sealed.body[1:], sealed.key_id)
    for given, about in ((sealed, "second factor of eve"), (changed, "second factor of ada")):
        with pytest.raises(SealedError, match="changed it"):
            keys.unseal(given, about)
    with pytest.raises(SealedError, match="put that back"):
        sealing.passing().unseal(sealed, "second factor of ada")


def test_the_key_lies_beside_the_authority_or_the_database_and_is_never_replaced(tmp_path, config):
    url = f"sqlite:///{tmp_path / 'office.sqlite3'}"
    assert (
        key_file(CloudConfig(database_url=url, port=0, authority=str(tmp_path / "house"))) == tmp_path / "house" / FILE
    )
    assert key_file(CloudConfig(database_url=url, port=0)) == tmp_path / FILE
    assert key_file(CloudConfig(database_url="sqlite://", port=0)) is None
    assert key_file(CloudConfig(database_url="postgresql+psycopg://h/d", port=0)).name == FILE
    first = open_sealing(config).key_id
    assert open_sealing(config).key_id == first
    (tmp_path / "k" / FILE).write_text("half a ke")
    with pytest.raises(ConfigError, match="put back the one that was there"):
        open_sealing(config)
    assert "half a ke" in (tmp_path / "k" / FILE).read_text()
