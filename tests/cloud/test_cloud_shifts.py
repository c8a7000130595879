"""The office looks at every Z: its place in the till's chain, and whether it tells what the office heard."""

import msgspec
import pytest
import sqlalchemy as sa

from cloud.pos.shifts import queries
from cloud.tables import case_file, cash_move, refund, sale
from contract.facts import CashKind, CashMoved, ReturnRecorded, ShiftClosed, ShiftOpened, Tender, TenderKind
from trade.zchain import receipts_digest, z_digest


def z_of(n, receipts, gross, *, previous=None, sales=None, late=(), **more):
    numbers = [number for number, _ in receipts] or [0]
    return ShiftClosed(
        shift=f"shift-{n}", till="till-1", z_number=n, business_day="2026-11-22", currency="EUR",
        sales=len(receipts) if sales is None else sales, returns=0, gross_minor=gross, tax_minor=gross // 6,
        cash_expected_minor=0, cash_counted_minor=0, receipts=(min(numbers), max(numbers)), late=late,
        sales_digest=receipts_digest(receipts), previous_z_digest=z_digest(previous) if previous else "", **more,
    )  # fmt: skip


@pytest.fixture
def paris(house):
    return house.store("paris", "p1", "p2", "p3")


def sold(house, box, name, piece, n, shift):
    return msgspec.structs.replace(house.sale(box, name, piece, receipt=n), shift=f"shift-{shift}")


def heard(house, box, *facts):
    for fact in facts:
        box.write(fact)
    box.send()
    return [
        row["sentence"]
        for row in house.rows(sa.select(case_file).where(case_file.c.kind.in_(("z wrong", "closed twice"))))
    ]


def day(house, box):
    """Two shifts with a sale each, and a return in the second."""
    first = z_of(1, [(1, "s1")], 120_000)
    back = ReturnRecorded(
        sale="s1", lines=("s1-1",), pieces=("p1",), till="till-1", shift="shift-2", receipt_number=3,
        business_day="2026-11-23", currency="EUR", total_minor=120_000, tax_minor=20_000, reason="x",
        tenders=(Tender(kind=TenderKind.CASH, amount_minor=120_000),),
    )  # fmt: skip
    second = msgspec.structs.replace(
        z_of(2, [(2, "s2"), (3, "s1")], 0, previous=first, sales=1), returns=1, tax_minor=0
    )
    return first, second, [
        sold(house, box, "s1", "p1", 1, 1), first, sold(house, box, "s2", "p2", 2, 2), back, second,
    ]  # fmt: skip


def test_zs_that_tell_what_happened_are_no_case_and_count_every_receipt_once(house, paris):
    first, second, facts = day(house, paris)
    assert heard(house, paris, *facts) == []
    assert {row["sale"]: row["counted_in"] for row in house.rows(sa.select(sale))} == {"s1": "shift-1", "s2": "shift-2"}
    assert [row["counted_in"] for row in house.rows(sa.select(refund))] == ["shift-2"]
    with house.office.reading() as tx:
        seen = queries.detail(tx, "paris", "shift-2")
    assert (seen.row.z_number, seen.z_digest, seen.previous_z_digest) == (2, z_digest(second), z_digest(first))
    taken = sum(row["total_minor"] for row in house.rows(sa.select(sale)))
    assert first.gross_minor + second.gross_minor == taken - 120_000


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"gross_minor": 119_000}, "makes 1190.00 EUR"),
        ({"sales_digest": receipts_digest([(1, "s1"), (2, "s9")]), "sales": 2}, "tells of 2 sales"),
    ],
)
def test_a_z_that_tells_other_sums_than_its_receipts_is_a_case(house, paris, change, word):
    wrong = msgspec.structs.replace(z_of(1, [(1, "s1")], 120_000), **change)
    (sentence,) = heard(house, paris, sold(house, paris, "s1", "p1", 1, 1), wrong)
    assert word in sentence


def test_a_changed_a_missing_and_a_second_z_are_cases(house, paris):
    first = z_of(1, [(1, "s1")], 120_000)
    other = msgspec.structs.replace(first, note="nothing to see")
    second = z_of(2, [], 0, previous=other)
    fourth = z_of(4, [], 0, previous=second)
    again = msgspec.structs.replace(second, note="I meant to say")
    told = heard(house, paris, sold(house, paris, "s1", "p1", 1, 1), first, second, fourth, again)
    assert len(told) == 3
    for word in ("after another Z 1", "follows Z 2: Zs between them are missing", "closed twice"):
        assert any(word in sentence for sentence in told), word
    with house.office.reading() as tx:
        assert queries.detail(tx, "paris", "shift-2").note == "", "the first one stands"


def test_a_late_sale_is_counted_in_the_z_that_names_it(house, paris):
    first = z_of(1, [(1, "s1")], 120_000)
    second = msgspec.structs.replace(z_of(2, [(2, "s2")], 120_000, previous=first, late=("s2",)), receipts=(0, 0))
    late = sold(house, paris, "s2", "p2", 2, 1)
    assert heard(house, paris, sold(house, paris, "s1", "p1", 1, 1), first, late, second) == []
    rows = {row["sale"]: row["counted_in"] for row in house.rows(sa.select(sale))}
    assert rows == {"s1": "shift-1", "s2": "shift-2"}
    with house.office.reading() as tx:
        told = [(each.sale, each.number) for each in queries.detail(tx, "paris", "shift-2").late_receipts]
    assert told == [("s2", 2)], "a person reads the number on the paper"


def test_a_late_sale_that_the_office_has_not_heard_of_is_still_told(house, paris):
    z = msgspec.structs.replace(z_of(1, [], 0, late=("s9",)), receipts=(0, 0))
    heard(house, paris, z)
    with house.office.reading() as tx:
        told = [(each.sale, each.number) for each in queries.detail(tx, "paris", "shift-1").late_receipts]
    assert told == [("s9", None)]


def test_a_z_of_the_first_release_is_taken_as_it_is(house, paris):
    old = msgspec.structs.replace(z_of(7, [], 0), sales_digest="", gross_minor=5, sales=3)
    assert heard(house, paris, old, z_of(8, [], 0)) == []


def test_cash_moved_is_shown_with_its_reason_and_a_repeat_is_one(house, paris):
    opened = ShiftOpened(shift="shift-1", till="till-1", business_day="2026-11-22", float_minor=5, currency="EUR")
    moved = CashMoved(
        move="m1", shift="shift-1", till="till-1", kind=CashKind.DROP, amount_minor=3, currency="EUR", reason="safe"
    )
    heard(house, paris, opened, moved, moved)
    assert len(house.rows(sa.select(cash_move))) == 1
    with house.office.reading() as tx:
        (move,) = queries.detail(tx, "paris", "shift-1").moves
    assert (move.kind, move.amount_minor, move.reason, move.by) == ("drop", 3, "safe", "ana")
