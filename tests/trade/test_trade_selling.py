"""The rules of a sale, said as the shop would say them."""

import msgspec
import pytest

from contract.facts import (
    ClaimEnd,
    ClaimEnded,
    ClaimHeld,
    ClaimKind,
    LineKind,
    PieceSighted,
    ReturnRecorded,
    SaleLineAdded,
    SaleRecorded,
    Tender,
    TenderKind,
)
from trade.acts import AddOther, OpenSale, RecordSale, RemoveLine, ReturnPieces, VoidSale
from trade.custody import Token, TokenState
from trade.guards import Guards
from trade.piece import Hold
from trade.refusal import Why
from trade.sale import LINES_PER_SALE_MAX, SALE_MINOR_MAX, Sale, SaleState, apply
from trade.scene import Scene
from trade.tender import TAKEN, tenders_pay


def test_a_piece_laid_on_the_pad_is_claimed_for_the_cart_at_its_price(mind):
    scene = Scene(sale=Sale(sale="sale-1", till="t", associate="a", currency="EUR"), pieces={"ring": mind.standing()})
    held, added = mind.decide(scene, mind.add(discount_minor=20_000))
    assert (held.piece, held.kind, held.ref, held.ce) == ("ring", ClaimKind.CART, "sale-1", 7)
    assert (added.line.list_price_minor, added.line.gross_minor, added.line.claim) == (120_000, 100_000, held.claim)


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (TokenState.AWAY, Why.NOT_OURS),
        (TokenState.INCOMING, Why.INCOMING),
        (TokenState.SOLD, Why.ALREADY_SOLD),
    ],
)
def test_a_piece_that_is_not_here_cannot_be_put_in_a_cart(mind, state, code):
    sale = Sale(sale="sale-1", till="t", associate="a", currency="EUR")
    scene = Scene(sale=sale, pieces={"ring": mind.standing(state=state)})
    assert mind.decide(scene, mind.add()).code is code


def test_a_piece_reserved_on_the_web_says_so_in_words(mind):
    sale = Sale(sale="sale-1", till="t", associate="a", currency="EUR")
    leased = mind.standing(claim=mind.claim(kind=ClaimKind.LEASE, ref="W-77"))
    answer = mind.decide(Scene(sale=sale, pieces={"ring": leased}), mind.add())
    assert answer.code is Why.LEASED
    assert "reserved for web order W-77; connection needed to release it" in answer.why


def test_a_second_till_gets_words_when_the_piece_is_in_another_cart(mind):
    sale = Sale(sale="sale-1", till="t", associate="a", currency="EUR")
    taken = mind.standing(claim=mind.claim(), till="till-2")
    answer = mind.decide(Scene(sale=sale, pieces={"ring": taken}), mind.add())
    assert answer.code is Why.CLAIMED
    assert "is in another sale of till-2: finish that one or void it" in answer.why
    assert "sale-9" not in answer.why


def test_a_piece_nobody_reads_is_sold_only_by_override_and_only_if_it_was_read_today(mind):
    sale = Sale(sale="sale-1", till="t", associate="a", currency="EUR")
    gone = mind.standing(seen=False, on_pad=False)
    assert mind.decide(Scene(sale=sale, pieces={"ring": gone}), mind.add()).code is Why.NOT_SEEN
    assert mind.decide(Scene(sale=sale, pieces={"ring": gone}), mind.add(override="tag torn")).code is Why.NOT_SEEN
    verified = msgspec.structs.replace(gone, verified=True)
    facts = mind.decide(Scene(sale=sale, pieces={"ring": verified}), mind.add(override="tag torn"))
    assert isinstance(facts[0], ClaimHeld)


def test_recording_converts_the_claims_and_takes_the_next_receipt_number(mind):
    scene = mind.cart("ring", "brooch")
    *ended, recorded = mind.decide(scene, RecordSale(sale="sale-1", tenders=mind.cash(240_000)))
    assert [(fact.piece, fact.how) for fact in ended] == [
        ("ring", ClaimEnd.CONVERTED),
        ("brooch", ClaimEnd.CONVERTED),
    ]
    assert (recorded.receipt_number, recorded.total_minor, recorded.pad_verdict) == (5, 240_000, "matched")


def test_asking_twice_to_record_one_sale_records_it_once(mind):
    scene = mind.cart("ring")
    facts = mind.decide(scene, RecordSale(sale="sale-1", tenders=mind.cash(120_000)))
    sale = apply(scene.sale, facts[-1], 2)
    assert sale.state is SaleState.RECORDED
    again = mind.decide(msgspec.structs.replace(scene, sale=sale), RecordSale(sale="sale-1", tenders=()))
    assert again == ()


