"""Parts of a sale that come back: to the last unit, never more than was paid, and by the ways it came."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.facts import (
    Disposition,
    LineKind,
    LineTax,
    PieceDisposed,
    ReturnRecorded,
    SaleLine,
    SaleRecorded,
    Tender,
    TenderKind,
)
from contract.feed import SettingsCard
from contract.money import allocate
from trade.acts import DisposePiece, Exchange, LineBack, RecordSale, ReturnPieces
from trade.custody import Token, TokenState
from trade.permissions import DEFAULTS, EVERYTHING, Allowed, Approved, together
from trade.refund import Paid, left_by, part_of, proposed
from trade.refusal import Refusal, Why
from trade.sale import apply
from trade.scene import Scene


def line(gross=100_000, taxes=(16_667,), quantity=1000, **more):
    parts = tuple(
        LineTax(code=f"t{n}", rate_bp=100 * (n + 1), base_minor=gross - sum(taxes), tax_minor=tax)
        for n, tax in enumerate(taxes)
    )
    return SaleLine(
        line="l1", kind=LineKind.GOODS, description="gold chain", list_price_minor=gross, gross_minor=gross, tax_bp=2_000,
        tax_minor=sum(taxes), taxes=parts, quantity_milli=quantity, unit="cm", **more,
    )  # fmt: skip


@given(st.data())
def test_over_any_number_of_parts_a_line_comes_back_just_as_it_was_paid(data):
    gross = data.draw(st.integers(0, 10**7), "gross")
    tax = data.draw(st.integers(0, gross), "tax")
    shares = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=3).filter(any), "taxes")
    quantity = data.draw(st.integers(1, 5_000), "quantity")
    sold = line(gross, tuple(allocate(tax, shares)), quantity)
    back, left = [], quantity
    while left:
        worth = gross - sum(part.gross_minor for part in back)
        if len(back) > 8:
            part = part_of(sold, back, quantity_milli=left)
            left = 0
        elif worth > 1 and data.draw(st.booleans(), "money alone"):
            part = part_of(sold, back, amount_minor=data.draw(st.integers(1, worth), "amount"))
        else:
            many = data.draw(st.integers(1, left), "so much")
            part = part_of(sold, back, quantity_milli=many)
            left -= many
        assert part.gross_minor >= 0
        assert all(each.tax_minor >= 0 for each in part.taxes)
        assert part.tax_minor == sum(each.tax_minor for each in part.taxes)
        back.append(part)
    assert sum(part.gross_minor for part in back) == gross
    for n, whole in enumerate(sold.taxes):
        assert sum(part.taxes[n].tax_minor for part in back) == whole.tax_minor
        assert sum(part.taxes[n].base_minor for part in back) == whole.base_minor
    again = part_of(sold, back, quantity_milli=1)
    assert isinstance(again, Refusal)
    assert again.code is Why.RETURNED


@pytest.mark.parametrize("asked", [{"quantity_milli": 2_001}, {"amount_minor": 100_001}, {"amount_minor": -1}, {}])
def test_no_more_comes_back_of_a_line_than_was_paid(asked):
    assert part_of(line(quantity=2_000), (), **asked).code is Why.WRONG_PRICE


def test_a_gift_card_comes_back_by_its_balance():
    card = msgspec.structs.replace(line(taxes=()), kind=LineKind.GIFT_CARD)
    assert part_of(card, (), quantity_milli=1_000).code is Why.WRONG_STATE


@given(
    st.lists(st.tuples(st.sampled_from(list(TenderKind)), st.integers(1, 10**6)), min_size=1, max_size=5),
    st.floats(0, 1),
)
def test_money_goes_back_by_the_ways_it_came_and_cash_last(paid, share):
    came = tuple(Paid(kind=kind, amount_minor=amount) for kind, amount in paid)
    total = int(sum(amount for _, amount in paid) * share)
    ways = proposed(total, left_by(came, ()))
    assert sum(way.amount_minor for way in ways) == total
    left = left_by(came, ways)
    assert all(amount >= 0 for amount in left.values())
    if any(way.kind is TenderKind.CASH for way in ways):
        assert not any(amount for way, amount in left.items() if way.kind is TenderKind.CARD)


def sold(mind, *, business_day="2026-11-22", paid=TenderKind.CASH, **more):
    """The ring was sold here; it lies on the pad again."""
    cart = mind.cart("ring")
    fact = mind.decide(cart, RecordSale(sale="sale-1", tenders=mind.cash(120_000)))[-1]
    assert isinstance(fact, SaleRecorded)
    sale = apply(cart.sale, msgspec.structs.replace(fact, business_day=business_day), 2)
    token = Token(piece="ring", ce=7, state=TokenState.SOLD, sale="sale-1")
    return Scene(
        sale=sale,
        shift=mind.shift(),
        pieces={"ring": mind.standing(token=token)},
        paid=(Paid(kind=paid, amount_minor=120_000),),
        receipt_next=6,
        **more,
    )


def give(mind, **more):
    standard = {"sale": "sale-1", "pieces": ("ring",), "till": "till-1", "reason": "too small"}
    return ReturnPieces(**{**standard, "tenders": mind.cash(120_000), **more})


def associate(scene, **more):
    lea = together(card for card in DEFAULTS if card.role == "associate")
    return msgspec.structs.replace(scene, allowed=lea, **more)


def test_a_return_keeps_its_parts_and_what_becomes_of_the_piece(mind):
    act = give(mind, dispositions=(Disposition.INSPECTION,), returns="r1")
    fact, became = mind.decide(sold(mind), act)
    assert isinstance(fact, ReturnRecorded)
    (part,) = fact.parts
    assert (part.gross_minor, part.tax_minor, part.piece, part.quantity_milli) == (120_000, 20_000, "ring", 1_000)
    assert (fact.returns, fact.disposition) == ("r1", "quarantined")
    assert isinstance(became, PieceDisposed)
    assert (became.piece, became.n, became.condition, became.sale) == ("ring", 1, "quarantined", "sale-1")


def test_a_piece_that_goes_back_to_stock_needs_no_word_about_it(mind):
    assert len(mind.decide(sold(mind), give(mind))) == 1


def test_where_there_is_a_pad_the_shelf_is_no_proof(mind):
    scene = sold(mind)
    shelf = msgspec.structs.replace(scene.pieces["ring"], on_pad=False, seen=True)
    padded = msgspec.structs.replace(scene, pad_zone="pad", pieces={"ring": shelf})
    assert mind.decide(padded, give(mind)).code is Why.NOT_SEEN
    no_pad = msgspec.structs.replace(padded, pad_zone="")
    assert isinstance(mind.decide(no_pad, give(mind))[0], ReturnRecorded)


def test_a_piece_no_pad_can_read_comes_back_for_a_reason_that_somebody_approves(mind):
    scene = sold(mind)
    dead = msgspec.structs.replace(scene.pieces["ring"], on_pad=False, seen=False)
    scene = associate(msgspec.structs.replace(scene, pieces={"ring": dead}))
    act = give(mind, override="its tag is torn")
    refused = mind.decide(scene, act, by="lea")
    assert refused.code is Why.NEEDS_APPROVAL
    assert "its tag is torn" in refused.why
    word = Approved(by="anna", over=refused.why, allowed=EVERYTHING)
    (fact,) = mind.decide(msgspec.structs.replace(scene, approved=word), act, by="lea")
    assert (fact.override, fact.approved_by) == ("its tag is torn", "anna")


@pytest.mark.parametrize(("day", "ask"), [("2026-10-23", False), ("2026-10-22", True)])
def test_after_the_stores_days_somebody_approves(mind, day, ask):
    scene = associate(sold(mind, business_day=day), settings=SettingsCard(store="paris", refund_days=30))
    answer = mind.decide(scene, give(mind), by="lea")
    assert isinstance(answer, Refusal) is ask
    if ask:
        assert "after 31 days" in answer.why


def test_many_small_refunds_of_one_sale_are_one_large_one(mind):
    scene = sold(mind)
    may = Allowed(permissions=associate(scene).allowed.permissions, refund_minor_max=70_000)
    line_id = scene.sale.lines[0].line
    off = give(mind, pieces=(), lines=(LineBack(line=line_id, amount_minor=60_000),), tenders=mind.cash(60_000))
    first = mind.decide(msgspec.structs.replace(scene, allowed=may), off, by="lea")
    assert isinstance(first[0], ReturnRecorded)
    more = msgspec.structs.replace(
        scene, allowed=may, back=first[0].parts, went=(Paid(kind="cash", amount_minor=60_000),)
    )
    second = mind.decide(more, off, by="lea")
    assert second.code is Why.NEEDS_APPROVAL


def test_a_card_gets_back_no_more_than_it_gave(mind):
    slip = (Tender(kind=TenderKind.CARD, amount_minor=120_000, reference="0815"),)
    assert isinstance(mind.decide(sold(mind, paid=TenderKind.CARD), give(mind, tenders=slip))[0], ReturnRecorded)
    assert mind.decide(sold(mind), give(mind, tenders=slip)).code is Why.WRONG_TENDERS


def test_cash_for_what_came_by_card_needs_somebodys_word(mind):
    refused = mind.decide(associate(sold(mind, paid=TenderKind.CARD)), give(mind), by="lea")
    assert refused.code is Why.NEEDS_APPROVAL
    assert "did not come by cash" in refused.why


def test_much_cash_needs_somebodys_word_where_the_house_says_so(mind):
    house = SettingsCard(store="paris", refund_cash_minor_max=100_000)
    refused = mind.decide(associate(sold(mind), settings=house), give(mind), by="lea")
    assert refused.code is Why.NEEDS_APPROVAL
    assert "above 1000.00" in refused.why


def test_a_return_asked_for_twice_is_one(mind):
    assert mind.decide(sold(mind, return_known=True), give(mind, returns="r1")) == ()


def test_a_service_comes_back_without_a_piece_and_a_piece_not_without_the_pad(mind):
    scene = sold(mind)
    ring = scene.sale.lines[0]
    polish = msgspec.structs.replace(
        ring, line="l2", kind=LineKind.SERVICE, piece=None, gross_minor=5_000, tax_minor=833, taxes=()
    )
    sale = msgspec.structs.replace(scene.sale, lines=(ring, polish))
    scene = msgspec.structs.replace(scene, sale=sale, pieces={})
    act = give(mind, pieces=(), lines=(LineBack(line="l2", quantity_milli=1_000),), tenders=mind.cash(5_000))
    (fact,) = mind.decide(scene, act)
    assert (fact.total_minor, fact.tax_minor, fact.pieces, fact.lines) == (5_000, 833, (), ("l2",))
    by_name = give(mind, pieces=(), lines=(LineBack(line=ring.line, quantity_milli=1_000),))
    assert mind.decide(scene, by_name).code is Why.WRONG_STATE


def swap(mind, *, price, back_tenders=(), tenders=()):
    """The ring comes back, a brooch of `price` goes out."""
    origin = sold(mind)
    cart = mind.cart("brooch", price=price)
    new = msgspec.structs.replace(cart.sale, sale="sale-2")
    claims = tuple(msgspec.structs.replace(claim, ref="sale-2") for claim in cart.sale_claims)
    scene = msgspec.structs.replace(
        cart, sale=new, sale_claims=claims, pad=frozenset({"brooch", "ring"}), exchange=origin, receipt_next=6
    )
    act = Exchange(give=RecordSale(sale="sale-2", tenders=tenders), back=give(mind, tenders=back_tenders, returns="r1"))
    return mind.decide(scene, act)


def facts_of(answer):
    sale = next(fact for fact in answer if isinstance(fact, SaleRecorded))
    return sale, next(fact for fact in answer if isinstance(fact, ReturnRecorded))


@pytest.mark.parametrize(("price", "on_top", "back"), [(150_000, 30_000, 0), (120_000, 0, 0), (90_000, 0, 30_000)])
def test_an_exchange_pays_only_the_difference_and_binds_both_receipts(mind, price, on_top, back):
    answer = swap(
        mind,
        price=price,
        tenders=mind.cash(on_top) if on_top else (),
        back_tenders=mind.cash(back) if back else (),
    )
    sale, returned = facts_of(answer)
    worth = min(price, 120_000)
    assert sale.tenders[0] == Tender(kind=TenderKind.EXCHANGE, amount_minor=worth, reference="sale-1")
    assert returned.tenders[0] == Tender(kind=TenderKind.EXCHANGE, amount_minor=worth, reference="sale-2")
    assert (returned.exchange, returned.sale) == ("sale-2", "sale-1")
    assert (sale.receipt_number, returned.receipt_number) == (6, 7)
    assert sum(each.amount_minor for each in sale.tenders) == sale.total_minor == price
    assert sum(each.amount_minor for each in returned.tenders) == returned.total_minor == 120_000


def test_an_exchange_that_does_not_add_up_changes_nothing(mind):
    assert swap(mind, price=150_000).code is Why.WRONG_TENDERS
    assert swap(mind, price=90_000).code is Why.WRONG_TENDERS
    assert swap(mind, price=150_000, tenders=mind.cash(30_000), back_tenders=mind.cash(1)).code is Why.WRONG_TENDERS


def test_a_piece_that_was_looked_at_is_offered_again(mind):
    ring = mind.standing("ring")
    worn = msgspec.structs.replace(ring, card=msgspec.structs.replace(ring.card, condition="quarantined", disposed=3))
    act = DisposePiece(piece="ring", disposition=Disposition.STOCK, reason="like new")
    (fact,) = mind.decide(Scene(pieces={"ring": worn}), act)
    assert (fact.n, fact.condition, fact.ce) == (4, "ok", 7)
    assert mind.decide(Scene(pieces={"ring": ring}), act) == ()
    silent = msgspec.structs.replace(act, reason=" ")
    assert mind.decide(Scene(pieces={"ring": worn}), silent).code is Why.EMPTY
    away = msgspec.structs.replace(worn, token=Token(piece="ring", ce=7, state=TokenState.SOLD, sale="s"))
    assert mind.decide(Scene(pieces={"ring": away}), act).code is Why.NOT_OURS
