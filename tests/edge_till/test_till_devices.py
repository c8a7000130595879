"""Devices outlive their box: the journal names them, and the next box lets in those that stand, and no other."""

import os
import sqlite3
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from contract.facts import DeviceNoted
from contract.messages import JournalRows, Snapshot
from edge.backup.restore import restore
from edge.backup.take import take
from edge.books import local
from edge.books.db import SCHEMA_VERSION
from edge.books.rows import DeviceTokenRow
from edge.config import EdgeConfig, UplinkConfig
from edge.sync.rejoin import Rejoining

TERM2 = (1 << 32) | 2
KEYS = {name: bytes([4, number]) + bytes(63) for number, name in enumerate(("window", "desk", "next"))}
UPLINK = UplinkConfig(
    broker_host="h", broker_port=1, cloud_url="https://h", ca=Path("ca"), cert=Path("cert"), key=Path("key")
)
OWNER = X25519PrivateKey.from_private_bytes(bytes(range(32)))


def note(books, now_us=2_000):
    with books.transaction() as tx:
        return local.note_devices(tx, now_us)


def let_in(books, name, now_us=1_000):
    row = DeviceTokenRow(name=name.title(), till="till-1", by="anna", until_us=1 << 60)
    local.give_device_token(books, name.encode(), row, now_us)
    assert local.add_device(books, name.encode(), device=name, public_key=KEYS[name], now_us=now_us)


def shut_out(books, name, now_us=3_000):
    assert local.end_device(books, name, by="marie", now_us=now_us, forget_before_us=0)


def change(books, name, now_us):
    assert local.change_device_key(books, name, before=KEYS[name], after=KEYS["next"], now_us=now_us)


def standing(books):
    return {row.device: row.public_key for row in local.devices(books.db) if not row.ended_us}


def rejoin(back, shop, sealed, instance):
    """The office has every row that `shop` wrote, and lets `back` join."""
    attempt = Rejoining(back.books, nonce="n2", instance=instance)
    snapshot = Snapshot(
        nonce="n2", term=TERM2, epoch="e2", cloud_epoch=1, custody=(), logs=shop.log_heads(),
        **sealed("paris", TERM2, "e2"),
    )  # fmt: skip
    for wanted in attempt.wanted(snapshot):
        rows = shop.books.journal(wanted.epoch, wanted.stream, wanted.first_seq, 1_000)
        raw = tuple(msgspec.Raw(row.body) for row in rows)
        attempt.take(
            JournalRows(store="paris", epoch=wanted.epoch, stream=wanted.stream, first_seq=wanted.first_seq, rows=raw)
        )
    attempt.load(snapshot, now_us=9_000)


def test_the_journal_says_who_let_a_device_in_and_who_shut_it_out(shop):
    let_in(shop.books, "window")
    note(shop.books)
    change(shop.books, "window", now_us=2_500)
    note(shop.books)
    shut_out(shop.books, "window")
    note(shop.books)
    told = [(entry.by, fact) for entry in shop.entries() for fact in entry.facts if isinstance(fact, DeviceNoted)]
    assert [by for by, _ in told] == ["anna", "house", "marie"]
    assert [(fact.public_key, fact.ended_us) for _, fact in told] == [
        (KEYS["window"], 0), (KEYS["next"], 0), (KEYS["next"], 3_000)
    ]  # fmt: skip
    assert note(shop.books) == [], "it is said once"


@pytest.mark.parametrize("noted", [True, False])
def test_a_spare_box_lets_in_the_tills_of_the_one_that_burnt_and_none_that_was_shut_out(shop, new_shop, sealed, noted):
    let_in(shop.books, "window")
    let_in(shop.books, "desk")
    if noted:  # the control: before they were noted, a new box knew none
        note(shop.books)
        change(shop.books, "window", now_us=2_500)
        shut_out(shop.books, "desk")
        note(shop.books)
    spare = new_shop(instance="m2")
    rejoin(spare, shop, sealed, "m2")
    assert standing(spare.books) == ({"window": KEYS["next"]} if noted else {})
    if noted:
        (desk,) = (row for row in local.devices(spare.books.db) if row.device == "desk")
        assert (desk.ended_us, desk.ended_by) == (3_000, "marie")


def test_a_device_that_was_shut_out_after_the_backup_does_not_come_alive_again(tmp_path, new_shop, sealed):
    def config(name):
        return EdgeConfig(store="paris", name="x", currency="EUR", data_dir=tmp_path / name, uplink=UPLINK)

    (tmp_path / "old").mkdir()
    shop = new_shop(tmp_path / "old" / "books.sqlite3").join("ring")
    let_in(shop.books, "window")
    let_in(shop.books, "desk")
    note(shop.books)
    file = tmp_path / "paris.backup"
    take(config("old"), file, OWNER.public_key(), os.urandom(32), now_us=5_000, program="0.1.0")
    shut_out(shop.books, "desk")
    note(shop.books)
    restore(config("spare"), file, OWNER, instance="m2")
    back = new_shop(tmp_path / "spare" / "books.sqlite3", instance="m2")
    assert standing(back.books) == {}, "until it has joined it lets in no device"
    rejoin(back, shop, sealed, "m2")
    assert standing(back.books) == {"window": KEYS["window"]}
    shop.books.close()
    back.books.close()


def test_what_changed_while_a_box_may_write_nothing_stands_and_is_said_once_it_may(shop, sealed):
    let_in(shop.books, "window")
    note(shop.books)
    with shop.books.transaction() as tx:
        tx.must_rejoin("the test says so")
    shut_out(shop.books, "window")
    assert note(shop.books) == []
    rejoin(shop, shop, sealed, "m1")
    assert standing(shop.books) == {}, "what the journal said before brings it back to life no more"
    assert [(entry.by, entry.why) for entry in note(shop.books)] == [("marie", "device.note")]
    assert note(shop.books) == []


def test_a_key_that_was_changed_under_a_clock_gone_back_is_still_the_newer_one(shop, sealed):
    let_in(shop.books, "window", now_us=5_000)
    note(shop.books)
    change(shop.books, "window", now_us=4_000)
    note(shop.books)
    with shop.books.transaction() as tx:
        tx.must_rejoin("the test says so")
    rejoin(shop, shop, sealed, "m1")
    assert standing(shop.books) == {"window": KEYS["next"]}


def test_devices_of_an_older_program_are_said_at_the_first_start(shop, new_shop):
    let_in(shop.books, "window")
    db = sqlite3.connect(":memory:")
    db.deserialize(shop.books.db.image())
    db.executescript(
        "ALTER TABLE device DROP COLUMN noted; ALTER TABLE count_verdict DROP COLUMN by; PRAGMA user_version = 27"
    )
    today = new_shop(image=db.serialize())
    db.close()
    assert today.books.db.pragma("user_version") == SCHEMA_VERSION
    assert [entry.by for entry in note(today.books)] == ["anna"]
    assert standing(today.books) == {"window": KEYS["window"]}
