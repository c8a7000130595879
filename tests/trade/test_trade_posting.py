"""Double entry of everything that moves money or goods: balanced per currency, and a return mirrors its sale."""

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.facts import (
    CashKind,
    CashMoved,
    Conversion,
    LineKind,
    ReturnRecorded,
    SaleLine,
    SaleRecorded,
    ShiftClosed,
    ShiftOpened,
    TaxScheme,
    Tender,
    TenderKind,
    TenderSum,
)
from contract.feed import Condition, Ownership, TaxCard, TaxPart, TaxRounding
from contract.money import tax_within
from trade import costing
from trade.accounts import Account
from trade.costing import Carried, Cost, Margin, carry
from trade.posting import (
    Posting,
    UnbalancedError,
    balanced,
    post_cash_moved,
    post_return,
    post_sale,
    post_shift_closed,
    post_shift_opened,
    reversed_legs,
)
from trade.shift import into_drawer, receipt_of, taxes_of
from trade.tax import Taxable, due

US = TaxCard(tax="ny", name="New York", included=False, parts=(
    TaxPart(code="state", name="State", rate_bp=400), TaxPart(code="city", name="City", rate_bp=450),
))  # fmt: skip
FR = TaxCard(tax="fr", name="VAT", parts=(TaxPart(code="vat20", name="VAT", rate_bp=2_000),))
few = settings(max_examples=60, deadline=None)
OWED = (LineKind.GIFT_CARD, LineKind.DEPOSIT)
money = st.integers(1, 10**9)


def sale() -> st.SearchStrategy[SaleRecorded]:
    """Any sale: made from a seed, because drawing each of its fields costs a hundred times as much."""
    return st.integers(0, 2**32).map(lambda seed: made(random.Random(seed)))


def cart(rng: random.Random) -> tuple[SaleLine, ...]:
    card = rng.choice([US, FR])
    kinds = rng.choices(list(LineKind), k=rng.randint(1, 5))
    schemes = [TaxScheme.OUTSIDE if kind in OWED else rng.choice(list(TaxScheme)) for kind in kinds]
    taxables = [Taxable(rng.choice([1, 7, rng.randint(1, 10**9)]), card, scheme) for scheme in schemes]
    dues = due(taxables, rng.choice(list(TaxRounding)))
    return tuple(
        SaleLine(
            line=f"l{n}", kind=kind, description="", list_price_minor=taxable.amount_minor, gross_minor=each.gross_minor,
            tax_bp=0, tax_minor=each.tax_minor, taxes=each.taxes, scheme=taxable.scheme,
            account=f"gc-{n}" if kind in OWED else "",
        )
        for n, (kind, taxable, each) in enumerate(zip(kinds, taxables, dues, strict=True))
    )  # fmt: skip


def made(rng: random.Random) -> SaleRecorded:
    lines = cart(rng)
    total = sum(line.gross_minor for line in lines)
    kinds = rng.choices(list(TenderKind), k=rng.randint(1, 4))
    cuts = sorted(rng.randint(0, total) for _ in kinds[1:])
    tenders = tuple(
        paid(rng, kind, high - low) for kind, low, high in zip(kinds, [0, *cuts], [*cuts, total], strict=True)
    )
    return SaleRecorded(
        sale="s", till="till-1", shift="z", receipt_number=1, business_day="2026-11-22", associate="ana",
        currency="EUR", lines=lines, tenders=tenders, total_minor=total,
        tax_minor=sum(line.tax_minor for line in lines),
    )  # fmt: skip


def paid(rng: random.Random, kind: TenderKind, amount: int) -> Tender:
    if kind is not TenderKind.CASH:
        return Tender(kind=kind, amount_minor=amount, reference="r")
    usd = Conversion(
        currency="USD", amount_minor=rng.randint(1, 10**6), rate_e9=920_000_000, source="bank", quoted_us=1
    )
    if rng.random() < 0.5:
        return Tender(kind=kind, amount_minor=amount, change_minor=rng.randint(0, 500), conversion=usd)
    return Tender(kind=kind, amount_minor=amount, rounding_minor=rng.randint(-2, 2), change_minor=rng.randint(0, 500))


