"""The attacks on a shop's books, each really done to the file, and what `vitrine audit verify` says of them."""

import shutil
import sqlite3
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from cloud import schema
from cloud.db import Office, open_office
from cloud.ingest import Ingest
from cloud.pos.stores.desk import open_store
from cloud.rejoin import Rejoins
from cloud.work import begin
from contract.entries import first_head, leaf_hash, next_head
from contract.facts import SaleOpened, ShiftClosed
from contract.feed import StoreCard
from contract.merkle import NOTHING, root
from contract.receipt_code import short_head
from edge.books.db import BOOKS_FILE
from edge.books.journal import Books
from edge.sync.rejoin import Rejoining
from edge.sync.uplink import Sync
from trade.guards import ALL
from trade.zchain import z_digest
from vitrine.__main__ import app

ROWS = 100


class House:
    """An office in a file, and one box whose books are a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.books_file, self.office_file = folder / BOOKS_FILE, folder / "office.sqlite3"
        self.box_config, self.office_config = folder / "edge.toml", folder / "cloud.toml"
        self.box_config.write_text(f'store = "paris"\nname = "Paris"\ncurrency = "EUR"\ndata_dir = "{folder}"\n')
        self.office_config.write_text(f'database_url = "sqlite:///{self.office_file}"\nport = 1\n')
        self.office: Office = open_office(f"sqlite:///{self.office_file}")
        schema.migrate(self.office)
        with self.office.transaction() as tx:
            open_store(begin(tx, ALL, 1), StoreCard(store="paris", name="Paris", currency="EUR"))
        self.open()
        joining = Rejoining(self.books, nonce="n1", instance="m1")
        answer = Rejoins(self.office).hear(joining.message(), 1, new_epoch=lambda: "e1")
        joining.load(answer, now_us=1)

    def open(self) -> None:
        self.books = Books.open(self.books_file, store="paris", instance="m1")
        self.sync = Sync(self.books, boot=f"boot-{id(self.books)}")

    def sell(self, upto: int, *, at_us: int = 1_000) -> None:
        for n in range(len(self.books.leaves("e1", "trade")) + 1, upto + 1):
            fact = SaleOpened(sale=f"sale-{n}-{at_us}", till="till-1", associate="ana", currency="EUR")
            with self.books.transaction() as tx:
                tx.write(at_us=at_us, by="ana", why="sale", facts=(fact,))

    def deliver(self) -> None:
        for up in self.sync.messages(10_000_000_000):
            for down in Ingest(self.office).hear(up, 2):
                self.sync.hear(down, mono_us=1, now_us=3, seen=lambda _piece: False)

    def code(self, seq: int) -> str:
        return short_head(self.books.head("e1", "trade", seq))

    def close(self) -> None:
        self.books.close()
        self.office.close()


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path)
    house.sell(ROWS)
    house.deliver()
    yield house
    house.close()


def vitrine(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout.strip()


def of_box(house):
    return vitrine("audit", "verify", "--config", house.box_config)


def of_office(house, *more):
    return vitrine("audit", "verify", "--config", house.office_config, *more)


def both(house):
    return of_office(house, "paris", "--books", house.books_file)


class Insider:
    """Somebody with the disk in hand: guards of the file itself are in nobody's way."""

    def __init__(self, file: Path, table: str) -> None:
        self.db, self.table = sqlite3.connect(file), table
        for (name,) in self.db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            self.db.execute(f"DROP TRIGGER {name}")

    def do(self, sql: str, *values: object) -> list[tuple]:
        return self.db.execute(f"{sql} ", values).fetchall()

    def rewrite(self, first: int) -> bytes:
        """Row `first` says something else, and every row after it chains to that."""
        old = self.do(f"SELECT seq, body FROM {self.table} WHERE epoch = 'e1' AND stream = 'trade' ORDER BY seq")
        head, leaves = first_head("paris", "e1", "trade"), []
        for seq, was in old:
            body = was.replace(b'"EUR"', b'"USD"') if seq == first else was
            leaves.append(leaf_hash(body))
            head = next_head(head, leaves[-1])
            where = "WHERE epoch = 'e1' AND stream = 'trade' AND seq = ?"
            self.do(f"UPDATE {self.table} SET body = ?, leaf = ?, head = ? {where}", body, leaves[-1], head, seq)
        self.leaves = leaves
        return head

    def done(self) -> None:
        self.db.commit()
        self.db.close()


