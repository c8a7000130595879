"""Rejoin: books thrown away, restored, copied or behind come back, row for row, and decide nothing before."""

import msgspec
import pytest

from contract.facts import PiecePresence, PresenceState, Rejoined, Stream
from contract.messages import HeldClaim, JournalRows, Refusal, Snapshot
from edge.books.fold import STATE_TABLES
from edge.sync.rejoin import LogBrokenError, Rejoining, StaleSnapshotError
from edge.till import queries
from edge.till.desk import Done, Refused
from trade.acts import AddPiece, OpenSale, RecordSale, ReturnPieces, Ship, Sight
from trade.guards import Guards
from trade.refusal import Why
from trade.shift import Shift

TERM2 = (1 << 32) | 2
HISTORY = sorted(set(STATE_TABLES) - {"custody", "claim", "hold", "lease_answer", "sale"})
"""Tables a rejoin leaves as they were; custody, promises and open carts are made new by it."""


def _busy(shop, pay_cash):
    shop.sell("s1", "ring")
    shop.done(
        ReturnPieces(sale="s1", pieces=("ring",), till="till-1", tenders=pay_cash(120_000), reason="x"), pad=["ring"]
    )
    shop.sell("s2", "brooch")
    shop.done(Ship(transfer="t", to="lyon", pieces=("watch",)), pad=["watch"])
    with shop.books.transaction() as tx:
        seen = PiecePresence(piece="ring", state=PresenceState.PRESENT, zone="case")
        tx.write(at_us=5, by="house", why="tick", facts=(seen,))


def _journal(shop):
    """Everything the cloud would hand back."""
    store = shop.books.node().store
    return [
        JournalRows(
            store=store,
            epoch=log.epoch,
            stream=log.stream,
            first_seq=1,
            rows=tuple(msgspec.Raw(r.body) for r in shop.books.journal(log.epoch, log.stream, 1, 10_000)),
        )
        for log in shop.log_heads()
    ]


def _snapshot(shop, nonce="n2", epoch="e2", **more):
    return Snapshot(nonce=nonce, term=TERM2, epoch=epoch, cloud_epoch=1, custody=(), logs=shop.log_heads(), **more)


def _rebuild(shop, fresh, snapshot):
    attempt = Rejoining(fresh.books, nonce=snapshot.nonce, instance=fresh.instance)
    pages = _journal(shop)
    while wanted := attempt.wanted(snapshot):
        for want in wanted:
            page = next(each for each in pages if (each.epoch, each.stream) == (want.epoch, want.stream))
            part = page.rows[want.first_seq - 1 : want.first_seq + 1]
            attempt.take(msgspec.structs.replace(page, first_seq=want.first_seq, rows=part))
    attempt.load(snapshot, now_us=9_000)


def test_books_thrown_away_are_rebuilt_row_for_row(shop, new_shop, pay_cash):
    _busy(shop, pay_cash)
    before = {table: shop.books.db.dump(table) for table in HISTORY}
    journal = shop.books.db.dump("journal")
    fresh = new_shop(instance="m9")
    _rebuild(shop, fresh, _snapshot(shop))
    assert {table: fresh.books.db.dump(table) for table in HISTORY} == before
    assert [row for row in fresh.books.db.dump("journal") if row[0] == "e1"] == journal
    assert fresh.books.serving
    assert fresh.facts() == [Rejoined(term=TERM2, epoch="e2", cloud_epoch=1)]
    assert all(value for value in before.values() if value)
    shop_sale, new_sale = (queries.sale_row(each.books.db, "s2") for each in (shop, fresh))
    assert shop_sale == new_sale


def test_the_same_disk_rejoins_without_fetching_anything(shop, pay_cash):
    _busy(shop, pay_cash)
    before = {table: shop.books.db.dump(table) for table in HISTORY}
    shop.hear(term=TERM2)
    attempt = Rejoining(shop.books, nonce="n2", instance="m1")
    assert attempt.wanted(_snapshot(shop)) == []
    attempt.load(_snapshot(shop), now_us=9_000)
    assert {table: shop.books.db.dump(table) for table in HISTORY} == before


