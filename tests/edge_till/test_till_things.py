"""Clients' things at a store: taken in, worked on, looked at again, given back; never sold, and known on the floor."""

import hashlib

import msgspec
import pytest

from contract.commands import AnswerOrder, NumberedCommand, encode_command
from contract.facts import (
    AnswerHow,
    OrderEvent,
    OrderItem,
    OrderKind,
    OrderMetal,
    PaperKind,
    QuoteLine,
    StoneIdentity,
    Tender,
    TenderKind,
)
from contract.feed import Ownership
from edge.books import fold_orders, replay, replica
from edge.sync.downlink import obey
from edge.till import queries
from edge.till.approvals import Approval
from trade.acts import (
    AddOrder,
    AddPiece,
    AnswerDoubt,
    AnswerQuote,
    BindTag,
    CheckItem,
    EndOrder,
    GiveItem,
    KeepPaper,
    MoveOrder,
    OpenOrder,
    OpenSale,
    QuoteOrder,
    RecordSale,
    TakeItem,
)
from trade.custody import TokenState
from trade.orders.stones import StoneLook
from trade.refusal import Why

CENTRE = StoneIdentity(at="centre", kind="white stone", length_um=6480, width_um=6450, inscription="GIA 1")
RING = OrderItem(
    item="i-1", description="White metal ring with white stone", condition="Claw bent", declared_value_minor=900_000,
    weight_mg=4_100, stones=(CENTRE,), zone="safe",
)  # fmt: skip
SAME = StoneLook(at="centre", length_um=6500, width_um=6450, inscription="GIA 1")
OTHER = msgspec.structs.replace(SAME, inscription="GIA 2")


@pytest.fixture
def counter(shop):
    return shop


def order_of(shop, order="o-1"):
    return fold_orders.load(shop.books.db, order)


def opened(shop, kind=OrderKind.REPAIR, order="o-1"):
    shop.done(OpenOrder(order=order, kind=kind, client="p-1", title="Ring", currency="EUR"))
    return shop


def repair(shop, item=RING, order="o-1"):
    opened(shop, order=order)
    shop.done(TakeItem(order=order, item=item))
    return shop


def signed(shop, text, order="o-1", item="i-1", kind=PaperKind.SIGNATURE, media="image/jpeg"):
    name = hashlib.sha256(text.encode()).hexdigest()
    shop.done(KeepPaper(order=order, kind=kind, sha256=name, media=media, item=item))
    return name


def move(shop, *events, order="o-1", **more):
    for event in events:
        shop.done(MoveOrder(order=order, event=event, **more))


def quoted(shop, minor=12_000, order="o-1"):
    shop.done(
        QuoteOrder(order=order, lines=(QuoteLine(line="l-1", description="Work", gross_minor=minor, tax_bp=2_000),))
    )
    shop.done(AnswerQuote(order=order, approved=True, how=AnswerHow.COUNTER))


def ready(shop, minor=12_000):
    repair(shop)
    signed(shop, "left it")
    move(shop, OrderEvent.ASSESS)
    quoted(shop, minor)
    move(shop, OrderEvent.START, OrderEvent.CHECK, OrderEvent.PASS, OrderEvent.NOTIFY)


def bind(shop, item, epc="E2" * 12, tid="AB" * 6):
    return shop.do(BindTag(piece=item, epc=epc, tid=tid, read_back=epc))


def test_a_thing_is_in_the_stores_list_and_never_for_sale(counter):
    repair(counter)
    card = replica.piece(counter.books.db, "i-1")
    assert card is not None
    assert (card.ownership, card.sku, card.home_zone) == (Ownership.CUSTOMER, "R-1001", "safe")
    counter.done(OpenSale(sale="s-1", till="till-1", currency="EUR"))
    counter.sees.add("i-1")
    refusal = counter.refused(AddPiece(sale="s-1", piece="i-1"))
    assert refusal.code is Why.NOT_FOR_SALE
    assert "belongs to a client" in refusal.why
    assert queries.token(counter.books.db, "i-1").state is TokenState.HERE