def at_box(house) -> Insider:
    house.books.close()
    return Insider(house.books_file, "journal")


MINE = "WHERE epoch = 'e1' AND stream = 'trade'"


def test_books_as_they_were_written_are_told_with_how_many_there_are(house):
    assert of_box(house) == (0, f"{ROWS} rows of 2 logs are as they were written.")
    assert of_office(house) == (0, f"{ROWS} rows of 1 logs are as they were written.")
    assert both(house) == (0, f"{ROWS} rows of 1 logs are as they were written.")


def test_an_edited_row_is_named(house):
    insider = at_box(house)
    ((body,),) = insider.do(f"SELECT body FROM journal {MINE} AND seq = 50")
    insider.do(f"UPDATE journal SET body = ? {MINE} AND seq = 50", body.replace(b"EUR", b"USD"))
    insider.done()
    house.open()
    assert of_box(house) == (
        2,
        "row 50 of the trade log e1 of paris is not the one that was written: its leaf is another",
    )
    assert "On the box: row 50" in both(house)[1]


def test_a_row_taken_out_of_the_middle_is_named(house):
    insider = at_box(house)
    insider.do(f"DELETE FROM journal {MINE} AND seq = 50")
    insider.done()
    house.open()
    assert of_box(house) == (2, "row 50 of the trade log e1 of paris is missing: row 51 follows row 49")


def test_rows_in_another_order_are_named(house):
    insider = at_box(house)
    for old, new in ((50, -1), (51, 50), (-1, 51)):
        insider.do(f"UPDATE journal SET seq = ? {MINE} AND seq = ?", new, old)
    insider.done()
    house.open()
    code, said = of_box(house)
    assert (code, said) == (
        2,
        "row 50 of the trade log e1 of paris does not follow the rows before it: its head is another",
    )


def test_a_log_written_anew_is_whole_by_itself_and_not_the_offices(house):
    insider = at_box(house)
    head = insider.rewrite(50)
    insider.do(f"UPDATE counter SET head = ? {MINE}", head)
    insider.do("DELETE FROM tree")
    insider.done()
    house.open()
    assert of_box(house)[0] == 0  # control: the chain alone does not see it
    said = "row 50 of the trade log e1 of paris is one thing on the box and another at the office"
    assert both(house) == (2, said)
    house.sell(ROWS + 1)
    house.deliver()
    assert house.books.node().mode == "rejoin"  # and the office does not take another row of it


def test_an_office_that_writes_its_log_anew_is_seen_by_the_store(house):
    insider = Insider(house.office_file, "inbox")
    head = insider.rewrite(50)
    peaks = NOTHING.grown(insider.leaves).packed()
    insider.do(f"UPDATE stream SET head = ?, peaks = ? {MINE}", head, peaks)
    insider.done()
    assert of_office(house)[0] == 0  # control
    assert both(house)[1] == "row 50 of the trade log e1 of paris is one thing on the box and another at the office"
    down = Ingest(house.office).say("paris", 3)
    house.sync.hear(down, mono_us=1, now_us=3, seen=lambda _piece: False)
    assert house.sync.acks_unbelieved_total == 1
    assert root(insider.leaves).hex() == down.acks[0].tree_head


def test_an_office_that_changes_a_tree_and_no_row_is_seen(house):
    insider = Insider(house.office_file, "inbox")
    insider.do(f"UPDATE stream SET peaks = zeroblob(length(peaks)) {MINE}")
    insider.done()
    assert of_office(house) == (2, "the tree that is noted of the trade log e1 of paris is not the tree of its rows")


