"""Commissions: shares and what each earns, to the last unit; what comes back takes back at the shares of its sale."""

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.facts import LineKind, SaleLine, SaleRecorded, Share, Tender, TenderKind
from contract.feed import CommissionCard, Role, StaffCard
from contract.ids import UserId
from trade.accounts import Account
from trade.acts import RecordSale, ShareSale
from trade.commission import Back, base_of, clawed_back, earned, equal, post_clawed_back, post_earned, rate_of
from trade.posting import balanced
from trade.refusal import Refusal, Why

ANA = StaffCard(user=UserId("ana"), name="Ana", roles=(Role.ASSOCIATE,))
LEO = StaffCard(user=UserId("leo"), name="Leo", roles=(Role.ASSOCIATE, Role.MANAGER))
HERE = {ANA.user: ANA, LEO.user: LEO}


def card(rate: int, day: str, **of: object) -> CommissionCard:
    return CommissionCard(commission=f"{day}-{of}", rate_bp=rate, from_day=day, **of)


def line(n: int, gross: int, kind: LineKind = LineKind.SERVICE) -> SaleLine:
    return SaleLine(
        line=f"l{n}", kind=kind, description="", list_price_minor=gross, gross_minor=gross, tax_bp=2_000,
        tax_minor=gross // 6 if kind is LineKind.SERVICE else 0,
    )  # fmt: skip


def whole(lines) -> dict[str, Back]:
    return {each.line: Back(0, base_of([each])) for each in lines}


def sold(lines: tuple[SaleLine, ...], shares: tuple[Share, ...]) -> SaleRecorded:
    total = sum(each.gross_minor for each in lines)
    return SaleRecorded(
        sale="s", till="t", shift="z", receipt_number=1, business_day="2026-11-22", associate="ana", currency="EUR",
        lines=lines, tenders=(Tender(kind=TenderKind.CARD, amount_minor=total),), total_minor=total,
        tax_minor=sum(each.tax_minor for each in lines), shares=shares,
    )  # fmt: skip


carts = st.lists(
    st.tuples(st.integers(0, 10**8), st.sampled_from([LineKind.SERVICE, LineKind.GIFT_CARD])), min_size=1, max_size=5
)
crews = st.lists(st.integers(0, 3_000), min_size=1, max_size=6)


@given(carts, crews)
def test_shares_make_the_base_and_a_full_return_takes_all_of_it_back(cart, rates):
    lines = tuple(line(n, gross, kind) for n, (gross, kind) in enumerate(cart))
    shares = earned(equal([UserId(f"a{n}") for n in range(len(rates))]), rates, lines)
    assert sum(share.share_bp for share in shares) == 10_000
    assert sum(share.base_minor for share in shares) == base_of(lines)
    fact = sold(lines, shares)
    taken = dict(clawed_back(fact, whole(lines)))
    assert taken == {share.associate: share.commission_minor for share in shares if share.commission_minor}
    both = (*post_earned(fact), *post_clawed_back(taken.items(), "EUR", fact.sale))
    assert balanced(both, "both") == ()


@given(carts, crews, st.data())
def test_what_comes_back_line_by_line_takes_back_the_same_as_all_at_once(cart, rates, data):
    lines = tuple(line(n, gross, kind) for n, (gross, kind) in enumerate(cart))
    fact = sold(lines, earned(equal([UserId(f"a{n}") for n in range(len(rates))]), rates, lines))
    taken: dict[str, int] = {}
    for each in data.draw(st.permutations(lines)):
        for name, amount in clawed_back(fact, whole([each])):
            taken[name] = taken.get(name, 0) + amount
    assert taken == {share.associate: share.commission_minor for share in fact.shares if share.commission_minor}


def test_a_gift_card_earns_nothing_and_gives_nothing_back():
    lines = (line(1, 6_000), line(2, 50_000, LineKind.GIFT_CARD))
    fact = sold(lines, earned(equal([ANA.user]), [1_000], lines))
    assert fact.shares[0].commission_minor == 500
    assert clawed_back(fact, whole(lines[1:])) == ()


