"""Backups of a box: made while it sells, proven to the last byte, and never trusted when they come back."""

import os
import sqlite3
import subprocess
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from contract.messages import JournalRows, Snapshot
from edge.backup import contents
from edge.backup import take as taking
from edge.backup.contents import Contained, Manifest, contained, pack
from edge.backup.errors import BackupError
from edge.backup.restore import STAGE, look, restore
from edge.backup.sealed import Opener, Sealer
from edge.backup.take import STILL, take
from edge.books import local
from edge.books.db import BOOKS_FILE, SCHEMA_VERSION, Database
from edge.books.fold import STATE_TABLES
from edge.config import EdgeConfig, UplinkConfig
from edge.sync.rejoin import Rejoining
from trade.acts import OpenSale
from trade.refusal import Why

OWNER = X25519PrivateKey.from_private_bytes(bytes(range(32)))
WEEK_US = 1_795_000_000_000_000
UPLINK = UplinkConfig(
    broker_host="h", broker_port=1, cloud_url="https://h", ca=Path("ca"), cert=Path("cert"), key=Path("key")
)
TERM2 = (1 << 32) | 2
MADE_NEW = {"custody", "claim", "hold", "lease_answer", "sale"}
"""Tables that a rejoin makes new."""


@dataclass
class Box:
    """One machine's data directory."""

    config: EdgeConfig

    @property
    def folder(self) -> Path:
        return self.config.data_dir

    @property
    def path(self) -> Path:
        return self.folder / BOOKS_FILE

    def back_up(self, into: Path) -> Path:
        take(self.config, into, OWNER.public_key(), os.urandom(32), now_us=WEEK_US, program="0.1.0")
        return into

    def restore(self, file: Path, instance: str = "m1") -> None:
        restore(self.config, file, OWNER, instance=instance)


@pytest.fixture
def a_box(tmp_path):
    def made(name, store="paris", uplink=UPLINK):
        return Box(EdgeConfig(store=store, name=store, currency="EUR", data_dir=tmp_path / name, uplink=uplink))

    return made


@pytest.fixture
def old(a_box):
    """A box with a day behind it: history, a tag key, a PIN, somebody signed in."""
    box = a_box("old")
    for name, said in (("stays/00000001-00000003.1-9", b"stays"), ("hours/00000001-00000001.1-9", b"hours")):
        path = box.folder / "history" / f"{name}.parquet"
        path.parent.mkdir(parents=True)
        path.write_bytes(said * 999)
    (box.folder / "history" / "spill").mkdir()
    (box.folder / "tag.key").write_text(f"{'ab' * 32}\n")
    return box


@pytest.fixture
def shop(old, new_shop):
    shop = new_shop(old.path).join("ring", "brooch", "watch").open_shift()
    local.set_pin(shop.books, user="anna", verifier="$argon2id$a-verifier", now_us=1)
    local.add_login(shop.books, token=b"a-token-of-anna", user="anna", since_us=1, until_us=1 << 60)
    shop.sell("s1", "ring")
    yield shop
    shop.books.close()


@pytest.fixture
def file(old, shop, tmp_path):
    return old.back_up(tmp_path / "paris.backup")


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


# --- there and back -----------------------------------------------------------------------------------------


def test_a_box_that_sells_is_backed_up_and_comes_back_row_for_row(old, shop, file, a_box, new_shop):
    spare = a_box("spare")
    spare.restore(file)
    shop.sell("s2", "brooch")  # nothing holds it up
    back = new_shop(spare.path)
    tables = set(shop.books.db.tables()) - {"login", "pin_verifier", "device", "device_token", "node"}
    gone = {table for table in tables if back.books.db.dump(table) != shop.books.db.dump(table)}
    assert "journal" in gone, "the second sale came after"
    assert [e.why for e in back.entries()] == [e.why for e in shop.entries()][: len(back.entries())]
    assert back.counter().seq < shop.counter().seq
    for name in (
        "tag.key",
        "history/stays/00000001-00000003.1-9.parquet",
        "history/hours/00000001-00000001.1-9.parquet",
    ):
        assert (spare.folder / name).read_bytes() == (old.folder / name).read_bytes()
    assert (spare.folder / "tag.key").stat().st_mode & 0o077 == 0
    assert STILL not in names(old.folder)
    assert STAGE not in names(spare.folder)
    back.books.close()


