"""The books made again from several lives of one store: no row lost, none refused, whatever the clocks said."""

import msgspec
import pytest

from contract.facts import OrderEvent, OrderKind, Stream, Tender, TenderKind
from contract.messages import CustodyRow, HeldClaim, JournalRows, Snapshot
from edge.books import fold_orders
from edge.books.fold import STATE_TABLES
from edge.books.fold_value import load_asks
from edge.books.replay import differences
from edge.sync.rejoin import Rejoining
from edge.till import queries
from trade.acts import (
    AddOrder,
    CloseShift,
    MoveOrder,
    OpenOrder,
    OpenSale,
    RecordSale,
    ReturnPieces,
    TakeDeposit,
)
from trade.orders.numbers import account_of

TERM1, TERM2, TERM3 = ((1 << 32) | n for n in (1, 2, 3))


def _pages(shop):
    """Every log of this disk, as the cloud would give it back."""
    return [
        JournalRows(
            store="paris",
            epoch=log.epoch,
            stream=log.stream,
            first_seq=1,
            rows=tuple(msgspec.Raw(row.body) for row in shop.books.journal(log.epoch, log.stream, 1, 100_000)),
        )
        for log in shop.log_heads()
    ]


def _load(box, pages, logs, *, term=TERM3, epoch="e3", custody=(), claims=()):
    attempt = Rejoining(box.books, nonce=f"n-{epoch}", instance=box.instance)
    snapshot = Snapshot(
        nonce=f"n-{epoch}", term=term, epoch=epoch, cloud_epoch=1, custody=custody, claims=claims, logs=logs
    )
    for want in attempt.wanted(snapshot):
        for page in pages:
            if (page.epoch, page.stream) == (want.epoch, want.stream):
                attempt.take(
                    msgspec.structs.replace(page, first_seq=want.first_seq, rows=page.rows[want.first_seq - 1 :])
                )
    attempt.load(snapshot, now_us=9_000)
    return box


def _box_that_was_replaced(new_shop, pay_cash):
    """A box sold and gave back without ever telling; its successor did the same, with the same receipt numbers."""
    old = new_shop(instance="m1").join("ring", "brooch", epoch="e1")
    known, told = old.log_heads(), _pages(old)
    old.open_shift(shift="A").sell("s1", "ring")
    old.done(_back("s1", "ring", pay_cash), pad=["ring"])
    new = new_shop(instance="m2")
    custody = (CustodyRow(piece="brooch", ce=9 << 32, state="here"),)
    _load(new, told, known, term=TERM2, epoch="e2", custody=custody)
    new.feed("ring", "brooch").open_shift(shift="B").sell("s2", "brooch")
    new.done(_back("s2", "brooch", pay_cash), pad=["brooch"])
    return old, new


def _back(sale, piece, pay_cash):
    return ReturnPieces(sale=sale, pieces=(piece,), till="till-1", tenders=pay_cash(120_000), reason="x")


def test_what_a_lost_box_never_sent_comes_in_later_beside_what_its_successor_did(new_shop, pay_cash):
    old, new = _box_that_was_replaced(new_shop, pay_cash)
    new.hear(term=TERM3)
    logs = old.log_heads() + tuple(log for log in new.log_heads() if log.epoch == "e2")
    _load(new, _pages(old), logs)
    rows = {sale: queries.sale_row(new.books.db, sale) for sale in ("s1", "s2")}
    assert {sale: (row.receipt_number, row.epoch) for sale, row in rows.items()} == {"s1": (1, "e1"), "s2": (1, "e2")}
    assert len(new.books.db.dump("tender")) == 4
    assert queries.open_shift(new.books.db, "till-1").shift == "B"
    assert differences(new.books) == []


def test_a_lost_box_that_left_its_shift_open_does_not_stop_a_shift_that_was_closed(new_shop, pay_cash):
    old, new = _box_that_was_replaced(new_shop, pay_cash)
    new.done(CloseShift(till="till-1", cash_counted_minor=0, note="counted by somebody in a hurry"))
    new.hear(term=TERM3)
    logs = old.log_heads() + tuple(log for log in new.log_heads() if log.epoch == "e2")
    _load(new, _pages(old), logs)
    assert queries.open_shift(new.books.db, "till-1") is None
    assert new.open_shift(shift="C")


def test_entries_of_two_lives_with_equal_times_are_all_folded_in_the_order_of_the_lives(new_shop):
    boxes = {}
    for n, epoch in enumerate(("e1", "e2"), 1):
        box = new_shop(instance=f"m{n}").join("ring", epoch=epoch, term=(1 << 32) | n).open_shift(shift=epoch)
        for at in range(300):
            box.done(OpenSale(sale=f"{epoch}-{at}", till="till-1", currency="EUR"))
        boxes[epoch] = box
    fresh = new_shop(instance="m3")
    logs = boxes["e1"].log_heads() + boxes["e2"].log_heads()
    _load(fresh, [page for box in boxes.values() for page in _pages(box)], logs)
    assert len(fresh.books.db.dump("sale")) == 600
    assert queries.open_shift(fresh.books.db, "till-1").shift == "e2"