def test_half_the_money_back_takes_half_of_the_commission_back():
    lines = (line(1, 6_000),)
    fact = sold(lines, earned(equal([ANA.user]), [1_000], lines))
    assert clawed_back(fact, {"l1": Back(0, 2_500)}) == ((ANA.user, 250),)


@given(st.integers(1, 10**6), crews, st.data())
def test_parts_of_a_line_take_back_no_more_and_no_less_than_the_line(gross, rates, data):
    lines = (line(1, gross),)
    fact = sold(lines, earned(equal([UserId(f"a{n}") for n in range(len(rates))]), rates, lines))
    net = base_of(lines)
    cuts = [0, *sorted(data.draw(st.lists(st.integers(0, net), max_size=4))), net]
    taken: dict[str, int] = {}
    for since, until in itertools.pairwise(cuts):
        for name, amount in clawed_back(fact, {"l1": Back(since, until - since)}):
            taken[name] = taken.get(name, 0) + amount
    assert taken == {share.associate: share.commission_minor for share in fact.shares if share.commission_minor}


def test_a_persons_own_rate_comes_before_the_roles_and_holds_from_its_day():
    cards = (
        card(300, "2026-01-01", role=Role.ASSOCIATE), card(500, "2026-01-01", role=Role.MANAGER),
        card(350, "2026-11-01", role=Role.ASSOCIATE), card(900, "2026-12-01", role=Role.ASSOCIATE),
        card(200, "2026-11-20", user=LEO.user),
    )  # fmt: skip
    assert rate_of(ANA, cards, "2026-10-31") == 300
    assert rate_of(ANA, cards, "2026-11-22") == 350
    assert rate_of(LEO, cards, "2026-11-19") == 500
    assert rate_of(LEO, cards, "2026-11-22") == 200
    assert rate_of(ANA, cards, "2025-12-31") == 0


@pytest.mark.parametrize(
    ("shares", "why"),
    [
        ((("ana", 5_000), ("leo", 4_999)), Why.WRONG_STATE),
        ((("ana", 10_000), ("leo", 0)), Why.WRONG_STATE),
        ((("ana", 5_000), ("ana", 5_000)), Why.WRONG_STATE),
        ((("ana", 5_000), ("eve", 5_000)), Why.NOT_FOUND),
    ],
)
def test_shares_that_cannot_be_are_refused_in_a_sentence(mind, shares, why):
    scene = msgspec.structs.replace(mind.cart(), staff=HERE)
    act = ShareSale(sale="sale-1", shares=tuple(Share(associate=name, share_bp=part) for name, part in shares))
    answer = mind.decide(scene, act)
    assert isinstance(answer, Refusal)
    assert answer.code is why


def test_a_sale_keeps_who_earned_what_at_the_rates_of_its_day(mind):
    scene = mind.cart("ring")
    scene = msgspec.structs.replace(scene, staff=HERE, commissions=(card(250, "2026-01-01", role=Role.ASSOCIATE),))
    act = ShareSale(
        sale="sale-1", shares=(Share(associate="ana", share_bp=7_000), Share(associate="leo", share_bp=3_000))
    )
    (told,) = mind.decide(scene, act)
    scene = msgspec.structs.replace(scene, sale=msgspec.structs.replace(scene.sale, shares=told.shares))
    assert mind.decide(scene, act) == ()
    total = scene.sale.total_minor
    *_, fact = mind.decide(scene, RecordSale(sale="sale-1", tenders=mind.cash(total)))
    assert [(each.associate, each.share_bp, each.rate_bp) for each in fact.shares] == [
        ("ana", 7_000, 250),
        ("leo", 3_000, 250),
    ]
    assert sum(each.base_minor for each in fact.shares) == fact.total_minor - fact.tax_minor
    assert {leg.account for leg in post_earned(fact)} == {Account.COMMISSION_EXPENSE, Account.COMMISSION_PAYABLE}
