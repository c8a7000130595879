"""A till's word counts under a seal of this store's boxes; anybody who can sign in can say the rest (docs/adr/0008)."""

import importlib.util
from pathlib import Path

import msgspec
import pytest

from contract.entries import Entry, encode_entry, keys_of, leaf_hash, next_head
from contract.facts import SaleRecorded
from contract.messages import Snapshot, encode
from contract.seals import head_seal
from edge.books.rows import Mode, Seal
from edge.sync import witness
from edge.sync.rejoin import Rejoining
from edge.sync.testimony import KeptLog
from edge.sync.witness import behind, hear
from trade.guards import Guards

UNGUARDED = Guards(head_seal=False)
SEALS = ["", "0" * 64]


@pytest.fixture(scope="module")
def till_copy():
    path = Path(__file__).parents[1] / "simulation" / "tills.py"
    spec = importlib.util.spec_from_file_location("tills_for_seals", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.TillCopy


@pytest.fixture
def till(till_copy):
    return till_copy("till-1")


@pytest.fixture
def open_shop(new_shop):
    def make(store="paris", **more):
        return new_shop(store=store, **more).join("ring", "chain").open_shift()

    return make


def forged_head(shop, seal="", **changes):
    """What a login and the page's own news are enough for: this store's present log, and another head."""
    node, counter = shop.books.node(), shop.counter()
    log = KeptLog(epoch=node.epoch, stream="trade", term=node.term, seq=counter.seq, head=b"f" * 32, seal=seal)
    return witness.Testimony(till="till-1", logs=(msgspec.structs.replace(log, **changes),))


def forged_sale(shop, seal=""):
    """A sale that never was, as the next row of the log; it chains to its own head."""
    node, counter = shop.books.node(), shop.counter()
    sale = next(fact for fact in shop.facts() if isinstance(fact, SaleRecorded))
    facts = (msgspec.structs.replace(sale, sale="made-up", receipt_number=99),)
    seq = counter.seq + 1
    body = encode_entry(Entry(stream="trade", seq=seq, at_us=9_000, by="eve", why="", facts=facts, keys=keys_of(facts)))
    head = next_head(counter.head, leaf_hash(body))
    log = KeptLog(
        epoch=node.epoch, stream="trade", term=node.term, seq=seq, head=head, seal=seal, before=counter.head,
        rows=(body,),
    )  # fmt: skip
    return witness.Testimony(till="till-1", logs=(log,))


def stop(shop):
    with shop.books.transaction() as tx:
        tx.must_rejoin("restored from a backup")
    return shop


def handed_over(shop):
    attempt = Rejoining(shop.books, nonce="n9", instance=shop.instance)
    return [bytes(raw) for page in attempt.handover() for raw in page.rows]


@pytest.mark.parametrize("seal", SEALS)
@pytest.mark.parametrize("changes", [{}, {"seq": 9_999}, {"term": 1 << 52}], ids=["head", "seq", "term"])
def test_a_forged_head_is_counted_and_stops_nothing(open_shop, seal, changes):
    shop = open_shop()
    said = forged_head(shop, seal, **changes)
    heard = hear(shop.books, said)
    assert (heard.why, heard.logs_unsealed) == ("", 1)
    assert behind(shop.books.db, said) is None
    assert shop.books.serving


@pytest.mark.parametrize("changes", [{}, {"seq": 9_999}, {"term": 1 << 52}], ids=["head", "seq", "term"])
def test_without_the_guard_head_seal_a_forged_head_stops_a_healthy_store(open_shop, changes):
    shop = open_shop(guards=UNGUARDED)
    assert hear(shop.books, forged_head(shop, **changes)).why
    assert not shop.books.serving


def test_a_seal_of_one_head_proves_no_other_place(open_shop, till):
    shop = open_shop()
    shop.sell("s1", "ring")
    till.look(shop.books)
    (log,) = till.logs.values()
    for changes in ({"seq": log.seq + 1}, {"term": log.term + 1}, {"epoch": "e0"}, {"head": b"f" * 32}):
        said = witness.Testimony(till="till-1", logs=(msgspec.structs.replace(log, **changes),))
        assert hear(shop.books, said).logs_unsealed == 1
    assert shop.books.serving
    assert hear(shop.books, till.testimony()).logs_unsealed == 0


@pytest.mark.parametrize("mode", [Mode.ACTIVE, Mode.REJOIN])
def test_a_made_up_sale_is_not_kept_for_the_hand_over(open_shop, mode):
    shop = open_shop()
    shop.sell("s1", "ring")
    said = forged_sale(shop)
    if mode is Mode.REJOIN:
        stop(shop)
    heard = hear(shop.books, said)
    assert (heard.why, heard.rows_kept, heard.logs_unsealed) == ("", 0, 1)
    assert shop.books.node().mode is mode
    assert not any(b"made-up" in body for body in handed_over(shop))


def test_without_the_guard_head_seal_a_made_up_sale_is_handed_over(open_shop):
    shop = open_shop(guards=UNGUARDED)
    shop.sell("s1", "ring")
    assert hear(stop(shop).books, forged_sale(shop)).rows_kept == 1
    assert any(b"made-up" in body for body in handed_over(shop))


def test_forged_rows_under_a_sealed_head_do_not_chain_to_it(open_shop, till):
    shop = open_shop()
    shop.sell("s1", "ring")
    till.look(shop.books)
    (true,), (false,) = till.testimony().logs, forged_sale(shop).logs
    shift = {"seq": true.seq, "head": true.head, "seal": true.seal, "before": true.before}
    said = witness.Testimony(till="till-1", logs=(msgspec.structs.replace(false, **shift),))
    heard = hear(shop.books, said)
    assert (heard.why, heard.rows_kept, heard.rows_damaged) == ("", 0, 1)
    assert shop.books.serving


def test_a_seal_of_another_store_is_none(open_shop):
    paris, lyon = open_shop(), open_shop("lyon")
    said = forged_head(paris)
    (log,) = said.logs
    for shop, unsealed in ((lyon, 1), (paris, 0)):
        key = bytes.fromhex(shop.books.db.one("seal", Seal).witness_key)
        seal = head_seal(
            key, store="paris", term=log.term, epoch=log.epoch, stream=log.stream, seq=log.seq, head=log.head
        )
        heard = hear(paris.books, forged_head(paris, seal))
        assert (heard.logs_unsealed, bool(heard.why)) == (unsealed, not unsealed), "the second is the control"


def test_an_old_box_knows_the_seal_of_the_newer_one_that_served_after_it(open_shop, new_shop, till, sealed):
    old = open_shop()
    newer = new_shop(instance="m2")
    term = old.books.node().term + 1
    attempt = Rejoining(newer.books, nonce="n2", instance="m2")
    attempt.load(
        Snapshot(nonce="n2", term=term, epoch="e2", cloud_epoch=1, custody=(), **sealed("paris", term, "e2")),
        now_us=5_000,
    )
    newer.open_shift(shift="shift-2")
    till.look(newer.books)
    bare = witness.Testimony(
        till="till-1", logs=tuple(msgspec.structs.replace(log, seal="") for log in till.testimony().logs)
    )
    assert not hear(old.books, bare).why, "the control: without the seal it is anybody's word"
    heard = till.speak(old.books)
    assert "later term" in heard.why
    assert heard.rows_kept == len(till.testimony().logs[0].rows) > 0
    assert not old.books.serving


def test_a_disk_that_never_joined_has_no_key_and_hears_everything(open_shop, new_shop):
    """The limit of docs/adr/0008: it decides nothing, and what it hands over is not proved."""
    lost = open_shop()
    lost.sell("s1", "ring")
    fresh = new_shop(instance="m2")
    heard = hear(fresh.books, forged_sale(lost))
    assert (heard.rows_kept, heard.logs_unsealed) == (1, 0)
    assert not fresh.books.serving


def test_the_key_is_in_no_entry_no_snapshot_and_no_message(open_shop):
    shop = open_shop()
    shop.sell("s1", "ring")
    key = shop.books.db.one("seal", Seal).witness_key
    tables = ("journal", "snapshot", "down_log", "till_row", "till_claim")
    kept = repr([shop.books.db.dump(table) for table in tables])
    said = b"".join(encode(up) for up in shop.sync.messages(99_000_000)).decode()
    assert len(key) == 64
    assert key in repr(shop.books.db.dump("seal")), "the control"
    assert key not in kept + said + repr(shop.books.db.one("seal", Seal))
