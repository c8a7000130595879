"""A second copy of the journal on another disk: what it holds, what is torn from it, and that nobody waits for it."""

import errno
import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from contract.facts import Stream
from edge.backup import mirroring
from edge.backup.errors import BackupError
from edge.backup.keys import words_of
from edge.backup.mirror import MirrorFile, files, read
from edge.backup.mirroring import Mirror
from edge.backup.restore import restore
from edge.backup.take import take
from edge.books.db import BOOKS_FILE
from edge.config import ConfigError, EdgeConfig, MirrorConfig, UplinkConfig
from edge.floor.now import MirrorNow
from edge.sync.rejoin import Rejoining

OWNER = X25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = X25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
UPLINK = UplinkConfig(
    broker_host="h", broker_port=1, cloud_url="https://h", ca=Path("ca"), cert=Path("cert"), key=Path("key")
)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "usb"
    path.mkdir()
    return path


@pytest.fixture
def box(tmp_path, new_shop):
    (tmp_path / "box").mkdir()
    shop = new_shop(tmp_path / "box" / BOOKS_FILE).join("ring", "brooch", "watch").open_shift()
    yield shop
    shop.books.close()


@pytest.fixture
def mirror(box, folder):
    all_made = []

    def made(**more):
        where = {"folder": folder, "apart": False, **more}
        copy = Mirror(
            where.pop("folder"),
            OWNER.public_key(),
            box.books.path,
            "paris",
            MirrorNow(True),
            mono_us=lambda: 1,
            **where,
        )
        all_made.append(copy)
        return copy

    yield made
    for copy in all_made:
        copy.close()


def config(tmp_path, name, **more):
    return EdgeConfig(store="paris", name="Paris", currency="EUR", data_dir=tmp_path / name, uplink=UPLINK, **more)


def rows_in(folder, told=None):
    """(stream, seq) → body of every row, of all files."""
    found = {}
    for file in files(folder, "paris"):
        for page in read(file, OWNER, (told if told is not None else []).append):
            found |= {(page.stream, seq): bytes(row) for seq, row in enumerate(page.rows, page.first_seq)}
    return found


def rows_of(shop, stream="trade"):
    epoch = shop.books.node().epoch
    return {(stream, row.seq): row.body for row in shop.books.journal(epoch, stream, 1, 10_000)}


def test_what_the_journal_says_is_in_the_mirror_at_the_next_step(box, mirror, folder):
    copy = mirror()
    assert copy.step()
    box.sell("s1", "ring")
    assert copy.step()
    assert rows_in(folder) == rows_of(box)
    assert (copy.now.why, copy.now.rows_total) == ("", len(rows_of(box)))


def test_nothing_of_it_can_be_read_without_the_owners_key(box, mirror, folder):
    """A name too long for chance to write it."""
    box.sell("sale-of-a-ring", "ring")
    mirror().step()
    (file,) = files(folder, "paris")
    assert any(b"sale-of-a-ring" in body for body in rows_of(box).values())
    assert b"sale-of-a-ring" not in file.read_bytes()
    with pytest.raises(BackupError, match="another owner's key"):
        list(read(file, STRANGER, print))


def test_a_new_file_begins_with_what_the_office_has_not_confirmed_and_old_ones_go(box, mirror, folder, monkeypatch):
    monkeypatch.setattr(mirroring, "FILES_KEPT", 2)
    box.sell("s1", "ring")
    mirror().step()
    box.ack(Stream.TRADE, 3)
    for _ in range(3):
        mirror().step()
    assert [file.name for file in files(folder, "paris")] == ["paris.00000003.mirror", "paris.00000004.mirror"]
    assert rows_in(folder) == {place: body for place, body in rows_of(box).items() if place[1] > 3}


def test_a_file_that_is_large_enough_is_followed_by_another(box, mirror, folder, monkeypatch):
    monkeypatch.setattr(mirroring, "FILE_BYTES_MAX", 100)
    copy = mirror()
    copy.step()
    box.sell("s1", "ring")
    copy.step()
    assert len(files(folder, "paris")) == 2


# --- what goes wrong --------------------------------------------------------------------------------------


def test_a_record_torn_at_any_byte_is_left_out_with_a_word_and_what_came_before_is_whole(box, mirror, folder):
    copy = mirror()
    copy.step()
    (file,) = files(folder, "paris")
    whole, before = file.stat().st_size, rows_in(folder)
    box.sell("s1", "ring")
    copy.step()
    written = file.read_bytes()
    assert len(rows_in(folder)) > len(before)
    for cut in range(whole + 1, len(written), 7):
        file.write_bytes(written[:cut])
        told = []
        assert rows_in(folder, told) == before
        assert "was being written" in told[0]


def test_a_record_that_somebody_changed_is_not_believed(box, mirror, folder):
    box.sell("s1", "ring")
    mirror().step()
    (file,) = files(folder, "paris")
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    told = []
    assert rows_in(folder, told) == {}
    assert "damaged in record 1" in told[0]


class Full(io.FileIO):
    """A file on a disk with this much room."""

    room = 0

    def write(self, data):
        if self.tell() + len(data) > Full.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


