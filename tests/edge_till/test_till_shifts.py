"""Shifts in the books: what each Z counts, also of what a lost box left behind."""

import msgspec
import pytest

from contract.facts import CashKind, SaleRecorded, ShiftClosed, ShiftOpened
from contract.feed import FeedPage, FeedRow, SettingsCard
from edge.books import replica
from edge.books.replay import differences
from edge.till import queries
from trade.acts import CloseShift, MoveCash, OpenShift, ReturnPieces
from trade.zchain import receipts_digest, verify, z_digest

HASTE = "counted by somebody in a hurry"


def close(shop, till="till-1", counted=0, note=HASTE):
    (entry,) = shop.done(CloseShift(till=till, cash_counted_minor=counted, note=note)).entries
    return entry.facts[0]


def zs(shop):
    return [fact for fact in shop.facts() if isinstance(fact, ShiftClosed)]


def test_a_day_with_a_return_and_cash_moved_makes_one_z_that_is_the_last_x(shop, pay_cash):
    shop.sell("s1", "ring")
    shop.sell("s2", "brooch")
    shop.done(
        ReturnPieces(sale="s1", pieces=("ring",), till="till-1", tenders=pay_cash(120_000), reason="small"),
        pad=["ring"],
    )
    drop = MoveCash(move="m1", till="till-1", kind=CashKind.DROP, amount_minor=100_000, reason="to the safe")
    assert len(shop.done(drop).entries) == 1
    assert shop.done(drop).entries == (), "asked again, it is moved once"
    shift = queries.open_shift(shop.books.db, "till-1")
    x = queries.x(shop.books.db, shift)
    z = close(shop, counted=30_000, note="")
    assert {name: getattr(z, name) for name in x.__struct_fields__} == msgspec.structs.asdict(x)
    assert (z.sales, z.returns, z.gross_minor, z.tax_minor, z.receipts) == (2, 1, 120_000, 20_000, (1, 3))
    assert (z.moved_minor, z.cash_expected_minor, z.note) == (-100_000, 30_000, "")
    assert z.sales_digest == receipts_digest([(1, "s1"), (2, "s2"), (3, "s1")])
    assert queries.z(shop.books.db, shift.shift) == msgspec.structs.replace(z, sold_pieces=())
    assert differences(shop.books) == []


def test_zs_of_a_till_are_chained_and_each_till_has_its_own_chain(shop):
    shop.open_shift(till="till-2", shift="other-1")
    for n in (1, 2, 3):
        close(shop)
        shop.open_shift(shift=f"next-{n}")
    close(shop, till="till-2")
    mine = [z for z in zs(shop) if z.till == "till-1"]
    assert verify(mine) == []
    assert [z.previous_z_digest for z in mine] == ["", z_digest(mine[0]), z_digest(mine[1])]
    assert [z.z_number for z in zs(shop) if z.till == "till-2"] == [1]


def test_the_settings_of_the_office_say_which_coins_there_are_and_how_far_a_count_may_be_off(shop):
    settings = SettingsCard(store="paris", denominations=(1_000, 500), over_short_minor_max=2_000)
    replica.take(
        shop.books, FeedPage(rows=(FeedRow(rev=50, scope="paris", key="settings", body=settings),), upto=50, more=False)
    )
    assert shop.refused(CloseShift(till="till-1", cash_counted_minor=7_000)).code == "note_missing"
    assert close(shop, counted=8_000, note="").cash_counted_minor == 8_000


def sale_of(shop, shift, number, sale, day):
    known = next(fact for fact in shop.facts() if isinstance(fact, SaleRecorded))
    lines = tuple(msgspec.structs.replace(line, piece=None, claim=None) for line in known.lines)
    return msgspec.structs.replace(known, sale=sale, shift=shift, receipt_number=number, business_day=day, lines=lines)


def late_in(shop, fact):
    """A row that only now reaches the books, as a till's witness brings it."""
    with shop.books.transaction() as tx:
        tx.write(at_us=5_000, by="anna", why="sale.record", facts=(fact,))


@pytest.mark.parametrize("opened", [True, False], ids=["into the open shift", "waits for the next one"])
def test_a_sale_of_a_shift_that_has_its_z_goes_into_the_next_one_marked_late(shop, opened):
    shop.sell("s1", "ring")
    first = close(shop, counted=130_000)
    if opened:
        shop.open_shift(shift="shift-2")
    late_in(shop, sale_of(shop, "shift-1", 2, "s-late", "2026-11-22"))
    if not opened:
        shop.open_shift(shift="shift-2")
    z = close(shop, counted=10_000, note="")
    assert (z.sales, z.late, z.receipts, z.gross_minor) == (1, ("s-late",), (0, 0), 120_000)
    assert z.cash_expected_minor == 10_000, "its cash was in the drawer when the float was counted"
    told = {each.shift: queries.late_receipts(shop.books.db, each) for each in queries.shifts_newest(shop.books.db)}
    assert told == {"shift-1": (), z.shift: ("paris-till-1-000002",)}, "a person reads the number on the paper"
    assert first.sales == 1
    assert differences(shop.books) == []


def test_what_a_shift_without_z_sold_is_late_in_the_shift_that_took_its_place(shop):
    """Its box was lost: nobody will ever close it."""
    shop.sell("s1", "ring")
    left = queries.open_shift(shop.books.db, "till-1")
    act = OpenShift(shift="shift-2", till="till-1", business_day="2026-11-23", float_minor=10_000, currency="EUR")
    assert shop.refused(act).code == "shift_open"
    late_in(
        shop, ShiftOpened(shift="shift-2", till="till-1", business_day="2026-11-23", float_minor=10_000, currency="EUR")
    )
    z = close(shop, counted=10_000, note="")
    assert (z.shift, z.late, z.sales) == ("shift-2", ("s1",), 1)
    assert queries.z(shop.books.db, left.shift) is None
    assert differences(shop.books) == []


def test_every_receipt_is_counted_in_one_z_and_their_sums_are_those_of_the_sales(shop, pay_cash):
    shop.sell("s1", "ring")
    close(shop)
    late_in(shop, sale_of(shop, "shift-1", 2, "s2", "2026-11-22"))
    shop.open_shift(shift="shift-2").sell("s3", "brooch")
    shop.done(
        ReturnPieces(sale="s3", pieces=("brooch",), till="till-1", tenders=pay_cash(120_000), reason="x"),
        pad=["brooch"],
    )
    close(shop)
    shop.open_shift(shift="shift-3").sell("s4", "watch")
    close(shop)
    made = zs(shop)
    assert [(z.sales, z.returns, z.gross_minor) for z in made] == [(1, 0, 120_000), (2, 1, 120_000), (1, 0, 120_000)]
    sold = queries.sales_in(shop.books.db, "recorded")
    assert sum(z.gross_minor for z in made) == sum(row.total_minor for row in sold) - 120_000
    assert verify(made) == []
    assert differences(shop.books) == []


def test_only_the_close_of_a_shift_asks_which_pieces_were_sold_in_it(new_shop):
    """What one more sale costs does not grow with the sales before it."""
    shop = new_shop().join("ring", "brooch").open_shift()
    said: list[str] = []
    shop.books.db._db.set_trace_callback(said.append)

    def asked():
        return sum("c.state = 'sold'" in each for each in said)

    shop.sell("s1", "ring")
    shop.sell("s2", "brooch")
    assert asked() == 0
    shop.done(CloseShift(till="till-1", cash_counted_minor=10_000 + 2 * 120_000))
    assert asked() > 0
