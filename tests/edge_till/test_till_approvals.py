"""Somebody else's word: for just this act, once, for a minute, in memory only, and of somebody who still may."""

import pytest

from contract.facts import CommandRefused, SaleDiscounted
from contract.feed import FeedPage, FeedRow, Permission, Role, RoleCard, StaffCard
from edge.books import replica
from edge.till.approvals import ASKED_FOR_US, GOOD_FOR_US, ApprovalError, Approvals
from edge.till.desk import Done
from trade.acts import DiscountCart, OpenSale, Ship
from trade.refusal import Why


def off(amount, sale="s1"):
    return DiscountCart(sale=sale, discount_minor=amount, reason="a friend of the house")


@pytest.fixture
def asked(shop):
    """Lea wants to give 30 % of a ring's price; Marie may."""
    shop.cart("s1", "ring")
    approvals = Approvals()
    refusal = shop.refused(off(36_000), by="lea")
    assert refusal.code is Why.NEEDS_APPROVAL
    return shop, approvals, approvals.ask(off(36_000), "lea", refusal.why, 0)


def test_an_approved_discount_is_given_once_and_keeps_both_names(asked):
    shop, approvals, digest = asked
    approvals.approve(digest, "lea", "marie", 1_000)
    word = approvals.use(off(36_000), "lea", 2_000)
    (entry,) = shop.done(off(36_000), by="lea", approval=word).entries
    (fact,) = entry.facts
    assert (entry.by, fact.approved_by, fact.lines[0].discount_minor) == ("lea", "marie", 36_000)
    assert approvals.use(off(36_000), "lea", 3_000) is None


def test_without_the_word_nothing_is_taken_off_and_the_refusal_is_kept(asked):
    shop, _, _ = asked
    assert [fact for fact in shop.facts() if isinstance(fact, SaleDiscounted)] == []
    (refused,) = [fact for fact in shop.facts() if isinstance(fact, CommandRefused)]
    assert refused.code == "needs_approval"
    assert "360.00 EUR (30 %)" in refused.why


def test_a_word_for_one_amount_is_no_word_for_another(asked):
    shop, approvals, digest = asked
    approvals.approve(digest, "lea", "marie", 1_000)
    assert approvals.use(off(60_000), "lea", 2_000) is None
    word = approvals.use(off(36_000), "lea", 2_000)
    assert shop.refused(off(60_000), by="lea", approval=word).code is Why.NEEDS_APPROVAL


def test_a_word_for_one_person_is_no_word_for_another(asked):
    _, approvals, digest = asked
    with pytest.raises(ApprovalError):
        approvals.approve(digest, "kim", "marie", 1_000)
    approvals.approve(digest, "lea", "marie", 1_000)
    assert approvals.use(off(36_000), "kim", 2_000) is None


@pytest.mark.parametrize(("late_us", "good"), [(GOOD_FOR_US, True), (GOOD_FOR_US + 1, False)])
def test_a_word_is_good_for_a_minute(asked, late_us, good):
    _, approvals, digest = asked
    approvals.approve(digest, "lea", "marie", 1_000)
    assert (approvals.use(off(36_000), "lea", 1_000 + late_us) is not None) is good


def test_what_waited_too_long_is_asked_again(asked):
    _, approvals, digest = asked
    with pytest.raises(ApprovalError, match="do it again"):
        approvals.approve(digest, "lea", "marie", ASKED_FOR_US + 1)


def test_nobody_approves_what_they_asked_for(asked):
    _, approvals, digest = asked
    with pytest.raises(ApprovalError, match="somebody else"):
        approvals.approve(digest, "lea", "lea", 1_000)


def test_after_a_restart_nothing_is_approved(asked):
    _, approvals, digest = asked
    approvals.approve(digest, "lea", "marie", 1_000)
    started_again = Approvals()
    assert started_again.use(off(36_000), "lea", 2_000) is None
    with pytest.raises(ApprovalError):
        started_again.approve(digest, "lea", "marie", 2_000)


def tell(shop, *bodies, scope="*"):
    rev = shop.books.node().feed_rev
    rows = tuple(
        FeedRow(rev=rev + n, scope=scope, key=f"x:{getattr(body, 'user', None) or body.role}", body=body)
        for n, body in enumerate(bodies, 1)
    )
    replica.take(shop.books, FeedPage(rows=rows, upto=rev + len(rows), more=False))


def test_who_was_sent_away_a_moment_ago_approves_nothing(asked):
    shop, approvals, digest = asked
    approvals.approve(digest, "lea", "marie", 1_000)
    word = approvals.use(off(36_000), "lea", 2_000)
    tell(shop, StaffCard(user="marie", name="Marie", roles=(Role.MANAGER,), active=False))
    assert shop.refused(off(36_000), by="lea", approval=word).code is Why.NEEDS_APPROVAL


def test_asking_again_takes_an_earlier_word_back(asked):
    _, approvals, digest = asked
    approvals.approve(digest, "lea", "marie", 1_000)
    approvals.ask(off(36_000), "lea", "other words", 2_000)
    assert approvals.use(off(36_000), "lea", 3_000) is None


def test_only_so_many_wait_and_the_oldest_goes_first():
    approvals = Approvals(asked_max=2)
    digests = [approvals.ask(off(amount), "lea", "…", 0) for amount in (1, 2, 3)]
    assert approvals.asked_evicted_total == 1
    with pytest.raises(ApprovalError):
        approvals.waiting(digests[0], "lea", 1)
    assert approvals.waiting(digests[2], "lea", 1).act == off(3)


def test_a_stores_own_card_wins_over_the_houses_whichever_came_last(shop):
    shop.cart("s1", "ring")
    more = RoleCard(role=Role.ASSOCIATE, permissions=(Permission.SELL, Permission.DISCOUNT), discount_bp_max=5_000)
    less = RoleCard(role=Role.ASSOCIATE, permissions=(Permission.SELL, Permission.DISCOUNT), discount_bp_max=100)
    tell(shop, more, scope="paris")
    tell(shop, less)
    assert isinstance(shop.do(off(36_000), by="lea"), Done)


def test_a_stranger_to_this_store_opens_no_sale(shop):
    assert shop.refused(OpenSale(sale="s9", till="till-1", currency="EUR"), by="nobody").code is Why.NOT_ALLOWED


def test_an_associate_sends_nothing_away(shop):
    refusal = shop.refused(Ship(transfer="t1", to="lyon", pieces=("ring",)), by="lea", pad=["ring"])
    assert refusal.code is Why.NOT_ALLOWED
    assert "manager" in refusal.why