def test_the_books_are_the_fold_of_the_journal_with_envelopes_too(counter):
    repair(counter)
    bind(counter, "i-1")
    assert replay.differences(counter.books) == []
    card = replica.piece(counter.books.db, "i-1")
    assert card.epc == "E2" * 12
    counter.done(TakeItem(order="o-1", item=msgspec.structs.replace(RING, condition="Claw bent, worn shank")))
    assert replica.piece(counter.books.db, "i-1").epc == "E2" * 12, "described anew it keeps its tag"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"description": "Platinum ring with diamond"}, "write: white metal ring with white stone"),
        ({"description": ""}, "Say what the thing looks like"),
        ({"condition": " "}, "Say how it is"),
        ({"declared_value_minor": -1}, "declared value"),
        ({"weight_mg": -5}, "grams were meant"),
        ({"stones": (CENTRE, CENTRE)}, "tell their places apart"),
        ({"metals": (OrderMetal(metal="", fineness=2_000),)}, "A metal has a name"),
        ({"sold_piece": "nothing"}, "leave it out"),
        ({"item": "ring"}, "is a piece of the house"),
    ],
)
def test_what_is_said_at_intake_must_be_sound(counter, change, says):
    opened(counter)
    refusal = counter.refused(TakeItem(order="o-1", item=msgspec.structs.replace(RING, **change)))
    assert says in refusal.why


def test_a_piece_this_house_sold_may_be_called_what_it_is(counter):
    opened(counter)
    item = msgspec.structs.replace(RING, description="Gold ring with diamond", sold_piece="ring")
    counter.done(TakeItem(order="o-1", item=item))


def test_nothing_is_described_anew_after_the_client_signed(counter):
    repair(counter)
    signed(counter, "left it")
    lighter = msgspec.structs.replace(RING, weight_mg=3_000)
    assert "signed" in counter.refused(TakeItem(order="o-1", item=lighter)).why
    counter.done(TakeItem(order="o-1", item=RING))


def test_work_begins_on_a_thing_that_is_here(counter):
    opened(counter)
    assert "first" in counter.refused(MoveOrder(order="o-1", event=OrderEvent.ASSESS)).why


def test_a_layaway_takes_no_things_of_clients(counter):
    counter.sees.add("ring")
    counter.done(
        OpenOrder(order="o-1", kind=OrderKind.LAYAWAY, client="p-1", title="Ring", currency="EUR", pieces=("ring",))
    )
    assert "repair" in counter.refused(TakeItem(order="o-1", item=RING)).why


def collect(shop, cash=12_000):
    shop.done(OpenSale(sale="s-1", till="till-1", currency="EUR"))
    shop.done(AddOrder(sale="s-1", order="o-1"))
    shop.done(RecordSale(sale="s-1", client="p-1", tenders=(Tender(kind=TenderKind.CASH, amount_minor=cash),)))


def test_a_repair_is_collected_paid_with_its_stones_looked_at_and_signed_for(counter):
    ready(counter)
    counter.done(OpenSale(sale="s-0", till="till-1", currency="EUR"))
    assert "Look at the stones" in counter.refused(AddOrder(sale="s-0", order="o-1")).why
    counter.done(CheckItem(order="o-1", item="i-1", looks=(SAME,)))
    assert "to be paid first" in counter.refused(GiveItem(order="o-1", item="i-1", signature="x")).why
    collect(counter)
    left = order_of(counter).papers[0].sha256
    assert "when they left it" not in counter.refused(GiveItem(order="o-1", item="i-1", signature="x")).why
    assert "when they left it" in counter.refused(GiveItem(order="o-1", item="i-1", signature=left)).why
    got = signed(counter, "got it")
    assert "when they left it" in counter.refused(GiveItem(order="o-1", item="i-1", signature=left)).why
    counter.done(GiveItem(order="o-1", item="i-1", signature=got))
    assert counter.done(GiveItem(order="o-1", item="i-1", signature=got)).entries == (), "a repeat is nothing"
    assert order_of(counter).state == "collected"
    assert queries.token(counter.books.db, "i-1").state is TokenState.AWAY
    assert replay.differences(counter.books) == []


def test_another_stone_stops_the_pick_up_until_somebody_answers_for_it(counter):
    ready(counter)
    counter.done(CheckItem(order="o-1", item="i-1", looks=(OTHER,)))
    counter.done(OpenSale(sale="s-0", till="till-1", currency="EUR"))
    refusal = counter.refused(AddOrder(sale="s-0", order="o-1"))
    assert refusal.code is Why.PAD_MISMATCH
    assert "inscription was GIA 1 and is GIA 2" in refusal.why
    answer = AnswerDoubt(order="o-1", item="i-1", answer="Re-inscribed by the laboratory; the client has its letter")
    asked = counter.refused(answer, by="lea")
    assert asked.code is Why.NEEDS_APPROVAL
    approval = Approval(by="anna", over=asked.why)
    counter.done(answer, by="lea", approval=approval)
    assert order_of(counter).items[0].answer.startswith("Re-inscribed")
    counter.done(AddOrder(sale="s-0", order="o-1"))