@pytest.mark.parametrize("instance", ["m1", "a spare machine"])
def test_what_comes_back_sells_nothing_until_it_has_rejoined(shop, file, a_box, new_shop, instance, sealed):
    box = a_box("spare")
    box.restore(file, instance)
    back = new_shop(box.path, instance=instance)
    assert not back.books.serving
    refusal = back.refused(OpenSale(sale="s9", till="till-1", currency="EUR"))
    assert refusal.code is Why.NOT_SERVING
    assert "restored from a backup of 2026-11-18" in refusal.why

    attempt = Rejoining(back.books, nonce="n2", instance=instance)
    handed = sum(len(page.rows) for page in attempt.handover() if (page.epoch, page.stream) == ("e1", "trade"))
    assert handed == back.counter().seq
    shop.sell("s2", "brooch")  # it was sold on the box that burnt, after the backup; the office has the row
    snapshot = Snapshot(
        nonce="n2", term=TERM2, epoch="e2", cloud_epoch=1, custody=(), logs=shop.log_heads(),
        **sealed("paris", TERM2, "e2"),
    )  # fmt: skip
    for wanted in attempt.wanted(snapshot):
        rows = shop.books.journal(wanted.epoch, wanted.stream, wanted.first_seq, 1000)
        attempt.take(
            JournalRows(
                store="paris",
                epoch=wanted.epoch,
                stream=wanted.stream,
                first_seq=wanted.first_seq,
                rows=tuple(msgspec.Raw(row.body) for row in rows),
            )
        )
    attempt.load(snapshot, now_us=WEEK_US)
    assert back.books.serving
    for table in sorted(set(STATE_TABLES) - MADE_NEW):
        assert back.books.db.dump(table) == shop.books.db.dump(table), table
    back.books.close()


def test_control_a_bare_copy_on_the_same_machine_would_sell_what_was_sold_since(old, shop, a_box, new_shop):
    other = a_box("other")
    other.folder.mkdir()
    shop.books.db.copy_to(other.path)
    shop.sell("s2", "brooch")
    back = new_shop(other.path)
    assert back.books.serving
    back.sell("s3", "brooch")
    back.books.close()


def test_pins_and_logins_stay_on_their_box(file, old, shop, tmp_path):
    for without, there in ((taking.STAYS_HERE, False), ((), True)):  # control: a plain copy has them
        copy = tmp_path / f"copy-{there}"
        shop.books.db.copy_to(copy, without=without)
        assert (b"a-verifier" in copy.read_bytes()) is there
        assert (b"a-token-of-anna" in copy.read_bytes()) is there
    with file.open("rb") as source:
        unpacker = contents.Unpacker(Opener(source, OWNER))
        got = tmp_path / "got"
        got.mkdir()
        for each in unpacker.files(lambda each: (got / each.name.replace("/", "_")).open("wb")):
            data = (got / each.name.replace("/", "_")).read_bytes()
            assert b"a-verifier" not in data
            assert b"a-token-of-anna" not in data


def test_nothing_in_the_file_can_be_read_without_the_key(file):
    sealed = file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    for word in (b"paris", b"SQLite", b"ring", b"stays", b"ab" * 8):
        assert word not in sealed


def test_a_look_says_what_is_in_it_and_writes_nothing(file, tmp_path):
    before = names(tmp_path)
    found = look(file, OWNER)
    assert (found.store, found.made_us, found.schema) == ("paris", WEEK_US, SCHEMA_VERSION)
    assert contents.one_line(found.files).endswith("the tag key, 2 files of history")
    assert names(tmp_path) == before


# --- a bad file changes nothing -----------------------------------------------------------------------------


@pytest.mark.parametrize("part", [0, 0.001, 0.3, 0.7, 0.999])
def test_a_file_cut_off_restores_nothing(file, a_box, part):
    file.write_bytes(file.read_bytes()[: int(part * file.stat().st_size)])
    box = a_box("spare")
    with pytest.raises(BackupError):
        box.restore(file)
    with pytest.raises(BackupError):
        look(file, OWNER)
    assert not box.folder.exists() or names(box.folder) == []


@pytest.mark.parametrize("part", [0.001, 0.2, 0.5, 0.8, 0.999])
def test_a_damaged_file_restores_nothing(file, a_box, part):
    data = bytearray(file.read_bytes())
    data[int(part * len(data))] ^= 0x40
    file.write_bytes(data)
    box = a_box("spare")
    with pytest.raises(BackupError):
        box.restore(file)
    assert not box.folder.exists() or names(box.folder) == []