def of(legs: tuple[Posting, ...], account: Account, currency: str = "EUR") -> int:
    return sum(leg.amount_minor for leg in legs if (leg.account, leg.currency) == (account, currency))


def by(legs: tuple[Posting, ...], account: Account) -> dict[str, int]:
    return {leg.by: leg.amount_minor for leg in legs if leg.account is account}


def sums(legs: tuple[Posting, ...]) -> set[int]:
    return {sum(leg.amount_minor for leg in legs if leg.currency == cur) for cur in {leg.currency for leg in legs}}


def returned(fact: SaleRecorded, tenders: tuple[Tender, ...] | None = None) -> ReturnRecorded:
    return ReturnRecorded(
        sale="s", lines=tuple(line.line for line in fact.lines), pieces=(), till="till-1", shift="z", receipt_number=2,
        business_day="2026-11-23", currency="EUR", tenders=fact.tenders if tenders is None else tenders,
        total_minor=fact.total_minor, tax_minor=fact.tax_minor, reason="too small",
    )  # fmt: skip


@few
@given(sale())
def test_a_sale_balances_and_its_taxes_by_code_sum_to_the_receipts(fact):
    legs = post_sale(fact)
    assert sums(legs) <= {0}
    assert -of(legs, Account.SALES_TAX_PAYABLE) == fact.tax_minor
    told: dict[str, int] = {}
    for tax in (tax for line in fact.lines for tax in taxes_of(line)):
        told[tax.code] = told.get(tax.code, 0) + tax.tax_minor
    assert {code: -amount for code, amount in by(legs, Account.SALES_TAX_PAYABLE).items()} == {
        code: amount for code, amount in told.items() if amount
    }


@few
@given(sale())
def test_the_drawer_holds_in_the_ledger_what_the_z_expects(fact):
    assert of(post_sale(fact), Account.CASH) == into_drawer(receipt_of(fact))


@few
@given(sale())
def test_a_gift_card_and_a_deposit_are_owed_and_no_revenue(fact):
    legs = post_sale(
        msgspec.structs.replace(fact, tenders=(Tender(kind=TenderKind.CARD, amount_minor=fact.total_minor),))
    )
    owed = sum(line.gross_minor for line in fact.lines if line.kind in (LineKind.GIFT_CARD, LineKind.DEPOSIT))
    assert -of(legs, Account.GIFT_CARDS) - of(legs, Account.CUSTOMER_DEPOSITS) == owed
    assert -of(legs, Account.SALES) == fact.total_minor - fact.tax_minor - owed


@few
@given(sale())
def test_a_full_return_mirrors_its_sale_account_by_account(fact):
    plain = tuple(msgspec.structs.replace(each, rounding_minor=0, change_minor=0) for each in fact.tenders)
    fact = msgspec.structs.replace(fact, tenders=plain)
    both = balanced((*post_sale(fact), *post_return(returned(fact), fact.lines)), "both")
    left = {(leg.account, leg.currency) for leg in both}
    assert left <= {(Account.SALES, "EUR"), (Account.SALES_RETURNS, "EUR")}
    assert of(both, Account.SALES) + of(both, Account.SALES_RETURNS) == 0


@few
@given(sale(), st.data())
def test_what_comes_back_in_part_takes_back_its_tax_to_the_last_unit(fact, data):
    back = msgspec.structs.replace(returned(fact), tax_minor=data.draw(st.integers(0, fact.tax_minor)))
    total = data.draw(st.integers(back.tax_minor, max(back.tax_minor, fact.total_minor)))
    tenders = (Tender(kind=TenderKind.CARD, amount_minor=total),)
    legs = post_return(msgspec.structs.replace(back, total_minor=total, tenders=tenders), fact.lines)
    assert sums(legs) <= {0}
    assert of(legs, Account.SALES_TAX_PAYABLE) == back.tax_minor


@few
@given(sale(), st.integers(-3, 3).filter(bool))
def test_figures_that_disagree_are_not_posted(fact, off):
    for name in ("total_minor", "tax_minor"):
        with pytest.raises(UnbalancedError):
            post_sale(msgspec.structs.replace(fact, **{name: getattr(fact, name) + off}))