def test_what_was_looked_at_before_the_last_work_is_looked_at_again(counter):
    ready(counter)
    counter.done(CheckItem(order="o-1", item="i-1", looks=(SAME,)), now_us=10_000)
    counter.done(MoveOrder(order="o-1", event=OrderEvent.REWORK, why="rhodium worn"), now_us=20_000)
    counter.done(MoveOrder(order="o-1", event=OrderEvent.CHECK), now_us=21_000)
    counter.done(MoveOrder(order="o-1", event=OrderEvent.PASS), now_us=22_000)
    counter.done(OpenSale(sale="s-0", till="till-1", currency="EUR"), now_us=23_000)
    assert "again" in counter.refused(AddOrder(sale="s-0", order="o-1"), now_us=24_000).why


def test_what_was_declined_goes_back_signed_and_ends_the_order(counter):
    repair(counter)
    signed(counter, "left it")
    counter.done(QuoteOrder(order="o-1", lines=(QuoteLine(line="l", description="Work", gross_minor=1, tax_bp=0),)))
    counter.done(AnswerQuote(order="o-1", approved=False, how=AnswerHow.TELEPHONE))
    counter.done(CheckItem(order="o-1", item="i-1", looks=(SAME,)))
    counter.done(GiveItem(order="o-1", item="i-1", signature=signed(counter, "got it")))
    assert order_of(counter).state == "given_back"


def test_a_repair_for_nothing_is_collected_without_a_sale(counter):
    ready(counter, minor=0)
    counter.done(CheckItem(order="o-1", item="i-1", looks=(SAME,)))
    counter.done(GiveItem(order="o-1", item="i-1", signature=signed(counter, "got it")))
    assert order_of(counter).state == "collected"


def test_a_cancelled_repair_is_given_back_before_it_is_over(counter):
    repair(counter)
    signed(counter, "left it")
    counter.done(EndOrder(order="o-1", event=OrderEvent.CANCEL, why="The client thought better of it"))
    assert not order_of(counter).ended
    counter.done(CheckItem(order="o-1", item="i-1", looks=(SAME,)))
    counter.done(GiveItem(order="o-1", item="i-1", signature=signed(counter, "got it")))
    assert order_of(counter).state == "given_back"


def test_at_a_trade_shop_the_envelope_is_away_and_what_comes_back_is_reckoned(counter):
    repair(counter)
    quoted(counter)
    move(counter, OrderEvent.START)
    gold = OrderMetal(metal="gold", fineness=750, weight_mg=10_000)
    out = MoveOrder(
        order="o-1", event=OrderEvent.SEND_OUT, party="Atelier Nord", metals=(gold,), stones=("centre", "left")
    )
    counter.done(out)
    claim = queries.live_claim(counter.books.db, "i-1")
    assert (claim.kind, claim.ref) == ("repair", "o-1")
    less = msgspec.structs.replace(gold, weight_mg=9_000)
    counter.done(MoveOrder(order="o-1", event=OrderEvent.TAKE_BACK, metals=(less,), stones=("centre",)))
    step = order_of(counter).steps[-1]
    assert step.flags == ("excess_wastage", "stone_missing")
    assert "0.75 g fine gold lost of 7.50 g" in step.why
    assert queries.live_claim(counter.books.db, "i-1") is None
    assert (order_of(counter).metals, order_of(counter).stones) == ((), ())
    assert replay.differences(counter.books) == []


def test_the_tag_of_an_envelope_is_free_when_it_was_given_back_and_not_before(counter):
    repair(counter, item=msgspec.structs.replace(RING, stones=()))
    counter.done(BindTag(piece="i-1", epc="E2" * 12, tid="AB" * 6, read_back="E2" * 12))
    repair(counter, item=msgspec.structs.replace(RING, item="i-2", stones=()), order="o-2")
    again = BindTag(piece="i-2", epc="E2" * 12, tid="AB" * 6, read_back="E2" * 12)
    assert counter.refused(again).code is Why.TAG_TAKEN
    signed(counter, "left it")
    counter.done(EndOrder(order="o-1", event=OrderEvent.CANCEL, why="Not worth it"))
    counter.done(GiveItem(order="o-1", item="i-1", signature=signed(counter, "got it")))
    counter.done(again)
    assert replica.piece(counter.books.db, "i-1") is None
    assert replica.piece_by_epc(counter.books.db, "E2" * 12).piece == "i-2"
    assert replay.differences(counter.books) == []