def test_a_disk_that_is_behind_fetches_only_what_follows(shop, new_shop, pay_cash):
    shop.sell("s1", "ring")
    old = shop.books.db.image()
    shop.sell("s2", "brooch")
    behind = new_shop(image=old)
    behind.hear(term=TERM2)
    seq = behind.counter().seq
    attempt = Rejoining(behind.books, nonce="n2", instance="m1")
    (wanted,) = attempt.wanted(_snapshot(shop))
    assert (wanted.first_seq, wanted.upto) == (seq + 1, shop.counter().seq)
    _rebuild(shop, behind, _snapshot(shop))
    assert {t: behind.books.db.dump(t) for t in HISTORY} == {t: shop.books.db.dump(t) for t in HISTORY}


def test_a_forked_disk_keeps_its_own_rows_aside_and_takes_the_houses(shop, new_shop):
    image = shop.books.db.image()
    shop.sell("s1", "ring")
    twin = new_shop(image=image, instance="m1")
    twin.sell("t1", "brooch")
    twin.sell("t2", "watch")
    twin.hear(term=TERM2)
    attempt = Rejoining(twin.books, nonce="n2", instance="m1")
    given = list(attempt.handover())
    assert sum(len(rows.rows) for rows in given) == twin.counter().seq
    _rebuild(shop, twin, _snapshot(shop))
    assert queries.sale_row(twin.books.db, "t1") is None
    assert queries.sale_row(twin.books.db, "s1") is not None
    assert twin.books.db.number("orphans") > 0


def test_a_short_log_of_another_life_is_fetched_whole(shop, new_shop):
    image = shop.books.db.image()
    for n in range(5):
        shop.do(OpenSale(sale=f"x{n}", till="till-1", currency="EUR"))
    twin = new_shop(image=image)
    twin.do(OpenSale(sale="other", till="till-1", currency="EUR"))
    twin.hear(term=TERM2)
    attempt = Rejoining(twin.books, nonce="n2", instance="m1")
    snapshot = _snapshot(shop)
    (want,) = attempt.wanted(snapshot)
    page = next(each for each in _journal(shop) if each.stream == want.stream)
    attempt.take(msgspec.structs.replace(page, first_seq=want.first_seq, rows=page.rows[want.first_seq - 1 :]))
    with pytest.raises(LogBrokenError):
        attempt.load(snapshot, now_us=1)
    assert not twin.books.serving
    attempt.fetch_whole()
    attempt.take(page)
    attempt.load(snapshot, now_us=1)
    assert twin.books.serving


def test_rows_that_came_to_the_cloud_after_the_snapshot_do_not_break_it(shop, new_shop):
    snapshot = _snapshot(shop)
    shop.sell("s1", "ring")
    fresh = new_shop(instance="m9")
    attempt = Rejoining(fresh.books, nonce="n2", instance="m9")
    for page in _journal(shop):
        attempt.take(page)
    attempt.load(snapshot, now_us=1)
    assert fresh.counter(epoch="e1").seq == snapshot.logs[0].upto
    assert queries.sale_row(fresh.books.db, "s1") is None


def test_rows_not_yet_in_the_cloud_stay_on_the_disk_and_are_handed_over(shop, pay_cash):
    _busy(shop, pay_cash)
    heads = {log.stream: log for log in shop.log_heads()}
    trade = heads[Stream.TRADE]
    known = msgspec.structs.replace(trade, upto=2, head=shop.books.head("e1", Stream.TRADE, 2).hex())
    shop.hear(term=TERM2)
    attempt = Rejoining(shop.books, nonce="n2", instance="m1")
    attempt.load(msgspec.structs.replace(_snapshot(shop), logs=(known,)), now_us=9_000)
    left = [rows for rows in Rejoining(shop.books, nonce="n3", instance="m1").handover() if rows.epoch == "e1"]
    assert (left[-1].stream, left[-1].first_seq) == (Stream.TRADE, 3)
    attempt.handed(left[-1])
    assert shop.counter(Stream.TRADE, "e1").upto == shop.counter(Stream.TRADE, "e1").seq