def test_foreign_cash_is_held_in_its_own_currency():
    usd = Conversion(currency="USD", amount_minor=11_000, rate_e9=920_000_000, source="bank", quoted_us=1)
    tender = Tender(kind=TenderKind.CASH, amount_minor=10_000, change_minor=120, conversion=usd)
    line = SaleLine(line="l", kind=LineKind.SERVICE, description="", list_price_minor=10_000, gross_minor=10_000,
                    tax_bp=0, tax_minor=0)  # fmt: skip
    legs = post_sale(SaleRecorded(
        sale="s", till="t", shift="z", receipt_number=1, business_day="2026-11-22", associate="ana", currency="EUR",
        lines=(line,), tenders=(tender,), total_minor=10_000, tax_minor=0,
    ))  # fmt: skip
    assert of(legs, Account.CASH, "USD") == 11_000
    assert of(legs, Account.CASH) == -120
    assert (of(legs, Account.CURRENCY_POSITION, "USD"), of(legs, Account.CURRENCY_POSITION)) == (-11_000, 10_120)


def test_a_shift_ends_with_nothing_in_the_drawer_and_names_what_was_short():
    opened = ShiftOpened(shift="z", till="till-1", business_day="2026-11-22", float_minor=20_000, currency="EUR")
    dropped = CashMoved(
        move="m", shift="z", till="till-1", kind=CashKind.DROP, amount_minor=5_000, currency="EUR", reason="safe"
    )
    paid = CashMoved(
        move="n", shift="z", till="till-1", kind=CashKind.OUT, amount_minor=1_200, currency="EUR", reason="flowers"
    )
    looked = CashMoved(
        move="o", shift="z", till="till-1", kind=CashKind.NO_SALE, amount_minor=0, currency="EUR", reason="coins"
    )
    closed = ShiftClosed(
        shift="z", till="till-1", z_number=1, business_day="2026-11-22", currency="EUR", sales=0, returns=0,
        gross_minor=0, tax_minor=0, cash_expected_minor=13_800, cash_counted_minor=13_750,
        tenders=(TenderSum(kind=TenderKind.CASH, currency="USD", amount_minor=400, number=1),),
    )  # fmt: skip
    legs = (
        *post_shift_opened(opened), *post_cash_moved(dropped), *post_cash_moved(paid), *post_cash_moved(looked),
        *post_shift_closed(closed),
    )  # fmt: skip
    assert sums(legs) == {0}
    assert of(legs, Account.CASH) == 0
    assert of(legs, Account.OVER_SHORT) == 50
    assert of(legs, Account.SAFE) == -1_250
    assert of(legs, Account.PETTY_CASH) == 1_200
    assert of(legs, Account.SAFE, "USD") == 400


@few
@given(sale())
def test_a_correction_is_the_same_the_other_way_round(fact):
    assert balanced((*post_sale(fact), *reversed_legs(post_sale(fact))), "both") == ()


# --- what a piece cost ----------------------------------------------------------------------------------------

costs = st.builds(
    Cost, amount_minor=st.integers(0, 10**8), currency=st.sampled_from(["EUR", "USD"]),
    ownership=st.sampled_from([Ownership.OWNED, Ownership.MEMO_IN, Ownership.CONSIGNED]), second_hand=st.booleans(),
    condition=st.sampled_from([Condition.OK, Condition.LOST]),
)  # fmt: skip
stores = st.sampled_from(["paris", "lyon"])


def margin_line(gross: int) -> SaleLine:
    return SaleLine(line="l", kind=LineKind.PIECE, description="", list_price_minor=gross, gross_minor=gross, tax_bp=2_000,
                    tax_minor=0, tax="fr", scheme=TaxScheme.MARGIN, piece="ring")  # fmt: skip