def test_an_old_disk_put_back_and_sold_from_is_named_where_it_parts(house, tmp_path):
    house.books.close()
    kept = tmp_path / "kept.sqlite3"
    shutil.copy(house.books_file, kept)
    house.open()
    house.sell(ROWS + 20)
    house.deliver()
    house.books.close()
    for each in tmp_path.glob(f"{BOOKS_FILE}-*"):
        each.unlink()
    shutil.copy(kept, house.books_file)
    house.open()
    short = f"the trade log e1 of paris ends at row {ROWS} on the box and at row {ROWS + 20} at the office"
    assert both(house) == (2, f"{short}: this disk was cut or put back")
    house.sell(ROWS + 30, at_us=9_000)
    assert of_box(house)[0] == 0  # control
    said = f"row {ROWS + 1} of the trade log e1 of paris is one thing on the box and another at the office"
    assert both(house) == (2, said)


def cut(house, after):
    insider = at_box(house)
    (head,) = insider.do(f"SELECT head FROM journal {MINE} AND seq = ?", after)[0]
    insider.do(f"DELETE FROM journal {MINE} AND seq > ?", after)
    insider.do(f"UPDATE counter SET seq = ?, head = ?, upto = min(upto, ?) {MINE}", after, head, after)
    insider.do("DELETE FROM tree")
    insider.done()
    house.open()


def test_an_end_cut_off_is_named_when_the_office_has_it(house):
    cut(house, 80)
    assert of_box(house)[0] == 0  # control
    assert "ends at row 80 on the box and at row 100 at the office" in both(house)[1]


def test_an_end_cut_off_before_anybody_had_it_is_told_by_the_receipt_in_a_clients_hand(house):
    house.sell(ROWS + 5)
    receipts = [house.code(seq) for seq in (ROWS, ROWS + 3)]
    asked = ("audit", "receipt", "--config", house.box_config)
    for seq, code in zip((ROWS, ROWS + 3), receipts, strict=True):
        assert f"Row {seq} of the trade log e1 of paris" in vitrine(*asked, code.lower())[1]
    cut(house, ROWS)
    assert both(house)[0] == 0  # control: box and office are one again
    assert [vitrine(*asked, code)[0] for code in receipts] == [0, 2]
    there = ("audit", "receipt", "--config", house.office_config)
    assert [vitrine(*there, code)[0] for code in receipts] == [0, 2]


def test_an_office_that_lost_rows_it_said_it_had_is_named(house):
    insider = Insider(house.office_file, "inbox")
    (head,) = insider.do(f"SELECT head FROM inbox {MINE} AND seq = 90")[0]
    insider.do(f"DELETE FROM inbox {MINE} AND seq > 90")
    peaks = NOTHING.grown(house.books.leaves("e1", "trade")[:90]).packed()
    insider.do(f"UPDATE stream SET upto = 90, head = ?, peaks = ? {MINE}", head, peaks)
    insider.done()
    said = "the trade log e1 of paris ends at row 90 at the office, which said to the box that it has 100"
    assert both(house) == (2, said)


def test_zs_that_do_not_chain_are_named_though_every_row_does(house):
    """Whoever writes the whole log anew, at the box and at the office, has to write every later Z too."""
    zs = [
        ShiftClosed(
            shift=f"shift-{n}", till="till-1", z_number=n, business_day=f"2026-05-0{n}", currency="EUR", sales=0, returns=0,
            gross_minor=0, tax_minor=0, cash_expected_minor=0, cash_counted_minor=0, sales_digest="d",
        )
        for n in (1, 2, 3)
    ]  # fmt: skip
    for n in (1, 2):
        zs[n] = msgspec.structs.replace(zs[n], previous_z_digest=z_digest(zs[n - 1]))
    for n, z in enumerate(zs):
        said = z if n else msgspec.structs.replace(z, gross_minor=100)  # the first says another sum than was chained
        with house.books.transaction() as tx:
            tx.write(at_us=2_000 + n, by="ana", why="close", facts=(said,))
    house.deliver()
    code, told = of_box(house)
    assert code != 0
    assert "Z 2 of till-1 was made after another Z 1" in told
    assert "Z 2 of till-1 was made after another Z 1" in of_office(house, "paris")[1]
    assert "Z 3" not in told