def test_a_box_that_rejoined_still_has_the_things_of_clients(counter):
    repair(counter)
    with counter.books.transaction() as tx:
        tx.must_rejoin("another machine")
    counter.join("ring", epoch="e2", term=(1 << 32) | 2, cloud_epoch=1, logs=counter.log_heads())
    assert queries.token(counter.books.db, "i-1").state is TokenState.HERE
    assert replay.differences(counter.books) == []


def test_papers_have_versions_and_an_engraving_is_approved_with_its_own_proof(counter):
    opened(counter, kind=OrderKind.ENGRAVING)
    counter.done(TakeItem(order="o-1", item=RING))
    assert (
        "before its proof"
        in counter.refused(KeepPaper(order="o-1", kind=PaperKind.PROOF, sha256="p0", media="image/jpeg")).why
    )
    text = {"kind": PaperKind.ENGRAVING, "media": "application/json", "order": "o-1"}
    counter.done(KeepPaper(sha256="t1", **text))
    counter.done(KeepPaper(order="o-1", kind=PaperKind.PROOF, sha256="p1", media="image/jpeg"))
    counter.done(KeepPaper(sha256="t2", **text))
    quoted(counter)
    refusal = counter.refused(MoveOrder(order="o-1", event=OrderEvent.APPROVE_DESIGN))
    assert "newest engraving" in refusal.why, "the proof is of the first version"
    counter.done(KeepPaper(order="o-1", kind=PaperKind.PROOF, sha256="p2", media="image/jpeg"))
    unnamed = counter.refused(MoveOrder(order="o-1", event=OrderEvent.APPROVE_DESIGN)).why
    assert "letter by letter" in unnamed, "a button cannot say which proof was read"
    counter.done(MoveOrder(order="o-1", event=OrderEvent.APPROVE_DESIGN, signature="p2"))
    assert [(each.kind, each.version) for each in order_of(counter).papers] == [
        ("engraving", 1), ("proof", 1), ("engraving", 2), ("proof", 2),
    ]  # fmt: skip
    assert counter.done(KeepPaper(sha256="t2", **text)).entries == ()
    wrong = KeepPaper(order="o-1", kind=PaperKind.SKETCH, sha256="x", media="image/svg+xml")
    assert "JPEG or PDF" in counter.refused(wrong).why


def page_says(shop, command, seq):
    """What the office passed on of the client's private page."""
    body = msgspec.Raw(encode_command(NumberedCommand(seq=seq, command=command)))
    assert obey(shop.books, 1, seq, [body], now_us=5_000, seen=lambda _: False).done == 1


def test_what_the_client_says_on_their_page_is_true_at_the_store_that_keeps_the_order(counter):
    repair(counter)
    counter.done(QuoteOrder(order="o-1", lines=(QuoteLine(line="l", description="Work", gross_minor=1, tax_bp=0),)))
    page_says(counter, AnswerOrder(order="o-1", approved=True, quote=2), 1)
    assert order_of(counter).state == "quoted", "of a quote that is none"
    page_says(counter, AnswerOrder(order="o-1", approved=True, quote=1), 2)
    assert order_of(counter).state == "approved"
    page_says(counter, AnswerOrder(order="o-1", approved=False, quote=1), 3)
    assert order_of(counter).state == "approved", "what was accepted is not declined by a late click"
    page_says(counter, AnswerOrder(order="o-9", approved=True, quote=1), 4)
    assert replay.differences(counter.books) == []


def test_a_proof_is_approved_on_the_page_as_the_very_one_that_was_shown(counter):
    opened(counter, kind=OrderKind.ENGRAVING)
    counter.done(TakeItem(order="o-1", item=RING))
    counter.done(KeepPaper(order="o-1", kind=PaperKind.ENGRAVING, sha256="t1", media="application/json"))
    counter.done(KeepPaper(order="o-1", kind=PaperKind.PROOF, sha256="p1", media="image/jpeg"))
    quoted(counter)
    page_says(counter, AnswerOrder(order="o-1", approved=True, proof="p0"), 1)
    assert order_of(counter).state == "approved"
    page_says(counter, AnswerOrder(order="o-1", approved=True, proof="p1"), 2)
    assert order_of(counter).state == "design_approved"