@few
@given(
    st.lists(st.tuples(st.sampled_from(["sold", "rested", "shipped", "learned"]), stores, costs, money), max_size=12)
)
def test_a_cost_lies_in_one_place_wherever_the_piece_goes(steps):
    """The ledger holds what is carried, there and nowhere else; every store's legs balance; inter-store sums to nothing."""
    now = costing.new("ring", "paris", Cost())
    held: dict[tuple[str, Account, str], int] = {}
    for what, store, cost, gross in steps:
        to = {
            "sold": costing.sold(now, store, "s", margin_line(gross), "EUR"), "rested": costing.rested(now, store, cost),
            "shipped": costing.shipped(now, store), "learned": costing.learned(now, cost),
        }[what]  # fmt: skip
        now, moves = carry(now, to, cost)
        for move in moves:
            assert sums(move.legs) == {0}
            for leg in move.legs:
                key = (move.store, leg.account, leg.currency)
                held[key] = held.get(key, 0) + leg.amount_minor
        places = (
            Account.INVENTORY,
            Account.INVENTORY_SECOND_HAND,
            Account.IN_TRANSIT,
            Account.WRITE_OFF,
            Account.COST_OF_GOODS_SOLD,
        )
        assert {key: value for key, value in held.items() if value and key[1] in places} == (
            {(now.store, now.account, now.currency): now.amount_minor} if now.amount_minor else {}
        )
        assert (
            -sum(v for (_, account, _), v in held.items() if account is Account.SALES_TAX_PAYABLE)
            == now.margin_tax_minor
        )
        for currency in ("EUR", "USD"):
            assert sum(v for (_, a, c), v in held.items() if a is Account.INTER_STORE and c == currency) == 0


@few
@given(money, money)
def test_second_hand_taxes_only_the_margin_whenever_the_cost_is_learned(gross, paid):
    known, unknown = Cost(amount_minor=paid, currency="EUR", second_hand=True), Cost(second_hand=True)
    start = Carried(piece="ring", store="paris", account=Account.INVENTORY_SECOND_HAND)
    early, _ = carry(start, costing.sold(start, "paris", "s", margin_line(gross), "EUR"), known)
    late, none = carry(start, costing.sold(start, "paris", "s", margin_line(gross), "EUR"), unknown)
    assert none == ()
    late, moves = carry(late, costing.learned(late, known), known)
    assert early == late
    assert late.margin_tax_minor == tax_within(max(0, gross - paid), 2_000)
    (move,) = moves
    assert of(move.legs, Account.COST_OF_GOODS_SOLD) == paid
    assert by(move.legs, Account.SALES_TAX_PAYABLE) == ({"fr": -late.margin_tax_minor} if late.margin_tax_minor else {})
    back, moves = carry(late, costing.rested(late, "paris", known), known)
    assert back.account is Account.INVENTORY_SECOND_HAND
    assert sum(of(move.legs, Account.SALES_TAX_PAYABLE) for move in moves) == late.margin_tax_minor


def test_a_margin_in_another_currency_is_not_known():
    margin = Margin(gross_minor=1_000, currency="EUR", tax="fr", rate_bp=2_000)
    assert margin.due(Cost(amount_minor=5, currency="USD")) is None


def test_what_is_not_ours_costs_nothing_until_it_is_sold_and_is_owed_then():
    cost = Cost(amount_minor=700, currency="EUR", ownership=Ownership.CONSIGNED)
    start = costing.new("ring", "paris", cost)
    here, moves = carry(start, costing.rested(start, "paris", cost), cost)
    assert moves == ()
    gone, (move,) = carry(here, costing.sold(here, "paris", "s"), cost)
    assert {leg.account: leg.amount_minor for leg in move.legs} == {
        Account.COST_OF_GOODS_SOLD: 700,
        Account.CONSIGNMENT_PAYABLE: -700,
    }
    back, (undone,) = carry(gone, costing.rested(gone, "paris", cost), cost)
    assert back.amount_minor == 0
    assert balanced((*move.legs, *undone.legs), "both") == ()


def test_a_piece_that_is_lost_is_written_off_and_comes_back_when_it_is_found():
    cost = Cost(amount_minor=700, currency="EUR")
    start = costing.new("ring", "paris", cost)
    here, _ = carry(start, costing.rested(start, "paris", cost), cost)
    lost = msgspec.structs.replace(cost, condition=Condition.LOST)
    gone, (move,) = carry(here, costing.learned(here, lost), lost)
    assert {leg.account: leg.amount_minor for leg in move.legs} == {Account.WRITE_OFF: 700, Account.INVENTORY: -700}
    found, _ = carry(gone, costing.learned(gone, cost), cost)
    assert found.account is Account.INVENTORY