def test_after_a_rejoin_carts_are_gone_promises_stay_and_nothing_is_verified(shop):
    shop.cart("s1", "ring")
    shop.hear(term=TERM2)
    promise = HeldClaim(piece="watch", kind="layaway", ref="client-7")
    hold = HeldClaim(piece="brooch", kind="hold", ref="old-sale")
    shop.join("ring", "brooch", "watch", epoch="e2", term=TERM2, ce=(1 << 32) | 2, claims=(promise, hold),
              logs=shop.log_heads())  # fmt: skip
    shop.desk.forget_sightings()
    assert [(claim.piece, claim.ref) for claim in queries.live_claims(shop.books.db)] == [("watch", "client-7")]
    assert queries.holds(shop.books.db)[0].confirmed
    assert shop.refused(RecordSale(sale="s1", tenders=())).code is Why.WRONG_STATE
    shop.done(OpenSale(sale="s2", till="till-1", currency="EUR"))
    unread = AddPiece(sale="s2", piece="ring", override="tag torn")
    assert shop.refused(unread).code is Why.NOT_SEEN
    shop.done(AddPiece(sale="s2", piece="ring"), pad=["ring"])


@pytest.mark.parametrize("forgets", [True, False])
def test_what_was_read_before_a_rejoin_is_not_sold_unseen_after_it(new_shop, forgets):
    shop = new_shop(guards=Guards(verify_after_rejoin=forgets)).join("ring").open_shift()
    shop.done(Sight(pieces=("ring",), zone="case"))
    shop.hear(term=TERM2)
    shop.join("ring", epoch="e2", term=TERM2, ce=(1 << 32) | 2, logs=shop.log_heads())
    shop.desk.forget_sightings()
    shop.done(OpenSale(sale="s2", till="till-1", currency="EUR"))
    answer = shop.do(AddPiece(sale="s2", piece="ring", override="tag torn"))
    assert isinstance(answer, Refused) is forgets


def test_what_was_read_before_the_box_started_is_not_sold_unseen_after_it(new_shop):
    """`verify_at_boot` (custody.md §9) has no name to take away: what was seen is in no file. Here it is asked."""
    shop = new_shop().join("ring").open_shift()
    shop.done(Sight(pieces=("ring",), zone="case"))
    shop.done(OpenSale(sale="s1", till="till-1", currency="EUR"))
    torn = AddPiece(sale="s1", piece="ring", override="tag torn")
    again = new_shop(image=shop.books.db.image())
    assert again.refused(torn).code is Why.NOT_SEEN
    assert isinstance(shop.do(torn), Done), "the box that did not stop still knows"


def test_a_rejoining_box_trusts_nothing_it_remembered_and_without_the_guard_it_would(shop, new_shop):
    for guards, state in ((Guards(), "unknown"), (Guards(rejoin_snapshot=False), "here")):
        box = new_shop(guards=guards).join("ring")
        box.hear(term=TERM2)
        Rejoining(box.books, nonce="n2", instance="m1").load(
            Snapshot(nonce="n2", term=TERM2, epoch="e2", cloud_epoch=1, custody=()), now_us=1
        )
        assert box.state("ring") == state


def test_answers_that_are_not_for_this_attempt_are_dropped(shop):
    stale = Snapshot(nonce="n2", term=TERM2, epoch="e2", cloud_epoch=1, custody=())
    with pytest.raises(StaleSnapshotError):
        Rejoining(shop.books, nonce="n2", instance="m1").load(stale, now_us=1)
    shop.hear(term=TERM2)
    with pytest.raises(StaleSnapshotError):
        Rejoining(shop.books, nonce="n3", instance="m1").load(stale, now_us=1)
    shop.hear(cloud_epoch=2, term=TERM2)
    with pytest.raises(StaleSnapshotError):
        Rejoining(shop.books, nonce="n2", instance="m1").load(stale, now_us=1)


