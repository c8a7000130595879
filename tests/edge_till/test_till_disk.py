"""Disks that fail: power cut on a real file system, a full disk that gets room again, reads and writes that give errors.

The first two mount a file system of their own and need root for it; without, they are skipped and say so.
"""

import fcntl
import importlib.util
import os
import random
import signal
import sqlite3
import struct
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from edge.books.db import FULL
from edge.books.journal import Books
from edge.books.replay import differences
from edge.house import disk_is_full
from edge.till import queries
from trade.sale import SaleState

ROOT = Path(__file__).parents[2]
SELLER = Path(__file__).with_name("selling_box.py")
EXT4_IOC_SHUTDOWN, NOLOGFLUSH = 0x8004587D, 2
"""linux/fs/ext4/ext4.h: nothing that is not on the disk yet goes there any more, not even the journal."""
DISK_MIB = 160
CUTS, CUTS_LONG = 2, 30
NORMAL = 1


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


class Disk:
    """A file system in a file, mounted for this test alone."""

    def __init__(self, folder: Path):
        self.image, self.folder = folder / "disk.img", folder / "disk"
        self.folder.mkdir()
        with self.image.open("wb") as file:
            file.truncate(DISK_MIB << 20)
        made = run("mkfs.ext4", "-q", str(self.image))
        if made.returncode or not self.mount():
            pytest.skip(f"no file system can be mounted here: {made.stderr or self.why}")

    def mount(self):
        mounted = run("mount", "-o", "loop", str(self.image), str(self.folder))
        self.why = mounted.stderr
        return not mounted.returncode

    def unmount(self):
        return not run("umount", str(self.folder)).returncode

    def cut(self):
        """The power goes: what was not synced is gone."""
        folder = os.open(self.folder, os.O_RDONLY)
        fcntl.ioctl(folder, EXT4_IOC_SHUTDOWN, struct.pack("I", NOLOGFLUSH))
        os.close(folder)


@pytest.fixture
def ext4(tmp_path):
    if os.geteuid():
        pytest.skip("mounting needs root")
    disk = Disk(tmp_path)
    yield disk
    disk.unmount()


