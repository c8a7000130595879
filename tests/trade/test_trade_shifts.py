"""The drawer: counted by coin, moved with a reason, closed blind, and a chain of Zs nobody can change unseen."""

import hashlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.facts import CashKind, Coins, Conversion, LineTax, Tender, TenderKind
from contract.feed import SettingsCard
from trade.acts import CloseShift, MoveCash, OpenShift
from trade.refusal import Why
from trade.scene import Scene
from trade.shift import Movement, Receipt, Shift, figures, into_drawer
from trade.zchain import FIELDS, link_broken, receipts_digest, verify, z_digest

SHIFT = Shift(shift="shift-1", till="till-1", business_day="2026-11-22", currency="EUR", float_minor=10_000)
EURO = SettingsCard(store="paris", denominations=(5_000, 2_000, 1_000, 100), over_short_minor_max=500)


def coins(**of):
    return tuple(Coins(value_minor=int(value[1:]), number=number) for value, number in of.items())


def receipt(number, gross, *, kind=TenderKind.CASH, sign=1, **more):
    taxes = (
        LineTax(code="FR20", rate_bp=2_000, base_minor=sign * (gross - gross // 6), tax_minor=sign * (gross // 6)),
    )
    tenders = more.pop("tenders", (Tender(kind=kind, amount_minor=gross),))
    return Receipt(number=number, sale=f"s{number}", gross_minor=sign * gross, tax_minor=sign * (gross // 6),
                   is_return=sign < 0, taxes=taxes, tenders=tenders, **more)  # fmt: skip


def moved(kind, amount=0):
    return Movement(move="m", kind=kind, amount_minor=amount, reason="x", by="anna", at_us=1)


def test_a_float_is_counted_by_coins_and_notes_this_store_knows(mind):
    act = OpenShift(shift="s2", till="till-1", business_day="2026-11-22", float_minor=7_200, currency="EUR",
                    float_coins=coins(v5000=1, v1000=2, v100=2))  # fmt: skip
    (opened,) = mind.decide(Scene(settings=EURO), act)
    assert (opened.float_minor, opened.float_coins) == (7_200, act.float_coins)
    for wrong, word in (
        ({"float_minor": 7_300}, "count again"),
        ({"float_coins": coins(v300=24)}, "no coin or note of 3.00"),
        ({"float_coins": (*coins(v5000=1), *coins(v5000=0), *coins(v1000=2, v100=2))}, "once"),
        ({"float_coins": coins(v5000=2, v1000=-2, v100=-8)}, "below nothing"),
    ):
        refused = mind.decide(Scene(settings=EURO), msgspec.structs.replace(act, **wrong))
        assert refused.code is Why.WRONG_PRICE
        assert word in refused.why


def test_cash_moves_with_a_reason_once_and_never_tells_what_the_drawer_holds(mind):
    act = MoveCash(move="m1", till="till-1", kind=CashKind.DROP, amount_minor=9_000, reason=" to the safe ")
    (fact,) = mind.decide(Scene(shift=SHIFT), act)
    assert (fact.shift, fact.kind, fact.amount_minor, fact.currency, fact.reason) == (
        "shift-1", CashKind.DROP, 9_000, "EUR", "to the safe",
    )  # fmt: skip
    assert mind.decide(Scene(shift=SHIFT, move_known=True), act) == ()
    assert mind.decide(Scene(), act).code is Why.NO_SHIFT
    for wrong in ({"amount_minor": 0}, {"amount_minor": -1}, {"kind": CashKind.NO_SALE}, {"reason": "  "}):
        refused = mind.decide(Scene(shift=SHIFT), msgspec.structs.replace(act, **wrong))
        assert refused.code in (Why.WRONG_PRICE, Why.EMPTY), wrong
    opened = msgspec.structs.replace(act, kind=CashKind.NO_SALE, amount_minor=0)
    assert mind.decide(Scene(shift=SHIFT), opened)[0].kind is CashKind.NO_SALE


def test_a_count_that_is_off_needs_a_note_and_the_refusal_tells_neither_sum_nor_side(mind):
    scene = Scene(shift=SHIFT, settings=EURO, receipts=(receipt(1, 12_000),))
    for counted in (21_000, 23_000):
        refused = mind.decide(scene, CloseShift(till="till-1", cash_counted_minor=counted))
        assert refused.code is Why.NOTE_MISSING
        assert refused.why == "The count is off by more than 5.00 EUR: count again, or say why in the note"
    (z,) = mind.decide(scene, CloseShift(till="till-1", cash_counted_minor=21_500))
    assert (z.cash_expected_minor, z.note) == (22_000, "")
    (z,) = mind.decide(scene, CloseShift(till="till-1", cash_counted_minor=21_000, note=" ten too few "))
    assert z.note == "ten too few"


def test_the_drawer_holds_what_was_moved_rounded_changed_and_given_back():
    foreign = Conversion(currency="USD", amount_minor=10_000, rate_e9=900_000_000, source="bank", quoted_us=1)
    receipts = (
        receipt(1, 1_002, tenders=(Tender(kind=TenderKind.CASH, amount_minor=1_002, rounding_minor=-2),)),
        receipt(2, 8_800, tenders=(Tender(kind=TenderKind.CASH, amount_minor=8_800, change_minor=200, conversion=foreign),)),
        receipt(3, 1_002, sign=-1, tenders=(Tender(kind=TenderKind.CASH, amount_minor=1_002, rounding_minor=2),)),
        receipt(4, 5_000, kind=TenderKind.CARD),
    )  # fmt: skip
    assert [into_drawer(each) for each in receipts] == [1_000, -200, -1_000, 0]
    x = figures(SHIFT, receipts, (moved(CashKind.IN, 500), moved(CashKind.OUT, 200), moved(CashKind.DROP, 300),
                                  moved(CashKind.NO_SALE)))  # fmt: skip
    assert (x.moved_minor, x.opened_without_sale, x.rounding_minor, x.cash_expected_minor) == (0, 1, 0, 9_800)
    assert {(t.kind, t.currency): (t.amount_minor, t.number) for t in x.tenders} == {
        (TenderKind.CASH, "EUR"): (8_800, 3), (TenderKind.CASH, "USD"): (10_000, 1), (TenderKind.CARD, "EUR"): (5_000, 1),
    }  # fmt: skip


def test_a_late_receipt_is_in_the_sums_but_its_cash_was_in_the_float():
    x = figures(SHIFT, (receipt(7, 6_000, late=True), receipt(9, 1_200)), ())
    assert (x.sales, x.gross_minor, x.cash_expected_minor) == (2, 7_200, 11_200)
    assert (x.late, x.receipts) == (("s7",), (9, 9))


receipts_of_a_day = st.lists(
    st.tuples(st.integers(1, 10**9), st.sampled_from(TenderKind), st.sampled_from((1, -1)), st.booleans()), max_size=20
).map(lambda rows: tuple(receipt(n, g, kind=k, sign=s, late=late) for n, (g, k, s, late) in enumerate(rows, 1)))


@given(receipts_of_a_day, st.integers(0, 10**9))
def test_the_x_at_the_end_is_the_z_and_its_tenders_and_taxes_add_up(mind_receipts, counted):
    from trade.shifts import close_shift

    scene = Scene(shift=SHIFT, receipts=mind_receipts, settings=EURO)
    x = figures(SHIFT, scene.receipts, ())
    (z,) = close_shift(scene, CloseShift(till="till-1", cash_counted_minor=counted, note="counted"))
    for name in x.__struct_fields__:
        assert getattr(z, name) == getattr(x, name), name
    assert sum(t.amount_minor for t in z.tenders if t.currency == "EUR") == z.gross_minor
    assert sum(t.tax_minor for t in z.taxes) == z.tax_minor == sum(each.tax_minor for each in mind_receipts)
    assert z.sales + z.returns == len(mind_receipts)


def chain(mind, length):
    """Zs of a till, each made after the one before."""
    made, previous = [], ""
    for n in range(1, length + 1):
        shift = msgspec.structs.replace(SHIFT, shift=f"shift-{n}")
        scene = Scene(shift=shift, z_next=n, z_previous=previous, receipts=(receipt(n, 1_000 * n),))
        (z,) = mind.decide(scene, CloseShift(till="till-1", cash_counted_minor=10_000 + 1_000 * n))
        made.append(z)
        previous = z_digest(z)
    return made


def test_a_changed_missing_swapped_or_doubled_z_is_found(mind):
    zs = chain(mind, 5)
    assert verify(zs) == []
    assert verify([*zs[:2], *zs[3:]]) == ["Z 4 of till-1 follows Z 2: Zs between them are missing"]
    assert verify(zs[1:]) == ["Z 2 of till-1 follows a Z 1 that is not here"]
    assert verify([*zs, zs[2]]) == ["till-1 has two Zs with the number 3"]
    swapped = [zs[0], msgspec.structs.replace(zs[2], z_number=2), msgspec.structs.replace(zs[1], z_number=3), *zs[3:]]
    assert verify(swapped)[0] == "Z 2 of till-1 was made after another Z 1 than the one that is here"


OTHERWISE = {int: lambda value: value + 1, str: lambda value: value + "0", tuple: lambda value: ()}


@pytest.mark.parametrize("field", FIELDS)
def test_no_figure_of_a_z_can_be_changed_once_another_one_was_made(mind, field):
    zs = chain(mind, 3)
    was = msgspec.structs.replace(zs[1], late=("s0",), sold_pieces=("ring",), counted_coins=coins(v100=1))
    zs[2] = msgspec.structs.replace(zs[2], previous_z_digest=z_digest(was))
    value = getattr(was, field)
    otherwise = OTHERWISE[type(value)](value)
    assert otherwise != value
    broken = verify([zs[0], msgspec.structs.replace(was, **{field: otherwise}), zs[2]])
    assert broken, field


def test_anybody_can_make_the_digest_again_from_what_the_docs_say(mind):
    """docs/shifts.md: SHA-256 over lines of name and compact JSON."""
    (z,) = chain(mind, 1)
    assert {*FIELDS, "foreign"} == set(z.__struct_fields__), "a Z has no figure that its digest leaves out"
    told = msgspec.to_builtins(z)
    empty = {"sold_pieces": [], "counted_coins": [], "note": "", "moved_minor": 0, "opened_without_sale": 0,
             "rounding_minor": 0, "previous_z_digest": "", "late": []}  # fmt: skip
    lines = [f"{name}={json.dumps({**empty, **told}[name], separators=(',', ':'))}\n" for name in FIELDS]
    assert z_digest(z) == hashlib.sha256(("vitrine z 1\n" + "".join(lines)).encode()).hexdigest()
    assert z.sales_digest == receipts_digest([(1, "s1")]) == hashlib.sha256(b"1 s1\n").hexdigest()


def test_a_z_of_the_first_release_is_followed_by_one_that_begins_the_chain(mind):
    first, second = chain(mind, 2)
    old = msgspec.structs.replace(first, sales_digest="")
    assert link_broken(old, msgspec.structs.replace(second, previous_z_digest="")) == ""
    assert link_broken(first, msgspec.structs.replace(second, previous_z_digest="")) != "", "no way back to no chain"


def test_a_shift_opens_for_a_day_that_can_be(mind):
    def answered(day, today):
        act = OpenShift(shift="s2", till="till-1", business_day=day, float_minor=0, currency="EUR")
        return mind.decide(Scene(settings=EURO, calendar_day=today), act)

    for day, today in (
        ("2026-11-30", "2026-11-30"),
        ("2026-12-07", "2026-11-30"),  # a fair that is set up a week before
        ("2026-11-02", "2026-11-30"),  # late: the day is a person's to choose
        ("2026-11-30", "1970-01-01"),  # the clock's battery is dead
        ("2026-11-30", ""),
    ):
        assert isinstance(answered(day, today), tuple), (day, today)
    for day, word in (
        ("9999-12-31", "today is 2026-11-30"),
        ("2026-12-08", "7 days ahead"),
        ("2026-02-30", "write it"),
    ):
        refused = answered(day, "2026-11-30")
        assert refused.code is Why.WRONG_DAY
        assert word in refused.why
