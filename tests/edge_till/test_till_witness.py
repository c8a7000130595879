"""Tills bear witness: a disk put back behind their backs stops, and what only they kept reaches the head office."""

import importlib.util
from pathlib import Path

import msgspec
import pytest

from contract.entries import decode_entry, first_head, leaf_hash, next_head
from contract.facts import SaleRecorded, Stream
from contract.messages import Ack
from contract.seals import head_seal
from edge.books.db import Database, statements
from edge.books.rows import Mode, Seal
from edge.sync import witness
from edge.sync.rejoin import Rejoining, StaleSnapshotError
from edge.sync.testimony import KeptLog
from edge.sync.witness import RESTORED, behind, hear, news
from edge.till.desk import Done
from trade.guards import Guards

ALL_GUARDS = Guards()


@pytest.fixture(scope="module")
def till_copy():
    """The till's memory is a plain object beside the simulation, so that both use the same."""
    path = Path(__file__).parents[1] / "simulation" / "tills.py"
    spec = importlib.util.spec_from_file_location("tills_for_witness", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.TillCopy


@pytest.fixture
def till(till_copy):
    return till_copy("till-1")


@pytest.fixture
def open_shop(new_shop):
    def make(guards=ALL_GUARDS, image=None):
        made = new_shop(guards=guards, image=image)
        return made if image else made.join("ring", "chain", "pin").open_shift()

    return make


def _restored(open_shop, till, guards=ALL_GUARDS):
    """A box whose disk lacks a sale that a till has seen: the sale's box, and the one that was put back."""
    before = open_shop(guards)
    till.look(before.books)
    image = before.books.db.image()
    before.sell("s1", "ring")
    till.look(before.books)
    return before, open_shop(guards, image)


def _sales(pages):
    facts = [fact for page in pages for raw in page.rows for fact in decode_entry(bytes(raw)).facts]
    return [fact.sale for fact in facts if isinstance(fact, SaleRecorded)]


def _rejoining(shop):
    return Rejoining(shop.books, nonce="n9", instance=shop.instance)


def test_a_till_gets_every_row_the_office_may_still_lose_and_chains_it(open_shop, till):
    shop = open_shop()
    shop.sell("s1", "ring")
    till.look(shop.books)
    (log,) = till.logs.values()
    counter = shop.counter()
    assert (log.seq, log.head) == (counter.seq, counter.head)
    assert [row.body for row in shop.books.journal("e1", Stream.TRADE, 1, 100)] == list(log.rows)


def test_a_till_forgets_what_the_office_has_and_keeps_the_head(open_shop, till):
    shop = open_shop()
    shop.sell("s1", "ring")
    till.look(shop.books)
    seq = shop.counter().seq
    shop.hear(acks=(Ack(stream=Stream.TRADE, upto=seq),))
    till.look(shop.books)
    (log,) = till.logs.values()
    assert (log.seq, log.rows) == (seq, ())
    assert log.before == log.head


def test_where_backups_are_told_of_a_till_keeps_rows_until_one_holds_them(open_shop, till):
    shop = open_shop()
    shop.sell("s1", "ring")
    seq = shop.counter().seq
    shop.hear(acks=(Ack(stream=Stream.TRADE, upto=seq, safe=seq - 2),))
    till.look(shop.books)
    (log,) = till.logs.values()
    assert log.first_seq == seq - 1


def test_the_box_its_till_knows_goes_on(open_shop, till):
    shop = open_shop()
    shop.sell("s1", "ring")
    till.look(shop.books)
    shop.sell("s2", "chain")
    assert not till.speak(shop.books).why
    assert shop.books.serving


def test_a_disk_put_back_stops_and_the_piece_is_not_sold_again(open_shop, till):
    _, back = _restored(open_shop, till)
    heard = till.speak(back.books)
    assert heard.why.startswith(RESTORED)
    assert back.books.node().mode is Mode.REJOIN
    assert RESTORED in back.refused(_open_sale("s2")).why


def test_without_the_guard_witness_a_disk_put_back_sells_the_piece_again(open_shop, till):
    _, back = _restored(open_shop, till, Guards(witness=False))
    till.speak(back.books)
    back.cart("s2", "ring")
    assert isinstance(back.pay("s2", "ring"), Done)


def test_the_rows_that_only_the_till_has_are_handed_over(open_shop, till):
    _, back = _restored(open_shop, till)
    till.speak(back.books)
    attempt = _rejoining(back)
    pages = list(attempt.handover())
    assert _sales(pages) == ["s1"]
    assert pages[-1].head == back.counter().head.hex()
    for page in pages:
        attempt.handed(page)
    assert _sales(attempt.handover()) == []


def test_without_the_guard_journal_the_sale_is_lost(open_shop, till):
    _, back = _restored(open_shop, till, Guards(journal=False))
    assert till.speak(back.books).why
    assert _sales(_rejoining(back).handover()) == []


def test_an_answer_asked_for_before_the_till_spoke_is_not_loaded(open_shop, till):
    before, back = _restored(open_shop, till)
    with back.books.transaction() as tx:
        tx.must_rejoin("restored from a backup")
    attempt = _rejoining(back)
    asked = attempt.message()
    till.speak(back.books)
    snapshot = _snapshot(before, asked.nonce)
    with pytest.raises(StaleSnapshotError):
        attempt.load(snapshot, now_us=9_000)
    assert attempt.message().nonce != asked.nonce


def test_after_the_rejoin_the_receipts_go_on_and_the_till_is_settled(open_shop, till):
    before, back = _restored(open_shop, till)
    till.speak(back.books)
    attempt = _rejoining(back)
    for page in list(attempt.handover()):
        attempt.handed(page)
    snapshot = _snapshot(before, attempt.message().nonce)
    for want in attempt.wanted(snapshot):
        attempt.take(_page(before, want))
    attempt.load(snapshot, now_us=9_000)
    assert back.books.serving
    assert not till.speak(back.books).why
    assert {epoch for epoch, _ in till.logs} == {"e2"}
    assert back.sell("s2", "chain").entries[-1].facts[-1].receipt_number == 2


def test_a_box_that_rejoined_before_its_till_spoke_does_so_again(open_shop, till):
    before, back = _restored(open_shop, till)
    _rejoin_alone(back)
    back.sell("s2", "chain")
    heard = till.speak(back.books)
    assert "lacks" in heard.why
    assert _sales(_rejoining(back).handover()) == ["s2", "s1"]
    assert before.books.node().epoch == "e1"


def test_a_disk_that_went_on_selling_gives_the_elder_rows_first(open_shop, till):
    _, back = _restored(open_shop, till)
    back.sell("s2", "chain")
    assert "another entry" in till.speak(back.books).why or "this disk ends" in till.speak(back.books).why
    attempt = _rejoining(back)
    pages = list(attempt.handover())
    assert _sales(pages) == ["s1", "s2"]
    for page in pages[:-1]:
        attempt.handed(page)
    assert "s2" in _sales(attempt.handover()), "a till's page says nothing about the rows this disk wrote instead"


def test_a_later_term_in_a_tills_memory_stops_the_box_once(open_shop, till_copy):
    shop = open_shop()
    later = KeptLog(epoch="e9", stream=Stream.TRADE, term=1 << 40, seq=3, head=b"h" * 32)
    seal = _head_seal(shop, later)
    said = witness.Testimony(till="till-1", logs=(msgspec.structs.replace(later, seal=seal),))
    assert "later term" in behind(shop.books.db, said)
    hear(shop.books, said)
    assert Rejoining(shop.books, nonce="n", instance="m1").message().later_term == 1 << 40
    _rejoin_alone(shop)
    assert Rejoining(shop.books, nonce="n", instance="m1").message().later_term == 0
    assert behind(shop.books.db, said) is None, "the office has decided since, with this before it"


def test_rows_that_do_not_chain_are_counted_and_not_kept(open_shop, till):
    _, back = _restored(open_shop, till)
    said = till.testimony()
    (log,) = said.logs
    bad = msgspec.structs.replace(log, rows=(*log.rows[:-1], log.rows[-1].replace(b"ring", b"rang")))
    heard = hear(back.books, msgspec.structs.replace(said, logs=(bad,)))
    assert heard.why, "its head still bears witness"
    assert (heard.rows_kept, heard.rows_damaged) == (0, len(log.rows))


def test_a_new_machine_takes_the_rows_of_a_lost_one_from_the_till(open_shop, new_shop, till):
    lost = open_shop()
    lost.sell("s1", "ring")
    till.look(lost.books)
    fresh = new_shop(instance="m2")
    assert till.speak(fresh.books).why
    assert _sales(_rejoining(fresh).handover()) == ["s1"]
    assert news(fresh.books.db, "till-1") is None


def test_books_of_the_first_version_get_the_tables_of_tills(tmp_path):
    path = tmp_path / "books.sqlite3"
    db = Database(path)
    db._db.executescript(f"{statements()['schema']} PRAGMA user_version = 1;")
    db.close()
    again = Database(path)
    again.prepare()
    assert again.number("till_rows_kept") == 0
    again.close()


def test_sales_that_only_the_store_has_are_counted(open_shop):
    shop = open_shop()
    shop.sell("s1", "ring")
    shop.sell("s2", "chain")
    assert witness.sales_unsent(shop.books.db) == 2
    shop.hear(acks=(Ack(stream=Stream.TRADE, upto=shop.counter().seq),))
    assert witness.sales_unsent(shop.books.db) == 0


# --- small words ------------------------------------------------------------------------------------------


def _head_seal(shop, log, store="paris"):
    """What a box with this shop's key puts on a head."""
    key = bytes.fromhex(shop.books.db.one("seal", Seal).witness_key)
    return head_seal(key, store=store, term=log.term, epoch=log.epoch, stream=log.stream, seq=log.seq, head=log.head)


def _open_sale(sale):
    from trade.acts import OpenSale

    return OpenSale(sale=sale, till="till-1", currency="EUR")


def _snapshot(house, nonce, epoch="e2", term=None):
    """What the office answers when it has every row of `house`."""
    from contract.commands import CustodyState
    from contract.messages import CustodyRow, Snapshot

    node = house.books.node()
    custody = tuple(
        CustodyRow(
            piece=piece,
            ce=(1 << 32) | 7,
            state=CustodyState.HERE if house.state(piece) == "here" else CustodyState.SOLD,
        )
        for piece in ("ring", "chain", "pin")
    )
    return Snapshot(
        nonce=nonce,
        term=term or node.term + 1,
        epoch=epoch,
        cloud_epoch=1,
        custody=custody,
        logs=house.log_heads(),
        witness_key=house.books.db.one("seal", Seal).witness_key,
    )


def _rejoin_alone(shop, epoch="e5"):
    with shop.books.transaction() as tx:
        tx.must_rejoin("restored from a backup")
    attempt = _rejoining(shop)
    for page in list(attempt.handover()):
        attempt.handed(page)
    attempt.load(_snapshot(shop, attempt.message().nonce, epoch), now_us=9_000)


def _page(house, want):
    from contract.messages import JournalRows

    rows = house.books.journal(want.epoch, want.stream, want.first_seq, want.upto - want.first_seq + 1)
    raws = tuple(msgspec.Raw(row.body) for row in rows)
    return JournalRows(store="paris", epoch=want.epoch, stream=want.stream, first_seq=want.first_seq, rows=raws)


def test_the_chain_of_a_tills_rows_is_that_of_the_log():
    head = first_head("paris", "e1", Stream.TRADE)
    log = KeptLog(epoch="e1", stream=Stream.TRADE, term=1, seq=2, head=b"", before=head, rows=(b"a", b"b"))
    steps = list(log.chained())
    assert [seq for seq, *_ in steps] == [1, 2]
    assert steps[1][2] == next_head(head, leaf_hash(b"a"))
