"""The desk over real books: what a day at the counter does to them."""

import sqlite3

import pytest

from contract.commands import CustodyState, GrantCustody, PlaceHold
from contract.facts import ClaimHeld, ClaimKind, CommandRefused, SaleRecorded
from edge.books.db import BooksError
from edge.books.journal import Books
from edge.books.replay import differences
from edge.till import queries
from edge.till.desk import Refused
from trade.acts import (
    AddPiece,
    BreakLease,
    CloseShift,
    OpenSale,
    OpenShift,
    ParkSale,
    RecordSale,
    ResumeSale,
    ReturnPieces,
    Ship,
    Sight,
    VoidSale,
)
from trade.guards import Guards
from trade.refusal import Why
from trade.sale import SaleState


def test_a_piece_is_not_sold_twice(shop):
    shop.cart("s1", "ring")
    shop.done(OpenSale(sale="s2", till="till-1", currency="EUR"))
    assert shop.refused(AddPiece(sale="s2", piece="ring"), pad=["ring"]).code is Why.CLAIMED
    shop.pay("s1", "ring")
    assert shop.state("ring") == "sold"
    assert shop.refused(AddPiece(sale="s2", piece="ring"), pad=["ring"]).code is Why.ALREADY_SOLD
    assert len([fact for fact in shop.facts() if isinstance(fact, SaleRecorded)]) == 1


def test_a_piece_kept_for_a_return_is_refused_by_the_receipt_and_not_by_an_id(shop):
    shop.cart("s1", "ring")
    shop.pay("s1", "ring")
    shop.obey(PlaceHold(piece="brooch", sale="s1"))
    shop.done(OpenSale(sale="s2", till="till-1", currency="EUR"))
    refusal = shop.refused(AddPiece(sale="s2", piece="brooch"), pad=["brooch"])
    assert "is kept for the return of receipt paris-till-1-000001: finish that first" in refusal.why


def test_a_piece_of_another_cart_is_refused_by_its_till_and_not_by_an_id(shop):
    shop.open_shift("till-2", "shift-2")
    shop.cart("s1", "ring")
    shop.done(OpenSale(sale="s2", till="till-2", currency="EUR"))
    refusal = shop.refused(AddPiece(sale="s2", piece="ring"), pad=["ring"])
    assert "is in another sale of till-1: finish that one or void it" in refusal.why
    assert "s1" not in refusal.why


def test_the_books_themselves_refuse_a_second_live_claim(shop):
    claims = [ClaimHeld(claim=f"c{n}", piece="ring", ce=1, kind=ClaimKind.CART, ref=f"s{n}") for n in (1, 2)]
    before = shop.counter().seq
    with pytest.raises(sqlite3.IntegrityError), shop.books.transaction() as tx:
        tx.write(at_us=1, by="x", why="test", facts=claims)
    assert shop.counter().seq == before
    assert queries.live_claims(shop.books.db) == []


def test_without_the_index_and_its_check_the_piece_is_sold_twice(new_shop):
    shop = new_shop(guards=Guards(claim_unique=False)).join("ring").open_shift()
    shop.cart("s1", "ring")
    shop.cart("s2", "ring")
    shop.pay("s1", "ring")
    shop.pay("s2", "ring")
    assert len([fact for fact in shop.facts() if isinstance(fact, SaleRecorded)]) == 2


def test_receipt_numbers_are_gapless_per_till_and_taken_when_recorded(shop):
    shop.open_shift("till-2", "shift-2")
    shop.cart("s1", "ring")
    shop.sell("s2", "brooch")
    shop.sell("s3", "watch", till="till-2")
    shop.pay("s1", "ring")
    numbers = {sale: queries.sale_row(shop.books.db, sale).receipt_number for sale in ("s1", "s2", "s3")}
    assert numbers == {"s2": 1, "s1": 2, "s3": 1}


def test_a_refusal_stands_in_the_journal(shop):
    shop.refused(RecordSale(sale="nobody", tenders=()))
    assert isinstance(shop.facts()[-1], CommandRefused)
    assert shop.facts()[-1].code == Why.NO_SALE


def test_a_parked_sale_keeps_its_pieces_and_goes_on_at_another_till(shop, pay_cash):
    shop.open_shift("till-2", "shift-2")
    shop.cart("s1", "ring")
    shop.done(ParkSale(sale="s1"))
    assert shop.refused(RecordSale(sale="s1", tenders=pay_cash(120_000)), pad=["ring"]).code is Why.WRONG_STATE
    shop.done(ResumeSale(sale="s1", till="till-2"))
    shop.pay("s1", "ring")
    assert queries.sale_row(shop.books.db, "s1").till == "till-2"


def test_a_voided_sale_gives_its_pieces_back(shop):
    shop.cart("s1", "ring")
    shop.done(VoidSale(sale="s1", reason="thinking about it"))
    shop.sell("s2", "ring")
    assert queries.sale_row(shop.books.db, "s1").state is SaleState.VOIDED