def test_another_store_s_backup_is_refused_by_name(file, a_box):
    with pytest.raises(BackupError, match="a backup of paris, not of lyon"):
        a_box("lyon", store="lyon").restore(file)


def test_another_store_s_books_are_not_backed_up_under_this_name(old, shop, tmp_path):
    other = Box(msgspec.structs.replace(old.config, store="lyon"))
    with pytest.raises(BackupError, match="books of another store"):
        other.back_up(tmp_path / "lyon.backup")
    assert not (tmp_path / "lyon.backup").exists()


def test_a_store_without_an_office_is_not_restored_and_told_why(file, a_box):
    with pytest.raises(BackupError, match="numbers a second time"):
        a_box("alone", uplink=None).restore(file)


@pytest.mark.parametrize("there", [BOOKS_FILE, f"{BOOKS_FILE}-wal", "history", "tag.key"])
def test_what_is_there_is_never_replaced(file, a_box, there):
    box = a_box("spare")
    box.folder.mkdir()
    (box.folder / there).write_bytes(b"rows the office has not heard")
    with pytest.raises(BackupError, match="replaces nothing"):
        box.restore(file)
    assert names(box.folder) == [there]
    assert (box.folder / there).read_bytes() == b"rows the office has not heard"


def packed(path, folder, manifest):
    with path.open("wb") as out:
        sealer = Sealer(out, OWNER.public_key(), os.urandom(32))
        pack(manifest, folder, sealer)
        sealer.close()
    return path


def manifest_of(files, **changes):
    return Manifest(
        **({"store": "paris", "made_us": WEEK_US, "program": "x", "schema": SCHEMA_VERSION, "files": files} | changes)
    )


@pytest.mark.parametrize(
    "name", ["../books.sqlite3", "/etc/passwd", "history/../../x", "edge.toml", "history/stays/x.py"]
)
def test_a_file_that_names_what_no_box_has_writes_nowhere(tmp_path, a_box, name):
    """Whoever has the sealing words can seal what they like."""
    box, folder = a_box("spare"), tmp_path / "forged"
    folder.mkdir()
    (folder / BOOKS_FILE).write_bytes(b"x")
    files = (contained(folder, BOOKS_FILE), Contained(name=name, size=0, sha256="00"))
    forged = tmp_path / "forged.backup"
    with forged.open("wb") as out:
        sealer = Sealer(out, OWNER.public_key(), os.urandom(32))
        with pytest.raises((OSError, BackupError)):  # the manifest is out before the file is missed
            pack(manifest_of(files), folder, sealer)
        sealer.close()
    with pytest.raises(BackupError):
        box.restore(forged)
    assert not contents.NAME.fullmatch(name)
    assert not box.folder.exists()


def forged_books(shop, folder, sql):
    folder.mkdir()
    shop.books.db.copy_to(folder / BOOKS_FILE)
    with sqlite3.connect(folder / BOOKS_FILE) as db:
        for trigger in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {trigger[0]}")  # the books let nobody rewrite a row
        assert db.execute(sql).rowcount > 0
    return manifest_of((contained(folder, BOOKS_FILE),))


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("UPDATE journal SET body = CAST(replace(body, 'EUR', 'USD') AS BLOB) WHERE why = 'sale.record'", "not the one that was written"),
        ("UPDATE journal SET \"by\" = 'max' WHERE why = 'sale.record'", "told otherwise"),
        ("DELETE FROM journal WHERE why = 'sale.record'", "(not the one that was|rows that chain)"),
        ("DELETE FROM journal WHERE stream = 'trade' AND seq = (SELECT max(seq) FROM journal WHERE stream = 'trade')",
         "rows that chain"),
    ],
)  # fmt: skip
def test_books_in_which_somebody_changed_a_row_are_not_restored(shop, tmp_path, a_box, sql, why):
    file = packed(tmp_path / "f.backup", tmp_path / "forged", forged_books(shop, tmp_path / "forged", sql))
    box = a_box("spare")
    with pytest.raises(BackupError, match=why):
        box.restore(file)
    assert names(box.folder) == []


def test_books_of_a_newer_program_are_not_restored(shop, tmp_path, a_box):
    folder = tmp_path / "newer"
    folder.mkdir()
    shop.books.db.copy_to(folder / BOOKS_FILE)
    manifest = manifest_of((contained(folder, BOOKS_FILE),), schema=SCHEMA_VERSION + 1)
    with pytest.raises(BackupError, match="update it"):
        a_box("spare").restore(packed(tmp_path / "n.backup", folder, manifest))


