"""Power cuts and kills: what was acknowledged is there, what is there is whole."""

import importlib.util
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from contract.facts import SaleRecorded
from edge.books.db import FULL
from edge.books.journal import Books
from edge.books.replay import differences
from edge.till import queries
from trade.guards import Guards
from trade.sale import SaleState

ROOT = Path(__file__).parents[2]
POINTS = 1_000
NORMAL = 1


def _module(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def crashdisk():
    return _module("crashdisk")


def _day(shop_class, crashdisk, path, synchronous):
    """Sells on a recording disk; a mark on the tape is a receipt in somebody's hand."""
    tape = crashdisk.Tape()
    vfs = crashdisk.RecordingVfs(f"recorder-{synchronous}", tape)
    database = crashdisk.CutDatabase(path, f"recorder-{synchronous}", synchronous)
    shop = shop_class(books=Books.over(database, path, store="paris", instance="m1"))
    shop.join(*(f"p{n}" for n in range(12))).open_shift()
    database._db.execute("PRAGMA wal_autocheckpoint = 60")
    first = len(tape.events)
    for n in range(12):
        shop.sell(f"s{n}", f"p{n}")
        tape.mark()
    del vfs
    return tape, first


def _lost(crashdisk, tape, first, source, folder, points):
    """(receipts lost, images that are not whole) over many cuts."""
    lost = broken = 0
    for acked, files in crashdisk.images(tape, points, seed=7):
        path = crashdisk.lay_out(files, folder, source)
        try:
            books = Books.open(path, store="paris", instance="m1")
        except (sqlite3.DatabaseError, AssertionError):
            broken += 1
            continue
        sold = len(queries.sales_in(books.db, SaleState.RECORDED)) if books.serving else 0
        lost += max(0, acked - sold)
        entries = books.journal("e1", "trade", 1, 10_000)
        whole = books.db.sound() and [row.seq for row in entries] == list(range(1, len(entries) + 1))
        recorded = sum(b'"sale.recorded"' in row.body for row in entries)
        broken += not (whole and recorded == sold)
        books.close()
    assert first > 0
    return lost, broken


def test_a_power_cut_at_any_point_loses_no_receipt_and_breaks_nothing(new_shop, crashdisk, tmp_path):
    source = tmp_path / "books.sqlite3"
    tape, first = _day(new_shop, crashdisk, source, FULL)
    assert _lost(crashdisk, tape, first, source, tmp_path, POINTS) == (0, 0)


def test_with_synchronous_normal_receipts_are_lost(new_shop, crashdisk, tmp_path):
    source = tmp_path / "books.sqlite3"
    tape, first = _day(new_shop, crashdisk, source, NORMAL)
    lost, _ = _lost(crashdisk, tape, first, source, tmp_path, POINTS // 10)
    assert lost > 0


SELLER = Path(__file__).with_name("selling_box.py")


def test_a_box_killed_while_selling_keeps_every_sale_it_acknowledged(disk):
    acked, first = [], 0
    for kill in range(4):
        run = [sys.executable, str(SELLER), str(ROOT), str(disk), str(first)]
        with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout.readline() == "ready\n"
            until = time.monotonic() + 0.2 + 0.07 * kill
            while time.monotonic() < until:
                acked.append(int(child.stdout.readline()))
            child.send_signal(signal.SIGKILL)
            acked += [int(line) for line in child.stdout.read().splitlines() if line.endswith(tuple("0123456789"))]
        first = max(acked) + 2
        books = Books.open(disk, store="paris", instance="m1")
        sold = {row.sale for row in queries.sales_in(books.db, SaleState.RECORDED, 100_000)}
        assert {f"s{n}" for n in acked} <= sold
        assert len(sold) <= len(acked) + kill + 1
        assert books.db.sound()
        numbers = sorted(row.receipt_number for row in queries.sales_in(books.db, SaleState.RECORDED, 100_000))
        assert numbers == list(range(1, len(numbers) + 1))
        books.close()
    books = Books.open(disk, store="paris", instance="m1")
    assert differences(books) == []
    assert len(acked) > 20


class _PowerError(Exception):
    pass


@pytest.mark.parametrize(("one_tx", "apart"), [(True, []), (False, ["claim", "custody", "sale", "tender"])])
def test_state_and_journal_part_only_without_their_one_transaction(new_shop, one_tx, apart):
    guards = Guards(one_tx=one_tx)
    countdown = [10**9]

    def crashpoint():
        countdown[0] -= 1
        if countdown[0] == 0:
            raise _PowerError

    shop = new_shop(guards=guards, crashpoint=crashpoint).join("ring").open_shift()
    shop.cart("s1", "ring")
    countdown[0] = 2  # before BEGIN, then the next point: after COMMIT, or between state and journal
    with pytest.raises(_PowerError):
        shop.pay("s1", "ring")
    again = new_shop(image=shop.books.db.image(), guards=guards)
    found = differences(again.books)
    assert set(apart) <= set(found)
    assert bool(found) is bool(apart)
    recorded = [fact for fact in again.facts() if isinstance(fact, SaleRecorded)]
    assert len(recorded) == (1 if one_tx else 0)
    assert again.state("ring") == "sold"