@pytest.mark.parametrize("room", [0, 200])
def test_a_full_disk_is_said_and_stops_no_sale_and_it_goes_on_by_itself(box, mirror, folder, room):
    Full.room = room
    copy = mirror(opener=lambda path: Full(path, "xb"))
    heard = []
    copy.changed = lambda: heard.append(copy.now.why)
    assert not copy.step()
    assert not copy.step()
    assert "No space left" in copy.now.why
    assert "selling goes on" in copy.now.why
    assert (copy.now.errors_total, len(heard)) == (2, 1), "said once"
    box.sell("s1", "ring")
    copy._opener = mirroring._open
    assert copy.step()
    assert (copy.now.why, heard[-1]) == ("", "")
    assert rows_in(folder) == rows_of(box)


def test_a_folder_that_is_not_there_and_one_on_the_books_own_disk_are_said(box, mirror, folder):
    gone = mirror(folder=folder / "not-mounted")
    assert not gone.step()
    assert "there is no such folder" in gone.now.why
    assert not (folder / "not-mounted").exists(), "a mount point is not filled in the disk's place"
    same = mirror(apart=True)
    assert not same.step()
    assert "is the other one mounted?" in same.now.why


def test_a_disk_that_hangs_holds_nobody_up(box, mirror):
    stuck, freed = threading.Event(), threading.Event()

    def hang(_path):
        stuck.set()
        freed.wait(30)
        raise OSError(errno.EIO, "it was pulled out")

    copy = mirror(opener=hang)
    copy.start()
    assert stuck.wait(30)
    box.sell("s1", "ring")
    copy.stop(grace_s=0.01)
    assert copy._thread.is_alive(), "nobody waited for it"
    freed.set()
    copy._thread.join(30)


WRITER = """
import sys
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
import msgspec
from contract.messages import JournalRows
from edge.backup.mirror import MirrorFile

out = MirrorFile(open(sys.argv[1], "xb"), X25519PublicKey.from_public_bytes(bytes.fromhex(sys.argv[2])), bytes(32))
for seq in range(1, 1_000_000):
    body = b'{"n":%d,"words":"%s"}' % (seq, b"x" * 20_000)
    out.write(JournalRows(store="paris", epoch="e", stream="trade", first_seq=seq, rows=(msgspec.Raw(body),)))
    print(seq, flush=True)
"""


def test_after_a_kill_everything_that_was_said_to_be_written_is_there(folder):
    file = folder / "paris.00000001.mirror"
    public = OWNER.public_key().public_bytes_raw().hex()
    for _ in range(3):
        file.unlink(missing_ok=True)
        with subprocess.Popen([sys.executable, "-c", WRITER, str(file), public], stdout=subprocess.PIPE) as writer:
            for _ in range(20):
                writer.stdout.readline()
            writer.send_signal(signal.SIGKILL)
            said = 20 + len(writer.stdout.read().splitlines())
        found = [page.first_seq for page in read(file, OWNER, lambda _word: None)]
        assert found == list(range(1, len(found) + 1))
        assert len(found) >= said


# --- and back ---------------------------------------------------------------------------------------------


def restored(tmp_path, folder, new_shop, mirrored):
    told = restore(
        config(tmp_path, "spare"), tmp_path / "paris.backup", OWNER, instance="m1", mirror=folder if mirrored else None
    )
    spare = new_shop(tmp_path / "spare" / BOOKS_FILE)
    given = {
        (page.stream, seq): bytes(row)
        for page in Rejoining(spare.books, nonce="n", instance="m1").handover()
        for seq, row in enumerate(page.rows, page.first_seq)
    }
    spare.books.close()
    return told, given


def backed_up(tmp_path):
    take(config(tmp_path, "box"), tmp_path / "paris.backup", OWNER.public_key(), os.urandom(32), now_us=1, program="1")


def test_a_spare_box_hands_over_what_was_sold_after_the_backup(box, mirror, folder, tmp_path, new_shop):
    backed_up(tmp_path)
    copy = mirror()
    copy.step()
    box.sell("s1", "ring")
    copy.step()
    told, given = restored(tmp_path, folder, new_shop, mirrored=True)
    assert given == rows_of(box), "old rows from the backup, new ones from the mirror"
    assert (told.rows_mirrored, told.told) == (len(given) - 2, ())


def test_without_the_mirror_that_sale_is_lost(box, mirror, folder, tmp_path, new_shop):
    backed_up(tmp_path)
    box.sell("s1", "ring")
    mirror().step()
    _, given = restored(tmp_path, folder, new_shop, mirrored=False)
    assert len(given) < len(rows_of(box))


def test_a_folder_without_a_mirror_of_this_store_is_a_slip_and_nothing_is_restored(box, tmp_path, folder, new_shop):
    backed_up(tmp_path)
    MirrorFile((folder / "milan.00000001.mirror").open("xb"), OWNER.public_key(), bytes(32)).close()
    with pytest.raises(BackupError, match="no mirror of paris lies in"):
        restored(tmp_path, folder, new_shop, mirrored=True)
    assert not (tmp_path / "spare" / BOOKS_FILE).exists()


def test_words_with_a_slip_of_the_pen_are_refused_at_the_start(tmp_path):
    words = words_of(OWNER.public_key())
    good = config(tmp_path, "box", mirror=MirrorConfig(folder=tmp_path, seals=words))
    assert mirroring.of(good, MirrorNow(), lambda: 1) is not None
    wrong = config(tmp_path, "box", mirror=MirrorConfig(folder=tmp_path, seals=words[:-1] + "x"))
    with pytest.raises(ConfigError, match="not the words of an owner's key"):
        mirroring.of(wrong, MirrorNow(), lambda: 1)
