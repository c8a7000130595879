"""A full disk on a real small file system: the register says so, the shift still closes, and it resumes by itself."""

import sqlite3
import subprocess

import pytest

from contract.ids import ShiftId, TillId, UserId
from edge.books.ballast import Ballast
from edge.house import disk_is_full
from edge.till.desk import Done
from trade import acts

ANA, TILL = UserId("ana"), TillId("till-1")
DISK_BYTES = 32 << 20


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 32 MiB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small file system needs root; run as root to try a full disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder):
    """Take what is left, to the last block."""
    for size in (1 << 20, 4096, 1):
        while True:
            try:
                with (folder / "filler").open("ab") as file:
                    file.write(b"x" * size)
            except OSError:
                break


def open_shift(shop):
    shift = acts.OpenShift(shift=ShiftId("z1"), till=TILL, business_day="2026-01-02", float_minor=0, currency="EUR")
    assert isinstance(shop.store.act(shift, ANA), Done)


def ask_until_full(shop):
    """Refusals are entries too: each takes a little room, until the disk has none."""
    for _ in range(100_000):
        try:
            shop.store.act(acts.ParkSale(sale="nothing"), ANA)
        except (sqlite3.Error, OSError) as error:
            return error
    return None


def test_on_a_full_disk_no_cart_opens_but_the_shift_closes_and_then_it_resumes(small_disk, clock, make):
    config = make.config(small_disk)
    shop = make.shop(config, clock, [make.card(1)], path=small_disk / "books.sqlite3")
    open_shift(shop)
    shop.store.ballast.keep()
    fill(small_disk)
    error = ask_until_full(shop)
    assert error is not None
    assert disk_is_full(error)
    closed = shop.store.act(acts.CloseShift(till=TILL, cash_counted_minor=0), ANA)
    assert isinstance(closed, Done), closed
    (small_disk / "filler").unlink()
    assert isinstance(
        shop.store.act(
            acts.OpenShift(shift=ShiftId("z2"), till=TILL, business_day="2026-01-03", float_minor=0, currency="EUR"),
            ANA,
        ),
        Done,
    )
    assert shop.books.db.sound()
    shop.books.close()


def test_control_without_ballast_the_shift_cannot_close(small_disk, clock, make):
    shop = make.shop(make.config(small_disk), clock, [make.card(1)], path=small_disk / "books.sqlite3")
    open_shift(shop)
    fill(small_disk)
    assert ask_until_full(shop) is not None
    with pytest.raises(Exception, match="full") as caught:
        shop.store.act(acts.CloseShift(till=TILL, cash_counted_minor=0), ANA)
    assert disk_is_full(caught.value)
    (small_disk / "filler").unlink()
    shop.books.close()


def test_ballast_is_not_laid_down_where_it_would_fill_the_disk(tmp_path):
    ballast = Ballast(tmp_path, size=1 << 50)
    ballast.keep()
    assert not (tmp_path / "ballast").exists()
    assert ballast.drop() is False