def test_a_return_before_z_puts_the_piece_back_and_can_be_sold_again(shop, pay_cash):
    shop.sell("s1", "ring")
    give = ReturnPieces(sale="s1", pieces=("ring",), till="till-1", tenders=pay_cash(120_000), reason="too small")
    shop.done(give, pad=["ring"])
    assert shop.state("ring") == "here"
    assert shop.refused(give, pad=["ring"]).code is Why.RETURNED
    shop.sell("s2", "ring")
    x = queries.x(shop.books.db, queries.open_shift(shop.books.db, "till-1"))
    assert (x.sales, x.returns, x.gross_minor, x.cash_expected_minor) == (2, 1, 120_000, 130_000)


def test_z_hands_the_tokens_of_sold_pieces_to_the_office_and_is_gapless(shop):
    shop.sell("s1", "ring")
    shop.cart("s2", "brooch")
    assert shop.refused(CloseShift(till="till-1", cash_counted_minor=1)).code is Why.OPEN_SALES
    shop.done(VoidSale(sale="s2", reason="x"))
    (entry,) = shop.done(CloseShift(till="till-1", cash_counted_minor=130_000)).entries
    z = entry.facts[0]
    assert (z.z_number, z.sold_pieces, z.cash_expected_minor) == (1, ("ring",), 130_000)
    assert shop.state("ring") == "away"
    shop.open_shift(shift="shift-9")
    (entry,) = shop.done(CloseShift(till="till-1", cash_counted_minor=0, note="counted by somebody in a hurry")).entries
    assert entry.facts[0].z_number == 2


def test_after_z_a_piece_that_comes_back_is_kept_and_not_refunded(shop, pay_cash):
    shop.sell("s1", "ring")
    shop.done(CloseShift(till="till-1", cash_counted_minor=0, note="counted by somebody in a hurry"))
    shop.open_shift(shift="shift-2")
    give = ReturnPieces(sale="s1", pieces=("ring",), till="till-1", tenders=pay_cash(120_000), reason="broken")
    shop.done(give, pad=["ring"])
    assert [(hold.piece, hold.sale, hold.confirmed) for hold in queries.holds(shop.books.db)] == [("ring", "s1", False)]
    assert queries.x(shop.books.db, queries.open_shift(shop.books.db, "till-1")).returns == 0
    ce = shop.token("ring").ce + 1
    shop.obey(GrantCustody(piece="ring", ce=ce, state=CustodyState.SOLD, sale="s1"))
    shop.done(give, pad=["ring"])
    assert queries.x(shop.books.db, queries.open_shift(shop.books.db, "till-1")).returns == 1
    assert shop.state("ring") == "here"
    assert queries.holds(shop.books.db) == []


@pytest.mark.parametrize("kept", [True, False])
def test_a_piece_brought_back_is_not_sold_while_its_refund_is_open(new_shop, pay_cash, kept):
    shop = new_shop(guards=Guards(return_hold=kept)).join("ring").open_shift()
    shop.sell("s1", "ring")
    shop.done(CloseShift(till="till-1", cash_counted_minor=0, note="counted by somebody in a hurry"))
    shop.open_shift(shift="shift-2")
    give = ReturnPieces(sale="s1", pieces=("ring",), till="till-1", tenders=pay_cash(120_000), reason="broken")
    shop.done(give, pad=["ring"])
    shop.obey(GrantCustody(piece="ring", ce=shop.token("ring").ce + 1, state=CustodyState.HERE))
    shop.done(OpenSale(sale="s2", till="till-1", currency="EUR"))
    answer = shop.do(AddPiece(sale="s2", piece="ring"), pad=["ring"])
    assert isinstance(answer, Refused) is kept, "without the guard the next client buys it"


def test_a_shipped_piece_is_nobodys_to_sell_here(shop):
    shop.done(Ship(transfer="t1", to="lyon", pieces=("ring",)), pad=["ring"])
    assert shop.state("ring") == "away"
    shop.done(OpenSale(sale="s1", till="till-1", currency="EUR"))
    assert shop.refused(AddPiece(sale="s1", piece="ring"), pad=["ring"]).code is Why.NOT_OURS
    assert queries.shipped_piece(shop.books.db, "ring").to_store == "lyon"


def test_a_transfer_asked_for_again_is_one_transfer_and_takes_nothing_else_along(shop):
    leave = Ship(transfer="t1", to="lyon", pieces=("ring", "watch"))
    assert len(shop.done(leave, pad=["ring", "watch"]).entries) == 1
    assert shop.done(leave).entries == ()
    answer = shop.refused(Ship(transfer="t1", to="lyon", pieces=("brooch",)), pad=["brooch"])
    assert answer.code is Why.WRONG_STATE
    assert shop.state("brooch") == "here"