def test_a_cart_whose_claim_was_lost_does_not_sell(mind):
    scene = mind.cart("ring")
    lost = {"ring": msgspec.structs.replace(scene.pieces["ring"], claim=None)}
    act = RecordSale(sale="sale-1", tenders=mind.cash(120_000))
    assert mind.decide(msgspec.structs.replace(scene, pieces=lost), act).code is Why.NOT_IN_SALE
    other = {"ring": msgspec.structs.replace(scene.pieces["ring"], claim=mind.claim())}
    assert mind.decide(msgspec.structs.replace(scene, pieces=other), act).code is Why.CLAIMED
    newer = {
        "ring": msgspec.structs.replace(scene.pieces["ring"], token=Token(piece="ring", ce=8, state=TokenState.HERE))
    }
    assert mind.decide(msgspec.structs.replace(scene, pieces=newer), act).code is Why.NOT_OURS


def test_pad_and_cart_must_match_or_somebody_says_why(mind):
    scene = mind.cart("ring")
    act = RecordSale(sale="sale-1", tenders=mind.cash(120_000))
    extra = msgspec.structs.replace(scene, pad=frozenset({"ring", "watch"}))
    refused = mind.decide(extra, act)
    assert refused.code is Why.PAD_MISMATCH
    assert "on the pad but not in the sale: piece watch" in refused.why
    absent = mind.decide(msgspec.structs.replace(scene, pad=frozenset()), act)
    assert "not on the pad: The ring (RING)" in absent.why
    forced = mind.decide(extra, msgspec.structs.replace(act, override="watch is the client's own"))
    assert forced[-1].pad_verdict == "override: watch is the client's own"


@pytest.mark.parametrize("kind", sorted(set(TenderKind) - TAKEN))
def test_a_tender_nobody_answers_for_is_not_taken(kind):
    refusal = tenders_pay((Tender(kind=kind, amount_minor=500),), 500, "EUR")
    assert refusal is not None
    assert refusal.code is Why.WRONG_TENDERS


@pytest.mark.parametrize(
    "tenders",
    [
        (),
        (Tender(kind=TenderKind.CASH, amount_minor=119_999),),
        (Tender(kind=TenderKind.CARD, amount_minor=120_000, change_minor=5),),
        (Tender(kind=TenderKind.CASH, amount_minor=130_000), Tender(kind=TenderKind.CASH, amount_minor=-10_000)),
    ],
)
def test_payments_that_do_not_make_the_total_are_refused(mind, tenders):
    answer = mind.decide(mind.cart("ring"), RecordSale(sale="sale-1", tenders=tenders))
    assert answer.code is Why.WRONG_TENDERS


def test_no_sale_without_a_shift(mind):
    assert mind.decide(Scene(), OpenSale(sale="s", till="till-1", currency="EUR")).code is Why.NO_SHIFT
    wrong = mind.decide(Scene(shift=mind.shift()), OpenSale(sale="s", till="till-1", currency="USD"))
    assert wrong.code is Why.WRONG_CURRENCY


def test_taking_a_line_off_frees_its_piece_and_no_other(mind):
    scene = mind.cart("ring", "brooch")
    line = scene.sale.lines[0]
    removed, freed = mind.decide(scene, RemoveLine(sale="sale-1", line=line.line))
    assert removed.line == line.line
    assert (freed.claim, freed.how) == (line.claim, ClaimEnd.RELEASED)


def test_a_voided_sale_frees_all_its_pieces(mind):
    voided, *freed = mind.decide(mind.cart("ring", "brooch"), VoidSale(sale="sale-1", reason="client left"))
    assert voided.reason == "client left"
    assert {(type(fact), fact.piece) for fact in freed} == {(ClaimEnded, "ring"), (ClaimEnded, "brooch")}


def test_a_measured_good_is_rounded_once(mind):
    act = AddOther(
        sale="sale-1", kind=LineKind.GOODS, description="chain", unit_minor=3_333, tax_bp=2_000, quantity_milli=1_500
    )
    (added,) = mind.decide(mind.cart("ring"), act)
    assert isinstance(added, SaleLineAdded)
    assert (added.line.gross_minor, added.line.tax_minor, added.line.piece) == (5_000, 833, None)


def _sold(mind, *, token, returned=(), hold=None, **standing):
    scene = mind.cart("ring")
    facts = mind.decide(scene, RecordSale(sale="sale-1", tenders=mind.cash(120_000)))
    assert isinstance(facts[-1], SaleRecorded)
    sale = apply(scene.sale, facts[-1], 2)
    back = mind.standing(token=token, hold=hold, **standing)
    lines = frozenset(line.line for line in sale.lines) if returned else frozenset()
    return Scene(sale=sale, shift=mind.shift(), pieces={"ring": back}, returned=lines)