def test_the_order_of_two_lives_is_the_houses_and_not_their_clocks(new_shop):
    """The first box's clock ran ahead by a day: its shift came first all the same."""
    first = new_shop(instance="m1").join("ring", epoch="e1")
    second = new_shop(instance="m2").join("ring", epoch="e2", term=TERM2)
    first.open_shift(shift="A", now_us=86_400_000_000)
    second.open_shift(shift="B", now_us=5_000)
    fresh = new_shop(instance="m3")
    _load(fresh, _pages(first) + _pages(second), first.log_heads() + second.log_heads())
    assert queries.open_shift(fresh.books.db, "till-1").shift == "B"
    assert differences(fresh.books) == []


@pytest.mark.parametrize("lives", [1, 2])
def test_a_disk_that_went_through_it_and_one_rebuilt_are_equal_in_every_table(new_shop, pay_cash, lives):
    promise = HeldClaim(piece="watch", kind="layaway", ref="client-7")
    here = new_shop().join("ring", "brooch", "watch", claims=(promise,)).open_shift()
    here.sell("s1", "ring")
    here.done(_back("s1", "ring", pay_cash), pad=["ring"])
    if lives == 2:
        here.hear(term=TERM2)
        custody = tuple(CustodyRow(piece=piece, ce=9 << 32, state="here") for piece in ("ring", "watch"))
        _load(here, (), here.log_heads(), term=TERM2, epoch="e2", custody=custody, claims=(promise,))
        here.cart("s3", "ring")
    pages, logs = _pages(here), here.log_heads()
    custody = (CustodyRow(piece="watch", ce=10 << 32, state="here"),)
    here.hear(term=TERM3)
    _load(here, (), logs, custody=custody, claims=(promise,))
    fresh = _load(new_shop(instance="m9"), pages, logs, custody=custody, claims=(promise,))
    assert [table for table in STATE_TABLES if here.books.db.dump(table) != fresh.books.db.dump(table)] == []
    assert here.books.db.dump("journal") == fresh.books.db.dump("journal")
    assert [claim.ref for claim in queries.live_claims(fresh.books.db)] == ["client-7"]
    assert here.counter(Stream.TRADE).head == fresh.counter(Stream.TRADE).head


def test_a_promise_survives_its_box_though_it_lay_in_a_cart(new_shop):
    """The box dies with an order in an open cart; the next one still keeps the piece, and the money, for the client."""
    old = new_shop(instance="m1").join("ring", epoch="e1").open_shift()
    account = account_of("o-1")
    old.done(
        OpenOrder(order="o-1", kind=OrderKind.LAYAWAY, client="c-1", title="A ring", currency="EUR", pieces=("ring",))
    )
    old.done(MoveOrder(order="o-1", event=OrderEvent.RESERVE))
    old.done(OpenSale(sale="s-1", till="till-1", currency="EUR"))
    old.done(TakeDeposit(sale="s-1", account=account, amount_minor=50_000, what="L-1001"))
    paid = (Tender(kind=TenderKind.CASH, amount_minor=50_000),)
    old.done(RecordSale(sale="s-1", client="c-1", tenders=paid))
    old.done(OpenSale(sale="s-2", till="till-1", currency="EUR"))
    old.done(AddOrder(sale="s-2", order="o-1"))
    claim = queries.live_claim(old.books.db, "ring")
    assert (claim.kind, claim.ref) == ("layaway", "o-1"), "the office's promise was never let go"
    kept = HeldClaim(piece="ring", kind=claim.kind, ref=claim.ref, claim=claim.claim)
    new, custody = new_shop(instance="m2"), (CustodyRow(piece="ring", ce=9 << 32, state="here"),)
    _load(new, _pages(old), old.log_heads(), term=TERM2, epoch="e2", custody=custody, claims=(kept,))
    new.feed("ring").sees.add("ring")
    assert fold_orders.load(new.books.db, "o-1") == fold_orders.load(old.books.db, "o-1")
    new.done(OpenSale(sale="s-3", till="till-1", currency="EUR"))
    new.done(AddOrder(sale="s-3", order="o-1"))
    (ask,) = (each for each in load_asks(new.books.db, "s-3") if each.live)
    assert ask.amount_minor == 50_000, "the cart that died holds nothing of it"
    tenders = (
        Tender(kind=TenderKind.DEPOSIT, amount_minor=50_000, account=account),
        Tender(kind=TenderKind.CASH, amount_minor=70_000),
    )
    new.done(RecordSale(sale="s-3", client="c-1", tenders=tenders), pad=["ring"])
    assert new.state("ring") == "sold"
    assert differences(new.books) == []