def sell_until_the_power_goes(disk, first, seconds, synchronous):
    """Sales whose receipts were given before the cut."""
    books = disk.folder / "books.sqlite3"
    told = []
    with subprocess.Popen(
        [sys.executable, str(SELLER), str(ROOT), str(books), str(first), str(synchronous)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as child:  # fmt: skip
        assert child.stdout.readline() == "ready\n"
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            told.append(int(child.stdout.readline()))
        disk.cut()
        # what was in the pipe when the power went was said before; what the box says of a dead disk is never believed
        child.send_signal(signal.SIGKILL)
        told += [int(line) for line in child.stdout.read().splitlines() if line.isdigit()]
    for _ in range(50):
        if disk.unmount():
            break
        time.sleep(0.1)
    assert disk.mount(), disk.why
    return told


def cut_again_and_again(disk, cuts, synchronous=FULL):
    """Receipts that were lost; asserts that the books are whole after each cut."""
    told, lost, first, chance = [], 0, 0, random.Random(4)
    for _ in range(cuts):
        told += sell_until_the_power_goes(disk, first, 0.3 + chance.random(), synchronous)
        books = Books.open(disk.folder / "books.sqlite3", store="paris", instance="m1")
        recorded = queries.sales_in(books.db, SaleState.RECORDED, 100_000)
        lost += len({f"s{n}" for n in told} - {row.sale for row in recorded})
        assert books.db.sound()
        assert differences(books) == []
        numbers = sorted(row.receipt_number for row in recorded)
        assert numbers == list(range(1, len(numbers) + 1))
        books.close()
        first = max(told) + 2
    assert told, "nothing was sold before the cuts"
    return lost


def test_a_power_cut_on_a_real_file_system_loses_no_receipt(ext4):
    assert cut_again_and_again(ext4, CUTS) == 0


@pytest.mark.long
def test_thirty_power_cuts_on_a_real_file_system_lose_no_receipt(ext4):
    assert cut_again_and_again(ext4, CUTS_LONG) == 0


@pytest.mark.long
def test_with_synchronous_normal_a_power_cut_on_a_real_file_system_loses_receipts(ext4):
    assert cut_again_and_again(ext4, CUTS_LONG // 2, NORMAL) > 0


# --- a full disk --------------------------------------------------------------------------------------------------


@contextmanager
def tmpfs(folder: Path, mib: int):
    folder.mkdir()
    if os.geteuid() or run("mount", "-t", "tmpfs", "-o", f"size={mib}m", "none", str(folder)).returncode:
        pytest.skip("mounting needs root")
    try:
        yield folder
    finally:
        run("umount", "-l", str(folder))


def test_a_full_disk_stops_selling_keeps_what_was_told_and_resumes_by_itself(new_shop, tmp_path):
    with tmpfs(tmp_path / "small", 12) as folder:
        path = folder / "books.sqlite3"
        shop = new_shop(path).join(*(f"p{n}" for n in range(3_000))).open_shift()
        told, why = [], None
        for n in range(2_000):
            try:
                shop.sell(f"s{n}", f"p{n}")
            except sqlite3.Error as error:
                why = error
                break
            told.append(f"s{n}")
        assert why is not None, "the disk never became full"
        assert disk_is_full(why), "the house takes it for a broken disk and ends the process"
        sold = {row.sale for row in queries.sales_in(shop.books.db, SaleState.RECORDED, 100_000)}
        assert sold == set(told), "what was told is there, and nothing that was not"
        assert shop.books.db.sound()
        run("mount", "-o", "remount,size=40m", str(folder))
        shop.sell("after", "p2500")
        assert differences(shop.books) == []
        shop.books.close()


# --- a disk that gives errors ---------------------------------------------------------------------------------------


def _crashdisk():
    spec = importlib.util.spec_from_file_location("crashdisk", Path(__file__).with_name("crashdisk.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class FailingVfs(apsw.VFS):
    """Of every hundred writes one fails, of every hundred syncs five; nothing at all before `armed`."""

    def __init__(self, name, seed):
        self.chance, self.armed, self.failed = random.Random(seed), False, 0
        super().__init__(name, "")

    def xOpen(self, name, flags):  # noqa: N802 — SQLite's own name
        return FailingFile(self, name, flags)

    def may(self, rate):
        if self.armed and self.chance.random() < rate:
            self.failed += 1
            raise apsw.IOError("the disk gives an error")


class FailingFile(apsw.VFSFile):
    def __init__(self, vfs, name, flags):
        self.vfs = vfs
        super().__init__("", name, flags)

    def xWrite(self, data, offset):  # noqa: N802
        self.vfs.may(0.01)
        super().xWrite(data, offset)

    def xSync(self, flags):  # noqa: N802
        self.vfs.may(0.05)
        super().xSync(flags)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_a_failing_disk_told_is_there_and_whole_when_the_box_starts_again(new_shop, tmp_path, seed):
    crashdisk, path = _crashdisk(), tmp_path / "books.sqlite3"
    new_shop(path).join(*(f"p{n}" for n in range(120))).open_shift().books.close()
    told, failed, at = set(), 0, 0
    for life in range(12):
        vfs = FailingVfs(f"failing-{seed}-{life}", 100 * seed + life)
        database = crashdisk.CutDatabase(path, f"failing-{seed}-{life}")
        shop = new_shop(books=Books.over(database, path, store="paris", instance="m1"))
        shop.life = life
        vfs.armed = True
        try:
            while at < 110:
                at += 1
                shop.sell(f"s{at}", f"p{at}")
                told.add(f"s{at}")
        except (apsw.Error, sqlite3.Error, AssertionError):
            pass  # the process ends here, and is started again
        vfs.armed = False
        failed += vfs.failed
        database.close()
        books = Books.open(path, store="paris", instance="m1")
        sold = {row.sale for row in queries.sales_in(books.db, SaleState.RECORDED, 1_000)}
        assert told <= sold, "a receipt was given for a sale that is not there"
        assert len(sold) <= len(told) + life + 1, "at most the sale under way at each failure was not told"
        assert books.db.sound()
        assert differences(books) == []
        books.close()
    assert failed >= 5, "the disk hardly failed: this proves nothing"