def _return(mind, **more):
    return ReturnPieces(
        sale="sale-1", pieces=("ring",), till="till-1", tenders=mind.cash(120_000), reason="too small", **more
    )


def test_a_piece_sold_here_and_not_yet_at_z_is_refunded_at_once(mind):
    scene = _sold(mind, token=Token(piece="ring", ce=7, state=TokenState.SOLD, sale="sale-1"))
    (fact,) = mind.decide(scene, _return(mind))
    assert isinstance(fact, ReturnRecorded)
    assert (fact.total_minor, fact.pieces) == (120_000, ("ring",))


def test_a_return_is_read_and_not_believed(mind):
    token = Token(piece="ring", ce=7, state=TokenState.SOLD, sale="sale-1")
    scene = _sold(mind, token=token, seen=False, on_pad=False)
    assert mind.decide(scene, _return(mind)).code is Why.NOT_SEEN


def test_no_line_is_refunded_twice(mind):
    scene = _sold(mind, token=Token(piece="ring", ce=7, state=TokenState.SOLD, sale="sale-1"), returned=("x",))
    assert mind.decide(scene, _return(mind)).code is Why.RETURNED


def test_a_piece_named_twice_in_one_return_is_not_refunded_twice(mind):
    scene = _sold(mind, token=Token(piece="ring", ce=7, state=TokenState.SOLD, sale="sale-1"))
    twice = msgspec.structs.replace(_return(mind), pieces=("ring", "ring"), tenders=mind.cash(240_000))
    answer = mind.decide(scene, twice)
    assert (answer.code, answer.piece) == (Why.WRONG_STATE, "ring")


def test_a_piece_whose_token_is_elsewhere_is_kept_and_no_money_moves(mind):
    scene = _sold(mind, token=Token(piece="ring", ce=7, state=TokenState.AWAY))
    (fact,) = mind.decide(scene, _return(mind))
    assert isinstance(fact, PieceSighted)
    assert fact.return_of == "sale-1"


@pytest.mark.parametrize(("on_pad", "zone"), [(True, "pad-2"), (False, "")])
def test_a_piece_kept_for_a_return_was_read_on_the_pad_of_that_till_or_nobody_says_where(mind, on_pad, zone):
    scene = _sold(mind, token=Token(piece="ring", ce=7, state=TokenState.AWAY), seen=True, on_pad=on_pad)
    (fact,) = mind.decide(msgspec.structs.replace(scene, pad_zone="pad-2"), _return(mind))
    assert fact.zone == zone


def test_stock_is_refunded_only_under_a_hold_that_the_office_confirmed(mind):
    here = Token(piece="ring", ce=9, state=TokenState.HERE)
    doubtful = Hold(piece="ring", sale="sale-1")
    (kept,) = mind.decide(_sold(mind, token=here), _return(mind))
    assert isinstance(kept, PieceSighted)
    assert mind.decide(_sold(mind, token=here, hold=doubtful), _return(mind)) == ()
    hasty = msgspec.structs.replace(_sold(mind, token=here, hold=doubtful), guards=Guards(hold_confirm=False))
    assert isinstance(mind.decide(hasty, _return(mind))[0], ReturnRecorded), "refunded on the client's word"
    sure = Hold(piece="ring", sale="sale-1", confirmed=True)
    (fact,) = mind.decide(_sold(mind, token=here, hold=sure), _return(mind))
    assert isinstance(fact, ReturnRecorded)


def test_a_sale_grows_to_what_can_be_paid_and_kept_and_no_further(mind):
    sale = Sale(sale="sale-1", till="t", associate="a", currency="EUR")
    act = AddOther(sale="sale-1", kind=LineKind.GOODS, description="gold", unit_minor=SALE_MINOR_MAX, tax_bp=0)
    (added,) = mind.decide(Scene(sale=sale), act)
    full = Scene(sale=apply(sale, added, 1))
    one_more = msgspec.structs.replace(act, unit_minor=1)
    assert mind.decide(full, one_more).code is Why.WRONG_PRICE
    a_thousand = msgspec.structs.replace(act, quantity_milli=1_000_000)
    assert mind.decide(Scene(sale=sale), a_thousand).code is Why.WRONG_PRICE


def test_a_sale_has_no_more_lines_than_a_receipt_can_carry(mind):
    scene = Scene(sale=Sale(sale="sale-1", till="t", associate="a", currency="EUR"))
    act = AddOther(sale="sale-1", kind=LineKind.SERVICE, description="polish", unit_minor=1, tax_bp=0)
    for _ in range(LINES_PER_SALE_MAX):
        (added,) = mind.decide(scene, act)
        scene = Scene(sale=apply(scene.sale, added, 1))
    assert mind.decide(scene, act).code is Why.WRONG_STATE