def test_books_that_are_no_database_are_not_restored(tmp_path, a_box):
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / BOOKS_FILE).write_bytes(b"not a database at all" * 500)
    box = a_box("spare")
    with pytest.raises(BackupError, match="damaged"):
        box.restore(packed(tmp_path / "o.backup", folder, manifest_of((contained(folder, BOOKS_FILE),))))
    assert names(box.folder) == []


# --- while it is made ---------------------------------------------------------------------------------------


def test_a_backup_replaces_no_other_and_a_dead_one_s_leftovers_go(old, shop, tmp_path):
    (old.folder / STILL).mkdir()
    (old.folder / STILL / BOOKS_FILE).write_bytes(b"of a backup that lost its power")
    (tmp_path / "b.backup.part").write_bytes(b"half")
    old.back_up(tmp_path / "b.backup")
    assert look(tmp_path / "b.backup", OWNER).store == "paris"
    assert {STILL, "b.backup.part"}.isdisjoint({*names(old.folder), *names(tmp_path)})
    with pytest.raises(BackupError, match="there already"):
        old.back_up(tmp_path / "b.backup")


def test_one_backup_of_a_box_at_a_time(old, shop, tmp_path):
    with taking._alone(old.folder), pytest.raises(BackupError, match="under way"):
        old.back_up(tmp_path / "b.backup")
    old.back_up(tmp_path / "b.backup")


def test_a_sale_that_is_being_written_is_not_in_it_and_not_held_up(old, shop, tmp_path):
    with shop.books.transaction() as tx:
        tx.db.run("node_last", last_us=99_999)
        old.back_up(tmp_path / "b.backup")
    assert shop.books.node().last_us == 99_999
    with (tmp_path / "b.backup").open("rb") as source:
        for _ in contents.Unpacker(Opener(source, OWNER)).files(lambda each: (tmp_path / each.name[:5]).open("wb")):
            pass
    assert Database(tmp_path / "books", readonly=True).number("journal_last_us") < 99_999


def test_history_that_is_merged_meanwhile_is_in_it_once(old, shop, tmp_path, monkeypatch):
    """The first file goes just when it is to be named: it was merged into another."""
    stays, link = old.folder / "history" / "stays", os.link

    def late(source, target, **more):
        first = stays / "00000001-00000003.1-9.parquet"
        if first.exists() and "stays" in str(source):
            first.rename(stays / "00000001-00000009.1-9.parquet")
        link(source, target, **more)

    monkeypatch.setattr(os, "link", late)
    found = look(old.back_up(tmp_path / "b.backup"), OWNER)
    assert [each.name for each in found.files if "stays" in each.name] == [
        "history/stays/00000001-00000009.1-9.parquet"
    ]


def test_a_box_that_never_ran_has_nothing_to_back_up(a_box, tmp_path):
    with pytest.raises(BackupError, match="there are no books"):
        a_box("empty").back_up(tmp_path / "b.backup")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MiB of its own."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2M", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small file system needs root; run as root to try a full disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_gets_no_half_backup(old, shop, small_disk):
    (old.folder / "history" / "stays" / "00000004-00000004.9-99.parquet").write_bytes(os.urandom(3 << 20))
    with pytest.raises(BackupError, match="disk is full"):
        old.back_up(small_disk / "b.backup")
    assert names(small_disk) == []
    assert STILL not in names(old.folder)


def test_a_box_whose_own_disk_is_full_keeps_selling_and_gets_no_backup(small_disk, new_shop, tmp_path):
    box = Box(EdgeConfig(store="paris", name="p", currency="EUR", data_dir=small_disk, uplink=UPLINK))
    shop = new_shop(box.path).join("ring", "brooch").open_shift()
    room = os.statvfs(small_disk)
    (small_disk / "filler").write_bytes(b"x" * (room.f_bavail * room.f_frsize - (300 << 10)))
    with pytest.raises(BackupError, match="disk is full"):
        box.back_up(tmp_path / "b.backup")
    assert not (tmp_path / "b.backup").exists()
    assert not (small_disk / STILL).exists()
    shop.sell("s1", "ring")
    shop.books.close()


def test_a_spare_box_without_room_is_told_so_before_anything_is_written(file, small_disk):
    box = Box(EdgeConfig(store="paris", name="p", currency="EUR", data_dir=small_disk, uplink=UPLINK))
    with pytest.raises(BackupError, match="has no room"):
        box.restore(file)
    assert names(small_disk) == []