def test_a_shift_cannot_be_opened_again_under_its_old_name(shop):
    """Its figures would begin at nothing, and another till's Z would tell them."""
    shop.sell("s1", "ring")
    for till in ("till-1", "till-2"):
        act = OpenShift(shift="shift-1", till=till, business_day="2026-11-22", float_minor=0, currency="EUR")
        if till == "till-1":
            assert shop.done(act).entries == ()
        else:
            assert shop.refused(act).code is Why.WRONG_STATE
    shop.done(CloseShift(till="till-1", cash_counted_minor=130_000))
    act = OpenShift(shift="shift-1", till="till-1", business_day="2026-11-23", float_minor=0, currency="EUR")
    assert shop.refused(act).code is Why.WRONG_STATE
    (kept,) = queries.shifts_newest(shop.books.db)
    z = queries.z(shop.books.db, kept.shift)
    assert (z.sales, z.gross_minor) == (1, 120_000)


def test_a_stranger_on_the_shelf_is_reported_and_what_is_ours_is_not(shop):
    shop.done(Ship(transfer="t1", to="lyon", pieces=("ring",)), pad=["ring"])
    assert len(shop.done(Sight(pieces=("ring", "brooch"), zone="case")).entries) == 1
    assert shop.done(Sight(pieces=("brooch", "spoon"), zone="case")).entries == ()


def test_a_lease_is_broken_only_by_name(shop):
    from contract.commands import RequestLease

    shop.sees = {"ring"}
    shop.obey(RequestLease(piece="ring", order="W1"))
    shop.done(OpenSale(sale="s1", till="till-1", currency="EUR"))
    assert shop.refused(AddPiece(sale="s1", piece="ring"), pad=["ring"]).code is Why.LEASED
    (entry,) = shop.done(BreakLease(piece="ring", reason="line cut, client waits"), by="marie").entries
    assert entry.by == "marie"
    shop.done(AddPiece(sale="s1", piece="ring"), pad=["ring"])


def test_a_box_that_has_to_rejoin_sells_nothing(shop, new_shop):
    with shop.books.transaction() as tx:
        tx.must_rejoin("told so")
    assert shop.refused(OpenSale(sale="s1", till="till-1", currency="EUR")).code is Why.NOT_SERVING
    fresh = new_shop()
    assert "not joined" in fresh.refused(OpenSale(sale="s1", till="till-1", currency="EUR")).why


def test_books_of_another_machine_decide_nothing(shop, new_shop):
    image = shop.books.db.image()
    copied = new_shop(instance="m2", image=image)
    assert not copied.books.serving
    naive = new_shop(instance="m2", image=image, guards=Guards(instance=False))
    assert naive.books.serving
    assert new_shop(instance="m1", image=image).books.serving


def test_entries_have_rising_times_whatever_the_clock_says(shop):
    for now_us in (9_000, 5, 5, 8_000):
        shop.do(RecordSale(sale="nobody", tenders=()), now_us=now_us)
    times = [entry.at_us for entry in shop.entries()]
    assert times == sorted(set(times))


def test_books_of_a_store_are_not_taken_for_another(disk, new_shop):
    new_shop(disk).books.close()
    with pytest.raises(Exception, match="give each store its own data_dir"):
        Books.open(disk, store="lyon", instance="m1")


def test_the_journal_cannot_be_rewritten(shop):
    for statement in ("UPDATE journal SET why = 'x'", "DELETE FROM journal"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            shop.books.db._db.execute(statement)


def test_a_busy_day_is_nothing_but_the_fold_of_its_journal(shop, pay_cash):
    shop.sell("s1", "ring")
    shop.done(
        ReturnPieces(sale="s1", pieces=("ring",), till="till-1", tenders=pay_cash(120_000), reason="x"), pad=["ring"]
    )
    shop.cart("s2", "ring", "brooch")
    shop.done(ParkSale(sale="s2"))
    shop.done(Ship(transfer="t", to="lyon", pieces=("watch",)), pad=["watch"])
    shop.done(Sight(pieces=("watch",), zone="case"))
    assert differences(shop.books) == []
    shop.books.db._db.execute("UPDATE custody SET state = 'sold' WHERE piece = 'brooch'")
    assert differences(shop.books) == ["custody"]


@pytest.mark.parametrize("harm", ["no header", "half", "noise"])
def test_damaged_books_are_named_with_their_mend(new_shop, disk, harm):
    new_shop(disk).join(*(f"p{n}" for n in range(300))).books.close()
    whole = disk.read_bytes()
    harmed = {"no header": bytes(100) + whole[100:], "half": whole[: len(whole) // 2], "noise": b"\xa5" * 9_000}
    disk.write_bytes(harmed[harm])
    with pytest.raises(BooksError, match="move this file"):
        Books.open(disk, store="paris", instance="m1")
