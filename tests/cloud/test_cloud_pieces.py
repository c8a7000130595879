"""The full record of a piece at the office: kept, told to stores without the cost, changed with a reason."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud import feed
from cloud.appraising import Appraisal
from cloud.pos.pieces import appraisals, categories, wording
from cloud.pos.pieces.checks import RecordError
from cloud.pos.pieces.columns import NO_CARD, Backing, read, shown
from cloud.pos.pieces.desk import StaleRecordError, bring_in, edit, take_apart
from cloud.pos.pieces.record import full_record
from cloud.work import begin
from contract.feed import Attribute, Condition, FinenessUnit, Metal, Ownership, PieceCard, Price, Stone
from contract.ids import PieceId, StoreId
from trade import hallmarks
from trade.attributes import AttributeKind, AttributeRule
from trade.record import wrong

BACKING = Backing(cost_minor=61_000, cost_currency="USD", source="Estate sale", provenance="Bought in 1961")
LENGTH = AttributeRule(name="length", kind=AttributeKind.NUMBER, unit="cm", required=True)


def full(house, name="p1", **changes):
    told = {
        "serial": "B-1042", "barcode": "4006381333931", "prices": (Price(currency="USD", amount_minor=130_000),), "tax": "standard",
        "second_hand": True, "ownership": Ownership.CONSIGNED, "certificates": ("GIA 2141438171",), "condition": Condition.ATTENTION,
        "metals": (Metal(metal="gold", fineness=18, unit=FinenessUnit.KARAT, weight_mg=3_000), Metal(metal="platinum", fineness=950)),
        "gems": (Stone(kind="diamond", carat_milli=300, colour="G", clarity="VS1", cut="round", certificate="GIA 2141438171"),),
    }  # fmt: skip
    return house.card(name, **{**told, **changes})


def work(house, tx, at_us=1):
    return begin(tx, house.guards, at_us)


def bring(house, *cards, at_us=1, backings=None):
    with house.office.transaction() as tx:
        return bring_in(work(house, tx, at_us), cards, StoreId("paris"), by="ana", why="spring list", backings=backings)


def record(house, name="p1", *, with_cost=True):
    with house.office.reading() as tx:
        return full_record(tx, PieceId(name), with_cost=with_cost)


def change(house, card, backing=BACKING, *, why="relabelled", at_us=5, **more):
    with house.office.transaction() as tx:
        edit(work(house, tx, at_us), card, backing, by="ben", why=why, **more)


def told(house):
    """Every card the stores got, newest last."""
    with house.office.reading() as tx:
        bodies = [row.body for row in feed.page(tx, StoreId("paris"), since=0).rows]
    return [body for body in bodies if isinstance(body, PieceCard)]


def test_everything_a_card_can_say_is_kept_and_told_and_a_repeat_changes_nothing(house):
    house.store("paris")
    assert bring(house, full(house), backings={"p1": BACKING}).errors == []
    kept = record(house)
    assert (kept.card, kept.backing) == (full(house), BACKING)
    assert told(house) == [full(house)]
    again = bring(house, full(house), backings={"p1": BACKING})
    assert (again.new, again.changed, again.same) == (0, 0, 1)
    assert len(record(house).changes) == len(kept.changes)


def test_no_store_is_told_the_cost_and_who_may_not_know_it_does_not_see_it(house):
    house.store("paris")
    bring(house, full(house), backings={"p1": BACKING})
    before = len(told(house))
    change(house, full(house), Backing(cost_minor=62_000, cost_currency="USD"))
    with house.office.reading() as tx:
        rows = feed.page(tx, StoreId("paris"), since=0).rows
    assert len(told(house)) == before
    assert not any(secret in repr(rows) for secret in ("Estate", "1961", "61000", "62000"))
    seen = record(house, with_cost=False)
    assert seen.backing is None
    assert {each.field for each in record(house).changes} - {each.field for each in seen.changes} == {
        "cost",
        "source",
        "provenance",
    }


def test_every_change_is_in_the_history_with_who_when_and_why(house):
    house.store("paris")
    bring(house, full(house), backings={"p1": BACKING})
    change(house, full(house, title="Ring of 1961", price_minor=140_000, prices=()), why="new year's prices", at_us=9)
    newest = [(each.by, each.at_us, each.why, each.field, each.was, each.now) for each in record(house).changes[:3]]
    assert sorted(newest, key=lambda each: each[3]) == [
        ("ben", 9, "new year's prices", "price EUR", "1200.00", "1400.00"),
        ("ben", 9, "new year's prices", "price USD", "1300.00", ""),
        ("ben", 9, "new year's prices", "title", "Ring p1", "Ring of 1961"),
    ]
    assert {each.field for each in record(house).changes[3:]} == {"brought in", "price EUR", "price USD"}


def test_a_change_without_a_reason_or_over_somebody_elses_is_refused(house):
    house.store("paris")
    bring(house, full(house))
    seen = record(house)
    with pytest.raises(RecordError, match="say why"):
        change(house, full(house, title="Other"), why="  ")
    change(house, full(house, title="Mine"), changed_us=seen.changed_us, at_us=6)
    with pytest.raises(StaleRecordError):
        change(house, full(house, title="Yours"), changed_us=seen.changed_us, at_us=7)
    change(house, full(house, title="Yours"), changed_us=6, at_us=8)
    assert record(house).card.title == "Yours"
    with pytest.raises(LookupError):
        change(house, full(house, "p9"))


def test_a_record_that_cannot_be_true_changes_nothing(house):
    house.store("paris")
    bring(house, full(house))
    with pytest.raises(RecordError) as told_why:
        change(house, full(house, certificates=("GIA 12",), fineness=1000, set_of="nothing"), Backing(cost_minor=5))
    assert [field for field, _ in told_why.value.errors] == ["fineness", "certificates", "cost_currency", "set_of"]
    assert record(house).card == full(house)


def test_a_category_asks_for_its_attributes_and_gives_numbers_their_unit(house):
    house.store("paris")
    with house.office.transaction() as tx:
        categories.set_rules(work(house, tx), "ring", [LENGTH], by="ana")
        with pytest.raises(categories.CategoryError):
            categories.set_rules(work(house, tx), "ring", [LENGTH, LENGTH], by="ana")
    assert [error.field for error in bring(house, full(house)).errors] == ["attributes"]
    assert bring(house, full(house, attributes=(Attribute(name="length", value="42"),))).errors == []
    assert record(house).card.attributes == (Attribute(name="length", value="42", unit="cm"),)


def test_a_set_is_a_parent_and_its_parts_are_taken_apart_with_a_reason(house):
    house.store("paris")
    parts = [full(house, name, set_of="p1") for name in ("p2", "p3")]
    assert bring(house, full(house), *parts).errors == []
    assert [part.piece for part in record(house).parts] == ["p2", "p3"]
    assert record(house, "p2").whole.title == "Ring p1"
    with house.office.transaction() as tx:
        assert take_apart(work(house, tx, 7), PieceId("p1"), by="ben", why="one earring is lost") == ["p2", "p3"]
    assert record(house).parts == []
    newest = record(house, "p3").changes[0]
    assert (newest.field, newest.was, newest.now, newest.why) == ("set_of", "p1", "", "one earring is lost")
    assert [card.set_of for card in told(house) if card.piece == "p3"][-1] == ""
    with pytest.raises(LookupError, match="no set"), house.office.transaction() as tx:
        take_apart(work(house, tx), PieceId("p1"), by="ben", why="again")


def test_appraisals_are_added_and_never_changed(house):
    house.store("paris", "p1")
    first = Appraisal(value_minor=200_000, currency="EUR", purpose="insurance", appraiser="Ida", day="2026-01-31")
    with house.office.transaction() as tx:
        appraisals.appraise(work(house, tx, 3), PieceId("p1"), first, new_id="a1", by="ana")
        bad = Appraisal(value_minor=1, currency="EUR", purpose="x", appraiser="y", day="2026-02-30")
        with pytest.raises(RecordError, match="day"):
            appraisals.appraise(work(house, tx, 3), PieceId("p1"), bad, new_id="a2", by="ana")
        with pytest.raises(LookupError):
            appraisals.appraise(work(house, tx, 3), PieceId("p9"), first, new_id="a3", by="ana")
    assert [(each.value_minor, each.by, each.at_us) for each in record(house).appraisals] == [(200_000, "ana", 3)]


def test_what_a_list_says_of_metals_and_stones_is_named_in_words_too(house):
    house.store("paris")
    bring(house, full(house, metal="", fineness=0, stones=""))
    card = record(house).card
    assert (card.metal, card.fineness) == ("gold", 750)
    assert card.stones == "diamond, 0.3 ct, colour G, clarity VS1, cut round, GIA 2141438171"


WORD = st.text("abc dèÄ'-", min_size=1, max_size=12).map(lambda text: " ".join(("x" + text).split()))
METALS = st.builds(
    Metal, metal=WORD, fineness=st.integers(0, 999), weight_mg=st.integers(0, 10**7)
) | st.builds(Metal, metal=WORD, fineness=st.integers(1, 24), unit=st.just(FinenessUnit.KARAT))  # fmt: skip
GEMS = st.builds(
    Stone, kind=WORD, count=st.integers(1, 999), carat_milli=st.integers(0, 10**6), colour=st.just("") | WORD, clarity=WORD,
    cut=st.just("") | WORD, certificate=st.sampled_from(["", "GIA 2141438171", "IGI LG523456789"]),
)  # fmt: skip
PRICES = st.builds(Price, currency=st.sampled_from(["USD", "JPY", "KWD"]), amount_minor=st.integers(0, 10**12))
ATTRIBUTES = st.builds(Attribute, name=WORD, value=WORD, unit=st.sampled_from(["", "cm", "ct"]))
CARDS = st.builds(
    lambda **said: msgspec.structs.replace(NO_CARD, piece="p", title="A ring", currency="EUR", **said),
    price_minor=st.integers(0, 10**12), weight_mg=st.just(0) | st.integers(10**8, 10**8), fineness=st.integers(0, 999),
    tax_bp=st.integers(0, 10_000), second_hand=st.booleans(), condition=st.sampled_from(Condition),
    metals=st.lists(METALS, max_size=3).map(tuple), gems=st.lists(GEMS, max_size=3).map(tuple),
    prices=st.lists(PRICES, max_size=3, unique_by=lambda price: price.currency).map(tuple),
    attributes=st.lists(ATTRIBUTES, max_size=3).map(tuple),
)  # fmt: skip


@given(CARDS)
def test_a_record_written_in_words_is_read_back_as_it_was(card):
    assert wrong(card) == []
    assert read(shown(card, BACKING)) == (card, BACKING, [])


@pytest.mark.parametrize(("header", "text", "said"), [
    ("metals", "gold, heavy", "18 kt"), ("gems", "diamond, 0.3 ct, what, ever", "ct"), ("prices", "1300 USD", "USD 1300.00"),
    ("attributes", "length 42", "length = 42"), ("weight_g", "4.2001", "3 digits"), ("fineness", "19 kt", "hallmark"),
    ("second_hand", "perhaps", "yes or no"), ("condition", "so-so", "attention"), ("price", "12.345", "2 digits"),
    ("fineness", "-1", "750"), ("tax_percent", "20.123", "2 digits"),
])  # fmt: skip
def test_words_that_cannot_be_read_say_how_to_write_them(header, text, said):
    _, _, wrong_ones = read({"currency": "EUR", header: text})
    assert [name for name, _ in wrong_ones] == [header]
    assert said in wrong_ones[0][1]


def test_gold_in_karat_is_what_is_stamped_on_it():
    assert [wording.permille(text) for text in ("18 kt", "14K", "750", "585 ‰")] == [750, 585, 750, 585]


def test_a_hallmark_that_cannot_be_is_refused_before_the_piece_is_kept(house):
    house.store("paris")
    with house.office.transaction() as tx:
        rules = [AttributeRule(name=name, kind=AttributeKind.TEXT) for name in hallmarks.NAMES]
        categories.set_rules(work(house, tx), "ring", rules, by="ana")
    good = dict(zip(hallmarks.NAMES, ("GB London", "A&Co", "750"), strict=True))

    def ring(told):
        metals = (Metal(metal="gold", fineness=750),)
        attributes = tuple(Attribute(name=name, value=value) for name, value in told.items())
        return house.card("p1", category="ring", metal="gold", fineness=750, metals=metals, attributes=attributes)

    bring(house, ring({}))
    with pytest.raises(RecordError, match="none is called Chester"):
        change(house, ring(good | {hallmarks.OFFICE: "GB Chester"}))
    change(house, ring(good))
    assert record(house).card.attributes[0].value == "GB London"
