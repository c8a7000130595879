"""Who may do what: defaults, cards of the office, limits, and somebody else's word for what is shown."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.facts import SaleDiscounted, SaleExempted, SaleRecorded, TaxScheme
from contract.feed import Permission, Role, RoleCard, StaffCard
from trade.acts import DiscountCart, DiscountLine, ExemptSale, OpenSale, RecordSale, Ship, VoidSale
from trade.approval import NEEDED
from trade.permissions import ADMIN, DEFAULTS, NOTHING, Approved, allowed, roles_here
from trade.refusal import Refusal, Why
from trade.sale import apply


def person(role=Role.ASSOCIATE, **more):
    return StaffCard(user="lea", name="Lea", roles=(role,), **more)


ASSOCIATE = allowed(person(), "paris", DEFAULTS)
MANAGER = allowed(person(Role.MANAGER), "paris", DEFAULTS)


def may(scene, who=ASSOCIATE, **more):
    return msgspec.structs.replace(scene, allowed=who, **more)


def approved(by, refusal, who=MANAGER):
    return Approved(by=by, over=refusal.why, allowed=who)


def test_every_act_says_what_it_needs():
    from typing import get_args

    from trade.acts import AnyAct

    assert set(NEEDED) == set(get_args(AnyAct))


@pytest.mark.parametrize("card", [None, person(active=False), person(stores=("lyon",))])
def test_who_is_not_of_this_store_may_nothing(card):
    assert allowed(card, "paris", DEFAULTS) == NOTHING


def test_of_two_cards_the_stores_own_wins_whole_and_an_admin_stays_one():
    house = RoleCard(role=Role.ASSOCIATE, permissions=(Permission.SELL, Permission.VOID), discount_bp_max=300)
    own = RoleCard(role=Role.ASSOCIATE, permissions=(Permission.SELL,), discount_bp_max=100)
    none = RoleCard(role=Role.ADMIN, permissions=())
    here = roles_here([own], [house, none])
    assert allowed(person(), "paris", here).permissions == {Permission.SELL}
    assert allowed(person(), "paris", here).discount_bp_max == 100
    assert allowed(person(), "paris", roles_here([], [house])).discount_bp_max == 300
    assert ADMIN in here


def test_of_several_roles_the_highest_limit_counts():
    both = StaffCard(user="lea", name="Lea", roles=(Role.ASSOCIATE, Role.LOSS_PREVENTION))
    found = allowed(both, "paris", DEFAULTS)
    assert found.discount_bp_max == 1_000
    assert {Permission.SELL, Permission.CLOSE_ALARM} <= found.permissions


def test_who_may_not_sell_is_told_who_may(mind):
    guard = allowed(person(Role.LOSS_PREVENTION), "paris", DEFAULTS)
    scene = may(mind.cart("ring"), guard, sale=None)
    refusal = mind.decide(scene, OpenSale(sale="s2", till="till-1", currency="EUR"))
    assert refusal.code is Why.NOT_ALLOWED
    assert "associate or manager" in refusal.why


def test_a_transfer_is_nobodys_to_approve(mind):
    scene = may(mind.cart(), pieces={"ring": mind.standing()}, approved=Approved(by="mia", over="", allowed=MANAGER))
    refusal = mind.decide(scene, Ship(transfer="t1", to="lyon", pieces=("ring",)))
    assert refusal.code is Why.NOT_ALLOWED


def test_ten_percent_is_an_associates_to_give_and_a_unit_more_is_not(mind):
    scene = may(mind.cart("ring"))
    line = scene.sale.lines[0].line
    (fact,) = mind.decide(scene, DiscountLine(sale="sale-1", line=line, discount_minor=12_000, reason="client of old"))
    assert isinstance(fact, SaleDiscounted)
    assert (fact.lines[0].gross_minor, fact.lines[0].approved_by) == (108_000, "")
    refusal = mind.decide(scene, DiscountLine(sale="sale-1", line=line, discount_minor=12_001, reason="client of old"))
    assert refusal.code is Why.NEEDS_APPROVAL
    assert "120.01 EUR" in refusal.why
    assert "manager" in refusal.why


def asked_for(mind, discount=24_000):
    scene = may(mind.cart("ring"))
    act = DiscountLine(sale="sale-1", line=scene.sale.lines[0].line, discount_minor=discount, reason="a friend")
    refusal = mind.decide(scene, act, by="lea")
    assert refusal.code is Why.NEEDS_APPROVAL
    return scene, act, refusal


def test_what_a_manager_approved_carries_their_name(mind):
    scene, act, refusal = asked_for(mind)
    (fact,) = mind.decide(may(scene, approved=approved("mia", refusal)), act, by="lea")
    assert (fact.approved_by, fact.lines[0].approved_by) == ("mia", "mia")
    sale = apply(scene.sale, fact, 1)
    assert sale.total_minor == 96_000


def test_nobody_approves_their_own(mind):
    scene, act, refusal = asked_for(mind)
    assert mind.decide(may(scene, approved=approved("lea", refusal)), act, by="lea").code is Why.SAME_PERSON


def test_a_word_for_another_amount_is_not_good_for_this_one(mind):
    scene, act, _ = asked_for(mind)
    _, _, other = asked_for(mind, 20_000)
    answer = mind.decide(may(scene, approved=approved("mia", other)), act, by="lea")
    assert answer.code is Why.NEEDS_APPROVAL
    assert "What was approved was another" in answer.why


@pytest.mark.parametrize("who", [NOTHING, ASSOCIATE])
def test_who_may_not_themselves_cannot_approve(mind, who):
    scene, act, refusal = asked_for(mind)
    answer = mind.decide(may(scene, approved=approved("mia", refusal, who)), act, by="lea")
    assert answer.code is Why.NEEDS_APPROVAL


def test_a_cart_that_shrank_is_not_what_was_approved(mind):
    both = may(mind.cart("ring", "brooch"))
    act = DiscountCart(sale="sale-1", discount_minor=60_000, reason="a friend")
    refusal = mind.decide(both, act, by="lea")
    one = may(mind.cart("ring"), approved=approved("mia", refusal))
    assert mind.decide(one, act, by="lea").code is Why.NEEDS_APPROVAL


def test_a_piece_nobody_reads_needs_a_managers_word_and_one_that_is_read_does_not(mind):
    away = mind.standing(on_pad=False, seen=False, verified=True)
    scene = may(mind.cart(), pieces={"ring": away})
    assert mind.decide(scene, mind.add(override="in the window")).code is Why.NEEDS_APPROVAL
    seen = may(mind.cart(), pieces={"ring": mind.standing()})
    assert not isinstance(mind.decide(seen, mind.add(override="in the window")), Refusal)


def test_a_sale_that_the_pad_denies_needs_a_managers_word_and_keeps_it(mind):
    scene = may(mind.cart("ring"), pad=frozenset(), pad_zone="pad-1")
    act = RecordSale(sale="sale-1", tenders=mind.cash(120_000), override="it is on the client's hand")
    refusal = mind.decide(scene, act, by="lea")
    assert refusal.code is Why.NEEDS_APPROVAL
    *_, sold = mind.decide(may(scene, approved=approved("mia", refusal)), act, by="lea")
    assert isinstance(sold, SaleRecorded)
    assert sold.approved_by == "mia"


def test_a_house_may_keep_voids_to_managers(mind):
    card = RoleCard(role=Role.ASSOCIATE, permissions=(Permission.SELL,))
    here = roles_here([card], [])
    scene = may(mind.cart("ring"), allowed(person(), "paris", here), roles=here)
    refusal = mind.decide(scene, VoidSale(sale="sale-1", reason="client left"), by="lea")
    assert refusal.code is Why.NEEDS_APPROVAL
    voided, *_ = mind.decide(
        may(scene, scene.allowed, approved=approved("mia", refusal)),
        VoidSale(sale="sale-1", reason="client left"),
        by="lea",
    )
    assert voided.approved_by == "mia"


def test_no_tax_is_taken_only_with_a_reason_and_a_document(mind):
    scene = mind.cart("ring")
    assert mind.decide(scene, ExemptSale(sale="sale-1", reason="export", document=" ")).code is Why.EMPTY
    (fact,) = mind.decide(scene, ExemptSale(sale="sale-1", reason="export", document="T2-881"))
    assert isinstance(fact, SaleExempted)
    assert fact.exemption == "export; T2-881"
    (line,) = fact.lines
    assert (line.scheme, line.tax_minor, line.gross_minor) == (TaxScheme.EXEMPT, 0, 100_000)
    sale = apply(scene.sale, fact, 1)
    exempt = msgspec.structs.replace(
        scene, sale=sale, offer=msgspec.structs.replace(scene.offer, currency="EUR", exemption=sale.exemption)
    )
    *_, sold = mind.decide(exempt, RecordSale(sale="sale-1", tenders=mind.cash(100_000)))
    assert (sold.exemption, sold.tax_minor) == ("export; T2-881", 0)
    (again,) = mind.decide(exempt, ExemptSale(sale="sale-1", reason="", document=""))
    assert apply(sale, again, 2).tax_minor == 20_000


def test_taking_no_tax_is_a_managers_to_approve(mind):
    scene = may(mind.cart("ring"))
    assert mind.decide(scene, ExemptSale(sale="sale-1", reason="export", document="T2")).code is Why.NEEDS_APPROVAL


@pytest.mark.parametrize(("amount", "reason", "code"), [(-1, "x", Why.WRONG_PRICE), (120_001, "x", Why.WRONG_PRICE),
                                                        (100, " ", Why.EMPTY)])  # fmt: skip
def test_a_discount_has_bounds_and_a_reason(mind, amount, reason, code):
    scene = mind.cart("ring")
    line = scene.sale.lines[0].line
    for act in (
        DiscountLine(sale="sale-1", line=line, discount_minor=amount, reason=reason),
        DiscountCart(sale="sale-1", discount_minor=amount, reason=reason),
    ):
        assert mind.decide(scene, act).code is code


@given(prices=st.lists(st.integers(1, 10**7), min_size=1, max_size=6), share_bp=st.integers(0, 10_000))
def test_a_carts_discount_is_shared_out_to_the_last_unit(prices, share_bp):
    from tests.trade.conftest import Mind

    mind = Mind()
    total = sum(prices)
    scene = mind.cart(*(f"p{n}" for n in range(len(prices))))
    lines = tuple(
        msgspec.structs.replace(line, list_price_minor=price)
        for line, price in zip(scene.sale.lines, prices, strict=True)
    )
    scene = msgspec.structs.replace(scene, sale=msgspec.structs.replace(scene.sale, lines=lines))
    off = total * share_bp // 10_000
    answer = mind.decide(scene, DiscountCart(sale="sale-1", discount_minor=off, reason="a friend"))
    if off == 0:
        assert answer == ()
        return
    (fact,) = answer
    assert sum(line.discount_minor for line in fact.lines) == off
    assert all(0 <= line.discount_minor <= price for line, price in zip(fact.lines, prices, strict=True))
    assert apply(scene.sale, fact, 1).total_minor == total - off


def test_at_a_till_without_a_pad_a_reason_is_enough(mind):
    scene = may(mind.cart("ring"), pad=frozenset())
    act = RecordSale(sale="sale-1", tenders=mind.cash(120_000), override="this till has no pad")
    assert not isinstance(mind.decide(scene, act, by="lea"), Refusal)