def test_a_box_that_another_machine_replaced_says_why_and_decides_nothing_until_a_person_spoke(shop):
    shop.hear(term=TERM2)
    attempt = Rejoining(shop.books, nonce="n2", instance="m1")
    attempt.refused(Refusal(nonce="n2", code="replace", why="another machine serves paris"))
    assert not shop.books.serving
    assert "another machine serves paris" in shop.refused(OpenSale(sale="s", till="till-1", currency="EUR")).why
    attempt.refused(Refusal(nonce="n2", code="newcloud", why="follow", cloud_epoch=4))
    assert shop.books.node().cloud_epoch == 4
    attempt.load(msgspec.structs.replace(_snapshot(shop), cloud_epoch=4), now_us=1)
    assert shop.books.serving


def test_what_a_restored_cloud_may_have_lost_is_handed_over_again(shop):
    shop.sell("s1", "ring")
    shop.ack(Stream.TRADE, 2, safe=1)
    attempt = Rejoining(shop.books, nonce="n2", instance="m1")
    assert next(iter(attempt.handover())).first_seq == 3
    shop.hear(cloud_epoch=2)
    assert next(iter(attempt.handover())).first_seq == 2


def test_the_message_says_what_the_box_believes(shop):
    shop.hear(term=TERM2)
    message = Rejoining(shop.books, nonce="n2", instance="m1").message()
    assert {row.piece for row in message.custody} == {"ring", "brooch", "watch"}
    assert (message.nonce, message.instance) == ("n2", "m1")


def test_a_shift_that_a_lost_box_left_open_ends_without_a_z_when_its_rows_turn_up(shop, new_shop):
    """The new box opened a shift on the same till before anybody knew of the old one: the fold takes both."""
    fresh = new_shop(instance="m9")
    fresh.join("ring", epoch="e2", term=TERM2)
    fresh.open_shift(shift="shift-9")
    fresh.hear(term=TERM2 + 1)
    snapshot = Snapshot(
        nonce="n3", term=TERM2 + 1, epoch="e3", cloud_epoch=1, custody=(), logs=(*shop.log_heads(), *fresh.log_heads())
    )
    attempt = Rejoining(fresh.books, nonce="n3", instance="m9")
    for page in _journal(shop):
        attempt.wanted(snapshot)
        attempt.take(page)
    attempt.load(snapshot, now_us=9_000)
    shifts = {
        each.shift: (str(each.state), each.z_number) for each in fresh.books.db.rows("shifts_newest", Shift, limit=9)
    }
    assert shifts.keys() == {"shift-1", "shift-9"}
    assert sorted(shifts.values()) == [("closed", 0), ("open", 0)]


def test_pages_of_a_new_life_of_the_cloud_end_an_attempt_of_the_lost_one(shop, new_shop):
    fresh = new_shop(instance="m9")
    attempt = Rejoining(fresh.books, nonce="n2", instance="m9")
    snapshot = _snapshot(shop)
    assert attempt.wanted(snapshot)
    page = msgspec.structs.replace(_journal(shop)[0], cloud_epoch=2)
    with pytest.raises(StaleSnapshotError, match="life 2"):
        attempt.take(page)
    assert attempt.wanted(snapshot)[0].first_seq == 1


def test_without_following_the_new_life_its_pages_fill_the_lost_ones_snapshot(shop, new_shop):
    fresh = new_shop(instance="m9", guards=Guards(rejoin_follow=False))
    attempt = Rejoining(fresh.books, nonce="n2", instance="m9")
    assert attempt.wanted(_snapshot(shop))
    attempt.take(msgspec.structs.replace(_journal(shop)[0], cloud_epoch=2))


def test_a_disk_says_on_which_machine_it_served(shop, new_shop):
    copy = new_shop(image=shop.books.db.image(), instance="m9")
    assert Rejoining(copy.books, nonce="n", instance="m9").message().served_on == "m1"


def test_elder_lives_are_handed_over_first_whatever_their_names(shop):
    """A cloud that lost them all tells the next disk their order by this."""
    shop.hear(term=TERM2)
    attempt = Rejoining(shop.books, nonce="n2", instance="m1")
    attempt.load(_snapshot(shop, epoch="a-later-life"), now_us=9_000)
    shop.hear(cloud_epoch=2)
    again = Rejoining(shop.books, nonce="n3", instance="m1")
    assert list(dict.fromkeys(rows.epoch for rows in again.handover())) == ["e1", "a-later-life"]
